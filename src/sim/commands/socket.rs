//! Sockets of Quectel's own stack: AT+QIOPEN and its like.

use std::time::Duration;

use super::given;
use crate::sim::context::Context;
use crate::sim::line::{Final, Next, Outcome, Refusal};
use crate::sim::modes::Purpose;
use crate::sim::profile::Command;
use crate::sim::request::{Form, Parameter};
use crate::sim::simulator::Simulator;
use crate::sim::socket::{Access, Socket};

/// The highest number of a socket.
const LAST_SOCKET: u8 = 11;

/// The most that one AT+QISEND takes and one AT+QIRD gives.
const LONGEST: usize = 1460;

/// From the OK until a server has answered.
const JOURNEY: Duration = Duration::from_millis(300);

impl Simulator {
    /// AT+QIOPEN=cid,id,"TCP","host",port[,local port[,access]]: OK and +QIOPEN later, or CONNECT.
    pub(super) fn socket_open(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let number = |place| given(parameters, place).and_then(|it: &Parameter| it.number());
        let text = |place| given(parameters, place).filter(|it: &&Parameter| it.quoted).map(|it| it.text);
        let access = match number(6) {
            None if parameters.len() <= 6 => Access::Buffer,
            Some(0) => Access::Buffer,
            Some(1) => Access::Push,
            Some(2) => Access::Transparent,
            _ => return Err(self.wrong_parameter()),
        };
        let id = number(1).and_then(|id| u8::try_from(id).ok()).filter(|id| *id <= LAST_SOCKET);
        let port = number(4).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        let context = number(0).and_then(|id| u8::try_from(id).ok());
        let (Some(context), Some(id), Some(service @ ("TCP" | "UDP")), Some(host), Some(port)) =
            (context, id, text(2), text(3), port)
        else {
            return Err(self.wrong_parameter());
        };
        if !self.contexts.get(context).is_some_and(Context::is_active) || self.socket(id).is_ok() {
            return Err(Refusal::Error);
        }
        self.sockets.push(Socket {
            id,
            context,
            service: service.into(),
            host: host.into(),
            port,
            access,
            received: Vec::new(),
            sent: 0,
        });
        if access == Access::Transparent {
            self.passed_through = Some(id);
            return Ok(Next::Data);
        }
        self.output.then.push((JOURNEY, format!("{}: {id},0", command.prefix).into()));
        Ok(Next::Done)
    }

    /// AT+QISEND=id asks for text up to Ctrl-Z, AT+QISEND=id,length for so many bytes; with length 0 it tells what was sent.
    pub(super) fn socket_send(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.socket_id(parameters)?;
        let sent = self.socket(id)?.sent;
        let length = match given(parameters, 1) {
            None => None,
            Some(length) => {
                let length = length.number().and_then(|length| usize::try_from(length).ok());
                Some(length.filter(|length| *length <= LONGEST).ok_or_else(|| self.wrong_parameter())?)
            }
        };
        if length == Some(0) {
            self.info(&command.prefix, &format!("{sent},{sent},0"));
            return Ok(Next::Done);
        }
        Ok(Next::Prompt(Purpose::Socket { id, length }))
    }

    /// The data of AT+QISEND are there; the server says them back.
    pub(in crate::sim) fn socket_deliver(&mut self, id: u8, data: &[u8]) -> Result<Final, Refusal> {
        let socket = self.socket(id)?;
        let was_empty = socket.echo(data);
        let line = match socket.access {
            Access::Push => {
                let data = socket.read(data.len());
                format!("+QIURC: \"recv\",{id},{}\r\n{}", data.len(), String::from_utf8_lossy(&data))
            }
            Access::Buffer | Access::Transparent => format!("+QIURC: \"recv\",{id}"),
        };
        if was_empty {
            self.output.then.push((JOURNEY, line.into()));
        }
        Ok(Final::Text("SEND OK"))
    }

    /// AT+QIRD=id[,most]
    pub(super) fn socket_read(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.socket_id(parameters)?;
        let most = given(parameters, 1).map_or(Some(LONGEST), |it| it.number().and_then(|it| usize::try_from(it).ok()));
        let most = most.ok_or_else(|| self.wrong_parameter())?;
        let data = self.socket(id)?.read(most.min(LONGEST));
        self.info(&command.prefix, &data.len().to_string());
        if !data.is_empty() {
            self.send(&data);
            self.send(b"\r\n");
        }
        Ok(Next::Done)
    }

    pub(super) fn socket_close(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let id = self.socket_id(parameters)?;
        self.sockets.retain(|socket| socket.id != id);
        if self.passed_through == Some(id) {
            self.passed_through = None;
            self.online = false;
        }
        Ok(Next::Done)
    }

    /// AT+QISTATE? and AT+QISTATE=1,id
    pub(super) fn socket_state(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let wanted = match form {
            Form::Read | Form::Execute(_) => None,
            Form::Set(parameters) => Some(self.socket_id(parameters.get(1..).unwrap_or_default())?),
            Form::Test | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let sockets = self.sockets.iter().filter(|socket| wanted.is_none_or(|wanted| wanted == socket.id));
        let lines: Vec<String> = sockets
            .map(|socket| {
                let Socket { id, context, service, host, port, access, .. } = socket;
                let access = *access as u8;
                format!("{id},\"{service}\",\"{host}\",{port},0,2,{context},0,{access},\"usbmodem\"")
            })
            .collect();
        lines.iter().for_each(|line| self.info(&command.prefix, line));
        Ok(Next::Done)
    }

    fn socket_id(&self, parameters: &[Parameter]) -> Result<u8, Refusal> {
        let id = given(parameters, 0).and_then(|it| it.number()).and_then(|id| u8::try_from(id).ok());
        id.filter(|id| *id <= LAST_SOCKET).ok_or_else(|| self.wrong_parameter())
    }

    fn socket(&mut self, id: u8) -> Result<&mut Socket, Refusal> {
        self.sockets.iter_mut().find(|socket| socket.id == id).ok_or(Refusal::Error)
    }
}
