//! The SIM: its lock, its numbers, its files, its phone book (27.007 §7.19, §8.11 to §8.14, §8.18; 31.102).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::notation::{hex, unhex};
use crate::sim::{CommandError, Options};

use super::{Answer, Effect, Request, Row, with_check_digit};
use crate::at::Form::{self, Read, Set, Test};
use crate::chance::Random;

pub(super) const COMMANDS: &[Row] = &[
    ("pin", &[Set], |modem, request| {
        modem.mobile.card.enter(request)?;
        // Who tells the SIM's state when it starts tells it now.
        if modem.adaptor.profile.boot.iter().any(|it| it.line.starts_with("+CPIN:")) {
            modem.adaptor.urc_later(Duration::from_millis(500), "+CPIN: READY");
        }
        modem.mobile.update(&mut modem.adaptor);
        Ok(Effect::Done)
    }),
    ("lock", &[Set], |modem, request| modem.mobile.card.lock_at_start(request)),
    ("password", &[Set], |modem, request| modem.mobile.card.change_pin(request)),
    ("file", &[Set], |modem, request| modem.mobile.card.restricted_access(request)),
    ("preferred-operators", &[Read, Set], |modem, request| {
        let list = modem.adaptor.settings.number("+CPLS", 0);
        modem.mobile.card.preferred_operators(request, list)
    }),
    // The phone book of the SIM; there is no other.
    ("phonebook-read", &[Test], |_, request| request.answer(format!("(1-{CONTACTS}),{LONGEST_NUMBER},{LONGEST_NAME}"))),
    // AT+CPBR=first[,last]
    ("phonebook-read", &[Set], |modem, request| {
        let first = contact_place(request, 0)?;
        let last = if request.given(1).is_some() { contact_place(request, 1)? } else { first };
        tell_contacts(request, modem.mobile.card.phonebook.range(first..=last.max(first)))
    }),
    // AT+CPBF="beginning of the name"
    ("phonebook-find", &[Set], |modem, request| {
        let wanted = request.needed(0)?.text.to_lowercase();
        tell_contacts(
            request,
            modem.mobile.card.phonebook.iter().filter(|(_, it)| it.name.to_lowercase().starts_with(&wanted)),
        )
    }),
    ("phonebook-write", &[Set], |modem, request| write_contact(&mut modem.mobile.card.phonebook, request)),
];

#[derive(Debug)]
pub(super) struct Card {
    iccid: Box<str>,
    imsi: Box<str>,
    /// Empty: the card has no PIN to ask for, and any four digits switch one on.
    pin: Box<str>,
    puk: Box<str>,
    locked_at_start: bool,
    lock: Lock,
    pin_left: u8,
    puk_left: u8,
    /// The issuer's name, as the SIM's file of it says (EF 28486)
    issuer: &'static str,
    /// Networks that refused it (EF 28539), three bytes each.
    forbidden: [u8; 12],
    /// Networks that the user prefers (EF 28512), five bytes each.
    preferred: [u8; 5 * PREFERRED],
    phonebook: BTreeMap<u8, Contact>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    Ready,
    Pin,
    Puk,
    Absent,
    /// It has not answered its reset yet.
    Busy,
    /// The PUK was wrong ten times: nothing helps.
    Dead,
}

/// The issuer's preferred networks (EF 28513): AT&T, and nothing else.
const OPERATOR_PREFERRED: [u8; 5 * PREFERRED] = {
    let mut content = [0xFF; 5 * PREFERRED];
    let [c, d, e, utran, gsm, ..] = &mut content;
    (*c, *d, *e, *utran, *gsm) = (0x13, 0x00, 0x14, 0xC0, 0x80);
    content
};

/// The bits of the two bytes of access technologies behind a network (31.102 §4.2.5), in the order of AT+CPOL.
const TECHNOLOGIES: [[u8; 2]; 4] = [[0x00, 0x80], [0x00, 0x40], [0x80, 0x00], [0x40, 0x00]];

const FILE_ICCID: u32 = 12258;
const FILE_IMSI: u32 = 28423;
const FILE_NAME: u32 = 28486;
const FILE_PREFERRED: u32 = 28512;
const FILE_OPERATOR_PREFERRED: u32 = 28513;
const FILE_FORBIDDEN: u32 = 28539;

const PREFERRED: usize = 4;

const PIN_ATTEMPTS: u8 = 3;
const PUK_ATTEMPTS: u8 = 10;

impl Card {
    /// A Super SIM, with the issuer's number and its own, unless the options say otherwise.
    pub(super) fn new(options: &Options, random: &mut Random) -> Card {
        // Another issuer's number is that of vodafone UK.
        let (prefix, home, issuer) = if options.text("sim") == Some("foreign") {
            ("8944100", "23415", "vodafone UK")
        } else {
            ("8988307", "23450", "Twilio")
        };
        let iccid = || with_check_digit(&format!("{prefix}{}", random.digits(11)));
        let iccid = options.text("iccid").map_or_else(iccid, str::to_owned);
        let imsi = || format!("{home}{}", random.digits(10));
        let imsi = options.text("imsi").map_or_else(imsi, str::to_owned);
        let lock = match options.text("sim") {
            Some("absent") => Lock::Absent,
            Some("puk") => Lock::Puk,
            _ => Lock::Ready,
        };
        Card {
            iccid: iccid.into(),
            imsi: imsi.into(),
            pin: options.text("pin").unwrap_or_default().into(),
            puk: options.text("puk").unwrap_or("12345678").into(),
            locked_at_start: options.text("pin").is_some(),
            lock,
            // Three wrong PINs, before anybody looked.
            pin_left: if lock == Lock::Puk { 0 } else { PIN_ATTEMPTS },
            puk_left: PUK_ATTEMPTS,
            issuer,
            forbidden: [0xFF; 12],
            preferred: [0xFF; 5 * PREFERRED],
            phonebook: BTreeMap::new(),
        }
    }

    /// What a command that needs it is refused with; `absent`: where there is none.
    pub(super) fn require(&self, absent: u16) -> Result<(), CommandError> {
        Err(CommandError::Equipment(match self.lock {
            Lock::Ready => return Ok(()),
            Lock::Pin => 11,
            Lock::Puk => 12,
            Lock::Absent => absent,
            Lock::Busy => 14,
            Lock::Dead => 13,
        }))
    }

    /// It asks for its PIN or PUK; some of it can be read all the same.
    pub(super) fn is_locked(&self) -> bool {
        matches!(self.lock, Lock::Pin | Lock::Puk)
    }

    pub(super) fn is_usable(&self) -> bool {
        matches!(self.lock, Lock::Ready | Lock::Busy)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.lock == Lock::Ready
    }

    pub(super) fn named(&self, name: &str, padding: &str) -> Option<String> {
        Some(match name {
            "iccid-padded" if self.iccid.len() < 20 => format!("{}{padding}", self.iccid),
            "iccid-padded" => self.iccid.to_string(),
            "contacts" => self.phonebook.len().to_string(),
            "sim" => match self.lock {
                Lock::Ready => "READY",
                Lock::Pin => "SIM PIN",
                Lock::Puk => "SIM PUK",
                Lock::Absent | Lock::Busy | Lock::Dead => "NOT INSERTED",
            }
            .into(),
            "imsi" => self.imsi.to_string(),
            "issuer" => self.issuer.to_owned(),
            "iccid" => self.iccid.to_string(),
            "pin-left" => self.pin_left.to_string(),
            "puk-left" => self.puk_left.to_string(),
            _ => return None,
        })
    }

    pub(super) fn switch_imsi(&mut self, random: &mut Random) {
        self.imsi = format!("20404{}", random.digits(10)).into();
    }

    /// Power comes to it: it asks for its PIN again.
    pub(super) fn power_up(&mut self, busy: bool) {
        if matches!(self.lock, Lock::Absent | Lock::Dead) {
            return;
        }
        self.lock = if busy {
            Lock::Busy
        } else if self.pin_left == 0 {
            Lock::Puk
        } else if self.locked_at_start {
            Lock::Pin
        } else {
            Lock::Ready
        };
    }

    /// AT+CPIN=pin, or AT+CPIN=puk,new pin
    fn enter(&mut self, request: &Request) -> Result<(), CommandError> {
        match (request.parameters.as_slice(), self.lock) {
            ([pin], Lock::Pin) => self.verify(pin.text).map(|()| self.lock = Lock::Ready),
            ([_], Lock::Puk) => Err(CommandError::PUK_NEEDED),
            ([_], Lock::Ready | Lock::Absent | Lock::Busy | Lock::Dead) => Err(CommandError::NOT_ALLOWED),
            ([puk, pin], _) => self.enter_puk(puk.text, pin.text),
            _ => Err(CommandError::Parameter),
        }
    }

    fn enter_puk(&mut self, puk: &str, pin: &str) -> Result<(), CommandError> {
        if self.lock != Lock::Puk || !is_pin(pin) {
            return Err(CommandError::NOT_ALLOWED);
        }
        if *puk == *self.puk {
            self.pin = pin.into();
            self.pin_left = PIN_ATTEMPTS;
            self.puk_left = PUK_ATTEMPTS;
            self.lock = Lock::Ready;
            return Ok(());
        }
        self.puk_left = self.puk_left.saturating_sub(1);
        if self.puk_left == 0 {
            self.lock = Lock::Dead;
            return Err(CommandError::SIM_FAILURE);
        }
        Err(CommandError::WRONG_PASSWORD)
    }

    /// AT+CLCK="SC",mode[,password]
    fn lock_at_start(&mut self, request: &mut Request) -> Answer {
        let facility = request.parameters.first().map_or("", |it| it.text).to_ascii_uppercase();
        match (facility.as_str(), request.number(1)) {
            ("SC", Some(2)) => request.answer(if self.locked_at_start { "1" } else { "0" }),
            ("SC", Some(mode @ (0 | 1))) => {
                let pin = request.given(2).ok_or(CommandError::PIN_NEEDED)?;
                self.verify(pin.text)?;
                self.locked_at_start = mode == 1;
                Ok(Effect::Done)
            }
            ("FD" | "PN", Some(2)) => request.answer("0"),
            ("FD" | "PN", Some(_)) => Err(CommandError::NOT_ALLOWED),
            _ => Err(CommandError::Parameter),
        }
    }

    /// AT+CPWD="SC",old,new
    fn change_pin(&mut self, request: &Request) -> Answer {
        match request.parameters.as_slice() {
            [facility, old, new] if facility.text.eq_ignore_ascii_case("SC") => {
                if !self.locked_at_start || !is_pin(new.text) {
                    return Err(CommandError::NOT_ALLOWED);
                }
                self.verify(old.text)?;
                self.pin = new.text.into();
                Ok(Effect::Done)
            }
            _ => Err(CommandError::Parameter),
        }
    }

    fn verify(&mut self, pin: &str) -> Result<(), CommandError> {
        if self.pin_left == 0 {
            return Err(CommandError::PUK_NEEDED);
        }
        if self.pin.is_empty() && is_pin(pin) {
            self.pin = pin.into();
        }
        if *pin == *self.pin {
            self.pin_left = PIN_ATTEMPTS;
            return Ok(());
        }
        self.pin_left -= 1;
        if self.pin_left == 0 {
            self.lock = Lock::Puk;
            return Err(CommandError::PUK_NEEDED);
        }
        Err(CommandError::WRONG_PASSWORD)
    }

    /// AT+CPOL: the preferred networks of the list that AT+CPLS names; the user's can be written (27.007 §7.19).
    fn preferred_operators(&mut self, request: &mut Request, list: u32) -> Answer {
        if request.form == Form::Read {
            return request.answer_all(self.preferred(list).map(|(place, [a, b, c, high, low])| {
                let bits = TECHNOLOGIES.map(|[in_high, in_low]| u8::from(high & in_high != 0 || low & in_low != 0));
                let [gsm, compact, utran, eutran] = bits;
                format!("{place},2,\"{}\",{gsm},{compact},{utran},{eutran}", network_code([*a, *b, *c]))
            }));
        }
        // Numeric codes alone.
        if request.parameters.len() > 7 || !matches!(request.number::<u32>(1), None | Some(2)) {
            return Err(CommandError::Parameter);
        }
        let mut network = [0xFF; 5];
        if let Some(code) = request.given(2) {
            if !(matches!(code.text.len(), 5 | 6) && code.text.bytes().all(|byte| byte.is_ascii_digit())) {
                return Err(CommandError::Parameter);
            }
            let [a, b, c] = plmn(code.text);
            // Where no technology is named, all but GSM Compact.
            let wanted =
                |place| if request.parameters.len() > 3 { request.number(place) == Some(1) } else { place != 4 };
            let wanted = (3..).zip(TECHNOLOGIES).filter(|(place, _)| wanted(*place));
            let (high, low) = wanted.fold((0, 0), |(high, low), (_, [in_high, in_low])| (high | in_high, low | in_low));
            network = [a, b, c, high, low];
        }
        if list != 0 {
            return Err(CommandError::NOT_ALLOWED);
        }
        let place = match request.given(0) {
            Some(_) => request.number(0),
            // The format alone, or the first place that is free.
            None if network == [0xFF; 5] => return Ok(Effect::Done),
            None => {
                let free = (1..=PREFERRED).find(|place| self.preferred(list).all(|(known, _)| known != *place));
                Some(free.ok_or(CommandError::MEMORY_FULL)?)
            }
        };
        let entries = self.preferred.as_chunks_mut::<5>().0;
        let entry = place.and_then(|place: usize| entries.get_mut(place.checked_sub(1)?));
        *entry.ok_or(CommandError::INVALID_INDEX)? = network;
        Ok(Effect::Done)
    }

    /// The network `code` goes on the list of those that refused the card; the oldest falls off.
    pub(super) fn forbid(&mut self, code: &str) {
        let network = plmn(code);
        if self.forbidden.chunks(3).any(|known| known == network) {
            return;
        }
        match self.forbidden.chunks_mut(3).find(|free| *free == [0xFF; 3]) {
            Some(free) => free.copy_from_slice(&network),
            None => {
                self.forbidden.rotate_left(3);
                if let Some(last) = self.forbidden.last_chunk_mut::<3>() {
                    *last = network;
                }
            }
        }
    }

    /// The network has let it in after all: it is off the list (23.122 §3.1).
    pub(super) fn forgive(&mut self, code: &str) {
        let network = plmn(code);
        for place in self.forbidden.chunks_mut(3).filter(|place| **place == network) {
            place.fill(0xFF);
        }
    }

    pub(super) fn forbids(&self, code: &str) -> bool {
        let network = plmn(code);
        self.forbidden.chunks(3).any(|known| known == network)
    }

    /// The preferred networks of a list of AT+CPLS (0 the user's, 1 the issuer's), with their places in it; the first
    /// is 1.
    fn preferred(&self, list: u32) -> impl Iterator<Item = (usize, &[u8; 5])> {
        let content = match list {
            0 => self.preferred.as_slice(),
            1 => &OPERATOR_PREFERRED,
            _ => &[],
        };
        (1..).zip(content.as_chunks::<5>().0).filter(|(_, [first, ..])| *first != 0xFF)
    }

    /// AT+CRSM=command[,file[,P1,P2,length[,data]]] (27.007 §8.18, 51.011 §9.4)
    fn restricted_access(&mut self, request: &mut Request) -> Answer {
        let what = request.number(0).ok_or(CommandError::Parameter)?;
        if !matches!(what, 176 | 178 | 192 | 214 | 220 | 242) {
            return Err(CommandError::Parameter);
        }
        let file = request.number(1).ok_or(CommandError::Parameter)?;
        let data = request.given(5).map(|it| it.text);
        let (first, second, data) = self.access(what, file, request.number(4).unwrap_or(0), data);
        request.answer(format!("{first},{second},\"{data}\""))
    }

    fn access(&mut self, command: u32, file: u32, length: usize, data: Option<&str>) -> (u8, u8, String) {
        let status = |(first, second)| (first, second, String::new());
        const DONE: (u8, u8) = (144, 0);
        const WRONG_LENGTH: (u8, u8) = (103, 0);
        let Some(content) = self.content(file) else { return status((148, 4)) };
        match command {
            176 if length > content.len() => status(WRONG_LENGTH),
            176 => {
                let length = if length == 0 { content.len() } else { length };
                (144, 0, hex(content.get(..length).unwrap_or(&content)))
            }
            192 => (144, 0, hex(&response(file, content.len()))),
            214 => {
                let Some(data) = data.and_then(unhex) else { return status(WRONG_LENGTH) };
                let target: &mut [u8] = match file {
                    FILE_FORBIDDEN => &mut self.forbidden,
                    FILE_PREFERRED => &mut self.preferred,
                    _ => return status((105, 130)),
                };
                match target.get_mut(..length) {
                    Some(target) if data.len() == length => {
                        target.copy_from_slice(&data);
                        status(DONE)
                    }
                    _ => status(WRONG_LENGTH),
                }
            }
            _ => status((109, 0)),
        }
    }

    fn content(&self, file: u32) -> Option<Vec<u8>> {
        match file {
            FILE_ICCID => Some(swapped(&self.iccid, 10)),
            // The length, then the parity nibble and the digits (31.102 §4.2.2).
            FILE_IMSI => Some([vec![8], swapped(&format!("9{}", self.imsi), 8)].concat()),
            FILE_NAME => {
                let mut content = vec![0x00];
                content.extend_from_slice(self.issuer.as_bytes());
                content.resize(17, 0xFF);
                Some(content)
            }
            FILE_FORBIDDEN => Some(self.forbidden.to_vec()),
            FILE_PREFERRED => Some(self.preferred.to_vec()),
            FILE_OPERATOR_PREFERRED => Some(OPERATOR_PREFERRED.to_vec()),
            _ => None,
        }
    }
}

fn is_pin(text: &str) -> bool {
    (4..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits as a SIM keeps them: two in a byte, the first in the low half, filled with F.
fn swapped(digits: &str, length: usize) -> Vec<u8> {
    let mut nibbles = digits.bytes().map(|digit| digit.wrapping_sub(b'0') & 0xF).chain(std::iter::repeat(0xF));
    (0..length).map(|_| nibbles.next().unwrap_or(0xF) | nibbles.next().unwrap_or(0xF) << 4).collect()
}

/// A network's code in three bytes (24.008 §10.5.1.13): `26201` is 62 F2 10.
fn plmn(code: &str) -> [u8; 3] {
    let mut digits = code.bytes().map(|digit| digit.wrapping_sub(b'0') & 0xF);
    let mut digit = || digits.next().unwrap_or(0xF);
    let (c1, c2, c3, n1, n2, n3) = (digit(), digit(), digit(), digit(), digit(), digit());
    [c2 << 4 | c1, n3 << 4 | c3, n2 << 4 | n1]
}

fn network_code([first, second, third]: [u8; 3]) -> String {
    let nibbles = [first & 0xF, first >> 4, second & 0xF, third & 0xF, third >> 4, second >> 4];
    nibbles.into_iter().filter(|nibble| *nibble < 10).map(|nibble| char::from(b'0' + nibble)).collect()
}

/// What GET RESPONSE tells of a transparent file (51.011 §9.2.1).
fn response(file: u32, length: usize) -> [u8; 15] {
    let [.., length_high, length_low] = length.to_be_bytes();
    let [.., file_high, file_low] = file.to_be_bytes();
    [0, 0, length_high, length_low, file_high, file_low, 4, 0, 0x11, 0xF0, 0x22, 1, 2, 0, 0]
}

// The phone book

/// How many contacts the phone book takes, and how long they may be (27.007 §8.11).
const CONTACTS: u8 = 100;
const LONGEST_NUMBER: usize = 24;
const LONGEST_NAME: usize = 14;

#[derive(Debug)]
struct Contact {
    number: Box<str>,
    kind: u32,
    name: Box<str>,
}

fn tell_contacts<'a>(request: &mut Request, found: impl Iterator<Item = (&'a u8, &'a Contact)>) -> Answer {
    let before = request.lines.len();
    request.answer_all(
        found.map(|(place, Contact { number, kind, name })| format!("{place},\"{number}\",{kind},\"{name}\"")),
    )?;
    if request.lines.len() > before { Ok(Effect::Done) } else { Err(CommandError::NOT_FOUND) }
}

/// `AT+CPBW=[place][,"number"[,type[,"name"]]]`: the place alone deletes it.
fn write_contact(phonebook: &mut BTreeMap<u8, Contact>, request: &Request) -> Answer {
    let free = || (1..=CONTACTS).find(|place| !phonebook.contains_key(place)).ok_or(CommandError::MEMORY_FULL);
    let place = if request.given(0).is_some() { contact_place(request, 0)? } else { free()? };
    let Some(number) = request.given(1) else {
        phonebook.remove(&place);
        return Ok(Effect::Done);
    };
    let name = request.text(3);
    let is_number = number.text.bytes().all(|byte| byte.is_ascii_digit() || b"+*#".contains(&byte));
    if !is_number || number.text.len() > LONGEST_NUMBER {
        return Err(CommandError::DIAL_STRING_TOO_LONG);
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(CommandError::TEXT_TOO_LONG);
    }
    let international = if number.text.starts_with('+') { 145 } else { 129 };
    let kind = request.given(2).map_or(Some(international), |it| it.number()).ok_or(CommandError::Parameter)?;
    phonebook.insert(place, Contact { number: number.text.into(), kind, name: name.into() });
    Ok(Effect::Done)
}

fn contact_place(request: &Request, which: usize) -> Result<u8, CommandError> {
    request.number(which).filter(|place| (1..=CONTACTS).contains(place)).ok_or(CommandError::INVALID_INDEX)
}
