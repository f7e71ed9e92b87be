//! Program + port → events and outcome.
//!
//! - [`event`]: what a run tells while it goes on
//! - [`outcome`]: how it ended; [`failure`]: and why
//! - [`inputs`]: what it is given beside its script
//! - [`secret`]: secrets, masked wherever they would leave the runtime
//! - [`interpreter`]: runs a program, one arm a statement

pub mod event;
pub mod failure;
pub mod inputs;
pub mod interpreter;
pub mod outcome;
pub mod secret;

pub use crate::value::Value;
pub use event::{Change, Listener, RuntimeEvent, Silent, Waiting};
pub use failure::{Call, Failure};
pub(crate) use inputs::called_otherwise;
pub use inputs::{Inputs, Unfit, unfit, unknown_param};
pub use interpreter::{DEEPEST, Interpreter, STACK, run};
pub use outcome::{Outcome, Status};
pub use secret::{Mask, SharedMask};
