//! The parameters of an answer's line by the AT rules (V.250 §5.4.2): commas, double quotes, groups in parentheses.
//!
//! Modems keep the rules loosely: a quote that nothing closes ends at the next comma, a parenthesis that nothing closes
//! at the end, so that one slip of a firmware does not swallow the parameters behind it.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr3};

use super::command::is_extended_prefix;

/// A line's prefix (`+CSQ` of `+CSQ: 18,99`) and what stands behind its colon and blanks. Without a prefix the whole
/// line is the rest. A prefix begins with the sign of an extended command: `Revision: 2` has none.
pub fn split_prefix(line: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match prefix_length(line) {
        Some(length) => match line.split_at_checked(length) {
            Some((prefix, [_colon, rest @ ..])) => (Some(prefix), rest.trim_ascii()),
            Some(_) | None => (None, line),
        },
        None => (None, line),
    }
}

pub fn prefix_length(line: &[u8]) -> Option<usize> {
    /// `+APP PDP` has a blank in it; nothing that is longer is a name.
    const LONGEST_PREFIX: usize = 40;
    if !is_extended_prefix(*line.first()?) || !line.get(1)?.is_ascii_alphabetic() {
        return None;
    }
    let head = line.get(..LONGEST_PREFIX.min(line.len())).unwrap_or(line);
    // Nearly all names are a few bytes long: a search of many at once would cost more.
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b" _-./!%&+".contains(byte);
    let end = 1 + head.iter().skip(1).position(|byte| !is_of_name(byte))?;
    (head.get(end) == Some(&b':')).then_some(end)
}

/// The parameters of a list: `18,99`, `1,"IP","super",,0`.
pub fn parameters(list: &[u8]) -> impl Iterator<Item = Parameter<'_>> + Clone {
    let mut position = if list.trim_ascii().is_empty() { None } else { Some(0) };
    std::iter::from_fn(move || {
        let parameter = parameter_at(list, position?);
        position = behind(list, parameter.range.end);
        Some(parameter)
    })
}

/// The groups of a list: the parenthesised parameters of `(2,"EE","EE","23440",7),(1,…),,(0-4)`.
pub fn groups(list: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    parameters(list).filter(|parameter| parameter.kind == Written::Group)
}

/// Where the group ends in whose middle `list` begins: at the parenthesis that closes it, or at the end.
pub fn group_end(list: &[u8]) -> usize {
    closing(list, 0, 1)
}

/// One parameter: blanks around it and its quotes are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The value; what stands between the quotes or the parentheses.
    pub value: &'a [u8],
    pub kind: Written,
    /// The place in the list, quotes or parentheses included.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Bare,
    Quoted,
    /// In parentheses: [`Parameter::inner`] goes into it.
    Group,
}

impl<'a> Parameter<'a> {
    pub fn text(&self) -> Cow<'a, str> {
        crate::notation::text(self.value)
    }

    pub fn inner(&self) -> impl Iterator<Item = Parameter<'a>> + Clone + use<'a> {
        parameters(self.value)
    }
}

fn parameter_at(list: &[u8], position: usize) -> Parameter<'_> {
    let start = skip_blanks(list, position);
    let (kind, value, end) = match list.get(start) {
        Some(b'"') => match closing_quote(list, start) {
            Some(close) => (Written::Quoted, start + 1..close, close + 1),
            None => {
                let end = next_comma(list, start);
                (Written::Bare, start + 1..end, end)
            }
        },
        Some(b'(') => {
            let close = closing(list, start, 0);
            (Written::Group, start + 1..close, list.len().min(close + 1))
        }
        Some(_) | None => {
            let end = next_comma(list, start);
            (Written::Bare, start..end, end)
        }
    };
    let value = list.get(value).unwrap_or_default();
    Parameter { value: if kind == Written::Quoted { value } else { value.trim_ascii() }, kind, range: start..end }
}

/// Where the parameter behind this one begins. `(0-4)(0-2)` is written without a comma by some.
fn behind(list: &[u8], end: usize) -> Option<usize> {
    if list.get(end) == Some(&b',') {
        return Some(end + 1);
    }
    let next = skip_blanks(list, end);
    if list.get(next) == Some(&b'(') {
        return Some(next);
    }
    let comma = next_comma(list, next);
    (comma < list.len()).then_some(comma + 1)
}

fn skip_blanks(list: &[u8], from: usize) -> usize {
    let rest = list.get(from..).unwrap_or_default();
    from + (rest.len() - rest.trim_ascii_start().len())
}

fn next_comma(list: &[u8], from: usize) -> usize {
    let rest = list.get(from..).unwrap_or_default();
    // A parameter is a few bytes long: a search of many at once would cost more.
    rest.iter().position(|byte| *byte == b',').map_or(list.len(), |comma| from + comma)
}

/// The quote that closes the one at `open`: the first with a comma, a parenthesis or nothing behind it. `None` where
/// no quote closes it, or where another string begins first.
fn closing_quote(list: &[u8], open: usize) -> Option<usize> {
    /// A string may hold this many quotes; the bound keeps the work linear.
    const INNER_QUOTES: usize = 16;
    let mut from = open + 1;
    for _ in 0..INNER_QUOTES {
        let quote = from + memchr(b'"', list.get(from..)?)?;
        let behind = list.get(quote + 1..).unwrap_or_default().trim_ascii_start();
        if matches!(behind.first(), None | Some(b',' | b')')) {
            return Some(quote);
        }
        let before = list.get(open + 1..quote).unwrap_or_default().trim_ascii_end();
        if matches!(before.last(), Some(b',' | b'(')) {
            return None;
        }
        from = quote + 1;
    }
    None
}

/// The parenthesis that closes the outermost group; `depth` groups are open at `position`.
fn closing(list: &[u8], mut position: usize, mut depth: usize) -> usize {
    while let Some(byte) = list.get(position) {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return position;
                }
            }
            b'"' => position = closing_quote(list, position).unwrap_or(position),
            _ => {}
        }
        position += 1;
        let rest = list.get(position..).unwrap_or_default();
        // What lies between is of no interest.
        position += memchr3(b'(', b')', b'"', rest).unwrap_or(rest.len());
    }
    list.len()
}
