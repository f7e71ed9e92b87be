//! Where the modem asks for data (27.005 §3.5.1): the prompt stands at the start of a line and has no line end.

use std::time::Duration;

use super::exchange::{Prompt, mark};
use super::{Now, Piece, Session};
use crate::at::answer::{Event, Line, PromptPlan, Why};
use crate::at::echo::Echo;
use crate::at::framer::Framer;

/// After the ESC that cancels a prompt nobody wanted, the modem has so long for its result code.
const CANCEL_TIME: Duration = Duration::from_secs(1);

impl Session {
    /// The prompt that was announced, or one that asks for the next line of the text it is being given.
    pub(super) fn take_prompt(&mut self, framer: &mut Framer, settled: bool, now: &mut Now<'_>) -> Piece {
        let Some(exchange) = &mut self.exchange else { return Piece::None };
        let first = match exchange.prompt {
            Prompt::None => return Piece::None,
            Prompt::Open => true,
            Prompt::Given { blank, at_reply } => {
                if blank && framer.rest().first() == Some(&b' ') {
                    framer.take_to(framer.position() + 1);
                    exchange.prompt = Prompt::Given { blank: false, at_reply };
                    return Piece::Taken;
                }
                if at_reply {
                    // What follows a prompt on its line is an echo, even if it begins as a prompt does.
                    return Piece::None;
                }
                false
            }
        };
        let mark = mark(exchange.plan()).as_bytes();
        let frame = framer.frame();
        let rest = framer.rest();
        let end = if mark.last().is_some_and(u8::is_ascii_alphanumeric) {
            // `CONNECT`, `DOWNLOAD`: a word could go on, so its line must end, or nothing more come.
            if !first {
                return Piece::None;
            }
            let is_mark = |line: &[u8]| match line.strip_prefix(mark) {
                Some([] | [b' ', ..]) => true,
                Some(_) | None => false,
            };
            match frame {
                Some(frame) if is_mark(framer.line(frame)) => frame.end,
                Some(_) => return Piece::None,
                None if is_mark(rest) && settled => framer.position() + rest.len(),
                None => {
                    self.unsettled |= is_mark(rest);
                    return Piece::None;
                }
            }
        } else if rest.starts_with(mark) {
            framer.position() + mark.len()
        } else if mark.starts_with(rest) {
            return Piece::Incomplete;
        } else {
            return Piece::None;
        };
        now.tell(&Event::Prompt(framer.bytes(framer.position()..end)));
        framer.take_to(end);
        exchange.prompt = Prompt::Given { blank: true, at_reply: true };
        if first {
            match exchange.plan().clone() {
                PromptPlan::Reply { bytes, .. } => {
                    self.echo = Echo::of_reply(&bytes);
                    self.send(&bytes, Why::Reply, now);
                }
                PromptPlan::Cancel { .. } | PromptPlan::Unexpected => self.send(b"\x1B", Why::Cancel, now),
            }
        }
        Piece::Taken
    }

    /// A prompt that nobody announced is cancelled: the modem waits for data and would take the next command for them.
    pub(super) fn cancel_prompt(&mut self, prompt: &[u8], now: &mut Now<'_>) {
        now.tell(&Event::Prompt(prompt));
        self.send(b"\x1B", Why::Cancel, now);
        if let Some(exchange) = &mut self.exchange {
            exchange.unexpected = Some(Line { bytes: prompt.to_vec() });
            exchange.end_at_latest(now.time + CANCEL_TIME);
        }
    }
}

/// What looks like a prompt, where none was announced: `>` of messages, `@` of u-blox's data.
pub(super) fn looks_like_prompt(text: &[u8]) -> bool {
    matches!(text.trim_ascii_end(), b">" | b"@")
}
