//! Packet data: contexts, attachment, addresses (27.007 §10), and the vendors' own stacks.

use std::time::Duration;

use super::{ADDRESS, given};
use crate::sim::context::{Context, MOST_CONTEXTS};
use crate::sim::line::{Next, Outcome, Refusal, Then};
use crate::sim::profile::Command;
use crate::sim::request::{Form, Parameter};
use crate::sim::simulator::Simulator;

impl Simulator {
    pub(super) fn attach(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let text = if self.network.attached { "1" } else { "0" };
                self.info(&command.prefix, text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => match given(parameters, 0).and_then(|it| it.number()) {
                Some(1) if self.network.is_registered() => {
                    self.attach_packet();
                    self.after_attaching()
                }
                Some(1) => {
                    self.require_card()?;
                    Err(Refusal::Equipment(30))
                }
                Some(0) => {
                    self.network.attached = false;
                    self.drop_bearers();
                    self.tell_registration();
                    self.after_attaching()
                }
                _ => Err(self.wrong_parameter()),
            },
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    fn after_attaching(&self) -> Outcome {
        let time = self.profile.timing.attach.0;
        if time.is_zero() { Ok(Next::Done) } else { Ok(Next::Wait { time, then: Then::Continue, abort: None }) }
    }

    pub(super) fn context(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let lines: Vec<String> = self.contexts.iter().map(|context| self.context_text(context)).collect();
                for line in lines {
                    self.info(&command.prefix, &line);
                }
                Ok(Next::Done)
            }
            Form::Set(parameters) => self.define(parameters),
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    fn context_text(&self, context: &Context) -> String {
        // The network's own ending shows once it is attached, on some.
        let ending = match self.network.current() {
            Some(operator) if context.is_active() && self.profile.rules.apn_ending && !context.apn.is_empty() => {
                let (country, carrier) = operator.code.split_at_checked(3).unwrap_or((&operator.code, ""));
                format!(".mnc{carrier:0>3}.mcc{country}.gprs")
            }
            _ => String::new(),
        };
        let address = if context.is_active() && self.profile.rules.apn_ending { ADDRESS } else { "" };
        format!("{},\"{}\",\"{}{ending}\",\"{address}\",0,0,0,0", context.id, context.kind, context.apn)
    }

    /// AT+CGDCONT=cid[,type[,APN…]]; the cid alone undefines it.
    fn define(&mut self, parameters: &[Parameter]) -> Outcome {
        let id = self.context_id(parameters, 0)?;
        if self.contexts.get(id).is_some_and(Context::is_active) && !self.profile.rules.redefine_active {
            return Err(Refusal::Equipment(3));
        }
        let Some(kind) = given(parameters, 1) else {
            if parameters.len() > 1 {
                return Err(self.wrong_parameter());
            }
            self.contexts.remove(id);
            return Ok(Next::Done);
        };
        let kind = kind.text.to_ascii_uppercase();
        if !matches!(kind.as_str(), "IP" | "IPV6" | "IPV4V6" | "PPP" | "NONIP" | "NON-IP") || parameters.len() > 16 {
            return Err(self.wrong_parameter());
        }
        let apn = given(parameters, 2).map_or("", |it| it.text);
        if apn.len() > 100 || apn.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(self.wrong_parameter());
        }
        let bearer = self.contexts.get(id).and_then(|context| context.bearer.clone());
        self.contexts.put(Context { bearer, ..Context::new(id, &kind, apn) });
        Ok(Next::Done)
    }

    fn context_id(&self, parameters: &[Parameter], place: usize) -> Result<u8, Refusal> {
        let id = given(parameters, place).and_then(|it| it.number()).and_then(|id| u8::try_from(id).ok());
        id.filter(|id| (self.profile.rules.first_context..=MOST_CONTEXTS).contains(id))
            .ok_or_else(|| self.wrong_parameter())
    }

    /// The context comes up, if the network lets it.
    pub(super) fn activate(&mut self, id: u8) -> Result<(), Refusal> {
        self.require_attached()?;
        let context = self.contexts.get(id).ok_or(Refusal::Equipment(148))?;
        if context.is_active() {
            return Ok(());
        }
        let apn = context.apn.clone();
        let bearer = self.bearer(&apn)?;
        if let Some(context) = self.contexts.get_mut(id) {
            context.bearer = Some(bearer);
        }
        Ok(())
    }

    /// No context is active any more, and what stood on one is gone.
    pub(super) fn drop_bearers(&mut self) {
        self.contexts.deactivate_all();
        self.application = false;
        self.lose_connection();
        self.sockets.clear();
    }

    fn drop_bearer(&mut self, id: u8, undefined: Refusal) -> Result<(), Refusal> {
        self.contexts.get_mut(id).ok_or(undefined)?.bearer = None;
        self.sockets.retain(|socket| socket.context != id);
        if self.passed_through.is_some_and(|passed| !self.sockets.iter().any(|socket| socket.id == passed)) {
            self.lose_connection();
        }
        Ok(())
    }

    fn require_attached(&self) -> Result<(), Refusal> {
        self.require_card()?;
        if self.network.is_registered() && self.network.attached { Ok(()) } else { Err(Refusal::Equipment(30)) }
    }

    /// What the network makes of an access point's name: the subscription has it or not, and no name at all is its first.
    fn bearer(&mut self, apn: &str) -> Result<Box<str>, Refusal> {
        let apns = &self.profile.network.apns;
        let known =
            if apn.is_empty() { apns.first() } else { apns.iter().find(|known| known.eq_ignore_ascii_case(apn)) };
        match known {
            Some(known) => Ok(known.as_str().into()),
            None => {
                self.cause = "Requested service option not subscribed";
                Err(Refusal::Equipment(133))
            }
        }
    }

    /// Packet data is attached; on LTE that brings the first context up, where its access point is one of the subscription's.
    pub(super) fn attach_packet(&mut self) {
        self.network.attached = true;
        self.tell_registration();
        let first = self.profile.rules.first_context;
        let was_up = self.contexts.get(first).is_some_and(Context::is_active);
        if self.profile.rules.default_bearer
            && !was_up
            && self.activate(first).is_ok()
            && self.settings.number("+CGEREP", 0) > 0
        {
            self.urc(&format!("+CGEV: ME PDN ACT {first}"));
        }
    }

    /// AT+CGACT=state[,cid]…
    pub(super) fn activation(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let parameters = match form {
            Form::Read => {
                let lines: Vec<_> =
                    self.contexts.iter().map(|it| format!("{},{}", it.id, u8::from(it.is_active()))).collect();
                for line in lines {
                    self.info(&command.prefix, &line);
                }
                return Ok(Next::Done);
            }
            Form::Set(parameters) => parameters,
            Form::Execute(_) | Form::Test | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let on = match given(parameters, 0).and_then(|it| it.number()) {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(self.wrong_parameter()),
        };
        let named: Vec<u8> =
            (1..parameters.len()).map(|place| self.context_id(parameters, place)).collect::<Result<_, _>>()?;
        let all: Vec<u8> = self.contexts.iter().map(|context| context.id).collect();
        for id in if named.is_empty() { all } else { named } {
            if on {
                self.activate(id)?;
            } else {
                self.drop_bearer(id, Refusal::Equipment(148))?;
            }
        }
        self.after_attaching()
    }

    /// AT+CGPADDR[=cid…]
    pub(super) fn address(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let wanted: Option<Vec<u8>> = match form {
            Form::Execute(_) => None,
            Form::Set(parameters) => {
                let ids = (0..parameters.len()).map(|place| self.context_id(parameters, place));
                Some(ids.collect::<Result<_, _>>()?)
            }
            Form::Test => {
                let ids: Vec<String> = self.contexts.iter().map(|context| context.id.to_string()).collect();
                self.info(&command.prefix, &format!("({})", ids.join(",")));
                return Ok(Next::Done);
            }
            Form::Read | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let quote = if self.profile.wire.address_quoted { "\"" } else { "" };
        let mut lines = Vec::new();
        for context in self.contexts.iter() {
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(&context.id)) {
                let address = if context.is_active() { ADDRESS } else { "0.0.0.0" };
                lines.push(format!("{},{quote}{address}{quote}", context.id));
            }
        }
        for line in lines {
            self.info(&command.prefix, &line);
        }
        Ok(Next::Done)
    }

    /// AT+CGCONTRDP: what the network gave (27.007 §10.1.23).
    pub(super) fn context_parameters(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let active = self.contexts.iter().filter_map(|context| Some((context.id, context.bearer.clone()?)));
        let active: Vec<(u8, Box<str>)> = active.collect();
        let wanted = match form {
            Form::Execute(_) => None,
            Form::Set(parameters) => Some(self.context_id(parameters, 0)?),
            Form::Test => {
                let ids: Vec<String> = active.iter().map(|(id, _)| id.to_string()).collect();
                self.info(&command.prefix, &format!("({})", ids.join(",")));
                return Ok(Next::Done);
            }
            Form::Read | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        for (id, apn) in active.into_iter().filter(|(id, _)| wanted.is_none_or(|wanted| wanted == *id)) {
            let line =
                format!("{id},5,\"{apn}\",\"{ADDRESS}.255.255.255.255\",\"100.64.12.1\",\"8.8.8.8\",\"8.8.4.4\"");
            self.info(&command.prefix, &line);
        }
        Ok(Next::Done)
    }

    /// AT+CGDATA="PPP",cid
    pub(super) fn data(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = if parameters.len() > 1 { self.context_id(parameters, 1)? } else { self.profile.rules.first_context };
        self.activate(id)?;
        Ok(Next::Data)
    }

    /// AT+QICSGP=cid[,type,APN,user,password,authentication]
    pub(super) fn stack_context(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.context_id(parameters, 0)?;
        if parameters.len() == 1 {
            let text = match self.contexts.get(id) {
                Some(context) => {
                    let kind = match &*context.kind {
                        "IPV6" => 2,
                        "IPV4V6" => 3,
                        _ => 1,
                    };
                    let Context { apn, user, password, authentication, .. } = context;
                    format!("{kind},\"{apn}\",\"{user}\",\"{password}\",{authentication}")
                }
                None => "1,\"\",\"\",\"\",0".to_owned(),
            };
            self.info(&command.prefix, &text);
            return Ok(Next::Done);
        }
        let kind = match given(parameters, 1).and_then(|it| it.number()) {
            Some(1) => "IP",
            Some(2) => "IPV6",
            Some(3) => "IPV4V6",
            _ => return Err(self.wrong_parameter()),
        };
        let text = |place: usize| given(parameters, place).map_or("", |it: &Parameter| it.text);
        if parameters.len() > 6 || (2..5).any(|place| text(place).len() > 100) {
            return Err(self.wrong_parameter());
        }
        let authentication = given(parameters, 5).and_then(|it| it.number()).unwrap_or(0).min(3);
        let bearer = self.contexts.get(id).and_then(|context| context.bearer.clone());
        self.contexts.put(Context {
            user: text(3).into(),
            password: text(4).into(),
            authentication: u8::try_from(authentication).unwrap_or(0),
            bearer,
            ..Context::new(id, kind, text(2))
        });
        Ok(Next::Done)
    }

    pub(super) fn stack_activate(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let active = self.contexts.iter().filter(|context| context.is_active());
                let lines: Vec<_> = active.map(|context| format!("{},1,1,\"{ADDRESS}\"", context.id)).collect();
                for line in lines {
                    self.info(&command.prefix, &line);
                }
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let id = self.context_id(parameters, 0)?;
                // A context that is up already is an error, except the one that LTE brought up by itself.
                let by_itself = self.profile.rules.default_bearer && id == self.profile.rules.first_context;
                if self.contexts.get(id).is_some_and(Context::is_active) && !by_itself {
                    return Err(Refusal::Error);
                }
                self.activate(id)?;
                self.after_attaching()
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    pub(super) fn stack_deactivate(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.context_id(parameters, 0)?;
        self.drop_bearer(id, Refusal::Error)?;
        self.after_attaching()
    }

    /// AT+QPING=cid,"host": OK, then a line for each echo and one that sums them up.
    pub(super) fn ping(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.context_id(parameters, 0)?;
        given(parameters, 1).ok_or_else(|| self.wrong_parameter())?;
        if !self.contexts.get(id).is_some_and(Context::is_active) {
            return Err(Refusal::Equipment(3));
        }
        let mut times = [0; 4];
        for (place, time) in times.iter_mut().enumerate() {
            *time = 80 + self.random.below(60);
            let line = format!("{}: 0,\"8.8.8.8\",32,{time},255", command.prefix);
            let delay = Duration::from_millis(200) * u32::try_from(place + 1).unwrap_or(1);
            self.output.then.push((delay, line.into()));
        }
        let (least, most) = (times.iter().min().unwrap_or(&0), times.iter().max().unwrap_or(&0));
        let mean = times.iter().sum::<usize>() / times.len();
        let line = format!("{}: 0,4,4,0,{least},{most},{mean}", command.prefix);
        self.output.then.push((Duration::from_millis(900), line.into()));
        Ok(Next::Done)
    }

    /// AT+CNACT=pdp,action; the answer to the read lists the four. The access point is that of AT+CNCFG, or else of the
    /// context; where the network refuses it, that is told after the OK.
    pub(super) fn application_network(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                for pdp in 0..4 {
                    let up = pdp == 0 && self.application;
                    let address = if up { ADDRESS } else { "0.0.0.0" };
                    self.info(&command.prefix, &format!("{pdp},{},\"{address}\"", u8::from(up)));
                }
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let number = |place| given(parameters, place).and_then(|it: &Parameter| it.number());
                match (number(0), number(1)) {
                    (Some(0), Some(action @ (0 | 1))) => {
                        let up = action == 1 && self.application_bearer().is_ok();
                        self.application = up;
                        let word = if up { "ACTIVE" } else { "DEACTIVE" };
                        self.output.then.push((Duration::from_millis(300), format!("+APP PDP: 0,{word}").into()));
                        Ok(Next::Done)
                    }
                    _ => Err(self.wrong_parameter()),
                }
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    fn application_bearer(&mut self) -> Result<(), Refusal> {
        let apn = self.settings.parameter("+CNCFG/0", 1).unwrap_or_default().to_owned();
        if apn.is_empty() {
            return self.activate(self.profile.rules.first_context);
        }
        self.require_attached()?;
        self.bearer(&apn).map(|_| ())
    }
}
