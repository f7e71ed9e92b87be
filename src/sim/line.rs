//! A command line: from its characters to its final result code (V.250 §5).

use std::time::Duration;

use super::fault::Which;
use super::message::Status;
use super::modes::{Prompt, Purpose};
use super::request::next_request;
use super::simulator::{Afterwards, Simulator, State, Timer, waiting};

/// A command that takes its time.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) until: Duration,
    pub(super) then: Then,
    /// How it ends when a character comes, where one aborts it.
    pub(super) abort: Option<Final>,
}

/// What happens when its time has come.
#[derive(Debug)]
pub(super) enum Then {
    /// The line begins: it was held up.
    Begin,
    /// So many more URCs, then the line begins.
    Flood(u32),
    /// The next command of the line
    Continue,
    End(Final),
    Scan,
    /// The network has been chosen by hand.
    Chosen,
    /// The same; if it is not to be had, any other will do.
    ChosenOrAny,
    /// The text of a prompt is dealt with.
    Deliver(Box<Prompt>),
}

impl Then {
    /// Whether input waits meanwhile, whatever the model does: the modem has not begun yet.
    pub(super) fn queues(&self) -> bool {
        matches!(self, Then::Begin | Then::Flood(_))
    }
}

/// How a line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Final {
    Ok,
    Connect,
    NoCarrier,
    Refused(Refusal),
    /// A text of the model's own: `ABORTED`
    Text(&'static str),
}

/// Why a command was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Error,
    /// +CME ERROR, where AT+CMEE asks for it
    Equipment(u16),
    /// +CMS ERROR
    Message(u16),
}

/// What a command comes to.
pub(super) type Outcome = Result<Next, Refusal>;

#[derive(Debug)]
pub(super) enum Next {
    Done,
    Wait {
        time: Duration,
        then: Then,
        abort: Option<Final>,
    },
    Prompt(Purpose),
    /// The line ends here with this.
    End(Final),
    /// Data mode
    Data,
}

impl Simulator {
    /// One byte from the computer.
    pub(super) fn take(&mut self, byte: u8) {
        match &mut self.state {
            State::Deaf | State::Gone => {}
            State::Command => self.type_byte(byte),
            State::Running(running) => {
                // The LF of a CR LF is no character that aborts.
                if byte != b'\n'
                    && let Some(aborted) = running.abort.take()
                {
                    self.finish(aborted);
                }
            }
            State::Prompt(_) => self.type_at_prompt(byte),
            State::Data { .. } => self.type_data(byte),
        }
    }

    fn type_byte(&mut self, byte: u8) {
        self.echo(byte);
        let register = |number, default| self.settings.register(number).unwrap_or(default);
        let (end, backspace) = (register(3, b'\r'), register(5, 0x08));
        if byte == end {
            self.end_line();
        } else if byte == backspace || byte == 0x7F {
            self.typed.pop();
        } else if byte >= b' ' && self.typed.len() <= self.profile.rules.line + 2 {
            self.typed.push(byte);
            if self.typed.eq_ignore_ascii_case(b"A/") {
                self.typed.clear();
                self.line.clone_from(&self.last_line);
                self.begin();
            }
        }
    }

    /// The CR: what stands behind the first `AT` is the command line; anything else is noise and gets no answer.
    fn end_line(&mut self) {
        let start = self.typed.windows(2).position(|pair| pair.eq_ignore_ascii_case(b"AT"));
        let Some(start) = start else {
            self.typed.clear();
            return;
        };
        let body = self.typed.get(start + 2..).unwrap_or_default();
        let too_long = body.len() > self.profile.rules.line;
        self.line.clear();
        match std::str::from_utf8(body) {
            Ok(body) if !too_long => self.line.push_str(body),
            // A line that cannot be read is refused like one that has no meaning.
            _ => self.line.push('?'),
        }
        self.typed.clear();
        self.last_line.clone_from(&self.line);
        self.begin();
    }

    /// A line is there. The faults that strike before it runs come first.
    fn begin(&mut self) {
        self.line_number = self.line_number.saturating_add(1);
        self.done = 0;
        self.output.open = false;
        let faults = &self.options.faults;
        let (line, text) = (self.line_number, self.line.as_str());
        if faults.unplug.is_some_and(|from| from <= line) {
            self.state = State::Gone;
            self.wire.forget();
            return;
        }
        self.output.muted |= self.is_silent() || Which::any_strikes(&faults.lost, line, text);
        let late = faults.late.iter().filter(|(_, which)| which.strikes(line, text)).map(|(time, _)| *time);
        let wait = self.options.delay.unwrap_or_default() + late.sum::<Duration>();
        let flood = faults.flood;
        let then = if flood > 0 { Then::Flood(flood) } else { Then::Begin };
        if !wait.is_zero() || flood > 0 {
            self.state = waiting(self.now + wait, then);
            return;
        }
        self.run();
    }

    /// Whether it says nothing more.
    fn is_silent(&self) -> bool {
        self.options.faults.silence.is_some_and(|from| from <= self.line_number)
    }

    /// The line runs, unless a fault answers in its place.
    fn run(&mut self) {
        self.state = State::Command;
        let faults = &self.options.faults;
        let (line, text) = (self.line_number, self.line.as_str());
        let refusal = faults.refusals.iter().find(|(_, which)| which.strikes(line, text)).map(|(refusal, _)| *refusal);
        let prompts = Which::any_strikes(&faults.prompts, line, text);
        if faults.previous {
            self.put_previous();
        }
        if let Some(refusal) = refusal {
            self.finish(Final::Refused(refusal));
        } else if prompts {
            self.open_prompt(Purpose::Nothing);
        } else {
            self.proceed();
        }
    }

    /// The next commands of the line, until one takes its time or fails: the first failure ends the line.
    fn proceed(&mut self) {
        let line = std::mem::take(&mut self.line);
        let mut end = None;
        loop {
            let rest = line.get(self.done..).unwrap_or_default();
            let mut after = rest;
            let request = match next_request(&mut after) {
                Ok(Some(request)) => request,
                Ok(None) => {
                    end = Some(Final::Ok);
                    break;
                }
                Err(_) => {
                    end = Some(Final::Refused(self.unknown_command()));
                    break;
                }
            };
            self.done = line.len() - after.len();
            self.output.open = false;
            let outcome = self.execute(&request);
            if matches!(self.state, State::Gone) {
                break;
            }
            match outcome {
                Ok(Next::Done) => {}
                Ok(Next::Wait { time, then, abort }) => {
                    self.state = State::Running(Running { until: self.now + time, then, abort });
                    break;
                }
                Ok(Next::Prompt(purpose)) => {
                    self.open_prompt(purpose);
                    break;
                }
                Ok(Next::End(result)) => {
                    end = Some(result);
                    break;
                }
                Ok(Next::Data) => {
                    self.finish(Final::Connect);
                    self.online = true;
                    if let Some(time) = self.options.hangup
                        && !self.is_timed(&Timer::HangUp)
                    {
                        self.timers.push((self.now + time, Timer::HangUp));
                    }
                    self.state = State::Data { escapes: 0, last: self.now };
                    break;
                }
                Err(refusal) => {
                    end = Some(Final::Refused(refusal));
                    break;
                }
            }
        }
        self.line = line;
        if let Some(end) = end {
            self.finish(end);
        }
    }

    /// The time of the running command has come.
    pub(super) fn resume(&mut self) {
        let state = std::mem::replace(&mut self.state, State::Command);
        let State::Running(running) = state else {
            self.state = state;
            return;
        };
        match running.then {
            Then::Begin => self.run(),
            Then::Flood(0) => self.run(),
            Then::Flood(left) => {
                if self.wire.is_full() {
                    self.state = waiting(self.now + Duration::from_millis(1), Then::Flood(left));
                    return;
                }
                let line = self.stray_urc();
                self.put_urc(line);
                self.state = waiting(self.now, Then::Flood(left - 1));
            }
            Then::Continue => self.proceed(),
            Then::End(result) => self.finish(result),
            Then::Scan => {
                self.put_scan();
                self.proceed();
            }
            Then::Chosen | Then::ChosenOrAny if self.network.is_registered() => self.proceed(),
            Then::ChosenOrAny => self.choose_any(),
            Then::Chosen => self.finish(Final::Refused(Refusal::Equipment(30))),
            Then::Deliver(prompt) => match self.deliver(&prompt) {
                Ok(result) => self.finish(result),
                Err(refusal) => self.finish(Final::Refused(refusal)),
            },
        }
    }

    /// The final result code, and what follows it.
    pub(super) fn finish(&mut self, result: Final) {
        if matches!(self.state, State::Gone) {
            return;
        }
        self.state = State::Command;
        self.put_final(&result);
        self.output.muted = self.is_silent();
        self.output.previous = std::mem::take(&mut self.output.current);
        for (time, line) in std::mem::take(&mut self.output.then) {
            self.timers.push((self.now + time, Timer::Urc(line)));
        }
        self.release_held();
        match self.output.afterwards.take() {
            Some(Afterwards::Reset) => {
                let boot = self.options.boot.unwrap_or(self.profile.timing.boot.0);
                self.reset(boot);
            }
            Some(Afterwards::PowerOff) => self.power_off(),
            None => {}
        }
    }

    /// Refuses what the model does not know.
    pub(super) fn unknown_command(&self) -> Refusal {
        match self.profile.rules.unknown_command {
            0 => Refusal::Error,
            code => Refusal::Equipment(code),
        }
    }

    pub(super) fn wrong_parameter(&self) -> Refusal {
        match self.profile.rules.wrong_parameter {
            0 => Refusal::Error,
            code => Refusal::Equipment(code),
        }
    }
}

/// The status that AT+CMGW gives a message where none is named.
pub(super) const WRITTEN: Status = Status::Unsent;
