//! Program + port → events and outcome.
//!
//! - [`value`]: what expressions yield
//! - [`event`]: what a run tells while it goes on
//! - [`outcome`]: how it ended, and why
//! - [`inputs`]: what it is given beside its script
//! - [`interpreter`]: runs a program: one arm a statement

pub mod event;
pub mod inputs;
pub mod interpreter;
pub mod outcome;
pub mod value;

pub use event::{Change, Listener, RuntimeEvent, Silent, Waiting};
pub use inputs::Inputs;
pub use interpreter::{Interpreter, STACK, run};
pub use outcome::{Call, Failure, Outcome, Status};
pub use value::{Quoted, Record, ShownDuration, Value};
