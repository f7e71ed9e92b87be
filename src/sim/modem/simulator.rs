//! The modem as a whole: bytes and the time go in, bytes and the next moment it wants to be called come out. A command
//! line runs here, from its first command to its final result code (V.250 §5), and the power comes and goes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::chance::Random;
use crate::diagnostic::Complaint;
use crate::port::{Control, Device, Fault as Lost};
use crate::psm::PERIODIC;
use crate::sim::{CommandError, GivenOption, Needs, Options, Profile};

use super::message::Messages;
use super::mobile::{CALLER, Mobile};
use super::{
    Adaptor, AnswerSoFar, Awaited, Effect, FinalCode, INPUT, ModemState, Pace, Simulator, Then, Timer, next_request,
    with_check_digit,
};

const LONGEST_COMMAND_LINE: usize = 560;

const PROMPT_TEXT: usize = 2 * 1024;

const PROMPT: &str = "\r\n> ";

const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

/// Far beyond any conversation, and far enough from the type's end that adding to it cannot overflow.
const END_OF_TIME: Duration = Duration::from_secs(1 << 40);

impl Simulator {
    /// A modem of that model, as it is right now: up, or, with the option `boot`, just switched on.
    pub fn new(model: &str, options: Options) -> Result<Simulator, Complaint> {
        let profile = Profile::of(model)?;
        let seed = options.text("seed").and_then(|seed| seed.parse().ok());
        let mut random = Random::new(seed.unwrap_or_default());
        let imei = options.text("imei").map_or_else(|| imei(profile, &mut random), str::to_owned);
        let mut adaptor = Adaptor::new(profile, options, random);
        adaptor.preset()?;
        let mobile = Mobile::new(&mut adaptor);
        let mut modem = Simulator {
            imei: imei.into(),
            adaptor,
            mobile,
            messages: Messages::default(),
            files: profile.files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect(),
        };
        let options = &modem.adaptor.options;
        for ((place, text), count) in options.all("sms").enumerate().zip(1..) {
            match options.time("incoming") {
                Some(time) => modem.adaptor.timers.push((time * count, Timer::Incoming(place))),
                None => _ = modem.messages.store_received(text, &modem.adaptor),
            }
        }
        if let Some(time) = modem.adaptor.options.time("imsi-switch") {
            modem.adaptor.after(time, Timer::ImsiSwitch);
        }
        if let Some(time) = modem.adaptor.options.time("ring") {
            // The seventh is the end of it.
            (0..7).for_each(|rung| modem.adaptor.after(time + rung * Duration::from_secs(5), Timer::Ring));
        }
        modem.adaptor.storm();
        match modem.adaptor.options.time("boot") {
            Some(time) => modem.power_up(time),
            None => modem.come_up(),
        }
        Ok(modem)
    }

    /// How many more bytes it takes; a host that can hold its writer up need not lose any.
    pub fn room(&self) -> usize {
        INPUT.saturating_sub(self.adaptor.input.len())
    }

    // Power

    /// The power comes on, or a reset: deaf for so long.
    fn power_up(&mut self, boot: Duration) {
        self.adaptor.restart();
        self.mobile.power_down(&mut self.adaptor);
        if self.adaptor.line_number > 0 && self.adaptor.has_fault("wrong-imei") {
            self.imei = imei(self.adaptor.profile, &mut self.adaptor.random).into();
        }
        self.adaptor.after(boot, Timer::Hears);
    }

    fn hear(&mut self) {
        self.come_up();
        for line in &self.adaptor.profile.boot {
            if line.needs == Needs::Nothing || self.mobile.function != 0 && self.mobile.card.is_usable() {
                self.adaptor.after(line.after, Timer::Urc(line.line.as_str().into()));
            }
        }
    }

    fn come_up(&mut self) {
        let ta = &mut self.adaptor;
        if let (Some(echo), Some(setting)) = (ta.options.is_on("echo"), ta.profile.setting("E")) {
            ta.settings.put(setting, if echo { "1" } else { "0" }, ta.now);
        }
        ta.refresh_mode();
        ta.state = ModemState::Command;
        ta.stay_awake();
        let function = ta.options.number("cfun").unwrap_or(ta.profile.number("start-function"));
        self.mobile.switch_to(function, ta);
    }

    /// The supply fails or comes back: what it was doing is lost.
    fn restart(&mut self) {
        if !matches!(self.adaptor.state, ModemState::Gone) {
            self.adaptor.answer = AnswerSoFar::default();
            self.power_up(self.adaptor.boot_time());
        }
    }

    /// The active time of AT+CPSMS is over: deaf and dumb until the next periodic update.
    fn doze(&mut self) {
        let ta = &mut self.adaptor;
        if !matches!(ta.state, ModemState::Command) || !ta.input.is_empty() || !ta.typed.is_empty() {
            return ta.stay_awake();
        }
        let update = PERIODIC.read(ta.settings.parameter("+CPSMS", 3).unwrap_or_default()).flatten();
        ta.state = ModemState::Deaf;
        ta.after(update.unwrap_or(END_OF_TIME), Timer::Wakes);
    }

    /// It goes down after its OK, which still goes out.
    fn go_down(&mut self, then: &Then) {
        let mut unsent = std::mem::take(&mut self.adaptor.sending.waiting);
        let rules = self.adaptor.profile;
        if matches!(then, Then::Reset) {
            self.power_up(self.adaptor.boot_time());
        } else {
            self.power_up(Duration::ZERO);
            self.adaptor.timers.clear();
            if rules.is("power-down-ok") && !rules.text("power-down").is_empty() {
                self.adaptor.after(Duration::from_secs(1), Timer::PoweredDown);
            }
        }
        self.adaptor.sending.put(unsent.make_contiguous(), self.adaptor.now);
    }

    // Time

    /// Lets everything happen that is due up to `now`.
    fn settle(&mut self, now: Duration) {
        loop {
            self.pump();
            let timers = self.adaptor.timers.iter().enumerate();
            let timer = timers.min_by_key(|(_, (at, _))| *at).map(|(place, (at, _))| (*at, place));
            match (timer, self.runs_until()) {
                (Some((at, place)), run) if at <= now && run.is_none_or(|run| at <= run) => {
                    self.adaptor.now = self.adaptor.now.max(at);
                    let (_, timer) = self.adaptor.timers.swap_remove(place);
                    self.fire(timer);
                }
                (_, Some(run)) if run <= now => {
                    self.adaptor.now = self.adaptor.now.max(run);
                    self.resume();
                }
                _ => break,
            }
        }
        self.adaptor.now = self.adaptor.now.max(now);
    }

    fn runs_until(&self) -> Option<Duration> {
        if let ModemState::Running { until, .. } = self.adaptor.state { Some(until) } else { None }
    }

    fn fire(&mut self, timer: Timer) {
        let (mobile, ta) = (&mut self.mobile, &mut self.adaptor);
        match timer {
            Timer::Hears => self.hear(),
            Timer::CardReady => {
                mobile.card.power_up(false);
                mobile.update(ta);
            }
            Timer::SearchEnds => {
                mobile.end_search(ta);
                self.messages.receive_delayed(ta, mobile.carries_messages());
            }
            Timer::ImsiSwitch => mobile.switch_imsi(ta),
            Timer::Escape => ta.escape(),
            Timer::HangUp => mobile.sockets.lose_connection(ta),
            Timer::PoweredDown => ta.put_urc(ta.profile.text("power-down")),
            Timer::CallEnds => {
                mobile.hang_up(ta);
                ta.urc("NO CARRIER");
            }
            Timer::Ring if !ta.is_timed(&Timer::Ring) || !mobile.is_registered() => {}
            Timer::Ring => {
                ta.urc(if ta.settings.number("+CRC", 0) == 1 { "+CRING: VOICE" } else { "RING" });
                if ta.settings.number("+CLIP", 0) == 1 {
                    ta.urc(&format!("+CLIP: \"{CALLER}\",145,\"\",0,\"\",0"));
                }
                // S0: after so many it takes the call by itself.
                let [most, ..] = ta.settings.registers;
                if most > 0 && ta.rung() >= usize::from(most) {
                    mobile.take_call(ta);
                }
            }
            Timer::Storm => {
                let line = ta.stray_urc();
                ta.urc(line);
                ta.storm();
            }
            Timer::Dozes => self.doze(),
            Timer::Wakes | Timer::Restart => self.restart(),
            Timer::Incoming(place) => self.messages.receive(place, ta, mobile.carries_messages()),
            Timer::Urc(line) => {
                let line = self.filled(&line);
                self.adaptor.urc(&line);
            }
        }
    }

    fn pump(&mut self) {
        while !self.adaptor.input.is_empty() && !self.adaptor.sending.is_full() {
            let ta = &mut self.adaptor;
            if let ModemState::Running { until, then, abort } = &ta.state {
                // A line that has not begun yet, or that is through, holds the input up on every model.
                let outside = matches!(then, Then::Begin | Then::Flood(_));
                if *until <= ta.now || outside || (ta.profile.is("queues-while-busy") && abort.is_none()) {
                    return;
                }
            }
            if let Some(rate) = ta.options.fault("slow-reader").and_then(|fault| fault.number) {
                if ta.next_read > ta.now {
                    return;
                }
                ta.next_read = ta.now + Duration::from_secs(1) / rate.max(1);
            }
            if let Some(byte) = ta.input.pop_front() {
                self.take(byte);
            }
        }
        let input = &mut self.adaptor.input;
        if input.is_empty() && input.capacity() > 1024 {
            *input = VecDeque::new();
        }
    }

    // A command line

    fn take(&mut self, byte: u8) {
        let ta = &mut self.adaptor;
        match &mut ta.state {
            ModemState::Deaf | ModemState::Gone => {}
            ModemState::Command => {
                if ta.type_byte(byte) && ta.begin() {
                    self.run();
                }
            }
            ModemState::Running { abort, .. } => {
                // The LF of a CR LF is no character that aborts.
                if byte != b'\n'
                    && let Some(aborted) = abort.take()
                {
                    ta.finish(aborted);
                }
            }
            ModemState::Prompt { .. } => ta.type_at_prompt(byte),
            ModemState::Data { .. } => ta.type_data(byte, self.mobile.sockets.passed_through.is_some()),
        }
    }

    fn run(&mut self) {
        if self.adaptor.runs() {
            self.proceed();
        }
    }

    /// The next commands of the line, until one takes its time or fails: the first failure ends the line.
    fn proceed(&mut self) {
        let line = std::mem::take(&mut self.adaptor.line);
        while let Some(mut rest) = line.get(self.adaptor.done..) {
            let next = next_request(&mut rest);
            self.adaptor.done = line.len() - rest.len();
            self.adaptor.answer.open = false;
            let effect = match next {
                Ok(None) => Ok(Effect::End(FinalCode::Ok)),
                Ok(Some(mut request)) => {
                    let effect = self.execute(&mut request);
                    for (prefixed, text) in &request.lines {
                        self.adaptor.info(if *prefixed { &request.name } else { "" }, text);
                    }
                    effect
                }
                Err(error) => Err(error),
            };
            if matches!(self.adaptor.state, ModemState::Gone) {
                break;
            }
            match effect {
                Ok(Effect::Done) => continue,
                Ok(Effect::Wait { time, then, abort }) => {
                    self.adaptor.state = ModemState::Running { until: self.adaptor.now + time, then, abort };
                }
                Ok(Effect::Prompt(awaited)) => self.adaptor.open_prompt(awaited),
                Ok(Effect::End(result)) => self.adaptor.finish(result),
                Ok(Effect::Data) => self.connect(),
                Err(error) => self.adaptor.finish(FinalCode::Refused(error)),
            }
            break;
        }
        self.adaptor.line = line;
    }

    fn connect(&mut self) {
        let ta = &mut self.adaptor;
        ta.finish(FinalCode::Connect);
        self.mobile.sockets.online = true;
        if let Some(time) = ta.options.time("hangup").filter(|_| !ta.is_timed(&Timer::HangUp)) {
            ta.after(time, Timer::HangUp);
        }
        ta.state = ModemState::Data { escapes: 0, last: ta.now };
    }

    fn resume(&mut self) {
        let state = std::mem::replace(&mut self.adaptor.state, ModemState::Command);
        let ModemState::Running { then, .. } = state else {
            self.adaptor.state = state;
            return;
        };
        match then {
            Then::Begin | Then::Flood(0) => self.run(),
            Then::Flood(left) => self.adaptor.flood(left),
            Then::Continue => self.proceed(),
            Then::End(result) => self.adaptor.finish(result),
            Then::Scan => {
                self.mobile.put_scan(&mut self.adaptor);
                self.proceed();
            }
            Then::Chosen | Then::ChosenOrAny if self.mobile.is_registered() => self.proceed(),
            Then::ChosenOrAny => self.mobile.choose_any(&mut self.adaptor),
            Then::Chosen => self.adaptor.finish(FinalCode::Refused(CommandError::NO_NETWORK)),
            Then::Deliver(awaited, text) => {
                self.adaptor.answer.open = false;
                let result = self.deliver(&awaited, &text);
                self.adaptor.finish(result.unwrap_or_else(FinalCode::Refused));
            }
            Then::Reset | Then::PowerOff => self.go_down(&then),
        }
    }

    fn deliver(&mut self, awaited: &Awaited, text: &[u8]) -> Result<FinalCode, CommandError> {
        let ta = &mut self.adaptor;
        match awaited {
            Awaited::Socket { id, prefix, .. } => {
                return self.mobile.sockets.deliver(*id, text, prefix.as_deref(), ta);
            }
            Awaited::Message { .. } => {
                self.messages.deliver(awaited, text, ta, self.mobile.carries_messages())?;
            }
            Awaited::File { name, prefix, answer, .. } => {
                let said = self.write_file(name, text, answer)?;
                match said.split_first() {
                    None => {}
                    Some((b'=', bare)) => self.adaptor.info("", bare),
                    Some(_) => self.adaptor.info(prefix, said),
                }
            }
            Awaited::Nothing => return Err(CommandError::Error),
        }
        Ok(FinalCode::Ok)
    }
}

impl Adaptor {
    fn boot_time(&self) -> Duration {
        self.options.time("boot").unwrap_or(self.profile.time("boot"))
    }

    /// The next URC of a storm, where there is one.
    fn storm(&mut self) {
        if let Some(time) = self.options.fault("storm").and_then(|fault| fault.time) {
            self.after(time, Timer::Storm);
        }
    }

    // What is typed

    /// A character of a command line; whether a line is there now.
    fn type_byte(&mut self, byte: u8) -> bool {
        self.put_echo(byte);
        let [_, _, _, end, _, backspace, ..] = self.settings.registers;
        if byte == end {
            return self.end_line();
        }
        if byte == backspace || byte == 0x7F {
            self.typed.pop();
        } else if byte >= b' ' && self.typed.len() <= LONGEST_COMMAND_LINE + 2 {
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
                Ok(body) if body.len() <= LONGEST_COMMAND_LINE => self.line.push_str(body),
                // A line that cannot be read is refused like one that has no meaning.
                _ => self.line.push('?'),
            }
            self.last_line.clone_from(&self.line);
        }
        self.typed = typed;
        self.typed.clear();
        start.is_some()
    }

    /// Takes a whole command line. True if it runs at once; a fault may delay it or drop it.
    fn begin(&mut self) -> bool {
        self.line_number = self.line_number.saturating_add(1);
        if let Some(chaos) = &mut self.chaos {
            self.options.faults = chaos.strike(&self.options.faults);
            self.sending.pace = Pace::of(&self.options);
        }
        self.done = 0;
        self.answer.open = false;
        if self.has_come("unplug") {
            self.state = ModemState::Gone;
            self.sending.waiting.clear();
            return false;
        }
        self.answer.muted |= self.has_come("silence") || self.strikes("lost");
        let late = self.striking().filter(|fault| fault.name == "late").filter_map(|fault| fault.time);
        let wait = self.options.time("delay").unwrap_or_default() + late.sum::<Duration>();
        match self.options.fault("flood").and_then(|fault| fault.number).unwrap_or_default() {
            0 if wait.is_zero() => return true,
            0 => self.wait(wait, Then::Begin),
            flood => self.wait(wait, Then::Flood(flood)),
        }
        false
    }

    /// The line runs, unless a fault answers in its place.
    fn runs(&mut self) -> bool {
        self.state = ModemState::Command;
        let refusal = |fault: &GivenOption| match (fault.name, u16::try_from(fault.number.unwrap_or_default())) {
            ("error", _) => Some(CommandError::Error),
            ("cme", Ok(code)) => Some(CommandError::Equipment(code)),
            ("cms", Ok(code)) => Some(CommandError::Message(code)),
            _ => None,
        };
        let refusal = self.striking().find_map(refusal);
        if self.has_fault("previous") {
            let previous = std::mem::take(&mut self.answer.previous);
            self.send(&previous);
        }
        match refusal {
            Some(refusal) => self.finish(FinalCode::Refused(refusal)),
            None if self.strikes("prompt") => self.open_prompt(Awaited::Nothing),
            None if self.strikes("connect") => {
                self.finish(FinalCode::Connect);
                self.state = ModemState::Data { escapes: 0, last: self.now };
            }
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
        let prompt = match &awaited {
            Awaited::Socket { prefix: Some(_), .. } => "\r\n@",
            Awaited::File { prompt, .. } if !prompt.is_empty() => prompt,
            Awaited::Message { .. } | Awaited::Socket { .. } | Awaited::File { .. } | Awaited::Nothing => PROMPT,
        };
        self.put_prompt(prompt);
        self.state = ModemState::Prompt { awaited, text: Vec::new() };
    }

    fn type_at_prompt(&mut self, byte: u8) {
        let ModemState::Prompt { awaited, text } = &mut self.state else { return };
        if let Awaited::Socket { length: Some(length), .. } | Awaited::File { length: Some(length), .. } = awaited {
            // Data whose number was told: any byte is one of them.
            text.push(byte);
            if text.len() >= *length {
                self.end_prompt(Duration::ZERO);
            }
            return;
        }
        if let Awaited::File { end, .. } = awaited
            && !end.is_empty()
        {
            text.push(byte);
            if text.ends_with(end.as_bytes()) {
                text.truncate(text.len() - end.len());
                self.end_prompt(Duration::ZERO);
            } else if text.len() > PROMPT_TEXT {
                self.finish(FinalCode::Refused(CommandError::Error));
            }
            return;
        }
        match byte {
            CTRL_Z => {
                let hangs = self.options.fault("hang-at-prompt").is_some();
                if *awaited == Awaited::Nothing && !hangs {
                    return self.finish(FinalCode::Refused(CommandError::Error));
                }
                let hangs = hangs && !matches!(awaited, Awaited::Socket { .. });
                self.end_prompt(if hangs { Duration::MAX } else { Duration::ZERO });
            }
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
                    self.put_prompt(PROMPT);
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

    /// Data goes to the other end, where a socket's server says it back (`answers`) and a call's network does not;
    /// `+++` between two silences comes back (V.250 §6.2.9, S12).
    fn type_data(&mut self, byte: u8, answers: bool) {
        let guard = Duration::from_millis(20) * u32::from(self.settings.registers[12]);
        let escape = self.settings.registers[2];
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

    fn escape(&mut self) {
        if matches!(self.state, ModemState::Data { .. }) {
            self.finish(FinalCode::Ok);
        }
    }

    /// The echo of a character, as far as the faults let it through.
    fn put_echo(&mut self, byte: u8) {
        if !self.echo || self.answer.muted {
            return;
        }
        match self.options.faults.iter().rev().find_map(|fault| fault.name.strip_prefix("echo-")) {
            Some("off") => {}
            Some("half") if self.is_second_half() => {}
            Some("garbled") if byte > b' ' && self.random.below(3) == 0 => self.sending.put(&[byte ^ 0x05], self.now),
            Some("backspaces") if byte > b' ' => self.sending.put(&[byte, 0x08, byte], self.now),
            Some(_) | None => self.sending.put(&[byte], self.now),
        }
    }

    /// Whether the character that has just come lies behind the middle of its line.
    fn is_second_half(&self) -> bool {
        let left = self.input.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        self.typed.len() >= left
    }
}

impl Device for Simulator {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        let now = now.min(END_OF_TIME);
        self.settle(now);
        let ta = &mut self.adaptor;
        if matches!(ta.state, ModemState::Command) {
            ta.stay_awake();
        }
        let asleep = ta
            .options
            .fault("asleep")
            .and_then(|it| it.time)
            .is_some_and(|time| now.saturating_sub(ta.last_input) > time);
        ta.last_input = now;
        let mut rest = if asleep { bytes.get(1..).unwrap_or_default() } else { bytes };
        // What it has read at once makes room for more.
        while self.room() > 0 && !rest.is_empty() && !matches!(self.adaptor.state, ModemState::Deaf | ModemState::Gone)
        {
            let (taken, left) = rest.split_at(self.room().min(rest.len()));
            self.adaptor.input.extend(taken);
            self.settle(now);
            rest = left;
        }
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        let now = now.min(END_OF_TIME);
        self.settle(now);
        self.adaptor.sending.drain(now, &mut self.adaptor.random, out);
        self.settle(now);
    }

    fn next(&self) -> Option<Duration> {
        let ta = &self.adaptor;
        if matches!(ta.state, ModemState::Gone) {
            return ta.sending.next();
        }
        let timer = ta.timers.iter().map(|(at, _)| *at).min();
        let run = self.runs_until().filter(|at| *at < Duration::MAX);
        let reads = matches!(ta.state, ModemState::Command | ModemState::Prompt { .. } | ModemState::Data { .. });
        let reading = (reads && !ta.input.is_empty() && !ta.sending.is_full()).then_some(ta.next_read);
        [timer, run, reading, ta.sending.next()].into_iter().flatten().min()
    }

    fn gone(&self) -> Option<Lost> {
        let ta = &self.adaptor;
        let is_unplugged = matches!(ta.state, ModemState::Gone);
        let is_off_its_bus = matches!(ta.state, ModemState::Deaf) && ta.options.is_on("usb") == Some(true);
        let why = if is_unplugged {
            "the simulated modem was unplugged"
        } else {
            "the simulated modem has gone from its bus"
        };
        // What it still said comes first.
        (ta.sending.waiting.is_empty() && (is_unplugged || is_off_its_bus)).then(|| Lost::Lost(why.into()))
    }

    /// A DTR that drops ends a data call (V.250 §6.3.2); a break does nothing.
    fn control(&mut self, control: Control, now: Duration) {
        self.settle(now.min(END_OF_TIME));
        let (ta, sockets) = (&mut self.adaptor, &mut self.mobile.sockets);
        match control {
            // DTR wakes it, as the power key does.
            Control::Dtr(_) if ta.is_timed(&Timer::Wakes) => {
                ta.cancel(&Timer::Wakes);
                self.restart();
            }
            Control::Dtr(false) => {
                let data = matches!(ta.state, ModemState::Data { .. });
                match ta.settings.number("&D", 0) {
                    1 if data => ta.escape(),
                    2 if data || sockets.online => {
                        sockets.end_connection(ta);
                        ta.finish(FinalCode::NoCarrier);
                    }
                    _ => {}
                }
            }
            Control::Flush => {
                ta.input.clear();
                ta.sending.waiting.clear();
            }
            Control::Dtr(true) | Control::Rts(_) | Control::Baud(_) | Control::Break(_) => {}
        }
    }
}

fn imei(profile: &Profile, random: &mut Random) -> String {
    with_check_digit(&format!("{}{}", profile.type_allocation, random.digits(6)))
}
