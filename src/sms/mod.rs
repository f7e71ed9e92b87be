//! Short messages: [`alphabet`], and a message as PDU mode carries it (23.040 §9.2).

pub mod alphabet;

use alphabet::{from_septets, from_ucs2, pack, to_septets, to_septets_anyhow, unpack};

/// How a text is coded (23.038 §4).
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    #[default]
    Alphabet,
    /// A byte a character, of no alphabet
    Octets,
    Ucs2,
}

impl Coding {
    /// What is reserved is read as the default alphabet, as the standard wants it; what is compressed, as octets.
    pub fn of_scheme(scheme: u8) -> Coding {
        match (scheme >> 4, scheme & 0x0C) {
            (0x2 | 0x3 | 0x6 | 0x7, _) | (0x0..=0x7, 0x04) | (0xF, 0x04 | 0x0C) => Coding::Octets,
            (0x0..=0x7, 0x08) | (0xE, _) => Coding::Ucs2,
            _ => Coding::Alphabet,
        }
    }

    pub fn scheme(self) -> u8 {
        match self {
            Coding::Alphabet => 0x00,
            Coding::Octets => 0x04,
            Coding::Ucs2 => 0x08,
        }
    }

    /// The longest text of one message, and of one of several, in the units of [`Coding::length`].
    pub fn most(self) -> (usize, usize) {
        match self {
            Coding::Alphabet => (160, 153),
            Coding::Octets => (140, 134),
            Coding::Ucs2 => (70, 67),
        }
    }

    /// How many septets, octets or UTF-16 units a text takes.
    pub fn length(self, text: &str) -> usize {
        match self {
            Coding::Alphabet => to_septets_anyhow(text).len(),
            Coding::Octets => text.chars().count(),
            Coding::Ucs2 => text.encode_utf16().count(),
        }
    }

    /// The shortest that holds the text.
    pub fn for_text(text: &str) -> Coding {
        if to_septets(text).is_some() { Coding::Alphabet } else { Coding::Ucs2 }
    }
}

/// Of a text in several messages: its number, how many there are, which one this is.
pub type Part = (u8, u8, u8);

/// SMS-DELIVER: a message that came at a `time` as `26/01/01,00:00:00+00`.
pub fn deliver(address: &str, text: &str, coding: Coding, time: &str, part: Option<Part>) -> Vec<u8> {
    let mut unit = vec![if part.is_some() { 0x44 } else { 0x04 }];
    put_address(&mut unit, address);
    unit.extend([0x00, coding.scheme()]);
    unit.extend(stamp(time));
    unit.extend(user_data(text, coding, part));
    unit
}

/// Year to second and the zone in quarters of an hour, two digits each, the second in the high half.
fn stamp(time: &str) -> impl Iterator<Item = u8> {
    let pairs = time.split(['/', ',', ':', '+']).filter_map(|pair| pair.parse::<u8>().ok());
    pairs.map(|pair| ((pair % 10) << 4) | (pair / 10))
}

/// SMS-STATUS-REPORT: the message of this reference was delivered (23.040 §9.2.2.3).
pub fn status_report(reference: u8, address: &str, time: &str) -> Vec<u8> {
    let mut unit = vec![0x06, reference];
    put_address(&mut unit, address);
    unit.extend(stamp(time).chain(stamp(time)).chain([0x00]));
    unit
}

/// SMS-SUBMIT: a message to be sent.
pub fn submit(address: &str, text: &str, coding: Coding) -> Vec<u8> {
    let mut unit = vec![0x11, 0x00];
    put_address(&mut unit, address);
    // The validity period 0xA7 is one day.
    unit.extend([0x00, coding.scheme(), 0xA7]);
    unit.extend(user_data(text, coding, None));
    unit
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// SMS-SUBMIT, a message to be sent; else SMS-DELIVER, one that came.
    pub is_submit: bool,
    /// The other end.
    pub number: String,
    pub text: String,
    pub coding: Coding,
    /// When the service centre had it, of one that came: `2026-01-01T00:00:00+01:00`
    pub time: Option<String>,
    /// Of a text in several messages: its number, how many there are, which one this is.
    pub part: Option<(u16, u8, u8)>,
}

/// Reads what AT+CMGR and AT+CMGL answer in PDU mode: the service centre, then the unit.
pub fn read(whole: &[u8]) -> Option<(String, Message)> {
    let (length, rest) = whole.split_first()?;
    let (centre, unit) = rest.split_at_checked(usize::from(*length))?;
    let read = |(kind, digits): (&u8, &[u8])| address(*kind, digits, digits.len() * 2);
    let number = centre.split_first().map_or(Some(String::new()), read)?;
    Some((number.trim_end_matches('F').to_owned(), read_unit(unit)?))
}

/// Reads an SMS-SUBMIT or an SMS-DELIVER. `None` where it is none, or is cut short.
pub fn read_unit(unit: &[u8]) -> Option<Message> {
    let mut rest = unit.iter().copied();
    let first = rest.next()?;
    let is_submit = match first & 0x03 {
        0x00 => false,
        0x01 => true,
        _ => return None,
    };
    let _reference = if is_submit { rest.next()? } else { 0 };
    let digits = usize::from(rest.next()?);
    let kind = rest.next()?;
    let octets = take(&mut rest, digits.div_ceil(2))?;
    let number = address(kind, &octets, digits).filter(|_| digits <= 20)?;
    let _protocol = rest.next()?;
    let coding = Coding::of_scheme(rest.next()?);
    // The validity period of one to be sent: none, one octet, or seven.
    let validity = match first & 0x18 {
        _ if !is_submit => 7,
        0x00 => 0,
        0x10 => 1,
        _ => 7,
    };
    let stamp = take(&mut rest, validity)?;
    let length = usize::from(rest.next()?);
    let data: Vec<u8> = rest.collect();
    // A header before the text; septets begin at the next one that is whole.
    let header = match data.first() {
        Some(length) if first & 0x40 != 0 => usize::from(*length) + 1,
        Some(_) | None => 0,
    };
    let text = match coding {
        Coding::Ucs2 => from_ucs2(data.get(header..length)?)?,
        Coding::Octets => data.get(header..length)?.iter().map(|byte| char::from(*byte)).collect(),
        Coding::Alphabet if data.len() < (length * 7).div_ceil(8) => return None,
        Coding::Alphabet => from_septets(unpack(&data, length).get((header * 8).div_ceil(7)..)?),
    };
    let part = data.get(1..header).and_then(part);
    Some(Message { is_submit, number, text, coding, time: if is_submit { None } else { time(&stamp) }, part })
}

fn take(octets: &mut impl Iterator<Item = u8>, count: usize) -> Option<Vec<u8>> {
    let taken: Vec<u8> = octets.by_ref().take(count).collect();
    (taken.len() == count).then_some(taken)
}

/// A number of so many digits, or a name in septets (§9.1.2.5).
fn address(kind: u8, octets: &[u8], digits: usize) -> Option<String> {
    if kind & 0x70 == 0x50 {
        return Some(from_septets(&unpack(octets, digits * 4 / 7)));
    }
    let mut address = if kind & 0x70 == 0x10 { String::from("+") } else { String::new() };
    for nibble in octets.iter().flat_map(|octet| [octet & 0xF, octet >> 4]).take(digits) {
        address.push(match nibble {
            0..=9 => char::from(b'0' + nibble),
            0xA => '*',
            0xB => '#',
            0xF => 'F',
            _ => return None,
        });
    }
    Some(address)
}

/// The part of a long text that an element of the header tells (§9.2.3.24.1, .8).
fn part(mut elements: &[u8]) -> Option<(u16, u8, u8)> {
    while let [name, length, rest @ ..] = elements {
        let (value, behind) = rest.split_at_checked(usize::from(*length))?;
        match (name, value) {
            (0x00, [number, count, place]) => return Some((u16::from(*number), *count, *place)),
            (0x08, [high, low, count, place]) => return Some((u16::from_be_bytes([*high, *low]), *count, *place)),
            _ => elements = behind,
        }
    }
    None
}

/// Year to second, and the zone in quarters of an hour: two digits each, the second in the high half.
fn time(stamp: &[u8]) -> Option<String> {
    let stamp: [u8; 7] = stamp.try_into().ok()?;
    let two = |octet: u8| (octet & 0xF) * 10 + (octet >> 4);
    let ([year, month, day, hour, minute, second, _], [.., zone]) = (stamp.map(two), stamp);
    let (sign, quarters) = (if zone & 0x08 == 0 { '+' } else { '-' }, two(zone & 0xF7));
    let (hours, minutes) = (quarters / 4, quarters % 4 * 15);
    Some(format!("20{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{hours:02}:{minutes:02}"))
}

/// The service centre as it stands before a unit: its length in octets first, 0 where there is none.
pub fn service_centre(number: &str) -> Vec<u8> {
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
    let (kind, digits) = address.strip_prefix('+').map_or((0x81, address), |digits| (0x91, digits));
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

/// The length, and the data: septets are counted before they are packed. Of a part there is a header before them of six
/// octets, or seven septets (§9.2.3.24.1).
pub fn user_data(text: &str, coding: Coding, part: Option<Part>) -> Vec<u8> {
    let header = part.map(|(number, count, place)| [5, 0, 3, number, count, place]);
    let room = 140 - header.map_or(0, |header| header.len());
    let (length, mut data) = match coding {
        Coding::Alphabet => {
            let mut septets = vec![0; if header.is_some() { 7 } else { 0 }];
            septets.extend(to_septets_anyhow(text));
            septets.truncate(160);
            (septets.len(), pack(&septets))
        }
        Coding::Octets => {
            let octets = octets(text);
            (octets.len(), octets)
        }
        Coding::Ucs2 => {
            let mut units: Vec<u8> = header.into_iter().flatten().collect();
            units.extend(text.encode_utf16().take(room / 2).flat_map(u16::to_be_bytes));
            (units.len(), units)
        }
    };
    header.iter().flatten().zip(&mut data).for_each(|(octet, place)| *place = *octet);
    std::iter::once(u8::try_from(length).unwrap_or(160)).chain(data).collect()
}

/// The messages that carry a text: one, or as many as it takes, each with a header.
pub fn parts(text: &str, coding: Coding) -> Vec<String> {
    let (whole, piece) = coding.most();
    let mut parts = vec![String::new()];
    for character in text.chars() {
        let is_full = parts.last().is_some_and(|part| coding.length(&format!("{part}{character}")) > piece);
        if is_full && coding.length(text) > whole {
            parts.push(String::new());
        }
        parts.iter_mut().next_back().into_iter().for_each(|part| part.push(character));
    }
    parts
}

/// A text of [`Coding::Octets`]: a byte a character.
pub fn octets(text: &str) -> Vec<u8> {
    text.chars().filter_map(|character| u8::try_from(character).ok()).take(140).collect()
}
