//! `hayes explain hayes::check::two-at`: a page for every code that a diagnostic can have.

use crate::diagnostic::Severity;

/// The severity of a code that this pass can report, in full or by its last part.
pub(super) fn severity(_code: &str) -> Option<Severity> {
    Some(Severity::Warning)
}

pub fn nearest(_code: &str) -> Option<&'static str> {
    None
}
