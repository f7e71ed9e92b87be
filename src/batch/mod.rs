//! One script, many modems.
//!
//! - [`inventory`]: which modems there are, and what each is given
//! - [`schedule`]: which modem is next, and when; no thread, no clock
//! - [`journal`]: a line for each modem that has ended, so that nothing is lost

pub mod inventory;
pub mod journal;
pub mod schedule;
