//! The mobile termination (27.007 §4): the SIM, the radio and the network that it is on: registration, operators,
//! signal, calls, packet data, and the vendors' own stacks (27.007 §7, §8.5, §8.69, §10). Its sockets: `socket`.

use std::time::Duration;

use crate::sim::{CommandError, Needs, Operator, Profile, Settable};

use super::card::Card;
use super::socket::Sockets;
use super::{Adaptor, Answer, Effect, FinalCode, ModemState, Request, Row, Simulator, Then, Timer, split};
use crate::at::Form::{Execute, Read, Set, Test};

pub(super) const COMMANDS: &[Row] = &[
    ("registration", &[Read], |modem, request| {
        let mode = modem.adaptor.settings.number(&request.name, 0);
        request.answer(format!("{mode},{}", modem.mobile.registration_text(&request.name, mode, &modem.adaptor)))
    }),
    ("registration", &[Execute, Set], Simulator::setting),
    ("operator", &[Test], |modem, _| modem.mobile.scan(&modem.adaptor)),
    ("operator", &[Read], |modem, request| request.answer(modem.mobile.operator_text(&modem.adaptor))),
    ("operator", &[Set], |modem, request| modem.mobile.choose(request, &mut modem.adaptor)),
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
        None if !modem.mobile.rings(&modem.adaptor) => Ok(Effect::Done),
        // 4 rings here
        None => request.answer(format!("1,1,4,0,0,\"{CALLER}\",145")),
        Some(call) if call.is_incoming => request.answer(format!("1,1,0,0,0,\"{}\",145", call.number)),
        Some(call) => {
            // 0 stands, 2 is dialled, 3 rings there
            let rings = modem.adaptor.now.saturating_sub(call.since) >= RINGS_AFTER;
            let stat = if call.is_data { 0 } else { 2 + u8::from(rings) };
            let plan = if call.number.starts_with('+') { 145 } else { 129 };
            request.answer(format!("1,0,{stat},{},0,\"{}\",{plan}", u8::from(call.is_data), call.number))
        }
    }),
    // Packet data (27.007 §10)
    ("attach", &[Set], |modem, request| {
        match request.number(0) {
            Some(1) => {
                modem.mobile.require_network()?;
                modem.mobile.attach(&mut modem.adaptor);
            }
            Some(0) => modem.mobile.detach(&mut modem.adaptor),
            _ => return Err(CommandError::Parameter),
        }
        Ok(Effect::Done)
    }),
    ("context", &[Read], |modem, request| modem.mobile.show_contexts(request)),
    ("context", &[Set], |modem, request| modem.mobile.define(request, &modem.adaptor)),
    ("activation", &[Read], |modem, request| {
        let contexts = modem.mobile.contexts.iter();
        request.answer_all(contexts.map(|it| format!("{},{}", it.id, u8::from(it.is_active()))))
    }),
    ("activation", &[Set], |modem, request| modem.mobile.activation(request, &mut modem.adaptor)),
    ("address", &[Execute, Set], |modem, request| modem.mobile.show_addresses(request, &modem.adaptor)),
    ("address", &[Test], |modem, request| request.answer(list(modem.mobile.contexts.iter()))),
    ("context-parameters", &[Execute], |modem, request| modem.mobile.show_parameters(request, None)),
    ("context-parameters", &[Set], |modem, request| {
        let id = context_id(request, 0, &modem.adaptor)?;
        modem.mobile.show_parameters(request, Some(id))
    }),
    ("context-parameters", &[Test], |modem, request| {
        request.answer(list(modem.mobile.contexts.iter().filter(|context| context.is_active())))
    }),
    // AT+CGDATA="PPP",cid
    ("data", &[Set], |modem, request| {
        let first = modem.adaptor.profile.first_context();
        let id = if request.parameters.len() > 1 { context_id(request, 1, &modem.adaptor)? } else { first };
        modem.mobile.activate(id)?;
        Ok(Effect::Data)
    }),
    // A vendor's own stack, which has one context: AT+NETOPEN, AT+NETCLOSE
    ("bring-up", &[Execute, Set], |modem, _| modem.mobile.activate(modem.adaptor.profile.first_context())),
    ("bring-down", &[Execute, Set], |modem, _| {
        let first = modem.adaptor.profile.first_context();
        modem.mobile.drop_bearer(first, CommandError::NOT_ALLOWED, &mut modem.adaptor)
    }),
    // Quectel's own stack: AT+QICSGP, AT+QIACT, AT+QIDEACT, AT+QPING
    ("stack-context", &[Set], |modem, request| modem.mobile.stack_context(request, &modem.adaptor)),
    ("stack-activate", &[Read], |modem, request| {
        let active = modem.mobile.contexts.iter().filter(|context| context.is_active());
        request.answer_all(active.map(|context| format!("{},1,1,\"{ADDRESS}\"", context.id)))
    }),
    ("stack-activate", &[Set], |modem, request| {
        let rules = modem.adaptor.profile;
        let id = context_id(request, 0, &modem.adaptor)?;
        // A context that is up already is an error, except the one that LTE brought up by itself.
        if modem.mobile.is_active(id) && !(rules.is("default-bearer") && id == rules.first_context()) {
            return Err(CommandError::Error);
        }
        modem.mobile.activate(id)
    }),
    ("stack-deactivate", &[Set], |modem, request| {
        let id = context_id(request, 0, &modem.adaptor)?;
        modem.mobile.drop_bearer(id, CommandError::Error, &mut modem.adaptor)
    }),
    ("ping", &[Set], |modem, request| modem.mobile.ping(request, &mut modem.adaptor)),
    // SIMCom's AT+CNACT; the answer to the read lists the four.
    ("application-network", &[Read], |modem, request| {
        request.answer_all((0..4).map(|pdp| match pdp == 0 && modem.mobile.application {
            true => format!("{pdp},1,\"{ADDRESS}\""),
            false => format!("{pdp},0,\"0.0.0.0\""),
        }))
    }),
    ("application-network", &[Set], |modem, request| modem.mobile.application_network(request, &mut modem.adaptor)),
];

/// The commands that tell of registration; a model has them or not.
const REGISTRATION: [&str; 4] = ["+CREG", "+CGREG", "+CEREG", "+C5GREG"];

// Registration states of 27.007 §7.2
const UNREGISTERED: u8 = 0;
const HOME: u8 = 1;
const SEARCHING: u8 = 2;
const DENIED: u8 = 3;
const ROAMING: u8 = 5;
/// Roaming, for messages alone
const SMS_ONLY: u8 = 7;

/// PLMN not allowed (24.301 §9.9.3.9)
const REJECT_CAUSE: u8 = 11;

/// The network thinks about a service code for so long.
const SERVICE_TIME: Duration = Duration::from_millis(1500);

/// From dialling until it rings at the other end; and until nobody has taken the call.
const UNANSWERED: Duration = Duration::from_secs(2);
const RINGS_AFTER: Duration = Duration::from_secs(1);

const ADDRESS: &str = "100.64.12.34";

const MOST_CONTEXTS: u8 = 15;

/// From the attachment, when the radio sends at its strongest, until a weak supply gives in.
const BROWNOUT: Duration = Duration::from_millis(500);

/// A packet data context (27.007 §10.1.1).
#[derive(Debug, Clone)]
struct PdpContext {
    id: u8,
    kind: Box<str>,
    apn: Box<str>,
    user: Box<str>,
    password: Box<str>,
    authentication: u8,
    /// While it is active: the APN that the network gave it, whatever is defined meanwhile.
    bearer: Option<Box<str>>,
}

impl PdpContext {
    fn new(id: u8, kind: &str, apn: &str) -> PdpContext {
        let (kind, apn) = (kind.into(), apn.into());
        PdpContext { id, kind, apn, user: "".into(), password: "".into(), authentication: 0, bearer: None }
    }

    fn is_active(&self) -> bool {
        self.bearer.is_some()
    }
}

fn context_id(request: &Request, place: usize, ta: &Adaptor) -> Result<u8, CommandError> {
    let known = ta.profile.first_context()..=MOST_CONTEXTS;
    request.number(place).filter(|id| known.contains(id)).ok_or(CommandError::Parameter)
}

fn context_ids(request: &Request, from: usize, ta: &Adaptor) -> Result<Vec<u8>, CommandError> {
    (from..request.parameters.len()).map(|place| context_id(request, place, ta)).collect()
}

/// `(1,2)`
fn list<'a>(contexts: impl Iterator<Item = &'a PdpContext>) -> String {
    let ids: Vec<String> = contexts.map(|context| context.id.to_string()).collect();
    format!("({})", ids.join(","))
}

pub(super) const CALLER: &str = "+447700900123";

/// A call, as AT+CLCC lists it (27.007 §7.18).
#[derive(Debug)]
struct PhoneCall {
    number: Box<str>,
    is_data: bool,
    is_incoming: bool,
    since: Duration,
}

#[derive(Debug)]
pub(super) struct Mobile {
    profile: &'static Profile,
    pub(super) card: Card,
    operators: Vec<Operator>,
    pub(super) function: u32,
    stat: u8,
    /// Whether packet data is attached; +CGREG and +CEREG show 0 where it is not.
    attached: bool,
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
    search: Duration,
    signal: u8,
    /// Whether the signal was asked for and stays as it is.
    steady: bool,
    /// Sorted by their identifiers, as AT+CGDCONT? lists them.
    contexts: Vec<PdpContext>,
    application: bool,
    pub(super) sockets: Sockets,
    call: Option<PhoneCall>,
    cause: &'static str,
}

impl Mobile {
    /// With a Super SIM: the issuer's number, and its own.
    pub(super) fn new(ta: &mut Adaptor) -> Mobile {
        let (profile, random, options) = (ta.profile, &mut ta.random, &ta.options);
        let mut card = Card::new(options, random);
        let mut operators = profile.network.operators.clone();
        if let (Some(name), Some(first)) = (options.text("operator"), operators.first_mut()) {
            let (name, code) = match name.rsplit_once('/') {
                Some((name, code)) if code.bytes().all(|byte| byte.is_ascii_digit()) => (name, code),
                _ => (name, first.code.as_str()),
            };
            let short = name.chars().take(8).collect();
            *first = Operator { long: name.to_owned(), short, code: code.to_owned(), ..*first };
        }
        for code in options.text("fplmn").into_iter().flat_map(|codes| codes.split(',')) {
            match code.trim() {
                // The list has four places.
                "full" => operators.iter().take(4).for_each(|operator| card.forbid(&operator.code)),
                code => card.forbid(code),
            }
        }
        let signal = options.number("signal").unwrap_or(profile.number("signal"));
        let roams = if options.is_on("roaming") == Some(false) { HOME } else { ROAMING };
        let register = options.text("register").unwrap_or_default();
        let found = match register {
            "denied" => DENIED,
            "sms-only" => SMS_ONLY,
            _ => options.number("stat").unwrap_or(roams),
        };
        Mobile {
            profile,
            card,
            operators,
            function: 0,
            stat: UNREGISTERED,
            attached: false,
            told: [UNREGISTERED; 4],
            mode: 0,
            format: 0,
            operator: Some(0),
            found: (signal != 99 && register != "never" && !profile.is("never")).then_some(found),
            search: options.time("register").unwrap_or(profile.time("register")),
            signal,
            steady: options.text("signal").is_some(),
            contexts: vec![PdpContext::new(profile.first_context(), "IP", options.text("apn").unwrap_or_default())],
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
        if ta.has_fault("forgets") {
            self.contexts = vec![PdpContext::new(self.profile.first_context(), "IP", "")];
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
            let wait = ta.options.time("sim").unwrap_or_default();
            self.card.power_up(!wait.is_zero());
            ta.cancel(&Timer::CardReady);
            if !wait.is_zero() {
                ta.after(wait, Timer::CardReady);
            }
        }
        self.update(ta);
    }

    pub(super) fn named(&self, name: &str, ta: &mut Adaptor) -> Option<String> {
        let operator = self.current();
        let code = operator.map_or("", |operator| &operator.code);
        let first = self.context(self.profile.first_context());
        Some(match name {
            "sim" if self.function == 0 => "NOT READY".into(),
            "operator" => operator.map_or(String::new(), |operator| operator.long.clone()),
            "operator-short" => operator.map_or(String::new(), |operator| operator.short.clone()),
            "code" => code.into(),
            "country" => code.get(..3).unwrap_or_default().into(),
            "carrier" => code.get(3..).unwrap_or_default().into(),
            "address" => ADDRESS.into(),
            // That of the bearer: the one that the network gave.
            "apn" => first.and_then(|context| context.bearer.as_deref()).unwrap_or_default().into(),
            "defined-apn" => first.map_or(String::new(), |context| context.apn.to_string()),
            "stat" => self.stat.to_string(),
            "function" => self.function.to_string(),
            "attached" => u8::from(self.attached).to_string(),
            "cause" => self.cause.into(),
            "activity" if self.rings(ta) => "3".into(),
            "activity" => (if self.sockets.online || self.call.is_some() { "4" } else { "0" }).into(),
            "csq" => match self.signal(ta) {
                99 => 99,
                signal => ta.options.number("csq").unwrap_or(signal),
            }
            .to_string(),
            "cesq" => match self.signal(ta) {
                99 => "255,255".into(),
                // RSRP lies about 27 dB under the strength of the whole carrier.
                signal => format!("{},{}", 10 + signal / 2, u16::from(signal) * 2 + 1),
            },
            "signal" | "bars" | "dbm" | "rsrp" => match (name, i64::from(self.signal(ta))) {
                ("signal", signal) => signal,
                // The answer to AT+CIND?: no bar below -109 dBm, then one for each 10 dB.
                ("bars", 99 | 0..=1) => 0,
                ("bars", signal) => (signal / 6 + 1).min(5),
                ("dbm", 99) => -125,
                ("dbm", signal) => signal * 2 - 113,
                (_, 99) => -141,
                (_, signal) => signal * 2 - 140,
            }
            .to_string(),
            _ => return self.card.named(name, self.profile.text("iccid-padding")),
        })
    }

    // The SIM, as the commands need it

    fn require_card(&self) -> Result<(), CommandError> {
        if self.function == 0 {
            return Err(CommandError::SIM_FAILURE);
        }
        self.card.require(self.profile.number("sim-absent"))
    }

    pub(super) fn require(&self, needs: Needs) -> Result<(), CommandError> {
        match needs {
            Needs::Nothing => Ok(()),
            Needs::AnySim if self.function != 0 && self.card.is_locked() => Ok(()),
            Needs::AnySim | Needs::Sim => self.require_card(),
            // The SIM's errors have numbers of their own where messages are concerned (27.005 §3.2.5).
            Needs::MessageSim => self.require_card().map_err(|error| {
                let CommandError::Equipment(code) = error else { return error };
                CommandError::Message(match code {
                    10 | 11 => 300 + code,
                    12 => 316,
                    14 => 314,
                    _ => 313,
                })
            }),
            Needs::Network if self.is_registered() => self.require_card(),
            Needs::Network => Err(CommandError::NO_NETWORK),
            Needs::Bearer if self.application || self.is_active(self.profile.first_context()) => Ok(()),
            Needs::Bearer => Err(CommandError::NOT_ALLOWED),
        }
    }

    fn require_network(&self) -> Result<(), CommandError> {
        self.require_card()?;
        self.require(Needs::Network)
    }

    /// The SIM says that it is somebody else now, and the modem begins anew with it.
    pub(super) fn switch_imsi(&mut self, ta: &mut Adaptor) {
        self.card.switch_imsi(&mut ta.random);
        if !self.card.is_ready() {
            return;
        }
        if !self.profile.text("sim-refreshed").is_empty() {
            ta.urc(self.profile.text("sim-refreshed"));
        }
        self.stat = UNREGISTERED;
        self.update(ta);
    }

    // Registration

    pub(super) fn allows(&self, settable: Settable) -> bool {
        match settable {
            Settable::Always => true,
            Settable::Deregistered => matches!(self.stat, UNREGISTERED | SEARCHING | DENIED),
            Settable::RadioOff => self.function != 1,
        }
    }

    /// Registered for data: at home, roaming, or the same without CSFB.
    pub(super) fn is_registered(&self) -> bool {
        matches!(self.stat, 1 | 5 | 9 | 10)
    }

    /// Registered for messages at least.
    pub(super) fn carries_messages(&self) -> bool {
        matches!(self.stat, 1 | 5 | 6 | 7 | 9 | 10)
    }

    fn current(&self) -> Option<&Operator> {
        self.operators.get(self.operator?)
    }

    /// What AT+CSQ shows; 99 with the radio off. It wanders a little unless it was asked for.
    fn signal(&self, ta: &mut Adaptor) -> u8 {
        if self.function != 1 || self.signal == 99 {
            return 99;
        }
        if self.steady {
            return self.signal;
        }
        let step = u8::try_from(ta.random.below(3)).unwrap_or(1);
        (self.signal + step).saturating_sub(1).min(31)
    }

    fn registration_stat(&self, name: &str) -> u8 {
        if name != "+CREG" && !self.attached && self.is_registered() { UNREGISTERED } else { self.stat }
    }

    /// The status, and where the modem is, or why it was refused, when the mode asks for it.
    fn registration_text(&self, name: &str, mode: u32, ta: &Adaptor) -> String {
        let stat = self.registration_stat(name);
        match (stat, mode) {
            // Neither area, cell nor technology; a cause of the network's mobility management.
            (DENIED, 3 | 5) => return format!("{stat},,,,0,{REJECT_CAUSE}"),
            (UNREGISTERED | SEARCHING | DENIED, _) | (_, 0 | 1) => return stat.to_string(),
            _ => {}
        }
        let facts = self.profile;
        let technology = self.current().map_or_else(|| facts.number("technology"), |operator| operator.technology);
        let place = format!("{stat},\"{}\",\"{}\",{technology}", facts.text("area"), facts.text("cell"));
        match mode {
            // With the timers of power saving that the network granted: as asked for, or off (27.007 §10.1.22).
            4 | 5 => {
                let is_on = ta.settings.number("+CPSMS", 0) == 1;
                let timer = |place| ta.settings.parameter("+CPSMS", place).filter(|_| is_on).unwrap_or("11100000");
                format!("{place},,,\"{}\",\"{}\"", timer(4), timer(3))
            }
            _ => place,
        }
    }

    /// The fault `sneaky`: the answer to AT+CREG? comes as a URC before it does.
    pub(super) fn be_sneaky(&self, request: &Request, ta: &mut Adaptor) {
        let sneaky = ta.has_fault("sneaky") && request.form == Read;
        if sneaky && REGISTRATION.contains(&request.name.as_str()) {
            ta.put_urc(&format!("{}: {}", request.name, self.stat));
        }
    }

    fn set_stat(&mut self, stat: u8, ta: &mut Adaptor) {
        self.stat = stat;
        self.tell_registration(ta);
    }

    fn tell_registration(&mut self, ta: &mut Adaptor) {
        let now = REGISTRATION.map(|name| self.registration_stat(name));
        let told = std::mem::replace(&mut self.told, now);
        for ((name, now), told) in REGISTRATION.into_iter().zip(now).zip(told) {
            let mode = ta.settings.number(name, 0);
            if now != told && mode > 0 && self.profile.commands.contains_key(name) {
                ta.urc(&format!("{name}: {}", self.registration_text(name, mode, ta)));
            }
        }
    }

    /// Whatever registration depends on has changed: power level, SIM, operator mode.
    pub(super) fn update(&mut self, ta: &mut Adaptor) {
        let wanted = self.function == 1 && self.card.is_ready() && self.mode != 2;
        if !wanted {
            self.leave(UNREGISTERED, ta);
        } else if self.stat == UNREGISTERED {
            self.leave(SEARCHING, ta);
            self.update_search(ta);
        }
    }

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
        let blocked = self.profile.network.blocks.iter().any(|(name, value)| {
            let Some(setting) = self.profile.setting(name) else { return false };
            let mut parameters = split(ta.settings.in_force(setting)).map(|text| text.trim_matches('"'));
            match value.strip_suffix(',') {
                Some(first) => parameters.next() == Some(first),
                None => parameters.all(|text| text == value),
            }
        });
        if blocked && self.is_registered() {
            self.leave(SEARCHING, ta);
        } else if blocked {
            ta.cancel(&Timer::SearchEnds);
        } else if self.stat == SEARCHING
            && self.found.is_some()
            && self.operator.is_some()
            && !ta.is_timed(&Timer::SearchEnds)
        {
            ta.after(self.search, Timer::SearchEnds);
        }
    }

    pub(super) fn end_search(&mut self, ta: &mut Adaptor) {
        let Some(found) = self.found else { return };
        // Automatic selection passes over networks that refused the SIM; a choice by hand does not (23.122 §4.4.3).
        let open = |operator: &Operator| operator.stat != 3 && !self.card.forbids(&operator.code);
        if self.mode == 0
            && let Some(place) = self.operators.iter().position(open)
        {
            self.operator = Some(place);
        }
        let Some((code, available)) = self.current().map(|operator| (operator.code.clone(), operator.stat)) else {
            return;
        };
        if found == DENIED || available == 3 || self.mode == 0 && self.card.forbids(&code) {
            self.card.forbid(&code);
            self.cause = "PLMN not allowed";
            self.set_stat(DENIED, ta);
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

    // Calls

    /// `ATD*99#` and `ATD*99***1#` are data calls; with a semicolon it is a voice call; else nobody takes it.
    pub(super) fn dial(&mut self, number: &str, ta: &mut Adaptor) -> Answer {
        let (number, voice) = number.strip_suffix(';').map_or((number, false), |number| (number, true));
        let known = |character: char| character.is_ascii_digit() || "*#+ABCDTPWtpw,!@>-. ".contains(character);
        if number.is_empty() || number.len() > 80 || !number.chars().all(known) {
            return Err(CommandError::Error);
        }
        self.require_card()?;
        if !self.is_registered() {
            return Ok(Effect::End(FinalCode::NoCarrier));
        }
        let digits = number.trim_start_matches(['T', 'P', 't', 'p']);
        let is_data = digits.starts_with("*99") && digits.ends_with('#') && !voice;
        if is_data {
            let context = digits.trim_end_matches('#').rsplit('*').next().and_then(|id| id.parse().ok());
            self.activate(context.filter(|id| *id != 99).unwrap_or(self.profile.first_context()))?;
            self.sockets.passed_through = None;
        } else {
            self.cause = "Normal call clearing";
        }
        if voice || is_data {
            self.call = Some(PhoneCall { number: digits.into(), is_data, is_incoming: false, since: ta.now });
            if is_data {
                return Ok(Effect::Data);
            }
            ta.after(UNANSWERED, Timer::CallEnds);
            return Ok(Effect::Done);
        }
        let (time, ended) = (self.profile.time("dial"), FinalCode::NoCarrier);
        Ok(Effect::Wait { time, then: Then::End(ended.clone()), abort: Some(ended) })
    }

    /// Whether a call comes: only where there is a network.
    fn rings(&self, ta: &Adaptor) -> bool {
        self.is_registered() && ta.rung() > 0
    }

    /// The call that rings stands from now on; false where none does.
    pub(super) fn take_call(&mut self, ta: &mut Adaptor) -> bool {
        let takes = self.is_registered() && ta.end_ringing();
        if takes {
            self.call = Some(PhoneCall { number: CALLER.into(), is_data: false, is_incoming: true, since: ta.now });
        }
        takes
    }

    pub(super) fn hang_up(&mut self, ta: &mut Adaptor) {
        self.call = None;
        ta.cancel(&Timer::CallEnds);
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
            return Err(CommandError::NOT_ALLOWED);
        }
        let time = ta.options.time("scan").unwrap_or(self.profile.time("scan"));
        Ok(Effect::Wait { time, then: Then::Scan, abort: self.aborted() })
    }

    fn aborted(&self) -> Option<FinalCode> {
        match self.profile.text("scan-abort") {
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
            let hex = self.profile.is("scan-code-in-charset");
            let code = if hex { ta.in_charset(&operator.code) } else { operator.code.clone() };
            let start = self.profile.text("scan-start");
            format!("{start}({stat},\"{long}\",\"{short}\",\"{code}\",{})", operator.technology)
        };
        let reach = if self.found.is_some() { self.operators.as_slice() } else { &[] };
        let operators: Vec<String> = reach.iter().enumerate().map(shown).collect();
        ta.info("+COPS", operators.join(",") + self.profile.text("scan-tail"));
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

    fn leave_for(&mut self, operator: Option<usize>, ta: &mut Adaptor) {
        self.operator = operator;
        self.stat = UNREGISTERED;
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

    // Packet data: attachment, contexts, addresses, and the vendors' own stacks

    fn context(&self, id: u8) -> Option<&PdpContext> {
        self.contexts.iter().find(|context| context.id == id)
    }

    fn context_mut(&mut self, id: u8) -> Option<&mut PdpContext> {
        self.contexts.iter_mut().find(|context| context.id == id)
    }

    pub(super) fn is_active(&self, id: u8) -> bool {
        self.context(id).is_some_and(PdpContext::is_active)
    }

    fn put_context(&mut self, mut context: PdpContext) {
        match self.context_mut(context.id) {
            Some(known) => {
                context.bearer = known.bearer.take();
                *known = context;
            }
            None => {
                let place = self.contexts.partition_point(|known| known.id < context.id);
                self.contexts.insert(place, context);
            }
        }
    }

    /// Packet data is attached; on LTE that brings the first context up, if the subscription has its access point.
    fn attach(&mut self, ta: &mut Adaptor) {
        self.attached = true;
        self.tell_registration(ta);
        if ta.has_fault("brownout") {
            ta.after(BROWNOUT, Timer::Restart);
        }
        let rules = ta.profile;
        let first = rules.first_context();
        if rules.is("default-bearer")
            && !self.is_active(first)
            && self.activate(first).is_ok()
            && ta.settings.number("+CGEREP", 0) > 0
        {
            ta.urc(&format!("+CGEV: ME PDN ACT {first}"));
        }
    }

    fn detach(&mut self, ta: &mut Adaptor) {
        self.attached = false;
        self.drop_bearers(ta);
        self.tell_registration(ta);
    }

    fn activate(&mut self, id: u8) -> Answer {
        self.require_attached()?;
        let context = self.context(id).ok_or(CommandError::UNSPECIFIED_GPRS_ERROR)?;
        if context.is_active() {
            return Ok(Effect::Done);
        }
        let apn = context.apn.clone();
        let bearer = self.bearer(&apn)?;
        if let Some(context) = self.context_mut(id) {
            context.bearer = Some(bearer);
        }
        Ok(Effect::Done)
    }

    fn require_attached(&self) -> Result<(), CommandError> {
        self.require_network()?;
        if self.attached { Ok(()) } else { Err(CommandError::NO_NETWORK) }
    }

    /// What the network makes of an access point's name: the subscription has it or not, and no name at all is its
    /// first.
    fn bearer(&mut self, apn: &str) -> Result<Box<str>, CommandError> {
        let mut apns = self.profile.network.apns.iter();
        let known = apns.find(|known| apn.is_empty() || known.eq_ignore_ascii_case(apn));
        if known.is_none() {
            self.cause = "Requested service option not subscribed";
        }
        known.map(|known| known.as_str().into()).ok_or(CommandError::NOT_SUBSCRIBED)
    }

    /// No context is active any more, and what stood on one is gone.
    fn drop_bearers(&mut self, ta: &mut Adaptor) {
        self.contexts.iter_mut().for_each(|context| context.bearer = None);
        self.application = false;
        self.sockets.lose_all(ta);
    }

    fn drop_bearer(&mut self, id: u8, undefined: CommandError, ta: &mut Adaptor) -> Answer {
        self.context_mut(id).ok_or(undefined)?.bearer = None;
        self.sockets.lose_bearer(id, ta);
        Ok(Effect::Done)
    }

    fn show_contexts(&self, request: &mut Request) -> Answer {
        let shows_bearer = self.profile.is("apn-ending");
        request.answer_all(self.contexts.iter().map(|context| {
            let shown = context.is_active() && shows_bearer;
            // The network's own ending shows once it is attached, on some.
            let ending = match self.current() {
                Some(operator) if shown && !context.apn.is_empty() => {
                    let (country, carrier) = operator.code.split_at_checked(3).unwrap_or((&operator.code, ""));
                    format!(".mnc{carrier:0>3}.mcc{country}.gprs")
                }
                _ => String::new(),
            };
            let address = if shown { ADDRESS } else { "" };
            format!("{},\"{}\",\"{}{ending}\",\"{address}\",0,0,0,0", context.id, context.kind, context.apn)
        }))
    }

    /// AT+CGDCONT=cid[,type[,APN…]]; the cid alone undefines it.
    fn define(&mut self, request: &Request, ta: &Adaptor) -> Answer {
        let id = context_id(request, 0, ta)?;
        if self.is_active(id) && !ta.profile.is("redefine-active") {
            return Err(CommandError::NOT_ALLOWED);
        }
        if request.parameters.len() == 1 {
            self.contexts.retain(|context| context.id != id);
            return Ok(Effect::Done);
        }
        let kind = request.text(1).to_ascii_uppercase();
        let known = matches!(kind.as_str(), "IP" | "IPV6" | "IPV4V6" | "PPP" | "NONIP" | "NON-IP");
        let apn = request.text(2);
        let fits = apn.len() <= 100 && apn.bytes().all(|byte| byte.is_ascii_graphic());
        if !known || !fits || request.parameters.len() > 16 {
            return Err(CommandError::Parameter);
        }
        self.put_context(PdpContext::new(id, &kind, apn));
        Ok(Effect::Done)
    }

    /// AT+CGACT=state[,cid]…
    fn activation(&mut self, request: &Request, ta: &mut Adaptor) -> Answer {
        let state = request.number(0).filter(|state| matches!(state, 0 | 1)).ok_or(CommandError::Parameter)?;
        let mut ids = context_ids(request, 1, ta)?;
        if ids.is_empty() {
            ids = self.contexts.iter().map(|context| context.id).collect();
        }
        for id in ids {
            _ = match state {
                1 => self.activate(id)?,
                _ => self.drop_bearer(id, CommandError::UNSPECIFIED_GPRS_ERROR, ta)?,
            };
        }
        Ok(Effect::Done)
    }

    /// AT+CGPADDR[=cid…]
    fn show_addresses(&self, request: &mut Request, ta: &Adaptor) -> Answer {
        let wanted = context_ids(request, 0, ta)?;
        let quote = if ta.profile.is("address-quoted") { "\"" } else { "" };
        let shown = self.contexts.iter().filter(|context| wanted.is_empty() || wanted.contains(&context.id));
        request.answer_all(shown.map(|context| {
            let address = if context.is_active() { ADDRESS } else { "0.0.0.0" };
            format!("{},{quote}{address}{quote}", context.id)
        }))
    }

    /// AT+CGCONTRDP: what the network gave (27.007 §10.1.23).
    fn show_parameters(&self, request: &mut Request, wanted: Option<u8>) -> Answer {
        let shown = self.contexts.iter().filter(|context| wanted.is_none_or(|wanted| wanted == context.id));
        request.answer_all(shown.filter_map(|PdpContext { id, bearer, .. }| {
            let apn = bearer.as_ref()?;
            let servers = "\"100.64.12.1\",\"8.8.8.8\",\"8.8.4.4\"";
            Some(format!("{id},5,\"{apn}\",\"{ADDRESS}.255.255.255.255\",{servers}"))
        }))
    }

    /// AT+QICSGP=cid[,type,APN,user,password,authentication]
    fn stack_context(&mut self, request: &mut Request, ta: &Adaptor) -> Answer {
        const KINDS: [&str; 3] = ["IP", "IPV6", "IPV4V6"];
        let id = context_id(request, 0, ta)?;
        if request.parameters.len() == 1 {
            return request.answer(match self.context(id) {
                Some(PdpContext { kind, apn, user, password, authentication, .. }) => {
                    let kind = KINDS.iter().position(|known| **known == **kind).map_or(1, |place| place + 1);
                    format!("{kind},\"{apn}\",\"{user}\",\"{password}\",{authentication}")
                }
                None => "1,\"\",\"\",\"\",0".to_owned(),
            });
        }
        let place = request.number::<usize>(1).and_then(|kind| kind.checked_sub(1));
        let kind = place.and_then(|place| KINDS.get(place)).ok_or(CommandError::Parameter)?;
        if request.parameters.len() > 6 || (2..5).any(|place| request.text(place).len() > 100) {
            return Err(CommandError::Parameter);
        }
        self.put_context(PdpContext {
            user: request.text(3).into(),
            password: request.text(4).into(),
            authentication: request.number::<u32>(5).map_or(0, |kind| kind.min(3) as u8),
            ..PdpContext::new(id, kind, request.text(2))
        });
        Ok(Effect::Done)
    }

    /// AT+QPING=cid,"host": OK, then a line for each echo and one that sums them up.
    fn ping(&self, request: &Request, ta: &mut Adaptor) -> Answer {
        let id = context_id(request, 0, ta)?;
        request.needed(1)?;
        if !self.is_active(id) {
            return Err(CommandError::NOT_ALLOWED);
        }
        let name = &request.name;
        if !super::resolves(request.text(1)) {
            ta.urc_later(Duration::from_millis(300), format!("{name}: 565"));
            return Ok(Effect::Done);
        }
        let times = [0; 4].map(|_| 80 + ta.random.below(60));
        for (count, time) in (1..).zip(times) {
            ta.urc_later(Duration::from_millis(200) * count, format!("{name}: 0,\"8.8.8.8\",32,{time},255"));
        }
        let (least, most) = (times.iter().min().unwrap_or(&0), times.iter().max().unwrap_or(&0));
        let mean = times.iter().sum::<usize>() / times.len();
        ta.urc_later(Duration::from_millis(900), format!("{name}: 0,4,4,0,{least},{most},{mean}"));
        Ok(Effect::Done)
    }

    /// AT+CNACT=pdp,action, with the APN of AT+CNCFG or of the context; what the network refuses is told after the OK.
    fn application_network(&mut self, request: &Request, ta: &mut Adaptor) -> Answer {
        let (Some(0), Some(action @ (0 | 1))) = (request.number::<u8>(0), request.number::<u8>(1)) else {
            return Err(CommandError::Parameter);
        };
        let apn = ta.settings.parameter("+CNCFG/0", 1).unwrap_or_default();
        self.application = action == 1
            && match apn {
                "" => self.activate(ta.profile.first_context()).is_ok(),
                apn => self.require_attached().is_ok() && self.bearer(apn).is_ok(),
            };
        let word = if self.application { "ACTIVE" } else { "DEACTIVE" };
        ta.urc_later(Duration::from_millis(300), format!("+APP PDP: 0,{word}"));
        Ok(Effect::Done)
    }
}
