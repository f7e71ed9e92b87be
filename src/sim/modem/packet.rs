//! Packet data: attachment, contexts, addresses (27.007 §10), and the vendors' own stacks.

use std::time::Duration;

use crate::sim::CommandError;

use super::mobile::Mobile;
use super::request::CommandForm::{Execute, Read, Set, Test};
use super::request::Request;
use super::{Adaptor, Answer, Effect, Row, Then, Timer};

pub(super) const COMMANDS: &[Row] = &[
    ("attach", &[Read], |modem, request| request.answer(if modem.mobile.attached { "1" } else { "0" })),
    ("attach", &[Set], |modem, request| {
        match request.number(0) {
            Some(1) => {
                modem.mobile.require_network()?;
                modem.mobile.attach(&mut modem.adaptor);
            }
            Some(0) => modem.mobile.detach(&mut modem.adaptor),
            _ => return Err(CommandError::Parameter),
        }
        after_attaching(&modem.adaptor)
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
        let first = modem.adaptor.profile.rules.first_context;
        let id = if request.parameters.len() > 1 { context_id(request, 1, &modem.adaptor)? } else { first };
        modem.mobile.activate(id)?;
        Ok(Effect::Data)
    }),
    // A vendor's own stack, which has one context: AT+NETOPEN, AT+NETCLOSE
    ("bring-up", &[Execute, Set], |modem, _| {
        modem.mobile.activate(modem.adaptor.profile.rules.first_context)?;
        after_attaching(&modem.adaptor)
    }),
    ("bring-down", &[Execute, Set], |modem, _| {
        let first = modem.adaptor.profile.rules.first_context;
        modem.mobile.drop_bearer(first, NOT_ALLOWED, &mut modem.adaptor)?;
        Ok(Effect::Done)
    }),
    // Quectel's own stack: AT+QICSGP, AT+QIACT, AT+QIDEACT, AT+QPING
    ("stack-context", &[Set], |modem, request| modem.mobile.stack_context(request, &modem.adaptor)),
    ("stack-activate", &[Read], |modem, request| {
        let active = modem.mobile.contexts.iter().filter(|context| context.is_active());
        request.answer_all(active.map(|context| format!("{},1,1,\"{ADDRESS}\"", context.id)))
    }),
    ("stack-activate", &[Set], |modem, request| {
        let rules = &modem.adaptor.profile.rules;
        let id = context_id(request, 0, &modem.adaptor)?;
        // A context that is up already is an error, except the one that LTE brought up by itself.
        if modem.mobile.is_active(id) && !(rules.default_bearer && id == rules.first_context) {
            return Err(CommandError::Error);
        }
        modem.mobile.activate(id)?;
        after_attaching(&modem.adaptor)
    }),
    ("stack-deactivate", &[Set], |modem, request| {
        let id = context_id(request, 0, &modem.adaptor)?;
        modem.mobile.drop_bearer(id, CommandError::Error, &mut modem.adaptor)?;
        after_attaching(&modem.adaptor)
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

/// The address that the network gives.
pub(super) const ADDRESS: &str = "100.64.12.34";

const MOST_CONTEXTS: u8 = 15;

/// From the attachment, when the radio sends at its strongest, until a weak supply gives in.
const BROWNOUT: Duration = Duration::from_millis(500);

const NOT_ALLOWED: CommandError = CommandError::Equipment(3);
const UNKNOWN_CONTEXT: CommandError = CommandError::Equipment(148);

/// A packet data context (27.007 §10.1.1).
#[derive(Debug, Clone)]
pub(super) struct PdpContext {
    pub(super) id: u8,
    kind: Box<str>,
    apn: Box<str>,
    user: Box<str>,
    password: Box<str>,
    authentication: u8,
    /// While it is active: the APN that the network gave it, whatever is defined meanwhile.
    pub(super) bearer: Option<Box<str>>,
}

impl PdpContext {
    pub(super) fn new(id: u8, kind: &str, apn: &str) -> PdpContext {
        let (kind, apn) = (kind.into(), apn.into());
        PdpContext { id, kind, apn, user: "".into(), password: "".into(), authentication: 0, bearer: None }
    }

    pub(super) fn is_active(&self) -> bool {
        self.bearer.is_some()
    }
}

fn context_id(request: &Request, place: usize, ta: &Adaptor) -> Result<u8, CommandError> {
    let known = ta.profile.rules.first_context..=MOST_CONTEXTS;
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

fn after_attaching(ta: &Adaptor) -> Answer {
    let time = ta.profile.timing.attach;
    if time.is_zero() { Ok(Effect::Done) } else { Ok(Effect::Wait { time, then: Then::Continue, abort: None }) }
}

impl Mobile {
    pub(super) fn context(&self, id: u8) -> Option<&PdpContext> {
        self.contexts.iter().find(|context| context.id == id)
    }

    fn context_mut(&mut self, id: u8) -> Option<&mut PdpContext> {
        self.contexts.iter_mut().find(|context| context.id == id)
    }

    pub(super) fn is_active(&self, id: u8) -> bool {
        self.context(id).is_some_and(PdpContext::is_active)
    }

    /// Defines it; an active one stays active.
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

    /// Packet data is attached; on LTE that brings the first context up, where its access point is one of the subscription's.
    pub(super) fn attach(&mut self, ta: &mut Adaptor) {
        self.attached = true;
        self.tell_registration(ta);
        if ta.options.faults.brownout {
            ta.after(BROWNOUT, Timer::Restart);
        }
        let rules = &ta.profile.rules;
        let first = rules.first_context;
        if rules.default_bearer
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

    /// The context comes up, if the network lets it.
    pub(super) fn activate(&mut self, id: u8) -> Result<(), CommandError> {
        self.require_attached()?;
        let context = self.context(id).ok_or(UNKNOWN_CONTEXT)?;
        if context.is_active() {
            return Ok(());
        }
        let apn = context.apn.clone();
        let bearer = self.bearer(&apn)?;
        if let Some(context) = self.context_mut(id) {
            context.bearer = Some(bearer);
        }
        Ok(())
    }

    fn require_attached(&self) -> Result<(), CommandError> {
        self.require_network()?;
        if self.attached { Ok(()) } else { Err(CommandError::Equipment(30)) }
    }

    /// What the network makes of an access point's name: the subscription has it or not, and no name at all is its first.
    fn bearer(&mut self, apn: &str) -> Result<Box<str>, CommandError> {
        let mut apns = self.profile.network.apns.iter();
        match apns.find(|known| apn.is_empty() || known.eq_ignore_ascii_case(apn)) {
            Some(known) => Ok(known.as_str().into()),
            None => {
                self.cause = "Requested service option not subscribed";
                Err(CommandError::Equipment(133))
            }
        }
    }

    /// No context is active any more, and what stood on one is gone.
    pub(super) fn drop_bearers(&mut self, ta: &mut Adaptor) {
        self.contexts.iter_mut().for_each(|context| context.bearer = None);
        self.application = false;
        self.sockets.lose_connection(ta);
        self.sockets.retain(|_| false);
    }

    fn drop_bearer(&mut self, id: u8, undefined: CommandError, ta: &mut Adaptor) -> Result<(), CommandError> {
        self.context_mut(id).ok_or(undefined)?.bearer = None;
        if self.sockets.retain(|socket| socket.context != id) {
            self.sockets.lose_connection(ta);
        }
        Ok(())
    }

    fn show_contexts(&self, request: &mut Request) -> Answer {
        let shows_bearer = self.profile.rules.apn_ending;
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
        if self.is_active(id) && !ta.profile.rules.redefine_active {
            return Err(NOT_ALLOWED);
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
            match state {
                1 => self.activate(id)?,
                _ => self.drop_bearer(id, UNKNOWN_CONTEXT, ta)?,
            }
        }
        after_attaching(ta)
    }

    /// AT+CGPADDR[=cid…]
    fn show_addresses(&self, request: &mut Request, ta: &Adaptor) -> Answer {
        let wanted = context_ids(request, 0, ta)?;
        let quote = if ta.profile.wire.address_quoted { "\"" } else { "" };
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
            return Err(NOT_ALLOWED);
        }
        let name = &request.name;
        let times = [0; 4].map(|_| 80 + ta.random.below(60));
        for (count, time) in (1..).zip(times) {
            ta.urc_later(Duration::from_millis(200) * count, format!("{name}: 0,\"8.8.8.8\",32,{time},255"));
        }
        let (least, most) = (times.iter().min().unwrap_or(&0), times.iter().max().unwrap_or(&0));
        let mean = times.iter().sum::<usize>() / times.len();
        ta.urc_later(Duration::from_millis(900), format!("{name}: 0,4,4,0,{least},{most},{mean}"));
        Ok(Effect::Done)
    }

    /// AT+CNACT=pdp,action. The access point is that of AT+CNCFG, or else of the context; where the network refuses it,
    /// that is told after the OK.
    fn application_network(&mut self, request: &Request, ta: &mut Adaptor) -> Answer {
        let (Some(0), Some(action @ (0 | 1))) = (request.number::<u8>(0), request.number::<u8>(1)) else {
            return Err(CommandError::Parameter);
        };
        let apn = ta.settings.parameter("+CNCFG/0", 1).unwrap_or_default();
        self.application = action == 1
            && match apn {
                "" => self.activate(ta.profile.rules.first_context).is_ok(),
                apn => self.require_attached().is_ok() && self.bearer(apn).is_ok(),
            };
        let word = if self.application { "ACTIVE" } else { "DEACTIVE" };
        ta.urc_later(Duration::from_millis(300), format!("+APP PDP: 0,{word}"));
        Ok(Effect::Done)
    }
}
