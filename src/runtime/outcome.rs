//! How a run ended, and why.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::connect::Address;
use crate::value::Value;

/// How a run ended.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub status: Status,
    /// Where the status is failed, unreachable or interrupted.
    pub failure: Option<Box<Failure>>,
    /// Where the status is skipped: the script's words.
    pub skipped: Option<String>,
    /// Questions that were sent.
    pub exchanges: u64,
    /// `ensure`s that had to change something; with `--plan`: that would have.
    pub changed: u64,
    /// `ensure`s that found all as it should be.
    pub unchanged: u64,
    /// `--plan`: something was left out that may change the modem.
    pub would_change: bool,
    /// How often the modem's flash was written, here and in all runs on this machine (unknown of a simulated modem).
    pub flash_writes: u64,
    pub flash_writes_in_all: Option<u64>,
    /// The columns of `report`, in that order; without one, all captures.
    pub report: Vec<(String, Value)>,
    /// `report row`: a record for each.
    pub rows: Vec<Value>,
    /// The parts that `--only` left out, each by its first name.
    pub left_out: Vec<String>,
    pub elapsed: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Passed,
    Failed,
    /// `skip`: there was nothing to do for this modem
    Skipped,
    /// The port was lost
    Unreachable,
    /// Ctrl-C
    Interrupted,
}

impl Status {
    /// As it stands in results: `passed`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Unreachable => "unreachable",
            Status::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Outcome {
    /// Names the program that reads along on the port without a lock, where an answer was missed: it takes what the
    /// modem says before we see it.
    pub fn name_eavesdropper(&mut self, address: &Address) {
        let Some(failure) = self.failure.as_mut().filter(|failure| failure.lacks_something()) else { return };
        let Some(holder) = address.others().into_iter().next() else { return };
        let help =
            format!("{holder} reads on this port too, and takes what the modem says: end it (kill {})", holder.pid);
        let told = &mut failure.diagnostic.help;
        *told = Some(match told.take() {
            Some(before) => format!("{help}\n{before}"),
            None => help,
        });
    }
}
