//! A text with its name, and places in it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// No script, inventory or list of values is as large as this (bytes); a device or a pipe may go on for ever.
pub(crate) const LARGEST_TEXT: u64 = 16 << 20;

/// What a source is called whose text was typed behind `hayes at`.
pub(crate) const COMMAND_LINE: &str = "<command line>";

/// A script's text and the name people know it by (a path, a library name, `<stdin>`).
#[derive(Debug, Default)]
pub struct Source {
    pub name: String,
    pub text: String,
    /// A script of the library, as Hayes carries it
    pub(crate) is_carried: bool,
    /// Where each line begins, counted when it is first asked for.
    line_starts: OnceLock<Vec<u32>>,
}

impl PartialEq for Source {
    fn eq(&self, other: &Source) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for Source {}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into(), ..Source::default() })
    }

    /// That of a script of the library
    pub(crate) fn carried(name: &str, text: &str) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into(), is_carried: true, ..Source::default() })
    }

    /// The place of an error that a parser tells of. One without width, at the end of the text or of a line, takes the
    /// character before it: nothing of it would be shown.
    pub fn place(&self, range: Range<usize>) -> Span {
        let (start, end) =
            if range.is_empty() { (range.start.saturating_sub(1), range.end.max(1)) } else { (range.start, range.end) };
        Span::new(self.text.floor_char_boundary(start), self.text.ceil_char_boundary(end))
    }

    /// The text at `span`; empty where the span lies outside of the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(Range::<usize>::from(span)).unwrap_or("")
    }

    /// The same with stars in these places, so that its spans stay right; line ends and what is `kept` stay.
    pub(crate) fn overwritten(&self, places: impl IntoIterator<Item = Range<usize>>, kept: &[u8]) -> Arc<Source> {
        let mut text = self.text.clone().into_bytes();
        for place in places {
            let bytes = text.get_mut(place).unwrap_or_default().iter_mut();
            bytes.filter(|byte| !b"\r\n".contains(byte) && !kept.contains(byte)).for_each(|byte| *byte = b'*');
        }
        Source::new(self.name.as_str(), String::from_utf8_lossy(&text))
    }

    /// Line and column of a byte offset, both counted from 1, the column in characters.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.line_start(line);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or("");
        Position { line, column: 1 + before.chars().count() }
    }

    /// The line of a byte offset, counted from 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|start| *start as usize <= offset).max(1)
    }

    /// Where a line begins that is counted from 1; behind the last one, the end of the text.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        let start = self.line_starts().get(line.saturating_sub(1));
        start.map_or(self.text.len(), |start| *start as usize)
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|end| Span::new(end + 1, end + 1).start)).collect()
        })
    }
}

/// All of a text that is at most `most` bytes long. Of a longer one no more than that is read.
pub(crate) fn read_text(reader: impl Read, most: u64) -> Result<String, Unreadable> {
    String::from_utf8(read_bytes(reader, most)?).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        Unreadable::NoText { line: 1 + before.filter(|byte| **byte == b'\n').count() }
    })
}

fn read_bytes(reader: impl Read, most: u64) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    reader.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(Unreadable::Io)?;
    if bytes.len() as u64 > most { Err(Unreadable::TooLarge { most }) } else { Ok(bytes) }
}

/// As [`read_text`], of a file that is no pipe, device or folder: to open or read one of those may block for ever.
pub(crate) fn read_file(path: &Path, most: u64) -> Result<String, Unreadable> {
    read_text(regular(path)?, most)
}

/// As [`read_file`], for a file that may be no text.
pub(crate) fn read_binary(path: &Path, most: u64) -> Result<Vec<u8>, Unreadable> {
    read_bytes(regular(path)?, most)
}

/// A file, opened to be read: no pipe, device or folder.
pub(crate) fn regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Else the open itself waits for whoever writes to a pipe.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    Ok(file)
}

/// Whether a file stands outside of this folder, as both really are: a link may lead anywhere.
pub(crate) fn leads_out(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| Path::new(".").join(path).canonicalize().ok();
    real(path).zip(real(folder)).is_some_and(|(file, folder)| !file.starts_with(folder))
}

/// As [`leads_out`], of the whole clone that the folder is in: whoever wrote the one wrote the other. What git keeps
/// there for itself is its user's, and so is a home that is a clone.
pub(crate) fn leads_out_of_clone(path: &Path, folder: &Path) -> bool {
    let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
    let real = Path::new(".").join(folder).canonicalize().unwrap_or_default();
    let clone = real.ancestors().find(|folder| folder.join(".git").exists());
    match clone.filter(|clone| home.as_deref() != Some(*clone)) {
        Some(clone) => leads_out(path, clone) || path.exists() && !leads_out(path, &clone.join(".git")),
        None => leads_out(path, folder),
    }
}

/// Why something is not read as a text. As words it goes on after the name of what was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is larger than {} MiB: more is not read", most >> 20)]
    TooLarge { most: u64 },
    #[error("is no text: line {line} holds bytes that are not UTF-8")]
    NoText { line: usize },
}

/// Line and column, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// A range of bytes in a source: `start` included, `end` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Range<usize> {
        span.start as usize..span.end as usize
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// A name in a script: a variable, a parameter, a record.
pub type Name = Spanned<String>;

/// The reader of tables of tests, which stands with the tests from outside.
#[cfg(test)]
#[path = "../tests/tables.rs"]
pub(crate) mod tables;
