//! One script, many modems.
//!
//! - [`inventory`]: which modems there are, and what each is given
//! - [`find`]: on which port a modem is that is named by its IMEI or ICCID
//! - [`schedule`]: which modem is next, and when; no thread, no clock
//! - [`journal`]: a line for each modem that has ended, so that nothing is lost
//! - [`session`]: one modem's run
//! - [`board`]: what each running modem does now
//! - [`driver`]: all of it together

pub mod board;
pub mod driver;
pub mod find;
pub mod inventory;
pub mod journal;
pub mod schedule;
pub mod session;
