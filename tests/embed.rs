//! Hayes in another program: the page's example is the one that is built, and prints what the page says.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_page_shows_the_example_and_what_it_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/src/embed.md")).unwrap();
    let example = fs::read_to_string(root.join("docs/examples/embed.rs")).unwrap();
    assert!(page.contains(&format!("```rust\n{example}```")), "docs/src/embed.md shows docs/examples/embed.rs");
    // `cargo test` builds the examples beside the program.
    let built = Path::new(env!("CARGO_BIN_EXE_hayes")).with_file_name("examples").join("embed");
    let printed = Command::new(built).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let shown = format!("```text\n$ cargo run --quiet --example embed\n{printed}```");
    assert!(page.contains(&shown), "docs/src/embed.md shows what it prints:\n{printed}");
}
