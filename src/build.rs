//! What is made before the program is compiled: the catalogue's tables, the lists of the library's scripts and of the
//! simulated models, and what the linker is told.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a build script talks to cargo there")]
#![allow(unreachable_pub, reason = "a build script exports nothing")]

#[path = "catalogue/build.rs"]
mod catalogue;
#[path = "at/shape.rs"]
mod shape;
#[path = "table.rs"]
#[allow(dead_code, reason = "some of it is for the program only")]
mod table;

/// Of the program's `at`, what the entries speak of.
mod at {
    pub use super::shape::Shape;
}

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use miniz_oxide::deflate::compress_to_vec;
use serde::{Deserialize, Serialize};
use table::{CarriedText, Table, bare, hash};

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    for file in ["at/shape.rs", "build.rs", "layout.ld", "table.rs"] {
        println!("cargo::rerun-if-changed=src/{file}");
    }
    for file in ["data", "build.rs", "entry.rs"] {
        println!("cargo::rerun-if-changed=src/catalogue/{file}");
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<()> {
    let folder = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}")).map(PathBuf::from);
    let (root, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    let profiles = root.join("src/sim/profiles");
    fs::write(out.join("models.rs"), models(&profiles)?).map_err(|error| error.to_string())?;
    let profiles = [files(&profiles, "toml")?, files(&profiles.join("vendors"), "toml")?].concat();
    pack_texts(&out, "profiles", profiles.into_iter().map(|file| (stem(&file), file)))?;
    pack_texts(&out, "scripts", scripts(&root.join("scripts"))?)?;
    let pages = root.join("src/diagnostic/pages");
    println!("cargo::rerun-if-changed={}", pages.display());
    // In the order in which they are read.
    let books = ["syntax", "check", "run", "port", "batch", "config", "cli"];
    pack_texts(&out, "pages", books.map(|book| (book.to_owned(), pages.join(format!("{book}.md")))))?;
    lay_out(&root.join("src/layout.ld"));
    name_build(&root);
    fs::write(out.join("words.rs"), words(&root.join("grammar/hayes.pest"))?).map_err(|error| error.to_string())?;
    let data = catalogue::Data::read(&root.join("src/catalogue/data"))?;
    data.check()?;
    data.pack(&out)
}

/// What `hayes -vV` tells. The commit is that of HAYES_COMMIT, or of a crate that was published, or of the clone that a
/// release is built in; a development build would be made anew with each commit. Without any the build is as good.
fn name_build(root: &Path) {
    println!("cargo::rustc-env=HAYES_TARGET={}", env::var("TARGET").unwrap_or_default());
    println!("cargo::rerun-if-env-changed=HAYES_COMMIT");
    let git = |question: &[&str]| {
        let asked = Command::new("git").arg("-C").arg(root).arg("rev-parse").args(question).output().ok()?;
        asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).trim().to_owned())
    };
    let published = || {
        let file = fs::read_to_string(root.join(".cargo_vcs_info.json")).ok()?;
        file.split('"').skip_while(|word| *word != "sha1").nth(2).map(str::to_owned)
    };
    let cloned = || {
        // A folder without its own `.git` may stand in another project's clone.
        let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
        let moves = git(&["--git-path", "logs/HEAD"]).filter(|_| is_release && root.join(".git").exists())?;
        println!("cargo::rerun-if-changed={}", root.join(moves).display());
        git(&["HEAD"])
    };
    let commit = env::var("HAYES_COMMIT").ok().or_else(published).or_else(cloned);
    println!("cargo::rustc-env=HAYES_COMMIT={}", commit.unwrap_or_default());
}

/// Has the linker put the functions that a run calls side by side: a small script takes a third less memory. Only
/// linkers that are known to read such a file are told so: GNU's or LLVM's, called by the C compiler or directly.
fn lay_out(file: &Path) {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let linker = env::var("RUSTC_LINKER").unwrap_or_default();
    let is_lld = linker.ends_with("lld");
    // Flags may choose another linker, such as mold, which refuses the file.
    let is_usual =
        is_lld || linker.is_empty() && !env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|f| f.contains("link"));
    if is_usual && file.exists() && is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        for (of, word) in ["bins", "benches"].into_iter().flat_map(|of| [(of, "-T".as_ref()), (of, file.as_os_str())]) {
            if !is_lld {
                println!("cargo::rustc-link-arg-{of}=-Xlinker");
            }
            println!("cargo::rustc-link-arg-{of}={}", word.display());
        }
        // What is relocated at the start takes a tenth of its room so; musl reads it.
        if is_lld && is("CARGO_CFG_TARGET_ENV", "musl") {
            println!("cargo::rustc-link-arg-bins=--pack-dyn-relocs=relr");
        }
    }
}

/// The list of the models that can be simulated, a file each; the generic one, which the others lie over, is the first.
fn models(folder: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = files(folder, "toml")?;
    files.sort_by_key(|file| (!file.ends_with("generic.toml"), file.clone()));
    let model = |file: &PathBuf| {
        let table: toml::Table = read(file)?;
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        let title = text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        let names = table.get("other-names").and_then(toml::Value::as_array);
        let names = names.ok_or_else(|| format!("{}: no `other-names`", file.display()))?;
        let names: Vec<&str> = names.iter().filter_map(toml::Value::as_str).collect();
        let name = stem(file);
        let unconfirmed = table.get("unconfirmed").and_then(toml::Value::as_str).unwrap_or_default();
        let more = format!("unconfirmed: {unconfirmed:?}, other_names: &{names:?}, profile: OnceLock::new()");
        Ok(format!("Model {{ name: {name:?}, title: {title:?}, {more} }},"))
    };
    let models: String = files.iter().map(model).collect::<Result<_>>()?;
    Ok(format!("static MODELS: [Model; {}] = [{models}];", files.len()))
}

/// The words of the grammar: those of the rules `kw_…`, in their order, and those that no name can be.
fn words(file: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed={}", file.display());
    let grammar = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let in_quotes = |text: &str| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let keywords: Vec<_> = grammar.lines().filter(|line| line.starts_with("kw_")).flat_map(in_quotes).collect();
    let reserved = grammar.split_once("\nreserved = @{").and_then(|(_, rule)| rule.split_once('}'));
    let (reserved, _) = reserved.ok_or_else(|| format!("{}: the rule `reserved` is not there", file.display()))?;
    let list = |name: &str, words: &[String]| format!("const {name}: &[&str] = &{words:?};\n");
    Ok(list("KEYWORDS", &keywords) + &list("RESERVED", &in_quotes(reserved)))
}

/// The library's scripts, by the names that `run` takes: `supersim/setup`.
fn scripts(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut found = BTreeMap::new();
    let all = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for folder in all.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()) {
        let script = |file: PathBuf| (format!("{}/{}", stem(&folder), stem(&file)), file);
        found.extend(files(&folder, "hayes")?.into_iter().map(script));
    }
    Ok(found)
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn pack_texts(folder: &Path, name: &str, files: impl IntoIterator<Item = (String, PathBuf)>) -> Result<()> {
    let text = |(name, file): (String, PathBuf)| {
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(CarriedText { name: name.leak(), text: text.leak() })
    };
    let texts: Vec<CarriedText> = files.into_iter().map(text).collect::<Result<_>>()?;
    pack(folder, name, &texts, |text| bare(text.name.as_bytes()).to_vec())
}

/// A block of a table is full from so many bytes on: one is unpacked in the time of a few lines on a fast port.
const BLOCK: usize = 8 << 10;

/// Writes a [`Table`], and looks each entry up in it.
fn pack<T>(folder: &Path, name: &str, entries: &[T], key: impl Fn(&T) -> Vec<u8>) -> Result<()>
where
    T: Serialize + Deserialize<'static> + 'static,
{
    let (mut names, mut name_ends) = (Vec::<u8>::new(), Vec::new());
    let (mut end, mut ends, mut block) = (0, Vec::new(), Vec::new());
    let (mut blocks, mut deflated) = (Vec::new(), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        let bytes = postcard::to_stdvec(entry).map_err(|error| format!("{name}: {error}"))?;
        // The name is an entry's first member.
        let (of_entry, _) = postcard::take_from_bytes::<&str>(&bytes).map_err(|error| format!("{name}: {error}"))?;
        names.extend(of_entry.as_bytes());
        name_ends.push(names.len());
        end += bytes.len();
        ends.push(end);
        block.extend(bytes);
        if block.len() >= BLOCK || place + 1 == entries.len() {
            let packed = compress_to_vec(&std::mem::take(&mut block), 10);
            blocks.extend([end, packed.len()]);
            deflated.extend(packed);
        }
    }
    // At most half full, so that a name is found in a step or two.
    let mut slots = vec![0; (2 * entries.len()).next_power_of_two()];
    let mut keys = BTreeSet::new();
    for (place, key) in entries.iter().map(key).enumerate().filter(|(_, key)| keys.insert(key.clone())) {
        let mut slot = hash(&key);
        while slots.get(slot % slots.len()).is_some_and(|taken| *taken != 0) {
            slot += 1;
        }
        let free = slot % slots.len();
        if let Some(slot) = slots.get_mut(free) {
            *slot = place + 1;
        }
    }
    let sizes = [entries.len(), slots.len(), blocks.len() / 2];
    let numbers = sizes.into_iter().chain(name_ends).chain(ends).chain(slots).chain(blocks);
    let mut bytes: Vec<u8> = numbers.flat_map(|number| (number as u32).to_le_bytes()).collect();
    bytes.extend(names);
    bytes.extend(deflated);
    fs::write(folder.join(name), &bytes).map_err(|error| format!("{name}: {error}"))?;
    let table: &'static Table<T> = Box::leak(Box::new(Table::new(bytes.leak())));
    let unread = (0..entries.len()).find(|place| table.get(*place).is_none() || table.name(*place).is_none());
    unread.map_or(Ok(()), |place| Err(format!("{name}: entry {place} cannot be read back")))
}

fn require(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let all = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = all.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    paths.sort();
    Ok(paths)
}

/// The text is kept for as long as the build script runs: entries borrow from it.
fn read<T: Deserialize<'static>>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(text.leak()).map_err(|error| {
        let help =
            if error.message().contains("borrowed string") { "write it as '…': without escapes\n" } else { "" };
        format!("{}: {error}{help}", path.display())
    })
}
