//! What a script's pattern compiles to, once, shared by every thread that runs the program.

use std::borrow::Cow;
use std::sync::OnceLock;

use memchr::{memchr, memchr_iter, memmem};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::at::parameters::{self, Parameter, Written};
use crate::catalogue::entry::Usage;
use crate::source::Span;
use crate::syntax::ast::{Convert, Field, Pattern, PatternKind, PatternPart};

/// A compiled pattern: `"+CREG: {_},{stat:int}"` or `/rssi: (?<rssi>-?\d+)/i`.
///
/// It is given whole lines without their line end. `values` are the texts of the pattern's `${…}`, in the order in
/// which they stand there; they match literally. Time is linear in the line, and a miss allocates nothing.
#[derive(Debug)]
pub struct Matcher {
    holes: Box<[Hole]>,
    form: Compiled,
}

#[derive(Debug)]
enum Compiled {
    Line(Steps),
    Regex(Box<RegexPattern>),
}

/// The pattern that finds a text anywhere in a line: `/READY/`.
pub fn anywhere(text: &str) -> String {
    format!("/{}/", regex_syntax::escape(text).replace('/', "\\/"))
}

/// What to write for a text that begins no line: the whole line where it is known, or what finds the text anywhere.
pub fn from_the_beginning(whole: Option<&str>, text: &str) -> String {
    let whole = whole.map(|whole| format!("`{whole}`, or ")).unwrap_or_default();
    format!("a pattern begins where the line begins: write {whole}`{}`", anywhere(text))
}

/// A pattern whose prefix is nearly that of the line: `"CSQ: {},{}"`, `"+CPIN; READY"`, `"AT+CSQ: {}"`. What to write.
pub fn with_prefix(written: &str, prefix: &str) -> Option<String> {
    let quote = written.chars().next().filter(|first| "\"'".contains(*first)).unwrap_or('"');
    let text = written.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)).unwrap_or(written);
    let is_sign = |it: char| !it.is_ascii_alphanumeric();
    let bare = |text: &str| text.strip_prefix(is_sign).unwrap_or(text).to_ascii_uppercase();
    let end = text.find([':', ';', ' ', '=']).or_else(|| text.find('.'))?;
    let (name, values) = text.split_at_checked(end)?;
    let is_its = bare(name.strip_prefix("AT").unwrap_or(name)) == bare(prefix);
    let values = values.trim_start_matches([':', ';', ' ', '=', '.']);
    let whole = format!("{quote}{prefix}: {values}{quote}");
    (is_its && !bare(prefix).is_empty() && !text.starts_with(&format!("{prefix}:"))).then_some(whole)
}

/// The pattern of the line that begins with this value, where the catalogue knows it: `"+CPIN: SIM PIN"`.
pub fn known_line(usage: &Usage, value: &str) -> Option<String> {
    let first = usage.answers.iter().find_map(|layout| layout.field(0))?;
    first.meaning(value.split(',').next().unwrap_or(value))?;
    Some(format!("\"{}: {value}\"", usage.prefix?))
}

/// A place of a pattern that captures: `{stat:int}`, `(?<rssi>…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    pub name: String,
    pub convert: Convert,
    /// `{name?}`, or a regex's group: it need not take part in a match, and is empty then.
    pub optional: bool,
}

impl Matcher {
    /// Else what is wrong with a regex: the reason in a few words, and the place in its text.
    /// `states_left`: as [`RegexPattern::new`].
    pub(super) fn new(pattern: &Pattern, states_left: &mut usize) -> Result<Matcher, (String, Span)> {
        Ok(match &pattern.kind {
            PatternKind::Line(parts) => {
                let compiled = Compiler::of(parts);
                Matcher { holes: compiled.holes.into(), form: Compiled::Line(Steps(compiled.steps.into())) }
            }
            PatternKind::Regex { text, ignore_case, .. } => {
                let (pattern, holes) = RegexPattern::new(text, *ignore_case, states_left)?;
                Matcher { holes: holes.into(), form: Compiled::Regex(Box::new(pattern)) }
            }
        })
    }

    /// The named holes or groups, in the order in which they stand in the pattern.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    pub(super) fn is_regex(&self) -> bool {
        matches!(self.form, Compiled::Regex(_))
    }

    /// A regex that no line can match.
    pub fn never_matches(&self) -> bool {
        matches!(&self.form, Compiled::Regex(pattern) if pattern.never_matches)
    }

    pub fn matches(&self, line: &[u8], values: &[String]) -> bool {
        match &self.form {
            Compiled::Line(steps) => steps.walk(line, values, |_| {}),
            Compiled::Regex(pattern) => pattern.matches(line),
        }
    }

    /// What each of the holes holds, as it stands in the line: without quotes, not yet converted; `None` where an
    /// optional one found nothing.
    pub fn captures<'l>(&self, line: &'l [u8], values: &[String]) -> Option<Vec<Option<&'l [u8]>>> {
        match &self.form {
            // Most lines miss, so the room for captures is made after a hit.
            Compiled::Line(steps) => steps.walk(line, values, |_| {}).then(|| {
                let mut found = Vec::with_capacity(self.holes.len());
                steps.walk(line, values, |parameter| found.push(parameter));
                found
            }),
            Compiled::Regex(pattern) => pattern.captures(line),
        }
    }
}

// ── A line that begins so

/// `"+CREG: {_},{stat:int}"`: a line that begins so.
///
/// 1. The pattern matches a line that begins with it, up to a word boundary: two letters, digits or `_` side by side
///    are no boundary. So `+CREG: 1` matches `+CREG: 1,5` and not `+CREG: 15`; `+CPIN:` matches `+CPIN: READY`.
/// 2. Blanks behind a colon or a comma outside of double quotes may be there or not, in the pattern and in the line.
/// 3. A hole stands for one parameter by the AT rules, as `capture` takes it: up to the next comma outside of quotes
///    and groups, its quotes and the blanks around it left out. Other text behind the hole (`{rssi}dBm`) ends it
///    earlier; in the pattern's own parentheses (`({stat},{name})`) what closes the group does, and in its own quotes
///    (`"{name}"`) the closing quote.
/// 4. Where the line ends early, the holes that are left must be optional.
#[derive(Debug)]
struct Steps(Box<[Step]>);

#[derive(Debug)]
enum Step {
    Text(Box<[u8]>),
    /// Blanks, or none
    Blanks,
    /// A `${…}`: so many stand before it
    Value(usize),
    Hole {
        captures: bool,
        optional: bool,
        within: Within,
    },
}

/// What of the pattern a hole stands in.
#[derive(Debug, Clone, Copy)]
enum Within {
    Line,
    /// Parentheses
    Group,
    Quotes,
}

impl Steps {
    fn walk<'l>(&self, line: &'l [u8], values: &[String], mut capture: impl FnMut(Option<&'l [u8]>)) -> bool {
        let mut at = 0;
        for (index, step) in self.0.iter().enumerate() {
            let rest = line.get(at..).unwrap_or_default();
            if rest.is_empty() && self.rest_is_optional(index) {
                self.0.iter().skip(index).filter(|step| step.captures()).for_each(|_| capture(None));
                return true;
            }
            match step {
                Step::Text(text) if rest.starts_with(text) => at += text.len(),
                Step::Text(_) => return false,
                Step::Blanks => at += blanks(rest),
                Step::Value(value) => match values.get(*value) {
                    Some(text) if rest.starts_with(text.as_bytes()) => at += text.len(),
                    Some(_) | None => return false,
                },
                Step::Hole { captures, within, .. } => {
                    let following = self.literal_at(index + 1, values);
                    let Some((parameter, length)) = parameter(rest, following, *within) else { return false };
                    if *captures {
                        capture(Some(parameter));
                    }
                    at += length;
                }
            }
        }
        is_boundary(line, at)
    }

    /// Whether a line may end before this step: nothing but optional holes and what parts them is left.
    fn rest_is_optional(&self, index: usize) -> bool {
        let mut holes = self.0.iter().skip(index).filter(|step| matches!(step, Step::Hole { .. })).peekable();
        holes.peek().is_some()
            && holes.all(|step| matches!(step, Step::Hole { optional: true, .. }))
            && self.0.iter().skip(index).all(|step| match step {
                Step::Text(text) => text.iter().all(|byte| matches!(byte, b',' | b'"' | b' ')),
                Step::Blanks | Step::Hole { .. } => true,
                Step::Value(_) => false,
            })
    }

    fn literal_at<'v>(&'v self, index: usize, values: &'v [String]) -> Option<&'v [u8]> {
        match self.0.get(index)? {
            Step::Text(text) => Some(text),
            Step::Value(value) => values.get(*value).map(|text| text.as_bytes()),
            Step::Blanks | Step::Hole { .. } => None,
        }
    }
}

impl Step {
    fn captures(&self) -> bool {
        matches!(self, Step::Hole { captures: true, .. })
    }
}

/// The parameter at the start of `rest`, without quotes and blanks, and how many bytes it takes up; `following` is the
/// text that the pattern has behind it.
fn parameter<'l>(rest: &'l [u8], following: Option<&[u8]>, within: Within) -> Option<(&'l [u8], usize)> {
    let list = match within {
        Within::Quotes => {
            let closing = memchr(b'"', rest).unwrap_or(rest.len());
            let end = following.map_or(Some(closing), |text| find_until(rest, text, closing))?;
            return Some((rest.get(..end)?, end));
        }
        Within::Group => rest.get(..parameters::group_end(rest))?,
        Within::Line => rest,
    };
    let Some(Parameter { value, kind, range }) = parameters::parameters(list).next() else {
        return Some((b"", list.len()));
    };
    // A quote that does not end the parameter by the AT rules does where the pattern goes on behind it: `"a";"b"`.
    if let Some(inner) = rest.get(range.start..).and_then(|rest| rest.strip_prefix(b"\""))
        && let Some(text) = following.filter(|text| !text.starts_with(b","))
        && let Some(quote) =
            memchr_iter(b'"', inner).find(|quote| inner.get(quote + 1..).is_some_and(|behind| behind.starts_with(text)))
    {
        return Some((inner.get(..quote)?, range.start + quote + 2));
    }
    let is_quoted = kind == Written::Quoted || list.get(range.start) == Some(&b'"');
    let parted = following.is_none_or(|text| text.starts_with(b",") || text.starts_with(b")"));
    let end = match following {
        Some(text) if !is_quoted && !text.starts_with(b",") => find_until(rest, text, range.end)?,
        // Blanks behind a parameter belong to nothing, unless the pattern has one there.
        Some(_) | None if parted => range.end + blanks(rest.get(range.end..).unwrap_or_default()),
        Some(_) | None => range.end,
    };
    let value = if is_quoted { value } else { rest.get(range.start.min(end)..end)?.trim_ascii() };
    Some((value, end))
}

/// Where `text` first begins in `rest`, at `last` at the latest.
fn find_until(rest: &[u8], text: &[u8], last: usize) -> Option<usize> {
    let window = rest.get(..last.saturating_add(text.len()).min(rest.len()))?;
    memmem::find(window, text)
}

fn blanks(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| **byte == b' ').count()
}

fn is_boundary(line: &[u8], at: usize) -> bool {
    let is_word = |index: usize| {
        line.get(index).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
    };
    at == 0 || !(is_word(at - 1) && is_word(at))
}

#[derive(Default)]
struct Compiler {
    steps: Vec<Step>,
    holes: Vec<Hole>,
    literal: Vec<u8>,
    values: usize,
    in_quotes: bool,
    /// How many parentheses are open.
    groups: usize,
    /// The last thing was a colon or a comma: blanks of the pattern are left out.
    after_separator: bool,
}

impl Compiler {
    fn of(parts: &[PatternPart]) -> Compiler {
        let mut compiler = Compiler::default();
        for part in parts {
            match part {
                PatternPart::Text(text) => compiler.text(text),
                PatternPart::Value(_) => compiler.value(),
                PatternPart::Hole(field) => compiler.hole(field),
            }
        }
        compiler.end_literal();
        compiler
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.after_separator && byte == b' ' {
                continue;
            }
            self.after_separator = false;
            self.literal.push(byte);
            match byte {
                b'"' => self.in_quotes = !self.in_quotes,
                b'(' if !self.in_quotes => self.groups += 1,
                b')' if !self.in_quotes => self.groups = self.groups.saturating_sub(1),
                b':' | b',' if !self.in_quotes => {
                    self.end_literal();
                    self.steps.push(Step::Blanks);
                    self.after_separator = true;
                }
                _ => {}
            }
        }
    }

    fn value(&mut self) {
        self.end_literal();
        self.after_separator = false;
        self.steps.push(Step::Value(self.values));
        self.values += 1;
    }

    fn hole(&mut self, field: &Field) {
        self.end_literal();
        self.after_separator = false;
        self.steps.push(Step::Hole {
            captures: field.name.is_some(),
            optional: field.optional,
            within: match (self.in_quotes, self.groups) {
                (true, _) => Within::Quotes,
                (false, 0) => Within::Line,
                (false, _) => Within::Group,
            },
        });
        if let Some(name) = &field.name {
            self.holes.push(Hole { name: name.value.clone(), convert: field.convert, optional: field.optional });
        }
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.steps.push(Step::Text(std::mem::take(&mut self.literal).into()));
        }
    }
}

// ── A regex

const SIZE_LIMIT: usize = 256 << 10;
/// A character is one byte to four, which takes more states.
const SIZE_LIMIT_FOR_CHARACTERS: usize = 8 * SIZE_LIMIT;
const NEST_LIMIT: u32 = 32;
/// A regex with more states than this by our estimate is compiled at once, to see whether it keeps the size limit.
const SURELY_SMALL: usize = 1000;
/// How many states all those of a script may have together that are compiled at once.
pub(super) const MOST_STATES: usize = 1_000_000;

/// `/rssi: (?<rssi>-?\d+)/i`: a regex, searched anywhere in a line.
///
/// In a line that is UTF-8 text `.` and `[^…]` stand for a character, in any other for a byte: a modem may say
/// anything. `\d`, `\w`, `\s` and `\b` are those of ASCII: so they compile to little, and no modem counts in other
/// digits. Limits hold, for patterns come from strangers' scripts. A regex is validated when the script is checked, and
/// compiled when it is first needed; for characters, when the first line comes that is not plain ASCII.
#[derive(Debug)]
struct RegexPattern {
    text: String,
    ignore_case: bool,
    /// The group's number of each hole.
    groups: Vec<usize>,
    /// What it names has no bytes of its own: `[äö]`, `\p{Lu}`.
    needs_characters: bool,
    never_matches: bool,
    for_bytes: OnceLock<Option<Regex>>,
    for_characters: OnceLock<Option<Regex>>,
}

impl RegexPattern {
    /// Else the reason in a few words, and the place in the text. `states_left`: of the script's [`MOST_STATES`].
    fn new(
        text: &str,
        ignore_case: bool,
        states_left: &mut usize,
    ) -> Result<(RegexPattern, Vec<Hole>), (String, Span)> {
        let (hir, needs_characters) = match parsed(text, ignore_case, false) {
            Ok(hir) => (hir, false),
            Err(error) => {
                let parsed = parsed(&with_ascii_classes(text), ignore_case, true);
                (parsed.map_err(|_| fault(&error, text))?, true)
            }
        };
        let (mut holes, mut groups) = (Vec::new(), Vec::new());
        named_groups(&hir, &mut |index, name| {
            holes.push(Hole { name: name.to_owned(), convert: Convert::Text, optional: true });
            groups.push(index);
        });
        let pattern = RegexPattern {
            text: text.to_owned(),
            ignore_case,
            groups,
            needs_characters,
            never_matches: !may_match(&hir, false, false),
            for_bytes: OnceLock::new(),
            for_characters: OnceLock::new(),
        };
        // Of classes of characters our estimate knows little.
        let states = states(&hir);
        if needs_characters || states > SURELY_SMALL {
            let too_large = |why: &str| (why.to_owned(), Span::new(0, text.len()));
            *states_left = states_left.saturating_sub(states.clamp(SURELY_SMALL / 2, SIZE_LIMIT_FOR_CHARACTERS / 32));
            if *states_left == 0 {
                return Err(too_large("the script's large ones are too many"));
            }
            if pattern.compiled(needs_characters).is_none() {
                return Err(too_large("it grows too large when it is compiled"));
            }
        }
        Ok((pattern, holes))
    }

    fn matches(&self, line: &[u8]) -> bool {
        self.regex(line).is_some_and(|regex| regex.is_match(line))
    }

    fn captures<'l>(&self, line: &'l [u8]) -> Option<Vec<Option<&'l [u8]>>> {
        let regex = self.regex(line)?;
        let mut locations = regex.capture_locations();
        regex.captures_read(&mut locations, line)?;
        let group = |index: &usize| locations.get(*index).and_then(|(start, end)| line.get(start..end));
        Some(self.groups.iter().map(group).collect())
    }

    fn regex(&self, line: &[u8]) -> Option<&Regex> {
        let for_bytes = || self.for_bytes.get_or_init(|| self.compiled(false)).as_ref();
        let for_characters = || self.for_characters.get_or_init(|| self.compiled(true)).as_ref();
        match (self.needs_characters, line.is_ascii() || std::str::from_utf8(line).is_err()) {
            (true, _) => for_characters(),
            (false, true) => for_bytes(),
            // It may keep the limit for bytes alone.
            (false, false) => for_characters().or_else(for_bytes),
        }
    }

    /// `characters`: what `.` stands for, instead of a byte.
    fn compiled(&self, characters: bool) -> Option<Regex> {
        let (text, size_limit) = if characters {
            (with_ascii_classes(&self.text), SIZE_LIMIT_FOR_CHARACTERS)
        } else {
            (Cow::Borrowed(self.text.as_str()), SIZE_LIMIT)
        };
        RegexBuilder::new(&text)
            .case_insensitive(self.ignore_case)
            .unicode(characters)
            .size_limit(size_limit)
            .dfa_size_limit(SIZE_LIMIT)
            .nest_limit(NEST_LIMIT)
            .build()
            .ok()
    }
}

fn parsed(text: &str, ignore_case: bool, characters: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new()
        .case_insensitive(ignore_case)
        .unicode(characters)
        .utf8(false)
        .nest_limit(NEST_LIMIT)
        .build()
        .parse(text)
        .map_err(Box::new)
}

/// A regex with its classes written out as they are in ASCII.
fn with_ascii_classes(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        written.push_str(before);
        let Some(escaped) = behind.chars().next() else {
            rest = "\\";
            break;
        };
        rest = behind.get(escaped.len_utf8()..).unwrap_or_default();
        match escaped {
            'd' => written.push_str("[0-9]"),
            'D' => written.push_str("[^0-9]"),
            'w' => written.push_str("[0-9A-Za-z_]"),
            'W' => written.push_str("[^0-9A-Za-z_]"),
            's' => written.push_str("[\\t\\n\\x0B\\f\\r\\x20]"),
            'S' => written.push_str("[^\\t\\n\\x0B\\f\\r\\x20]"),
            'b' | 'B' => {
                // `\b{start}`
                let kind = rest.strip_prefix('{').and_then(|kind| kind.find('}')).map_or(0, |end| end + 2);
                let (kind, behind) = rest.split_at_checked(kind).unwrap_or(("", rest));
                written.push_str(&format!("(?-u:\\{escaped}{kind})"));
                rest = behind;
            }
            other => {
                written.push('\\');
                written.push(other);
            }
        }
    }
    written.push_str(rest);
    Cow::Owned(written)
}

fn named_groups(hir: &Hir, found: &mut impl FnMut(usize, &str)) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            if let Some(name) = &capture.name {
                found(capture.index as usize, name);
            }
            named_groups(&capture.sub, found);
        }
        HirKind::Repetition(repetition) => named_groups(&repetition.sub, found),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| named_groups(part, found));
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
    }
}

/// About how many states it compiles to; never less than a fifth of the truth for what people write.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 2,
        HirKind::Class(Class::Unicode(class)) => 2 * class.ranges().len(),
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1) as usize;
            states(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(states).fold(1, usize::saturating_add),
    }
}

/// Whether a line, which has no line end in it, may match. `before`, `behind`: something surely stands there.
fn may_match(hir: &Hir, before: bool, behind: bool) -> bool {
    let is_something = |part: &Hir| part.properties().minimum_len().is_some_and(|length| length > 0);
    match hir.kind() {
        HirKind::Empty => true,
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => !before,
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => !behind,
        HirKind::Look(_) => true,
        HirKind::Literal(literal) => !literal.0.iter().any(|byte| matches!(byte, b'\r' | b'\n')),
        HirKind::Class(Class::Bytes(class)) => class.iter().any(|range| (range.start()..=range.end()).any(is_in_line)),
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().any(|range| range.end() > '\r' || (range.start()..=range.end()).any(|c| is_in_line(c as u8)))
        }
        HirKind::Repetition(repetition) => repetition.min == 0 || may_match(&repetition.sub, before, behind),
        HirKind::Capture(capture) => may_match(&capture.sub, before, behind),
        HirKind::Alternation(parts) => parts.iter().any(|part| may_match(part, before, behind)),
        HirKind::Concat(parts) => (1..).zip(parts).all(|(next, part)| {
            let before = before || parts.iter().take(next - 1).any(is_something);
            may_match(part, before, behind || parts.iter().skip(next).any(is_something))
        }),
    }
}

fn is_in_line(byte: u8) -> bool {
    !matches!(byte, b'\r' | b'\n')
}

fn fault(error: &regex_syntax::Error, text: &str) -> (String, Span) {
    let (reason, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        _ => return (error.to_string(), Span::new(0, text.len())),
    };
    (reason, Span::new(span.start.offset, span.end.offset))
}
