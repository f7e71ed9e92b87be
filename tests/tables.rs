//! Tables of tests: a row is `TEXT => WHAT`, a heading before it says what is made of the text. The unit tests use it
//! too.

/// Fails with all rows of which something else is made.
pub(crate) fn hold(table: &str, made: &mut dyn FnMut(&str, &str) -> String) {
    let (mut heading, mut differ, mut rows) = ("", String::new(), 0);
    for line in table.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title;
        } else if let Some((text, wanted)) = line.split_once(" => ") {
            rows += 1;
            let made = made(heading, text);
            if made != wanted {
                differ += &format!("{heading}: {text} => {made}\n  and not {wanted}\n");
            }
        }
    }
    assert!(differ.is_empty() && rows > 0, "{differ}");
}
