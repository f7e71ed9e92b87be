//! Messages as PDU mode carries them (23.040 §9.2): what is needed to show one and to take one.

use super::charset::{from_septets, from_ucs2, pack, to_septets, to_septets_anyhow, unpack};

/// How a text is coded (23.038 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// The default alphabet
    Alphabet,
    /// A byte a character, of no alphabet
    Octets,
    Ucs2,
}

impl Coding {
    pub(super) fn of_scheme(scheme: u8) -> Coding {
        match scheme & 0x0C {
            0x08 => Coding::Ucs2,
            0x04 => Coding::Octets,
            _ => Coding::Alphabet,
        }
    }

    pub(super) fn scheme(self) -> u8 {
        match self {
            Coding::Alphabet => 0x00,
            Coding::Octets => 0x04,
            Coding::Ucs2 => 0x08,
        }
    }

    /// The shortest that holds the text.
    pub(super) fn for_text(text: &str) -> Coding {
        if to_septets(text).is_some() { Coding::Alphabet } else { Coding::Ucs2 }
    }
}

/// SMS-DELIVER: a message that came at a `time` as `26/01/01,00:00:00+00`.
pub(super) fn deliver(address: &str, text: &str, coding: Coding, time: &str) -> Vec<u8> {
    let mut unit = vec![0x04];
    put_address(&mut unit, address);
    unit.extend([0x00, coding.scheme()]);
    // Year to second and the zone in quarters of an hour, two digits each, the second in the high half.
    let pairs = time.split(['/', ',', ':', '+']).filter_map(|pair| pair.parse::<u8>().ok());
    unit.extend(pairs.map(|pair| ((pair % 10) << 4) | (pair / 10)));
    unit.extend(user_data(text, coding));
    unit
}

/// SMS-SUBMIT: a message to be sent.
pub(super) fn submit(address: &str, text: &str, coding: Coding) -> Vec<u8> {
    let mut unit = vec![0x11, 0x00];
    put_address(&mut unit, address);
    // The validity period 0xA7 is one day.
    unit.extend([0x00, coding.scheme(), 0xA7]);
    unit.extend(user_data(text, coding));
    unit
}

/// Reads an SMS-SUBMIT: the other end's number, the text and its coding. `None` where it is none, or is cut short.
pub(super) fn read_submit(unit: &[u8]) -> Option<(String, String, Coding)> {
    let mut rest = unit.iter().copied();
    let first = rest.next()?;
    if first & 0x03 != 0x01 {
        return None;
    }
    let _reference = rest.next()?;
    let digits = usize::from(rest.next()?);
    if digits > 20 {
        return None;
    }
    let kind = rest.next()?;
    let octets: Vec<u8> = rest.by_ref().take(digits.div_ceil(2)).collect();
    if octets.len() != digits.div_ceil(2) {
        return None;
    }
    let mut address = if kind == 0x91 { String::from("+") } else { String::new() };
    for nibble in octets.iter().flat_map(|octet| [octet & 0xF, octet >> 4]).take(digits) {
        address.push(match nibble {
            0..=9 => char::from(b'0' + nibble),
            0xA => '*',
            0xB => '#',
            _ => return None,
        });
    }
    let _protocol = rest.next()?;
    let coding = Coding::of_scheme(rest.next()?);
    // The validity period: none, one octet, or seven.
    let validity = match first & 0x18 {
        0x00 => 0,
        0x10 => 1,
        _ => 7,
    };
    for _ in 0..validity {
        rest.next()?;
    }
    let length = usize::from(rest.next()?);
    let data: Vec<u8> = rest.collect();
    let text = match coding {
        Coding::Ucs2 => from_ucs2(data.get(..length)?)?,
        Coding::Octets => data.get(..length)?.iter().map(|byte| char::from(*byte)).collect(),
        Coding::Alphabet if data.len() < (length * 7).div_ceil(8) => return None,
        Coding::Alphabet => from_septets(&unpack(&data, length)),
    };
    Some((address, text, coding))
}

/// The service centre as it stands before a unit: its length in octets first, 0 where there is none.
pub(super) fn service_centre(number: &str) -> Vec<u8> {
    if number.is_empty() {
        return vec![0];
    }
    let mut address = Vec::new();
    put_address(&mut address, number);
    // Here the length counts octets, the kind included.
    let octets = u8::try_from(address.len().saturating_sub(1)).unwrap_or(0);
    if let Some(length) = address.first_mut() {
        *length = octets;
    }
    address
}

fn put_address(unit: &mut Vec<u8>, address: &str) {
    let (kind, digits) = match address.strip_prefix('+') {
        Some(digits) => (0x91, digits),
        None => (0x81, address),
    };
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'*' => 0xA,
        b'#' => 0xB,
        _ => 0xF,
    };
    let digits = digits.as_bytes().get(..digits.len().min(20)).unwrap_or_default();
    unit.extend([u8::try_from(digits.len()).unwrap_or(20), kind]);
    for pair in digits.chunks(2) {
        let low = pair.first().map_or(0xF, |byte| nibble(*byte));
        let high = pair.get(1).map_or(0xF, |byte| nibble(*byte));
        unit.push(high << 4 | low);
    }
}

/// The length, and the data: septets are counted before they are packed.
fn user_data(text: &str, coding: Coding) -> Vec<u8> {
    let (length, data) = match coding {
        Coding::Alphabet => {
            let mut septets = to_septets_anyhow(text);
            septets.truncate(160);
            (septets.len(), pack(&septets))
        }
        Coding::Octets => {
            let octets = octets(text);
            (octets.len(), octets)
        }
        Coding::Ucs2 => {
            let units: Vec<u8> = text.encode_utf16().take(70).flat_map(u16::to_be_bytes).collect();
            (units.len(), units)
        }
    };
    std::iter::once(u8::try_from(length).unwrap_or(160)).chain(data).collect()
}

/// A text of [`Coding::Octets`]: a byte a character.
pub(super) fn octets(text: &str) -> Vec<u8> {
    text.chars().filter_map(|character| u8::try_from(character).ok()).take(140).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::{hex, unhex};

    #[test]
    fn a_message_to_be_sent_and_back() {
        for (address, text, coding) in [
            ("+46708251358", "hellohello", Coding::Alphabet),
            ("2936", "Zoè [€]", Coding::Alphabet),
            ("000", "日本", Coding::Ucs2),
            ("000", "plain", Coding::Ucs2),
            ("000", "\u{0}\u{FF}", Coding::Octets),
        ] {
            let read = read_submit(&submit(address, text, coding)).unwrap();
            assert_eq!(read, (address.into(), text.into(), coding));
        }
        // The example that most descriptions of PDU mode give.
        let known = unhex("11000B916407281553F80000AA0AE8329BFD4697D9EC37").unwrap();
        assert_eq!(read_submit(&known), Some(("+46708251358".into(), "hellohello".into(), Coding::Alphabet)));
    }

    #[test]
    fn a_message_that_came() {
        let unit = deliver("+27838890001", "How are you?", Coding::Alphabet, "99/03/29,15:16:59+08");
        assert_eq!(hex(&unit), "040B917238880900F10000993092516195800CC8F71D14969741F977FD07");
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        let whole = submit("+46708251358", "hellohello", Coding::Alphabet);
        for length in 0..whole.len() {
            assert_eq!(read_submit(&whole[..length]), None, "{length}");
        }
    }
}
