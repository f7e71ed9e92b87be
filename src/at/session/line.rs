//! What a whole line is: echo, final result code, line of the answer, URC, stray; and text that has not ended.

use super::ahead::LINES_AHEAD;
use super::below::Before;
use super::body::{self, Body, Extent};
use super::exchange::{Prompt, ambiguity};
use super::prompt::looks_like_prompt;
use super::{FailureKind, Now, Piece, Session, Settled};
use crate::at::answer::{Event, Expected, Shape};
use crate::at::command::Form;
use crate::at::framer::{Frame, Framer};
use crate::at::knowledge::Likeness;
use crate::at::listener::Flow;
use crate::at::parameters::prefix_length;
use crate::at::result_code::{self, ResultCode, Verbosity};

/// What a line is that is no final result code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belongs {
    Response,
    Urc,
    /// A URC that carries the prefix of the command in this form
    UrcOfItsName(Form),
    Stray,
}

/// A line that may be a final result code.
pub(super) enum Final {
    Sure(ResultCode),
    /// A digit, where nobody knows whether result codes are digits
    Unsure(ResultCode),
    No,
}

impl Session {
    /// Takes the whole line at the start of the buffer; false where what comes after it must decide what it is.
    pub(super) fn take_frame(
        &mut self,
        framer: &mut Framer,
        frame: Frame,
        settled: Settled,
        now: &mut Now<'_>,
    ) -> bool {
        if self.take_echo(framer, frame, now) {
            self.before = Before::Echo;
            return true;
        }
        self.framed = self.before.frames(frame.ends);
        let is_taken = self.take_other(framer, frame, settled, now);
        if is_taken {
            self.before = Before::Line;
        }
        is_taken
    }

    /// Takes a whole line that is no echo.
    fn take_other(&mut self, framer: &mut Framer, frame: Frame, settled: Settled, now: &mut Now<'_>) -> bool {
        if self.resync.is_some() {
            self.take_resync_line(framer.line(frame), now);
            framer.consume(frame);
            return true;
        }
        if self.is_in_data_mode() {
            return self.take_data(framer, frame, settled, now);
        }
        if self.take_escaped(framer, frame, now) {
            return true;
        }
        match self.take_body_line(framer, frame, settled, now) {
            Piece::Taken => return true,
            Piece::Incomplete => return false,
            Piece::None => {}
        }
        let Some(frame) = self.with_quoted_lines(framer, frame, settled.silence) else {
            self.unsettled = true;
            return false;
        };
        let line = framer.line(frame);
        match self.final_of(line) {
            Final::Sure(result) => self.take_final(line, result, now),
            Final::Unsure(result) => match self.goes_on(framer, frame, true, settled, now) {
                Some(true) => self.take_line_of(Belongs::Response, line, now),
                Some(false) => {
                    self.verbosity = Verbosity::Digits;
                    self.take_final(line, result, now);
                }
                None => return false,
            },
            Final::No if self.exchange.is_none() => self.take_idle_line(line, now),
            Final::No => self.take_line_of(self.belongs(line), line, now),
        }
        framer.consume(frame);
        true
    }

    /// Text that has not ended: silence makes a final result code of it, or a prompt.
    pub(super) fn take_unfinished(&mut self, framer: &mut Framer, settled: bool, now: &mut Now<'_>) -> bool {
        let text = framer.rest();
        let is_prompt = looks_like_prompt(text);
        if self.resync.is_some() {
            if is_prompt && settled {
                self.cancel_prompt(text, now);
                framer.take_to(framer.position() + text.len());
                return true;
            }
            self.unsettled |= is_prompt;
            return false;
        }
        if self.is_in_data_mode() {
            return self.take_unfinished_data(framer, settled, now);
        }
        let Some(exchange) = &self.exchange else { return false };
        if is_prompt && !exchange.expected().free {
            if settled {
                self.cancel_prompt(text, now);
                framer.take_to(framer.position() + text.len());
                return true;
            }
            self.unsettled = true;
            return false;
        }
        let result = match self.final_of(text) {
            Final::Sure(result) | Final::Unsure(result) => result,
            Final::No => return false,
        };
        if settled {
            self.take_final(text, result, now);
            framer.take_to(framer.position() + text.len());
            return true;
        }
        self.unsettled = true;
        false
    }

    /// Data that the header before them counts: in them nothing is a line.
    pub(super) fn take_counted(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Piece {
        let Some(exchange) = &self.exchange else { return Piece::None };
        let Shape::Counted { parameter, quoted } = exchange.expected().shape else { return Piece::None };
        let rest = framer.rest();
        if exchange.own(rest).is_none() {
            return Piece::None;
        }
        let extent = if quoted { body::counted_in_quotes(rest, parameter) } else { body::counted(rest, parameter) };
        let extent = match extent {
            Extent::Unknown => return Piece::Incomplete,
            Extent::None => return Piece::None,
            Extent::Bytes(extent) => extent,
        };
        let (kept, given_up) = body::kept(extent);
        let Some(data) = rest.get(..kept) else { return Piece::Incomplete };
        self.take_line_of(Belongs::Response, data, now);
        framer.take_to(framer.position() + kept);
        if given_up > 0 {
            framer.give_up(given_up);
            now.tell(&Event::Truncated { bytes: given_up });
        }
        Piece::Taken
    }

    fn take_echo(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> bool {
        let line = framer.line(frame);
        let echoed = self.echo.take(line);
        if let Some(exchange) = &mut self.exchange
            && let Prompt::Given { at_reply, .. } = &mut exchange.prompt
        {
            *at_reply = false;
        }
        let Some(echoed) = echoed else { return false };
        if let Some(exchange) = &mut self.exchange {
            exchange.hear_echo();
        }
        let (behind, echo) = line.split_at_checked(echoed.behind).unwrap_or((&[], line));
        if !behind.is_empty() {
            self.queue_line(behind, &Event::Stray(behind), now);
        }
        now.tell(&Event::Echo(echo));
        framer.consume(frame);
        true
    }

    /// A line under the header of a message. Its text may hold anything, result codes and URCs too.
    fn take_body_line(&mut self, framer: &mut Framer, frame: Frame, settled: Settled, now: &mut Now<'_>) -> Piece {
        let Some(exchange) = &self.exchange else { return Piece::None };
        let Some(body) = exchange.body else { return Piece::None };
        let line = framer.line(frame);
        let is_inside = match body {
            Body::Text { length: Some(length), came } => came.leaves_room_for(line, frame.ends, length),
            Body::Text { length: None, .. } | Body::Pdu => false,
        };
        if !is_inside && exchange.own(line).is_some() {
            // The next header. Where the length said otherwise, the modem counts in another way than it writes.
            self.set_body(None);
            return Piece::None;
        }
        let (length, came) = match body {
            Body::Pdu if line.iter().all(u8::is_ascii_hexdigit) => {
                self.set_body(None);
                self.take_line_of(Belongs::Response, line, now);
                framer.consume(frame);
                return Piece::Taken;
            }
            Body::Pdu => return Piece::None,
            Body::Text { length, came } => (length, came),
        };
        if !matches!(self.final_of(line), Final::No) {
            let is_over = length.is_some_and(|length| came.is_just(length)) && frame.ends.count() > 1;
            match if is_over { Some(false) } else { self.goes_on(framer, frame, is_inside, settled, now) } {
                Some(true) => {}
                Some(false) => {
                    self.set_body(None);
                    return Piece::None;
                }
                None => return Piece::Incomplete,
            }
            if !is_inside {
                now.tell(&Event::Notice(&ambiguity(line)));
            }
        } else if !is_inside && frame.ends.count() > 1 && self.knowledge.is_urc(line) {
            return Piece::None;
        }
        if came.lines > 0 {
            for _ in 1..frame.ends.count().min(LINES_AHEAD) {
                self.take_line_of(Belongs::Response, &[], now);
            }
        }
        let came = came.with(line, frame.ends);
        let is_all = length.is_some_and(|length| came.is_all_of(length));
        self.take_line_of(Belongs::Response, line, now);
        // Last, because a line of the text may look like a header.
        self.set_body((!is_all).then_some(Body::Text { length, came }));
        framer.consume(frame);
        Piece::Taken
    }

    fn set_body(&mut self, body: Option<Body>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.body = body;
        }
    }

    pub(super) fn final_of(&self, line: &[u8]) -> Final {
        match &self.exchange {
            Some(exchange) => self.final_for(exchange.expected(), line),
            None => Final::No,
        }
    }

    /// Whether the line ends an answer of which this is known.
    pub(super) fn final_for(&self, expected: &Expected, line: &[u8]) -> Final {
        if let Some(result) = result_code::parse(line) {
            let counts = expected.call_control
                || if let ResultCode::Connect(text) = &result {
                    // A command that nobody knows may well open a data connection.
                    expected.shape == Shape::Unknown && text.bytes().next().is_none_or(|byte| byte.is_ascii_digit())
                } else {
                    !result.is_call_control()
                };
            return if counts { Final::Sure(result) } else { Final::No };
        }
        let trimmed = line.trim_ascii_end();
        let known = expected.finals.iter().find(|(text, _)| text.as_bytes() == trimmed).map(|(_, success)| *success);
        // Those that may end any command are words.
        let is_word = line.first().is_some_and(u8::is_ascii_alphabetic);
        if let Some(success) = known.or_else(|| if is_word { self.knowledge.vendor_final(trimmed) } else { None }) {
            let text = crate::notation::text(trimmed).into_owned();
            return Final::Sure(ResultCode::Vendor { text, success });
        }
        if line.len() == 1
            && self.verbosity != Verbosity::Words
            && let Some(result) = result_code::parse_numeric(line)
            && (!result.is_call_control() || expected.call_control)
        {
            return match self.verbosity {
                Verbosity::Digits => Final::Sure(result),
                Verbosity::Unknown | Verbosity::Words => Final::Unsure(result),
            };
        }
        Final::No
    }

    fn belongs(&self, line: &[u8]) -> Belongs {
        let Some(exchange) = &self.exchange else { return Belongs::Stray };
        if let Some(form) = exchange.own(line) {
            let is_answer = match exchange.has_answer_like(line) {
                false => self.knowledge.may_answer(line, form),
                true => self.knowledge.likeness(line, form) == Likeness::Answer,
            };
            return if is_answer { Belongs::Response } else { Belongs::UrcOfItsName(form) };
        }
        if self.knowledge.is_urc(line) || self.tells_of_a_call(line) {
            return Belongs::Urc;
        }
        let expected = exchange.expected();
        let has_prefix = || prefix_length(line).is_some();
        if expected.shape == Shape::None
            || (expected.shape == Shape::Bare || !expected.prefixes.is_empty()) && has_prefix()
        {
            return Belongs::Stray;
        }
        // What is known to be another command's answer, to a command of which nothing is known.
        let mut names = exchange.names().peekable();
        if names.peek().is_some() && has_prefix() && names.all(|name| self.knowledge.is_answer_of_another(line, name)) {
            return Belongs::Stray;
        }
        // A name or a number is text; noise on the line is not.
        if matches!(expected.shape, Shape::Bare | Shape::Unknown) && line.iter().any(|byte| is_control(*byte)) {
            return Belongs::Stray;
        }
        Belongs::Response
    }

    /// `NO CARRIER`, `CONNECT`, … where they are not final, in words or digits; `2` is RING.
    fn tells_of_a_call(&self, line: &[u8]) -> bool {
        let result = match self.verbosity {
            Verbosity::Digits if line == b"2" => return true,
            Verbosity::Digits => result_code::parse(line).or_else(|| result_code::parse_numeric(line)),
            Verbosity::Words | Verbosity::Unknown => result_code::parse(line),
        };
        result.is_some_and(|result| result.is_call_control())
    }

    fn take_line_of(&mut self, belongs: Belongs, line: &[u8], now: &mut Now<'_>) {
        match belongs {
            Belongs::Response => self.take_response(line, now),
            Belongs::UrcOfItsName(form) => {
                if let Some(exchange) = &mut self.exchange {
                    exchange.keep_as_fallback(line, form);
                }
                self.queue_line(line, &Event::Urc(line), now);
            }
            Belongs::Urc => self.queue_line(line, &Event::Urc(line), now),
            Belongs::Stray => self.queue_line(line, &Event::Stray(line), now),
        }
    }

    pub(super) fn take_response(&mut self, line: &[u8], now: &mut Now<'_>) {
        let Some(exchange) = &mut self.exchange else { return };
        self.echo.close();
        let fits = exchange.keep(line);
        if exchange.expected().shape == Shape::HeaderAndBody && exchange.own(line).is_some() {
            exchange.body = Some(Body::of(line)).filter(|body| !body.is_empty());
        }
        now.tell(&Event::Response(line));
        if !fits {
            now.tell(&Event::Notice("the answer is larger than 1 MiB: what comes after is not kept"));
        }
        self.show(line, now);
    }

    pub(super) fn take_final(&mut self, line: &[u8], result: ResultCode, now: &mut Now<'_>) {
        if matches!(result, ResultCode::Ok | ResultCode::Error) && line.len() > 1 {
            self.verbosity = Verbosity::Words;
        }
        if let Some(exchange) = &mut self.exchange {
            exchange.hear_final();
        }
        now.tell(&Event::Final { line, result: &result });
        match now.listener.line(line) {
            Flow::GoOn | Flow::Enough => self.finish(Some(result), now),
            Flow::Stop => self.fail(FailureKind::Stopped(crate::at::Line { bytes: line.to_vec() }), now),
        }
    }

    pub(super) fn time_out(&mut self, now: &mut Now<'_>) {
        // Silence until now decides as well.
        self.process(true, now);
        let Some(exchange) = &self.exchange else { return };
        if exchange.expected().without_final && exchange.unexpected.is_none() {
            self.finish(None, now);
            return;
        }
        let kind = match &exchange.unexpected {
            Some(prompt) => FailureKind::UnexpectedPrompt(prompt.clone()),
            None => FailureKind::Timeout(exchange.silence(!self.unfinished().is_empty())),
        };
        self.fail(kind, now);
    }
}

fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}
