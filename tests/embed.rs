//! Hayes in another program: the page's example is the one that is built, and prints what the page says.

use std::fs;
use std::path::Path;

#[allow(dead_code, reason = "its `main` is the example's")]
#[path = "../docs/examples/embed.rs"]
mod example;

#[test]
fn the_page_shows_the_example_and_what_it_prints() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/embed.md")).unwrap();
    assert!(page.contains(&format!("```rust\n{}```", include_str!("../docs/examples/embed.rs"))), "its text");
    let printed = example::talk("sim:bg96?time=virtual").unwrap();
    let shown = format!("```text\n$ cargo run --quiet --example embed\n{printed}```");
    assert!(page.contains(&shown), "what it prints:\n{printed}");
}
