//! The modem as a whole: bytes and the time go in, bytes and the next moment it wants to be called come out.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::port::{Control, Device, Fault as Lost};

use super::card::Card;
use super::commands::Entry;
use super::context::{Context, Contexts};
use super::line::{Running, Then};
use super::message::Messages;
use super::modes::Prompt;
use super::network::Network;
use super::options::{Options, SimOption};
use super::profile::{Busy, ModelError, Profile};
use super::random::{Random, with_check_digit};
use super::settings::Settings;
use super::socket::Socket;
use super::wire::Wire;

/// Input that waits because the modem is busy, or slow. What comes beyond it is lost, as in a UART without flow control.
const INPUT: usize = 8 * 1024;

/// A text that is typed at a prompt.
pub(super) const PROMPT_TEXT: usize = 2 * 1024;

/// URCs that wait until the modem may speak again.
pub(super) const HELD_URCS: usize = 32;

/// Far beyond any conversation, and far enough from the type's end that adding to it cannot overflow.
const END_OF_TIME: Duration = Duration::from_secs(1 << 40);

/// Seconds from 1970 to 2026-01-01: where the modem's clock starts, so that every run sees the same time.
const CLOCK_START: u64 = 1_767_225_600;

/// A simulated modem.
#[derive(Debug)]
pub struct Simulator {
    pub(super) profile: &'static Profile,
    pub(super) options: Options,
    pub(super) random: Random,
    pub(super) now: Duration,
    pub(super) imei: Box<str>,
    pub(super) settings: Settings,
    pub(super) mode: Mode,
    pub(super) card: Card,
    pub(super) network: Network,
    pub(super) contexts: Contexts,
    pub(super) messages: Messages,
    /// The modem's clock at time zero.
    pub(super) clock: u64,
    /// The zone that it was set in, in quarters of an hour.
    pub(super) zone: i8,
    pub(super) state: State,
    pub(super) timers: Vec<(Duration, Timer)>,
    /// Messages that wait in the network until the modem is on it.
    pub(super) delayed: Vec<usize>,
    pub(super) wire: Wire,
    pub(super) held: Vec<Box<str>>,
    pub(super) input: VecDeque<u8>,
    last_input: Duration,
    /// When a slow reader takes its next byte.
    next_read: Duration,
    /// The command line so far, and the one before, for `A/`.
    pub(super) typed: Vec<u8>,
    pub(super) last_line: String,
    /// The command line that runs, behind its `AT`, and how much of it is done.
    pub(super) line: String,
    pub(super) done: usize,
    /// Its number; the first is 1.
    pub(super) line_number: u32,
    pub(super) output: Output,
    /// A data call stands, though commands may be typed.
    pub(super) online: bool,
    /// Connections of the modem's own stack.
    pub(super) sockets: Vec<Socket>,
    /// The one whose data pass through in data mode; else it is a call into the network, where nobody answers.
    pub(super) passed_through: Option<u8>,
    pub(super) phonebook: BTreeMap<u8, Entry>,
    /// SIMCom's own stack is up.
    pub(super) application: bool,
    /// The last `+CEER`.
    pub(super) cause: &'static str,
}

/// The three settings that shape every answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) echo: bool,
    pub(super) verbose: bool,
    pub(super) quiet: bool,
}

/// What the answer that is being written has come to.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The command has written a line: the next needs no empty line before it.
    pub(super) open: bool,
    /// This answer is lost.
    pub(super) muted: bool,
    /// The last answer's lines, for the fault that repeats them.
    pub(super) previous: Vec<u8>,
    pub(super) current: Vec<u8>,
    /// URCs for after the final result code, and what the modem does then.
    pub(super) then: Vec<(Duration, Box<str>)>,
    pub(super) afterwards: Option<Afterwards>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    Reset,
    PowerOff,
}

#[derive(Debug)]
pub(super) enum State {
    /// Switched off, or not yet up: deaf
    Deaf,
    Command,
    Running(Running),
    Prompt(Box<Prompt>),
    /// A data call: bytes go to the other end
    Data {
        escapes: u8,
        last: Duration,
    },
    /// Unplugged
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Timer {
    /// The boot is over.
    Hears,
    CardReady,
    SearchEnds,
    /// The SIM takes another IMSI.
    ImsiSwitch,
    /// The network ends the connection.
    HangUp,
    /// The guard time after `+++`
    Escape,
    Incoming(usize),
    Urc(Box<str>),
    /// The last word before the power goes
    PoweredDown,
}

impl Simulator {
    /// A modem of that model, as it is right now: up, or, with the option `boot`, just switched on.
    pub fn new(model: &str, options: Options) -> Result<Simulator, ModelError> {
        Ok(Simulator::with_profile(Profile::of(model)?, options))
    }

    fn with_profile(profile: &'static Profile, options: Options) -> Simulator {
        let mut random = Random::new(options.seed);
        let imei = options.imei.clone().unwrap_or_else(|| imei(profile, &mut random));
        // A Super SIM: the issuer's number, and its own.
        let iccid = options.iccid.clone().unwrap_or_else(|| with_check_digit(&format!("8988307{}", random.digits(11))));
        let imsi = options.imsi.clone().unwrap_or_else(|| format!("23450{}", random.digits(10)));
        let mut simulator = Simulator {
            profile,
            now: Duration::ZERO,
            imei: imei.into(),
            settings: Settings::new(profile),
            mode: Mode { echo: true, verbose: true, quiet: false },
            card: Card::new(iccid, imsi, options.pin.as_deref(), options.puk.as_deref()),
            network: Network::new(profile, &options),
            contexts: Contexts::default(),
            messages: Messages::default(),
            clock: CLOCK_START,
            zone: 0,
            state: State::Deaf,
            timers: Vec::new(),
            delayed: Vec::new(),
            wire: Wire::new(options.faults.pace),
            held: Vec::new(),
            input: VecDeque::new(),
            last_input: Duration::ZERO,
            next_read: Duration::ZERO,
            typed: Vec::new(),
            last_line: String::new(),
            line: String::new(),
            done: 0,
            line_number: 0,
            output: Output::default(),
            online: false,
            sockets: Vec::new(),
            passed_through: None,
            phonebook: BTreeMap::new(),
            application: false,
            cause: "No cause information available",
            random,
            options,
        };
        simulator.contexts.put(Context::new(
            profile.rules.first_context,
            "IP",
            simulator.options.apn.as_deref().unwrap_or_default(),
        ));
        match simulator.options.sim {
            SimOption::Absent => simulator.card.remove(),
            SimOption::Puk => simulator.card.use_up_pin(),
            SimOption::Ready | SimOption::Busy(_) => {}
        }
        match simulator.options.incoming {
            Some(time) => {
                for place in 0..simulator.options.messages.len() {
                    let count = u32::try_from(place + 1).unwrap_or(1);
                    simulator.timers.push((time * count, Timer::Incoming(place)));
                }
            }
            None => {
                for text in simulator.options.messages.clone() {
                    simulator.store_received(&text);
                }
            }
        }
        if let Some(time) = simulator.options.imsi_switch {
            simulator.timers.push((time, Timer::ImsiSwitch));
        }
        match simulator.options.boot {
            Some(time) => simulator.power_up(time),
            None => simulator.come_up(),
        }
        simulator
    }

    /// How many more bytes it takes; a host that can hold its writer up need not lose any.
    pub fn room(&self) -> usize {
        INPUT.saturating_sub(self.input.len())
    }

    /// Reads echo, verbosity and quiet from the settings.
    pub(super) fn refresh_mode(&mut self) {
        self.mode = Mode {
            echo: self.settings.number("E", 0) == 1,
            verbose: self.settings.number("V", 0) == 1,
            quiet: self.settings.number("Q", 0) == 1,
        };
    }

    pub(super) fn cancel(&mut self, which: impl Fn(&Timer) -> bool) {
        self.timers.retain(|(_, timer)| !which(timer));
    }

    pub(super) fn is_timed(&self, which: &Timer) -> bool {
        self.timers.iter().any(|(_, timer)| timer == which)
    }

    /// What the modem's clock says, in seconds since 1970.
    pub(super) fn seconds(&self) -> u64 {
        self.clock.saturating_add(self.now.as_secs())
    }

    /// Lets everything happen that is due up to `now`.
    fn settle(&mut self, now: Duration) {
        loop {
            self.pump();
            let timer =
                self.timers.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(place, (at, _))| (*at, place));
            let run = match &self.state {
                State::Running(running) => Some(running.until),
                State::Deaf | State::Command | State::Prompt(_) | State::Data { .. } | State::Gone => None,
            };
            match (timer, run) {
                (Some((at, place)), run) if at <= now && run.is_none_or(|run| at <= run) => {
                    self.now = self.now.max(at);
                    let (_, timer) = self.timers.swap_remove(place);
                    self.fire(timer);
                }
                (_, Some(run)) if run <= now => {
                    self.now = self.now.max(run);
                    self.resume();
                }
                _ => break,
            }
        }
        self.now = self.now.max(now);
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Hears => self.hear(),
            Timer::CardReady => {
                self.card.power_up(false);
                self.update_network();
            }
            Timer::SearchEnds => self.end_search(),
            Timer::ImsiSwitch => self.switch_imsi(),
            Timer::Escape => self.escape(),
            Timer::HangUp => self.lose_connection(),
            Timer::PoweredDown => {
                let profile = self.profile;
                self.put_urc(&profile.rules.power_down);
            }
            Timer::Incoming(place) => self.receive_message(place),
            Timer::Urc(line) => {
                let line = self.filled(&line);
                self.urc(&line);
            }
        }
    }

    /// Takes the input as far as the modem can.
    fn pump(&mut self) {
        while !self.input.is_empty() && !self.wire.is_full() {
            if let State::Running(running) = &self.state
                && (running.until <= self.now
                    || running.then.queues()
                    || (self.profile.rules.busy == Busy::Queue && running.abort.is_none()))
            {
                return;
            }
            if let Some(rate) = self.options.faults.reading_rate {
                if self.next_read > self.now {
                    return;
                }
                self.next_read = self.now + Duration::from_secs(1) / rate;
            }
            if let Some(byte) = self.input.pop_front() {
                self.take(byte);
            }
        }
        if self.input.is_empty() && self.input.capacity() > 1024 {
            self.input = VecDeque::new();
        }
    }
}

impl Device for Simulator {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        let now = now.min(END_OF_TIME);
        self.settle(now);
        let asleep = self.options.faults.asleep.is_some_and(|time| now.saturating_sub(self.last_input) > time);
        self.last_input = now;
        let bytes = if asleep { bytes.get(1..).unwrap_or_default() } else { bytes };
        if matches!(self.state, State::Deaf | State::Gone) {
            return;
        }
        self.input.extend(bytes.iter().take(self.room()));
        self.settle(now);
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        let now = now.min(END_OF_TIME);
        self.settle(now);
        self.wire.drain(now, &mut self.random, out);
        self.settle(now);
    }

    fn next(&self) -> Option<Duration> {
        if matches!(self.state, State::Gone) {
            return self.wire.next();
        }
        let timer = self.timers.iter().map(|(at, _)| *at).min();
        let (run, reading) = match &self.state {
            State::Running(running) => (Some(running.until), None),
            State::Command | State::Prompt(_) | State::Data { .. } => (None, Some(self.next_read)),
            State::Deaf | State::Gone => (None, None),
        };
        let reading = reading.filter(|_| !self.input.is_empty() && !self.wire.is_full());
        let run = run.filter(|at| *at < Duration::MAX);
        [timer, run, reading, self.wire.next()].into_iter().flatten().min()
    }

    fn gone(&self) -> Option<Lost> {
        let why = match self.state {
            State::Gone => "the simulated modem was unplugged",
            State::Deaf if self.options.usb => "the simulated modem has gone from its bus",
            State::Deaf | State::Command | State::Running(_) | State::Prompt(_) | State::Data { .. } => return None,
        };
        // What it still said comes first.
        self.wire.is_empty().then(|| Lost::Lost(why.into()))
    }

    /// A DTR that drops ends a data call (V.250 §6.3.2); a break does nothing.
    fn control(&mut self, control: Control, now: Duration) {
        self.settle(now.min(END_OF_TIME));
        match control {
            Control::Dtr(false) => {
                let data = matches!(self.state, State::Data { .. });
                match self.settings.number("&D", 0) {
                    1 if data => self.escape(),
                    2 if data || self.online => self.hang_up(),
                    _ => {}
                }
            }
            Control::Flush => {
                self.input.clear();
                self.wire.forget();
            }
            Control::Dtr(true) | Control::Rts(_) | Control::Baud(_) | Control::Break(_) => {}
        }
    }
}

pub(super) fn imei(profile: &Profile, random: &mut Random) -> String {
    with_check_digit(&format!("{}{}", profile.type_allocation, random.digits(6)))
}

/// A command that waits for its time, with nothing to abort it.
pub(super) fn waiting(until: Duration, then: Then) -> State {
    State::Running(Running { until, then, abort: None })
}
