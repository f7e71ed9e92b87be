//! The terminal adaptor (27.007 §4): the part that talks with the computer. It takes characters, gives echo, lines,
//! result codes, URCs and prompts (V.250 §5), keeps the settings that shape them, and knows what happens when. The
//! faults strike here, as the dice fall. At the end of this file: a command line taken apart, and one command with its
//! answer.
//!
//! - `settings`: the values that commands set
//! - `card`, `mobile`, `socket`, `message`, `file`: the other parts, each with its table of commands
//! - `commands`: from a command to the part that does it; the tables of V.250 and of the equipment
//! - `simulator`: the modem as a whole: bytes and time, a line from its first command to its final result code, power

mod card;
mod commands;
mod file;
mod message;
mod mobile;
mod settings;
mod simulator;
mod socket;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::at::{Form, result_code};
use crate::catalogue::{self, entry::Series};
use crate::chance::Random;
use crate::diagnostic::Complaint;
use crate::notation::{check_digit, unhex};
use crate::port::Timestamp;
use crate::psm::ACTIVE;
use crate::sms::alphabet::{from_septets, from_ucs2_hex, to_septets_anyhow, to_ucs2_hex, unpack_uncounted};

use super::{CommandError, GivenOption, Options, Profile, fault};
use message::{MessageStatus, Messages};
use mobile::Mobile;
use settings::CurrentSettings;

/// Input that waits because the modem is busy, or slow. More is lost, as in a UART without flow control.
const INPUT: usize = 8 * 1024;

/// URCs that wait until the modem may speak again.
const HELD_URCS: usize = 32;

const PREVIOUS: usize = 1024;

/// Seconds from 1970 to 2026-01-01: where the modem's clock starts, so that every run sees the same time.
const CLOCK_START: u64 = 1_767_225_600;

#[derive(Debug)]
pub struct Simulator {
    imei: Box<str>,
    adaptor: Adaptor,
    mobile: Mobile,
    messages: Messages,
    /// A name that begins with a colon is no file of its store but what a server has sent.
    files: BTreeMap<String, Vec<u8>>,
}

#[derive(Debug)]
struct Adaptor {
    profile: &'static Profile,
    options: Options,
    settings: CurrentSettings,
    random: Random,
    chaos: Option<Chaos>,
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

#[derive(Debug, Default)]
struct AnswerSoFar {
    /// The command has written a line: the next needs no empty line before it.
    open: bool,
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
    /// It takes a command line.
    Command,
    /// `abort`: how it ends when a character comes, where one aborts it.
    Running { until: Duration, then: Then, abort: Option<FinalCode> },
    /// A text is typed.
    Prompt { awaited: Awaited, text: Vec<u8> },
    /// A data call: bytes go to the other end
    Data { escapes: u8, last: Duration },
    /// Unplugged
    Gone,
}

#[derive(Debug)]
enum Then {
    /// The line begins: it was held up.
    Begin,
    /// So many more URCs, then the line begins.
    Flood(u32),
    Continue,
    End(FinalCode),
    Scan,
    /// The network has been chosen by hand.
    Chosen,
    /// The network has been chosen by hand; if it cannot be had, any other will do.
    ChosenOrAny,
    Deliver(Awaited, Vec<u8>),
    Reset,
    PowerOff,
}

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
    /// A message to be sent, or stored with this status; in PDU mode its length without the service centre
    Message { address: String, length: Option<usize>, store: Option<MessageStatus> },
    /// Data for a socket: so many, or up to Ctrl-Z; on u-blox a line with this prefix tells of them.
    Socket { id: u8, length: Option<usize>, prefix: Option<String> },
    /// Data for a file: so many, or up to `end` (Ctrl-Z if it is empty); `answer` has the command's parameters.
    File {
        prompt: &'static str,
        name: String,
        length: Option<usize>,
        end: &'static str,
        prefix: String,
        answer: String,
    },
    /// Nobody has asked for it.
    Nothing,
}

#[derive(Debug)]
enum Effect {
    /// The next command of the line follows.
    Done,
    /// `abort`: how it ends when a character comes, where one aborts it.
    Wait { time: Duration, then: Then, abort: Option<FinalCode> },
    /// A text is asked for.
    Prompt(Awaited),
    /// The line ends here with this.
    End(FinalCode),
    /// The line carries data from now on.
    Data,
}

type Answer = Result<Effect, CommandError>;

/// A row of a part's table of commands: the name that profiles give it in `does`, the forms, and what it does then.
type Row = (&'static str, &'static [Form], Does);
type Does = fn(&mut Simulator, &mut Request<'_>) -> Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Timer {
    Hears,
    CardReady,
    SearchEnds,
    ImsiSwitch,
    HangUp,
    /// The guard time after `+++`
    Escape,
    Incoming(usize),
    Urc(Box<str>),
    /// The last word before the power goes
    PoweredDown,
    CallEnds,
    /// A call that comes
    Ring,
    Storm,
    /// Power saving: the active time is over, and later the time until the periodic update.
    Dozes,
    Wakes,
    Restart,
}

impl Adaptor {
    fn new(profile: &'static Profile, options: Options, random: Random) -> Adaptor {
        Adaptor {
            profile,
            settings: CurrentSettings::new(profile),
            random,
            chaos: Chaos::new(&options),
            now: Duration::ZERO,
            state: ModemState::Deaf,
            timers: Vec::new(),
            echo: true,
            verbose: true,
            quiet: false,
            sending: SendBuffer::new(Pace::of(&options)),
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
    fn preset(&mut self) -> Result<(), Complaint> {
        let profile = self.profile;
        let presets: Vec<String> =
            self.options.all("preset").flat_map(|names| names.split(',')).map(|name| name.trim().to_owned()).collect();
        for name in presets {
            let preset = profile.presets.get(&name).ok_or_else(|| {
                let known = profile.presets.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { "none" } else { known.as_str() };
                Complaint::told("hayes::port::missing sim-preset", &[&profile.model, &name, &known])
            })?;
            for (name, value) in preset {
                self.settings.keep(profile.require_setting(name)?, value);
            }
        }
        for (name, value) in self.options.all("set").filter_map(|given| given.split_once(':')) {
            self.settings.keep(profile.require_setting(name)?, value);
        }
        Ok(())
    }

    /// Everything that waits is forgotten but what the network and the SIM are up to; from now on it is deaf.
    fn restart(&mut self) {
        use Timer::{ImsiSwitch, Incoming, Ring, Storm};
        self.timers.retain(|(_, timer)| matches!(timer, Incoming(_) | ImsiSwitch | Storm | Ring));
        if self.has_fault("forgets") && self.line_number > 0 {
            self.settings.forget();
            // It is the same that was read at first, without a complaint.
            self.preset().unwrap_or_default();
        }
        self.held.clear();
        self.input.clear();
        self.typed.clear();
        self.settings.power_up();
        self.state = ModemState::Deaf;
    }

    fn refresh_mode(&mut self) {
        let on = |name| self.settings.number(name, 0) == 1;
        (self.echo, self.verbose, self.quiet) = (on("E"), on("V"), on("Q"));
    }

    // When

    fn seconds(&self) -> u64 {
        self.clock.saturating_add(self.now.as_secs())
    }

    fn after(&mut self, time: Duration, timer: Timer) {
        self.timers.push((self.now.saturating_add(time), timer));
    }

    fn cancel(&mut self, which: &Timer) {
        self.timers.retain(|(_, timer)| timer != which);
    }

    /// How often the call that comes has rung; 0 where none rings.
    fn rung(&self) -> usize {
        let left = self.timers.iter().filter(|(_, timer)| *timer == Timer::Ring).count();
        if left == 0 { 0 } else { 7 - left }
    }

    /// A call that rings is taken or refused; false where none does.
    fn end_ringing(&mut self) -> bool {
        let rings = self.rung() > 0;
        self.timers.retain(|(_, timer)| !(rings && *timer == Timer::Ring));
        rings
    }

    fn is_timed(&self, which: &Timer) -> bool {
        self.timers.iter().any(|(_, timer)| timer == which)
    }

    /// A command waits for its time, with nothing to abort it.
    fn wait(&mut self, time: Duration, then: Then) {
        self.state = ModemState::Running { until: self.now.saturating_add(time), then, abort: None };
    }

    fn urc_later(&mut self, time: Duration, line: impl Into<Box<str>>) {
        self.answer.then.push((time, line.into()));
    }

    // What is said

    /// A line of an answer with its prefix, where it has one: `+CSQ: 17,99`.
    fn info(&mut self, prefix: &str, text: impl AsRef<[u8]>) {
        self.disturb();
        let colon = if prefix.is_empty() { "" } else { ": " };
        let start = if self.verbose && !self.answer.open { "\r\n" } else { "" };
        self.answer.open = true;
        let mut line = [start.as_bytes(), prefix.as_bytes(), colon.as_bytes(), text.as_ref(), b"\r\n"].concat();
        if self.has_fault("urc-inside") {
            let rest = line.split_off(self.random.below(line.len()));
            self.send(&line);
            let urc = self.stray_urc();
            self.put_urc(urc);
            line = rest;
        }
        if self.answer.current.len() < PREVIOUS && self.has_fault("previous") {
            self.answer.current.extend_from_slice(&line);
        }
        self.send(&line);
    }

    fn finish(&mut self, result: FinalCode) {
        if matches!(self.state, ModemState::Gone) {
            return;
        }
        self.state = ModemState::Command;
        self.put_final(&result);
        self.answer.muted = self.has_come("silence");
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
        let Some(fault) = self.options.fault("psm") else { return };
        let active = || ACTIVE.read(self.settings.parameter("+CPSMS", 4).unwrap_or_default()).flatten();
        if self.settings.number("+CPSMS", 0) == 1
            && let Some(time) = fault.time.or_else(active)
        {
            self.after(time, Timer::Dozes);
        }
    }

    fn put_final(&mut self, result: &FinalCode) {
        match result {
            FinalCode::Ok => self.put_result("OK"),
            FinalCode::Connect if self.settings.number("X", 0) == 0 => self.put_result("CONNECT"),
            FinalCode::Connect => self.put_result(self.profile.text("connect")),
            FinalCode::NoCarrier => self.put_result("NO CARRIER"),
            FinalCode::Text(text) => self.put_result(text),
            FinalCode::Refused(refusal) => self.put_result(self.refusal(*refusal).as_deref().unwrap_or("ERROR")),
        }
    }

    fn put_result(&mut self, text: &str) {
        if self.quiet {
            return;
        }
        self.disturb();
        let line = match result_code::digit(text) {
            _ if self.verbose => format!("\r\n{text}\r\n"),
            Some(digit) => format!("{digit}\r"),
            None => format!("{text}\r\n"),
        };
        if self.strikes("restart") {
            return self.after(Duration::ZERO, Timer::Restart);
        }
        self.send(if self.strikes("truncated") { line.trim_end().as_bytes() } else { line.as_bytes() });
        if self.has_fault("duplicate-ok") {
            self.send(line.as_bytes());
        }
    }

    /// The error as AT+CMEE wants it; `None`: plain ERROR.
    fn refusal(&self, refusal: CommandError) -> Option<String> {
        let level = self.settings.number("+CMEE", 0);
        let rules = self.profile;
        let (kind, code) = match refusal {
            CommandError::Error => return None,
            CommandError::Unknown => ("CME", rules.number("unknown-command")),
            CommandError::Parameter => ("CME", rules.number("wrong-parameter")),
            CommandError::Equipment(code) => ("CME", code),
            CommandError::Message(code) => ("CMS", code),
        };
        let own_code = matches!(refusal, CommandError::Unknown | CommandError::Parameter);
        if kind == "CME" && level == 0 || own_code && code == 0 {
            return None;
        }
        let series = if kind == "CME" { Series::Equipment } else { Series::Message };
        let known = catalogue::error(series, code);
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
            match self.profile.is("cme-capital") {
                true => first.make_ascii_uppercase(),
                false if is_word => first.make_ascii_lowercase(),
                false => {}
            }
        }
        text
    }

    fn put_urc(&mut self, text: &str) {
        self.send(["\r\n", text, self.profile.text("urc-end")].concat().as_bytes());
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

    fn stray_urc(&mut self) -> &'static str {
        let profile = self.profile;
        let place = self.random.below(profile.urcs.len());
        profile.urcs.get(place).map_or("RING", String::as_str)
    }

    fn disturb(&mut self) {
        if self.options.faults.is_empty() {
            return;
        }
        if self.has_fault("urc") {
            let line = self.stray_urc();
            self.put_urc(line);
        }
        if self.has_fault("garbage") {
            let mut garbage = vec![b'\r', b'\n', 0xFF, 0xFE];
            for _ in 0..self.random.below(12) {
                let byte = self.random.draw().to_le_bytes().first().copied().unwrap_or_default();
                // A line of garbage, not two, and no prompt.
                garbage.push(byte | 0x80);
            }
            garbage.extend_from_slice(b"\0\x80\r\n");
            self.send(&garbage);
        }
        if self.has_fault("nul") {
            let nuls = vec![0; 1 + self.random.below(4)];
            self.send(&nuls);
        }
    }

    /// The last gate: lost answers, line ends, and the plug that is pulled in the middle of a line.
    fn send(&mut self, bytes: &[u8]) {
        if self.answer.muted || matches!(self.state, ModemState::Gone) {
            return;
        }
        if self.options.faults.is_empty() {
            return self.sending.put(bytes, self.now);
        }
        if self.has_come("unplug-in-line") {
            // Where the line's end would be, there is nothing.
            self.sending.put(bytes.get(..bytes.len().saturating_sub(3)).unwrap_or_default(), self.now);
            self.state = ModemState::Gone;
            return;
        }
        let (lf, cr) = (self.has_fault("lf"), self.has_fault("cr"));
        let dropped = self.options.fault("drop").and_then(|fault| fault.number);
        let mut is_lost = || dropped.is_some_and(|rate| self.random.below(rate as usize) == 0);
        let is_left_out = |byte: u8| lf && byte == b'\r' || cr && byte == b'\n';
        let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| !is_left_out(*byte) && !is_lost()).collect();
        self.sending.put(&bytes, self.now);
    }

    fn has_fault(&self, name: &str) -> bool {
        self.options.fault(name).is_some()
    }

    fn striking(&self) -> impl Iterator<Item = &GivenOption> {
        self.options.faults.iter().filter(|fault| fault.strikes(self.line_number, &self.last_line))
    }

    fn strikes(&self, name: &str) -> bool {
        self.striking().any(|fault| fault.name == name)
    }

    /// Whether the command line has come from which on the fault strikes.
    fn has_come(&self, name: &str) -> bool {
        self.options.fault(name).and_then(|fault| fault.number).is_some_and(|from| from <= self.line_number)
    }

    // Texts

    /// What was typed in the alphabet of AT+CSCS. A few modems want the septets of service codes packed.
    fn typed_text(&self, text: &str) -> String {
        let of_ucs2 = || from_ucs2_hex(text).filter(|_| self.charset() == "UCS2");
        let is_code = |text: &String| text.chars().all(|character| "*#0123456789".contains(character));
        let packed = || Some(from_septets(&unpack_uncounted(&unhex(text)?))).filter(is_code);
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

/// Whether the simulated network's name server knows the host: each, but what can never be (`.invalid`, RFC 6761 §6.4).
fn resolves(host: &str) -> bool {
    // `tcp://host:1883`, `http://host/path`
    let host = host.split_once("://").map_or(host, |(_, host)| host).split(['/', ':']).next();
    let domain = host.and_then(|host| host.trim_end_matches('.').rsplit('.').next());
    domain.is_none_or(|domain| !domain.eq_ignore_ascii_case("invalid"))
}

/// Seconds since 1970 as `26/01/01,00:00:00+00`, as a clock shows it so many quarters of an hour east of Greenwich.
fn timestamp(seconds: u64, zone: i8) -> String {
    let local = seconds.saturating_add_signed(i64::from(zone) * QUARTER);
    let text = Timestamp::since_1970(std::time::Duration::from_secs(local)).to_string();
    let text = text.get(2..19).unwrap_or_default().replace('-', "/").replace('T', ",");
    format!("{text}{zone:+03}")
}

const QUARTER: i64 = 900;

/// What [`timestamp`] wrote: the seconds, and the zone.
fn read_timestamp(text: &str) -> Option<(u64, i8)> {
    let (body, zone) = text.split_at_checked(text.len().checked_sub(3)?)?;
    let zone: i8 = zone.parse().ok().filter(|zone: &i8| (-96..=96).contains(zone))?;
    let local = Timestamp::parse(&format!("20{}Z", body.replace('/', "-").replace(',', "T")))?.millis() / 1_000;
    let seconds = local.checked_add_signed(-i64::from(zone) * QUARTER)?;
    (timestamp(seconds, zone) == text).then_some((seconds, zone))
}

/// Beyond so much unread output the modem reads no more input: a computer that only writes cannot make it grow.
const FULL: usize = 16 * 1024;

/// The time between two pieces: about that of a byte at 115,200 Bd, so that a reader on a PTY sees them apart.
const PIECE_INTERVAL: Duration = Duration::from_micros(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    AtOnce,
    Bytes,
    Chunks,
    /// Held back so long, then in one piece
    Held(Duration),
}

impl Pace {
    fn of(options: &Options) -> Pace {
        let pace = |fault: &GivenOption| match fault.name {
            "split" => Some(Pace::Bytes),
            "chunks" => Some(Pace::Chunks),
            "join" => fault.time.map(Pace::Held),
            _ => None,
        };
        options.faults.iter().rev().find_map(pace).unwrap_or(Pace::AtOnce)
    }
}

/// What the modem sends: whole, or torn into pieces by the faults.
#[derive(Debug)]
struct SendBuffer {
    waiting: VecDeque<u8>,
    pace: Pace,
    /// When the next piece goes out, while bytes wait.
    ready: Duration,
}

impl SendBuffer {
    fn new(pace: Pace) -> SendBuffer {
        SendBuffer { waiting: VecDeque::new(), pace, ready: Duration::ZERO }
    }

    fn put(&mut self, bytes: &[u8], now: Duration) {
        if self.waiting.is_empty() {
            self.ready = match self.pace {
                Pace::AtOnce => now,
                Pace::Bytes | Pace::Chunks => self.ready.max(now),
                Pace::Held(time) => now + time,
            };
        }
        self.waiting.extend(bytes);
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    fn next(&self) -> Option<Duration> {
        (!self.waiting.is_empty()).then_some(self.ready)
    }

    fn drain(&mut self, now: Duration, random: &mut Random, out: &mut Vec<u8>) {
        if self.waiting.is_empty() || self.ready > now {
            return;
        }
        let piece = match self.pace {
            Pace::AtOnce | Pace::Held(_) => usize::MAX,
            Pace::Bytes => 1,
            Pace::Chunks => 1 + random.below(7),
        };
        out.extend(self.waiting.drain(..piece.min(self.waiting.len())));
        self.ready = now + PIECE_INTERVAL;
        if self.waiting.is_empty() && self.waiting.capacity() > 4 * 1024 {
            self.waiting = VecDeque::new();
        }
    }
}

// The faults that chance chooses

fn with_check_digit(digits: &str) -> String {
    format!("{digits}{}", check_digit(digits).unwrap_or_default())
}

/// The faults that chaos chooses from, as addresses write them; `{}` is a number up to 3000.
const MISHAPS: &str = "split chunks join:{}ms urc urc-inside nul garbage late:{}ms late:{}s lost echo-half duplicate-ok \
    truncated previous error prompt connect hang-at-prompt slow-reader:{} drop:{} restart silence:0 unplug-in-line:0";

/// The fault `chaos`: one to three of the others, which strike some of the command lines and spare the rest.
#[derive(Debug)]
struct Chaos {
    random: Random,
    mishaps: Vec<&'static str>,
    /// One line of so many is struck.
    rarity: usize,
    lasting: Vec<GivenOption>,
}

impl Chaos {
    fn new(options: &Options) -> Option<Chaos> {
        let mut random = Random::new(u64::from(options.fault("chaos")?.number?));
        let mut mishaps: Vec<&str> = MISHAPS.split(' ').collect();
        let kept = 1 + random.below(3);
        while mishaps.len() > kept {
            mishaps.swap_remove(random.below(mishaps.len()));
        }
        let rarity = 1 + random.below(12);
        Some(Chaos { random, mishaps, rarity, lasting: options.faults.clone() })
    }

    fn strike(&mut self, now: &[GivenOption]) -> Vec<GivenOption> {
        // A modem that has fallen silent stays so.
        let silence = now.iter().filter(|fault| fault.name == "silence");
        let mut faults: Vec<GivenOption> = self.lasting.iter().chain(silence).cloned().collect();
        for mishap in &self.mishaps {
            if self.random.below(self.rarity) == 0 {
                let word = mishap.replace("{}", &(1 + self.random.below(3_000)).to_string());
                // All of them can be had.
                faults.extend(fault(&word));
            }
        }
        faults
    }
}

// A command line taken apart (V.250 §5.3, 5.4), independently of how [`crate::at`] builds one

/// One command of a line, and the lines of its answer so far.
#[derive(Debug)]
struct Request<'a> {
    /// In upper case with its leading character: `+CREG`, `&F`, `E`. It stands before each line of the answer.
    name: String,
    form: Form,
    /// The number behind a basic command (`ATE0`) and behind `S` is the first; what is dialled is the only one.
    parameters: Vec<CommandParameter<'a>>,
    /// The value of the profile that the command reads and sets.
    setting: Option<usize>,
    bare: bool,
    /// Whether the prefix stands before it, and the line.
    lines: Vec<(bool, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CommandParameter<'a> {
    text: &'a str,
    quoted: bool,
}

impl CommandParameter<'_> {
    fn number(&self) -> Option<u32> {
        if self.quoted || !self.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.text.parse().ok()
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.quoted
    }
}

impl<'a> Request<'a> {
    fn new(name: &str, form: Form, parameters: Vec<CommandParameter<'a>>) -> Request<'a> {
        Request { name: name.to_ascii_uppercase(), form, parameters, setting: None, bare: false, lines: Vec::new() }
    }

    /// The parameter at a place, as long as it is there and not empty.
    fn given(&self, place: usize) -> Option<CommandParameter<'a>> {
        self.parameters.get(place).filter(|parameter| !parameter.is_empty()).copied()
    }

    /// As [`Request::given`], of a parameter that the command must have.
    fn needed(&self, place: usize) -> Result<CommandParameter<'a>, CommandError> {
        self.given(place).ok_or(CommandError::Parameter)
    }

    fn text(&self, place: usize) -> &'a str {
        self.given(place).map_or("", |parameter| parameter.text)
    }

    fn quoted(&self, place: usize) -> Option<&'a str> {
        self.given(place).filter(|parameter| parameter.quoted).map(|parameter| parameter.text)
    }

    fn number<N: TryFrom<u32>>(&self, place: usize) -> Option<N> {
        self.given(place)?.number()?.try_into().ok()
    }

    /// A text of a profile with the parameters in it: `{0}` is the first, without its quotes.
    fn filled(&self, text: &str) -> String {
        let places = (0..).zip(&self.parameters);
        places.fold(text.to_owned(), |text, (place, it)| match format!("{{{place}}}") {
            name if text.contains(&name) => text.replace(&name, it.text),
            _ => text,
        })
    }

    fn say(&mut self, line: impl Into<Vec<u8>>) {
        self.lines.push((!self.bare, line.into()));
    }

    fn say_bare(&mut self, line: impl Into<Vec<u8>>) {
        self.lines.push((false, line.into()));
    }

    fn answer(&mut self, line: impl Into<Vec<u8>>) -> Answer {
        self.say(line);
        Ok(Effect::Done)
    }

    fn answer_all(&mut self, lines: impl IntoIterator<Item = String>) -> Answer {
        lines.into_iter().for_each(|line| self.say(line));
        Ok(Effect::Done)
    }
}

/// Takes the next command off `line`, which starts behind `AT` or behind the last command. `None` at the line's end.
fn next_request<'a>(line: &mut &'a str) -> Result<Option<Request<'a>>, CommandError> {
    let rest = line.trim_start_matches([' ', ';']);
    let Some(first) = rest.chars().next() else {
        *line = "";
        return Ok(None);
    };
    let behind = rest.get(1..).unwrap_or_default();
    let taken = match first {
        '+' | '#' | '%' | '^' | '!' | '*' | '$' | '\\' | '@' => extended(rest),
        '&' => basic(rest, 2),
        'D' | 'd' => {
            let dialled = CommandParameter { text: behind.trim(), quoted: false };
            Some((Request::new("D", Form::Execute, vec![dialled]), ""))
        }
        'S' | 's' => register(behind),
        // ATA ends its command: `AT+CMEE=2;AT+CMGF=1` is a slip, not an answered call.
        'A' | 'a' if !behind.starts_with(';') && rest.len() > 1 => None,
        'A'..='Z' | 'a'..='z' => basic(rest, 1),
        _ => None,
    };
    let (request, rest) = taken.ok_or(CommandError::Unknown)?;
    *line = rest;
    Ok(Some(request))
}

/// `+NAME`, `+NAME?`, `+NAME=?`, `+NAME=1,"x"`; it ends at a semicolon or with the line.
fn extended(text: &str) -> Option<(Request<'_>, &str)> {
    // A semicolon inside double quotes ends nothing.
    let mut quoted = false;
    let end = text.find(|character: char| {
        quoted ^= character == '"';
        character == ';' && !quoted
    });
    if quoted {
        return None;
    }
    let (command, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let command = command.trim_end();
    let name_end = command.find(['=', '?']).unwrap_or(command.len());
    let (name, form) = command.split_at_checked(name_end)?;
    let name = name.trim_end();
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-/.:".contains(character);
    if name.len() < 2 || !name.chars().skip(1).all(is_name) {
        return None;
    }
    let (form, parameters) = match form {
        "" => (Form::Execute, Vec::new()),
        "?" => (Form::Read, Vec::new()),
        "=?" => (Form::Test, Vec::new()),
        _ => (Form::Set, split(form.strip_prefix('=')?).map(parameter).collect()),
    };
    Some((Request::new(name, form, parameters), rest))
}

fn parameter(field: &str) -> CommandParameter<'_> {
    let field = field.trim();
    let inner = field.strip_prefix('"').and_then(|field| field.strip_suffix('"'));
    CommandParameter { text: inner.unwrap_or(field), quoted: inner.is_some() }
}

/// The parts between commas; a comma in quotes separates nothing.
fn split(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |character: char| {
        quoted ^= character == '"';
        character == ',' && !quoted
    })
}

/// `E0`, `&F`: one or two characters and a number.
fn basic(text: &str, name_length: usize) -> Option<(Request<'_>, &str)> {
    let (name, rest) = text.split_at_checked(name_length)?;
    if !name.ends_with(|character: char| character.is_ascii_alphabetic()) {
        return None;
    }
    let (number, rest) = leading_number(rest)?;
    Some((Request::new(name, Form::Execute, number.into_iter().collect()), rest))
}

/// `S0=1`, `S0?` (V.250 §5.3.2), from behind the S.
fn register(text: &str) -> Option<(Request<'_>, &str)> {
    let (number, rest) = leading_number(text)?;
    let number = number?;
    if let Some(rest) = rest.strip_prefix('?') {
        return Some((Request::new("S", Form::Read, vec![number]), rest));
    }
    let rest = rest.strip_prefix('=')?;
    let (value, rest) = rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?;
    let value = CommandParameter { text: value, quoted: false };
    Some((Request::new("S", Form::Set, vec![number, value]), rest))
}

fn leading_number(text: &str) -> Option<(Option<CommandParameter<'_>>, &str)> {
    let text = text.trim_start_matches(' ');
    let (number, rest) = text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())?;
    if number.is_empty() {
        return Some((None, rest));
    }
    number.parse::<u32>().ok().map(|_| (Some(CommandParameter { text: number, quoted: false }), rest))
}
