//! The SIM: its lock, its numbers, its files.

use crate::notation::{hex, unhex};

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
    /// Networks that refused it (EF 28539), three bytes each.
    forbidden: [u8; 12],
    /// Networks that the user prefers (EF 28512), five bytes each.
    preferred: [u8; 5 * PREFERRED],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    Ready,
    Pin,
    Puk,
    Absent,
    /// It has not answered its reset yet.
    Busy,
    /// The PUK was wrong ten times: nothing helps.
    Dead,
}

/// The PIN or PUK was wrong, or none is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CardError {
    WrongPassword,
    NotAllowed,
    PukNeeded,
    Failure,
}

/// A network of a list of preferred ones: its code, and whether GSM, GSM Compact, UTRAN and E-UTRAN are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Preferred {
    pub(super) code: String,
    pub(super) technologies: [bool; 4],
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
pub(super) const PREFERRED: usize = 4;

const PIN_ATTEMPTS: u8 = 3;
const PUK_ATTEMPTS: u8 = 10;

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

    pub(super) fn enter_pin(&mut self, pin: &str) -> Result<(), CardError> {
        match self.lock {
            Lock::Pin => self.verify(pin).inspect(|()| self.lock = Lock::Ready),
            Lock::Puk => Err(CardError::PukNeeded),
            Lock::Ready | Lock::Absent | Lock::Busy | Lock::Dead => Err(CardError::NotAllowed),
        }
    }

    pub(super) fn enter_puk(&mut self, puk: &str, pin: &str) -> Result<(), CardError> {
        if self.lock != Lock::Puk || !is_pin(pin) {
            return Err(CardError::NotAllowed);
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
            return Err(CardError::Failure);
        }
        Err(CardError::WrongPassword)
    }

    /// AT+CLCK="SC",1 and 0
    pub(super) fn set_lock_at_start(&mut self, on: bool, pin: &str) -> Result<(), CardError> {
        self.verify(pin)?;
        self.locked_at_start = on;
        Ok(())
    }

    pub(super) fn change_pin(&mut self, old: &str, new: &str) -> Result<(), CardError> {
        if !self.locked_at_start || !is_pin(new) {
            return Err(CardError::NotAllowed);
        }
        self.verify(old)?;
        self.pin = new.into();
        Ok(())
    }

    fn verify(&mut self, pin: &str) -> Result<(), CardError> {
        if self.pin_left == 0 {
            return Err(CardError::PukNeeded);
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
            return Err(CardError::PukNeeded);
        }
        Err(CardError::WrongPassword)
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

    pub(super) fn forbids(&self, code: &str) -> bool {
        let network = plmn(code);
        self.forbidden.chunks(3).any(|known| known == network)
    }

    /// The preferred networks of a list of AT+CPLS (0 the user's, 1 the issuer's), with their places in it; the first is 1.
    pub(super) fn preferred(&self, list: u32) -> Vec<(usize, Preferred)> {
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
    pub(super) fn prefer(&mut self, place: usize, network: Option<&Preferred>) -> Option<()> {
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

    /// AT+CRSM: the status words and the data (27.007 §8.18, 51.011 §9.4).
    pub(super) fn access(
        &mut self,
        command: u32,
        file: u32,
        length: usize,
        data: Option<&str>,
    ) -> (u8, u8, Option<String>) {
        const NOT_FOUND: (u8, u8, Option<String>) = (148, 4, None);
        const WRONG_LENGTH: (u8, u8, Option<String>) = (103, 0, None);
        const NOT_ALLOWED: (u8, u8, Option<String>) = (105, 130, None);
        const UNKNOWN: (u8, u8, Option<String>) = (109, 0, None);
        let Some(content) = self.content(file) else { return NOT_FOUND };
        match command {
            176 if length > content.len() => WRONG_LENGTH,
            176 => {
                let length = if length == 0 { content.len() } else { length };
                (144, 0, Some(hex(content.get(..length).unwrap_or(&content))))
            }
            192 => (144, 0, Some(hex(&response(file, content.len())))),
            214 => {
                let Some(data) = data.and_then(unhex) else { return WRONG_LENGTH };
                let target: &mut [u8] = match file {
                    FILE_FORBIDDEN => &mut self.forbidden,
                    FILE_PREFERRED => &mut self.preferred,
                    _ => return NOT_ALLOWED,
                };
                match target.get_mut(..length) {
                    Some(target) if data.len() == length => {
                        target.copy_from_slice(&data);
                        (144, 0, None)
                    }
                    _ => WRONG_LENGTH,
                }
            }
            _ => UNKNOWN,
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
                content.extend_from_slice(b"Twilio");
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
    fn three_wrong_pins_and_the_puk() {
        let mut card = card();
        assert_eq!(card.word(), Some("SIM PIN"));
        assert_eq!(card.enter_pin("0000"), Err(CardError::WrongPassword));
        assert_eq!(card.enter_pin("0000"), Err(CardError::WrongPassword));
        assert_eq!(card.enter_pin("0000"), Err(CardError::PukNeeded));
        assert_eq!(card.word(), Some("SIM PUK"));
        assert_eq!(card.enter_pin("1234"), Err(CardError::PukNeeded));
        assert_eq!(card.enter_puk("00000000", "4321"), Err(CardError::WrongPassword));
        assert_eq!(card.puk_left, 9);
        assert_eq!(card.enter_puk("12345678", "4321"), Ok(()));
        assert_eq!(card.word(), Some("READY"));
        card.power_up(false);
        assert_eq!(card.enter_pin("4321"), Ok(()));
    }

    #[test]
    fn ten_wrong_puks_end_it() {
        let mut card = card();
        card.use_up_pin();
        for _ in 0..9 {
            assert_eq!(card.enter_puk("00000000", "4321"), Err(CardError::WrongPassword));
        }
        assert_eq!(card.enter_puk("00000000", "4321"), Err(CardError::Failure));
        card.power_up(false);
        assert_eq!(card.word(), None);
    }

    #[test]
    fn files() {
        let mut card = card();
        assert_eq!(card.access(176, 12258, 10, None), (144, 0, Some("988803070000000010F4".into())));
    }

    #[test]
    fn refused_networks() {
        let mut card = card();
        card.forbid("26201");
        assert_eq!(card.access(176, 28539, 12, None), (144, 0, Some("62F210FFFFFFFFFFFFFFFFFF".into())));
        assert_eq!(card.access(214, 28539, 12, Some("FFFFFFFFFFFFFFFFFFFFFFFF")), (144, 0, None));
        assert!(!card.forbids("26201"));
        assert_eq!(card.access(214, 12258, 1, Some("00")), (105, 130, None));
        assert_eq!(card.access(176, 1, 1, None), (148, 4, None));
    }
}
