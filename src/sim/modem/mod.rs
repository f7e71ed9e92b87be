//! The terminal adaptor (27.007 §4): the part that talks with the computer. It takes characters, gives echo, lines,
//! result codes, URCs and prompts (V.250 §5), keeps the settings that shape them, and knows what happens when. The
//! faults strike here.
//!
//! - `request`: a command line taken apart, and one command with its answer
//! - `settings`: the values that commands set
//! - `card`, `mobile`, `packet`, `socket`, `message`, `phonebook`, `file`: the other parts, each with its table of commands
//! - `commands`: from a command to the part that does it; the tables of V.250 and of the equipment
//! - `simulator`: the modem as a whole: bytes and time, a line from its first command to its final result code, power
//! - `charset`, `pdu`, `random`: alphabets, message units, dice

mod card;
mod charset;
mod commands;
mod file;
mod message;
mod mobile;
mod packet;
mod pdu;
mod phonebook;
mod random;
mod request;
mod settings;
mod simulator;
mod socket;

use std::collections::VecDeque;
use std::time::Duration;

use crate::catalogue::error;
use crate::notation::unhex;

use super::{CommandError, EchoFault, OptionError, Options, Pace, Profile, Which};
use charset::{from_septets, from_ucs2_hex, to_septets_anyhow, to_ucs2_hex, unpack};
use message::MessageStatus;
use random::Random;
use request::{CommandForm, Request};
use settings::Configuration;

pub use simulator::Simulator;

/// Input that waits because the modem is busy, or slow. What comes beyond it is lost, as in a UART without flow control.
const INPUT: usize = 8 * 1024;

/// A text that is typed at a prompt.
const PROMPT_TEXT: usize = 2 * 1024;

/// URCs that wait until the modem may speak again.
const HELD_URCS: usize = 32;

/// What the fault `previous` can repeat.
const PREVIOUS: usize = 1024;

/// Seconds from 1970 to 2026-01-01: where the modem's clock starts, so that every run sees the same time.
const CLOCK_START: u64 = 1_767_225_600;

const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

#[derive(Debug)]
struct Adaptor {
    profile: &'static Profile,
    options: Options,
    settings: Configuration,
    random: Random,
    now: Duration,
    state: ModemState,
    timers: Vec<(Duration, Timer)>,
    /// ATE, ATV and ATQ, which shape every answer.
    echo: bool,
    verbose: bool,
    quiet: bool,
    sending: SendBuffer,
    held: Vec<Box<str>>,
    input: VecDeque<u8>,
    last_input: Duration,
    /// When a slow reader takes its next byte.
    next_read: Duration,
    /// The command line so far, and the one before, for `A/`.
    typed: Vec<u8>,
    last_line: String,
    /// The command line that runs, behind its `AT`, and how much of it is done.
    line: String,
    done: usize,
    /// Its number; the first is 1.
    line_number: u32,
    answer: AnswerSoFar,
    /// The modem's clock at time zero, and the zone that it was set in, in quarters of an hour.
    clock: u64,
    zone: i8,
}

/// What the answer that is being written has come to.
#[derive(Debug, Default)]
struct AnswerSoFar {
    /// The command has written a line: the next needs no empty line before it.
    open: bool,
    /// This answer is lost.
    muted: bool,
    /// The last answer's lines, for the fault that repeats them.
    previous: Vec<u8>,
    current: Vec<u8>,
    /// URCs for after the final result code, and what the modem does then.
    then: Vec<(Duration, Box<str>)>,
    afterwards: Option<Then>,
}

#[derive(Debug)]
enum ModemState {
    /// Switched off, or not yet up: deaf
    Deaf,
    Command,
    /// A command takes its time.
    Running {
        until: Duration,
        then: Then,
        /// How it ends when a character comes, where one aborts it.
        abort: Option<FinalCode>,
    },
    Prompt {
        awaited: Awaited,
        text: Vec<u8>,
    },
    /// A data call: bytes go to the other end
    Data {
        escapes: u8,
        last: Duration,
    },
    /// Unplugged
    Gone,
}

/// What happens when the time of a command has come.
#[derive(Debug)]
enum Then {
    /// The line begins: it was held up.
    Begin,
    /// So many more URCs, then the line begins.
    Flood(u32),
    /// The next command of the line
    Continue,
    End(FinalCode),
    Scan,
    /// The network has been chosen by hand.
    Chosen,
    /// The same; if it is not to be had, any other will do.
    ChosenOrAny,
    /// The text of a prompt is dealt with.
    Deliver(Awaited, Vec<u8>),
    Reset,
    PowerOff,
}

/// How a line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FinalCode {
    Ok,
    Connect,
    NoCarrier,
    Refused(CommandError),
    /// A text of the model's own: `ABORTED`
    Text(&'static str),
}

/// What the text is for that is typed at a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Awaited {
    Send,
    Write {
        address: String,
        status: MessageStatus,
    },
    /// PDU mode; the length without the service centre
    SendUnit {
        length: usize,
    },
    WriteUnit {
        length: usize,
        status: MessageStatus,
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
        prefix: String,
    },
    /// Data for a file: so many, or up to Ctrl-Z
    File {
        prompt: &'static str,
        name: String,
        length: Option<usize>,
        prefix: String,
        /// The answer with the command's parameters filled in
        answer: String,
    },
    /// Nobody asked for the prompt.
    Nothing,
}

impl Awaited {
    /// How many bytes of data are awaited, where their number was told.
    fn length(&self) -> Option<usize> {
        match self {
            Awaited::Socket { length, .. } | Awaited::File { length, .. } => *length,
            Awaited::UbloxSocket { length, .. } => Some(*length),
            Awaited::Send
            | Awaited::Write { .. }
            | Awaited::SendUnit { .. }
            | Awaited::WriteUnit { .. }
            | Awaited::Nothing => None,
        }
    }
}

/// What a command comes to.
#[derive(Debug)]
enum Effect {
    Done,
    Wait {
        time: Duration,
        then: Then,
        /// How it ends when a character comes, where one aborts it.
        abort: Option<FinalCode>,
    },
    Prompt(Awaited),
    /// The line ends here with this.
    End(FinalCode),
    /// Data mode
    Data,
}

type Answer = Result<Effect, CommandError>;

/// A row of a part's table of commands: the name that profiles give it in `does`, the forms, and what it does then.
type Row = (&'static str, &'static [CommandForm], Does);
type Does = fn(&mut Simulator, &mut Request<'_>) -> Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Timer {
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
    /// The called one does not take it.
    CallEnds,
    /// A URC that nobody asked for
    Storm,
    /// Power saving: the active time is over, and later the time until the periodic update.
    Dozes,
    Wakes,
    /// The supply gives in.
    Restart,
}

impl Adaptor {
    fn new(profile: &'static Profile, options: Options, random: Random) -> Adaptor {
        Adaptor {
            profile,
            settings: Configuration::new(profile),
            random,
            now: Duration::ZERO,
            state: ModemState::Deaf,
            timers: Vec::new(),
            echo: true,
            verbose: true,
            quiet: false,
            sending: SendBuffer::new(options.faults.pace),
            held: Vec::new(),
            input: VecDeque::new(),
            last_input: Duration::ZERO,
            next_read: Duration::ZERO,
            typed: Vec::new(),
            last_line: String::new(),
            line: String::new(),
            done: 0,
            line_number: 0,
            answer: AnswerSoFar::default(),
            clock: CLOCK_START,
            zone: 0,
            options,
        }
    }

    /// The settings that the options name, as if somebody had made them and kept them.
    fn preset(&mut self) -> Result<(), OptionError> {
        let profile = self.profile;
        for name in self.options.presets.clone() {
            let preset = profile.presets.get(&name).ok_or_else(|| {
                let known = profile.presets.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let help = if known.is_empty() { "it has none".to_owned() } else { format!("it has {known}") };
                OptionError::new(format!("the simulated {} has no preset `{name}`", profile.model), help)
            })?;
            for (name, value) in preset {
                self.settings.keep(profile.require_setting(name)?, value);
            }
        }
        for (name, value) in self.options.set.clone() {
            self.settings.keep(profile.require_setting(&name)?, &value);
        }
        Ok(())
    }

    /// Everything that waits is forgotten but what the network and the SIM are up to; from now on it is deaf.
    fn restart(&mut self) {
        self.timers.retain(|(_, timer)| matches!(timer, Timer::Incoming(_) | Timer::ImsiSwitch | Timer::Storm));
        if self.options.faults.forgetful && self.line_number > 0 {
            self.settings.forget();
        }
        self.held.clear();
        self.input.clear();
        self.typed.clear();
        self.settings.power_up();
        self.state = ModemState::Deaf;
    }

    /// How many more bytes it takes; a host that can hold its writer up need not lose any.
    fn room(&self) -> usize {
        INPUT.saturating_sub(self.input.len())
    }

    /// Reads echo, verbosity and quiet from the settings.
    fn refresh_mode(&mut self) {
        let on = |name| self.settings.number(name, 0) == 1;
        (self.echo, self.verbose, self.quiet) = (on("E"), on("V"), on("Q"));
    }

    // When

    /// What the modem's clock says, in seconds since 1970.
    fn seconds(&self) -> u64 {
        self.clock.saturating_add(self.now.as_secs())
    }

    fn after(&mut self, time: Duration, timer: Timer) {
        self.timers.push((self.now.saturating_add(time), timer));
    }

    fn cancel(&mut self, which: &Timer) {
        self.timers.retain(|(_, timer)| timer != which);
    }

    fn is_timed(&self, which: &Timer) -> bool {
        self.timers.iter().any(|(_, timer)| timer == which)
    }

    /// A command waits for its time, with nothing to abort it.
    fn wait(&mut self, time: Duration, then: Then) {
        self.state = ModemState::Running { until: self.now.saturating_add(time), then, abort: None };
    }

    /// The next command of the line begins.
    fn begin_command(&mut self) {
        self.answer.open = false;
    }

    /// A URC so long after the final result code.
    fn urc_later(&mut self, time: Duration, line: impl Into<Box<str>>) {
        self.answer.then.push((time, line.into()));
    }

    // What is typed

    /// A character of a command line; whether a line is there now.
    fn type_byte(&mut self, byte: u8) -> bool {
        self.put_echo(byte);
        let register = |number, default| self.settings.register(number).unwrap_or(default);
        let (end, backspace) = (register(3, b'\r'), register(5, 0x08));
        if byte == end {
            return self.end_line();
        }
        if byte == backspace || byte == 0x7F {
            self.typed.pop();
        } else if byte >= b' ' && self.typed.len() <= self.profile.rules.line + 2 {
            self.typed.push(byte);
            if self.typed.eq_ignore_ascii_case(b"A/") {
                self.typed.clear();
                self.line.clone_from(&self.last_line);
                return true;
            }
        }
        false
    }

    /// The CR: what stands behind the first `AT` is the command line; anything else is noise and gets no answer.
    fn end_line(&mut self) -> bool {
        let typed = std::mem::take(&mut self.typed);
        let start = typed.windows(2).position(|pair| pair.eq_ignore_ascii_case(b"AT"));
        if let Some(start) = start {
            let body = typed.get(start + 2..).unwrap_or_default();
            self.line.clear();
            match std::str::from_utf8(body) {
                Ok(body) if body.len() <= self.profile.rules.line => self.line.push_str(body),
                // A line that cannot be read is refused like one that has no meaning.
                _ => self.line.push('?'),
            }
            self.last_line.clone_from(&self.line);
        }
        self.typed = typed;
        self.typed.clear();
        start.is_some()
    }

    /// A line is there: whether it runs at once. The faults that strike before it runs come first.
    fn begin(&mut self) -> bool {
        self.line_number = self.line_number.saturating_add(1);
        self.done = 0;
        self.answer.open = false;
        let faults = &self.options.faults;
        let (line, text) = (self.line_number, self.line.as_str());
        if faults.unplug.is_some_and(|from| from <= line) {
            self.state = ModemState::Gone;
            self.sending.forget();
            return false;
        }
        self.answer.muted |= self.is_silent() || Which::any_strikes(&faults.lost, line, text);
        let late = faults.late.iter().filter(|(_, which)| which.strikes(line, text)).map(|(time, _)| *time);
        let wait = self.options.delay.unwrap_or_default() + late.sum::<Duration>();
        match faults.flood {
            0 if wait.is_zero() => return true,
            0 => self.wait(wait, Then::Begin),
            flood => self.wait(wait, Then::Flood(flood)),
        }
        false
    }

    /// Whether it says nothing more.
    fn is_silent(&self) -> bool {
        self.options.faults.silence.is_some_and(|from| from <= self.line_number)
    }

    /// The line runs, unless a fault answers in its place.
    fn runs(&mut self) -> bool {
        self.state = ModemState::Command;
        let faults = &self.options.faults;
        let (line, text) = (self.line_number, self.line.as_str());
        let refusal = faults.refusals.iter().find(|(_, which)| which.strikes(line, text)).map(|(refusal, _)| *refusal);
        let prompts = Which::any_strikes(&faults.prompts, line, text);
        if faults.previous {
            let previous = std::mem::take(&mut self.answer.previous);
            self.send(&previous);
        }
        match refusal {
            Some(refusal) => self.finish(FinalCode::Refused(refusal)),
            None if prompts => self.open_prompt(Awaited::Nothing),
            None => return true,
        }
        false
    }

    /// One more URC of a flood, if there are any left and the computer reads them.
    fn flood(&mut self, left: u32) {
        if self.sending.is_full() {
            self.wait(Duration::from_millis(1), Then::Flood(left));
            return;
        }
        let line = self.stray_urc();
        self.put_urc(line);
        self.wait(Duration::ZERO, Then::Flood(left - 1));
    }

    fn open_prompt(&mut self, awaited: Awaited) {
        let profile = self.profile;
        let prompt = match &awaited {
            Awaited::UbloxSocket { .. } => "\r\n@",
            Awaited::File { prompt, .. } if !prompt.is_empty() => prompt,
            Awaited::Send
            | Awaited::Write { .. }
            | Awaited::SendUnit { .. }
            | Awaited::WriteUnit { .. }
            | Awaited::Socket { .. }
            | Awaited::File { .. }
            | Awaited::Nothing => &profile.wire.prompt,
        };
        self.put_prompt(prompt);
        self.state = ModemState::Prompt { awaited, text: Vec::new() };
    }

    fn type_at_prompt(&mut self, byte: u8) {
        let ModemState::Prompt { awaited, text } = &mut self.state else { return };
        if let Some(length) = awaited.length() {
            // Data whose number was told: any byte is one of them.
            text.push(byte);
            if text.len() >= length {
                self.end_prompt(Duration::ZERO);
            }
            return;
        }
        match byte {
            CTRL_Z => {
                let hangs = self.options.faults.hangs_at_prompt;
                let sends = matches!(awaited, Awaited::Send | Awaited::SendUnit { .. });
                if *awaited == Awaited::Nothing && !hangs {
                    return self.finish(FinalCode::Refused(CommandError::Error));
                }
                let hangs = hangs && !matches!(awaited, Awaited::Socket { .. });
                self.end_prompt(match (hangs, sends) {
                    (true, _) => Duration::MAX,
                    (false, true) => self.profile.timing.message,
                    (false, false) => Duration::ZERO,
                });
            }
            ESCAPE if self.profile.rules.escape == "ERROR" => self.finish(FinalCode::Refused(CommandError::Error)),
            ESCAPE => self.finish(FinalCode::Ok),
            0x08 | 0x7F => {
                text.pop();
                self.put_echo(byte);
            }
            _ => {
                if text.len() < PROMPT_TEXT {
                    text.push(byte);
                }
                self.put_echo(byte);
                if byte == b'\r' {
                    let profile = self.profile;
                    self.put_prompt(&profile.wire.prompt);
                }
            }
        }
    }

    /// The text is whole, and is dealt with in so long.
    fn end_prompt(&mut self, time: Duration) {
        if let ModemState::Prompt { awaited, text } = std::mem::replace(&mut self.state, ModemState::Command) {
            self.wait(time, Then::Deliver(awaited, text));
        }
    }

    /// Data goes to the other end, where a socket's server says it back (`answers`) and a call's network does not; `+++`
    /// between two silences comes back (V.250 §6.2.9, S12).
    fn type_data(&mut self, byte: u8, answers: bool) {
        let guard = Duration::from_millis(20) * u32::from(self.settings.register(12).unwrap_or(50));
        let escape = self.settings.register(2).unwrap_or(b'+');
        let now = self.now;
        let ModemState::Data { escapes, last } = &mut self.state else { return };
        let quiet = now.saturating_sub(*last) >= guard;
        *last = now;
        let before = *escapes;
        let held = if byte == escape && before < 3 && (before > 0 || quiet) { before + 1 } else { 0 };
        *escapes = held;
        if held == 0 && answers {
            // What was held back as the beginning of an escape was none.
            let said: Vec<u8> = std::iter::repeat_n(escape, usize::from(before)).chain([byte]).collect();
            self.send(&said);
        }
        self.cancel(&Timer::Escape);
        if held == 3 {
            self.after(guard, Timer::Escape);
        }
    }

    /// Back to command mode; the call stays.
    fn escape(&mut self) {
        if matches!(self.state, ModemState::Data { .. }) {
            self.finish(FinalCode::Ok);
        }
    }

    // What is said

    /// The echo of a character, as far as the faults let it through.
    fn put_echo(&mut self, byte: u8) {
        if !self.echo || self.answer.muted {
            return;
        }
        match self.options.faults.echo {
            EchoFault::Off => {}
            EchoFault::Half if self.is_second_half() => {}
            EchoFault::Garbled if byte > b' ' && self.random.below(3) == 0 => {
                self.sending.put(&[byte ^ 0x05], self.now);
            }
            EchoFault::Backspaces if byte > b' ' => self.sending.put(&[byte, 0x08, byte], self.now),
            EchoFault::None | EchoFault::Half | EchoFault::Garbled | EchoFault::Backspaces => {
                self.sending.put(&[byte], self.now);
            }
        }
    }

    /// Whether the character that has just come lies behind the middle of its line.
    fn is_second_half(&self) -> bool {
        let left = self.input.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        self.typed.len() >= left
    }

    /// A line of an answer with its prefix: `+CSQ: 17,99`.
    fn info(&mut self, prefix: &str, text: impl AsRef<[u8]>) {
        let profile = self.profile;
        self.put_line(prefix, &profile.wire.colon, text.as_ref());
    }

    /// A line of an answer without prefix.
    fn bare(&mut self, text: &[u8]) {
        self.put_line("", "", text);
    }

    fn put_line(&mut self, prefix: &str, colon: &str, text: &[u8]) {
        self.disturb();
        let start = if self.verbose && !self.answer.open { "\r\n" } else { "" };
        self.answer.open = true;
        let line = [start.as_bytes(), prefix.as_bytes(), colon.as_bytes(), text, b"\r\n"].concat();
        if self.answer.current.len() < PREVIOUS && self.options.faults.previous {
            self.answer.current.extend_from_slice(&line);
        }
        self.send(&line);
    }

    /// The final result code, and what follows it.
    fn finish(&mut self, result: FinalCode) {
        if matches!(self.state, ModemState::Gone) {
            return;
        }
        self.state = ModemState::Command;
        self.put_final(&result);
        self.answer.muted = self.is_silent();
        self.answer.previous = std::mem::take(&mut self.answer.current);
        for (time, line) in std::mem::take(&mut self.answer.then) {
            self.after(time, Timer::Urc(line));
        }
        for line in std::mem::take(&mut self.held) {
            self.put_urc(&line);
        }
        if let Some(then) = self.answer.afterwards.take() {
            self.wait(Duration::ZERO, then);
        }
        self.stay_awake();
    }

    /// The active time of power saving begins anew, where AT+CPSMS asks for it and the modem does it.
    fn stay_awake(&mut self) {
        self.cancel(&Timer::Dozes);
        let Some(time) = self.options.faults.power_saving else { return };
        if self.settings.number("+CPSMS", 0) == 1 {
            let time = time.unwrap_or_else(|| active_time(self.settings.parameter("+CPSMS", 4).unwrap_or_default()));
            self.after(time, Timer::Dozes);
        }
    }

    fn put_final(&mut self, result: &FinalCode) {
        let profile = self.profile;
        let (text, code) = match result {
            FinalCode::Ok => ("OK", "0"),
            FinalCode::Connect if self.settings.number("X", 0) == 0 => ("CONNECT", "1"),
            FinalCode::Connect => (profile.wire.connect.as_str(), "1"),
            FinalCode::NoCarrier => ("NO CARRIER", "3"),
            FinalCode::Text(text) => (*text, *text),
            FinalCode::Refused(refusal) => match self.refusal(*refusal) {
                Some(text) => return self.put_result(&text, &text),
                None => ("ERROR", "4"),
            },
        };
        self.put_result(text, code);
    }

    fn put_result(&mut self, text: &str, code: &str) {
        if self.quiet {
            return;
        }
        self.disturb();
        let line = match self.verbose {
            true => format!("\r\n{text}\r\n"),
            false if text == code => format!("{text}\r\n"),
            false => format!("{code}\r"),
        };
        let faults = &self.options.faults;
        let truncated = Which::any_strikes(&faults.truncated, self.line_number, &self.last_line);
        let twice = faults.duplicate_final;
        self.send(if truncated { line.trim_end().as_bytes() } else { line.as_bytes() });
        if twice {
            self.send(line.as_bytes());
        }
    }

    /// The error as AT+CMEE wants it; `None`: plain ERROR.
    fn refusal(&self, refusal: CommandError) -> Option<String> {
        let level = self.settings.number("+CMEE", 0);
        let rules = &self.profile.rules;
        let (kind, code) = match refusal {
            CommandError::Error => return None,
            CommandError::Unknown => ("CME", rules.unknown_command),
            CommandError::Parameter => ("CME", rules.wrong_parameter),
            CommandError::Equipment(code) => ("CME", code),
            CommandError::Message(code) => ("CMS", code),
        };
        let own_code = matches!(refusal, CommandError::Unknown | CommandError::Parameter);
        if kind == "CME" && level == 0 || own_code && code == 0 {
            return None;
        }
        let known = if kind == "CME" { error::cme(code) } else { error::cms(code) };
        let own = self.profile.error_texts.get(&format!("{kind} {code}"));
        let text = own.map(String::as_str).or(known.map(|known| known.text));
        Some(match text {
            Some(text) if level == 2 => format!("+{kind} ERROR: {}", self.in_case(text)),
            _ => format!("+{kind} ERROR: {code}"),
        })
    }

    fn in_case(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // `SIM busy` is no sentence's beginning.
        let is_word = text.chars().nth(1).is_some_and(|second| second.is_lowercase());
        if let Some(first) = text.get_mut(..1) {
            match self.profile.wire.cme_capital {
                true => first.make_ascii_uppercase(),
                false if is_word => first.make_ascii_lowercase(),
                false => {}
            }
        }
        text
    }

    fn put_urc(&mut self, text: &str) {
        let wire = &self.profile.wire;
        self.send([&wire.urc_start, text, &wire.urc_end].concat().as_bytes());
    }

    /// Says a line unasked; later, where the modem may not speak now.
    fn urc(&mut self, line: &str) {
        match self.state {
            ModemState::Deaf | ModemState::Gone => {}
            ModemState::Prompt { .. } | ModemState::Data { .. } => {
                if self.held.len() < HELD_URCS {
                    self.held.push(line.into());
                }
            }
            ModemState::Command | ModemState::Running { .. } => self.put_urc(line),
        }
    }

    fn put_prompt(&mut self, prompt: &str) {
        if !self.answer.muted {
            self.sending.put(prompt.as_bytes(), self.now);
        }
    }

    /// One of the URCs that the faults strew about.
    fn stray_urc(&mut self) -> &'static str {
        let profile = self.profile;
        let place = self.random.below(profile.urcs.len());
        profile.urcs.get(place).map_or("RING", String::as_str)
    }

    /// What the faults put between two lines.
    fn disturb(&mut self) {
        if !self.options.faults.any {
            return;
        }
        if self.options.faults.urc {
            let line = self.stray_urc();
            self.put_urc(line);
        }
        if self.options.faults.garbage {
            let mut garbage = vec![b'\r', b'\n', 0xFF, 0xFE];
            for _ in 0..self.random.below(12) {
                let byte = self.random.draw().to_le_bytes().first().copied().unwrap_or_default();
                // A line of garbage, not two, and no prompt.
                garbage.push(byte | 0x80);
            }
            garbage.extend_from_slice(b"\0\x80\r\n");
            self.send(&garbage);
        }
        if self.options.faults.nul {
            let nuls = vec![0; 1 + self.random.below(4)];
            self.send(&nuls);
        }
    }

    /// The last gate: lost answers, line ends, and the plug that is pulled in the middle of a line.
    fn send(&mut self, bytes: &[u8]) {
        if self.answer.muted || matches!(self.state, ModemState::Gone) {
            return;
        }
        let faults = &self.options.faults;
        if faults.unplug_in_line.is_some_and(|from| from <= self.line_number) {
            // Where the line's end would be, there is nothing.
            self.sending.put(bytes.get(..bytes.len().saturating_sub(3)).unwrap_or_default(), self.now);
            self.state = ModemState::Gone;
            return;
        }
        match faults.left_out {
            None => self.sending.put(bytes, self.now),
            Some(left_out) => {
                let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != left_out).collect();
                self.sending.put(&bytes, self.now);
            }
        }
    }

    // Texts

    /// What was typed in the alphabet of AT+CSCS. Some programs pack septets, as a few modems want them for service codes.
    fn typed_text(&self, text: &str) -> String {
        let of_ucs2 = || from_ucs2_hex(text).filter(|_| self.charset() == "UCS2");
        let is_code = |text: &String| text.chars().all(|character| "*#0123456789".contains(character));
        let packed = || {
            let octets = unhex(text)?;
            let text = from_septets(&unpack(&octets, octets.len() * 8 / 7));
            Some(text.trim_end_matches(['@', '\r']).to_owned()).filter(is_code)
        };
        of_ucs2()
            .or_else(|| packed().filter(|_| text.contains(|it: char| it.is_ascii_alphabetic())))
            .unwrap_or_else(|| text.to_owned())
    }

    /// The alphabet of AT+CSCS: `GSM` (a septet in each byte), `IRA` (ASCII) or `UCS2` (hexadecimal digits).
    fn charset(&self) -> &str {
        self.settings.parameter("+CSCS", 0).unwrap_or("GSM")
    }

    /// A text as AT+CSCS wants it. All septets are ASCII's bytes, though they mean something else.
    fn in_charset(&self, text: &str) -> String {
        match self.charset() {
            "UCS2" => to_ucs2_hex(text),
            "IRA" => text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect(),
            _ => to_septets_anyhow(text).into_iter().map(char::from).collect(),
        }
    }
}

/// A time of AT+CPSMS: three bits of unit and five of number (24.008 §10.5.7.3, §10.5.7.4a).
fn coded_time(text: &str, units: [u64; 8]) -> Duration {
    let bits = u8::from_str_radix(text, 2).unwrap_or_default();
    let unit = units.get(usize::from(bits >> 5)).copied().unwrap_or_default();
    Duration::from_secs(unit * u64::from(bits & 0x1F))
}

/// T3324
fn active_time(text: &str) -> Duration {
    coded_time(text, [2, 60, 360, 60, 60, 60, 60, 60])
}

/// T3412, extended
fn update_time(text: &str) -> Duration {
    coded_time(text, [600, 3_600, 36_000, 2, 30, 60, 1_152_000, 600])
}

/// Beyond so much unread output the modem reads no more input: a computer that only writes cannot make it grow.
const FULL: usize = 16 * 1024;

/// The time between two pieces: about that of a byte at 115,200 Bd, so that a reader on a PTY sees them apart.
const PIECE_INTERVAL: Duration = Duration::from_micros(100);

/// What the modem sends: whole, or torn into pieces by the faults.
#[derive(Debug)]
struct SendBuffer {
    waiting: Vec<u8>,
    /// How much of it has been sent.
    sent: usize,
    pace: Pace,
    /// When the next piece goes out, while bytes wait.
    ready: Duration,
}

impl SendBuffer {
    fn new(pace: Pace) -> SendBuffer {
        SendBuffer { waiting: Vec::new(), sent: 0, pace, ready: Duration::ZERO }
    }

    fn put(&mut self, bytes: &[u8], now: Duration) {
        if self.is_empty() {
            self.ready = match self.pace {
                Pace::AtOnce => now,
                Pace::Bytes | Pace::Chunks => self.ready.max(now),
                Pace::Held(time) => now + time,
            };
        }
        self.waiting.extend_from_slice(bytes);
    }

    fn is_empty(&self) -> bool {
        self.sent >= self.waiting.len()
    }

    fn is_full(&self) -> bool {
        self.waiting.len() - self.sent >= FULL
    }

    /// When bytes will go out next.
    fn next(&self) -> Option<Duration> {
        (!self.is_empty()).then_some(self.ready)
    }

    /// Moves what is due to `out`.
    fn drain(&mut self, now: Duration, random: &mut Random, out: &mut Vec<u8>) {
        if self.is_empty() || self.ready > now {
            return;
        }
        let piece = match self.pace {
            Pace::AtOnce | Pace::Held(_) => usize::MAX,
            Pace::Bytes => 1,
            Pace::Chunks => 1 + random.below(7),
        };
        let waiting = self.waiting.get(self.sent..).unwrap_or_default();
        let piece = waiting.get(..piece).unwrap_or(waiting);
        out.extend_from_slice(piece);
        self.sent += piece.len();
        self.ready = now + PIECE_INTERVAL;
        if self.is_empty() {
            self.forget();
        }
    }

    /// What was not yet sent, taken off.
    fn take_waiting(&mut self) -> Vec<u8> {
        let waiting = self.waiting.split_off(self.sent.min(self.waiting.len()));
        self.forget();
        waiting
    }

    /// What was not yet sent is lost.
    fn forget(&mut self) {
        self.waiting.clear();
        self.sent = 0;
        if self.waiting.capacity() > 4 * 1024 {
            self.waiting = Vec::new();
        }
    }
}
