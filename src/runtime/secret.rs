//! Secrets are masked by value: wherever a secret's text stands in what leaves the runtime, `***` stands instead.
//!
//! A modem echoes what it is sent, repeats it in answers, in hex or UCS2, in upper case, and cut at a line's end. A
//! script may write it by `base64`, `pack7`, `pdu`, percent-encoded or digit by digit. So a [`Mask`] knows each
//! secret's spellings, compares without case, and hides a large part of a secret at an edge, and a long one anywhere.
//! Values inside the runtime are never changed, so a secret that is captured or put together works as any text.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::at::{Event, ResultCode};
use crate::catalogue::{is_called_secret, secrets_in};
use crate::diagnostic::Diagnostic;
use crate::notation::{hex, percent_encoded};
use crate::port::transcript::MASKED;
use crate::sms::alphabet::{pack, pack_uncounted, to_septets, to_ucs2_hex};
use crate::source::Source;
use crate::value::{Value, bytes_of};

/// At an edge, a part of a secret is hidden from this many bytes on, if it is half of the secret.
const SMALLEST_PART: usize = 4;
/// Anywhere, so many bytes of a secret in a row are hidden.
const LONG_PART: usize = 9;
/// Of a secret that is a whole file, the parts of its beginning.
const MOST_PARTS: usize = 16 << 10;

/// Hides secrets. Without secrets everything passes as it is.
#[derive(Clone, Default)]
pub struct Mask {
    /// In lower case.
    spellings: Vec<Vec<u8>>,
    /// For each byte the spellings that begin with it
    first: Vec<Vec<usize>>,
    /// In lower case.
    parts: HashSet<[u8; LONG_PART]>,
    /// The numbers of modems, SIMs and people are hidden too.
    personal: bool,
    /// What functions have made of secrets, as a mask of its own
    made: RefCell<Option<Box<Mask>>>,
    /// As they were made: lists of pieces too
    pieces: Vec<Value>,
}

/// The pieces of a value that are secret, and those that are open
type Share = (Vec<Vec<u8>>, Vec<Vec<u8>>);

/// A mask by which others hide too: what a port writes down, while a run learns what is secret.
pub type SharedMask = Arc<Mutex<Mask>>;

impl Mask {
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Mask {
        let mut mask = Mask::default();
        secrets.into_iter().for_each(|secret| mask.add(secret));
        mask
    }

    /// Hides IMEI, IMSI, ICCID and telephone numbers too, and text of a message that is written in hex.
    #[must_use]
    pub fn personal(self, personal: bool) -> Mask {
        Mask { personal, ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.spellings.is_empty() && !self.personal
    }

    /// Whether what was typed may be kept on disk: a name that stands for a secret is none.
    pub fn may_keep(&self, text: &str) -> bool {
        let is_name = |place: Range<usize>| text.get(place).is_some_and(|it| it.starts_with("${") && it.ends_with('}'));
        let declares = |line: &str| {
            let (what, name) = line.trim().split_once(' ').unwrap_or_default();
            let name = name.split_once('=').map(|(name, _)| name.trim());
            name.is_some_and(|name| what == "secret" || matches!(what, "set" | "param") && is_called_secret(name))
        };
        // `run "x" with pw = "…"`
        let gives = |(name, value): (&str, &str)| is_called_secret(name.trim()) && value.contains(['"', '\'']);
        let gives = |given: &str| given.split_once('=').is_some_and(gives);
        let hands_on = |line: &str| line.split_once(" with ").is_some_and(|(_, given)| given.split(',').any(gives));
        !self.hides(text)
            && secrets_in(text).into_iter().all(is_name)
            && !text.lines().any(|line| declares(line) || hands_on(line))
    }

    /// From here on this text is hidden; an empty one hides nothing.
    pub fn add(&mut self, secret: &str) {
        self.spell(secret.as_bytes());
        self.spell(secret.trim().as_bytes());
        // A text of several lines is echoed line by line.
        secret.split(['\r', '\n']).filter(|line| line.len() >= SMALLEST_PART).for_each(|line| {
            self.spell(line.as_bytes());
        });
        if secret.chars().count() > 1 {
            self.spell(hex(secret.as_bytes()).as_bytes());
            self.spell(to_ucs2_hex(secret).as_bytes());
        }
        // As a number it loses its leading zeros.
        if let Ok(number) = secret.trim().parse::<i64>() {
            self.spell(number.to_string().as_bytes());
        }
        if secret.len() >= SMALLEST_PART {
            self.spell_written(secret);
        }
        let lower = secret.to_ascii_lowercase();
        let parts = lower.as_bytes().array_windows::<LONG_PART>().take(MOST_PARTS.saturating_sub(self.parts.len()));
        self.parts.extend(parts.filter(|part| !part.contains(&b'\n')));
    }

    /// As functions of the language write it, alone and in a longer text, and as scripts put it together.
    fn spell_written(&mut self, secret: &str) {
        // How Base64 looks depends on the bytes before it; the digits that it shares with its neighbours are left out.
        for before in 0..3 {
            let digits = BASE64_STANDARD.encode([vec![0; before], secret.into()].concat());
            let (start, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
            let own = digits.get(start..end).unwrap_or_default();
            let whole = if before == 0 { digits.trim_end_matches('=') } else { own };
            for digits in [own, whole] {
                self.spell(digits.as_bytes());
                self.spell(digits.replace('+', "-").replace('/', "_").as_bytes());
            }
        }
        // Packed septets too depend on what stands before them. Fewer than eight digits stand in any number.
        let septets = to_septets(secret).unwrap_or_default();
        let uncounted = hex(&pack_uncounted(&septets));
        for before in 0..8 {
            let packed = hex(&pack(&[vec![0; before], septets.clone()].concat()));
            let (start, end) = ((before * 7).div_ceil(8) * 2, (before + septets.len()) * 7 / 8 * 2);
            let own = packed.get(start..end).unwrap_or_default();
            let whole = if before == 0 { &packed } else { own };
            [own, whole, &uncounted].iter().filter(|it| it.len() >= 8).for_each(|digits| self.spell(digits.as_bytes()));
        }
        // RFC 3986 §2.3; all but letters and digits; each byte of it. Modems write `\2D` too, and Latin-1.
        let written = |plain: bool, stays: &[u8]| {
            percent_encoded(secret, |byte| plain && byte.is_ascii_alphanumeric() || stays.contains(&byte))
        };
        for uri in [written(true, b"-._~"), written(true, b""), written(false, b"")] {
            let spellings = [uri.replace("%20", "+"), uri.replace('%', "\\"), uri];
            spellings.iter().for_each(|spelling| self.spell(spelling.as_bytes()));
        }
        let narrow = secret.chars().map(|character| u8::try_from(u32::from(character))).collect::<Result<Vec<_>, _>>();
        narrow.into_iter().for_each(|bytes| self.spell(&bytes));
        let characters: Vec<String> = secret.chars().map(String::from).collect();
        for between in [" ", "-", ".", ",", ", "] {
            self.spell(characters.join(between).as_bytes());
        }
        // A number in a PDU: each two digits are swapped (23.040 §9.1.2.3).
        if secret.bytes().all(|byte| byte.is_ascii_digit()) {
            let pairs = secret.as_bytes().chunks(2).flat_map(|pair| pair.iter().rev().copied());
            let swapped: Vec<u8> = pairs.collect();
            self.spell(&swapped);
        }
    }

    fn spell(&mut self, spelling: &[u8]) {
        let spelling = spelling.to_ascii_lowercase();
        let Some(first) = spelling.first() else { return };
        if self.spellings.contains(&spelling) {
            return;
        }
        self.first.resize(256, Vec::new());
        if let Some(begin) = self.first.get_mut(usize::from(*first)) {
            begin.push(self.spellings.len());
        }
        self.spellings.push(spelling);
    }

    /// From here on a captured value is hidden, and each value in it.
    pub fn add_value(&mut self, value: &Value) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.add_value(item)),
            Value::Record(record) => record.iter().for_each(|(_, value)| self.add_value(value)),
            Value::Text(_) | Value::Bytes(_) | Value::Int(_) | Value::Decimal(_) => self.add(&value.to_string()),
            Value::Bool(_) | Value::Duration(_) => {}
        }
    }

    /// What would show of a secret in what a function has made of these values: all of it, or pieces. Of a text that
    /// holds more than a secret, what has none of it in it may be shown.
    pub fn shown_by(&self, given: &[Value], made: &Value) -> Vec<Value> {
        if self.spellings.is_empty() || self.is_taken_out(given) {
            return Vec::new();
        }
        let all = |is_shown: bool| if is_shown { vec![made.clone()] } else { Vec::new() };
        let (hidden, open) = self.share(made);
        let shares: Vec<_> = given.iter().map(|value| self.share(value)).collect();
        if shares.first().is_some_and(|(secret, rest)| !secret.is_empty() && total(rest) < SMALLEST_PART) {
            return all(total(&open) >= SMALLEST_PART);
        }
        if !hidden.is_empty() {
            return pieces_shown(&shares, &open);
        }
        // What `split` and `replace` are given second they take out: what is left stands in the first.
        let is_left = |leaf: &Value| matches!(given, [Value::Text(from), ..] if from.contains(&leaf.to_string()));
        let is_cut = leaves(made).into_iter().all(is_left);
        let is_given =
            shares.iter().enumerate().any(|(place, (secret, _))| !(secret.is_empty() || place == 1 && is_cut));
        all(is_given && !self.is_beside(given.first(), made))
    }

    /// Whether `replace` puts something else in the place of each whole secret: then nothing of it is left.
    fn is_taken_out(&self, given: &[Value]) -> bool {
        let [Value::Text(from), Value::Text(secret), Value::Text(instead)] = given else { return false };
        let secrets = self.secrets_of(from.as_bytes());
        let is_whole = |(at, to): &(usize, usize)| from.get(*at..*to) == Some(&**secret);
        !secrets.is_empty() && secrets.iter().all(is_whole) && self.secrets_of(instead.as_bytes()).is_empty()
    }

    /// Whether it is a part of a text where no secret stands.
    fn is_beside(&self, from: Option<&Value>, made: &Value) -> bool {
        let (Some(Value::Text(from)), Value::Text(part)) = (from, made) else { return false };
        let Some(start) = from.find(&**part) else { return false };
        let within = |(at, to): (usize, usize)| to.min(start + part.len()).saturating_sub(at.max(start));
        self.secrets_of(from.as_bytes()).into_iter().all(|secret| within(secret) < SMALLEST_PART)
    }

    /// From here on what a function has made of a secret is hidden.
    pub fn add_made(&self, made: &Value) {
        let mut mask = self.made.borrow_mut();
        let mask = mask.get_or_insert_default();
        mask.pieces.push(made.clone());
        for leaf in leaves(made).into_iter().filter(|leaf| bytes_of(leaf).len() >= SMALLEST_PART) {
            mask.spell(&bytes_of(leaf));
            mask.add(&leaf.to_string());
        }
    }

    /// The pieces of a value that are secret, and those that are not, wherever it stands; in lower case.
    fn share(&self, value: &Value) -> Share {
        let number = matches!(value, Value::Int(_) | Value::Decimal(_)).then(|| Value::text(value.to_string()));
        let leaves = leaves(number.as_ref().unwrap_or(value));
        let lower = |leaf: &Value| bytes_of(leaf).to_ascii_lowercase();
        if self.made.borrow().as_ref().is_some_and(|made| made.pieces.contains(value)) {
            return (leaves.into_iter().map(lower).collect(), Vec::new());
        }
        let (mut secret, mut open) = (Vec::new(), Vec::new());
        for leaf in leaves {
            // At an edge less is hidden than in the middle of other text.
            let bytes = [b"\n", &*lower(leaf), b"\n"].concat();
            let mut from = 1;
            for (start, end) in self.secrets_of(&bytes) {
                open.extend(bytes.get(from..start).map(<[u8]>::to_vec));
                secret.extend(bytes.get(start..end).map(<[u8]>::to_vec));
                from = end;
            }
            open.extend(bytes.get(from..bytes.len() - 1).map(<[u8]>::to_vec));
        }
        (secret, open)
    }

    /// The bytes with every secret in them replaced by `***`.
    pub fn bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let hidden = self.hidden(bytes);
        if hidden.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut shown = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for (start, end) in hidden {
            shown.extend_from_slice(bytes.get(at..start).unwrap_or_default());
            shown.extend_from_slice(MASKED.as_bytes());
            at = end;
        }
        shown.extend_from_slice(bytes.get(at..).unwrap_or_default());
        Cow::Owned(shown)
    }

    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(shown) => Cow::Owned(String::from_utf8_lossy(&shown).into_owned()),
        }
    }

    /// Whether something of this text is hidden.
    pub fn hides(&self, text: &str) -> bool {
        matches!(self.text(text), Cow::Owned(_))
    }

    pub fn string(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Owned(shown) => shown,
            Cow::Borrowed(_) => text,
        }
    }

    /// Whether a function has cut it out of a secret: it may be too short to be known in other text.
    fn is_piece(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        let is_it = |leaf: &Value| matches!(leaf, Value::Text(leaf) if **leaf == *text);
        let is_made = |made: &Mask| made.pieces.iter().flat_map(leaves).any(is_it);
        !text.is_empty()
            && self.made.borrow().as_deref().is_some_and(is_made)
            && self.spellings.iter().any(|spelling| memchr::memmem::find(spelling, lower.as_bytes()).is_some())
    }

    pub fn value(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        match value {
            Value::Text(text) if self.is_piece(text) => Value::text(MASKED),
            Value::Text(_) | Value::Int(_) | Value::Decimal(_) => match self.text(&value.to_string()) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(shown) => Value::text(shown),
            },
            Value::Bytes(bytes) => match self.bytes(bytes) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(shown) => Value::of_bytes(shown),
            },
            Value::Bool(_) | Value::Duration(_) => value.clone(),
            Value::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect()),
            Value::Record(record) => {
                Value::record(record.iter().map(|(name, value)| (name, self.value(value))).collect())
            }
        }
    }

    /// The source with secrets overwritten in place, so that its spans stay right.
    pub fn source(&self, source: &Arc<Source>) -> Arc<Source> {
        let hidden = self.hidden(source.text.as_bytes());
        if hidden.is_empty() {
            return Arc::clone(source);
        }
        source.overwritten(hidden.into_iter().map(|(start, end)| start..end), b"")
    }

    /// Hides what is secret in what is told, and in the source that it shows.
    pub fn diagnostic(&self, told: &mut Diagnostic) {
        let labels = told.labels.iter_mut().map(|label| &mut label.text);
        let texts = labels.chain([&mut told.message]).chain(&mut told.help);
        texts.for_each(|text| *text = self.string(std::mem::take(text)));
        told.source = self.source(&told.source);
    }

    /// Hands the event on with its secrets hidden.
    pub fn event(&self, event: &Event<'_>, tell: &mut dyn FnMut(Event<'_>)) {
        if self.is_empty() {
            return tell(*event);
        }
        match *event {
            Event::Sent { bytes, why } => tell(Event::Sent { bytes: &self.bytes(bytes), why }),
            Event::Echo(line) => tell(Event::Echo(&self.bytes(line))),
            Event::Response(line) => tell(Event::Response(&self.bytes(line))),
            Event::Final { line, result } => match self.bytes(line) {
                Cow::Borrowed(_) => tell(*event),
                // What the result code says stands in the line.
                Cow::Owned(line) => {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    let result = ResultCode::Vendor { text, success: result.is_success() };
                    tell(Event::Final { line: &line, result: &result });
                }
            },
            Event::Urc(line) => tell(Event::Urc(&self.bytes(line))),
            Event::Prompt(prompt) => tell(Event::Prompt(&self.bytes(prompt))),
            Event::Stray(line) => tell(Event::Stray(&self.bytes(line))),
            Event::Data(line) => tell(Event::Data(&self.bytes(line))),
            Event::Partial(line) => tell(Event::Partial(&self.bytes(line))),
            Event::Dropped { .. } | Event::Truncated { .. } => tell(*event),
            Event::Notice(text) => tell(Event::Notice(&self.text(text))),
        }
    }

    /// The ranges to hide, in order, none touching another.
    fn hidden(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let ranges = self.secrets_of(bytes);
        if !self.personal {
            return ranges;
        }
        let written = std::str::from_utf8(bytes).map(secrets_in).unwrap_or_default();
        let written = written.into_iter().map(|place| (place.start, place.end));
        in_order(ranges.into_iter().chain(personal_numbers(bytes)).chain(written).collect())
    }

    /// The ranges of secrets, in order, none touching another.
    fn secrets_of(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        if self.spellings.is_empty() {
            return ranges;
        }
        // Secrets may overlap each other (`abcd` and `cdef` in `abcdef`), so every place is looked at.
        for (start, byte) in bytes.iter().enumerate() {
            let rest = bytes.get(start..).unwrap_or_default();
            let begin = self.first.get(usize::from(byte.to_ascii_lowercase())).into_iter().flatten();
            let spellings = begin.filter_map(|place| self.spellings.get(*place));
            let longest = spellings.filter_map(|spelling| hidden_prefix(rest, spelling)).max();
            if let Some(length) = longest.max(self.is_part(rest).then_some(LONG_PART)) {
                push(&mut ranges, start, start + length);
            }
        }
        self.hide_tail(bytes, &mut ranges);
        match &*self.made.borrow() {
            Some(made) => in_order([ranges, made.secrets_of(bytes)].concat()),
            None => ranges,
        }
    }

    fn is_part(&self, rest: &[u8]) -> bool {
        !self.parts.is_empty()
            && rest
                .first_chunk::<LONG_PART>()
                .is_some_and(|part| self.parts.contains(&part.map(|byte| byte.to_ascii_lowercase())))
    }

    /// A line was cut in the middle of a secret: the second part begins the next.
    fn hide_tail(&self, bytes: &[u8], ranges: &mut Vec<(usize, usize)>) {
        let longest = self.spellings.iter().filter_map(|spelling| {
            (smallest_part(spelling)?..spelling.len()).rev().find(|length| {
                let tail = spelling.get(spelling.len() - length..).unwrap_or_default();
                bytes.get(..*length).is_some_and(|head| head.eq_ignore_ascii_case(tail))
            })
        });
        if let Some(length) = longest.max() {
            // It is the first range or a part of it.
            let mut end = length;
            while let Some((start, first_end)) = ranges.first().copied()
                && start <= end
            {
                end = end.max(first_end);
                ranges.remove(0);
            }
            ranges.insert(0, (0, end));
        }
    }
}

fn total(pieces: &[Vec<u8>]) -> usize {
    pieces.iter().map(Vec::len).sum()
}

/// The pieces of given secrets that stand open in what was made, and stood open nowhere before.
fn pieces_shown(given: &[Share], made: &[Vec<u8>]) -> Vec<Value> {
    let parts = |piece: &Vec<u8>| piece.array_windows::<SMALLEST_PART>().copied().collect::<Vec<_>>();
    let secret: HashSet<_> = given.iter().flat_map(|(secret, _)| secret).flat_map(parts).collect();
    let was_open =
        |part: &[u8]| given.iter().flat_map(|(_, open)| open).any(|piece| memchr::memmem::find(piece, part).is_some());
    let mut shown = Vec::new();
    for piece in made {
        let mut ranges = Vec::new();
        for (start, part) in parts(piece).iter().enumerate().filter(|(_, part)| secret.contains(*part)) {
            if !was_open(part) {
                push(&mut ranges, start, start + SMALLEST_PART);
            }
        }
        let texts = ranges.into_iter().filter_map(|(start, end)| piece.get(start..end));
        shown.extend(texts.map(|text| Value::text(String::from_utf8_lossy(text))));
    }
    shown
}

/// Digits in a row that are as many as those of an IMEI, an IMSI, an ICCID or a telephone number; and hex that is as
/// long as a PDU or a text in UCS2. A number of a cell has fewer, a short code too. What is dialled may be short, and a
/// blank or a hyphen may part groups of an IMEI, an IMSI or an ICCID.
fn personal_numbers(bytes: &[u8]) -> Vec<(usize, usize)> {
    const TELEPHONE: usize = 7;
    const HIDDEN_DIGITS: usize = 10;
    const HEX: usize = 20;
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let before = bytes.get(start.saturating_sub(4)..start).unwrap_or_default().to_ascii_uppercase();
        let is_called = ["ATD", "ATDT", "ATDP"].iter().any(|sign| before.ends_with(sign.as_bytes()));
        let is_dialled = is_called || before.ends_with(b"+");
        // Nowhere else is it counted: a long row of blanks would be, from each of them on.
        let called = rest.iter().take_while(|byte| is_called && (byte.is_ascii_digit() || b" -.()".contains(byte)));
        let called = called.count();
        let hidden = match length {
            HEX.. => length,
            _ if digits >= HIDDEN_DIGITS => digits.max(called),
            _ => digits.max(grouped(rest)).max(called),
        };
        if hidden >= HIDDEN_DIGITS || (is_dialled && hidden >= TELEPHONE) {
            found.push((start, start + hidden));
        }
        // A `D` before digits is a hexadecimal digit too.
        start += hidden.max(1);
    }
    found
}

/// How long an IMEI, an IMSI or an ICCID in groups is that `rest` begins with: `86 642503 802559 1`; 0 where none is.
fn grouped(rest: &[u8]) -> usize {
    const MOST_GROUPS: usize = 5;
    let first = rest.iter().find(|byte| !byte.is_ascii_digit());
    let Some(separator) = first.filter(|byte| b" -".contains(byte)) else { return 0 };
    let mut lengths = Vec::new();
    for group in rest.split(|byte| byte == separator).take(MOST_GROUPS) {
        let length = group.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 || lengths.iter().sum::<usize>() + length > 22 {
            break;
        }
        lengths.push(length);
        if length < group.len() {
            break;
        }
    }
    let digits = lengths.iter().sum::<usize>();
    // Values of an answer stand in a row too: `1300 101 20300 12`.
    let is_even = lengths.split_last().is_some_and(|(_, before)| before.iter().all(|length| *length >= 4));
    let is_number = digits >= 14 && (is_even || lengths.iter().any(|length| *length >= 6));
    if is_number { digits + lengths.len() - 1 } else { 0 }
}

/// How much of `rest` is this secret: all of it, or a large part at the end of the line.
fn hidden_prefix(rest: &[u8], spelling: &[u8]) -> Option<usize> {
    if let Some(head) = rest.get(..spelling.len()) {
        return head.eq_ignore_ascii_case(spelling).then_some(spelling.len());
    }
    let part = spelling.get(..rest.len())?;
    (rest.len() >= smallest_part(spelling)? && rest.eq_ignore_ascii_case(part)).then_some(rest.len())
}

fn smallest_part(spelling: &[u8]) -> Option<usize> {
    let part = SMALLEST_PART.max(spelling.len().div_ceil(2));
    (part < spelling.len()).then_some(part)
}

/// The texts and bytes in a value.
pub(super) fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().flat_map(leaves).collect(),
        Value::Record(record) => record.iter().flat_map(|(_, value)| leaves(value)).collect(),
        Value::Text(_) | Value::Bytes(_) => vec![value],
        Value::Int(_) | Value::Decimal(_) | Value::Bool(_) | Value::Duration(_) => Vec::new(),
    }
}

fn in_order(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut merged = Vec::with_capacity(ranges.len());
    ranges.into_iter().for_each(|(start, end)| push(&mut merged, start, end));
    merged
}

fn push(ranges: &mut Vec<(usize, usize)>, start: usize, end: usize) {
    match ranges.last_mut() {
        Some((_, last)) if start <= *last => *last = (*last).max(end),
        Some(_) | None => ranges.push((start, end)),
    }
}
