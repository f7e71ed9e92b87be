//! Data mode: after `CONNECT` the line carries what the other end says (V.250 §6.3.1), not answers.
//!
//! It is told in lines, because people write patterns for lines; what has no line end is told after [`SETTLE`] of
//! silence, and a long stretch in pieces. Nothing in it is an echo, an answer or a URC. It ends with a line
//! `NO CARRIER`, or another one that is known of the command ([`Expected::data_ends`]), after which nothing comes but
//! URCs, or with the answer to [`Session::escape`]. A `CONNECT` of a command of which nobody knows that it opens a
//! connection may ask for a file only, and then any result code ends it.
//!
//! [`SETTLE`]: super::SETTLE
//! [`Expected::data_ends`]: crate::at::answer::Expected::data_ends

use std::time::Duration;

use super::ahead::LINES_AHEAD;
use super::exchange::Exchange;
use super::{Now, Session, Settled};
use crate::at::answer::Event;
use crate::at::echo::Echo;
use crate::at::framer::{Frame, Framer};
use crate::at::listener::Listener;
use crate::at::result_code::{self, ResultCode, Verbosity};
use crate::notation::text;

/// What the line carries, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing has been answered since the port was opened.
    Unknown,
    Command,
    Data {
        /// It came from a command that is known to open a connection.
        sure: bool,
    },
}

impl Session {
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Sends `+++`. The caller keeps the guard times. What the modem answers ends data mode.
    pub fn escape(&mut self, now: Duration, listener: &mut dyn Listener) {
        self.write(b"+++", now, listener);
        self.expect_escape();
    }

    /// The modem has been told to leave data mode: its `OK` does, as far as it was in it.
    pub fn expect_escape(&mut self) {
        self.escaping = self.mode != Mode::Command;
    }

    /// Whether data mode may end any moment.
    pub fn may_leave_data_mode(&self) -> bool {
        // A line that ends it may have come, and waits to be told from data.
        self.is_in_data_mode() && (self.ends_with_any_result() || self.doubt.is_some())
    }

    fn ends_with_any_result(&self) -> bool {
        self.escaping || self.mode != Mode::Data { sure: true }
    }

    pub(super) fn is_in_data_mode(&self) -> bool {
        matches!(self.mode, Mode::Data { .. })
    }

    /// An exchange has ended so: which mode that tells of.
    pub(super) fn learn_mode(&mut self, exchange: &Exchange, result: Option<&ResultCode>) {
        let sure = exchange.expected().call_control;
        self.may_connect = false;
        if !exchange.expected().data_ends.is_empty() {
            self.data_ends = exchange.expected().data_ends;
        }
        match result {
            Some(ResultCode::Connect(text)) if opens_data_mode(text) => self.mode = Mode::Data { sure },
            Some(result) => {
                self.mode = Mode::Command;
                // Some say OK first and CONNECT when the connection has come about.
                self.may_connect = sure && result.is_success();
            }
            None => {}
        }
    }

    /// An exchange was given up: whatever it may have led to, nobody has heard it.
    pub(super) fn doubt_mode(&mut self, exchange: &Exchange) {
        if self.owing.is_some() && !self.is_in_data_mode() {
            self.mode = Mode::Unknown;
            self.may_connect = exchange.expected().call_control;
            self.data_ends = exchange.expected().data_ends;
        }
    }

    /// A line that belongs to no answer may be the `CONNECT` that was still to come.
    pub(super) fn hear_connect(&mut self, line: &[u8]) {
        if self.may_connect
            && let Some(ResultCode::Connect(text)) = result_code::parse(line)
            && opens_data_mode(&text)
        {
            self.mode = Mode::Data { sure: true };
            self.may_connect = false;
        }
    }

    /// The `OK` of an escape where nobody knew that the line carried data.
    pub(super) fn take_escaped(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> bool {
        let line = framer.line(frame);
        let is_answer = self.escaping && self.exchange.is_none() && line.trim_ascii_end() == b"OK";
        if is_answer {
            self.leave_data_mode(line, &ResultCode::Ok, now);
            framer.consume(frame);
        }
        is_answer
    }

    /// Takes a whole line of data; false where what comes after it must decide.
    pub(super) fn take_data(&mut self, framer: &mut Framer, frame: Frame, settled: Settled, now: &mut Now<'_>) -> bool {
        let line = framer.line(frame);
        if let Some(result) = self.ends_data_mode(line) {
            match self.follows(framer, frame, settled) {
                Follows::Nothing => {
                    self.leave_data_mode(line, &result, now);
                    framer.consume(frame);
                    return true;
                }
                Follows::Data => {}
                Follows::Unknown { text } => {
                    self.doubt.get_or_insert(now.time);
                    self.unsettled |= text;
                    return false;
                }
            }
        }
        self.tell_data(line, now);
        // Of data nothing is given up: what is longer than a line may be goes on as the next one.
        framer.take_to(frame.end);
        true
    }

    /// Data without a line end: silence ends them.
    pub(super) fn take_unfinished_data(&mut self, framer: &mut Framer, settled: bool, now: &mut Now<'_>) -> bool {
        if !settled || self.awaited.is_some() {
            self.unsettled |= !settled;
            return false;
        }
        let data = framer.rest();
        match self.ends_data_mode(data) {
            Some(result) => self.leave_data_mode(data, &result, now),
            None => self.tell_data(data, now),
        }
        framer.take_to(framer.end());
        true
    }

    fn tell_data(&mut self, data: &[u8], now: &mut Now<'_>) {
        if self.exchange.is_some() {
            self.take_response(data, now);
        } else {
            self.queue_line(data, &Event::Data(data), now);
        }
    }

    /// The result code that a line is, where it is one that ends data mode.
    fn ends_data_mode(&self, line: &[u8]) -> Option<ResultCode> {
        let end = line.trim_ascii_end();
        if self.data_ends.iter().any(|text| text.as_bytes() == end) {
            // To `+++` it is the answer that was asked for.
            return Some(ResultCode::Vendor { text: text(end).into_owned(), success: self.escaping });
        }
        let in_digits = || result_code::parse_numeric(line).filter(|_| self.verbosity == Verbosity::Digits);
        let of_vendor = || {
            let success = self.knowledge.vendor_final(line)?;
            Some(ResultCode::Vendor { text: text(line).into_owned(), success })
        };
        let result = result_code::parse(line).or_else(in_digits).or_else(of_vendor)?;
        let ends = match &result {
            ResultCode::NoCarrier => true,
            ResultCode::Ok
            | ResultCode::Error
            | ResultCode::Equipment(_)
            | ResultCode::Message(_)
            | ResultCode::Vendor { .. } => self.ends_with_any_result(),
            ResultCode::Connect(_)
            | ResultCode::Busy
            | ResultCode::NoAnswer
            | ResultCode::NoDialtone
            | ResultCode::Aborted => false,
        };
        ends.then_some(result)
    }

    fn leave_data_mode(&mut self, line: &[u8], result: &ResultCode, now: &mut Now<'_>) {
        self.mode = Mode::Command;
        if !self.escaping {
            self.data_ends = &[];
        }
        if self.exchange.is_some() {
            self.take_final(line, result.clone(), now);
        } else if std::mem::take(&mut self.escaping) {
            now.tell(&Event::Final { line, result });
            self.queue.push(line);
            self.show(line, now);
        } else {
            self.queue_line(line, &Event::Urc(line), now);
        }
        self.escaping = false;
    }

    /// What stands behind this line: more data, or nothing but URCs.
    fn follows(&self, framer: &Framer, frame: Frame, settled: Settled) -> Follows {
        let mut last = frame;
        let mut is_below = false;
        for _ in 0..LINES_AHEAD {
            let Some(next) = framer.frame_after(last) else {
                return match framer.has_text_after(last) {
                    true if settled.silence => Follows::Data,
                    false if settled.line => Follows::Nothing,
                    text => Follows::Unknown { text },
                };
            };
            let line = framer.line(next);
            if !std::mem::take(&mut is_below) {
                if !self.knowledge.is_urc(line) {
                    return Follows::Data;
                }
                is_below = self.knowledge.has_body(line);
            }
            last = next;
        }
        Follows::Nothing
    }

    /// What may come back of what is sent now: of data, nothing.
    pub(super) fn echo_of(&self, bytes: &[u8]) -> Echo {
        if self.is_in_data_mode() { Echo::default() } else { Echo::of_question(bytes, self.framer.rest().len()) }
    }
}

enum Follows {
    Data,
    Nothing,
    /// `text`: what has not ended may tell.
    Unknown {
        text: bool,
    },
}

/// `CONNECT 115200` does; `CONNECT OK` and `CONNECT FAIL` of SIMCom tell of a connection in command mode.
fn opens_data_mode(text: &str) -> bool {
    !matches!(text, "OK" | "FAIL")
}
