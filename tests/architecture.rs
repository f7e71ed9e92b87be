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
            for used in crate_paths(&text) {
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

/// The first names behind `crate::`, outside of tests and comments.
fn crate_paths(text: &str) -> Vec<String> {
    let product = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = code.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>());
    names.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}
