//! The exit codes: a contract with shells and CI.

use std::process::ExitCode;

/// How the program ends. In a batch the worst wins, in the order of [`Exit::weight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All passed
    Passed,
    /// A script failed; `fmt --check`: a difference
    Failed,
    /// Wrong command line
    Usage,
    /// A script, an inventory or a configuration does not parse or check; nothing was sent
    Invalid,
    /// Nothing was selected
    Nothing,
    /// What ran passed, but some did not run
    Incomplete,
    /// Device trouble: missing, busy, forbidden, lost
    Device,
    /// Results could not be written
    Unwritable,
    /// Our own fault
    Internal,
    /// SIGINT
    Interrupted,
    /// SIGTERM
    Terminated,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Invalid => 3,
            Exit::Nothing => 4,
            Exit::Incomplete => 5,
            Exit::Device => 6,
            Exit::Unwritable => 7,
            Exit::Internal => 70,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    /// The worse of two ends: 143, 130, then 70, 7, 3, 1, 6, 5.
    pub(crate) fn worst(self, other: Exit) -> Exit {
        if other.weight() > self.weight() { other } else { self }
    }

    fn weight(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Nothing => 1,
            Exit::Incomplete => 2,
            Exit::Device => 3,
            Exit::Failed => 4,
            Exit::Invalid | Exit::Usage => 5,
            Exit::Unwritable => 6,
            Exit::Internal => 7,
            Exit::Interrupted => 8,
            Exit::Terminated => 9,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
