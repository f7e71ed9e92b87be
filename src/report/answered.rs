//! Commands and their answers, as they are heard: for `hayes at --json`, and for a program that embeds Hayes.

use std::time::Duration;

use serde::Serialize;

use super::style::harmless;
use crate::at::parameters::split_prefix;
use crate::at::{Event, Why};
use crate::catalogue::answered_later;
use crate::runtime::{Listener, RuntimeEvent, Status};

#[derive(Debug, Clone, Default, Serialize)]
pub struct Answered {
    /// Where several were asked
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modem: Option<String>,
    pub sent: String,
    /// Its lines, without the result code
    pub answer: Vec<String>,
    /// The result code, as `OK` or `+CME ERROR: 10`; none where there was none
    pub result: Option<String>,
    pub passed: bool,
    pub elapsed_ms: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
}

#[derive(Debug, Default)]
pub struct Answers {
    pub exchanges: Vec<Answered>,
    /// The last of them has not ended.
    is_open: bool,
}

impl Answers {
    /// What a modem has answered that is simulated, or is none.
    pub fn of(mut self, simulated: bool) -> Vec<Answered> {
        self.exchanges.iter_mut().for_each(|exchange| exchange.simulated = simulated);
        self.exchanges
    }
}

impl Listener for Answers {
    fn on_event(&mut self, _now: Duration, event: RuntimeEvent<'_>) {
        if let RuntimeEvent::Session(Event::Sent { bytes, why: Why::Question }) = event {
            self.exchanges.push(Answered { sent: harmless(bytes), ..Answered::default() });
            self.is_open = true;
        }
        // A question that was not sent ends as well.
        if let RuntimeEvent::ExchangeEnded { sent, .. } = event
            && !std::mem::take(&mut self.is_open)
        {
            self.exchanges.push(Answered { sent: sent.to_owned(), ..Answered::default() });
        }
        let Some(exchange) = self.exchanges.last_mut() else { return };
        let is_said =
            |line: &[u8]| answered_later(&exchange.sent).is_some_and(|it| split_prefix(line).0 == Some(it.as_bytes()));
        if let RuntimeEvent::Session(event @ (Event::Response(line) | Event::Urc(line))) = event
            && (matches!(event, Event::Response(_)) || is_said(line))
        {
            exchange.answer.push(harmless(line));
        }
        // What comes later is of something else: of `+++`.
        if let RuntimeEvent::Session(Event::Final { line, .. }) = event
            && self.is_open
        {
            exchange.result = Some(harmless(line));
        }
        if let RuntimeEvent::ExchangeEnded { passed, elapsed, .. } = event {
            exchange.passed = passed;
            exchange.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        }
        // Also where only what comes by itself did not come
        exchange.passed &= !matches!(event, RuntimeEvent::ScriptEnded { depth: 0, status: Status::Failed, .. });
    }
}
