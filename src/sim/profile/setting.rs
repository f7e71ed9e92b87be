//! A setting: what it may be, when it may be set, how long it stays, and what it does to registration.

use serde::Deserialize;

#[derive(Debug)]
pub(in crate::sim) struct Setting {
    /// As the read answer shows it, without the prefix.
    pub(in crate::sim) default: String,
    pub(in crate::sim) values: Vec<Allowed>,
    /// A list: what is given replaces it as a whole. Else parameters that are left out stay as they are.
    pub(in crate::sim) list: bool,
    pub(in crate::sim) kept: Kept,
    pub(in crate::sim) settable: Settable,
    pub(in crate::sim) holds: Holds,
    /// Settings that go back to the maker's values when a new value of this one begins to hold after a restart.
    pub(in crate::sim) resets: Vec<String>,
}

/// When a setting may be set; else the operation is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Settable {
    #[default]
    Always,
    /// While it is on no network: AT+COPS=2, or the radio off
    Deregistered,
    /// AT+CFUN=0 or 4
    RadioOff,
}

/// From when a new value holds; a read shows it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Holds {
    #[default]
    AtOnce,
    AfterRestart,
}

/// How long a setting stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sim) enum Kept {
    /// Until the next reset
    Session,
    /// AT&W keeps it
    #[default]
    Profile,
    /// At once, for good
    Memory,
}

/// What a parameter may be.
#[derive(Debug)]
pub(in crate::sim) enum Allowed {
    Text,
    Numbers(Vec<(u32, u32)>),
    Words(Vec<String>),
}

impl Allowed {
    /// `text`, `0-2,255`, or `GSM|UCS2`.
    pub(in crate::sim) fn read(text: &str) -> Allowed {
        let bounds = |part: &str| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            Some((low.parse().ok()?, high.parse().ok()?))
        };
        if text == "text" {
            return Allowed::Text;
        }
        match text.split(',').map(bounds).collect::<Option<_>>() {
            Some(numbers) => Allowed::Numbers(numbers),
            None => Allowed::Words(text.split('|').map(str::to_owned).collect()),
        }
    }
}

/// A value of a setting with which the modem finds no network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::sim) struct Block {
    pub(in crate::sim) setting: String,
    /// Which of its parameters, the first is 0; where none is named, each that is there.
    pub(in crate::sim) parameter: Option<usize>,
    pub(in crate::sim) is: String,
}

impl Block {
    /// Whether it is one with this value of the setting.
    pub(in crate::sim) fn holds(&self, value: &str) -> bool {
        let mut parameters = split(value).map(|text| text.trim_matches('"'));
        match self.parameter {
            Some(place) => parameters.nth(place) == Some(&self.is),
            None => parameters.all(|text| text == self.is),
        }
    }
}

/// The parameters of a value; a comma in quotes separates nothing.
pub(in crate::sim) fn split(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |character: char| {
        if character == '"' {
            quoted = !quoted;
        }
        character == ',' && !quoted
    })
}
