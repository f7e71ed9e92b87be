//! The house rules that a machine can hold: a module uses only those above it in `src/lib.rs`; one object stands in one
//! room, a name is used for one type, and the house stays as small as it was made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use hayes::diagnostic::pages::{codes, page};
use regex::Regex;

// The limits of the step that made the house smaller, for the rooms that stood then; a twelfth more lines for what
// they have learnt since: a check of people's slips, whose an echo is, what functions make of secrets.
const LINES: usize = 54_388;
const FILES: usize = 240;
const TYPES: usize = 440;
const PUB_SUPER: usize = 500;

/// The rooms that were built on it since, each with its most lines and types.
const LATER: [(&str, usize, usize); 10] = [
    ("config", 400, 6),
    // It reads the rules of udev.
    ("doctor", 900, 13),
    ("embed", 250, 3),
    // Runs that are over are known without being read; what is of a later version says so.
    ("fleet", 6_900, 66),
    ("guard", 1_150, 14),
    // It makes blocks of jumps: loops, branches, subroutines in place.
    ("import", 2_490, 20),
    // Fields of records and what is captured are told, words behind others, blocks are closed.
    ("lsp", 2_025, 25),
    ("probe", 250, 4),
    ("scaffold", 320, 4),
    ("usb", 250, 2),
];

/// What the rooms hold, and what they may hold at most.
#[test]
fn the_house_stays_small() {
    let files = older_files();
    let everywhere: usize = code_files().iter().map(|(_, text)| text.matches("pub(super)").count()).sum();
    let rules = [("files", files.len(), FILES), ("pub(super) in all rooms", everywhere, PUB_SUPER)];
    let over: Vec<_> = rules.iter().filter(|(_, found, most)| found > most).collect();
    assert!(over.is_empty(), "what, how many, at most: {over:#?}");
    assert!(is_within(&files, LINES, TYPES), "more lines or types than the older rooms may have");
    let of = |room: &str| code_files().into_iter().filter(|(file, _)| room_of(file) == Some(room)).collect::<Vec<_>>();
    let over: Vec<_> = LATER.iter().filter(|(room, lines, types)| !is_within(&of(room), *lines, *types)).collect();
    assert!(over.is_empty(), "more lines or types than: {over:#?}");
}

fn is_within(files: &[(PathBuf, String)], lines: usize, most_types: usize) -> bool {
    let count: usize = files.iter().map(|(_, text)| types(text).len()).sum();
    let found: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    eprintln!("{found} lines of at most {lines}, {count} types of at most {most_types}");
    found <= lines && count <= most_types
}

fn older_files() -> Vec<(PathBuf, String)> {
    code_files().into_iter().filter(|(file, _)| room_of(file).is_none()).collect()
}

/// Which of the later rooms the file stands in.
fn room_of(file: &Path) -> Option<&'static str> {
    let first = file.iter().next()?.to_str()?.trim_end_matches(".rs");
    LATER.iter().map(|(room, ..)| *room).find(|room| *room == first)
}

/// 19 of 20 types have a name that no other has.
#[test]
fn a_name_is_used_for_one_type() {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    code_files().iter().flat_map(|(_, text)| types(text)).for_each(|name| *names.entry(name).or_default() += 1);
    let all: usize = names.values().sum();
    let twice: Vec<_> = names.iter().filter(|(_, count)| **count > 1).collect();
    let alone = names.len() - twice.len();
    assert!(20 * alone >= 19 * all, "{alone} of {all} have a name of their own; these do not:\n{twice:?}");
}

/// A number or a time that has a name says what it is of: the name stands for no other value.
#[test]
fn a_constant_is_named_for_one_value() {
    let pattern = r"(?m)^\s*(?:pub(?:\([^)]*\))? )?const (\w+): (?:Duration|[iu](?:8|16|32|64|size)) = ([^;]+);";
    let declared = Regex::new(pattern).unwrap();
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, text) in code_files() {
        for found in declared.captures_iter(&text) {
            values.entry(found[1].to_owned()).or_default().insert(found[2].to_owned());
        }
    }
    let several: Vec<_> = values.iter().filter(|(_, values)| values.len() > 1).collect();
    assert!(values.len() > 100 && several.is_empty(), "these stand for several values:\n{several:#?}");
}

/// rustfmt breaks code, but no comment.
#[test]
fn a_comment_ends_at_column_120() {
    let long = |line: &str| line.trim_start().starts_with("//") && line.chars().count() > 120;
    let long_lines = |(file, text): (PathBuf, String)| {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| long(line)).map(|(number, _)| number);
        lines.map(|number: usize| format!("{}:{number}", file.display())).collect::<Vec<_>>()
    };
    let found: Vec<String> = code_files().into_iter().chain(files_below("tests")).flat_map(long_lines).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The methods of a type stand with its data: in three files at most.
#[test]
fn one_object_stands_in_one_room() {
    let pattern = r"(?m)^ *impl(?:<[^>{]*>)? (?:[\w:<>', &]+ for )?&?(?:'\w+ )?(?:mut )?(?:\w+::)*(\w+)";
    let begins = Regex::new(pattern).unwrap();
    let mut rooms: BTreeMap<(String, String), BTreeSet<PathBuf>> = BTreeMap::new();
    for (file, text) in code_files() {
        let module = file.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        for found in begins.captures_iter(&text) {
            rooms.entry((module.clone(), found[1].to_owned())).or_default().insert(file.clone());
        }
    }
    let spread: Vec<_> = rooms.iter().filter(|(_, files)| files.len() > 3).collect();
    assert!(spread.is_empty(), "{spread:#?}");
}

/// A code that is built somewhere has a page, and a page's code is built somewhere.
#[test]
fn every_code_in_the_source_has_a_page_and_every_page_a_code() {
    let code = Regex::new(r#""(hayes::[a-z-]+(?:::[a-z-]+)*)(?: [a-z0-9-]+)?""#).unwrap();
    let mut written = BTreeSet::new();
    for (file, text) in code_files() {
        // A file's own tests stand at its end.
        let built = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        if !file.components().any(|part| part.as_os_str() == "tests") {
            written.extend(code.captures_iter(built).map(|found| found[1].to_owned()));
        }
    }
    let pages: BTreeSet<String> = codes().map(str::to_owned).collect();
    assert!(codes().all(|code| !page(code).unwrap().text.is_empty()), "each says something");
    let without_page: Vec<_> = written.difference(&pages).collect();
    assert!(without_page.is_empty(), "codes without a page in src/diagnostic/pages: {without_page:#?}");
    let without_code: Vec<_> = pages.difference(&written).collect();
    assert!(without_code.is_empty(), "pages without a code in the source: {without_code:#?}");
}

/// Each wording that the source names stands on a page, and each that stands there is named.
#[test]
fn every_wording_of_a_code_is_used() {
    let wording = Regex::new(r#""(hayes::[a-z:-]+ [a-z0-9-]+)""#).unwrap();
    let heading = Regex::new(r"(?m)^## (hayes::\S+ \S+)$").unwrap();
    let all = |pattern: &Regex, text: &str| -> Vec<String> {
        pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let named: BTreeSet<String> = code_files().iter().flat_map(|(_, text)| all(&wording, text)).collect();
    let pages = crate::cases::files("src/diagnostic/pages").into_iter().map(|file| fs::read_to_string(file).unwrap());
    assert_eq!(named, pages.flat_map(|page| all(&heading, &page)).collect());
}

/// The files of `src/` by their place in it, with what stands in them.
fn code_files() -> Vec<(PathBuf, String)> {
    files_below("src")
}

fn files_below(folder: &str) -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let read = |file: PathBuf| (file.strip_prefix(&source).unwrap().to_owned(), fs::read_to_string(&file).unwrap());
    rust_files(&source).into_iter().map(read).collect()
}

/// The types that a file declares.
fn types(text: &str) -> Vec<String> {
    let declared = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?(?:struct|enum|union|trait) (\w+)").unwrap();
    declared.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files.extend(rust_files(&path)) } else { files.push(path) }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files
}

#[test]
fn modules_use_only_those_above_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = modules_in_reading_order(&source);
    let mut upward = Vec::new();
    for (module, place) in &order {
        for file in files_of(&source, module) {
            let text = fs::read_to_string(&file).unwrap();
            for used in modules_used(&text, depth(&source, &file)) {
                if order.get(&used).is_some_and(|other| other > place) {
                    upward.push(format!("{}: crate::{used}", file.strip_prefix(&source).unwrap().display()));
                }
            }
        }
    }
    assert!(order.len() > 10, "src/lib.rs lists its modules");
    assert!(upward.is_empty(), "these use a module below their own:\n{}", upward.join("\n"));
}

fn modules_in_reading_order(source: &Path) -> HashMap<String, usize> {
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let listed = lib.lines().filter_map(|line| line.strip_prefix("//! - [`")?.split('`').next());
    listed.enumerate().map(|(place, name)| (name.to_owned(), place)).collect()
}

fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let mut files = rust_files(&source.join(module));
    files.extend(Some(source.join(format!("{module}.rs"))).filter(|file| file.exists()));
    files.retain(|file| !file.strip_prefix(source).is_ok_and(is_of_tests));
    files
}

/// How many modules a file's code stands in: so many `super::` lead to the crate.
fn depth(source: &Path, file: &Path) -> usize {
    let parts = file.strip_prefix(source).unwrap().components().count();
    if file.file_name().is_some_and(|name| name == "mod.rs") { parts - 1 } else { parts }
}

/// A file of nothing but tests may use all.
fn is_of_tests(file: &Path) -> bool {
    file.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// The crate's modules that the code names, outside of tests and comments: the first names behind `crate::`, and behind
/// as many `super::` as lead there.
fn modules_used(text: &str, depth: usize) -> Vec<String> {
    let code = without_tests(text);
    let mut used = Vec::new();
    let to_root = "super::".repeat(depth);
    for root in ["crate::", to_root.as_str()] {
        for (at, _) in code.match_indices(root) {
            // No part of a longer name, nor of a longer row of `super::`.
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            used.extend(first_names(&code[at + root.len()..]));
        }
    }
    used
}

/// `a` of `a::b`; of `{a::b, c}` both.
fn first_names(path: &str) -> Vec<String> {
    let name =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut names = vec![name(group)];
    let mut open = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            ',' if open == 1 => names.push(name(&group[at + 1..])),
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    names
}

/// The code without its comments and without the items behind `#[cfg(test)]`. An item that is no single line ends, in
/// canonical form, with a brace under its beginning.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            if !line.trim_start().starts_with("//") {
                code.push_str(line);
                code.push('\n');
            }
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let item = lines.by_ref().find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
        if !item.trim_end().ends_with([';', '}']) {
            let end = format!("{indent}}}");
            lines.by_ref().find(|line| line.trim_end() == end);
        }
    }
    code
}

#[test]
fn what_a_file_uses_is_seen() {
    let text = "use crate::{a, b::{x, y}, c::z};\nuse super::super::d::e;\nuse super::f;\n#[cfg(test)]\nmod tests;\n\
                // crate::g\nfn h() { crate::i::j() }\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    use
                // crate::k;\n}\npub(in crate::l) fn m() {}\n";
    assert_eq!(modules_used(text, 2), ["a", "b", "c", "i", "l", "d"]);
}
