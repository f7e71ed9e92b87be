//! What each command does. Which commands a model has, and how its answers are spelt, stands in its profile.

mod basic;
mod card;
mod equipment;
mod message;
mod network;
mod packet;
mod phonebook;
mod socket;
mod ublox;

use serde::Deserialize;

pub(super) use phonebook::Entry;

use super::line::{Final, Next, Outcome, Refusal, Then};
use super::network::stat;
use super::profile::{Action, Command, Holds, Key, Needs, Settable};
use super::request::{Form, Parameter, Request};
use super::simulator::Simulator;

/// The address that the network gives.
pub(super) const ADDRESS: &str = "100.64.12.34";

/// What a command does that is more than a value or a text. Profiles name it in `does`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Behaviour {
    /// It exists and is always refused.
    Refused,
    CommandList,
    SerialNumber,
    Iccid,
    Functionality,
    Activity,
    LastCause,
    Clock,
    SleepCycle,
    Reset,
    PowerOff,
    Pin,
    PinRetries,
    Lock,
    Password,
    File,
    OwnNumber,
    PreferredOperators,
    PhonebookStorage,
    PhonebookRead,
    PhonebookFind,
    PhonebookWrite,
    ServiceCode,
    Registration,
    Operator,
    Signal,
    SignalExtended,
    Attach,
    Context,
    Activation,
    Address,
    ContextParameters,
    Data,
    /// Quectel's own stack: AT+QICSGP, AT+QIACT, AT+QIDEACT, AT+QPING
    StackContext,
    StackActivate,
    StackDeactivate,
    Ping,
    /// Quectel's sockets: AT+QIOPEN, AT+QISEND, AT+QIRD, AT+QICLOSE, AT+QISTATE
    SocketOpen,
    SocketSend,
    SocketRead,
    SocketClose,
    SocketState,
    /// u-blox' sockets: AT+USOCR, AT+USOCO, AT+USOWR, AT+USOST, AT+USORD and AT+USORF, AT+USOCTL, AT+USOCL
    UbloxCreate,
    UbloxConnect,
    UbloxWrite,
    UbloxSendTo,
    UbloxRead,
    UbloxControl,
    UbloxClose,
    /// SIMCom's AT+CNACT
    ApplicationNetwork,
    MessageService,
    ServiceCentre,
    Storage,
    MessageSend,
    MessageWrite,
    MessageSendStored,
    MessageRead,
    MessageList,
    MessageDelete,
}

impl Simulator {
    pub(super) fn execute(&mut self, request: &Request) -> Outcome {
        if let Some(outcome) = self.basic(request) {
            return outcome;
        }
        let profile = self.profile;
        let Some(command) = profile.commands.get(&request.name) else { return Err(self.unknown_command()) };
        match (&request.form, &command.test) {
            (Form::Test, Some(test)) => {
                for line in test.lines() {
                    self.info(&command.prefix, line);
                }
                return Ok(Next::Done);
            }
            (Form::Test, None) if !answers_test(command) => return Ok(Next::Done),
            _ => {}
        }
        self.require(command.needs)?;
        let outcome = match &command.action {
            Action::Does(behaviour) => self.behave(*behaviour, command, request),
            Action::Setting => self.setting(command, &request.form),
            Action::Keyed { read: Some(text), .. } if request.form == Form::Read => self.answer(command, Some(text)),
            Action::Keyed { keys, effect, .. } => self.keyed(command, keys, *effect, &request.form),
            Action::Answer { read, execute, set } => {
                let text = match &request.form {
                    Form::Read => read,
                    Form::Execute(_) => execute,
                    Form::Set(_) => set,
                    Form::Test | Form::Dial(_) => &None,
                };
                self.answer(command, text.as_deref())
            }
        };
        self.then(command, outcome)
    }

    /// The time that the command takes, and the URCs that follow it.
    fn then(&mut self, command: &'static Command, outcome: Outcome) -> Outcome {
        let Ok(next) = outcome else { return outcome };
        for line in &command.then {
            self.output.then.push((std::time::Duration::from_millis(200), line.as_str().into()));
        }
        let takes_time = matches!(next, Next::Done) && !command.takes.is_zero();
        Ok(if takes_time { Next::Wait { time: command.takes, then: Then::Continue, abort: None } } else { next })
    }

    fn require(&self, needs: Needs) -> Result<(), Refusal> {
        match needs {
            Needs::Nothing => Ok(()),
            Needs::Sim => self.require_card(),
            Needs::MessageSim => self.require_card().map_err(as_message_refusal),
            Needs::Network if self.network.is_registered() => self.require_card(),
            Needs::Network => Err(Refusal::Equipment(30)),
        }
    }

    fn behave(&mut self, behaviour: Behaviour, command: &'static Command, request: &Request) -> Outcome {
        let form = &request.form;
        match behaviour {
            Behaviour::Refused => Err(Refusal::Equipment(4)),
            Behaviour::CommandList => self.command_list(),
            Behaviour::SerialNumber => self.serial_number(command, form),
            Behaviour::Iccid => self.iccid(command, form),
            Behaviour::Functionality => self.functionality(command, form),
            Behaviour::Activity => self.activity(command),
            Behaviour::LastCause => self.last_cause(command),
            Behaviour::Clock => self.clock_command(command, form),
            Behaviour::SleepCycle => self.sleep_cycle(command, form),
            Behaviour::Reset => self.reset_command(form),
            Behaviour::PowerOff => self.power_off_command(form),
            Behaviour::Pin => self.pin(command, form),
            Behaviour::PinRetries => self.pin_retries(command),
            Behaviour::Lock => self.lock(command, form),
            Behaviour::Password => self.password(form),
            Behaviour::File => self.file(command, form),
            Behaviour::OwnNumber => self.own_number(),
            Behaviour::PreferredOperators => self.preferred_operators(command, form),
            Behaviour::PhonebookStorage => self.phonebook_storage(command, form),
            Behaviour::PhonebookRead => self.phonebook_read(command, form),
            Behaviour::PhonebookFind => self.phonebook_find(command, form),
            Behaviour::PhonebookWrite => self.phonebook_write(form),
            Behaviour::ServiceCode => self.service_code(command, form),
            Behaviour::Registration => self.registration(command, form),
            Behaviour::Operator => self.operator(command, form),
            Behaviour::Signal => self.signal(command, form),
            Behaviour::SignalExtended => self.signal_extended(command, form),
            Behaviour::Attach => self.attach(command, form),
            Behaviour::Context => self.context(command, form),
            Behaviour::Activation => self.activation(command, form),
            Behaviour::Address => self.address(command, form),
            Behaviour::ContextParameters => self.context_parameters(command, form),
            Behaviour::Data => self.data(form),
            Behaviour::StackContext => self.stack_context(command, form),
            Behaviour::StackActivate => self.stack_activate(command, form),
            Behaviour::StackDeactivate => self.stack_deactivate(form),
            Behaviour::Ping => self.ping(command, form),
            Behaviour::SocketOpen => self.socket_open(command, form),
            Behaviour::SocketSend => self.socket_send(command, form),
            Behaviour::SocketRead => self.socket_read(command, form),
            Behaviour::SocketClose => self.socket_close(form),
            Behaviour::SocketState => self.socket_state(command, form),
            Behaviour::UbloxCreate => self.ublox_create(command, form),
            Behaviour::UbloxConnect => self.ublox_connect(form),
            Behaviour::UbloxWrite => self.ublox_write(command, form),
            Behaviour::UbloxSendTo => self.ublox_send_to(command, form),
            Behaviour::UbloxRead => self.ublox_read(command, form),
            Behaviour::UbloxControl => self.ublox_control(command, form),
            Behaviour::UbloxClose => self.ublox_close(form),
            Behaviour::ApplicationNetwork => self.application_network(command, form),
            Behaviour::MessageService => self.message_service(command, form),
            Behaviour::ServiceCentre => self.service_centre(command, form),
            Behaviour::Storage => self.storage(command, form),
            Behaviour::MessageSend => self.message_send(form),
            Behaviour::MessageWrite => self.message_write(form),
            Behaviour::MessageSendStored => self.message_send_stored(command, form),
            Behaviour::MessageRead => self.message_read(command, form),
            Behaviour::MessageList => self.message_list(command, form),
            Behaviour::MessageDelete => self.message_delete(command, form),
        }
    }

    /// A value that is read and set.
    fn setting(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Some(setting) = command.setting else { return Err(Refusal::Error) };
        match form {
            Form::Read => {
                let text = self.settings.text(setting).to_owned();
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => self.set(setting, parameters),
            // The basic commands: `ATE0`.
            Form::Execute(number) if !command.prefix.starts_with('+') => {
                let text = number.to_string();
                self.set(setting, &[Parameter { text: &text, quoted: false }])
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    fn set(&mut self, setting: usize, parameters: &[Parameter]) -> Outcome {
        let holds = self.profile.settings.get(setting).map_or(Holds::AtOnce, |setting| setting.holds);
        self.set_from(setting, parameters, holds)
    }

    /// The same, where the command says from when it holds.
    fn set_from(&mut self, setting: usize, parameters: &[Parameter], holds: Holds) -> Outcome {
        let settable = self.profile.settings.get(setting).map_or(Settable::Always, |setting| setting.settable);
        let allowed = match settable {
            Settable::Always => true,
            Settable::Deregistered => matches!(self.network.stat, stat::NONE | stat::SEARCHING | stat::DENIED),
            Settable::RadioOff => self.network.function != 1,
        };
        if !allowed {
            return Err(Refusal::Equipment(3));
        }
        self.settings.set(setting, parameters, holds).map_err(|_| self.wrong_parameter())?;
        self.refresh_mode();
        self.update_search();
        Ok(Next::Done)
    }

    /// `AT+QCFG="roamservice"` reads, `AT+QCFG="roamservice",2` sets.
    fn keyed(&mut self, command: &'static Command, keys: &'static [Key], effect: bool, form: &Form) -> Outcome {
        let parameters = match form {
            Form::Set(parameters) => parameters.as_slice(),
            Form::Test => {
                for key in keys {
                    self.info(&command.prefix, &format!("{},{}", key.spelt(), key.test));
                }
                return Ok(Next::Done);
            }
            Form::Read | Form::Execute(_) | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let (name, values) = parameters.split_first().ok_or(Refusal::Error)?;
        let named = |key: &&Key| key.quoted == name.quoted && key.name.eq_ignore_ascii_case(name.text);
        let key = keys.iter().find(named).ok_or_else(|| self.wrong_parameter())?;
        if values.is_empty() {
            let text = format!("{},{}", key.spelt(), self.settings.text(key.setting));
            self.info(&command.prefix, &text);
            return Ok(Next::Done);
        }
        let known = self.profile.settings.get(key.setting).map_or(0, |setting| setting.values.len());
        match values.split_last() {
            // When it takes effect: 0 after a restart, 1 at once. It is not kept.
            Some((when, values)) if effect && values.len() == known && matches!(when.text, "0" | "1") => {
                let holds = if when.text == "0" { Holds::AfterRestart } else { Holds::AtOnce };
                self.set_from(key.setting, values, holds)
            }
            _ => self.set(key.setting, values),
        }
    }

    fn answer(&mut self, command: &'static Command, text: Option<&str>) -> Outcome {
        let Some(text) = text else { return Err(self.wrong_parameter()) };
        for line in text.lines() {
            let line = self.filled(line);
            if command.bare {
                self.bare(&line);
            } else {
                self.info(&command.prefix, &line);
            }
        }
        Ok(Next::Done)
    }

    fn command_list(&mut self) -> Outcome {
        let profile = self.profile;
        let mut names: Vec<&str> = profile.commands.keys().map(String::as_str).collect();
        names.sort_unstable();
        for name in names {
            self.bare(&format!("AT{name}"));
        }
        Ok(Next::Done)
    }
}

impl Key {
    fn spelt(&self) -> String {
        if self.quoted { format!("\"{}\"", self.name) } else { self.name.clone() }
    }
}

/// Whether `=?` is more than a question for the command's existence.
fn answers_test(command: &Command) -> bool {
    match &command.action {
        Action::Does(behaviour) => matches!(
            behaviour,
            Behaviour::Operator
                | Behaviour::PhonebookRead
                | Behaviour::Address
                | Behaviour::ContextParameters
                | Behaviour::MessageList
                | Behaviour::MessageDelete
        ),
        Action::Keyed { .. } => true,
        Action::Setting | Action::Answer { .. } => false,
    }
}

/// The SIM's errors have numbers of their own where messages are concerned (27.005 §3.2.5).
fn as_message_refusal(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Equipment(10) => Refusal::Message(310),
        Refusal::Equipment(11) => Refusal::Message(311),
        Refusal::Equipment(12) => Refusal::Message(316),
        Refusal::Equipment(14) => Refusal::Message(314),
        Refusal::Equipment(_) => Refusal::Message(313),
        Refusal::Error | Refusal::Message(_) => refusal,
    }
}

/// A parameter by its place, as long as it is there and not empty.
fn given<'a>(parameters: &'a [Parameter<'a>], place: usize) -> Option<&'a Parameter<'a>> {
    parameters.get(place).filter(|parameter| !parameter.is_empty())
}

/// The end of a line that is no OK.
fn end(result: Final) -> Outcome {
    Ok(Next::End(result))
}
