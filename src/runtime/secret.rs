//! Secrets are masked by value: wherever a secret's text stands in what leaves the runtime, `***` stands instead.
//!
//! A modem echoes what it is sent, repeats it in answers, in hex or UCS2, in upper case, and cut at a line's end. So a
//! [`Mask`] knows each secret's spellings, compares without case, and hides a large part of a secret at an edge.
//! Values inside the runtime are never changed, so a secret that is captured or put together works as any text.

use std::borrow::Cow;
use std::sync::Arc;

use crate::at::{Event, NumberedError, ResultCode};
use crate::notation::hex;
use crate::source::Source;
use crate::value::{Record, Value};

const MASK: &str = "***";
/// At an edge, a part of a secret is hidden from this many bytes on, if it is half of the secret.
const SMALLEST_PART: usize = 4;

/// Hides secrets. Without secrets everything passes as it is.
#[derive(Clone, Default)]
pub struct Mask {
    /// In lower case.
    spellings: Vec<Vec<u8>>,
    /// Which bytes a spelling begins with, in lower case.
    first: Vec<bool>,
    /// The numbers of modems, SIMs and people are hidden too.
    personal: bool,
}

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
            let ucs2: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
            self.spell(hex(&ucs2).as_bytes());
        }
        // As a number it loses its leading zeros.
        if let Ok(number) = secret.trim().parse::<i64>() {
            self.spell(number.to_string().as_bytes());
        }
    }

    fn spell(&mut self, spelling: &[u8]) {
        let spelling = spelling.to_ascii_lowercase();
        let Some(first) = spelling.first() else { return };
        if self.spellings.contains(&spelling) {
            return;
        }
        self.first.resize(256, false);
        if let Some(begins) = self.first.get_mut(usize::from(*first)) {
            *begins = true;
        }
        self.spellings.push(spelling);
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
            shown.extend_from_slice(MASK.as_bytes());
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

    pub fn string(&self, text: String) -> String {
        match self.text(&text) {
            Cow::Owned(shown) => shown,
            Cow::Borrowed(_) => text,
        }
    }

    pub fn value(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        match value {
            Value::Text(text) => match self.text(text) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(shown) => Value::text(shown),
            },
            Value::Int(number) => match self.text(&number.to_string()) {
                Cow::Borrowed(_) => value.clone(),
                Cow::Owned(shown) => Value::text(shown),
            },
            Value::Decimal(number) => match self.text(&number.to_string()) {
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
                let mut shown = Record::new();
                record.iter().for_each(|(name, value)| shown.set(name, self.value(value)));
                Value::record(shown)
            }
        }
    }

    /// The source with secrets overwritten in place, so that its spans stay right.
    pub fn source(&self, source: &Arc<Source>) -> Arc<Source> {
        let hidden = self.hidden(source.text.as_bytes());
        if hidden.is_empty() {
            return Arc::clone(source);
        }
        let mut text = source.text.clone().into_bytes();
        for (start, end) in hidden {
            for byte in text.get_mut(start..end).unwrap_or_default() {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b'*';
                }
            }
        }
        Source::new(source.name.clone(), String::from_utf8_lossy(&text).into_owned())
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
            Event::Final { line, result } => {
                tell(Event::Final { line: &self.bytes(line), result: &self.result(result) });
            }
            Event::Urc(line) => tell(Event::Urc(&self.bytes(line))),
            Event::Prompt(prompt) => tell(Event::Prompt(&self.bytes(prompt))),
            Event::Stray(line) => tell(Event::Stray(&self.bytes(line))),
            Event::Data(line) => tell(Event::Data(&self.bytes(line))),
            Event::Partial(line) => tell(Event::Partial(&self.bytes(line))),
            Event::Dropped { .. } | Event::Truncated { .. } => tell(*event),
            Event::Notice(text) => tell(Event::Notice(&self.text(text))),
        }
    }

    fn result(&self, result: &ResultCode) -> ResultCode {
        let numbered = |error: &NumberedError| {
            // The number stands in the text too: where that is hidden, so is the number.
            match self.text(&error.text) {
                Cow::Borrowed(_) => error.clone(),
                Cow::Owned(text) => NumberedError { code: None, text },
            }
        };
        match result {
            ResultCode::Connect(text) => ResultCode::Connect(self.text(text).into_owned()),
            ResultCode::Equipment(error) => ResultCode::Equipment(numbered(error)),
            ResultCode::Message(error) => ResultCode::Message(numbered(error)),
            ResultCode::Vendor { text, success } => {
                ResultCode::Vendor { text: self.text(text).into_owned(), success: *success }
            }
            ResultCode::Ok
            | ResultCode::Error
            | ResultCode::NoCarrier
            | ResultCode::Busy
            | ResultCode::NoAnswer
            | ResultCode::NoDialtone
            | ResultCode::Aborted => result.clone(),
        }
    }

    /// The ranges to hide, in order, none touching another.
    fn hidden(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        if self.is_empty() {
            return ranges;
        }
        // Secrets may overlap each other (`abcd` and `cdef` in `abcdef`), so every place is looked at.
        for (start, byte) in bytes.iter().enumerate() {
            if !self.first.get(usize::from(byte.to_ascii_lowercase())).copied().unwrap_or(false) {
                continue;
            }
            let rest = bytes.get(start..).unwrap_or_default();
            let longest = self.spellings.iter().filter_map(|spelling| hidden_prefix(rest, spelling)).max();
            if let Some(length) = longest {
                push(&mut ranges, start, start + length);
            }
        }
        self.hide_tail(bytes, &mut ranges);
        if self.personal {
            ranges.extend(personal_numbers(bytes));
            ranges.sort_unstable();
            let mut merged = Vec::with_capacity(ranges.len());
            ranges.into_iter().for_each(|(start, end)| push(&mut merged, start, end));
            return merged;
        }
        ranges
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

/// Digits in a row that are as many as those of an IMEI, an IMSI, an ICCID or a telephone number; and hex that is as long as
/// a PDU or a text in UCS2. A number of a cell has fewer, a short code too.
fn personal_numbers(bytes: &[u8]) -> Vec<(usize, usize)> {
    const TELEPHONE: usize = 7;
    const LONG: usize = 10;
    const HEX: usize = 20;
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_international = start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'+');
        let hidden = if length >= HEX { length } else { digits };
        if hidden >= LONG || (is_international && hidden >= TELEPHONE) {
            found.push((start, start + hidden));
        }
        start += length.max(1);
    }
    found
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

fn push(ranges: &mut Vec<(usize, usize)>, start: usize, end: usize) {
    match ranges.last_mut() {
        Some((_, last)) if start <= *last => *last = (*last).max(end),
        Some(_) | None => ranges.push((start, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_modems_and_people_are_hidden_where_that_is_asked_for() {
        let mask = Mask::default().personal(true);
        for (said, shown) in [
            ("351234561234567", "***"),
            ("+CCID: 8988307000000000001F", "+CCID: ***"),
            ("+CMGL: 1,1,\"+4917012345\",,\"26/11/28\"", "+CMGL: 1,1,\"+***\",,\"26/11/28\""),
            ("07912143658709F1040B91", "***"),
            ("+CEREG: 2,5,\"1A2B\",\"0123ABCD\",7", "+CEREG: 2,5,\"1A2B\",\"0123ABCD\",7"),
            ("AT+CMGS=\"2936\"", "AT+CMGS=\"2936\""),
        ] {
            assert_eq!(mask.text(said), shown);
        }
    }

    #[test]
    fn hides_a_secret_wherever_it_stands() {
        let rows: [(&[&str], &str, &str); 14] = [
            (&["1234"], "AT+CPIN=\"1234\"\r", "AT+CPIN=\"***\"\r"),
            (&["hunter2"], "xHUNTER2y hunter2", "x***y ***"),
            (&["hunter2"], "hunter2hunter2", "***"),
            (&[], "hunter2", "hunter2"),
            (&[""], "anything", "anything"),
            // Secrets that overlap
            (&["abcd", "cdef"], "-abcdef-", "-***-"),
            (&["pass", "password"], "a password", "a ***"),
            // In hex and in UCS2
            (&["Hi!?"], "+X: 4869213F", "+X: ***"),
            (&["Hi!?"], "+X: \"004800690021003f\"", "+X: \"***\""),
            // A number without its zeros
            (&["0042"], "pin 42, 0042", "pin ***, ***"),
            // The parts of a secret that a line end has cut
            (&["correct-horse"], "> correct-h", "> ***"),
            (&["correct-horse"], "ct-horse, said", "***, said"),
            (&["correct-horse"], "> cor", "> cor"),
            (&["first line\nsecond"], "first line", "***"),
        ];
        for (secrets, text, shown) in rows {
            assert_eq!(Mask::new(secrets.iter().copied()).text(text), shown, "{secrets:?} in {text}");
        }
    }

    #[test]
    fn keeps_the_places_of_a_source() {
        let source = Source::new("s", "secret pin = \"1234\"\nAT+CPIN=1234\n");
        let masked = Mask::new(["1234"]).source(&source);
        assert_eq!(masked.text, "secret pin = \"****\"\nAT+CPIN=****\n");
    }

    #[test]
    fn hides_secrets_in_values() {
        let mut record = Record::new();
        record.set("pin", Value::Int(1234));
        record.set("list", Value::list(vec![Value::text("x1234"), Value::Bool(true)]));
        let shown = Mask::new(["1234"]).value(&Value::record(record));
        assert_eq!(shown.to_string(), "{pin = \"***\", list = [\"x***\", true]}");
    }
}
