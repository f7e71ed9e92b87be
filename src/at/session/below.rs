//! Lines that no exchange waits for: the text under an unsolicited line, and what is owed since a timeout.

use std::time::Duration;

use super::body::Body;
use super::line::Final;
use super::{Now, Owing, Piece, Session, Settled};
use crate::at::answer::{Event, Shape};
use crate::at::framer::{Frame, Framer, LineEnds};
use crate::at::knowledge::{Knowledge, Likeness};

/// The text stands right under its header. What comes later is something else.
const LONGEST_GAP: Duration = Duration::from_secs(2);

/// A text goes over so many lines at the most, where nothing tells how long it is.
const MOST_LINES: usize = 64;

/// Lines that belong to the one above them, which came by itself: the text or the PDU of `+CMT`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Below {
    body: Body,
    /// It is told as what its header was: something unsolicited, or a part of a late answer.
    late: bool,
    /// The header stood behind a line end of its own, as all that this modem says then does: a line that does not goes
    /// on with the text.
    framed: bool,
    until: Duration,
}

/// What stood before a line: that tells how many line ends it needs to stand behind one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// It is the first one.
    Nothing,
    /// It ends as the command did that came back: by CR.
    Echo,
    Line,
}

impl Before {
    pub(super) fn frames(self, ends: LineEnds) -> bool {
        match self {
            Before::Nothing => ends.count() > 0,
            Before::Echo => ends.count() > 1 || ends.have_one_before(),
            Before::Line => ends.count() > 1,
        }
    }
}

impl Below {
    /// Whether text that stands behind these line ends, ended or not, belongs to it.
    fn holds(&self, text: &[u8], ends: LineEnds, now: Duration) -> bool {
        if now > self.until {
            return false;
        }
        match self.body {
            Body::Pdu => text.iter().all(u8::is_ascii_hexdigit),
            // An empty line is an empty text.
            Body::Text { came, .. } if came.lines == 0 => ends.count() <= 1,
            // Behind all of it, an empty line tells that it has ended.
            Body::Text { length: Some(length), came } if came.is_just(length) && ends.count() > 1 => false,
            Body::Text { length: Some(length), came } => came.leaves_room_for(text, ends, length),
            Body::Text { length: None, came } => ends.count() <= 1 && came.lines < MOST_LINES,
        }
    }

    /// A line of its text has come.
    fn has_begun(&self) -> bool {
        matches!(self.body, Body::Text { came, .. } if came.lines > 0)
    }
}

impl Session {
    /// A header came that announces this.
    pub(super) fn expect_below(&mut self, body: Body, now: &Now<'_>) {
        let below = Below { body, late: false, framed: self.framed, until: now.time + LONGEST_GAP };
        self.below = (!body.is_empty()).then_some(below);
    }

    /// A line of such a text, in which nothing is a result code or a prompt. The echo of what was sent ends it: the modem
    /// says a message as a whole.
    pub(super) fn take_below(&mut self, framer: &mut Framer, settled: Settled, now: &mut Now<'_>) -> Piece {
        let Some(below) = self.below else { return Piece::None };
        let frame = framer.frame();
        let text = frame.map_or(framer.rest(), |frame| framer.line(frame));
        let is_echo = frame.is_some() && below.has_begun() && self.echo.is_next(text);
        if is_echo || !below.holds(text, framer.ends(), now.time) {
            self.below = None;
            return Piece::None;
        }
        let Some(frame) = frame else { return Piece::Incomplete };
        match self.is_below(below, framer, frame, settled, now) {
            Some(true) => {}
            Some(false) => {
                self.below = None;
                return Piece::None;
            }
            None => return Piece::Incomplete,
        }
        let line = framer.line(frame);
        if below.late {
            now.tell(&Event::Stray(line));
        } else {
            self.queue.push(line);
            now.tell(&Event::Urc(line));
        }
        self.below = match below.body {
            Body::Pdu => None,
            Body::Text { length, came } => {
                let came = came.with(line, frame.ends);
                let is_over = length.is_some_and(|length| came.is_all_of(length));
                (!is_over).then_some(Below { body: Body::Text { length, came }, ..below })
            }
        };
        self.show(line, now);
        framer.consume(frame);
        Piece::Taken
    }

    /// Whether a line that can belong to the text does. `None`: what comes next must decide, or silence.
    fn is_below(
        &mut self,
        below: Below,
        framer: &Framer,
        frame: Frame,
        settled: Settled,
        now: &Now<'_>,
    ) -> Option<bool> {
        match below.body {
            Body::Text { length: None, .. } if below.has_begun() && !below.framed => {
                // A result code may be the answer's as well. If it is the text's, another one comes.
                let is_final = !matches!(self.final_of(framer.line(frame)), Final::No);
                if is_final { self.goes_on(framer, frame, false, settled, now) } else { Some(false) }
            }
            // A modem that counts in another way than it writes tells a length that is none.
            Body::Text { length: Some(length), came }
                if below.has_begun() && self.is_waited_for() && !(below.framed && frame.ends.count() <= 1) =>
            {
                self.comes_to_length(framer, frame, (came, length), settled, now)
            }
            Body::Text { .. } | Body::Pdu => Some(true),
        }
    }

    /// Something is asked, or owed: a line may belong to it.
    fn is_waited_for(&self) -> bool {
        self.exchange.is_some() || self.resync.is_some() || self.owing.is_some()
    }

    /// A line while nothing is asked: the result code that is owed, or a line as it comes.
    pub(super) fn take_idle_line(&mut self, line: &[u8], now: &mut Now<'_>) {
        let is_owed = self.owing.as_ref().is_some_and(|owing| {
            owing.finals > 0 && !matches!(self.final_for(&owing.question.expected, line), Final::No)
        });
        if !is_owed {
            self.take_loose_line(line, now);
            return;
        }
        if let Some(owing) = &mut self.owing {
            owing.finals -= 1;
            owing.runs_until = Duration::ZERO;
        }
        now.tell(&Event::Stray(line));
        self.hear_connect(line);
        self.show(line, now);
    }

    /// A line that belongs to no answer, or to one that nobody waits for any more. That is no news: it is not queued.
    pub(super) fn take_loose_line(&mut self, line: &[u8], now: &mut Now<'_>) {
        if self.is_late(line) {
            now.tell(&Event::Stray(line));
            self.show(line, now);
        } else if self.knowledge.is_urc(line) {
            self.forgive(line);
            self.queue_line(line, &Event::Urc(line), now);
        } else {
            self.queue_line(line, &Event::Stray(line), now);
        }
    }

    /// Whether the line is one of the answer that is owed.
    fn is_late(&mut self, line: &[u8]) -> bool {
        let Some(owing) = self.owed() else { return false };
        let Some(form) = owing.question.form_of(line) else { return false };
        let has_body = owing.question.expected.shape == Shape::HeaderAndBody;
        let knowledge = self.knowledge;
        let is_late = match knowledge.likeness(line, form) {
            Likeness::Answer => true,
            Likeness::Urc => false,
            // The first of them is the answer.
            Likeness::Either => self.owed().is_some_and(|owing| !std::mem::replace(&mut owing.answered, true)),
        };
        if is_late && has_body {
            let body = Body::of(line);
            let until = self.last_byte + LONGEST_GAP;
            self.below = (!body.is_empty()).then_some(Below { body, late: true, framed: self.framed, until });
        }
        is_late
    }

    /// Where the line tells that the modem has just started: what it owed it will not give any more.
    fn forgive(&mut self, line: &[u8]) {
        let is_start = |knowledge: &dyn Knowledge| knowledge.tells_of_start(line);
        match (&mut self.resync, &mut self.owing) {
            (Some(resync), _) if is_start(self.knowledge) => resync.begin_anew(),
            (None, Some(owing)) if is_start(self.knowledge) => owing.finals = 0,
            (Some(_) | None, _) => {}
        }
    }

    /// What is owed, if its result code has not come.
    fn owed(&mut self) -> Option<&mut Owing> {
        match (&mut self.resync, &mut self.owing) {
            (Some(resync), _) => resync.still_owed(),
            (None, Some(owing)) => Some(&mut **owing).filter(|owing| owing.finals > 0),
            (None, None) => None,
        }
    }
}
