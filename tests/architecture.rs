//! The house rule that a machine can hold: a module uses only those above it in `src/lib.rs`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

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
    let mut files = vec![source.join(format!("{module}.rs"))];
    let mut folders = vec![source.join(module)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.retain(|file| file.exists() && file.extension().is_some_and(|extension| extension == "rs"));
    files
}

/// How many modules a file's code stands in: so many `super::` lead to the crate.
fn depth(source: &Path, file: &Path) -> usize {
    let parts = file.strip_prefix(source).unwrap().components().count();
    if file.file_name().is_some_and(|name| name == "mod.rs") { parts - 1 } else { parts }
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
                // crate::g\nfn h() { crate::i::j() }\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    use crate::k;\n}\npub(in crate::l) fn m() {}\n";
    assert_eq!(modules_used(text, 2), ["a", "b", "c", "i", "l", "d"]);
}
