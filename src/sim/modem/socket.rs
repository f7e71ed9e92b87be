//! Connections of the modem's own TCP/IP stack, as Quectel (AT+QIOPEN) and u-blox (AT+USOCR) have them. At the other
//! end of each stands a server that says back what it is told.

use std::time::Duration;

use crate::sim::CommandError;

use super::{Adaptor, Answer, Awaited, Effect, FinalCode, ModemState, Request, Row, Timer};
use crate::at::Form::{Execute, Read, Set};

pub(super) const COMMANDS: &[Row] = &[
    // Quectel
    ("socket-open", &[Set], |modem, request| {
        let context = request.number(0);
        let active = context.is_some_and(|id| modem.mobile.is_active(id));
        modem.mobile.sockets.open(request, context, active, &mut modem.adaptor)
    }),
    ("socket-send", &[Set], |modem, request| modem.mobile.sockets.ask_for_data(request)),
    ("socket-read", &[Set], |modem, request| modem.mobile.sockets.show_data(request)),
    ("socket-close", &[Set], |modem, request| modem.mobile.sockets.close(request)),
    ("socket-state", &[Execute, Read], |modem, request| modem.mobile.sockets.show(request, None)),
    ("socket-state", &[Set], |modem, request| {
        let id = quectel_id(request, 1)?;
        modem.mobile.sockets.show(request, Some(id))
    }),
    // u-blox
    ("ublox-create", &[Set], |modem, request| {
        modem.mobile.sockets.create(request, modem.adaptor.profile.first_context())
    }),
    ("ublox-connect", &[Set], |modem, request| {
        let active = modem.mobile.is_active(modem.adaptor.profile.first_context());
        modem.mobile.sockets.address(request, active)
    }),
    ("ublox-write", &[Set], |modem, request| match modem.mobile.sockets.known(request)?.port {
        0 => Err(CommandError::NOT_ALLOWED),
        _ => modem.mobile.sockets.send(request, 1, &mut modem.adaptor),
    }),
    ("ublox-send-to", &[Set], |modem, request| {
        let active = modem.mobile.is_active(modem.adaptor.profile.first_context());
        if !modem.mobile.sockets.known(request)?.is_datagram {
            return Err(CommandError::NOT_ALLOWED);
        }
        modem.mobile.sockets.address(request, active)?;
        modem.mobile.sockets.send(request, 3, &mut modem.adaptor)
    }),
    ("ublox-read", &[Set], |modem, request| modem.mobile.sockets.show_data_of_ublox(request)),
    ("ublox-control", &[Set], |modem, request| modem.mobile.sockets.control(request)),
    ("ublox-close", &[Set], |modem, request| {
        let id = modem.mobile.sockets.known(request)?.id;
        modem.mobile.sockets.retain(|socket| socket.id != id);
        Ok(Effect::Done)
    }),
];

/// The highest number of a socket, and the most that one command sends or reads.
const QUECTEL: (u8, usize) = (11, 1460);
const UBLOX: (u8, usize) = (6, 1024);

/// How the data of a Quectel's socket come to the computer; 0: kept until they are read.
const DATA_TOLD: u8 = 1;
const PASSED_THROUGH: u8 = 2;

/// From the OK until a server has answered.
const JOURNEY: Duration = Duration::from_millis(300);

const RECEIVED: usize = 8 * 1024;

/// The sockets, and the connection that passes through in data mode.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    list: Vec<Socket>,
    /// A data call stands, though commands may be typed.
    pub(super) online: bool,
    /// The socket whose data pass through in data mode; else it is a call into the network, where nobody answers.
    pub(super) passed_through: Option<u8>,
}

#[derive(Debug)]
struct Socket {
    id: u8,
    context: u8,
    is_datagram: bool,
    host: Box<str>,
    port: u16,
    access: u8,
    received: Vec<u8>,
    sent: usize,
}

impl Socket {
    fn new(id: u8, context: u8, is_datagram: bool) -> Socket {
        Socket { id, context, is_datagram, host: "".into(), port: 0, access: 0, received: Vec::new(), sent: 0 }
    }

    /// The server says back what it was sent; true where nothing waited to be read before.
    fn echo(&mut self, bytes: &[u8]) -> bool {
        let was_empty = self.received.is_empty();
        let room = RECEIVED.saturating_sub(self.received.len());
        self.received.extend(bytes.iter().take(room));
        self.sent += bytes.len();
        was_empty
    }

    fn read(&mut self, most: usize) -> Vec<u8> {
        self.received.drain(..most.min(self.received.len())).collect()
    }
}

impl Sockets {
    /// Keeps those; whether the one that is passed through is not among them.
    fn retain(&mut self, keep: impl Fn(&Socket) -> bool) -> bool {
        self.list.retain(keep);
        self.passed_through.is_some_and(|passed| self.list.iter().all(|socket| socket.id != passed))
    }

    fn get(&mut self, id: u8, missing: CommandError) -> Result<&mut Socket, CommandError> {
        self.list.iter_mut().find(|socket| socket.id == id).ok_or(missing)
    }

    /// The bearer of a context is gone, and with it what stood on it.
    pub(super) fn lose_bearer(&mut self, context: u8, ta: &mut Adaptor) {
        if self.retain(|socket| socket.context != context) {
            self.lose_connection(ta);
        }
    }

    pub(super) fn lose_all(&mut self, ta: &mut Adaptor) {
        self.lose_connection(ta);
        self.list.clear();
    }

    /// The network ends the connection; in command mode that is told between two commands.
    pub(super) fn lose_connection(&mut self, ta: &mut Adaptor) {
        if !self.online {
            return;
        }
        self.end_connection(ta);
        if matches!(ta.state, ModemState::Data { .. }) {
            ta.finish(FinalCode::NoCarrier);
        } else {
            ta.urc("NO CARRIER");
        }
    }

    pub(super) fn end_connection(&mut self, ta: &mut Adaptor) {
        self.online = false;
        ta.cancel(&Timer::HangUp);
        let ended = self.passed_through.take();
        self.list.retain(|socket| Some(socket.id) != ended);
    }

    // Quectel

    /// AT+QIOPEN=cid,id,"TCP","host",port[,local port[,access]]: OK and +QIOPEN later, or CONNECT.
    fn open(&mut self, request: &Request, context: Option<u8>, active: bool, ta: &mut Adaptor) -> Answer {
        let access = if request.parameters.len() > 6 { request.number(6) } else { Some(0) };
        let access = access.filter(|access| *access <= 2).ok_or(CommandError::Parameter)?;
        let id = quectel_id(request, 1)?;
        let port = request.number(4).filter(|port| *port > 0);
        let (Some(context), Some(service @ ("TCP" | "UDP")), Some(host), Some(port)) =
            (context, request.quoted(2), request.quoted(3), port)
        else {
            return Err(CommandError::Parameter);
        };
        if !active || self.get(id, CommandError::Error).is_ok() {
            return Err(CommandError::Error);
        }
        if !super::resolves(host) {
            ta.urc_later(JOURNEY, format!("{}: {id},565", request.name));
            return Ok(Effect::Done);
        }
        self.list.push(Socket { host: host.into(), port, access, ..Socket::new(id, context, service == "UDP") });
        if access == PASSED_THROUGH {
            self.passed_through = Some(id);
            return Ok(Effect::Data);
        }
        ta.urc_later(JOURNEY, format!("{}: {id},0", request.name));
        Ok(Effect::Done)
    }

    /// AT+QISEND=id asks for text up to Ctrl-Z, AT+QISEND=id,length for so many bytes; with length 0 it tells what was
    /// sent.
    fn ask_for_data(&mut self, request: &mut Request) -> Answer {
        let id = quectel_id(request, 0)?;
        let sent = self.get(id, CommandError::Error)?.sent;
        let length = request.number(1).filter(|length| *length <= QUECTEL.1);
        match length {
            None if request.given(1).is_some() => Err(CommandError::Parameter),
            Some(0) => request.answer(format!("{sent},{sent},0")),
            length => Ok(Effect::Prompt(Awaited::Socket { id, length, prefix: None })),
        }
    }

    /// The data of AT+QISEND, or with a prefix those of u-blox's commands, are there; the server says them back.
    pub(super) fn deliver(
        &mut self,
        id: u8,
        data: &[u8],
        prefix: Option<&str>,
        ta: &mut Adaptor,
    ) -> Result<FinalCode, CommandError> {
        let socket = self.get(id, if prefix.is_some() { CommandError::NOT_ALLOWED } else { CommandError::Error })?;
        let was_empty = socket.echo(data);
        let line = match (prefix, socket.access) {
            (Some(_), _) if socket.is_datagram => format!("+UUSORF: {id},{}", data.len()),
            (Some(_), _) => format!("+UUSORD: {id},{}", data.len()),
            (None, DATA_TOLD) => {
                let data = socket.read(data.len());
                format!("+QIURC: \"recv\",{id},{}\r\n{}", data.len(), String::from_utf8_lossy(&data))
            }
            (None, _) => format!("+QIURC: \"recv\",{id}"),
        };
        if was_empty {
            ta.urc_later(JOURNEY, line);
        }
        let Some(prefix) = prefix else { return Ok(FinalCode::Text("SEND OK")) };
        ta.info(prefix, format!("{id},{}", data.len()));
        Ok(FinalCode::Ok)
    }

    /// AT+QIRD=id[,most]
    fn show_data(&mut self, request: &mut Request) -> Answer {
        let id = quectel_id(request, 0)?;
        let most = if request.given(1).is_some() { request.number(1) } else { Some(QUECTEL.1) };
        let most = most.ok_or(CommandError::Parameter)?;
        let data = self.get(id, CommandError::Error)?.read(most.min(QUECTEL.1));
        let mut answer = data.len().to_string().into_bytes();
        if !data.is_empty() {
            answer.extend_from_slice(b"\r\n");
            answer.extend(data);
        }
        request.answer(answer)
    }

    /// AT+QICLOSE=id
    fn close(&mut self, request: &Request) -> Answer {
        let id = quectel_id(request, 0)?;
        if self.retain(|socket| socket.id != id) {
            (self.passed_through, self.online) = (None, false);
        }
        Ok(Effect::Done)
    }

    /// AT+QISTATE? and AT+QISTATE=1,id
    fn show(&self, request: &mut Request, wanted: Option<u8>) -> Answer {
        let shown = self.list.iter().filter(|socket| wanted.is_none_or(|wanted| wanted == socket.id));
        request.answer_all(shown.map(|Socket { id, context, is_datagram, host, port, access, .. }| {
            let service = if *is_datagram { "UDP" } else { "TCP" };
            format!("{id},\"{service}\",\"{host}\",{port},0,2,{context},0,{access},\"usbmodem\"")
        }))
    }

    // u-blox: data that are sent are asked for with an @, and counted.

    /// AT+USOCR=protocol[,local port]: 6 is TCP, 17 UDP.
    fn create(&mut self, request: &mut Request, context: u8) -> Answer {
        let protocol =
            request.number(0).filter(|protocol| matches!(protocol, 6 | 17)).ok_or(CommandError::Parameter)?;
        let free = |id: &u8| self.list.iter().all(|socket| socket.id != *id);
        let id = (0..=UBLOX.0).find(free).ok_or(CommandError::NOT_ALLOWED)?;
        self.list.push(Socket::new(id, context, protocol == 17));
        request.answer(id.to_string())
    }

    fn known(&mut self, request: &Request) -> Result<&mut Socket, CommandError> {
        let id: u32 = request.number(0).ok_or(CommandError::Parameter)?;
        self.list.iter_mut().find(|socket| u32::from(socket.id) == id).ok_or(CommandError::NOT_ALLOWED)
    }

    /// AT+USOCO=socket,"host",port, and the same parameters of AT+USOST: the other end, as far as there is a way to it.
    fn address(&mut self, request: &Request, active: bool) -> Answer {
        let host = request.quoted(1).filter(|host| !host.is_empty()).ok_or(CommandError::Parameter)?;
        let port = request.number(2).filter(|port| *port > 0).ok_or(CommandError::Parameter)?;
        let socket = self.known(request)?;
        if !active || !super::resolves(host) {
            return Err(CommandError::NOT_ALLOWED);
        }
        (socket.host, socket.port) = (host.into(), port);
        Ok(Effect::Done)
    }

    /// AT+USOWR and AT+USOST: the data, from the command line or from the prompt; their length stands at `place`.
    fn send(&mut self, request: &mut Request, place: usize, ta: &mut Adaptor) -> Answer {
        let length = request.number(place).filter(|length| (1..=UBLOX.1).contains(length));
        let length = length.ok_or(CommandError::Parameter)?;
        let id = self.known(request)?.id;
        match request.given(place + 1) {
            None => {
                let (length, prefix) = (Some(length), Some(request.name.clone()));
                Ok(Effect::Prompt(Awaited::Socket { id, length, prefix }))
            }
            Some(data) if data.quoted && data.text.len() == length => {
                self.deliver(id, data.text.as_bytes(), Some(&request.name), ta)?;
                Ok(Effect::Done)
            }
            Some(_) => Err(CommandError::Parameter),
        }
    }

    /// AT+USORF and AT+USORD=socket,most; with 0 they tell how much waits.
    fn show_data_of_ublox(&mut self, request: &mut Request) -> Answer {
        let most = request.number(1).filter(|most| *most <= UBLOX.1).ok_or(CommandError::Parameter)?;
        let socket = self.known(request)?;
        let (id, waiting) = (socket.id, socket.received.len());
        let from = match socket.is_datagram {
            true => format!("\"{}\",{},", socket.host, socket.port),
            false => String::new(),
        };
        let data = socket.read(most);
        if data.is_empty() {
            return request.answer(format!("{id},{waiting}"));
        }
        let before = format!("{id},{from}{},\"", data.len());
        request.answer([before.as_bytes(), &data, b"\""].concat())
    }

    /// AT+USOCTL=socket,what: the protocol (0 where there is no such socket), the last error, bytes sent and waiting.
    fn control(&mut self, request: &mut Request) -> Answer {
        let id = request.number(0).filter(|id| *id <= UBLOX.0).ok_or(CommandError::Parameter)?;
        let what = request.number(1).filter(|what| *what <= 3).ok_or(CommandError::Parameter)?;
        let value = match (what, self.get(id, CommandError::NOT_ALLOWED)) {
            (0, Err(_)) => 0,
            (0, Ok(socket)) if socket.is_datagram => 17,
            (0, Ok(_)) => 6,
            (1, Ok(_)) => 0,
            (2, Ok(socket)) => socket.sent,
            (_, Ok(socket)) => socket.received.len(),
            (_, Err(missing)) => return Err(missing),
        };
        request.answer(format!("{id},{what},{value}"))
    }
}

fn quectel_id(request: &Request, place: usize) -> Result<u8, CommandError> {
    request.number(place).filter(|id| *id <= QUECTEL.0).ok_or(CommandError::Parameter)
}
