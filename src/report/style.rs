//! Colours, where they are wanted: eight of them, so that they read on dark and light terminals alike.

use std::fmt;

use unicode_width::UnicodeWidthChar;

use crate::diagnostic;
use crate::notation;

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

/// A text in a style. Whatever is in it, none but the style drives the terminal.
pub struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.to_string();
        let text = notation::harmless(&text);
        let Some(style) = self.style else { return text.fmt(f) };
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Bad => "31",
            Style::Good => "32",
            Style::Notable => "33",
            Style::Name => "36",
        };
        write!(f, "\x1b[{code}m{text}\x1b[0m")
    }
}

/// The cursor's row away, and all below it. Some terminals keep what is erased from their first column on, as it were
/// the whole screen: hence the blank.
pub(crate) const ERASED: &str = "\r\x1b[K \x1b[J\r";

/// A modem's text with control characters and escapes spelled out, without the `\r\n` at its end.
pub fn harmless(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    notation::harmless_line(text.trim_end_matches(['\r', '\n'])).into_owned()
}

/// Lines of at most so many columns, broken between words; what goes on stands behind `indent`, or behind less where
/// that would leave too little of a line.
pub fn filled(text: &str, width: usize, indent: &str) -> String {
    let indent = if indent.len() > width / 3 { "    " } else { indent };
    let options = textwrap::Options::new(width)
        .subsequent_indent(indent)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::Custom(diagnostic::words))
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    text.lines().map(|line| textwrap::fill(line, &options)).collect::<Vec<_>>().join("\n")
}

/// The beginning of a line, so many columns wide at most: a line that wraps could not be taken back.
pub fn cut(line: &str, width: usize) -> String {
    let upto = |width: usize| {
        let mut columns = 0;
        let fits = |c: &char| {
            columns += c.width().unwrap_or(0);
            columns <= width
        };
        line.chars().take_while(fits).collect::<String>()
    };
    let whole = upto(width);
    if whole.len() == line.len() { whole } else { upto(width.saturating_sub(1)) + "…" }
}

/// A text that fits in so many columns: what is too much is left out of its middle.
pub fn without_middle(text: &str, width: usize) -> String {
    let (count, half) = (text.chars().count(), width.saturating_sub(1) / 2);
    if count <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1 + half)).chain(['…']).chain(text.chars().skip(count - half)).collect()
}
