//! Texts between the computer and the modem: in the alphabet that AT+CSCS names, or, where the coding of AT+CSMP is
//! another than the default alphabet, as hexadecimal digits (27.005 §3.1).

use super::charset::{from_septets, from_ucs2_hex, to_septets, to_septets_anyhow, to_ucs2_hex};
use super::line::Refusal;
use super::message::Message;
use super::pdu::{Coding, octets};
use super::simulator::Simulator;
use crate::notation::{hex, unhex};

/// The longest text of one message, in septets, units and octets; a modem would split a longer one, this one refuses it.
const LONGEST: (usize, usize, usize) = (160, 70, 140);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    /// The default alphabet, a septet in each byte
    Gsm,
    /// ASCII
    Ira,
    /// Hexadecimal digits
    Ucs2,
}

impl Simulator {
    fn charset(&self) -> Charset {
        match self.settings.parameter("+CSCS", 0) {
            Some("UCS2") => Charset::Ucs2,
            Some("IRA") => Charset::Ira,
            _ => Charset::Gsm,
        }
    }

    pub(super) fn is_ucs2(&self) -> bool {
        self.charset() == Charset::Ucs2
    }

    /// A text as AT+CSCS wants it. All septets are ASCII's bytes, though they mean something else.
    pub(super) fn in_charset(&self, text: &str) -> String {
        match self.charset() {
            Charset::Gsm => to_septets_anyhow(text).into_iter().map(char::from).collect(),
            Charset::Ira => text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect(),
            Charset::Ucs2 => to_ucs2_hex(text),
        }
    }

    /// How AT+CSMP wants a text to be sent.
    pub(super) fn coding(&self) -> Coding {
        Coding::of_scheme(u8::try_from(self.settings.number("+CSMP", 3)).unwrap_or(0))
    }

    /// The text of a message as it was typed.
    pub(super) fn typed_text(&self, typed: &[u8]) -> Result<String, Refusal> {
        const REFUSED: Refusal = Refusal::Message(305);
        let start = typed.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(typed.len());
        let typed = typed.get(start..).unwrap_or_default();
        // The eighth bit of what is no digit is lost on the way.
        let septets: Vec<u8> = typed.iter().map(|byte| byte & 0x7F).collect();
        let ascii = || septets.iter().map(|septet| char::from(*septet)).collect::<String>();
        let (text, fits) = match (self.coding(), self.charset()) {
            (Coding::Ucs2, _) => {
                let text = from_ucs2_hex(&ascii()).ok_or(REFUSED)?;
                let fits = text.encode_utf16().count() <= LONGEST.1;
                (text, fits)
            }
            (Coding::Octets, _) => {
                let octets = unhex(&ascii()).ok_or(REFUSED)?;
                let fits = octets.len() <= LONGEST.2;
                (octets.into_iter().map(char::from).collect(), fits)
            }
            (Coding::Alphabet, Charset::Gsm) => (from_septets(&septets), septets.len() <= LONGEST.0),
            (Coding::Alphabet, charset) => {
                let ascii = ascii();
                let text = if charset == Charset::Ucs2 { from_ucs2_hex(&ascii).ok_or(REFUSED)? } else { ascii };
                // What the alphabet has not cannot be sent in it.
                let fits = to_septets(&text).ok_or(REFUSED)?.len() <= LONGEST.0;
                (text, fits)
            }
        };
        if fits { Ok(text) } else { Err(REFUSED) }
    }

    /// The text of a message as it is shown.
    pub(super) fn shown_text(&self, message: &Message) -> String {
        match message.coding {
            Coding::Alphabet => self.in_charset(&message.text),
            Coding::Octets => hex(&octets(&message.text)),
            Coding::Ucs2 => to_ucs2_hex(&message.text),
        }
    }
}
