//! The parameters of an answer's line by the AT rules (V.250 §5.4.2): commas, double quotes, groups in parentheses.

use std::borrow::Cow;
use std::ops::Range;

/// A line's prefix (`+CSQ` of `+CSQ: 18,99`) and what stands behind its colon and blanks. Without a prefix the whole
/// line is the rest.
pub fn split_prefix(line: &[u8]) -> (Option<&[u8]>, &[u8]) {
    (None, line)
}

/// The parameters of a list: `18,99`, `1,"IP","super",,0`.
pub fn parameters(list: &[u8]) -> Parameters<'_> {
    Parameters { list, at: Some(0) }
}

/// The groups of a list: the parenthesised parameters of `(2,"EE","EE","23440",7),(1,…),,(0-4)`.
pub fn groups(list: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    parameters(list).filter(|parameter| parameter.kind == Kind::Group)
}

/// See [`parameters`].
#[derive(Debug, Clone)]
pub struct Parameters<'a> {
    list: &'a [u8],
    at: Option<usize>,
}

/// One parameter: blanks around it and its quotes are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The value; what stands between the quotes or the parentheses.
    pub value: &'a [u8],
    pub kind: Kind,
    /// The place in the list, quotes or parentheses included.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bare,
    Quoted,
    /// In parentheses: [`Parameter::inner`] goes into it.
    Group,
}

impl<'a> Parameter<'a> {
    /// The value as text; see [`super::Line::text`].
    pub fn text(&self) -> Cow<'a, str> {
        super::answer::text(self.value)
    }

    /// The parameters in a group.
    pub fn inner(&self) -> Parameters<'a> {
        parameters(self.value)
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        let _ = self.list;
        self.at.take();
        None
    }
}
