//! Text from a modem, or with a modem's words in it, as a terminal may be given it.

use std::borrow::Cow;

/// Control characters and escapes are spelled out, so that no modem can drive the terminal. Line ends and tabs stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let stays = |character: char| matches!(character, '\n' | '\t') || !is_harmful(character);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if stays(character) { shown.push(character) } else { shown.push_str(&spelled(character)) }
    }
    Cow::Owned(shown)
}

/// The same with other characters of the same length in bytes, so that places in it stay right. A CR that belongs to a
/// line end stays.
pub(super) fn in_place(text: &str) -> Cow<'_, str> {
    let mut characters = text.chars().peekable();
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let stays = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek() == Some(&'\n'),
            other => !is_harmful(other),
        };
        shown.push(match (stays, character.len_utf8()) {
            (true, _) => character,
            (false, 1) => '?',
            (false, 2) => '\u{bf}',
            (false, _) => char::REPLACEMENT_CHARACTER,
        });
    }
    Cow::Owned(shown)
}

/// A character as it may be shown: itself, or its name.
pub(crate) fn spelled(character: char) -> Cow<'static, str> {
    match character {
        '\r' => "\\r".into(),
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        '\x1a' => "<Ctrl-Z>".into(),
        '\x1b' => "<ESC>".into(),
        control if control.is_control() => format!("\\x{:02X}", u32::from(control)).into(),
        turning if is_harmful(turning) => format!("\\u{{{:x}}}", u32::from(turning)).into(),
        plain => plain.to_string().into(),
    }
}

fn is_harmful(character: char) -> bool {
    // Characters that turn the direction of what follows could make one line look like another.
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_and_what_drives_a_terminal_does_not() {
        assert_eq!(harmless("a\n\tb \u{e9}"), "a\n\tb \u{e9}");
        assert_eq!(harmless("+CSQ: \x1b]0;owned\x07\r"), "+CSQ: <ESC>]0;owned\\x07\\r");
        assert_eq!(harmless("\u{9b}2J \u{202e}x"), "\\x9B2J \\u{202e}x");
    }

    #[test]
    fn places_stay_right() {
        for text in ["a\x1bb\u{9b}c\u{202e}d\r\n\re", "plain"] {
            let shown = in_place(text);
            assert_eq!(shown.len(), text.len());
            for (at, character) in text.char_indices().filter(|(_, character)| character.is_alphabetic()) {
                assert!(shown[at..].starts_with(character), "{shown:?}");
            }
            assert!(!shown.replace("\r\n", "").contains(is_harmful), "{shown:?}");
        }
    }
}
