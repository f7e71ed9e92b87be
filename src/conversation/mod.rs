//! A port and a session together: ask, and wait for the answer; wait for a line. What the interpreter, the REPL and
//! `hayes at` all stand on. It blocks only in the port.

mod trouble;

use std::time::Duration;

use crate::at::{Answer, Knowledge, Line, Listener, Question};
use crate::port::{Control, Port};

pub use crate::at::Flow;
pub use trouble::{Silence, Trouble};

/// An open port and what was said on it.
pub struct Conversation {
    port: Box<dyn Port>,
    knowledge: &'static dyn Knowledge,
}

impl Conversation {
    pub fn new(port: Box<dyn Port>, knowledge: &'static dyn Knowledge) -> Conversation {
        Conversation { port, knowledge }
    }

    /// The time since the port was opened.
    pub fn now(&self) -> Duration {
        self.port.now()
    }

    /// Sends a question and waits for its answer. After a timeout it brings the modem into step first. Lines that came
    /// by themselves before the question was sent are forgotten.
    ///
    /// A free question ends when [`Listener::line`] returns [`Flow::Enough`], or at a final result code.
    pub fn ask(&mut self, question: &Question, listener: &mut dyn Listener) -> Result<Answer, Trouble> {
        let _ = (question, listener, self.knowledge);
        Err(Trouble::Interrupted { received: Vec::new() })
    }

    /// Sends bytes and waits for nothing: `send raw`, a login. Counts as a question for what is forgotten.
    pub fn write(&mut self, bytes: &[u8], listener: &mut dyn Listener) -> Result<(), Trouble> {
        let _ = (bytes, listener);
        Err(Trouble::Interrupted { received: Vec::new() })
    }

    /// The first line that `matches` of those that belong to no answer (URCs and strays) and came since the last
    /// question was sent, or come until `until`. It is taken out; the others stay for a later wait.
    /// `None` when time is up.
    pub fn await_line(
        &mut self,
        until: Duration,
        matches: &mut dyn FnMut(&[u8]) -> bool,
        listener: &mut dyn Listener,
    ) -> Result<Option<Line>, Trouble> {
        let _ = (until, matches, listener);
        Ok(None)
    }

    /// The next line of those, whatever it is.
    pub fn next_line(&mut self, until: Duration, listener: &mut dyn Listener) -> Result<Option<Line>, Trouble> {
        self.await_line(until, &mut |_| true, listener)
    }

    /// Waits until nothing has come for `span`; false when `until` came first.
    pub fn quiet(&mut self, span: Duration, until: Duration, listener: &mut dyn Listener) -> Result<bool, Trouble> {
        let _ = (span, until, listener);
        Ok(false)
    }

    /// Waits for `span`, in which nothing may come: the first line that does. Text without a line end counts.
    pub fn silence(&mut self, span: Duration, listener: &mut dyn Listener) -> Result<Option<Line>, Trouble> {
        let _ = (span, listener);
        Ok(None)
    }

    /// Waits for text without a line end, as boot loaders and logins show it; false when `until` came first.
    pub fn prompt(&mut self, text: &[u8], until: Duration, listener: &mut dyn Listener) -> Result<bool, Trouble> {
        let _ = (text, until, listener);
        Ok(false)
    }

    /// Waits, and goes on reading: lines are queued, `abort on` sees them.
    pub fn sleep(&mut self, span: Duration, listener: &mut dyn Listener) -> Result<(), Trouble> {
        let _ = (span, listener);
        Ok(())
    }

    /// Baud rate, control lines, break, flush.
    pub fn control(&mut self, control: Control) -> Result<(), Trouble> {
        self.port.control(control).map_err(|fault| Trouble::Port { fault, received: Vec::new() })
    }

    /// From data mode to command mode: guard time, `+++`, guard time (V.250 §5.2.7; S12).
    pub fn escape(&mut self, listener: &mut dyn Listener) -> Result<(), Trouble> {
        let _ = listener;
        Ok(())
    }

    /// Sends a question that makes the modem restart, expects it to go away and come back, and returns when it answers
    /// `AT` again.
    pub fn reboot(&mut self, question: &Question, until: Duration, listener: &mut dyn Listener) -> Result<(), Trouble> {
        let _ = (question, until, listener);
        Ok(())
    }

    /// After [`Trouble::Interrupted`]: ends what is still going on by the AT rules, one character where the running
    /// command is abortable, ESC at a prompt, and comes into step again.
    pub fn interrupt(&mut self, listener: &mut dyn Listener) -> Result<(), Trouble> {
        let _ = listener;
        Ok(())
    }
}
