//! Tests of `src/notation.rs` from within: what is private there.

use super::*;
use crate::source::tables;

#[test]
fn what_is_written_for_people() {
    tables::hold(include_str!("../../src/notation.md"), &mut |of, written| match of {
        "read" => duration(written).map_or_else(|wrong| wrong, |read| read.as_millis().to_string()),
        "shown" => {
            let time = Duration::from_micros(written.parse().unwrap());
            format!("{} {}", ExactDuration(time), ShownDuration(time))
        }
        "seconds" => seconds(written.parse().unwrap()),
        "hex" => unhex(written).map_or("none".to_owned(), |bytes| hex(&bytes)),
        "text" => text(&unescape(written).unwrap()).into_owned(),
        _ => harmless(&written.parse::<serde_json::Value>().unwrap().as_str().unwrap().replace('\n', "⏎")).into_owned(),
    });
}

#[test]
fn every_byte_reads_back() {
    let all: Vec<u8> = (0..=255).collect();
    let mut escaped = String::new();
    escape(&mut escaped, &all);
    assert!(escaped.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    assert_eq!(unescape(&escaped), Ok(all.clone()));
    assert_eq!(unhex(&hex(&all)), Some(all));
}

#[test]
fn places_stay_right() {
    let unseen = "a\u{200b}b\u{2028}c\u{feff}d\u{e0041}e\u{2060}f\u{2029}g";
    for text in ["a\x1bb\u{9b}c\u{202e}d\r\n\re", unseen, "plain"] {
        let shown = harmless_in_place(text);
        assert_eq!(shown.len(), text.len());
        for (at, character) in text.char_indices().filter(|(_, character)| character.is_alphabetic()) {
            assert!(shown[at..].starts_with(character), "{shown:?}");
        }
        assert!(!shown.replace("\r\n", "").contains(is_harmful), "{shown:?}");
    }
}
