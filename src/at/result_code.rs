//! Final result codes: how an answer ends (V.250 §5.7.1, 27.007 §9.2, 27.005 §3.2.5, and the vendors').

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultCode {
    /// `OK`, `0`
    Ok,
    /// `CONNECT`, `CONNECT 115200`, `1`: the text behind it
    Connect(String),
    /// `ERROR`, `4`
    Error,
    /// `+CME ERROR: 30`, `+CME ERROR: no network service`
    Equipment(NumberedError),
    /// `+CMS ERROR: 330`
    Message(NumberedError),
    /// `NO CARRIER`, `3`
    NoCarrier,
    /// `BUSY`, `7`
    Busy,
    /// `NO ANSWER`, `8`
    NoAnswer,
    /// `NO DIALTONE`, `6`
    NoDialtone,
    /// `ABORTED`: a character interrupted the command
    Aborted,
    /// A vendor's own (`SEND OK`, `COMMAND NOT SUPPORT`); the line as it came
    Vendor { text: String, success: bool },
}

/// What stands behind `+CME ERROR:` or `+CMS ERROR:`: a number, or words in any case, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedError {
    pub code: Option<u16>,
    pub text: String,
}

impl ResultCode {
    /// Whether the modem did what it was asked.
    pub fn is_success(&self) -> bool {
        match self {
            ResultCode::Ok | ResultCode::Connect(_) => true,
            ResultCode::Vendor { success, .. } => *success,
            ResultCode::Error
            | ResultCode::Equipment(_)
            | ResultCode::Message(_)
            | ResultCode::NoCarrier
            | ResultCode::Busy
            | ResultCode::NoAnswer
            | ResultCode::NoDialtone
            | ResultCode::Aborted => false,
        }
    }
}
