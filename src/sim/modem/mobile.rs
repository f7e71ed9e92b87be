//! The mobile termination (27.007 §4): the SIM, the radio and the network that it is on. Here: registration, operators,
//! signal (27.007 §7, §8.5, §8.69). What it carries stands in `packet` and `socket`.

use std::time::Duration;

use crate::sim::{CommandError, Lock, NetworkBlock, Operator, Profile};

use super::card::Card;
use super::packet::PdpContext;
use super::random::with_check_digit;
use super::request::CommandForm::{Execute, Read, Set, Test};
use super::request::{Request, split};
use super::socket::Sockets;
use super::{Adaptor, Answer, Effect, FinalCode, ModemState, Row, Simulator, Then, Timer};

pub(super) const COMMANDS: &[Row] = &[
    ("registration", &[Read], |modem, request| modem.mobile.show_registration(request, &modem.adaptor)),
    ("registration", &[Execute, Set], Simulator::setting),
    ("operator", &[Test], |modem, _| modem.mobile.scan(&modem.adaptor)),
    ("operator", &[Read], |modem, request| request.answer(modem.mobile.operator_text(&modem.adaptor))),
    ("operator", &[Set], |modem, request| modem.mobile.choose(request, &mut modem.adaptor)),
    // The strength and the bit error rate, which LTE does not know.
    ("signal", &[Execute], |modem, request| match modem.mobile.signal(&mut modem.adaptor) {
        99 => request.answer("99,99"),
        signal => request.answer(format!("{},99", modem.adaptor.options.csq.unwrap_or(signal))),
    }),
    // Only the two LTE values are known (27.007 §8.69). RSRP lies about 27 dB under the strength of the whole carrier.
    ("signal-extended", &[Execute], |modem, request| match modem.mobile.signal(&mut modem.adaptor) {
        99 => request.answer("99,99,255,255,255,255"),
        signal => request.answer(format!("99,99,255,255,{},{}", 10 + signal / 2, u16::from(signal) * 2 + 1)),
    }),
    ("service-code", &[Execute, Read], Simulator::setting),
    ("service-code", &[Set], |modem, request| {
        let code = request.given(1).map(|code| modem.adaptor.typed_text(code.text));
        request.parameters.truncate(1);
        // AT+CUSD=2 ends the session; it is no value that stays (27.007 §7.15).
        if request.number::<u32>(0) == Some(2) {
            return Ok(Effect::Done);
        }
        modem.setting(request)?;
        match code.as_deref() {
            Some(code) => modem.mobile.service_code(request, code, &mut modem.adaptor),
            None => Ok(Effect::Done),
        }
    }),
    ("call-list", &[Execute], |modem, request| match &modem.mobile.call {
        None => Ok(Effect::Done),
        Some(call) => {
            // 0 stands, 2 is dialled, 3 rings there
            let rings = modem.adaptor.now.saturating_sub(call.since) >= RINGS_AFTER;
            let stat = if call.is_data { 0 } else { 2 + u8::from(rings) };
            let plan = if call.number.starts_with('+') { 145 } else { 129 };
            request.answer(format!("1,0,{stat},{},0,\"{}\",{plan}", u8::from(call.is_data), call.number))
        }
    }),
    ("last-cause", &[Execute, Read, Set], |modem, request| request.answer(modem.mobile.cause)),
];

/// The commands that tell of registration; a model has them or not.
pub(super) const REGISTRATION: [&str; 4] = ["+CREG", "+CGREG", "+CEREG", "+C5GREG"];

/// Registration states of 27.007 §7.2.
pub(super) mod stat {
    pub(crate) const NONE: u8 = 0;
    pub(crate) const HOME: u8 = 1;
    pub(crate) const SEARCHING: u8 = 2;
    pub(crate) const DENIED: u8 = 3;
    pub(crate) const ROAMING: u8 = 5;
}

/// PLMN not allowed (24.301 §9.9.3.9)
const REJECT_CAUSE: u8 = 11;

/// The network thinks about a service code for so long.
const SERVICE_TIME: Duration = Duration::from_millis(1500);

/// From dialling until it rings at the other end.
const RINGS_AFTER: Duration = Duration::from_secs(1);

/// A call, as AT+CLCC lists it (27.007 §7.18).
#[derive(Debug)]
pub(super) struct PhoneCall {
    pub(super) number: Box<str>,
    pub(super) is_data: bool,
    pub(super) since: Duration,
}

#[derive(Debug)]
pub(super) struct Mobile {
    pub(super) profile: &'static Profile,
    pub(super) card: Card,
    operators: Vec<Operator>,
    /// The power level of AT+CFUN.
    pub(super) function: u32,
    /// What +CREG shows.
    pub(super) stat: u8,
    /// Whether packet data is attached; +CGREG and +CEREG show 0 where it is not.
    pub(super) attached: bool,
    /// What was told last of each service of [`REGISTRATION`].
    told: [u8; 4],
    /// AT+COPS: 0 automatic, 1 by hand, 2 off
    mode: u8,
    /// AT+COPS=3: 0 long name, 1 short, 2 numeric
    format: u8,
    /// The operator it is on or wants: its place in the list; none where the one that was chosen is not in reach.
    operator: Option<usize>,
    /// The status that a search ends at; none where it never ends.
    found: Option<u8>,
    /// How long a search takes.
    search: Duration,
    signal: u8,
    /// Whether the signal was asked for and stays as it is.
    steady: bool,
    /// Sorted by their identifiers, as AT+CGDCONT? lists them.
    pub(super) contexts: Vec<PdpContext>,
    /// SIMCom's own stack is up.
    pub(super) application: bool,
    pub(super) sockets: Sockets,
    pub(super) call: Option<PhoneCall>,
    /// The last `+CEER`.
    pub(super) cause: &'static str,
}

impl Mobile {
    /// With a Super SIM: the issuer's number, and its own.
    pub(super) fn new(ta: &mut Adaptor) -> Mobile {
        let (profile, random, options) = (ta.profile, &mut ta.random, &ta.options);
        // Another issuer's number is that of vodafone UK.
        let (issuer, home) = if options.foreign { ("8944100", "23415") } else { ("8988307", "23450") };
        let new_iccid = || with_check_digit(&format!("{issuer}{}", random.digits(11)));
        let iccid = options.iccid.clone().unwrap_or_else(new_iccid);
        let imsi = options.imsi.clone().unwrap_or_else(|| format!("{home}{}", random.digits(10)));
        let mut card = Card::new(iccid, imsi, options.pin.as_deref(), options.puk.as_deref());
        if options.foreign {
            card.issuer = "vodafone UK";
        }
        match options.sim {
            Lock::Absent => card.remove(),
            Lock::Puk => card.use_up_pin(),
            Lock::Ready | Lock::Pin | Lock::Busy | Lock::Dead => {}
        }
        let mut operators = profile.network.operators.clone();
        if let (Some(name), Some(first)) = (&options.operator, operators.first_mut()) {
            let (name, code) = match name.rsplit_once('/') {
                Some((name, code)) if code.bytes().all(|byte| byte.is_ascii_digit()) => (name, code),
                _ => (name.as_str(), first.code.as_str()),
            };
            let short = name.chars().take(8).collect();
            *first = Operator { long: name.to_owned(), short, code: code.to_owned(), ..*first };
        }
        for code in &options.refused_by {
            match code.as_str() {
                // The list has four places.
                "full" => operators.iter().take(4).for_each(|operator| card.forbid(&operator.code)),
                code => card.forbid(code),
            }
        }
        let signal = options.signal.unwrap_or(profile.network.signal);
        let roams = if options.roaming == Some(false) { stat::HOME } else { stat::ROAMING };
        let found = if options.denied { stat::DENIED } else { options.stat.unwrap_or(roams) };
        Mobile {
            profile,
            card,
            operators,
            function: 1,
            stat: stat::NONE,
            attached: false,
            told: [stat::NONE; 4],
            mode: 0,
            format: 0,
            operator: Some(0),
            found: (signal != 99 && !options.never_found && !profile.network.never).then_some(found),
            search: options.register.unwrap_or(profile.timing.register),
            signal,
            steady: options.signal.is_some(),
            contexts: vec![PdpContext::new(
                profile.rules.first_context,
                "IP",
                options.apn.as_deref().unwrap_or_default(),
            )],
            application: false,
            sockets: Sockets::default(),
            call: None,
            cause: "No cause information available",
        }
    }

    /// The power is lost. What AT+COPS=2 ended begins anew after it, but a network that was chosen stays chosen.
    pub(super) fn power_down(&mut self, ta: &mut Adaptor) {
        self.sockets.online = false;
        self.call = None;
        if ta.options.faults.forgetful {
            self.contexts = vec![PdpContext::new(self.profile.rules.first_context, "IP", "")];
        }
        self.function = 0;
        self.format = 0;
        if self.mode == 2 {
            self.mode = 0;
        }
        self.update(ta);
    }

    /// AT+CFUN, and what it is after the boot.
    pub(super) fn switch_to(&mut self, function: u32, ta: &mut Adaptor) {
        let before = std::mem::replace(&mut self.function, function);
        if before == 0 && function != 0 {
            let wait = ta.options.sim_busy.unwrap_or(self.profile.timing.sim);
            self.card.power_up(!wait.is_zero());
            ta.cancel(&Timer::CardReady);
            if !wait.is_zero() {
                ta.after(wait, Timer::CardReady);
            }
        }
        self.update(ta);
    }

    // The SIM, as the commands need it

    /// What a command that needs the SIM is refused with.
    pub(super) fn require_card(&self) -> Result<(), CommandError> {
        if self.function == 0 {
            return Err(CommandError::Equipment(13));
        }
        Err(CommandError::Equipment(match self.card.lock() {
            Lock::Ready => return Ok(()),
            Lock::Pin => 11,
            Lock::Puk => 12,
            Lock::Absent => self.profile.rules.sim_absent,
            Lock::Busy => 14,
            Lock::Dead => 13,
        }))
    }

    /// The same for what a locked SIM still gives.
    pub(super) fn require_any_card(&self) -> Result<(), CommandError> {
        match self.card.lock() {
            Lock::Pin | Lock::Puk if self.function != 0 => Ok(()),
            Lock::Ready | Lock::Pin | Lock::Puk | Lock::Absent | Lock::Busy | Lock::Dead => self.require_card(),
        }
    }

    pub(super) fn require_network(&self) -> Result<(), CommandError> {
        self.require_card()?;
        if self.is_registered() { Ok(()) } else { Err(CommandError::Equipment(30)) }
    }

    /// The SIM says that it is somebody else now, and the modem begins anew with it.
    pub(super) fn switch_imsi(&mut self, ta: &mut Adaptor) {
        self.card.imsi = format!("20404{}", ta.random.digits(10)).into();
        if !self.card.is_ready() {
            return;
        }
        if !self.profile.rules.sim_refreshed.is_empty() {
            ta.urc(&self.profile.rules.sim_refreshed);
        }
        self.stat = stat::NONE;
        self.update(ta);
    }

    // Registration

    /// Registered for data: at home, roaming, or the same without CSFB.
    pub(super) fn is_registered(&self) -> bool {
        matches!(self.stat, 1 | 5 | 9 | 10)
    }

    /// Registered for messages at least.
    pub(super) fn carries_messages(&self) -> bool {
        matches!(self.stat, 1 | 5 | 6 | 7 | 9 | 10)
    }

    pub(super) fn current(&self) -> Option<&Operator> {
        self.operators.get(self.operator?)
    }

    /// What AT+CSQ shows; 99 with the radio off. It wanders a little unless it was asked for.
    pub(super) fn signal(&self, ta: &mut Adaptor) -> u8 {
        if self.function != 1 || self.signal == 99 {
            return 99;
        }
        if self.steady {
            return self.signal;
        }
        let step = u8::try_from(ta.random.below(3)).unwrap_or(1);
        (self.signal + step).saturating_sub(1).min(31)
    }

    fn show_registration(&self, request: &mut Request, ta: &Adaptor) -> Answer {
        let mode = ta.settings.number(&request.name, 0);
        request.answer(format!("{mode},{}", self.registration_text(&request.name, mode)))
    }

    /// The status that a command of [`REGISTRATION`] shows.
    fn registration_stat(&self, name: &str) -> u8 {
        if name != "+CREG" && !self.attached && self.is_registered() { stat::NONE } else { self.stat }
    }

    /// The status, and where the modem is, or why it was refused, when the mode asks for it.
    fn registration_text(&self, name: &str, mode: u32) -> String {
        let stat = self.registration_stat(name);
        match (stat, mode) {
            // Neither area, cell nor technology; a cause of the network's mobility management.
            (stat::DENIED, 3 | 5) => return format!("{stat},,,,0,{REJECT_CAUSE}"),
            (stat::NONE | stat::SEARCHING | stat::DENIED, _) | (_, 0 | 1) => return stat.to_string(),
            _ => {}
        }
        let facts = &self.profile.network;
        let quote = if self.profile.wire.area_quoted { "\"" } else { "" };
        let technology = self.current().map_or(facts.technology, |operator| operator.technology);
        let place = format!("{stat},{quote}{}{quote},{quote}{}{quote},{technology}", facts.area, facts.cell);
        match mode {
            // With the timers of power saving (27.007 §10.1.22).
            4 | 5 => format!("{place},,,\"00000001\",\"00000010\""),
            _ => place,
        }
    }

    fn set_stat(&mut self, stat: u8, ta: &mut Adaptor) {
        self.stat = stat;
        self.tell_registration(ta);
    }

    /// Of each service whose status has changed.
    pub(super) fn tell_registration(&mut self, ta: &mut Adaptor) {
        let now = REGISTRATION.map(|name| self.registration_stat(name));
        let told = std::mem::replace(&mut self.told, now);
        for ((name, now), told) in REGISTRATION.into_iter().zip(now).zip(told) {
            let mode = ta.settings.number(name, 0);
            if now != told && mode > 0 && self.profile.commands.contains_key(name) {
                ta.urc(&format!("{name}: {}", self.registration_text(name, mode)));
            }
        }
    }

    /// Whatever registration depends on has changed: power level, SIM, operator mode.
    pub(super) fn update(&mut self, ta: &mut Adaptor) {
        let wanted = self.function == 1 && self.card.is_ready() && self.mode != 2;
        if !wanted {
            self.leave(stat::NONE, ta);
        } else if self.stat == stat::NONE {
            self.leave(stat::SEARCHING, ta);
            self.update_search(ta);
        }
    }

    /// It is on no network, and carries nothing any more.
    fn leave(&mut self, stat: u8, ta: &mut Adaptor) {
        ta.cancel(&Timer::SearchEnds);
        self.attached = false;
        self.drop_bearers(ta);
        if self.call.take().is_some_and(|call| !call.is_data) && ta.is_timed(&Timer::CallEnds) {
            ta.cancel(&Timer::CallEnds);
            ta.urc("NO CARRIER");
        }
        self.set_stat(stat, ta);
    }

    /// A setting may have changed that lets no network be found, or lets one be found.
    pub(super) fn update_search(&mut self, ta: &mut Adaptor) {
        let blocked = self.profile.network.blocks.iter().any(|block| {
            self.profile.setting(&block.setting).is_some_and(|setting| holds(block, ta.settings.in_force(setting)))
        });
        if blocked && self.is_registered() {
            self.leave(stat::SEARCHING, ta);
        } else if blocked {
            ta.cancel(&Timer::SearchEnds);
        } else if self.stat == stat::SEARCHING
            && self.found.is_some()
            && self.operator.is_some()
            && !ta.is_timed(&Timer::SearchEnds)
        {
            ta.after(self.search, Timer::SearchEnds);
        }
    }

    pub(super) fn end_search(&mut self, ta: &mut Adaptor) {
        let Some(found) = self.found else { return };
        // Automatic selection passes over networks that refused the SIM; one that is chosen by hand is tried all the same
        // (23.122 §4.4.3).
        let open = |operator: &Operator| operator.stat != 3 && !self.card.forbids(&operator.code);
        if self.mode == 0
            && let Some(place) = self.operators.iter().position(open)
        {
            self.operator = Some(place);
        }
        let Some((code, available)) = self.current().map(|operator| (operator.code.clone(), operator.stat)) else {
            return;
        };
        if found == stat::DENIED || available == 3 || self.mode == 0 && self.card.forbids(&code) {
            self.card.forbid(&code);
            self.cause = "PLMN not allowed";
            self.set_stat(stat::DENIED, ta);
            return;
        }
        self.card.forgive(&code);
        self.stat = found;
        if self.is_registered() {
            self.attach(ta);
        } else {
            self.tell_registration(ta);
        }
    }

    // Operators

    fn operator_text(&self, ta: &Adaptor) -> String {
        let mode = self.mode;
        match self.current() {
            Some(operator) if self.is_registered() => {
                let (format, name) = match self.format {
                    0 => (0, ta.in_charset(&operator.long)),
                    1 => (1, ta.in_charset(&operator.short)),
                    _ => (2, operator.code.clone()),
                };
                format!("{mode},{format},\"{name}\",{}", operator.technology)
            }
            _ => mode.to_string(),
        }
    }

    /// AT+COPS=?: a scan, not a test.
    fn scan(&self, ta: &Adaptor) -> Answer {
        self.require_card()?;
        if self.function != 1 {
            return Err(CommandError::Equipment(3));
        }
        let time = ta.options.scan.unwrap_or(self.profile.timing.scan);
        Ok(Effect::Wait { time, then: Then::Scan, abort: self.aborted() })
    }

    /// How a search for networks ends when a character comes.
    fn aborted(&self) -> Option<FinalCode> {
        match self.profile.rules.scan_abort.as_str() {
            "" => None,
            "OK" => Some(FinalCode::Ok),
            "ERROR" => Some(FinalCode::Refused(CommandError::Error)),
            text => Some(FinalCode::Text(text)),
        }
    }

    pub(super) fn put_scan(&self, ta: &mut Adaptor) {
        let shown = |(place, operator): (usize, &Operator)| {
            let stat = match operator.stat {
                _ if self.card.forbids(&operator.code) => 3,
                1 if Some(place) == self.operator && self.is_registered() => 2,
                stat => stat,
            };
            let (long, short) = (ta.in_charset(&operator.long), ta.in_charset(&operator.short));
            let hex = self.profile.wire.scan_code_in_charset;
            let code = if hex { ta.in_charset(&operator.code) } else { operator.code.clone() };
            format!("({stat},\"{long}\",\"{short}\",\"{code}\",{})", operator.technology)
        };
        let reach = if self.found.is_some() { self.operators.as_slice() } else { &[] };
        let operators: Vec<String> = reach.iter().enumerate().map(shown).collect();
        ta.info("+COPS", operators.join(",") + &self.profile.wire.scan_tail);
    }

    /// AT+COPS=mode[,format[,operator[,technology]]]
    fn choose(&mut self, request: &Request, ta: &mut Adaptor) -> Answer {
        let mode = request.number(0).ok_or(CommandError::Parameter)?;
        let format: Option<u8> = request.number(1);
        if request.given(1).is_some() && !matches!(format, Some(0..=2)) {
            return Err(CommandError::Parameter);
        }
        self.format = format.unwrap_or(self.format);
        match mode {
            0 if self.mode != 0 => {
                self.mode = 0;
                self.leave_for(Some(0), ta);
            }
            0 => self.update(ta),
            1 | 4 => {
                self.require_card()?;
                let name = request.needed(2)?.text;
                let place = self.operators.iter().position(|operator| match format.unwrap_or(0) {
                    0 => ta.in_charset(&operator.long).eq_ignore_ascii_case(name),
                    1 => ta.in_charset(&operator.short).eq_ignore_ascii_case(name),
                    _ => operator.code == name,
                });
                self.mode = 1;
                if place.is_some() && place == self.operator && self.is_registered() {
                    return Ok(Effect::Done);
                }
                // One that is not in reach is looked for all the same, and nothing else is.
                self.leave_for(place, ta);
                let then = if mode == 4 { Then::ChosenOrAny } else { Then::Chosen };
                return Ok(Effect::Wait { time: self.choice_time(), then, abort: self.aborted() });
            }
            2 => {
                self.mode = 2;
                self.update(ta);
            }
            3 if format.is_some() => {}
            _ => return Err(CommandError::Parameter),
        }
        Ok(Effect::Done)
    }

    /// Leaves its network and looks for this operator.
    fn leave_for(&mut self, operator: Option<usize>, ta: &mut Adaptor) {
        self.operator = operator;
        self.stat = stat::NONE;
        self.update(ta);
    }

    /// AT+COPS=4 has not found what was chosen: whatever there is will do (27.007 §7.3).
    pub(super) fn choose_any(&mut self, ta: &mut Adaptor) {
        self.mode = 0;
        self.leave_for(Some(0), ta);
        let until = ta.now.saturating_add(self.choice_time());
        ta.state = ModemState::Running { until, then: Then::Chosen, abort: self.aborted() };
    }

    /// When a search has ended for sure.
    fn choice_time(&self) -> Duration {
        self.search + Duration::from_millis(1)
    }

    /// AT+CUSD=n,"code"[,scheme]: OK, and what the network answers later (27.007 §7.15).
    fn service_code(&self, request: &Request, code: &str, ta: &mut Adaptor) -> Answer {
        self.require_network()?;
        let name = &request.name;
        let line = match self.profile.network.service_codes.get(code) {
            Some(answer) => format!("{name}: 0,\"{}\",15", ta.in_charset(answer)),
            // Not supported by the network.
            None => format!("{name}: 4"),
        };
        ta.urc_later(SERVICE_TIME, line);
        Ok(Effect::Done)
    }
}

/// Whether it is one with this value of the setting.
fn holds(block: &NetworkBlock, value: &str) -> bool {
    let mut parameters = split(value).map(|text| text.trim_matches('"'));
    match block.parameter {
        Some(place) => parameters.nth(place) == Some(&block.is),
        None => parameters.all(|text| text == block.is),
    }
}
