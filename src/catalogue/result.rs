//! Final result codes, the standard's and the vendors', and what they mean.

use super::data::RESULT_CODES;
use super::field::Source;

#[derive(Debug)]
pub struct KnownResult {
    /// `NO CARRIER`, `SEND OK`
    pub text: &'static str,
    /// Its number with ATV0
    pub number: Option<u8>,
    pub meaning: &'static str,
    /// What usually mends it; may be empty
    pub advice: &'static str,
    pub success: bool,
    /// Only these commands end with it; none: any may
    pub commands: &'static [&'static str],
    pub vendors: &'static [&'static str],
    pub source: Source,
}

/// Every one, in the order of the data.
pub fn result_codes() -> &'static [KnownResult] {
    RESULT_CODES
}

/// The final result code that this whole line is, by its words.
pub fn result_code(line: &str) -> Option<&'static KnownResult> {
    RESULT_CODES.iter().find(|known| known.text.eq_ignore_ascii_case(line.trim()))
}
