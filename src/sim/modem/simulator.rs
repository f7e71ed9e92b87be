//! The modem as a whole: bytes and the time go in, bytes and the next moment it wants to be called come out. A command line
//! runs here, from its first command to its final result code (V.250 §5), and the power comes and goes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::port::{Control, Device, Fault as Lost};
use crate::sim::{CommandError, Lock, Needs, OptionError, Options, Profile};

use super::file::Files;
use super::message::Messages;
use super::mobile::Mobile;
use super::phonebook::Contact;
use super::random::{Random, with_check_digit};
use super::request::next_request;
use super::{Adaptor, AnswerSoFar, Awaited, Effect, FinalCode, ModemState, Then, Timer, update_time};

/// Far beyond any conversation, and far enough from the type's end that adding to it cannot overflow.
const END_OF_TIME: Duration = Duration::from_secs(1 << 40);

/// A simulated modem.
#[derive(Debug)]
pub struct Simulator {
    pub(super) imei: Box<str>,
    pub(super) adaptor: Adaptor,
    pub(super) mobile: Mobile,
    pub(super) messages: Messages,
    pub(super) phonebook: BTreeMap<u8, Contact>,
    pub(super) files: Files,
}

impl Simulator {
    /// A modem of that model, as it is right now: up, or, with the option `boot`, just switched on.
    pub fn new(model: &str, options: Options) -> Result<Simulator, OptionError> {
        let profile = Profile::of(model)?;
        let mut random = Random::new(options.seed);
        let imei = options.imei.clone().unwrap_or_else(|| imei(profile, &mut random));
        let mut adaptor = Adaptor::new(profile, options, random);
        adaptor.preset()?;
        let mobile = Mobile::new(&mut adaptor);
        let mut modem = Simulator {
            imei: imei.into(),
            adaptor,
            mobile,
            messages: Messages::default(),
            phonebook: BTreeMap::new(),
            files: Files::new(profile),
        };
        let options = &modem.adaptor.options;
        match options.incoming {
            Some(time) => {
                for (place, count) in (0..options.messages.len()).zip(1..) {
                    modem.adaptor.timers.push((time * count, Timer::Incoming(place)));
                }
            }
            None => {
                for text in &options.messages {
                    modem.messages.store_received(text, &modem.adaptor);
                }
            }
        }
        if let Some(time) = modem.adaptor.options.imsi_switch {
            modem.adaptor.after(time, Timer::ImsiSwitch);
        }
        if let Some(time) = modem.adaptor.options.faults.storm {
            modem.adaptor.after(time, Timer::Storm);
        }
        match modem.adaptor.options.boot {
            Some(time) => modem.power_up(time),
            None => modem.come_up(),
        }
        Ok(modem)
    }

    /// How many more bytes it takes; a host that can hold its writer up need not lose any.
    pub fn room(&self) -> usize {
        self.adaptor.room()
    }

    // Power

    /// The power comes on, or a reset: deaf for so long.
    fn power_up(&mut self, boot: Duration) {
        self.adaptor.restart();
        self.mobile.power_down(&mut self.adaptor);
        if self.adaptor.line_number > 0 && self.adaptor.options.faults.wrong_imei {
            self.imei = imei(self.adaptor.profile, &mut self.adaptor.random).into();
        }
        self.adaptor.after(boot, Timer::Hears);
    }

    /// The end of the boot.
    fn hear(&mut self) {
        self.come_up();
        for line in &self.adaptor.profile.boot {
            let sim = self.mobile.function != 0 && matches!(self.mobile.card.lock(), Lock::Ready | Lock::Busy);
            if line.needs == Needs::Nothing || sim {
                self.adaptor.after(line.after, Timer::Urc(line.line.as_str().into()));
            }
        }
    }

    /// It is up, without a word.
    fn come_up(&mut self) {
        let ta = &mut self.adaptor;
        if let (Some(echo), Some(setting)) = (ta.options.echo, ta.profile.setting("E")) {
            ta.settings.put(setting, if echo { "1" } else { "0" });
        }
        ta.refresh_mode();
        ta.state = ModemState::Command;
        ta.stay_awake();
        self.mobile.function = 0;
        let function = ta.options.cfun.unwrap_or(ta.profile.rules.start_function);
        self.mobile.switch_to(function, ta);
    }

    /// The supply fails or comes back: what it was doing is lost.
    fn restart(&mut self) {
        if !matches!(self.adaptor.state, ModemState::Gone) {
            let boot = self.adaptor.options.boot.unwrap_or(self.adaptor.profile.timing.boot);
            self.adaptor.answer = AnswerSoFar::default();
            self.power_up(boot);
        }
    }

    /// The active time of AT+CPSMS is over: deaf and dumb until the next periodic update.
    fn doze(&mut self) {
        let ta = &mut self.adaptor;
        if !matches!(ta.state, ModemState::Command) || !ta.input.is_empty() || !ta.typed.is_empty() {
            return ta.stay_awake();
        }
        let update = update_time(ta.settings.parameter("+CPSMS", 3).unwrap_or_default());
        ta.state = ModemState::Deaf;
        ta.after(update, Timer::Wakes);
    }

    /// It goes down after its OK, which still goes out.
    fn go_down(&mut self, then: &Then) {
        let unsent = self.adaptor.sending.take_waiting();
        let rules = &self.adaptor.profile.rules;
        if matches!(then, Then::Reset) {
            self.power_up(self.adaptor.options.boot.unwrap_or(self.adaptor.profile.timing.boot));
        } else {
            self.power_up(Duration::ZERO);
            self.adaptor.timers.clear();
            if rules.power_down_ok && !rules.power_down.is_empty() {
                self.adaptor.after(Duration::from_secs(1), Timer::PoweredDown);
            }
        }
        self.adaptor.sending.put(&unsent, self.adaptor.now);
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
        match self.adaptor.state {
            ModemState::Running { until, .. } => Some(until),
            ModemState::Deaf
            | ModemState::Command
            | ModemState::Prompt { .. }
            | ModemState::Data { .. }
            | ModemState::Gone => None,
        }
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
            Timer::PoweredDown => ta.put_urc(&ta.profile.rules.power_down),
            Timer::CallEnds => {
                mobile.call = None;
                ta.urc("NO CARRIER");
            }
            Timer::Storm => {
                let line = ta.stray_urc();
                ta.urc(line);
                if let Some(time) = ta.options.faults.storm {
                    ta.after(time, Timer::Storm);
                }
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

    /// Takes the input as far as the modem can.
    fn pump(&mut self) {
        while !self.adaptor.input.is_empty() && !self.adaptor.sending.is_full() {
            let ta = &mut self.adaptor;
            if let ModemState::Running { until, then, abort } = &ta.state {
                // A line that has not begun yet, or that is through, holds the input up on every model.
                let outside = matches!(then, Then::Begin | Then::Flood(_));
                if *until <= ta.now || outside || (ta.profile.rules.queues_while_busy && abort.is_none()) {
                    return;
                }
            }
            if let Some(rate) = ta.options.faults.reading_rate {
                if ta.next_read > ta.now {
                    return;
                }
                ta.next_read = ta.now + Duration::from_secs(1) / rate;
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

    /// One byte from the computer.
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
            self.adaptor.begin_command();
            let effect = match next {
                Ok(None) => Ok(Effect::End(FinalCode::Ok)),
                Ok(Some(mut request)) => {
                    let effect = self.execute(&mut request);
                    for (prefixed, text) in &request.lines {
                        if *prefixed { self.adaptor.info(&request.name, text) } else { self.adaptor.bare(text) }
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

    /// The data mode begins.
    fn connect(&mut self) {
        let ta = &mut self.adaptor;
        ta.finish(FinalCode::Connect);
        self.mobile.sockets.online = true;
        if let Some(time) = ta.options.hangup.filter(|_| !ta.is_timed(&Timer::HangUp)) {
            ta.after(time, Timer::HangUp);
        }
        ta.state = ModemState::Data { escapes: 0, last: ta.now };
    }

    /// The time of the running command has come.
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
            Then::Chosen => self.adaptor.finish(FinalCode::Refused(CommandError::Equipment(30))),
            Then::Deliver(awaited, text) => {
                self.adaptor.begin_command();
                let result = self.deliver(&awaited, &text);
                self.adaptor.finish(result.unwrap_or_else(FinalCode::Refused));
            }
            Then::Reset | Then::PowerOff => self.go_down(&then),
        }
    }

    /// The text of a prompt goes where it was asked for.
    fn deliver(&mut self, awaited: &Awaited, text: &[u8]) -> Result<FinalCode, CommandError> {
        let (ta, sockets) = (&mut self.adaptor, &mut self.mobile.sockets);
        match awaited {
            Awaited::Socket { id, .. } => return sockets.deliver(*id, text, ta),
            Awaited::UbloxSocket { id, prefix, .. } => {
                let line = sockets.deliver_on_ublox(*id, text, ta)?;
                ta.info(prefix, line);
            }
            Awaited::Send | Awaited::Write { .. } | Awaited::SendUnit { .. } | Awaited::WriteUnit { .. } => {
                self.messages.deliver(awaited, text, ta, self.mobile.carries_messages())?;
            }
            Awaited::File { name, prefix, answer, .. } => {
                let said = self.files.write(name, text, answer)?;
                match said.split_first() {
                    None => {}
                    Some((b'=', bare)) => ta.bare(bare),
                    Some(_) => ta.info(prefix, said),
                }
            }
            Awaited::Nothing => return Err(CommandError::Error),
        }
        Ok(FinalCode::Ok)
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
        let asleep = ta.options.faults.asleep.is_some_and(|time| now.saturating_sub(ta.last_input) > time);
        ta.last_input = now;
        let bytes = if asleep { bytes.get(1..).unwrap_or_default() } else { bytes };
        if matches!(ta.state, ModemState::Deaf | ModemState::Gone) {
            return;
        }
        let room = ta.room();
        ta.input.extend(bytes.iter().take(room));
        self.settle(now);
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
        let why = match ta.state {
            ModemState::Gone => "the simulated modem was unplugged",
            ModemState::Deaf if ta.options.usb => "the simulated modem has gone from its bus",
            ModemState::Deaf
            | ModemState::Command
            | ModemState::Running { .. }
            | ModemState::Prompt { .. }
            | ModemState::Data { .. } => return None,
        };
        // What it still said comes first.
        ta.sending.is_empty().then(|| Lost::Lost(why.into()))
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
                ta.sending.forget();
            }
            Control::Dtr(true) | Control::Rts(_) | Control::Baud(_) | Control::Break(_) => {}
        }
    }
}

fn imei(profile: &Profile, random: &mut Random) -> String {
    with_check_digit(&format!("{}{}", profile.type_allocation, random.digits(6)))
}
