//! What stands at the start of the buffer is taken piece by piece: an echo, a prompt, counted data, the text under a
//! header, a whole line of any kind, or what has come of one. What it is depends on the state, on what came before it
//! and, where that is not enough, on what comes behind it.
//!
//! Each `take_…` says `None` where the piece is none of its own, `Some(true)` where it took it, and `Some(false)` where
//! what comes next must decide.

use std::ops::Range;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memchr::memmem;

use super::{
    Activity, Asking, EARLY_ANSWER, FENCE, FailureKind, Idle, LONGEST_SURPLUS_TIME, Mode, Now, Owing, Prompting,
    SETTLE, Session, Silence, is_strange,
};
use crate::at::body::{self, Body, Came};
use crate::at::echo::Echo;
use crate::at::knowledge::Dialect;
use crate::at::lines::{Frame, Framer, LONGEST_LINE, LineEnds};
use crate::at::parameters::{parameters, prefix_length, split_prefix};
use crate::at::result_code::{self, ResultCode, Verbosity};
use crate::at::{Event, Expected, Likeness, Line, PromptPlan, Question, Shape, Unasked, Verdict, Why};
use crate::notation::text;

/// The longest quoted string with line ends in it, in bytes.
const LONGEST_STRING: usize = 4096;

/// How many lines, and bytes, are looked through to find out how an answer goes on.
const LINES_AHEAD: usize = 64;
const BYTES_AHEAD: usize = 16 * 1024;

/// The mark before content on modems that send no `CONNECT` before it: Telit, Sequans
const CONTENT_MARK: &[u8] = b"<<<";

/// A text stands right under its header. What comes later is something else.
const LONGEST_GAP: Duration = Duration::from_secs(2);

/// The most lines of a text whose length nothing tells.
const LINES_BELOW: usize = 64;

/// After the ESC that cancels a prompt nobody wanted, the modem has so long for its result code.
const CANCEL_ANSWER_TIME: Duration = Duration::from_secs(1);

/// A modem that echoes does so in this time once it listens: the longer one to what an `AT` could end.
const ECHO_TIME: Duration = Duration::from_secs(2);
const ECHO_TIME_OF_LONG: Duration = Duration::from_secs(10);

/// Behind a result code that may be a line of a message, the one that was asked for comes in this time.
const REAL_FINAL_TIME: Duration = Duration::from_secs(2);

/// Behind a result code that may be late, the one that was asked for comes in this time.
const LATE_FINAL_TIME: Duration = Duration::from_secs(1);

/// A result code in a text, where another sign of the end is to be expected, is one of its lines if more comes in this
/// time.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// How far the bytes are read that have come.
#[derive(Default)]
pub(super) struct Cursor {
    /// A decision waits for silence.
    pub(super) unsettled: bool,
    /// Since when it is open what the first line is; unsolicited lines behind it do not put the decision off.
    pub(super) doubt: Option<Duration>,
    /// Lines that come next belong to the unsolicited one before them.
    below: Option<Below>,
    /// When the last line came of a text that nothing counts, and that a blank line ended: it may go on behind that.
    text_ended: Option<Duration>,
    before: Before,
    /// A line end of its own stood before the last line.
    framed: bool,
    /// Something came in the middle of a name that no line ends in: what is left of it is no answer.
    broken: bool,
}

/// What stood before a line: that tells how many line ends it needs to stand behind one of its own.
#[derive(Clone, Copy, Default)]
enum Before {
    /// It is the first one.
    #[default]
    Nothing,
    /// It ends as the command did that came back: by CR.
    Echo,
    Line,
}

/// Lines that belong to the one above them, which came by itself: the text or the PDU of `+CMT`.
#[derive(Clone, Copy)]
struct Below {
    body: Body,
    /// The header was part of a late answer, and so are its lines; else they are unsolicited.
    late: bool,
    /// The header stood behind a line end of its own, as all that this modem says then does: a line that does not goes
    /// on with the text.
    framed: bool,
    until: Duration,
    /// When its last line came
    last: Duration,
}

impl Cursor {
    /// The modem starts anew, in the middle of what it is saying.
    pub(super) fn go_on(&self) -> Cursor {
        Cursor { before: self.before, ..Cursor::default() }
    }

    /// A header came that announces this.
    fn expect_below(&mut self, body: Body, late: bool, now: Duration) {
        let below = Below { body, late, framed: self.framed, until: now + LONGEST_GAP, last: now };
        self.below = (!body.is_empty()).then_some(below);
    }

    /// What has come is data of which more is to come, and no line.
    pub(crate) fn awaits_data(&self) -> bool {
        self.below.is_some_and(|below| matches!(below.body, Body::Data { .. }))
    }

    /// No data are awaited any more.
    pub(crate) fn give_up_data(&mut self) {
        if self.awaits_data() {
            self.below = None;
        }
    }

    /// Whether nothing has come for so long that no more is waited for. `is_quiet`: what has come puts that off no
    /// longer.
    fn is_decided(&mut self, is_quiet: bool, now: &Now<'_>) -> bool {
        let is_decided = if is_quiet { now.is_settled } else { now.is_silent };
        if !is_decided {
            self.doubt.get_or_insert(now.time);
            self.unsettled |= !is_quiet;
        }
        is_decided
    }
}

impl Below {
    /// Whether text that stands behind these line ends, ended or not, belongs to it.
    fn holds(&self, text: &[u8], ends: LineEnds, now: Duration) -> bool {
        if now > self.until {
            return false;
        }
        match self.body {
            // NULs are noise.
            Body::Pdu => text.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == 0),
            // An empty line is an empty text, where nothing counts it.
            Body::Text { came, .. } if came.lines == 0 && ends.count() <= 1 => true,
            // Behind all of it, an empty line tells that it has ended.
            Body::Text { length: Some(length), came } if came.is_just(length) && ends.count() > 1 => false,
            Body::Text { length: Some(length), came } => came.leaves_room_for(text, ends, length),
            Body::Text { length: None, came } => ends.count() <= 1 && came.lines < LINES_BELOW,
            Body::Data { .. } => false,
        }
    }

    fn is_counted(&self) -> bool {
        !matches!(self.body, Body::Text { length: None, .. })
    }

    fn has_begun(&self) -> bool {
        matches!(self.body, Body::Text { came, .. } if came.lines > 0)
    }
}

impl Session {
    /// Takes the buffer apart as far as can be told. `is_silent`: nothing has come for [`SETTLE`].
    pub(super) fn read(&mut self, is_silent: bool, now: &mut Now<'_>) {
        // The lines are borrowed from the framer while the rest of the session changes.
        let mut framer = std::mem::take(&mut self.framer);
        self.cursor.unsettled = false;
        // What is behind the line that was in doubt is not settled by that.
        now.is_silent = is_silent;
        now.is_settled = is_silent || self.cursor.doubt.is_some_and(|since| now.time >= since + self.patience);
        self.patience = SETTLE;
        while self.take_piece(&mut framer, now) {
            self.cursor.doubt = None;
            now.is_settled = is_silent;
            self.patience = SETTLE;
        }
        self.framer = framer;
    }

    /// Takes one piece; false where more must come first. What few lines need has a function of its own: a modem of a
    /// batch keeps its stack as deep as it has been.
    fn take_piece(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> bool {
        if self.cursor.awaits_data() {
            return self.take_pushed(framer, now);
        }
        let before = framer.position();
        let (line_ended, cut) = framer.skip_line_ends();
        if let Some(bytes) = cut {
            now.tell(&Event::Truncated { bytes });
        }
        if let Activity::Asking(asking) = &mut self.state {
            asking.keep_gap(framer.bytes(before..framer.position()));
            if line_ended && asking.line_ended() {
                self.echo.close();
            }
        }
        if framer.rest().is_empty() {
            return false;
        }
        if let Some(taken) = self.take_below(framer, now) {
            return taken;
        }
        if let Some(taken) = self.take_announced(framer, now) {
            return taken;
        }
        match framer.frame() {
            Some(frame) => self.take_frame(framer, frame, now),
            None => self.take_unfinished(framer, now),
        }
    }

    /// What was announced and is no line: text that is waited for, a prompt, counted data.
    #[inline(never)]
    fn take_announced(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        match &self.state {
            Activity::Idle(Idle { awaited: Some(_), .. }) => self.take_awaited_text(framer, now),
            Activity::Asking(_) => {
                let taken = self.take_prompt(framer, now).or_else(|| self.take_counted(framer, now));
                taken.or_else(|| self.take_connect(framer, now))
            }
            Activity::Idle(_) | Activity::Resync(_) => None,
        }
    }

    /// Text without a line end that is waited for: everything up to its end.
    fn take_awaited_text(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        let Activity::Idle(Idle { awaited, heeds_refusal, .. }) = &mut self.state else { return None };
        let rest = framer.rest();
        let line = memchr::memchr2(b'\r', b'\n', rest).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        let end = memmem::find(line, awaited.as_ref()?)? + awaited.take()?.len();
        (*heeds_refusal, self.owes_final) = (None, false);
        now.tell(&Event::Prompt(line.get(..end).unwrap_or(line)));
        framer.take_to(framer.position() + end);
        Some(true)
    }

    /// The prompt that was announced (27.005 §3.5.1), at the start of a line and without a line end; or one that asks
    /// for the next line of the text it is being given.
    fn take_prompt(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        let Activity::Asking(asking) = &mut self.state else { return None };
        let first = match asking.prompt {
            Prompting::None | Prompting::Cut { .. } => return None,
            Prompting::Open => true,
            Prompting::Given { blank: true, at_reply } if framer.rest().first() == Some(&b' ') => {
                framer.take_to(framer.position() + 1);
                asking.prompt = Prompting::Given { blank: false, at_reply };
                return Some(true);
            }
            // What follows a prompt on its line is an echo, even if it begins as a prompt does.
            Prompting::Given { at_reply: true, .. } => return None,
            Prompting::Given { .. } => false,
        };
        let question = Arc::clone(&asking.question);
        let mark = question.prompt.mark()?.as_bytes();
        let frame = framer.frame();
        let rest = framer.rest();
        if mark.last() == Some(&b':') {
            return if first { self.take_asking_line(&question, framer, now) } else { None };
        }
        let end = if mark.last().is_some_and(u8::is_ascii_alphanumeric) {
            // `CONNECT`, `DOWNLOAD`: a word could go on, so its line must end, or nothing more come.
            let text = frame.map_or(rest, |frame| framer.line(frame));
            if !first || !matches!(text.strip_prefix(mark)?, [] | [b' ', ..]) {
                return None;
            }
            if frame.is_none() && !now.is_silent {
                self.cursor.unsettled = true;
                return Some(false);
            }
            framer.position() + text.len()
        } else if rest.starts_with(mark) {
            framer.position() + mark.len()
        } else {
            return mark.starts_with(rest).then_some(false);
        };
        now.tell(&Event::Prompt(framer.bytes(framer.position()..end)));
        framer.take_to(end);
        asking.prompt = Prompting::Given { blank: true, at_reply: true };
        match &question.prompt {
            PromptPlan::Reply { bytes, .. } if first => self.reply(bytes, now),
            PromptPlan::Cancel { .. } | PromptPlan::Unexpected if first => self.send(b"\x1B", Why::Cancel, now),
            PromptPlan::Reply { .. } | PromptPlan::Cancel { .. } | PromptPlan::Unexpected => {}
        }
        Some(true)
    }

    fn reply(&mut self, bytes: &[u8], now: &mut Now<'_>) {
        if !bytes.is_empty() {
            self.echo = Echo::of_reply(bytes);
            self.send(bytes, Why::Reply, now);
        }
    }

    /// A line of the answer that asks for data, and may tell that it takes less than there are: `^SISW: 0,10,0`.
    fn take_asking_line(&mut self, question: &Question, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        let frame = framer.frame()?;
        let line = framer.line(frame);
        let is_answer = |form| self.dialect.knowledge.likeness(line, form) == Likeness::Answer;
        if !line.starts_with(question.prompt.mark()?.as_bytes()) || !question.form_of(line).is_none_or(is_answer) {
            return None;
        }
        let value = |place| parameters(split_prefix(line).1).nth(place)?.text().parse().ok();
        let count = question.expected.granted.and_then(value);
        self.take_response(line, now);
        framer.consume(frame);
        let Activity::Asking(asking) = &mut self.state else { return Some(true) };
        asking.prompt = Prompting::Given { blank: false, at_reply: false };
        if let PromptPlan::Reply { bytes, .. } = &question.prompt {
            let taken = count.filter(|taken| *taken < bytes.len());
            asking.prompt = taken.map_or(asking.prompt, |taken| Prompting::Cut { taken });
            self.reply(taken.and_then(|taken| bytes.get(..taken)).unwrap_or(bytes), now);
        } else {
            self.send(b"\x1B", Why::Cancel, now);
        }
        Some(true)
    }

    /// Data that the header before them counts: in them nothing is a line.
    fn take_counted(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        let Activity::Asking(asking) = &self.state else { return None };
        let Shape::Counted { parameter, before } = asking.question.expected.shape else { return None };
        // Blanks before it are noise; a line of blanks is one.
        let blanks = framer.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = framer.rest().get(blanks..)?;
        asking.question.form_of(rest)?;
        let Poll::Ready(data) = body::counted(rest, parameter, before) else { return Some(false) };
        let data = data?;
        framer.take_to(framer.position() + blanks);
        let end = data.end.saturating_add(usize::from(before == b'"'));
        let is_taken = self.take_counted_data(framer, 0..end, data, now);
        if is_taken == Some(true) {
            self.end_with_data(now);
        }
        is_taken
    }

    /// The line may count data of the other end of a connection, which stand behind it, by these values.
    fn expect_pushed(&mut self, line: &[u8], counts: Option<(&[isize], u8)>, now: Duration) {
        let body = counts.and_then(|(places, before)| body::pushed(line, places, before));
        if let Some(body @ Body::Data { length, .. }) = body {
            // Slow lines bring a byte in a thousandth of a second.
            let time = Duration::from_millis(u64::try_from(length).unwrap_or_default());
            self.cursor.expect_below(body, false, now + time);
        }
    }

    /// Data that the line before them counts, which came by itself: in them nothing is a line, and nobody waits for
    /// them. Behind them a line ends. Where they do not come so, it has counted wrongly, and what came is lines.
    #[inline(never)]
    fn take_pushed(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> bool {
        let Some(below @ Below { body: Body::Data { length, before }, .. }) = self.cursor.below else { return true };
        let rest = framer.rest();
        let begins = if before == b'\n' { body::line_end(rest) } else { Some(0) };
        let end = begins.map(|begins| begins + length);
        let is_silent = now.is_silent && now.time >= self.last_byte + SETTLE;
        let behind = end.and_then(|end| rest.get(end..));
        let is_all = match (behind, before) {
            (Some([first, ..]), b'"') => *first == b'"',
            // It goes through no line end.
            (Some([b'\n', ..]), _) => end.and_then(|end| rest.get(end - 1)) != Some(&b'\r'),
            (Some([b'\r' | 0, ..]), _) => true,
            // What was sent comes back right behind them.
            (Some([first, ..]), _) => self.echo.is_of_command() && first.eq_ignore_ascii_case(&b'A'),
            (Some([]) | None, _) if !is_silent && now.time <= below.until => {
                self.cursor.is_decided(false, now);
                return false;
            }
            (Some([]), _) => before != b'"',
            (None, _) => false,
        };
        let end = end.filter(|_| is_all).map(|end| end + usize::from(before == b'"'));
        let Some(data) = end.and_then(|end| rest.get(..end)) else {
            self.cursor.below = None;
            return true;
        };
        for line in data.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty()) {
            now.tell(&Event::Data(line));
        }
        framer.take_to(framer.position() + data.len());
        // It ends a line that has begun before what was asked since.
        self.begin_line();
        (self.cursor.below, self.cursor.before) = (None, Before::Nothing);
        true
    }

    /// `CONNECT` before content that belongs to the answer; and the content, where a number behind it counts its bytes.
    fn take_connect(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        let Activity::Asking(asking) = &mut self.state else { return None };
        if asking.question.expected.shape != Shape::Connect || asking.connected {
            return None;
        }
        if framer.rest().starts_with(CONTENT_MARK) {
            asking.connected = true;
            // As if its line had ended: the content begins behind it.
            asking.keep_gap(b"\n");
            self.close_echo();
            now.tell(&Event::Response(CONTENT_MARK));
            framer.take_to(framer.position() + CONTENT_MARK.len());
            return Some(true);
        }
        let frame = framer.frame()?;
        let header = framer.line(frame);
        let Some(ResultCode::Connect(_)) = result_code::parse(header) else { return None };
        let Poll::Ready(data) = body::counted(framer.rest(), 0, b'\n') else { return Some(false) };
        if let Some(data) = data {
            return self.take_counted_data(framer, data.clone(), data, now);
        }
        asking.connected = true;
        self.close_echo();
        now.tell(&Event::Response(header));
        framer.consume(frame);
        Some(true)
    }

    /// Takes what goes on for so many bytes, as `line` of the answer. What stands before that is told, and belongs to
    /// none.
    fn take_counted_data(
        &mut self,
        framer: &mut Framer,
        line: Range<usize>,
        data: Range<usize>,
        now: &mut Now<'_>,
    ) -> Option<bool> {
        let kept = line.end.min(LONGEST_LINE);
        let given_up = line.end - kept;
        let Some(content) = framer.rest().get(line.start..kept) else { return Some(false) };
        if line.start > 0 {
            now.tell(&Event::Response(framer.rest().get(..line.start).unwrap_or_default().trim_ascii_end()));
        }
        self.take_content(content, now);
        self.hold(framer.rest().get(data.start..data.end.min(kept)).unwrap_or_default());
        framer.take_to(framer.position() + kept);
        if given_up > 0 {
            framer.give_up(given_up);
            now.tell(&Event::Truncated { bytes: given_up });
            if let Activity::Asking(asking) = &mut self.state {
                asking.content.get_or_insert_default().is_cut = true;
            }
        }
        Some(true)
    }

    /// Takes the whole line at the start of the buffer; false where what comes after it must decide what it is.
    fn take_frame(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> bool {
        let framed = match self.cursor.before {
            Before::Nothing => frame.ends.count() > 0,
            Before::Echo => frame.ends.count() > 1 || frame.ends.have_one_before(),
            Before::Line => frame.ends.count() > 1,
        };
        if self.take_echo(framer, frame, framed, now) {
            self.cursor.before = Before::Echo;
            self.begin_line();
            return true;
        }
        self.cursor.framed = framed;
        let is_taken = self.take_whole_line(framer, frame, now);
        if is_taken {
            self.begin_line();
            self.echo.passed();
            self.cursor.before = Before::Line;
        }
        is_taken
    }

    fn take_echo(&mut self, framer: &mut Framer, frame: Frame, framed: bool, now: &mut Now<'_>) -> bool {
        let line = framer.line(frame);
        // `ERROR` was sent, and may be the answer of a modem that does not echo: no echo has a line end before it, but
        // for those of a reply.
        let is_given = matches!(&self.state, Activity::Asking(asking) if asking.prompt != Prompting::None);
        let is_said = || framed && !is_given && result_code::parse(line).is_some();
        let own = if self.echo.is_of_command() || !is_said() { self.echo.take(line) } else { None };
        let earlier = if own.is_none() && !is_said() { self.earlier_echo.take(line) } else { None };
        if own.is_some() {
            self.earlier_echo.close();
        } else if earlier.is_some() {
            self.echoes = Some(true);
        }
        if let Activity::Asking(asking) = &mut self.state {
            if own.is_some() && !std::mem::replace(&mut asking.is_echoed, true) {
                asking.forget_lines();
            }
            if let Prompting::Given { at_reply, .. } = &mut asking.prompt {
                *at_reply = false;
            }
        }
        let Some(behind) = own.or(earlier) else {
            let is_late = self.unproved.as_mut().is_some_and(|unproved| unproved.0.take(line).is_some());
            if is_late {
                now.tell(&Event::Echo(line));
                self.mislead(line, now);
                framer.consume(frame);
            }
            return is_late;
        };
        let (behind, echo) = line.split_at_checked(behind).unwrap_or((&[], line));
        if !behind.is_empty() {
            self.queue_line(behind, &Event::Stray(behind), now);
        }
        now.tell(&Event::Echo(echo));
        framer.consume(frame);
        true
    }

    fn take_whole_line(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> bool {
        if matches!(self.state, Activity::Resync(_)) {
            self.take_resync_line(self.without_noise(framer.line(frame), now), now);
            framer.consume(frame);
            return true;
        }
        if self.mode.is_data() {
            return self.take_data(framer, frame, now);
        }
        if let Some(taken) = self.take_content_line(framer, frame, now) {
            return taken;
        }
        if let Some(taken) = self.take_body_line(framer, frame, now) {
            return taken;
        }
        let Some(whole) = self.with_quoted_lines(framer, frame, now.is_silent) else {
            self.cursor.unsettled = true;
            return false;
        };
        let line = framer.line(frame);
        let is_broken = whole.end > frame.end && !self.dialect.knowledge.may_go_on(line);
        if is_broken || self.cursor.broken && closes_string(line) {
            self.cursor.broken = is_broken;
            self.queue_line(line, &Event::Stray(line), now);
            framer.consume(frame);
            return true;
        }
        let frame = whole;
        let line = self.without_noise(self.without_blanks(framer.line(frame)), now);
        if self.may_be_of_message(line, now) {
            self.patience = REAL_FINAL_TIME;
            match self.goes_on(framer, frame, false, false, now) {
                Some(true) => {
                    now.tell(&Event::Urc(line));
                    now.tell(&Event::Notice(&ambiguity(line)));
                    framer.consume(frame);
                    return true;
                }
                Some(false) => {}
                None => return false,
            }
        }
        match self.final_of(line) {
            Some(_) if self.follows_text() => self.take_earlier_final(line, now),
            Some((result, true)) => match self.is_before_echo(framer, frame, result.is_success(), now) {
                Some(false) => self.take_final(line, result, now),
                Some(true) => self.take_earlier_final(line, now),
                None => return false,
            },
            Some((result, false)) => match self.goes_on(framer, frame, true, false, now) {
                Some(true) => self.take_response(line, now),
                Some(false) => {
                    self.dialect.verbosity = Verbosity::Digits;
                    self.take_final(line, result, now);
                }
                None => return false,
            },
            None => self.take_line_of_state(line, now),
        }
        framer.consume(frame);
        true
    }

    /// Whether this result code may be one that a stranger wrote, in a message that came in the same breath.
    fn may_be_of_message(&self, line: &[u8], now: &Now<'_>) -> bool {
        let (Activity::Asking(asking), Some(last)) = (&self.state, self.cursor.text_ended) else { return false };
        let first_seen = self.cursor.doubt.unwrap_or(now.time);
        let is_near = last >= asking.began && first_seen <= last + SETTLE;
        is_near && self.final_of(line).is_some() && !self.awaits_echo()
    }

    /// Blanks before a line of the question's own are noise.
    fn without_blanks<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        let text = line.trim_ascii_start();
        if text.len() < line.len() && self.is_own(text) { text } else { line }
    }

    /// A line without the noise before it, where a modem that was just switched on says that it starts.
    fn without_noise<'l>(&self, line: &'l [u8], now: &mut Now<'_>) -> &'l [u8] {
        if line.first().is_none_or(u8::is_ascii) {
            return line;
        }
        let end = line.iter().position(|byte| !matches!(byte, 0 | 0x80..)).unwrap_or(0);
        let (noise, rest) = line.split_at_checked(end).unwrap_or((&[], line));
        if self.dialect.knowledge.unasked(rest).is_some_and(Unasked::is_start) {
            now.tell(&Event::Stray(noise));
            return rest;
        }
        line
    }

    /// What comes now has begun after the question.
    fn begin_line(&mut self) {
        if let Activity::Asking(asking) = &mut self.state {
            asking.follows_text = false;
        }
    }

    fn follows_text(&self) -> bool {
        matches!(&self.state, Activity::Asking(asking) if asking.follows_text)
    }

    /// An answer has begun: no echo comes any more, unless the modem echoes all that it is asked.
    fn close_echo(&mut self) {
        if !self.awaits_echo() {
            self.echo.close();
        }
    }

    /// Whether the echo of the question is still to come, as of all that the modem was asked before: what comes before
    /// it is of another answer.
    fn awaits_echo(&self) -> bool {
        let Activity::Asking(asking) = &self.state else { return false };
        let (question, gone) = (&asking.question, asking.gone.is_some());
        !asking.is_echoed && !question.expected.free && !gone && self.echo.is_of_command() && self.echoes == Some(true)
    }

    /// Whether the echo of the question comes only behind this result code: then it is the answer to an earlier one, of
    /// another program. `None` as for [`Session::goes_on`]. Where the modem is known to echo, the echo is waited for;
    /// should it not come, an `AT` is sent, and its answer shows whether the modem echoes no more.
    fn is_before_echo(&mut self, framer: &Framer, frame: Frame, succeeds: bool, now: &mut Now<'_>) -> Option<bool> {
        let awaits = self.awaits_echo();
        let Activity::Asking(asking) = &mut self.state else { return Some(false) };
        if asking.may_be_late && asking.lines.is_empty() && !asking.is_echoed {
            return self.is_of_the_one_before(framer, frame, now);
        }
        let is_late = || now.time.saturating_sub(asking.began) >= EARLY_ANSWER;
        let may_be = self.echoes.unwrap_or_else(is_late) || self.earlier_echo.is_next(framer.line(frame));
        if asking.is_echoed || asking.question.expected.free || !may_be {
            return Some(false);
        }
        let since = asking.checked.map_or(frame.end, |bytes| frame.start + bytes);
        let mut last = Frame { end: since, ..frame };
        for _ in 0..LINES_AHEAD {
            let Some(next) = line_after(self.dialect, framer, last) else { break };
            let line = framer.line(next);
            if asking.checked.is_some() && Echo::of_question(FENCE, 0).is_next(line) {
                asking.is_unheard = true;
                return Some(true);
            }
            if self.echo.begins(line) {
                self.echoes = Some(true);
                return Some(true);
            }
            if asking.checked.is_some() && self.dialect.final_of(&asking.question.expected, line).is_some() {
                return Some(false);
            }
            last = next;
        }
        if !awaits {
            let is_more = line_after(self.dialect, framer, last).is_some();
            return if is_more { Some(false) } else { self.cursor.is_decided(false, now).then_some(false) };
        }
        if asking.prompt == Prompting::Open {
            // An `AT` would be taken for the data. Before the prompt nothing is done.
            return Some(succeeds);
        }
        if asking.checked.is_some() {
            self.cursor.doubt = None;
            return now.is_silent.then_some(true);
        }
        self.patience = if asking.question.expected.abortable { ECHO_TIME_OF_LONG } else { ECHO_TIME };
        if self.cursor.is_decided(true, now) {
            asking.checked = Some(framer.end() - frame.start);
            self.cursor.doubt = None;
            self.send(FENCE, Why::Resynchronise, now);
        }
        None
    }

    /// Whether another result code, or the answer, comes behind this one: then it is that of the question before, which
    /// was not waited for.
    fn is_of_the_one_before(&mut self, framer: &Framer, frame: Frame, now: &Now<'_>) -> Option<bool> {
        let mut last = frame;
        for _ in 0..LINES_AHEAD {
            let Some(next) = line_after(self.dialect, framer, last) else { break };
            let line = framer.line(next);
            if self.is_own(line) || self.final_of(line).is_some() || self.echo.begins(line) {
                return Some(true);
            }
            last = next;
        }
        self.patience = LATE_FINAL_TIME;
        self.cursor.is_decided(true, now).then_some(false)
    }

    /// The end of an answer to an earlier question; what came before it is of that answer as well.
    fn take_earlier_final(&mut self, line: &[u8], now: &mut Now<'_>) {
        now.tell(&Event::Stray(line));
        self.show(line, now);
        let Activity::Asking(asking) = &mut self.state else { return };
        asking.forget_lines();
        asking.may_be_late = false;
        if asking.is_unheard {
            self.fail(FailureKind::Timeout(Silence::Strange), now);
        } else if let Some(result) = self.refusal(line) {
            self.fail(FailureKind::Refused(Line { bytes: line.to_vec() }, result), now);
        }
    }

    /// A line that is no final result code to a question that is open.
    fn take_line_of_state(&mut self, line: &[u8], now: &mut Now<'_>) {
        let is_escaped = matches!(self.mode, Mode::Unknown { leaving: true, .. });
        match &mut self.state {
            Activity::Asking(asking) => {
                let (event, tells) = asking.event_of(line, self.cursor.framed, self.dialect);
                // What a message says counts nothing.
                let may_count = asking.body.is_none() && tells == Unasked::Data;
                if let Event::Response(_) = event {
                    if asking.lines.is_empty() {
                        asking.framed = self.cursor.framed;
                    }
                    self.take_response(line, now);
                    self.end_with_data(now);
                    return;
                }
                if let Event::Urc(_) = event {
                    asking.keep_as_fallback(line, self.dialect.knowledge);
                }
                match tells {
                    Unasked::Off => asking.lose_modem(FailureKind::Off(Line { bytes: line.to_vec() }), now.time),
                    Unasked::Start | Unasked::StartWord => self.hear_start(line, now.time),
                    // Where no answer comes after it, it has started.
                    Unasked::Ready => asking.is_strange |= asking.lines.is_empty(),
                    Unasked::News | Unasked::Data => {}
                }
                if may_count {
                    self.expect_pushed(line, self.dialect.knowledge.counts(line), now.time);
                }
                self.queue_line(line, &event, now);
            }
            // The `OK` of an escape where nobody knew that the line carried data.
            Activity::Idle(_) if is_escaped && line.trim_ascii() == b"OK" => {
                self.leave_data_mode(line, &ResultCode::Ok, now);
            }
            Activity::Idle(idle) => {
                let dialect = self.dialect;
                let is_final = |owing: &&mut Owing| dialect.final_of(&owing.question.expected, line).is_some();
                let Some(owing) = idle.still_owed().filter(is_final) else { return self.take_loose_line(line, now) };
                owing.finals -= 1;
                owing.runs_until = Duration::ZERO;
                now.tell(&Event::Stray(line));
                self.hear_connect(line);
                // What succeeds is the one that is owed. A refusal may be that of what was sent since.
                if dialect.final_of(&Expected::default(), line).is_some_and(|(result, _)| !result.is_success()) {
                    self.hear_refusal(line);
                }
                self.show(line, now);
            }
            Activity::Resync(_) => {}
        }
    }

    /// Text that has not ended: silence makes a final result code of it, or a prompt.
    #[inline(never)]
    fn take_unfinished(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> bool {
        let text = framer.rest();
        // `>` of messages, `@` of u-blox's data, where none was announced
        let is_prompt = matches!(text.trim_ascii_end(), b">" | b"@");
        let result = match &self.state {
            Activity::Resync(_) if is_prompt => None,
            Activity::Resync(_) => return false,
            Activity::Idle(_) | Activity::Asking(_) if self.mode.is_data() => {
                return self.take_unfinished_data(framer, now);
            }
            Activity::Idle(_) => return false,
            Activity::Asking(asking) if is_prompt && !asking.question.expected.free => None,
            // An echo that has not ended is none.
            Activity::Asking(_) if self.echo.may_begin(text) => return false,
            Activity::Asking(_) if self.follows_text() || self.awaits_echo() => return false,
            Activity::Asking(_) => match self.final_of(text) {
                Some((result, _)) => Some(result),
                None => return false,
            },
        };
        if !now.is_silent {
            self.cursor.unsettled = true;
            return false;
        }
        match result {
            Some(result) => self.take_final(text, result, now),
            None => self.cancel_prompt(text, now),
        }
        framer.take_to(framer.position() + text.len());
        true
    }

    /// A prompt that nobody announced is cancelled: the modem waits for data and would take the next command for them.
    fn cancel_prompt(&mut self, prompt: &[u8], now: &mut Now<'_>) {
        now.tell(&Event::Prompt(prompt));
        self.send(b"\x1B", Why::Cancel, now);
        if let Activity::Asking(asking) = &mut self.state {
            asking.unexpected = Some(Line { bytes: prompt.to_vec() });
            asking.deadline = asking.deadline.min(now.time + CANCEL_ANSWER_TIME);
        }
    }

    /// A line of the content behind a `CONNECT`. A final result code is one only where no more content comes behind it.
    #[inline(never)]
    fn take_content_line(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> Option<bool> {
        if !self.is_connected() {
            return None;
        }
        let line = framer.line(frame);
        if let Some((result, _)) = self.final_of(line) {
            if let Activity::Asking(asking) = &self.state
                && (result.is_success() && asking.question.expected.closes)
                && !asking.lines.iter().any(|line| self.is_own(&line.bytes))
            {
                // A line that is known to stand at the end of the content has not come.
                self.patience = CLOSE_TIME;
            }
            match self.goes_on(framer, frame, true, false, now) {
                Some(true) => {}
                Some(false) => return None,
                None => return Some(false),
            }
        }
        self.take_blank_lines(frame, now);
        self.take_content(line, now);
        if !self.is_own(line) {
            self.hold(line);
        } else if let Activity::Asking(asking) = &mut self.state {
            // Behind the content stands a line of the answer's own: `+QFDWL: 12,3e`.
            asking.content.get_or_insert_default().count(line);
        }
        framer.consume(frame);
        Some(true)
    }

    fn is_connected(&self) -> bool {
        matches!(&self.state, Activity::Asking(asking) if asking.connected)
    }

    /// Empty lines before this one belong to the text that it belongs to.
    fn take_blank_lines(&mut self, frame: Frame, now: &mut Now<'_>) {
        for _ in 1..frame.ends.count().min(LINES_AHEAD) {
            self.take_content(&[], now);
        }
    }

    /// A line under the header of a message. Its text may hold anything, result codes and URCs too.
    #[inline(never)]
    fn take_body_line(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> Option<bool> {
        let Activity::Asking(asking) = &mut self.state else { return None };
        let body = asking.body?;
        let line = framer.line(frame);
        let is_inside =
            matches!(body, Body::Text { length: Some(length), came } if came.leaves_room_for(line, frame.ends, length));
        if !is_inside && asking.question.form_of(line).is_some() {
            // The next header begins. If the body should be longer, the modem's count of its length is wrong.
            asking.body = None;
            return None;
        }
        let (length, came) = match body {
            Body::Pdu if line.iter().all(u8::is_ascii_hexdigit) => {
                asking.content.get_or_insert_default().hold_pdu(line);
                asking.body = None;
                self.take_content(line, now);
                framer.consume(frame);
                return Some(true);
            }
            Body::Pdu | Body::Data { .. } => return None,
            Body::Text { length, came } => (length, came),
        };
        let stands_alone = frame.ends.count() > 1;
        let stood_alone = asking.framed;
        if self.final_of(line).is_some() {
            // This modem puts a line end before what it says.
            if stood_alone && !stands_alone {
                self.patience = CLOSE_TIME;
            }
            let is_over = stands_alone && length.is_some_and(|length| came.is_just(length));
            match if is_over { Some(false) } else { self.goes_on(framer, frame, is_inside, false, now) } {
                Some(true) if is_inside => {}
                Some(true) => now.tell(&Event::Notice(&ambiguity(line))),
                Some(false) => {
                    self.set_body(None);
                    return None;
                }
                None => return Some(false),
            }
        }
        if came.lines > 0 {
            self.take_blank_lines(frame, now);
        }
        let came = came.with(line, frame.ends);
        let is_all = length.is_some_and(|length| came.is_all_of(length));
        self.hold(line);
        self.take_content(line, now);
        // Last, because a line of the text may look like a header.
        self.set_body((!is_all).then_some(Body::Text { length, came }));
        framer.consume(frame);
        Some(true)
    }

    fn set_body(&mut self, body: Option<Body>) {
        if let Activity::Asking(asking) = &mut self.state {
            asking.body = body;
        }
    }

    /// The final result code that this line is to the question that is open; see [`Dialect::final_of`].
    ///
    /// [`Dialect::final_of`]: crate::at::knowledge::Dialect::final_of
    fn final_of(&self, line: &[u8]) -> Option<(ResultCode, bool)> {
        let Activity::Asking(asking) = &self.state else { return None };
        self.dialect.final_of(&asking.question.expected, line)
    }

    fn take_response(&mut self, line: &[u8], now: &mut Now<'_>) {
        self.take_content(line, now);
        self.show(line, now);
    }

    /// A piece of the content that the answer carries.
    fn hold(&mut self, content: &[u8]) {
        if let Activity::Asking(asking) = &mut self.state {
            asking.content.get_or_insert_default().hold(content);
        }
    }

    /// What other people wrote, a message or a file, is a part of the answer, and no line at which anything ends.
    fn take_content(&mut self, line: &[u8], now: &mut Now<'_>) {
        self.close_echo();
        let Activity::Asking(asking) = &mut self.state else { return };
        let fits = asking.keep(line);
        now.tell(&Event::Response(line));
        if !fits {
            now.tell(&Event::Notice("the answer is larger than 1 MiB: what comes after is not kept"));
        }
    }

    pub(super) fn take_final(&mut self, line: &[u8], result: ResultCode, now: &mut Now<'_>) {
        if matches!(result, ResultCode::Ok | ResultCode::Error) && line.trim_ascii().len() > 1 {
            self.dialect.verbosity = Verbosity::Words;
        }
        let is_early = match &mut self.state {
            Activity::Asking(asking) => {
                asking.is_early = asking.comes_before_data(&result);
                asking.is_answered = !asking.is_early;
                asking.is_early
            }
            Activity::Idle(_) | Activity::Resync(_) => false,
        };
        now.tell(&Event::Final { line, result: &result });
        match now.listener.line(line) {
            Verdict::Stop => self.fail(FailureKind::Stopped(Line { bytes: line.to_vec() }), now),
            Verdict::GoOn | Verdict::Enough if is_early => {}
            Verdict::GoOn | Verdict::Enough => self.finish(Some(result), now),
        }
    }

    /// The data, or nothing more, came behind the `OK` that was to come with them; false where none did.
    pub(super) fn end_with_data(&mut self, now: &mut Now<'_>) -> bool {
        let is_early = matches!(&self.state, Activity::Asking(asking) if asking.is_early);
        if is_early {
            self.finish(Some(ResultCode::Ok), now);
        }
        is_early
    }

    pub(super) fn queue_line(&mut self, line: &[u8], event: &Event<'_>, now: &mut Now<'_>) {
        self.queue.push(line);
        if let (Event::Stray(_), Activity::Asking(asking)) = (event, &mut self.state) {
            asking.is_strange |= is_strange(line);
        }
        now.tell(event);
        if matches!(event, Event::Urc(_)) && self.dialect.knowledge.has_body(line) {
            self.cursor.expect_below(Body::below(line), false, now.time);
        }
        self.hear_connect(line);
        self.show(line, now);
    }

    /// Shows a line to the listener and does what it says.
    pub(super) fn show(&mut self, line: &[u8], now: &mut Now<'_>) {
        match (now.listener.line(line), &mut self.state) {
            (Verdict::Enough, Activity::Asking(asking)) if asking.question.expected.free => self.finish(None, now),
            (Verdict::GoOn | Verdict::Enough, _) => {}
            (Verdict::Stop, Activity::Idle(idle)) => {
                idle.stopped.get_or_insert_with(|| Line { bytes: line.to_vec() });
            }
            (Verdict::Stop, Activity::Asking(_) | Activity::Resync(_)) => {
                self.fail(FailureKind::Stopped(Line { bytes: line.to_vec() }), now);
            }
        }
    }

    /// A line that belongs to no answer, or to one that nobody waits for any more. That is no news: it is not queued.
    pub(super) fn take_loose_line(&mut self, line: &[u8], now: &mut Now<'_>) {
        if self.is_late(line) {
            now.tell(&Event::Stray(line));
            self.show(line, now);
            return;
        }
        let unasked = self.dialect.knowledge.unasked(line);
        if unasked.is_none() {
            self.take_unasked_result(line, now);
        }
        if unasked.is_some_and(Unasked::is_start) {
            self.hear_start(line, now.time);
            // The modem has just started: what it owed it will not give any more.
            match &mut self.state {
                Activity::Resync(resync) => resync.begin_anew(),
                Activity::Idle(Idle { owing: Some(owing), .. }) => owing.finals = 0,
                Activity::Idle(_) | Activity::Asking(_) => {}
            }
        }
        if unasked == Some(Unasked::Data) {
            self.expect_pushed(line, self.dialect.knowledge.counts(line), now.time);
        }
        self.queue_line(line, &if unasked.is_some() { Event::Urc(line) } else { Event::Stray(line) }, now);
    }

    /// A result code that comes while nothing is asked is the answer to what nobody waits for, or one too many.
    #[inline(never)]
    fn take_unasked_result(&mut self, line: &[u8], now: &Now<'_>) {
        let Some(result) = result_code::parse(line).filter(|result| !result.is_call_control()) else { return };
        let is_surplus = !self.owes_final && !self.heeds_refusal();
        self.owes_final = false;
        let Some(idle) = self.idle() else { return };
        let late = idle.answered.map(|since| now.time.saturating_sub(since));
        let late = late.filter(|late| *late <= LONGEST_SURPLUS_TIME);
        // What succeeds may be the late one of two: then a refusal comes behind it.
        if idle.is_believed && late.is_some() {
            idle.heeds_refusal = idle.heeds_refusal.or(idle.answered);
            idle.is_believed = result.is_success();
        }
        self.dialect.surplus_delay = self.dialect.surplus_delay.max(late.filter(|_| is_surplus));
        self.hear_refusal(line);
    }

    fn hear_refusal(&mut self, line: &[u8]) {
        if let Some(result) = self.refusal(line) {
            self.refused = Some(Box::new((Line { bytes: line.to_vec() }, result)));
        }
    }

    /// The refusal that this line is, should it answer what nobody waits for: as the first line behind it.
    fn refusal(&mut self, line: &[u8]) -> Option<ResultCode> {
        match &mut self.state {
            Activity::Idle(Idle { heeds_refusal, .. }) | Activity::Asking(Asking { heeds_refusal, .. }) => {
                heeds_refusal.take()?
            }
            Activity::Resync(_) => return None,
        };
        let (result, is_sure) = self.dialect.final_of(&Expected::default(), line)?;
        (is_sure && !result.is_success()).then_some(result)
    }

    /// Whether the line is one of the answer that is owed.
    fn is_late(&mut self, line: &[u8]) -> bool {
        let owing = match &mut self.state {
            Activity::Resync(resync) => resync.still_owed(),
            Activity::Idle(idle) => idle.still_owed(),
            Activity::Asking(_) => None,
        };
        let Some(owing) = owing else { return false };
        let Some(form) = owing.question.form_of(line) else { return false };
        let is_late = match self.dialect.knowledge.likeness(line, form) {
            Likeness::Answer => true,
            Likeness::Urc => false,
            // The first of them is the answer.
            Likeness::Either | Likeness::State => !std::mem::replace(&mut owing.answered, true),
        };
        let shape = owing.question.expected.shape;
        if is_late && shape == Shape::HeaderAndBody {
            self.cursor.expect_below(Body::of(line), true, self.last_byte);
        } else if is_late && let Shape::Counted { parameter, before } = shape {
            self.expect_pushed(line, Some((&[parameter], before)), self.last_byte);
        }
        is_late
    }

    /// A line of the text under an unsolicited one, in which nothing is a result code or a prompt. The echo of what was
    /// sent ends it: the modem says a message as a whole.
    #[inline(never)]
    fn take_below(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> Option<bool> {
        let below = self.cursor.below?;
        let frame = framer.frame();
        let text = frame.map_or(framer.rest(), |frame| framer.line(frame));
        let is_echo = frame.is_some() && below.has_begun() && self.echo.is_next(text);
        if is_echo || !below.holds(text, framer.ends(), now.time) {
            self.cursor.text_ended = (!is_echo && !below.is_counted()).then_some(below.last);
            self.cursor.below = None;
            return None;
        }
        let Some(frame) = frame else { return Some(false) };
        match self.is_below(below, framer, frame, now) {
            Some(true) => {}
            Some(false) => {
                self.cursor.below = None;
                return None;
            }
            None => return Some(false),
        }
        // What a stranger wrote is no line that anybody waits for, or that ends anything.
        now.tell(&if below.late { Event::Stray(text) } else { Event::Urc(text) });
        self.cursor.below = match below.body {
            Body::Pdu | Body::Data { .. } => None,
            Body::Text { length, came } => {
                let came = came.with(text, frame.ends);
                let is_over = length.is_some_and(|length| came.is_all_of(length));
                (!is_over).then_some(Below { body: Body::Text { length, came }, last: now.time, ..below })
            }
        };
        framer.consume(frame);
        Some(true)
    }

    /// Whether a line that can belong to the text does. `None`: what comes next must decide, or silence.
    fn is_below(&mut self, below: Below, framer: &Framer, frame: Frame, now: &Now<'_>) -> Option<bool> {
        // Something is asked, or owed: a line may belong to it.
        let is_waited_for = !matches!(self.state, Activity::Idle(Idle { owing: None, .. }));
        match below.body {
            Body::Text { length: None, .. } if below.has_begun() && !below.framed => {
                // A result code may be the answer's as well. If it is the text's, another one comes.
                if self.final_of(framer.line(frame)).is_none() {
                    return Some(false);
                }
                self.patience = REAL_FINAL_TIME;
                self.goes_on(framer, frame, false, false, now)
            }
            // A modem that counts in another way than it writes tells a length that is none.
            Body::Text { length: Some(length), came }
                if (below.has_begun() || frame.ends.count() > 1)
                    && is_waited_for
                    && !(below.framed && frame.ends.count() <= 1) =>
            {
                self.comes_to_length(framer, frame, (came, length), now)
            }
            Body::Text { .. } | Body::Pdu | Body::Data { .. } => Some(true),
        }
    }

    /// Takes a whole line of data; false where what comes after it must decide.
    fn take_data(&mut self, framer: &mut Framer, frame: Frame, now: &mut Now<'_>) -> bool {
        let line = framer.line(frame);
        if let Some(result) = self.ends_data_mode(line) {
            match self.goes_on(framer, frame, true, true, now) {
                Some(true) => {}
                Some(false) => {
                    self.leave_data_mode(line, &result, now);
                    framer.consume(frame);
                    return true;
                }
                None => return false,
            }
        }
        self.tell_data(line, now);
        // Of data nothing is given up: what is longer than a line may be goes on as the next one.
        framer.take_to(frame.end);
        true
    }

    /// Data without a line end: silence ends them.
    fn take_unfinished_data(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> bool {
        if !now.is_silent || matches!(self.state, Activity::Idle(Idle { awaited: Some(_), .. })) {
            self.cursor.unsettled |= !now.is_silent;
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
        match self.state {
            Activity::Asking(_) => self.take_response(data, now),
            Activity::Idle(_) | Activity::Resync(_) => self.queue_line(data, &Event::Data(data), now),
        }
    }

    fn ends_data_mode(&self, line: &[u8]) -> Option<ResultCode> {
        let Mode::Data { ends, leaving, .. } = self.mode else { return None };
        let line = line.trim_ascii();
        if ends.iter().any(|text| text.as_bytes() == line) {
            // To `+++` it is the answer that was asked for.
            return Some(ResultCode::Vendor { text: text(line).into_owned(), success: leaving });
        }
        let in_digits = || result_code::parse_numeric(line).filter(|_| self.dialect.verbosity == Verbosity::Digits);
        let of_vendor = || {
            let success = self.dialect.knowledge.vendor_final(line)?;
            Some(ResultCode::Vendor { text: text(line).into_owned(), success })
        };
        let result = result_code::parse(line).or_else(in_digits).or_else(of_vendor)?;
        let ends = result == ResultCode::NoCarrier
            || self.mode.ends_with_any_result() && !result.is_call_control() && result != ResultCode::Aborted;
        ends.then_some(result)
    }

    /// Whether the answer goes on after this line, which would end it. A result code behind it tells that it does, or
    /// another header; where `any` line would, any that is no URC, and of data what has not ended as well. `None`: what
    /// comes next must decide, or [`SETTLE`] without it.
    fn goes_on(&mut self, framer: &Framer, frame: Frame, any: bool, is_data: bool, now: &Now<'_>) -> Option<bool> {
        let mut others = false;
        let mut is_below = false;
        let mut last = frame;
        // Some modems say OK behind their own word that data mode has ended.
        let is_word = is_data && result_code::parse(framer.line(frame)).is_none();
        for _ in 0..LINES_AHEAD {
            let Some(next) = line_after(self.dialect, framer, last) else {
                // What is not a URC is waited for as long as it comes.
                let has_text = framer.has_text_after(last);
                return self.cursor.is_decided(!others && !has_text, now).then_some(is_data && has_text);
            };
            if next.start - frame.start > BYTES_AHEAD {
                break;
            }
            let line = framer.line(next);
            if !std::mem::take(&mut is_below) {
                if self.patience > SETTLE && self.is_own(line) {
                    // The end that was waited for longer.
                    self.patience = SETTLE;
                }
                if self.dialect.knowledge.unasked(line).is_some() {
                    is_below = self.dialect.knowledge.has_body(line);
                } else if self.is_connected() && self.is_own(line) || is_word && line.trim_ascii() == b"OK" {
                    // It tells how that went.
                } else if any || self.is_own(line) || self.final_of(line).is_some() {
                    return Some(true);
                } else {
                    others = true;
                }
            }
            last = next;
        }
        // Better no end than a false one.
        Some(others)
    }

    fn is_own(&self, line: &[u8]) -> bool {
        matches!(&self.state, Activity::Asking(asking) if asking.question.form_of(line).is_some())
    }

    /// Whether the text of which `came` has come, and of which this line may be one, comes to its length at the end of
    /// a line. Where it does not, the length is not that of the text. `None` as for [`Session::goes_on`].
    fn comes_to_length(
        &mut self,
        framer: &Framer,
        frame: Frame,
        (mut came, length): (Came, usize),
        now: &Now<'_>,
    ) -> Option<bool> {
        let mut next = frame;
        for _ in 0..LINES_AHEAD {
            let line = framer.line(next);
            if !came.leaves_room_for(line, next.ends, length) {
                return Some(false);
            }
            came = came.with(line, next.ends);
            if came.is_just(length) {
                return Some(true);
            }
            let Some(frame) = framer.frame_after(next) else {
                return self.cursor.is_decided(!framer.has_text_after(next), now).then_some(false);
            };
            next = frame;
        }
        Some(false)
    }

    /// The line, with those that a quoted string in it goes over: `+CUSD: 0,"5 EUR` … `left",15`. `None` where what
    /// comes next must decide. A quote that nothing closes is a slip of the modem and takes nothing with it. Inside, a
    /// stranger may have written anything, what looks like an answer too.
    fn with_quoted_lines(&self, framer: &Framer, frame: Frame, is_silent: bool) -> Option<Frame> {
        let line = framer.line(frame);
        if !opens_string(line) || prefix_length(line).is_none() {
            return Some(frame);
        }
        let mut last = frame;
        loop {
            let Some(next) = framer.frame_after(last) else {
                return (is_silent || framer.end() - frame.start > LONGEST_STRING).then_some(frame);
            };
            if next.end - frame.start > LONGEST_STRING {
                return Some(frame);
            }
            if closes_string(framer.line(next)) {
                return Some(Frame { end: next.end, ..frame });
            }
            last = next;
        }
    }
}

/// The whole line behind this one, and behind the data that it counts.
fn line_after(dialect: Dialect, framer: &Framer, frame: Frame) -> Option<Frame> {
    let line = framer.line(frame);
    let mut end = frame.end;
    if dialect.knowledge.unasked(line) == Some(Unasked::Data)
        && let Some((places, before)) = dialect.knowledge.counts(line)
        && let Some(Body::Data { length, before }) = body::pushed(line, places, before)
    {
        end += length + if before == b'\n' { 2 } else { 0 };
    }
    framer.frame_after(Frame { end, ..frame })
}

/// Whether a quoted string begins that does not end. A quote within a value begins none: `*PSUTTZ:
/// 26/01/01,00:00:00","+00",0`.
fn opens_string(line: &[u8]) -> bool {
    has_odd_quotes(line) && memchr::memrchr(b'"', line).is_some_and(|last| begins_value(line, last))
}

/// Whether the first quote in it is one that closes: behind it stands a comma, or nothing more.
fn closes_string(line: &[u8]) -> bool {
    let is_end = |first: usize| matches!(line.get(first + 1..).map(<[u8]>::trim_ascii_start), Some([] | [b',', ..]));
    let may_open = |first| prefix_length(line).is_some() && begins_value(line, first);
    has_odd_quotes(line) && memchr::memchr(b'"', line).is_some_and(|first| is_end(first) && !may_open(first))
}

fn begins_value(line: &[u8], quote: usize) -> bool {
    let before = line.get(..quote).unwrap_or_default();
    matches!(before.trim_ascii_end(), [.., b':' | b',' | b'('])
}

fn has_odd_quotes(line: &[u8]) -> bool {
    // Whether they are odd in number needs no more than a byte, and so are many compared at once.
    line.iter().fold(0_u8, |quotes, byte| quotes.wrapping_add(u8::from(*byte == b'"'))) % 2 == 1
}

/// A notice that a final result code in a message's text was one of its lines.
fn ambiguity(line: &[u8]) -> String {
    format!(
        "the line `{}` was taken as a part of the message, because more came after it; AT+CSDH=1 makes the modem tell \
         how long a message is",
        text(line)
    )
}
