//! `+CME ERROR` and `+CMS ERROR`: codes, texts, and what usually mends them.

use super::data::{CME_ERRORS, CMS_ERRORS};
use super::field::Source;
use super::module::Module;

/// Which of the two series of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// `+CME ERROR`: the equipment (27.007 §9.2)
    Equipment,
    /// `+CMS ERROR`: messages (27.005 §3.2.5)
    Message,
}

#[derive(Debug)]
pub struct ErrorCode {
    pub series: Series,
    pub code: u16,
    /// As the modem says it with `AT+CMEE=2`
    pub text: &'static str,
    /// Other words that modems use for it
    pub other_texts: &'static [&'static str],
    /// Other meanings of the same number, and whose they are
    pub also: &'static [(&'static str, &'static str)],
    /// Where the number is from: `27.007`, `24.008 causes`, a vendor
    pub range: &'static str,
    /// What usually mends it; may be empty
    pub advice: &'static str,
    /// What mends it on modules of this vendor, family or id
    pub advice_for: &'static [(&'static str, &'static str)],
    pub source: Source,
}

impl ErrorCode {
    /// What usually mends it on this module.
    pub fn advice(&self, module: Option<&Module>) -> &'static str {
        let of_scope = |module: &Module| {
            let said = self.advice_for.iter().filter_map(|(scope, advice)| Some((module.distance(scope)?, *advice)));
            said.min_by_key(|(distance, _)| *distance).map(|(_, advice)| advice)
        };
        module.and_then(of_scope).unwrap_or(self.advice)
    }
}

/// `+CME ERROR: 30`
pub fn cme(code: u16) -> Option<&'static ErrorCode> {
    CME_ERRORS.binary_search_by_key(&code, |error| error.code).ok().and_then(|index| CME_ERRORS.get(index))
}

/// `+CMS ERROR: 330`
pub fn cms(code: u16) -> Option<&'static ErrorCode> {
    CMS_ERRORS.binary_search_by_key(&code, |error| error.code).ok().and_then(|index| CMS_ERRORS.get(index))
}

/// Every error of that series, sorted by code.
pub fn errors(series: Series) -> &'static [ErrorCode] {
    match series {
        Series::Equipment => CME_ERRORS,
        Series::Message => CMS_ERRORS,
    }
}

/// The errors with this text; modems differ in case and punctuation, so only letters and digits are compared.
pub fn error_by_text(series: Series, text: &str) -> impl Iterator<Item = &'static ErrorCode> {
    errors(series).iter().filter(move |error| {
        same_words(error.text, text) || error.other_texts.iter().any(|other| same_words(other, text))
    })
}

fn same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>()
    };
    let (one, other) = (words(one), words(other));
    !one.is_empty() && one == other
}
