//! Short messages (27.005): storage, sending, reading; in text mode and in PDU mode.

use super::given;
use crate::notation::{hex, unhex};
use crate::sim::charset::from_ucs2_hex;
use crate::sim::clock::{timestamp, timestamp_octets};
use crate::sim::line::{Final, Next, Outcome, Refusal, Then, WRITTEN};
use crate::sim::message::{CAPACITY, Memory, Message, Status};
use crate::sim::modes::{Prompt, Purpose};
use crate::sim::pdu::{self, Coding};
use crate::sim::profile::{Command, Holds};
use crate::sim::request::{Form, Parameter};
use crate::sim::simulator::Simulator;

impl Simulator {
    pub(super) fn message_service(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let text = format!("{},1,1,1", self.settings.number(&command.prefix, 0));
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(_) => {
                self.setting(command, form)?;
                self.info(&command.prefix, "1,1,1");
                Ok(Next::Done)
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    /// AT+CSCA: the number in the alphabet of AT+CSCS (27.005 §3.3.1).
    pub(super) fn service_centre(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let number = self.settings.parameter(&command.prefix, 0).unwrap_or_default();
                let text = format!("\"{}\",{}", self.in_charset(number), self.settings.number(&command.prefix, 1));
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let typed = given(parameters, 0).ok_or_else(|| self.wrong_parameter())?;
                let number = if self.is_ucs2() { from_ucs2_hex(typed.text) } else { Some(typed.text.to_owned()) };
                let number = number.ok_or_else(|| self.wrong_parameter())?;
                let mut parameters = parameters.clone();
                if let Some(first) = parameters.first_mut() {
                    *first = Parameter { text: &number, quoted: true };
                }
                self.setting(command, &Form::Set(parameters))
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    /// AT+CPMS: the set answer has the counts alone, the read answer the names as well.
    pub(super) fn storage(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let counts = |simulator: &Simulator, named: bool| {
            let parts = (0..3).map(|place| {
                let word = simulator.settings.parameter("+CPMS", place).unwrap_or("SM").to_owned();
                let count = simulator.messages.count(Memory::of(&word));
                if named { format!("\"{word}\",{count},{CAPACITY}") } else { format!("{count},{CAPACITY}") }
            });
            parts.collect::<Vec<_>>().join(",")
        };
        match form {
            Form::Read => {
                let text = counts(self, true);
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let setting = command.setting.ok_or(Refusal::Error)?;
                self.settings.set(setting, parameters, Holds::AtOnce).map_err(|_| Refusal::Message(302))?;
                let text = counts(self, false);
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    /// The memory that is read from (place 0) or written to (place 1).
    fn memory(&self, place: usize) -> Memory {
        Memory::of(self.settings.parameter("+CPMS", place).unwrap_or("SM"))
    }

    pub(in crate::sim) fn is_text_mode(&self) -> bool {
        self.settings.number("+CMGF", 0) == 1
    }

    /// AT+CMGS="number"[,type], or AT+CMGS=length in PDU mode.
    pub(super) fn message_send(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(Refusal::Message(304)) };
        if self.is_text_mode() {
            let address = self.typed_address(parameters)?;
            return Ok(Next::Prompt(Purpose::Send { address }));
        }
        Ok(Next::Prompt(Purpose::SendUnit { length: unit_length(parameters)? }))
    }

    /// AT+CMGW[="number"[,type[,status]]], or AT+CMGW=length[,status] in PDU mode.
    pub(super) fn message_write(&mut self, form: &Form) -> Outcome {
        let parameters = match form {
            Form::Execute(_) if self.is_text_mode() => &[][..],
            Form::Set(parameters) => parameters,
            Form::Execute(_) | Form::Read | Form::Test | Form::Dial(_) => return Err(Refusal::Message(304)),
        };
        if self.is_text_mode() {
            let address = if parameters.is_empty() { String::new() } else { self.typed_address(parameters)? };
            let status = match given(parameters, 2) {
                None => WRITTEN,
                Some(word) => status_of(word.text).ok_or(Refusal::Message(305))?,
            };
            return Ok(Next::Prompt(Purpose::Write { address, status }));
        }
        let status = match given(parameters, 1).map(|it| it.number()) {
            None => WRITTEN,
            Some(number) => {
                let place = number.and_then(|number| usize::try_from(number).ok());
                *place.and_then(|place| Status::ALL.get(place)).ok_or(Refusal::Message(304))?
            }
        };
        Ok(Next::Prompt(Purpose::WriteUnit { length: unit_length(parameters)?, status }))
    }

    /// A number as it is typed, in hexadecimal digits where AT+CSCS says so.
    fn typed_address(&self, parameters: &[Parameter]) -> Result<String, Refusal> {
        let typed = given(parameters, 0).ok_or(Refusal::Message(305))?;
        let address = match from_ucs2_hex(typed.text) {
            Some(address) if self.is_ucs2() => address,
            _ => typed.text.to_owned(),
        };
        let digits = address.strip_prefix('+').unwrap_or(&address);
        let fits = !digits.is_empty()
            && digits.len() <= 20
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*' || byte == b'#');
        let international = given(parameters, 1).and_then(|it| it.number()) == Some(145);
        match (fits, international && !address.starts_with('+')) {
            (true, true) => Ok(format!("+{address}")),
            (true, false) => Ok(address),
            (false, _) => Err(Refusal::Message(305)),
        }
    }

    /// The text is there: it is sent, or stored.
    pub(in crate::sim) fn deliver(&mut self, prompt: &Prompt) -> Result<Final, Refusal> {
        self.output.open = false;
        match &prompt.purpose {
            Purpose::Send { .. } => {
                self.typed_text(&prompt.text)?;
                self.send_message("+CMGS")?;
            }
            Purpose::SendUnit { length } => {
                read_unit(&prompt.text, *length)?;
                self.send_message("+CMGS")?;
            }
            Purpose::Write { address, status } => {
                let text = self.typed_text(&prompt.text)?;
                let submit = pdu::Submit { address: address.clone(), text, coding: self.coding() };
                self.write_message(&submit, *status, None)?;
            }
            Purpose::WriteUnit { length, status } => {
                let unit = read_unit(&prompt.text, *length)?;
                let nothing = || pdu::Submit { address: String::new(), text: String::new(), coding: Coding::Alphabet };
                let submit = pdu::read_submit(&unit).unwrap_or_else(nothing);
                self.write_message(&submit, *status, Some(unit))?;
            }
            Purpose::Socket { id, .. } => return self.socket_deliver(*id, &prompt.text),
            Purpose::UbloxSocket { id, prefix, .. } => return self.ublox_deliver(*id, prefix, &prompt.text),
            Purpose::Nothing => return Err(Refusal::Error),
        }
        Ok(Final::Ok)
    }

    fn send_message(&mut self, prefix: &str) -> Result<(), Refusal> {
        if !self.network.carries_messages() {
            return Err(Refusal::Message(331));
        }
        self.messages.reference = self.messages.reference.wrapping_add(1);
        let text = self.messages.reference.to_string();
        self.info(prefix, &text);
        Ok(())
    }

    fn write_message(&mut self, submit: &pdu::Submit, status: Status, unit: Option<Vec<u8>>) -> Result<(), Refusal> {
        let message = Message {
            memory: self.memory(1),
            index: 0,
            status,
            address: submit.address.as_str().into(),
            text: submit.text.as_str().into(),
            coding: submit.coding,
            time: self.seconds(),
            unit: unit.map(Vec::into_boxed_slice),
        };
        let index = self.messages.store(message).ok_or(Refusal::Message(322))?;
        self.info("+CMGW", &index.to_string());
        Ok(())
    }

    /// AT+CMSS=index: sends what is stored.
    pub(super) fn message_send_stored(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(Refusal::Message(302)) };
        let index = index(parameters)?;
        let memory = self.memory(1);
        self.messages.get(memory, index).ok_or(Refusal::Message(321))?;
        self.send_message(&command.prefix)?;
        if let Some(message) = self.messages.get_mut(memory, index)
            && message.status == Status::Unsent
        {
            message.status = Status::Sent;
        }
        let time = self.profile.timing.message.0;
        Ok(Next::Wait { time, then: Then::Continue, abort: None })
    }

    pub(super) fn message_read(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(Refusal::Message(302)) };
        let (memory, index) = (self.memory(0), index(parameters)?);
        let message = self.messages.get(memory, index).ok_or(Refusal::Message(321))?.clone();
        self.put_message(&command.prefix, &message, false);
        self.mark_read(memory, index);
        Ok(Next::Done)
    }

    fn mark_read(&mut self, memory: Memory, index: u16) {
        if let Some(message) = self.messages.get_mut(memory, index)
            && message.status == Status::Unread
        {
            message.status = Status::Read;
        }
    }

    /// AT+CMGL[=status]
    pub(super) fn message_list(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let text_mode = self.is_text_mode();
        let wanted = match form {
            Form::Test if text_mode => {
                self.info(&command.prefix, "(\"REC UNREAD\",\"REC READ\",\"STO UNSENT\",\"STO SENT\",\"ALL\")");
                return Ok(Next::Done);
            }
            Form::Test => {
                self.info(&command.prefix, "(0-4)");
                return Ok(Next::Done);
            }
            Form::Execute(_) => Some(Status::Unread),
            Form::Set(parameters) => {
                let word = parameters.first().map_or("", |it| it.text);
                let all = if text_mode { word == "ALL" } else { word == "4" };
                let numbered = |status: &&Status| !text_mode && status.number().to_string() == word;
                match Status::ALL.iter().find(|status| (text_mode && status.word() == word) || numbered(status)) {
                    Some(status) => Some(*status),
                    None if all => None,
                    None => return Err(Refusal::Message(if text_mode { 305 } else { 304 })),
                }
            }
            Form::Read | Form::Dial(_) => return Err(Refusal::Message(302)),
        };
        let memory = self.memory(0);
        let listed: Vec<Message> =
            self.messages.of(memory).filter(|it| wanted.is_none_or(|wanted| wanted == it.status)).cloned().collect();
        for message in listed {
            self.put_message(&command.prefix, &message, true);
            self.mark_read(memory, message.index);
        }
        Ok(Next::Done)
    }

    /// The header and, under it, the text or the unit.
    fn put_message(&mut self, prefix: &str, message: &Message, listed: bool) {
        let index = if listed { format!("{},", message.index) } else { String::new() };
        if !self.is_text_mode() {
            let (unit, centre) = self.unit(message);
            self.info(prefix, &format!("{index}{},,{}", message.status.number(), unit.len()));
            self.bare(&format!("{}{}", hex(&centre), hex(&unit)));
            return;
        }
        let address = self.in_charset(&message.address);
        let mut header = format!("{index}\"{}\",\"{address}\",", message.status.word());
        if message.status.is_received() {
            header.push_str(&format!(",\"{}\"", timestamp(message.time)));
        }
        if self.settings.number("+CSDH", 0) == 1 {
            let kind = if message.address.starts_with('+') { 145 } else { 129 };
            let (coding, length) = (message.coding.scheme(), message.length());
            if listed {
                header.push_str(&format!(",{kind},{length}"));
            } else if message.status.is_received() {
                let centre = self.settings.parameter("+CSCA", 0).unwrap_or_default();
                header.push_str(&format!(",{kind},4,0,{coding},\"{}\",145,{length}", self.in_charset(centre)));
            } else {
                header.push_str(&format!(",{kind},17,0,{coding},167,\"\",129,{length}"));
            }
        }
        let text = self.shown_text(message);
        self.info(prefix, &header);
        self.bare(&text);
    }

    /// The message as a unit, and the service centre that stands before it.
    pub(in crate::sim) fn unit(&self, message: &Message) -> (Vec<u8>, Vec<u8>) {
        let centre = if message.status.is_received() {
            pdu::service_centre(self.settings.parameter("+CSCA", 0).unwrap_or_default())
        } else {
            vec![0]
        };
        let unit = match &message.unit {
            Some(unit) => unit.to_vec(),
            None if message.status.is_received() => {
                pdu::deliver(&message.address, &message.text, message.coding, timestamp_octets(message.time))
            }
            None => pdu::submit(&message.address, &message.text, message.coding),
        };
        (unit, centre)
    }

    /// AT+CMGD=index[,which]: 1 read, 2 and sent, 3 and unsent, 4 all (27.005 §3.5.4).
    pub(super) fn message_delete(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let memory = self.memory(0);
        let parameters = match form {
            Form::Set(parameters) => parameters,
            Form::Test => {
                let places: Vec<String> = self.messages.of(memory).map(|message| message.index.to_string()).collect();
                self.info(&command.prefix, &format!("({}),(0-4)", places.join(",")));
                return Ok(Next::Done);
            }
            Form::Execute(_) | Form::Read | Form::Dial(_) => return Err(Refusal::Message(302)),
        };
        let which = given(parameters, 1).map_or(Some(0), |it| it.number());
        match which {
            Some(0) => {
                let index = index(parameters)?;
                if index >= CAPACITY {
                    return Err(Refusal::Message(321));
                }
                self.messages.remove(memory, index);
            }
            Some(which @ 1..=4) => self.messages.remove_all(memory, |message| match message.status {
                Status::Read => true,
                Status::Sent => which >= 2,
                Status::Unsent => which >= 3,
                Status::Unread => which == 4,
            }),
            _ => return Err(Refusal::Message(305)),
        }
        Ok(Next::Done)
    }
}

fn index(parameters: &[Parameter]) -> Result<u16, Refusal> {
    let index = given(parameters, 0).and_then(|it| it.number()).and_then(|index| u16::try_from(index).ok());
    index.ok_or(Refusal::Message(321))
}

fn status_of(word: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.word() == word)
}

/// The length in octets that a PDU mode command announces.
fn unit_length(parameters: &[Parameter]) -> Result<usize, Refusal> {
    let length = given(parameters, 0).and_then(|it| it.number()).and_then(|length| usize::try_from(length).ok());
    length.filter(|length| (7..=164).contains(length)).ok_or(Refusal::Message(304))
}

/// The unit without its service centre; its length must be the one that was announced.
fn read_unit(typed: &[u8], length: usize) -> Result<Vec<u8>, Refusal> {
    let text = std::str::from_utf8(typed).map_err(|_| Refusal::Message(304))?;
    let octets = unhex(text.trim()).ok_or(Refusal::Message(304))?;
    let centre = octets.first().map_or(0, |length| usize::from(*length) + 1);
    let unit = octets.get(centre..).ok_or(Refusal::Message(304))?;
    if unit.len() == length { Ok(unit.to_vec()) } else { Err(Refusal::Message(304)) }
}
