//! What is wrong, where, and what to do about it; how it is shown.
//!
//! Whoever finds a fault names its code, its place and the values that its words need: `Diagnostic::told(
//! "hayes::check::two-params", &source, span, &[&name])`. The words stand in `pages/*.md`, with its severity and what
//! there is to say of it at length. Where the words differ from time to time, the place has them:
//! `Diagnostic::new(…).at(…)`.

mod excerpt;
pub mod pages;
mod words;

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use excerpt::Excerpt;
pub(crate) use words::words;

use crate::source::{COMMAND_LINE, Source, Span, Spanned};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place in the source and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable, with the pass first: `hayes::syntax::unexpected`, `hayes::check::two-at`, `hayes::run::timeout`.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// The first label is the place at fault.
    pub labels: Vec<Label>,
    pub help: Option<String>,
    /// The edit that does what the help says, where one does: this text in the place of that span.
    pub edit: Option<Box<Spanned<String>>>,
    pub source: Arc<Source>,
}

impl Diagnostic {
    /// A fault that has no place yet; its severity is that of its page.
    pub(crate) fn new(code: &'static str, source: &Arc<Source>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: pages::severity(code),
            message: message.into(),
            // Most have one place: of a text full of faults, four would be kept for each.
            labels: Vec::with_capacity(1),
            help: None,
            edit: None,
            source: Arc::clone(source),
        }
    }

    /// A fault in the words of its page: these values stand in place of its `«…»`, in the order in which the page first
    /// names them. Behind the code stands which words, where there are several.
    pub(crate) fn told(page: &'static str, source: &Arc<Source>, span: Span, values: &[&dyn Display]) -> Diagnostic {
        let mut words = filled(page, source.name == COMMAND_LINE, values);
        let message = words("error").or_else(|| words("warning")).unwrap_or_default();
        let fault = Diagnostic::new(code_of(page), source, message).at(span, words("at").unwrap_or_default());
        let fault = Diagnostic { help: words("help"), severity: pages::severity(page), ..fault };
        match words("mend") {
            Some(mend) => fault.mended_by(mend),
            None => fault,
        }
    }

    /// A place that matters, and what is to be said there. The first one is the place at fault.
    #[must_use]
    pub(crate) fn at(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// "did you mean `near`?", and the edit that writes it at the place at fault, between the quotes that stand there;
    /// else what `otherwise` says.
    #[must_use]
    pub(crate) fn did_you_mean(self, near: Option<&str>, otherwise: impl Into<String>) -> Diagnostic {
        let Some(near) = near else { return self.help(otherwise) };
        let quote = self.source.slice(self.span().unwrap_or_default()).chars().next();
        let quote = quote.filter(|first| matches!(first, '"' | '\'')).map_or(String::new(), String::from);
        self.help(format!("did you mean `{near}`?")).mended_by(format!("{quote}{near}{quote}"))
    }

    /// It is mended by this text in the place of what is at fault.
    #[must_use]
    pub(crate) fn mended_by(self, text: impl Into<String>) -> Diagnostic {
        let span = self.span().unwrap_or_default();
        self.mended_at(span, text)
    }

    /// With the source's line ends.
    #[must_use]
    pub(crate) fn mended_at(self, span: Span, text: impl Into<String>) -> Diagnostic {
        let mut value = text.into();
        if self.source.text.split('\n').next().is_some_and(|first| first.ends_with('\r')) {
            value = value.replace('\n', "\r\n");
        }
        Diagnostic { edit: Some(Box::new(Spanned { value, span })), ..self }
    }

    /// The place at fault, if it has one.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// What is wrong and what to do about it, where no source has a place for it: a command line, a file that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Complaint {
    /// Why a port could not be opened: `hayes::port::busy`; else empty.
    pub code: &'static str,
    /// In one sentence without a final full stop.
    pub message: String,
    pub help: Option<String>,
}

impl Complaint {
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint { code: "", message: message.into(), help: None }
    }

    /// In the words of its page, as [`Diagnostic::told`].
    pub(crate) fn told(page: &'static str, values: &[&dyn Display]) -> Complaint {
        let mut words = filled(page, false, values);
        Complaint { code: code_of(page), message: words("error").unwrap_or_default(), help: words("help") }
    }

    /// "did you mean `near`?", where something is near, in place of what it says else.
    #[must_use]
    pub(crate) fn did_you_mean(self, near: Option<impl Display>) -> Complaint {
        match near {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Where nothing stands at this path, what does in place of that, and was probably meant.
    #[must_use]
    pub(crate) fn near(self, path: &Path) -> Complaint {
        if path.exists() { self } else { self.did_you_mean(file_near(path)) }
    }

    #[must_use]
    pub(crate) fn of(self, code: &'static str) -> Complaint {
        Complaint { code, ..self }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Complaint {
        self.help = Some(help.into());
        self
    }
}

/// The code whose page has these words: `hayes::check::finally-place twice` is of `hayes::check::finally-place`.
fn code_of(page: &'static str) -> &'static str {
    page.split_once(' ').map_or(page, |(code, _)| code)
}

/// What a page says behind a word, these values in place of its `«…»`. Of `«in a script|at a command line»` it is one.
fn filled(page: &'static str, is_typed: bool, values: &[&dyn Display]) -> impl FnMut(&str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    move |word| {
        let mut filled = String::new();
        for (number, piece) in pages::words(page, word)?.split(['«', '»']).enumerate() {
            if number % 2 == 0 {
                filled.push_str(piece);
                continue;
            }
            if let Some((in_script, typed)) = piece.split_once('|') {
                filled.push_str(if is_typed { typed } else { in_script });
                continue;
            }
            let place = names.iter().position(|name| *name == piece).unwrap_or(names.len());
            if place == names.len() {
                names.push(piece);
            }
            filled.extend(values.get(place).map(|value| value.to_string()));
        }
        Some(filled)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// "Did you mean": the known word that is most like the one that was written, if one is near enough to be meant. Of
/// equals one with the same first letter, then the first in the alphabet.
pub(crate) fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    all_nearest(written, known, (written.chars().count() / 3).max(1)).into_iter().next()
}

/// The known words that are most like the one that was written, with at most so many [`slips`]; all that are as near.
pub(crate) fn all_nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>, most: usize) -> Vec<&'k str> {
    // Nearly all words are told apart by their lengths and by letters that only one of them has: each takes a slip.
    let letters = |word: &str| word.chars().fold(0_u64, |all, it| all | 1 << (u32::from(it.to_ascii_lowercase()) % 64));
    let (length, own) = (written.chars().count(), letters(written));
    let may_be = |known: &&str| {
        let others = letters(known);
        let only = (own & !others).count_ones().max((others & !own).count_ones());
        known.chars().count().abs_diff(length) <= most && only as usize <= most
    };
    let slips = |known: &str| if known.eq_ignore_ascii_case(written) { 0 } else { slips(written, known) };
    let known = known.into_iter().filter(may_be).map(|known| (slips(known), known));
    let mut near: Vec<_> = known.filter(|(slips, known)| *slips <= most && *slips < known.chars().count()).collect();
    near.sort_unstable_by_key(|(slips, known)| (*slips, known.chars().next() != written.chars().next(), *known));
    let least = near.first().map(|(slips, _)| *slips);
    near.into_iter().filter(|(slips, _)| Some(*slips) == least).map(|(_, known)| known).collect()
}

/// The file or folder that is there, and that this path was probably meant to name.
pub(crate) fn file_near(path: &Path) -> Option<String> {
    let (folder, name) = (Path::new(".").join(path.parent()?), path.file_name()?.to_str()?);
    if !folder.is_dir() {
        let near = PathBuf::from(file_near(path.parent()?)?);
        // A file holds no other.
        let beside = near.is_dir().then(|| near.join(name))?;
        return if beside.exists() { Some(beside.display().to_string()) } else { file_near(&beside) };
    }
    let stem = |name: &str| name.split_once('.').map_or(name, |(stem, _)| stem).to_owned();
    // Of `x.csv` and `y.csv` the one is not the other, much as they have in common.
    let is_like = |known: &String| stem(known) == stem(name) || nearest(&stem(name), [&*stem(known)]).is_some();
    let names = folder.read_dir().ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: Vec<String> = names.filter(is_like).collect();
    nearest(name, names.iter().map(String::as_str)).map(|near| path.with_file_name(near).display().to_string())
}

/// How many slips make one word the other: a letter too few, too many or wrong, or two that changed places.
pub(crate) fn slips(written: &str, known: &str) -> usize {
    strsim::osa_distance(written, known)
}

/// Help where a name is not known: the one that was probably meant, else all that there are, else that there are none.
pub(crate) fn meant_or_all(written: &str, known: &[&str], all: &str, none: &str) -> String {
    match (nearest(written, known.iter().copied()), known) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, []) => none.to_owned(),
        (None, known) => format!("{all} are {}", known.join(", ")),
    }
}
