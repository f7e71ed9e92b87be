//! The AT protocol: bytes → lines → events. No I/O, no clock: it is given bytes and the time, and gives back bytes to
//! send, events, and the next deadline. Time is the [`Duration`](std::time::Duration) since the port was opened.

pub mod answer;
pub mod command;
pub mod echo;
pub mod framer;
pub mod knowledge;
pub mod listener;
pub mod parameters;
pub mod queue;
pub mod result_code;
pub mod session;

pub use answer::{Answer, Event, Expected, Line, PromptPlan, Question, Shape, Why};
pub use command::Form;
pub use knowledge::{Knowledge, Likeness, Standard};
pub use listener::{Flow, Listener};
pub use result_code::{NumberedError, ResultCode};
