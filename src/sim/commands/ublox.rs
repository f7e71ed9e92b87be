//! Sockets of u-blox' own stack: AT+USOCR and its like. Data that are sent are asked for with an @, and counted.

use std::time::Duration;

use super::given;
use crate::sim::line::{Final, Next, Outcome, Refusal};
use crate::sim::modes::Purpose;
use crate::sim::profile::Command;
use crate::sim::request::{Form, Parameter};
use crate::sim::simulator::Simulator;
use crate::sim::socket::{Access, Socket};

/// The highest number of a socket.
const LAST_SOCKET: u8 = 6;

/// The most that one command sends or reads.
const LONGEST: usize = 1024;

/// Until the other end has answered.
const JOURNEY: Duration = Duration::from_millis(300);

/// What a socket that is not there, or cannot do it, is refused with.
const NOT_ALLOWED: Refusal = Refusal::Equipment(3);

impl Simulator {
    /// AT+USOCR=protocol[,local port]: 6 is TCP, 17 UDP.
    pub(super) fn ublox_create(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let service = match number(parameters, 0) {
            Some(6) => "TCP",
            Some(17) => "UDP",
            _ => return Err(self.wrong_parameter()),
        };
        let id = (0..=LAST_SOCKET).find(|id| self.sockets.iter().all(|socket| socket.id != *id)).ok_or(NOT_ALLOWED)?;
        self.sockets.push(Socket {
            id,
            context: self.profile.rules.first_context,
            service: service.into(),
            host: "".into(),
            port: 0,
            access: Access::Buffer,
            received: Vec::new(),
            sent: 0,
        });
        self.info(&command.prefix, &id.to_string());
        Ok(Next::Done)
    }

    /// AT+USOCO=socket,"host",port
    pub(super) fn ublox_connect(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        self.address_ublox(parameters)?;
        Ok(Next::Done)
    }

    /// AT+USOWR=socket,length[,"data"] on a socket that is connected
    pub(super) fn ublox_write(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        if self.ublox_socket(parameters)?.port == 0 {
            return Err(NOT_ALLOWED);
        }
        self.ublox_send(command, parameters, 1)
    }

    /// AT+USOST=socket,"host",port,length[,"data"] on a socket of UDP
    pub(super) fn ublox_send_to(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        if &*self.ublox_socket(parameters)?.service != "UDP" {
            return Err(NOT_ALLOWED);
        }
        self.address_ublox(parameters)?;
        self.ublox_send(command, parameters, 3)
    }

    /// The other end of a socket, as far as there is a way to it.
    fn address_ublox(&mut self, parameters: &[Parameter]) -> Result<(), Refusal> {
        let first = self.profile.rules.first_context;
        let online = self.contexts.get(first).is_some_and(|context| context.is_active());
        let wrong = self.wrong_parameter();
        let host = given(parameters, 1).filter(|host| host.quoted && !host.text.is_empty()).ok_or(wrong)?;
        let port = number(parameters, 2).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        let port = port.ok_or(wrong)?;
        let socket = self.ublox_socket(parameters)?;
        if !online {
            return Err(NOT_ALLOWED);
        }
        (socket.host, socket.port) = (host.text.into(), port);
        Ok(())
    }

    /// The data, from the command line or from the prompt; their length stands at `place`.
    fn ublox_send(&mut self, command: &'static Command, parameters: &[Parameter], place: usize) -> Outcome {
        let length = number(parameters, place).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| (1..=LONGEST).contains(length)).ok_or_else(|| self.wrong_parameter())?;
        let id = self.ublox_socket(parameters)?.id;
        match given(parameters, place + 1) {
            None => Ok(Next::Prompt(Purpose::UbloxSocket { id, length, prefix: &command.prefix })),
            Some(data) if data.quoted && data.text.len() == length => {
                self.ublox_deliver(id, &command.prefix, data.text.as_bytes())?;
                Ok(Next::Done)
            }
            Some(_) => Err(self.wrong_parameter()),
        }
    }

    /// The data are there; the other end says them back.
    pub(in crate::sim) fn ublox_deliver(
        &mut self,
        id: u8,
        prefix: &'static str,
        data: &[u8],
    ) -> Result<Final, Refusal> {
        let socket = self.sockets.iter_mut().find(|socket| socket.id == id).ok_or(NOT_ALLOWED)?;
        let was_empty = socket.echo(data);
        let told = if &*socket.service == "UDP" { "+UUSORF" } else { "+UUSORD" };
        if was_empty {
            self.output.then.push((JOURNEY, format!("{told}: {id},{}", data.len()).into()));
        }
        self.info(prefix, &format!("{id},{}", data.len()));
        Ok(Final::Ok)
    }

    /// AT+USORF and AT+USORD=socket,most; with 0 they tell how much waits.
    pub(super) fn ublox_read(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let most = number(parameters, 1).and_then(|most| usize::try_from(most).ok());
        let most = most.filter(|most| *most <= LONGEST).ok_or_else(|| self.wrong_parameter())?;
        let socket = self.ublox_socket(parameters)?;
        let id = socket.id;
        let waiting = socket.received.len();
        let from =
            if &*socket.service == "UDP" { format!("\"{}\",{},", socket.host, socket.port) } else { String::new() };
        let data = socket.read(most);
        if most == 0 || data.is_empty() {
            self.info(&command.prefix, &format!("{id},{waiting}"));
        } else {
            let before = format!("{id},{from}{},\"", data.len());
            self.info_with(&command.prefix, &[before.as_bytes(), &data, b"\""]);
        }
        Ok(Next::Done)
    }

    /// AT+USOCTL=socket,what: the protocol (0 where there is no such socket), the last error, bytes sent and waiting.
    pub(super) fn ublox_control(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id =
            number(parameters, 0).filter(|id| *id <= u32::from(LAST_SOCKET)).ok_or_else(|| self.wrong_parameter())?;
        let socket = self.sockets.iter().find(|socket| u32::from(socket.id) == id);
        let what = number(parameters, 1);
        let value = match (what, socket) {
            (Some(0), None) => 0,
            (Some(0), Some(socket)) if &*socket.service == "TCP" => 6,
            (Some(0), Some(_)) => 17,
            (Some(1), Some(_)) => 0,
            (Some(2), Some(socket)) => socket.sent,
            (Some(3), Some(socket)) => socket.received.len(),
            (Some(1..=3), None) => return Err(NOT_ALLOWED),
            _ => return Err(self.wrong_parameter()),
        };
        self.info(&command.prefix, &format!("{id},{},{value}", what.unwrap_or(0)));
        Ok(Next::Done)
    }

    pub(super) fn ublox_close(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.ublox_socket(parameters)?.id;
        self.sockets.retain(|socket| socket.id != id);
        Ok(Next::Done)
    }

    fn ublox_socket(&mut self, parameters: &[Parameter]) -> Result<&mut Socket, Refusal> {
        let id = number(parameters, 0).ok_or_else(|| self.wrong_parameter())?;
        self.sockets.iter_mut().find(|socket| u32::from(socket.id) == id).ok_or(NOT_ALLOWED)
    }
}

fn number(parameters: &[Parameter], place: usize) -> Option<u32> {
    given(parameters, place).and_then(Parameter::number)
}
