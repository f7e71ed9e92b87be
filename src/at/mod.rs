//! The AT protocol: bytes → lines → events. No I/O, no clock: it is given bytes and the time, and gives back bytes to
//! send, events, and the next deadline. Time is the [`Duration`](std::time::Duration) since the port was opened.

pub mod answer;
pub mod result_code;
