//! A port and a session together: ask, and wait for the answer; wait for a line. What the interpreter, the REPL and
//! `hayes at` all stand on. It blocks only in the port.
//!
//! ```text
//! Conversation::new(port: Box<dyn Port>, knowledge: &'static dyn at::Knowledge) -> Conversation
//!   .ask(&Question, &mut dyn Listener) -> Result<Answer, Trouble>
//!       a free question (Expected::free) ends when Listener::on_line returns Flow::Enough, or at a final result code
//!   .write(bytes, listener) -> Result<(), Trouble>          nothing is waited for: `send raw`, a login
//!   .next_line(until, listener) -> Result<Option<Line>, Trouble>
//!       the next queued or arriving line that belongs to no question (URC or stray); None at the deadline
//!   .forget()                                                drops the queue: called before a question is sent? no:
//!       "Lines that came since the last question was sent count" — ask() clears what is older than its own sending
//!   .quiet(span, until, listener) -> Result<bool, Trouble>   until nothing has come for `span`
//!   .silence(span, listener) -> Result<Option<Line>, Trouble> `expect nothing`: the line that broke it
//!   .prompt(text, until, listener) -> Result<bool, Trouble>  `await prompt "login: "`
//!   .sleep(span, listener) -> Result<(), Trouble>            goes on reading: lines are queued, abort patterns see them
//!   .control(Control) .escape(listener) .reboot(&Question, until, listener)
//!   .interrupt(listener)                                     Ctrl-C by the AT rules, then in step again
//!   .now() -> Duration
//! ```
