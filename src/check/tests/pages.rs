use std::collections::BTreeSet;
use std::path::Path;

use crate::diagnostic::pages::{codes, nearest, page};

#[test]
fn every_code_in_the_source_has_a_page_and_every_page_a_code() {
    let mut written = BTreeSet::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut written);
    let pages: BTreeSet<String> = codes().map(str::to_owned).collect();
    assert!(codes().all(|code| !page(code).unwrap().text.is_empty()), "each says something");
    let without_page: Vec<_> = written.difference(&pages).collect();
    assert!(without_page.is_empty(), "codes without a page in src/diagnostic/pages: {without_page:#?}");
    let without_code: Vec<_> = pages.difference(&written).collect();
    assert!(without_code.is_empty(), "pages without a code in the source: {without_code:#?}");
}

/// The codes that stand in the source as string literals.
fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // A file's own tests stand at its end.
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for (at, _) in code.match_indices("\"hayes::") {
                let name = code[at + 1..].split('"').next().unwrap();
                let is_code = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b':';
                if !name.ends_with("::") && name.bytes().all(is_code) {
                    found.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn a_page_is_found_by_the_last_part_of_its_code_and_a_slip_is_mended() {
    assert_eq!(page("two-at").unwrap().code, "hayes::check::two-at");
    assert_eq!(page("hayes::check::two-at").unwrap().code, "hayes::check::two-at");
    assert_eq!(page("hayes::port::busy").unwrap().code, "hayes::port::busy");
    assert_eq!(page("at"), None);
    assert_eq!(page(""), None);
    assert_eq!(nearest("hayes::check::tow-at"), Some("hayes::check::two-at"));
    assert_eq!(nearest("hayes::check::something-else-altogether"), None);
}
