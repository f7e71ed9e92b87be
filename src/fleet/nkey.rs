//! Keys as NATS writes them (nkeys): a byte for the kind, 32 bytes, a checksum, all in base32. `U…` is the public half
//! of a user's Ed25519 key, `O…` of an operator's, `X…` that of an X25519 key to seal to. Whoever mixes them up, or
//! loses a letter, is told so.

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519: proves who somebody is, and signs.
    User,
    /// Ed25519: signs the orders of a fleet.
    Operator,
    /// X25519: what is sealed to it, only its owner opens.
    Curve,
}

impl KeyKind {
    /// The first byte, so chosen that its upper five bits are the first letter.
    fn prefix(self) -> u8 {
        match self {
            KeyKind::User => 20 << 3,
            KeyKind::Operator => 14 << 3,
            KeyKind::Curve => 23 << 3,
        }
    }
}

/// The public half of a key as text.
pub fn written(kind: KeyKind, public: &[u8; 32]) -> String {
    let mut bytes = vec![kind.prefix()];
    bytes.extend_from_slice(public);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    base32(&bytes)
}

/// The public half of a key from its text; else why not.
pub fn read(kind: KeyKind, text: &str) -> Result<[u8; 32], String> {
    let letter = match kind {
        KeyKind::User => 'U',
        KeyKind::Operator => 'O',
        KeyKind::Curve => 'X',
    };
    let wrong = |what| format!("{text:?} {what}: it begins with {letter}, and has 56 letters and digits");
    // A letter too much at its end would change none of its bytes.
    let bytes = from_base32(text).filter(|bytes| base32(bytes) == text).ok_or_else(|| wrong("is no key"))?;
    let (body, sum) = bytes.split_last_chunk::<2>().ok_or_else(|| wrong("is no key"))?;
    if checksum(body) != u16::from_le_bytes(*sum) {
        return Err(wrong("is mistyped"));
    }
    let (prefix, public) = body.split_first().ok_or_else(|| wrong("is no key"))?;
    match <[u8; 32]>::try_from(public) {
        Ok(public) if *prefix == kind.prefix() => Ok(public),
        Ok(_) | Err(_) => Err(wrong("is a key of another kind")),
    }
}

/// RFC 4648 §6, without padding.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.extend(letter(held >> bits));
        }
        held &= 0xff;
    }
    if bits > 0 {
        text.extend(letter(held << (5 - bits)));
    }
    text
}

fn letter(value: u32) -> Option<char> {
    LETTERS.get(usize::try_from(value & 31).ok()?).map(|byte| char::from(*byte))
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let value = LETTERS.iter().position(|letter| *letter == byte)?;
        held = (held & 0xff) << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// CRC-16/XMODEM, as nkeys has it.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0_u16;
    for byte in bytes {
        sum ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            sum = if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 };
        }
    }
    sum
}
