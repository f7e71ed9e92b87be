//! Turns `data/*.toml` into Rust statics. Every entry is checked: a malformed one ends the build with its file, its
//! name and what is wrong with it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a build script talks to cargo there")]
#![allow(unreachable_pub, reason = "a build script exports nothing")]

mod commands;
mod entries;
mod layout;
#[path = "../name_hash.rs"]
mod name_hash;
mod read;
mod tables;
mod write;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    link_in_place();
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::FAILURE
        }
    }
}

/// A program that may be loaded anywhere has each pointer of the tables written anew when it starts: half a millisecond
/// and 650 KiB, for every process. So where the linker allows it the program has a fixed place.
fn link_in_place() {
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-arg-benches=-no-pie");
    }
}

fn generate() -> Result<(), String> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    let data = Path::new(&root).join("src/catalogue/data");
    println!("cargo::rerun-if-changed=src/catalogue/data");
    println!("cargo::rerun-if-changed=src/catalogue/build");
    let models = models(&Path::new(&root).join("src/sim/profiles"))?;
    let rust = write::rust(&read::read(&data)?)?;
    let out = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    fs::write(Path::new(&out).join("models.rs"), models).map_err(|error| error.to_string())?;
    fs::write(Path::new(&out).join("catalogue.rs"), rust).map_err(|error| error.to_string())
}

/// The list of the models that can be simulated, a file each; the generic one, which the others lie over, is the first.
fn models(folder: &Path) -> Result<String, String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort_by_key(|file| (!file.ends_with("generic.toml"), file.clone()));
    let model = |file: &Path| {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        let title = text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let names = table.get("other-names").and_then(toml::Value::as_array).ok_or("no `other-names`")?;
        let names: Vec<&str> = names.iter().filter_map(toml::Value::as_str).collect();
        let name = file.file_stem().unwrap_or_default();
        let unconfirmed = table.get("unconfirmed").and_then(toml::Value::as_str).unwrap_or_default();
        Ok(format!("Model::new({name:?}, {title:?}, {unconfirmed:?}, &{names:?}, include_str!({file:?})),"))
    };
    let named = |file: &PathBuf| model(file).map_err(|error: String| format!("{}: {error}", file.display()));
    let models: String = files.iter().map(named).collect::<Result<_, _>>()?;
    // What the models of a vendor share.
    let vendors = fs::read_dir(folder.join("vendors")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let vendors = vendors.filter_map(|entry| Some(entry.ok()?.path()));
    let vendors: String =
        vendors.map(|file| format!("({:?}, include_str!({file:?})),", file.file_stem().unwrap_or_default())).collect();
    Ok(format!(
        "static MODELS: [Model; {}] = [{models}];\nstatic VENDORS: &[(&str, &str)] = &[{vendors}];",
        files.len()
    ))
}
