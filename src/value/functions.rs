//! The functions that a script may call: one table, which the syntax, the check, the run and the REPL read. To add one,
//! add an entry and its body here, and a case.

use std::cmp::Ordering;
use std::fmt;
use std::path::{Component, Path};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::module;
use super::{Decimal, LARGEST_VALUE, Record, Refusal, Value, ValueKind as Kind, bytes_of, fits};
use crate::catalogue::explain::{Context, brief};
use crate::catalogue::lookup;
use crate::notation::{self, ExactDuration, check_digit};
use crate::psm::{self, GprsTimer};
use crate::sms::alphabet::{from_septets, from_ucs2_hex, pack_uncounted, to_septets, to_ucs2_hex, unpack_uncounted};
use crate::sms::{Coding, Message, octets, read, submit};
use crate::source::{Unreadable, leads_out, read_binary};

pub struct Function {
    pub name: &'static str,
    pub arguments: &'static [Takes],
    /// `None`: that depends on what it is given.
    pub result: Option<Kind>,
    /// Where it yields a record: one with all its fields.
    pub record: Option<fn() -> Value>,
    body: Body,
}

type Body = fn(&Given<'_>) -> Result<Value, Refusal>;

/// What a function takes at one place.
#[derive(Debug)]
pub struct Takes {
    /// Of these kinds; of any where none is named.
    pub kinds: &'static [Kind],
    /// `a whole number`
    pub wanted: &'static str,
    /// What to do where another kind is given.
    pub help: &'static str,
}

impl Takes {
    /// Takes the same kinds, with other words of what to do.
    const fn with(self, help: &'static str) -> Takes {
        Takes { help, ..self }
    }
}

struct Given<'v> {
    function: &'static str,
    values: &'v [Value],
    folder: Option<&'v Path>,
    shown: &'v dyn Fn(&Value) -> String,
    now: &'v dyn Fn() -> String,
}

const TEXT: Takes =
    Takes { kinds: &[Kind::Text], wanted: "text", help: "capture it without `:int`, or use `text(…)`" };

const NUMBER: Takes =
    Takes { kinds: &[Kind::Int, Kind::Text], wanted: "a whole number", help: "capture it with `:int`" };

const ANY_NUMBER: Takes = Takes {
    kinds: &[Kind::Int, Kind::Decimal, Kind::Text],
    wanted: "a number",
    help: "capture it with `:int` or `:decimal`",
};

const TEXT_OR_BYTES: Takes =
    Takes { kinds: &[Kind::Text, Kind::Bytes], wanted: "text or bytes", help: "use `text(…)`" };

const ANYTHING: Takes = Takes { kinds: &[], wanted: "anything", help: "" };

const SEQUENCE: Takes =
    Takes { kinds: &[Kind::Text, Kind::Bytes, Kind::List], wanted: "text, bytes or a list", ..TEXT };

/// Digits, such as those that a modem answers.
const DIGITS: Takes = TEXT.with("capture it without `:int`: leading zeros belong to it");

const TIME: Takes =
    Takes { kinds: &[Kind::Duration, Kind::Text], wanted: "a duration", help: "write it with its unit: `1h`, `10s`" };

/// All there are, in the order in which they are listed.
pub static FUNCTIONS: &[Function] = &[
    entry("len", &[SEQUENCE], Some(Kind::Int), len),
    entry("int", &[ANY_NUMBER.with("only text and numbers become numbers")], Some(Kind::Int), |given| {
        given.int(0).map(Value::Int)
    }),
    entry("decimal", &[ANY_NUMBER], Some(Kind::Decimal), |given| given.decimal(0).map(Value::Decimal)),
    entry("round", &[ANY_NUMBER, NUMBER], Some(Kind::Decimal), |given| {
        Ok(Value::Decimal(given.decimal(0)?.rounded(usize::try_from(given.int(1)?).unwrap_or(0))))
    }),
    entry("format", &[TEXT.with("write it in quotes: `\"%05.2f\"`"), ANYTHING], Some(Kind::Text), format_value),
    entry("now", &[], Some(Kind::Text), |given| Ok(Value::text((given.now)()))),
    entry("bytes", &[TEXT_OR_BYTES], Some(Kind::Bytes), |given| Ok(Value::Bytes(given.bytes(0)?.into()))),
    entry("text", &[ANYTHING], Some(Kind::Text), |given| fitting(given.value(0)?.to_string())),
    entry("upper", &[TEXT], Some(Kind::Text), |given| fitting(given.text(0)?.to_uppercase())),
    entry("lower", &[TEXT], Some(Kind::Text), |given| fitting(given.text(0)?.to_lowercase())),
    entry("trim", &[TEXT], Some(Kind::Text), |given| Ok(Value::text(given.text(0)?.trim()))),
    // Empty text where the strength is not known.
    entry("dbm", &[NUMBER.with("give it the first value of `AT+CSQ`'s answer")], None, dbm),
    entry(
        "luhn",
        &[Takes {
            kinds: &[Kind::Text, Kind::Int, Kind::Bool, Kind::Duration],
            wanted: "text",
            help: "give it the digits, such as an IMEI",
        }],
        Some(Kind::Bool),
        luhn,
    ),
    entry("ucs2", &[TEXT], Some(Kind::Text), |given| fitting(to_ucs2_hex(given.text(0)?))),
    entry("unucs2", &[DIGITS], Some(Kind::Text), unucs2),
    entry("hex", &[TEXT_OR_BYTES], Some(Kind::Text), |given| fitting(notation::hex(&given.bytes(0)?))),
    // Bytes where they are no text.
    entry("unhex", &[DIGITS], None, unhex),
    entry("gsm7", &[TEXT], Some(Kind::Text), |given| septets(given, 0).and_then(|_| given.value(0).cloned())),
    entry("pack7", &[TEXT], Some(Kind::Text), |given| fitting(notation::hex(&pack_uncounted(&septets(given, 0)?)))),
    entry("unpack7", &[DIGITS], Some(Kind::Text), unpack7),
    entry("pdu", &[TEXT.with("write the number in quotes: `\"+4917…\"`"), TEXT], Some(Kind::Record), pdu)
        .of_fields(|| submitted(&[])),
    entry("unpdu", &[DIGITS], Some(Kind::Record), unpdu).of_fields(|| delivered(String::new(), Message::default())),
    entry("base64", &[TEXT_OR_BYTES], Some(Kind::Text), |given| fitting(BASE64_STANDARD.encode(given.bytes(0)?))),
    entry("unbase64", &[TEXT], None, unbase64),
    entry("slice", &[SEQUENCE, NUMBER, NUMBER], None, slice),
    entry("split", &[TEXT, TEXT.with("write it in quotes: `\",\"`")], Some(Kind::List), split),
    entry("join", &[Takes { kinds: &[Kind::List], wanted: "a list", help: "`[a, b]` makes one" }, TEXT], None, join),
    entry("replace", &[TEXT, TEXT, TEXT], Some(Kind::Text), replace),
    entry("min", &[ANY_NUMBER, ANY_NUMBER], None, |given| one_of(given, Ordering::Less)),
    entry("max", &[ANY_NUMBER, ANY_NUMBER], None, |given| one_of(given, Ordering::Greater)),
    entry("bits", &[NUMBER, NUMBER.with("how many digits there are to be")], Some(Kind::Text), bits),
    entry("t3412", &[TIME], None, |given| timer(given, &psm::PERIODIC)),
    entry("t3324", &[TIME], None, |given| timer(given, &psm::ACTIVE)),
    entry("meaning", &[TEXT.with("give it a line of the modem")], Some(Kind::Text), |given| {
        let line = given.text(0)?;
        fitting(brief(line, &Context::default()).unwrap_or_else(|| line.to_owned()))
    }),
    entry("cause", &[NUMBER.with("give it the last value of `+CEREG: 3,3,,,,0,15`")], Some(Kind::Text), |given| {
        let number = given.int(0)?;
        Ok(Value::text(lookup::cause(&number.to_string()).unwrap_or("")))
    }),
    entry("module", &[TEXT.with("write the model in quotes, as AT+CGMM answers it")], Some(Kind::Record), |given| {
        Ok(module::record(lookup::known(given.text(0)?.trim())))
    })
    .of_fields(module::example),
    entry("file", &[TEXT.with("write the file's path in quotes")], None, file),
];

const fn entry(name: &'static str, arguments: &'static [Takes], result: Option<Kind>, body: Body) -> Function {
    Function { name, arguments, result, record: None, body }
}

pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

impl Function {
    const fn of_fields(self, record: fn() -> Value) -> Function {
        Function { record: Some(record), ..self }
    }

    /// What it is for, in one line.
    pub fn about(&self) -> &'static str {
        self.row().0
    }

    /// A call, and what it yields.
    pub fn example(&self) -> (&'static str, &'static str) {
        self.row().1
    }

    fn row(&self) -> (&'static str, (&'static str, &'static str)) {
        let rows = crate::notation::rows(include_str!("../../grammar/functions.md"));
        let found = rows.filter(|(name, _)| *name == self.name).find_map(|(_, row)| {
            let (about, example) = row.split_once(" | `")?;
            let (call, yields) = example.strip_suffix('`')?.split_once("` | `")?;
            Some((about, (call, yields)))
        });
        found.unwrap_or_default()
    }

    /// What it yields. Files come from `folder`; `shown` is how a value is shown in a message, `now` the time of day.
    pub fn call(
        &self,
        values: &[Value],
        folder: Option<&Path>,
        shown: &dyn Fn(&Value) -> String,
        now: &dyn Fn() -> String,
    ) -> Result<Value, Refusal> {
        if values.len() != self.arguments.len() {
            let wanted = if self.arguments.len() == 1 { "one argument" } else { "another number of arguments" };
            return Err(Refusal::new("hayes::run::type count", &[&self.name, &wanted]));
        }
        (self.body)(&Given { function: self.name, values, folder, shown, now })
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A name stands for one function.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

impl Given<'_> {
    fn value(&self, place: usize) -> Result<&Value, Refusal> {
        self.values
            .get(place)
            .ok_or_else(|| Refusal::new("hayes::run::type count", &[&self.function, &"more arguments"]))
    }

    fn text(&self, place: usize) -> Result<&str, Refusal> {
        let value = self.value(place)?;
        if let Value::Text(text) = value {
            return Ok(text);
        }
        Err(refused(place, "hayes::run::type text", &[&self.function, &self.shown(value)]))
    }

    fn int(&self, place: usize) -> Result<i64, Refusal> {
        let value = self.value(place)?;
        match value {
            Value::Int(number) => Ok(*number),
            Value::Decimal(number) => {
                number.whole().ok_or_else(|| refused(place, "hayes::run::value large", &[&self.shown(value)]))
            }
            Value::Text(text) => {
                let no_number = |_| refused(place, "hayes::run::value number", &[&self.shown(value)]);
                text.trim().parse().map_err(no_number)
            }
            Value::Bytes(_) | Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => {
                Err(refused(place, "hayes::run::type function", &[&self.function, &self.shown(value)]))
            }
        }
    }

    fn decimal(&self, place: usize) -> Result<Decimal, Refusal> {
        let value = self.value(place)?;
        if let Value::Decimal(number) = value {
            return Ok(*number);
        }
        if let Value::Text(text) = value {
            let wrong = |()| refused(place, "hayes::run::value decimal", &[&self.shown(value)]);
            return text.trim().parse().map_err(wrong);
        }
        self.int(place).map(Decimal::from)
    }

    fn bytes(&self, place: usize) -> Result<Vec<u8>, Refusal> {
        let value = self.value(place)?;
        if let Value::Bytes(bytes) = value { Ok(bytes.to_vec()) } else { Ok(self.text(place)?.as_bytes().to_vec()) }
    }

    fn shown(&self, value: &Value) -> String {
        (self.shown)(value)
    }
}

fn refused(place: usize, page: &'static str, values: &[&dyn fmt::Display]) -> Refusal {
    Refusal { argument: Some(place), ..Refusal::new(page, values) }
}

/// A text that is made of the first argument, unless it is too long.
fn fitting(text: String) -> Result<Value, Refusal> {
    fits(text.len()).map_err(|refusal| Refusal { argument: Some(0), ..refusal })?;
    Ok(Value::text(text))
}

fn len(given: &Given<'_>) -> Result<Value, Refusal> {
    let value = given.value(0)?;
    let count = match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Int(_) | Value::Decimal(_) | Value::Bool(_) | Value::Duration(_) | Value::Record(_) => {
            return Err(refused(0, "hayes::run::type len", &[&given.shown(value)]));
        }
    };
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// `+CSQ`'s rssi to dBm (27.007 §8.5); empty where it is not known (99, 199). 100 to 191 are the received signal code
/// power that some modems give there.
fn dbm(given: &Given<'_>) -> Result<Value, Refusal> {
    let rssi = given.int(0)?;
    match rssi {
        0..=31 => Ok(Value::Int(-113 + 2 * rssi)),
        100..=191 => Ok(Value::Int(-116 + (rssi - 100))),
        99 | 199 => Ok(Value::text("")),
        _ => Err(refused(0, "hayes::run::value dbm", &[&rssi])),
    }
}

fn luhn(given: &Given<'_>) -> Result<Value, Refusal> {
    let text = given.value(0)?.to_string();
    let parts = text.split_at_checked(text.len().saturating_sub(1)).filter(|(digits, _)| !digits.is_empty());
    let is_right = |(digits, last): (&str, &str)| check_digit(digits).is_some_and(|digit| digit.to_string() == last);
    Ok(Value::Bool(parts.is_some_and(is_right)))
}

fn unhex(given: &Given<'_>) -> Result<Value, Refusal> {
    let digits = given.text(0)?;
    if let Some(foreign) = digits.chars().find(|character| !character.is_ascii_hexdigit()) {
        return Err(refused(0, "hayes::run::value hex-digit", &[&format!("{foreign:?}")]));
    }
    if digits.len() % 2 == 1 {
        return Err(refused(0, "hayes::run::value odd-digits", &[&digits.len()]));
    }
    Ok(Value::of_bytes(notation::unhex(digits).unwrap_or_default()))
}

fn unucs2(given: &Given<'_>) -> Result<Value, Refusal> {
    let digits = given.text(0)?;
    let wrong = || refused(0, "hayes::run::value ucs2", &[&given.shown(&Value::text(digits))]);
    from_ucs2_hex(digits).map(Value::text).ok_or_else(wrong)
}

fn octets_of(given: &Given<'_>) -> Result<Vec<u8>, Refusal> {
    let digits = given.text(0)?;
    let wrong = || refused(0, "hayes::run::value octets", &[&given.shown(&Value::text(digits))]);
    notation::unhex(digits).ok_or_else(wrong)
}

fn unpack7(given: &Given<'_>) -> Result<Value, Refusal> {
    Ok(Value::text(from_septets(&unpack_uncounted(&octets_of(given)?))))
}

fn pdu(given: &Given<'_>) -> Result<Value, Refusal> {
    let (number, text) = (given.text(0)?, given.text(1)?);
    let digits = number.strip_prefix('+').unwrap_or(number);
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'*' | b'#'))
    {
        return Err(refused(0, "hayes::run::value recipient", &[&given.shown(given.value(0)?)]));
    }
    let coding = Coding::for_text(text);
    let (length, (most, _)) = (coding.length(text), coding.most());
    if length > most {
        return Err(refused(1, "hayes::run::value message", &[&length, &most]));
    }
    Ok(submitted(&submit(number, text, coding)))
}

fn submitted(unit: &[u8]) -> Value {
    let length = Value::Int(i64::try_from(unit.len()).unwrap_or(0));
    // The service centre is the one that the SIM knows.
    let pdu = Value::text(format!("00{}", notation::hex(unit)));
    Value::record(Record::from_iter([("length", length), ("pdu", pdu)]))
}

fn unpdu(given: &Given<'_>) -> Result<Value, Refusal> {
    let Some((centre, message)) = read(&octets_of(given)?) else {
        return Err(refused(0, "hayes::run::value pdu", &[&given.shown(given.value(0)?)]));
    };
    Ok(delivered(centre, message))
}

fn delivered(centre: String, message: Message) -> Value {
    let (reference, parts, part) = message.part.unwrap_or((0, 1, 1));
    let text = match message.coding {
        Coding::Octets => Value::of_bytes(octets(&message.text)),
        Coding::Alphabet | Coding::Ucs2 => Value::text(message.text),
    };
    Value::record(Record::from_iter([
        ("number", Value::text(message.number)),
        ("text", text),
        ("time", Value::text(message.time.unwrap_or_default())),
        ("part", Value::Int(part.into())),
        ("parts", Value::Int(parts.into())),
        ("reference", Value::Int(reference.into())),
        ("centre", Value::text(centre)),
    ]))
}

/// The smaller one, or the larger one, of two numbers.
fn one_of(given: &Given<'_>, wanted: Ordering) -> Result<Value, Refusal> {
    if let (Value::Decimal(_), _) | (_, Value::Decimal(_)) = (given.value(0)?, given.value(1)?) {
        let (one, other) = (given.decimal(0)?, given.decimal(1)?);
        return Ok(Value::Decimal(if one.cmp(&other) == wanted { one } else { other }));
    }
    let (one, other) = (given.int(0)?, given.int(1)?);
    Ok(Value::Int(if one.cmp(&other) == wanted { one } else { other }))
}

/// `%05.2f`: zeros, how wide, how many places, and what it is.
fn format_value(given: &Given<'_>) -> Result<Value, Refusal> {
    let form = given.text(0)?;
    let wrong = || refused(0, "hayes::run::value form", &[]);
    let (before, rest) = form.split_once('%').ok_or_else(wrong)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let (size, rest) = rest.split_at(end);
    let (width, places) = size.split_once('.').unwrap_or((size, "6"));
    let number = |digits: &str| digits.parse::<usize>().unwrap_or(0).min(100);
    let (wide, zeros, places) = (number(width), width.starts_with('0'), number(places));
    let shown = match rest.get(..1) {
        Some("d") => given.int(1)?.to_string(),
        Some("x") => format!("{:x}", given.int(1)?),
        Some("X") => format!("{:X}", given.int(1)?),
        Some("f") => given.decimal(1)?.with_places(places),
        Some("s") if given.value(1)?.kind() != Kind::Bytes => given.value(1)?.to_string(),
        Some("s") => return Err(refused(1, "hayes::run::type bytes", &[&given.shown(given.value(1)?)])),
        Some(_) | None => return Err(wrong()),
    };
    let missing = wide.saturating_sub(shown.chars().count());
    let padded = match shown.strip_prefix('-') {
        Some(digits) if zeros => format!("-{}{digits}", "0".repeat(missing)),
        _ if zeros => format!("{}{shown}", "0".repeat(missing)),
        _ => format!("{}{shown}", " ".repeat(missing)),
    };
    let behind = rest.get(1..).unwrap_or_default();
    if behind.replace("%%", "").contains('%') {
        return Err(refused(0, "hayes::run::value forms", &[]));
    }
    fitting(format!("{before}{padded}{}", behind.replace("%%", "%")))
}

/// The septets of a text (23.038 §6.2.1).
fn septets(given: &Given<'_>, place: usize) -> Result<Vec<u8>, Refusal> {
    let text = given.text(place)?;
    let lacks = |character: &char| to_septets(character.encode_utf8(&mut [0; 4])).is_none();
    match text.chars().find(lacks) {
        None => Ok(to_septets(text).unwrap_or_default()),
        Some(character) => Err(refused(place, "hayes::run::value gsm7", &[&format!("{character:?}")])),
    }
}

fn unbase64(given: &Given<'_>) -> Result<Value, Refusal> {
    let digits: String = given.text(0)?.split_ascii_whitespace().collect();
    let wrong = |error: base64::DecodeError| refused(0, "hayes::run::value base64", &[&error]);
    BASE64_STANDARD.decode(digits).map(Value::of_bytes).map_err(wrong)
}

/// A place in so many, counted from the end where it is negative; one outside is the nearest end.
fn place_in(length: usize, place: i64) -> usize {
    let from_end = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
    if place < 0 { length.saturating_sub(from_end) } else { from_end.min(length) }
}

fn slice(given: &Given<'_>) -> Result<Value, Refusal> {
    let (from, to) = (given.int(1)?, given.int(2)?);
    let places = |length| place_in(length, from)..place_in(length, to);
    if let Value::List(items) = given.value(0)? {
        return Ok(Value::list(items.get(places(items.len())).unwrap_or_default().to_vec()));
    }
    if let Value::Bytes(bytes) = given.value(0)? {
        return Ok(Value::Bytes(bytes.get(places(bytes.len())).unwrap_or_default().into()));
    }
    let text = given.text(0)?;
    let places = places(text.chars().count());
    Ok(Value::text(text.chars().skip(places.start).take(places.len()).collect::<String>()))
}

fn split(given: &Given<'_>) -> Result<Value, Refusal> {
    let (text, separator) = (given.text(0)?, given.text(1)?);
    if separator.is_empty() {
        return Err(refused(1, "hayes::run::value separator", &[]));
    }
    Ok(Value::list(text.split(separator).map(Value::text).collect()))
}

fn join(given: &Given<'_>) -> Result<Value, Refusal> {
    let list = given.value(0)?;
    let Value::List(items) = list else {
        return Err(refused(0, "hayes::run::type join", &[&given.shown(list)]));
    };
    let separator = given.text(1)?;
    // A list may hold the same long text many times.
    let mut joined = Vec::new();
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            joined.extend_from_slice(separator.as_bytes());
        }
        joined.extend(bytes_of(item));
        fits(joined.len())?;
    }
    // With bytes among them it is bytes, as with `+`.
    let is_text = !items.iter().any(|item| item.kind() == Kind::Bytes);
    Ok(if is_text { Value::of_bytes(joined) } else { Value::Bytes(joined.into()) })
}

fn replace(given: &Given<'_>) -> Result<Value, Refusal> {
    let (text, old, new) = (given.text(0)?, given.text(1)?, given.text(2)?);
    if old.is_empty() {
        return Err(refused(1, "hayes::run::value replace", &[]));
    }
    let count = text.matches(old).count();
    // It is not made where it would be too long.
    fits(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(Value::text(text.replace(old, new)))
}

fn bits(given: &Given<'_>) -> Result<Value, Refusal> {
    let (number, digits) = (given.int(0)?, given.int(1)?);
    let width = usize::try_from(digits).ok().filter(|width| (1..=64).contains(width));
    let width = width.ok_or_else(|| refused(1, "hayes::run::value width", &[&digits]))?;
    if number < 0 {
        return Err(refused(0, "hayes::run::value negative", &[&number]));
    }
    let digits = format!("{number:0width$b}");
    if digits.len() > width {
        return Err(refused(0, "hayes::run::value bits", &[&number, &digits.len(), &width]));
    }
    Ok(Value::text(digits))
}

/// A duration to the digits of a timer, or those digits to the duration: a text of eight binary digits is no duration.
fn timer(given: &Given<'_>, timer: &GprsTimer) -> Result<Value, Refusal> {
    let value = given.value(0)?;
    let duration = if let Value::Duration(duration) = value {
        *duration
    } else {
        let text = given.text(0)?;
        if let Some(read) = timer.read(text) {
            return Ok(read.map_or_else(|| Value::text(""), Value::duration));
        }
        let wrong = |why: String| refused(0, "hayes::run::value duration", &[&format!("{text:?}"), &why]);
        if text.bytes().all(|digit| matches!(digit, b'0' | b'1')) {
            return Err(wrong(format!("a timer has eight binary digits, and here are {}", text.len())));
        }
        notation::duration(text).map_err(wrong)?
    };
    timer.write(duration).map(Value::text).map_err(|(shorter, longer)| {
        let longer = longer.map(|longer| format!(" or {}", ExactDuration(longer))).unwrap_or_default();
        let values: [&dyn fmt::Display; 3] = [&ExactDuration(duration), &ExactDuration(shorter), &longer];
        refused(0, "hayes::run::value timer", &values)
    })
}

/// A file beside the script. The name may come from anywhere, so it does not lead out of that folder.
fn file(given: &Given<'_>) -> Result<Value, Refusal> {
    let name = given.text(0)?;
    let path = Path::new(name);
    if name.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(refused(0, "hayes::run::file outside", &[&name]));
    }
    let Some(folder) = given.folder else { return Err(refused(0, "hayes::run::file no-folder", &[&name])) };
    let path = folder.join(path);
    if leads_out(&path, folder) {
        return Err(refused(0, "hayes::run::file link", &[&path.display()]));
    }
    read_binary(&path, LARGEST_VALUE as u64).map(Value::of_bytes).map_err(|error| {
        let help = match error {
            Unreadable::Io(_) => "see that it is there, and yours to read",
            Unreadable::TooLarge { .. } => "a value holds no more than that",
            Unreadable::NoText { .. } => "a file must be UTF-8",
        };
        refused(0, "hayes::run::file", &[&path.display(), &error, &help])
    })
}
