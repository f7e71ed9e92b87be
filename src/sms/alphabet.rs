//! The alphabets of texts and names: GSM 7 bit (23.038 §6.2.1) and UCS2 as hexadecimal digits (`AT+CSCS="UCS2"`).

use crate::notation;

/// The default alphabet in the order of its codes; code 0x1B leads to the extension table.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The septets of `text`; `None` where a character is not of the alphabet.
pub fn to_septets(text: &str) -> Option<Vec<u8>> {
    let mut septets = Vec::with_capacity(text.len());
    for character in text.chars() {
        if let Some(code) = GSM.chars().position(|known| known == character && known != '\u{1B}') {
            septets.push(u8::try_from(code).ok()?);
        } else {
            let (code, _) = GSM_EXTENSION.iter().find(|(_, known)| *known == character)?;
            septets.extend([0x1B, *code]);
        }
    }
    Some(septets)
}

/// As [`to_septets`], with a question mark for each character that is not of the alphabet.
pub fn to_septets_anyhow(text: &str) -> Vec<u8> {
    let one = |character: char| to_septets(character.encode_utf8(&mut [0; 4])).unwrap_or_else(|| vec![b'?']);
    text.chars().flat_map(one).collect()
}

pub fn from_septets(septets: &[u8]) -> String {
    let mut text = String::with_capacity(septets.len());
    let mut escaped = false;
    for septet in septets {
        if escaped {
            escaped = false;
            text.push(GSM_EXTENSION.iter().find(|(code, _)| code == septet).map_or(' ', |(_, character)| *character));
        } else if *septet == 0x1B {
            escaped = true;
        } else {
            text.push(GSM.chars().nth(usize::from(*septet)).unwrap_or(' '));
        }
    }
    text
}

/// Eight septets in seven octets, the first in the lowest bits.
pub fn pack(septets: &[u8]) -> Vec<u8> {
    regroup(septets, 7, 8)
}

pub fn unpack(octets: &[u8], count: usize) -> Vec<u8> {
    let mut septets = regroup(octets, 8, 7);
    septets.truncate(count);
    septets
}

/// As [`pack`], where nobody is told how many there are, as in USSD: seven bits that are left over would be an `@`, so
/// a CR fills them, and stands behind a CR that ends an octet (23.038 §6.1.2.3.1).
pub fn pack_uncounted(septets: &[u8]) -> Vec<u8> {
    let is_filled = match septets.len() % 8 {
        7 => true,
        0 => septets.last() == Some(&b'\r'),
        _ => false,
    };
    pack(&[septets, if is_filled { b"\r" } else { b"" }].concat())
}

/// What [`pack_uncounted`] packed.
pub fn unpack_uncounted(octets: &[u8]) -> Vec<u8> {
    let mut septets = unpack(octets, octets.len() * 8 / 7);
    if septets.len().is_multiple_of(8) || (septets.len() % 8 == 1 && septets.ends_with(b"\r\r")) {
        septets.pop_if(|last| *last == b'\r');
    }
    septets
}

/// Units of so many bits as units of so many others; what is left of the last one is padded.
fn regroup(units: &[u8], from: u32, to: u32) -> Vec<u8> {
    let mut regrouped = Vec::with_capacity(units.len() * 8 / 7 + 1);
    let (mut bits, mut count) = (0_u32, 0);
    for unit in units {
        bits |= (u32::from(*unit) & ((1 << from) - 1)) << count;
        count += from;
        while count >= to {
            regrouped.push((bits & ((1 << to) - 1)) as u8);
            bits >>= to;
            count -= to;
        }
    }
    if count > 0 {
        regrouped.push(bits as u8);
    }
    regrouped
}

pub fn to_ucs2_hex(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("{unit:04X}")).collect()
}

pub fn from_ucs2_hex(hex: &str) -> Option<String> {
    from_ucs2(&notation::unhex(hex)?)
}

pub fn from_ucs2(octets: &[u8]) -> Option<String> {
    let (pairs, []) = octets.as_chunks() else { return None };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}
