//! `# allow CODE: why` that does nothing.

use super::{Fault, Words, did_you_mean};

#[derive(Debug)]
pub(in crate::check) enum AllowFault {
    Unused { code: String },
    UnknownCode { code: String, near: Option<&'static str> },
    NamesError { code: String },
}

impl Fault for AllowFault {
    fn words(&self) -> Words {
        match self {
            AllowFault::Unused { code } => Words::warning(
                "hayes::check::unused-allow",
                format!("there is nothing to allow: the next line has no `{code}`"),
                "silences nothing",
                "remove this comment, or put it right above the line it is for",
            ),
            AllowFault::UnknownCode { code, near } => Words::warning(
                "hayes::check::unknown-code",
                format!("there is no warning `{code}`"),
                "not a code",
                did_you_mean(*near, "copy the code from the warning, such as `hayes::check::danger`"),
            ),
            AllowFault::NamesError { code } => Words::warning(
                "hayes::check::error-allowed",
                format!("`{code}` is an error, and errors cannot be allowed"),
                "silences nothing",
                "remove this comment and mend the error",
            ),
        }
    }
}
