//! Colours, where they are wanted: eight of them, so that they read on dark and light terminals alike.

use std::fmt;

/// Whether to colour. Without it every style is plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    pub coloured: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// What was sent
    Bold,
    /// What is said beside the matter: meanings, times
    Dim,
    /// What went wrong
    Bad,
    /// What went well
    Good,
    /// What is worth a look
    Notable,
    /// Names: scripts, columns
    Name,
}

impl Palette {
    pub fn paint<T: fmt::Display>(self, style: Style, text: T) -> Painted<T> {
        Painted { style: self.coloured.then_some(style), text }
    }
}

/// A text in a style.
pub struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(style) = self.style else { return self.text.fmt(f) };
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Bad => "31",
            Style::Good => "32",
            Style::Notable => "33",
            Style::Name => "36",
        };
        write!(f, "\x1b[{code}m{}\x1b[0m", self.text)
    }
}

/// Text from a modem as it may be shown: control characters and escapes are spelled out, so that no modem can drive
/// the terminal. `\r\n` at the end is left out.
pub fn harmless(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    for character in text.trim_end_matches(['\r', '\n']).chars() {
        match character {
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\x1a' => shown.push_str("<Ctrl-Z>"),
            '\x1b' => shown.push_str("<ESC>"),
            control if control.is_control() => shown.push_str(&format!("\\x{:02X}", u32::from(control))),
            // Characters that turn the direction of what follows could make one line look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            plain => shown.push(plain),
        }
    }
    shown
}

/// Lines of at most so many columns, broken between words; what goes on stands behind `indent`.
pub fn filled(text: &str, width: usize, indent: &str) -> String {
    let options = textwrap::Options::new(width)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    text.lines().map(|line| textwrap::fill(line, &options)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_cut() {
        assert_eq!(filled("one two three\nfour", 9, "  "), "one two\n  three\nfour");
        assert_eq!(filled("incomprehensibilities", 9, ""), "incomprehensibilities");
        let red = Palette { coloured: true }.paint(Style::Bad, "one").to_string();
        assert_eq!(filled(&format!("{red} two"), 7, ""), format!("{red} two"), "colours take no room");
    }

    #[test]
    fn a_modem_cannot_drive_the_terminal() {
        assert_eq!(harmless(b"+COPS: \x1b[2J\x07\"x\"\r\n"), "+COPS: <ESC>[2J\\x07\"x\"");
        assert_eq!(harmless("caf\u{e9} \u{202e}x".as_bytes()), "caf\u{e9} \\u{202e}x");
    }

    #[test]
    fn without_colour_a_style_is_its_text() {
        assert_eq!(Palette { coloured: false }.paint(Style::Bad, "x").to_string(), "x");
        assert_eq!(Palette { coloured: true }.paint(Style::Bad, "x").to_string(), "\x1b[31mx\x1b[0m");
    }
}
