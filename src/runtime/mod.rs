//! Program + port → events and outcome.
//!
//! - [`event`]: what a run tells while it goes on
//! - [`outcome`]: how it ended, and why
//! - [`inputs`]: what it is given beside its script
//! - [`secret`]: secrets, masked wherever they would leave the runtime
//! - [`interpreter`]: runs a program: one arm a statement; the bodies stand beside it, by subject

pub mod event;
pub mod inputs;
pub mod interpreter;
pub mod outcome;
pub mod secret;

mod called;
mod capture;
mod control;
mod ensure;
mod exchange;
mod expression;
mod hearing;
mod judge;
mod knowledge;
mod param;
mod plan;
mod port_action;
mod problem;
mod question;
mod report;
mod scope;
mod template;
mod trouble;
mod waiting;

#[cfg(test)]
mod tests;

pub use crate::value::Value;
pub use event::{Change, Confirmed, Listener, RuntimeEvent, Silent, Waiting};
pub use inputs::Inputs;
pub use interpreter::{DEEPEST, Interpreter, STACK, run};
pub use outcome::{Call, Failure, Outcome, Status};
pub use param::{Unfit, unfit};
pub use secret::Mask;
