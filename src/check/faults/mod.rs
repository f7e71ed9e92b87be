//! What can be wrong with a script that parses: an enum a theme, the words on the variants.

pub(super) mod allow;
pub(super) mod exchange;
pub(super) mod line;
pub(super) mod modem;
pub(super) mod name;
pub(super) mod order;
pub(super) mod run;
pub(super) mod value;

use crate::diagnostic::Severity;

/// What is said about a fault: a stable code, one sentence, the words at the caret, what to do.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) help: String,
}

impl Words {
    pub(super) fn error(
        code: &'static str,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Words {
        let severity = Severity::Error;
        Words { code, severity, message: message.into(), label: label.into(), help: help.into() }
    }

    pub(super) fn warning(
        code: &'static str,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> Words {
        Words { severity: Severity::Warning, ..Words::error(code, message, label, help) }
    }
}

pub(super) trait Fault {
    fn words(&self) -> Words;
}

/// "did you mean `near`?", or else what `otherwise` says.
fn did_you_mean(near: Option<&str>, otherwise: impl Into<String>) -> String {
    near.map_or_else(|| otherwise.into(), |near| format!("did you mean `{near}`?"))
}
