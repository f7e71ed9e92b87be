//! Short messages (27.005): what lies on the SIM and in the modem, bounded; sending, reading and receiving it, in text
//! mode and in PDU mode.

use std::time::Duration;

use crate::notation::{hex, unhex};
use crate::sim::CommandError;
use crate::sms::alphabet::{from_septets, from_ucs2_hex, to_septets, to_ucs2_hex};
use crate::sms::{self, Coding, octets};

use super::{Adaptor, Answer, Awaited, CommandParameter, Effect, Request, Row, timestamp};
use crate::at::Form::{Execute, Read, Set, Test};

pub(super) const COMMANDS: &[Row] = &[
    ("message-service", &[Read], |modem, request| {
        request.answer(format!("{},1,1,1", modem.adaptor.settings.number(&request.name, 0)))
    }),
    ("message-service", &[Set], |modem, request| {
        modem.setting(request)?;
        request.answer("1,1,1")
    }),
    // The number in the alphabet of AT+CSCS (27.005 §3.3.1)
    ("service-centre", &[Read], |modem, request| {
        let settings = &modem.adaptor.settings;
        let number = modem.adaptor.in_charset(settings.parameter(&request.name, 0).unwrap_or_default());
        request.answer(format!("\"{number}\",{}", settings.number(&request.name, 1)))
    }),
    ("service-centre", &[Set], |modem, request| {
        let typed = request.needed(0)?.text;
        let number = match modem.adaptor.charset() {
            "UCS2" => from_ucs2_hex(typed).ok_or(CommandError::Parameter)?,
            _ => typed.to_owned(),
        };
        let mut parameters = request.parameters.clone();
        if let Some(first) = parameters.first_mut() {
            *first = CommandParameter { text: &number, quoted: true };
        }
        modem.set(request.setting.ok_or(CommandError::Error)?, &parameters, None)
    }),
    // The set answer has the counts alone, the read answer the names as well.
    ("storage", &[Read], |modem, request| request.answer(modem.messages.counts(&modem.adaptor, true))),
    ("storage", &[Set], |modem, request| {
        let setting = request.setting.ok_or(NOT_ALLOWED)?;
        modem.set(setting, &request.parameters, None).map_err(|_| NOT_ALLOWED)?;
        request.answer(modem.messages.counts(&modem.adaptor, false))
    }),
    ("message-send", &[Set], |modem, request| compose(request, &modem.adaptor, false)),
    ("message-send", &[Execute, Read], |_, _| Err(INVALID_UNIT)),
    ("message-write", &[Execute, Set], |modem, request| compose(request, &modem.adaptor, true)),
    ("message-write", &[Read], |_, _| Err(INVALID_UNIT)),
    ("message-send-stored", &[Set], |modem, request| {
        modem.messages.send_stored(request, &modem.adaptor, modem.mobile.carries_messages())
    }),
    ("message-send-stored", &[Execute, Read], |_, _| Err(NOT_ALLOWED)),
    ("message-read", &[Set], |modem, request| modem.messages.show(request, &modem.adaptor)),
    ("message-read", &[Execute, Read], |_, _| Err(NOT_ALLOWED)),
    ("message-list", &[Test], |modem, request| {
        let texts = "(\"REC UNREAD\",\"REC READ\",\"STO UNSENT\",\"STO SENT\",\"ALL\")";
        request.answer(if is_text_mode(&modem.adaptor) { texts } else { "(0-4)" })
    }),
    ("message-list", &[Execute], |modem, request| {
        modem.messages.list(request, &modem.adaptor, Some(MessageStatus::Unread))
    }),
    ("message-list", &[Set], |modem, request| {
        let wanted = listed(request, is_text_mode(&modem.adaptor))?;
        modem.messages.list(request, &modem.adaptor, wanted)
    }),
    ("message-list", &[Read], |_, _| Err(NOT_ALLOWED)),
    ("message-delete", &[Test], |modem, request| {
        let messages = modem.messages.of(is_on_sim(&modem.adaptor, 0));
        let places: Vec<String> = messages.map(|message| message.index.to_string()).collect();
        request.answer(format!("({}),(0-4)", places.join(",")))
    }),
    ("message-delete", &[Set], |modem, request| modem.messages.delete(request, &modem.adaptor)),
    ("message-delete", &[Execute, Read], |_, _| Err(NOT_ALLOWED)),
];

const CAPACITY: u16 = 30;
/// Until the receiver has a message that was sent.
const DELIVERED_AFTER: Duration = Duration::from_secs(4);

const NOT_ALLOWED: CommandError = CommandError::Message(302);
const INVALID_UNIT: CommandError = CommandError::Message(304);
const INVALID_TEXT: CommandError = CommandError::Message(305);
const INVALID_INDEX: CommandError = CommandError::Message(321);

#[derive(Debug, Clone)]
struct ShortMessage {
    /// On the SIM (`SM`), else in the modem (`ME`)
    on_sim: bool,
    index: u16,
    status: MessageStatus,
    address: Box<str>,
    text: Box<str>,
    coding: Coding,
    /// Seconds of the modem's clock; when it came.
    time: u64,
    /// As it was written in PDU mode, without the service centre.
    unit: Option<Box<[u8]>>,
    /// One of several that came for a long text
    part: Option<sms::Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageStatus {
    Unread,
    Read,
    Unsent,
    Sent,
}

impl MessageStatus {
    /// In the order of their numbers in PDU mode, with what text mode says.
    const ALL: [(MessageStatus, &str); 4] = [
        (MessageStatus::Unread, "REC UNREAD"),
        (MessageStatus::Read, "REC READ"),
        (MessageStatus::Unsent, "STO UNSENT"),
        (MessageStatus::Sent, "STO SENT"),
    ];

    fn word(self) -> &'static str {
        MessageStatus::ALL.get(self as usize).map_or("", |(_, word)| word)
    }

    fn of_word(wanted: &str) -> Option<MessageStatus> {
        MessageStatus::ALL.iter().find(|(_, word)| *word == wanted).map(|(status, _)| *status)
    }

    fn of_number(number: usize) -> Option<MessageStatus> {
        MessageStatus::ALL.get(number).map(|(status, _)| *status)
    }

    fn is_received(self) -> bool {
        matches!(self, MessageStatus::Unread | MessageStatus::Read)
    }
}

fn is_text_mode(ta: &Adaptor) -> bool {
    ta.settings.number("+CMGF", 0) == 1
}

/// Whether the memory is the SIM's that is read from (place 0), written to (1), or that takes what is received (2).
fn is_on_sim(ta: &Adaptor, place: usize) -> bool {
    memory_word(ta, place) == "SM"
}

fn memory_word(ta: &Adaptor, place: usize) -> &str {
    ta.settings.parameter("+CPMS", place).unwrap_or("SM")
}

fn coding(ta: &Adaptor) -> Coding {
    Coding::of_scheme(u8::try_from(ta.settings.number("+CSMP", 3)).unwrap_or(0))
}

/// `AT+CMGS="number"[,type]` or `AT+CMGW[="number"[,type[,status]]]`; in PDU mode `=length[,status]`.
fn compose(request: &Request, ta: &Adaptor, stores: bool) -> Answer {
    let text_mode = is_text_mode(ta);
    let status = match request.given(if text_mode { 2 } else { 1 }).filter(|_| stores) {
        None => MessageStatus::Unsent,
        Some(word) if text_mode => MessageStatus::of_word(word.text).ok_or(INVALID_TEXT)?,
        Some(_) => request.number(1).and_then(MessageStatus::of_number).ok_or(INVALID_UNIT)?,
    };
    let (address, length) = match text_mode {
        true if stores && request.parameters.is_empty() => (String::new(), None),
        true => (typed_address(request, ta)?, None),
        false => (String::new(), Some(request.number(0).filter(|n| (7..=164).contains(n)).ok_or(INVALID_UNIT)?)),
    };
    Ok(Effect::Prompt(Awaited::Message { address, length, store: stores.then_some(status) }))
}

/// A number as it is typed, in hexadecimal digits where AT+CSCS says so.
fn typed_address(request: &Request, ta: &Adaptor) -> Result<String, CommandError> {
    let typed = request.given(0).ok_or(INVALID_TEXT)?.text;
    let read = from_ucs2_hex(typed).filter(|_| ta.charset() == "UCS2");
    let address = read.unwrap_or_else(|| typed.to_owned());
    let digits = address.strip_prefix('+').unwrap_or(&address);
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'*' || byte == b'#';
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(is_digit) {
        return Err(INVALID_TEXT);
    }
    let international = request.number::<u32>(1) == Some(145);
    if international { Ok(format!("+{digits}")) } else { Ok(address) }
}

/// The unit without its service centre; its length must be the one that was announced.
fn read_unit(typed: &[u8], length: usize) -> Option<Vec<u8>> {
    let octets = unhex(std::str::from_utf8(typed).ok()?.trim())?;
    let centre = octets.first().map_or(0, |length| usize::from(*length) + 1);
    let unit = octets.get(centre..)?;
    (unit.len() == length).then(|| unit.to_vec())
}

/// A text as typed: in the alphabet of AT+CSCS, or, where AT+CSMP has another coding, in hex (27.005 §3.1). Modems
/// split a text that is too long for one message; this one refuses it.
fn typed_text(typed: &[u8], ta: &Adaptor) -> Option<String> {
    let start = typed.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(typed.len());
    // The eighth bit of what is no digit is lost on the way.
    let septets: Vec<u8> = typed.get(start..)?.iter().map(|byte| byte & 0x7F).collect();
    let ascii: String = septets.iter().map(|septet| char::from(*septet)).collect();
    let coding = coding(ta);
    let text = match (coding, ta.charset()) {
        (Coding::Ucs2, _) => from_ucs2_hex(&ascii)?,
        (Coding::Octets, _) => unhex(&ascii)?.into_iter().map(char::from).collect(),
        (Coding::Alphabet, "GSM") => from_septets(&septets),
        (Coding::Alphabet, charset) => {
            let text = if charset == "UCS2" { from_ucs2_hex(&ascii)? } else { ascii };
            // What the alphabet has not cannot be sent in it.
            to_septets(&text).map(|_| text)?
        }
    };
    (coding.length(&text) <= coding.most().0).then_some(text)
}

/// Which messages AT+CMGL=status lists; none named: all.
fn listed(request: &Request, text_mode: bool) -> Result<Option<MessageStatus>, CommandError> {
    let word = request.parameters.first().map_or("", |it| it.text);
    match text_mode {
        true if word == "ALL" => Ok(None),
        true => MessageStatus::of_word(word).map(Some).ok_or(INVALID_TEXT),
        false if word == "4" => Ok(None),
        false => {
            let number = (0..4).find(|number| number.to_string() == word);
            number.and_then(MessageStatus::of_number).map(Some).ok_or(INVALID_UNIT)
        }
    }
}

/// All messages of the modem, sorted by memory and index.
#[derive(Debug, Default)]
pub(super) struct Messages {
    list: Vec<ShortMessage>,
    /// The reference of the message that was sent last.
    pub(super) reference: u8,
    /// Messages that wait in the network until the modem is on it: their places in the options.
    delayed: Vec<usize>,
}

impl Messages {
    fn of(&self, on_sim: bool) -> impl Iterator<Item = &ShortMessage> {
        self.list.iter().filter(move |message| message.on_sim == on_sim)
    }

    fn get(&mut self, on_sim: bool, index: u16) -> Option<&mut ShortMessage> {
        self.list.iter_mut().find(|message| message.on_sim == on_sim && message.index == index)
    }

    fn store(&mut self, mut message: ShortMessage) -> Option<u16> {
        let on_sim = message.on_sim;
        let index = (0..CAPACITY).find(|index| self.of(on_sim).all(|known| known.index != *index))?;
        message.index = index;
        let place = self.list.partition_point(|known| (!known.on_sim, known.index) < (!on_sim, index));
        self.list.insert(place, message);
        Some(index)
    }

    fn counts(&self, ta: &Adaptor, named: bool) -> String {
        let count = |place| {
            let count = format!("{},{CAPACITY}", self.of(is_on_sim(ta, place)).count());
            if named { format!("\"{}\",{count}", memory_word(ta, place)) } else { count }
        };
        [0, 1, 2].map(count).join(",")
    }

    // Sending

    pub(super) fn deliver(
        &mut self,
        awaited: &Awaited,
        typed: &[u8],
        ta: &mut Adaptor,
        carries_messages: bool,
    ) -> Result<(), CommandError> {
        let Awaited::Message { address, length, store } = awaited else { return Err(CommandError::Error) };
        let (unit, text) = match length {
            Some(length) => (Some(read_unit(typed, *length).ok_or(INVALID_UNIT)?), String::new()),
            None => (None, typed_text(typed, ta).ok_or(INVALID_TEXT)?),
        };
        let Some(status) = *store else {
            ta.info("+CMGS", self.next_reference(carries_messages)?);
            self.report_delivery(address, unit.as_deref(), ta);
            return Ok(());
        };
        let (address, text, coding) = match &unit {
            None => (address.clone(), text, coding(ta)),
            Some(unit) => match sms::read_unit(unit).filter(|message| message.is_submit) {
                Some(message) => (message.number, message.text, message.coding),
                None => (String::new(), text, Coding::Alphabet),
            },
        };
        let (address, text, unit) = (address.into(), text.into(), unit.map(Into::into));
        let (on_sim, time) = (is_on_sim(ta, 1), ta.seconds());
        let message = ShortMessage { on_sim, index: 0, status, address, text, coding, time, unit, part: None };
        let index = self.store(message).ok_or(CommandError::Message(322))?;
        ta.info("+CMGW", index.to_string());
        Ok(())
    }

    /// The delivery report, where the message (TP-SRR, 0x20 of its first octet) and AT+CNMI's ds ask for it.
    fn report_delivery(&self, address: &str, unit: Option<&[u8]>, ta: &mut Adaptor) {
        const ASKS: u8 = 0x20;
        let first = match unit {
            Some(unit) => unit.first().copied(),
            None => u8::try_from(ta.settings.number("+CSMP", 0)).ok(),
        };
        if first.is_none_or(|octet| octet & ASKS == 0) || ta.settings.number("+CNMI", 3) != 1 {
            return;
        }
        let time = timestamp(ta.seconds(), 0);
        let line = match unit.map(|unit| sms::read_unit(unit).unwrap_or_default()) {
            None => {
                let (number, kind) = (ta.in_charset(address), if address.starts_with('+') { 145 } else { 129 });
                format!("+CDS: 6,{},\"{number}\",{kind},\"{time}\",\"{time}\",0", self.reference)
            }
            Some(message) => {
                let unit = sms::status_report(self.reference, &message.number, &time);
                let centre = sms::service_centre(ta.settings.parameter("+CSCA", 0).unwrap_or_default());
                format!("+CDS: {}\r\n{}{}", unit.len(), hex(&centre), hex(&unit))
            }
        };
        ta.urc_later(DELIVERED_AFTER, line);
    }

    /// A message is sent: the reference that the network gives it.
    fn next_reference(&mut self, carries_messages: bool) -> Result<String, CommandError> {
        if !carries_messages {
            return Err(CommandError::Message(331));
        }
        self.reference = self.reference.wrapping_add(1);
        Ok(self.reference.to_string())
    }

    /// AT+CMSS=index: sends what is stored.
    fn send_stored(&mut self, request: &mut Request, ta: &Adaptor, carries_messages: bool) -> Answer {
        let (on_sim, index) = (is_on_sim(ta, 1), request.number(0).ok_or(INVALID_INDEX)?);
        self.get(on_sim, index).ok_or(INVALID_INDEX)?;
        request.say(self.next_reference(carries_messages)?);
        if let Some(message) = self.get(on_sim, index).filter(|message| message.status == MessageStatus::Unsent) {
            message.status = MessageStatus::Sent;
        }
        Ok(Effect::Done)
    }

    // Reading

    /// AT+CMGR=index
    fn show(&mut self, request: &mut Request, ta: &Adaptor) -> Answer {
        let index = request.number(0).ok_or(INVALID_INDEX)?;
        self.get(is_on_sim(ta, 0), index).ok_or(INVALID_INDEX)?.say(request, ta, false);
        Ok(Effect::Done)
    }

    fn list(&mut self, request: &mut Request, ta: &Adaptor, wanted: Option<MessageStatus>) -> Answer {
        let on_sim = is_on_sim(ta, 0);
        let listed = |it: &&mut ShortMessage| it.on_sim == on_sim && wanted.is_none_or(|wanted| wanted == it.status);
        self.list.iter_mut().filter(listed).for_each(|message| message.say(request, ta, true));
        Ok(Effect::Done)
    }

    /// AT+CMGD=index[,which]: 1 read, 2 and sent, 3 and unsent, 4 all (27.005 §3.5.4).
    fn delete(&mut self, request: &Request, ta: &Adaptor) -> Answer {
        let on_sim = is_on_sim(ta, 0);
        let which = if request.given(1).is_some() { request.number(1) } else { Some(0) };
        match which {
            Some(0) => {
                let index: u16 = request.number(0).filter(|index| *index < CAPACITY).ok_or(INVALID_INDEX)?;
                self.list.retain(|message| message.on_sim != on_sim || message.index != index);
            }
            Some(which @ 1..=4) => self.list.retain(|message| {
                let from = match message.status {
                    MessageStatus::Read => 1,
                    MessageStatus::Sent => 2,
                    MessageStatus::Unsent => 3,
                    MessageStatus::Unread => 4,
                };
                message.on_sim != on_sim || which < from
            }),
            _ => return Err(INVALID_TEXT),
        }
        Ok(Effect::Done)
    }

    // Receiving (27.005 §3.4.1)

    /// The places at which it lies then: several, where it is too long for one message.
    pub(super) fn store_received(&mut self, text: &str, ta: &Adaptor) -> Vec<u16> {
        let coding = Coding::for_text(text);
        let parts = sms::parts(text, coding);
        let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        let stored = parts.iter().zip(1..).map_while(|(part, place)| {
            self.store(ShortMessage {
                on_sim: is_on_sim(ta, 2),
                index: 0,
                status: MessageStatus::Unread,
                address: "000".into(),
                text: part.as_str().into(),
                coding,
                time: ta.seconds(),
                unit: None,
                part: (count > 1).then_some((1, count, place)),
            })
        });
        stored.collect()
    }

    pub(super) fn receive_delayed(&mut self, ta: &mut Adaptor, carries_messages: bool) {
        for place in std::mem::take(&mut self.delayed) {
            self.receive(place, ta, carries_messages);
        }
    }

    /// A message arrives: told as AT+CNMI asks for it.
    pub(super) fn receive(&mut self, place: usize, ta: &mut Adaptor, carries_messages: bool) {
        if !carries_messages {
            self.delayed.push(place);
            return;
        }
        let Some(text) = ta.options.all("sms").nth(place) else { return };
        let on_sim = is_on_sim(ta, 2);
        for index in self.store_received(text, ta) {
            match ta.settings.number("+CNMI", 1) {
                1 => ta.urc(&format!("+CMTI: \"{}\",{index}", memory_word(ta, 2))),
                2 => {
                    let line = self.get(on_sim, index).map_or(String::new(), |message| message.urc(ta));
                    ta.urc(&line);
                    self.list.retain(|message| message.on_sim != on_sim || message.index != index);
                }
                _ => {}
            }
        }
    }
}

impl ShortMessage {
    fn say(&mut self, request: &mut Request, ta: &Adaptor, listed: bool) {
        let index = if listed { format!("{},", self.index) } else { String::new() };
        if is_text_mode(ta) {
            request.say(format!("{index}{}", self.header(ta, listed)));
            request.say_bare(self.shown_text(ta));
        } else {
            let (length, unit) = self.shown_unit(ta);
            request.say(format!("{index}{},,{length}", self.status as u8));
            request.say_bare(unit);
        }
        if self.status == MessageStatus::Unread {
            self.status = MessageStatus::Read;
        }
    }

    fn header(&self, ta: &Adaptor, listed: bool) -> String {
        let received = self.status.is_received();
        let mut header = format!("\"{}\",\"{}\",", self.status.word(), ta.in_charset(&self.address));
        if received {
            header += &format!(",\"{}\"", timestamp(self.time, 0));
        }
        if ta.settings.number("+CSDH", 0) == 1 {
            let kind = if self.address.starts_with('+') { 145 } else { 129 };
            let (coding, length) = (self.coding.scheme(), self.length());
            if listed {
                header += &format!(",{kind},{length}");
            } else if received {
                let centre = ta.in_charset(ta.settings.parameter("+CSCA", 0).unwrap_or_default());
                let first = if self.part.is_some() { 68 } else { 4 };
                header += &format!(",{kind},{first},0,{coding},\"{centre}\",145,{length}");
            } else {
                header += &format!(",{kind},17,0,{coding},167,\"\",129,{length}");
            }
        }
        header
    }

    /// How long its text is, as AT+CSDH shows it: in septets, or in octets.
    fn length(&self) -> usize {
        let units = self.coding.length(&self.text);
        if self.coding == Coding::Ucs2 { 2 * units } else { units }
    }

    fn shown_text(&self, ta: &Adaptor) -> String {
        match self.coding {
            // With a header all is in hex (27.005 §3.1).
            _ if self.part.is_some() => {
                hex(sms::user_data(&self.text, self.coding, self.part).get(1..).unwrap_or_default())
            }
            Coding::Alphabet => ta.in_charset(&self.text),
            Coding::Octets => hex(&octets(&self.text)),
            Coding::Ucs2 => to_ucs2_hex(&self.text),
        }
    }

    /// The length of the message as a unit; and the service centre and the unit in hexadecimal digits.
    fn shown_unit(&self, ta: &Adaptor) -> (usize, String) {
        let received = self.status.is_received();
        let centre = if received { ta.settings.parameter("+CSCA", 0).unwrap_or_default() } else { "" };
        let unit = match &self.unit {
            Some(unit) => unit.to_vec(),
            None if received => {
                sms::deliver(&self.address, &self.text, self.coding, &timestamp(self.time, 0), self.part)
            }
            None => sms::submit(&self.address, &self.text, self.coding),
        };
        (unit.len(), hex(&sms::service_centre(centre)) + &hex(&unit))
    }

    /// What AT+CNMI=2,2 lets it say when it comes.
    fn urc(&self, ta: &Adaptor) -> String {
        if is_text_mode(ta) {
            let (address, text) = (ta.in_charset(&self.address), self.shown_text(ta));
            return format!("+CMT: \"{address}\",,\"{}\"\r\n{text}", timestamp(self.time, 0));
        }
        let (length, unit) = self.shown_unit(ta);
        format!("+CMT: ,{length}\r\n{unit}")
    }
}
