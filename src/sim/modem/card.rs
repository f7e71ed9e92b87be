//! The SIM: its lock, its numbers, its files (27.007 §7.19, §8.18; 31.102).

use crate::notation::{hex, unhex};
use crate::sim::{CommandError, Lock};

use super::request::CommandForm::{Execute, Read, Set};
use super::request::{CommandForm, Request};
use super::{Answer, Effect, Row};

pub(super) const COMMANDS: &[Row] = &[
    ("iccid", &[Execute, Read], |modem, request| {
        modem.mobile.require_any_card()?;
        modem.mobile.card.show_iccid(request, &modem.adaptor.profile.rules.iccid_padding)
    }),
    ("pin", &[Read], |modem, request| {
        modem.mobile.require_any_card()?;
        request.answer(modem.mobile.card.word().ok_or(CommandError::Equipment(13))?)
    }),
    ("pin", &[Set], |modem, request| {
        modem.mobile.require_any_card()?;
        modem.mobile.card.enter(request)?;
        modem.mobile.update(&mut modem.adaptor);
        Ok(Effect::Done)
    }),
    ("pin-retries", &[Execute, Read, Set], |modem, request| {
        modem.mobile.require_any_card()?;
        let Card { pin_left, puk_left, .. } = &modem.mobile.card;
        request.answer_all([format!("SIM PIN,{pin_left},3"), format!("SIM PUK,{puk_left},10")])
    }),
    ("lock", &[Set], |modem, request| {
        modem.mobile.require_any_card()?;
        modem.mobile.card.lock_at_start(request)
    }),
    ("password", &[Set], |modem, request| {
        modem.mobile.require_any_card()?;
        modem.mobile.card.change_pin(request)
    }),
    ("file", &[Set], |modem, request| {
        modem.mobile.require_card()?;
        modem.mobile.card.restricted_access(request)
    }),
    ("preferred-operators", &[Read, Set], |modem, request| {
        let list = modem.adaptor.settings.number("+CPLS", 0);
        modem.mobile.card.preferred_operators(request, list)
    }),
    // A data SIM has no number of its own.
    ("own-number", &[Execute, Read, Set], |_, _| Ok(Effect::Done)),
];

#[derive(Debug)]
pub(super) struct Card {
    pub(super) iccid: Box<str>,
    pub(super) imsi: Box<str>,
    /// Empty: the card has no PIN to ask for, and any four digits switch one on.
    pin: Box<str>,
    puk: Box<str>,
    /// Whether it asks for the PIN at power-up.
    pub(super) locked_at_start: bool,
    lock: Lock,
    pub(super) pin_left: u8,
    pub(super) puk_left: u8,
    /// The issuer's name, as the SIM's file of it says (EF 28486)
    pub(super) issuer: &'static str,
    /// Networks that refused it (EF 28539), three bytes each.
    forbidden: [u8; 12],
    /// Networks that the user prefers (EF 28512), five bytes each.
    preferred: [u8; 5 * PREFERRED],
}

/// A network of a list of preferred ones: its code, and whether GSM, GSM Compact, UTRAN and E-UTRAN are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Preferred {
    code: String,
    technologies: [bool; 4],
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

/// The file's identifier and whether it can be written.
const FILE_ICCID: u32 = 12258;
const FILE_IMSI: u32 = 28423;
const FILE_NAME: u32 = 28486;
const FILE_PREFERRED: u32 = 28512;
const FILE_OPERATOR_PREFERRED: u32 = 28513;
const FILE_FORBIDDEN: u32 = 28539;

/// How many networks a list of preferred ones holds.
const PREFERRED: usize = 4;

const PIN_ATTEMPTS: u8 = 3;
const PUK_ATTEMPTS: u8 = 10;

const NOT_ALLOWED: CommandError = CommandError::Equipment(3);
const PUK_NEEDED: CommandError = CommandError::Equipment(12);
const FAILURE: CommandError = CommandError::Equipment(13);
const WRONG_PASSWORD: CommandError = CommandError::Equipment(16);

impl Card {
    pub(super) fn new(iccid: String, imsi: String, pin: Option<&str>, puk: Option<&str>) -> Card {
        Card {
            iccid: iccid.into(),
            imsi: imsi.into(),
            pin: pin.unwrap_or_default().into(),
            puk: puk.unwrap_or("12345678").into(),
            locked_at_start: pin.is_some(),
            lock: Lock::Ready,
            pin_left: PIN_ATTEMPTS,
            puk_left: PUK_ATTEMPTS,
            issuer: "Twilio",
            forbidden: [0xFF; 12],
            preferred: [0xFF; 5 * PREFERRED],
        }
    }

    pub(super) fn lock(&self) -> Lock {
        self.lock
    }

    pub(super) fn is_ready(&self) -> bool {
        self.lock == Lock::Ready
    }

    pub(super) fn remove(&mut self) {
        self.lock = Lock::Absent;
    }

    /// Three wrong PINs, before anybody looked.
    pub(super) fn use_up_pin(&mut self) {
        self.pin_left = 0;
        self.lock = Lock::Puk;
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

    /// `READY`, `SIM PIN`, `SIM PUK`; `None` where AT+CPIN? is answered with an error.
    pub(super) fn word(&self) -> Option<&'static str> {
        match self.lock {
            Lock::Ready => Some("READY"),
            Lock::Pin => Some("SIM PIN"),
            Lock::Puk => Some("SIM PUK"),
            Lock::Absent | Lock::Busy | Lock::Dead => None,
        }
    }

    fn show_iccid(&self, request: &mut Request, padding: &str) -> Answer {
        let padding = if self.iccid.len() < 20 { padding } else { "" };
        request.answer(format!("{}{padding}", self.iccid))
    }

    /// AT+CPIN=pin, or AT+CPIN=puk,new pin
    fn enter(&mut self, request: &Request) -> Result<(), CommandError> {
        match request.parameters.as_slice() {
            [_] if self.lock == Lock::Puk => Err(PUK_NEEDED),
            [pin] => self.enter_pin(pin.text),
            [puk, pin] => self.enter_puk(puk.text, pin.text),
            _ => Err(CommandError::Parameter),
        }
    }

    fn enter_pin(&mut self, pin: &str) -> Result<(), CommandError> {
        match self.lock {
            Lock::Pin => self.verify(pin).map(|()| self.lock = Lock::Ready),
            Lock::Puk => Err(PUK_NEEDED),
            Lock::Ready | Lock::Absent | Lock::Busy | Lock::Dead => Err(NOT_ALLOWED),
        }
    }

    fn enter_puk(&mut self, puk: &str, pin: &str) -> Result<(), CommandError> {
        if self.lock != Lock::Puk || !is_pin(pin) {
            return Err(NOT_ALLOWED);
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
            return Err(FAILURE);
        }
        Err(WRONG_PASSWORD)
    }

    /// AT+CLCK="SC",mode[,password]
    fn lock_at_start(&mut self, request: &mut Request) -> Answer {
        let facility = request.parameters.first().map_or("", |it| it.text).to_ascii_uppercase();
        match (facility.as_str(), request.number(1)) {
            ("SC", Some(2)) => request.answer(if self.locked_at_start { "1" } else { "0" }),
            ("SC", Some(mode @ (0 | 1))) => {
                let pin = request.given(2).ok_or(CommandError::Equipment(11))?;
                self.verify(pin.text)?;
                self.locked_at_start = mode == 1;
                Ok(Effect::Done)
            }
            ("FD" | "PN", Some(2)) => request.answer("0"),
            ("FD" | "PN", Some(_)) => Err(NOT_ALLOWED),
            _ => Err(CommandError::Parameter),
        }
    }

    /// AT+CPWD="SC",old,new
    fn change_pin(&mut self, request: &Request) -> Answer {
        match request.parameters.as_slice() {
            [facility, old, new] if facility.text.eq_ignore_ascii_case("SC") => {
                if !self.locked_at_start || !is_pin(new.text) {
                    return Err(NOT_ALLOWED);
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
            return Err(PUK_NEEDED);
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
            return Err(PUK_NEEDED);
        }
        Err(WRONG_PASSWORD)
    }

    /// AT+CPOL: the preferred networks of the list that AT+CPLS names; the user's can be written (27.007 §7.19).
    fn preferred_operators(&mut self, request: &mut Request, list: u32) -> Answer {
        if request.form == CommandForm::Read {
            return request.answer_all(self.preferred(list).into_iter().map(|(place, network)| {
                let [gsm, compact, utran, eutran] = network.technologies.map(u8::from);
                format!("{place},2,\"{}\",{gsm},{compact},{utran},{eutran}", network.code)
            }));
        }
        // Numeric codes alone.
        if request.parameters.len() > 7 || !matches!(request.number::<u32>(1), None | Some(2)) {
            return Err(CommandError::Parameter);
        }
        let network = match request.given(2) {
            None => None,
            Some(code) => {
                let fits = matches!(code.text.len(), 5 | 6) && code.text.bytes().all(|byte| byte.is_ascii_digit());
                if !fits {
                    return Err(CommandError::Parameter);
                }
                // Where no technology is named, all but GSM Compact.
                let named = request.parameters.len() > 3;
                let wanted = |place, default| if named { request.number::<u32>(place) == Some(1) } else { default };
                let technologies = [wanted(3, true), wanted(4, false), wanted(5, true), wanted(6, true)];
                Some(Preferred { code: code.text.to_owned(), technologies })
            }
        };
        if list != 0 {
            return Err(NOT_ALLOWED);
        }
        let place = match request.given(0) {
            Some(place) => place.number().and_then(|place| usize::try_from(place).ok()),
            // The format alone, or the first place that is free.
            None if network.is_none() => return Ok(Effect::Done),
            None => {
                let used: Vec<usize> = self.preferred(list).into_iter().map(|(place, _)| place).collect();
                let free = (1..=PREFERRED).find(|place| !used.contains(place));
                Some(free.ok_or(CommandError::Equipment(20))?)
            }
        };
        let written = place.and_then(|place| self.prefer(place, network.as_ref()));
        written.map(|()| Effect::Done).ok_or(CommandError::Equipment(21))
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

    /// The preferred networks of a list of AT+CPLS (0 the user's, 1 the issuer's), with their places in it; the first is 1.
    fn preferred(&self, list: u32) -> Vec<(usize, Preferred)> {
        let content = match list {
            0 => &self.preferred,
            1 => &OPERATOR_PREFERRED,
            _ => return Vec::new(),
        };
        let entries = content.as_chunks::<5>().0.iter().enumerate();
        let used = entries.filter(|(_, [first, ..])| *first != 0xFF);
        used.map(|(place, [a, b, c, high, low])| {
            let technologies = TECHNOLOGIES.map(|[in_high, in_low]| high & in_high != 0 || low & in_low != 0);
            (place + 1, Preferred { code: network_code([*a, *b, *c]), technologies })
        })
        .collect()
    }

    /// Writes the user's preferred network at this place, or deletes it; `None`: there is no such place.
    fn prefer(&mut self, place: usize, network: Option<&Preferred>) -> Option<()> {
        let entry = self.preferred.as_chunks_mut::<5>().0.get_mut(place.checked_sub(1)?)?;
        *entry = [0xFF; 5];
        if let Some(network) = network {
            let [a, b, c] = plmn(&network.code);
            let wanted = TECHNOLOGIES.iter().zip(network.technologies).filter(|(_, wanted)| *wanted);
            let (high, low) = wanted.fold((0, 0), |(high, low), ([in_high, in_low], _)| (high | in_high, low | in_low));
            *entry = [a, b, c, high, low];
        }
        Some(())
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

    /// The status words and the data.
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
            FILE_IMSI => {
                // The length, then the parity nibble and the digits (31.102 §4.2.2).
                let mut content = vec![8];
                content.extend(swapped(&format!("9{}", self.imsi), 8));
                Some(content)
            }
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

/// The code that [`plmn`] made three bytes of.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        let mut card = Card::new("8988307000000000014".into(), "234500000000001".into(), Some("1234"), None);
        card.power_up(false);
        card
    }

    #[test]
    fn ten_wrong_puks_end_it() {
        let mut card = card();
        card.use_up_pin();
        for _ in 0..9 {
            assert_eq!(card.enter_puk("00000000", "4321"), Err(WRONG_PASSWORD));
        }
        assert_eq!(card.enter_puk("00000000", "4321"), Err(FAILURE));
        card.power_up(false);
        assert_eq!(card.word(), None);
    }

    #[test]
    fn files() {
        let mut card = card();
        card.forbid("26201");
        for (command, file, length, data, answer) in [
            (176, 12258, 10, None, (144, 0, "988803070000000010F4")),
            (176, 28539, 12, None, (144, 0, "62F210FFFFFFFFFFFFFFFFFF")),
            (214, 28539, 12, Some("FFFFFFFFFFFFFFFFFFFFFFFF"), (144, 0, "")),
            (214, 12258, 1, Some("00"), (105, 130, "")),
            (176, 1, 1, None, (148, 4, "")),
        ] {
            let (first, second, text) = card.access(command, file, length, data);
            assert_eq!((first, second, text.as_str()), answer, "{command} {file}");
        }
        assert!(!card.forbids("26201"));
    }
}
