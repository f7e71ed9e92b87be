//! What bytes mean when no command line is typed: at a prompt, in a data call.

use std::time::Duration;

use super::line::{Final, Refusal, Then};
use super::message::Status;
use super::simulator::{PROMPT_TEXT, Simulator, State, Timer, waiting};

const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) purpose: Purpose,
    pub(super) text: Vec<u8>,
}

/// What is done with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Send {
        address: String,
    },
    Write {
        address: String,
        status: Status,
    },
    /// PDU mode; the length without the service centre
    SendUnit {
        length: usize,
    },
    WriteUnit {
        length: usize,
        status: Status,
    },
    /// Data for a socket: so many, or up to Ctrl-Z
    Socket {
        id: u8,
        length: Option<usize>,
    },
    /// The same on u-blox, which answers with a line of its own
    UbloxSocket {
        id: u8,
        length: usize,
        prefix: &'static str,
    },
    /// Nobody asked for the prompt.
    Nothing,
}

impl Purpose {
    /// How many bytes of data are awaited, where their number was told.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Purpose::Socket { length, .. } => *length,
            Purpose::UbloxSocket { length, .. } => Some(*length),
            Purpose::Send { .. }
            | Purpose::Write { .. }
            | Purpose::SendUnit { .. }
            | Purpose::WriteUnit { .. }
            | Purpose::Nothing => None,
        }
    }
}

impl Simulator {
    pub(super) fn open_prompt(&mut self, purpose: Purpose) {
        let profile = self.profile;
        self.put_prompt(match purpose {
            Purpose::UbloxSocket { .. } => "\r\n@",
            Purpose::Send { .. }
            | Purpose::Write { .. }
            | Purpose::SendUnit { .. }
            | Purpose::WriteUnit { .. }
            | Purpose::Socket { .. }
            | Purpose::Nothing => &profile.wire.prompt,
        });
        self.state = State::Prompt(Box::new(Prompt { purpose, text: Vec::new() }));
    }

    pub(super) fn type_at_prompt(&mut self, byte: u8) {
        let State::Prompt(prompt) = &mut self.state else { return };
        match byte {
            _ if prompt.purpose.length().is_some() => self.type_counted(byte),
            CTRL_Z => {
                let State::Prompt(prompt) = std::mem::replace(&mut self.state, State::Command) else { return };
                let hangs = self.options.faults.hangs_at_prompt;
                let time = if hangs { Duration::MAX } else { self.profile.timing.message.0 };
                match prompt.purpose {
                    Purpose::Send { .. } | Purpose::SendUnit { .. } => {
                        self.state = waiting(self.now.saturating_add(time), Then::Deliver(prompt));
                    }
                    Purpose::Write { .. } | Purpose::WriteUnit { .. } | Purpose::Nothing if hangs => {
                        self.state = waiting(Duration::MAX, Then::Deliver(prompt));
                    }
                    Purpose::Write { .. }
                    | Purpose::WriteUnit { .. }
                    | Purpose::Socket { .. }
                    | Purpose::UbloxSocket { .. } => {
                        self.state = waiting(self.now, Then::Deliver(prompt));
                    }
                    Purpose::Nothing => self.finish(Final::Refused(Refusal::Error)),
                }
            }
            ESCAPE => {
                let result =
                    if self.profile.rules.escape == "ERROR" { Final::Refused(Refusal::Error) } else { Final::Ok };
                self.finish(result);
            }
            0x08 | 0x7F => {
                prompt.text.pop();
                self.echo(byte);
            }
            _ => {
                if prompt.text.len() < PROMPT_TEXT {
                    prompt.text.push(byte);
                }
                self.echo(byte);
                if byte == b'\r' {
                    let profile = self.profile;
                    self.put_prompt(&profile.wire.prompt);
                }
            }
        }
    }

    /// Data whose number was told: any byte is one of them.
    fn type_counted(&mut self, byte: u8) {
        let State::Prompt(prompt) = &mut self.state else { return };
        let Some(length) = prompt.purpose.length() else { return };
        prompt.text.push(byte);
        if prompt.text.len() >= length
            && let State::Prompt(prompt) = std::mem::replace(&mut self.state, State::Command)
        {
            self.state = waiting(self.now, Then::Deliver(prompt));
        }
    }

    /// Data goes to the other end, where a socket's server says it back and a call's network does not; `+++` between two silences comes back (V.250 §6.2.9, S12).
    pub(super) fn type_data(&mut self, byte: u8) {
        let guard = self.guard_time();
        let escape = self.settings.register(2).unwrap_or(b'+');
        let now = self.now;
        let State::Data { escapes, last } = &mut self.state else { return };
        let quiet = now.saturating_sub(*last) >= guard;
        *last = now;
        let count = *escapes;
        let held = if byte == escape && count < 3 && (count > 0 || quiet) { count + 1 } else { 0 };
        *escapes = held;
        let complete = held == 3;
        if held == 0 && self.passed_through.is_some() {
            // What was held back as the beginning of an escape was none.
            let said: Vec<u8> = std::iter::repeat_n(escape, usize::from(count)).chain([byte]).collect();
            self.send(&said);
        }
        self.cancel(|timer| *timer == Timer::Escape);
        if complete {
            self.timers.push((now + guard, Timer::Escape));
        }
    }

    fn guard_time(&self) -> Duration {
        Duration::from_millis(20) * u32::from(self.settings.register(12).unwrap_or(50))
    }

    /// Back to command mode; the call stays.
    pub(super) fn escape(&mut self) {
        if matches!(self.state, State::Data { .. }) {
            self.finish(Final::Ok);
        }
    }

    /// The call ends by itself.
    pub(super) fn hang_up(&mut self) {
        self.end_connection();
        self.finish(Final::NoCarrier);
    }

    /// The network ends the connection; in command mode that is told between two commands.
    pub(super) fn lose_connection(&mut self) {
        if !self.online {
            return;
        }
        self.end_connection();
        if matches!(self.state, State::Data { .. }) {
            self.finish(Final::NoCarrier);
        } else {
            self.urc("NO CARRIER");
        }
    }

    pub(super) fn end_connection(&mut self) {
        self.online = false;
        self.cancel(|timer| *timer == Timer::HangUp);
        let ended = self.passed_through.take();
        self.sockets.retain(|socket| Some(socket.id) != ended);
    }
}
