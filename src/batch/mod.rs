//! One script, many modems.
//!
//! - [`inventory`]: which modems there are, and what each is given
//! - [`find`]: on which port a modem is that is named by its IMEI or ICCID
//! - [`schedule`]: which modem is next, and when; no thread, no clock
//! - [`journal`]: a line for each modem that has ended, so that nothing is lost
//! - [`run`]: one modem's run, and what it does now
//! - [`driver`]: all of it together

pub mod driver;
pub mod find;
pub mod inventory;
pub mod journal;
pub mod run;
pub mod schedule;
