//! The functions that a script may call: one table, which the syntax, the check, the run and the REPL read. To add one,
//! add an entry and its body here, and a case.

use std::fmt;
use std::path::{Component, Path};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{LARGEST_VALUE, Refusal, Value, ValueKind, fits};
use crate::catalogue::lookup;
use crate::notation::{self, ExactDuration};
use crate::psm::{self, GprsTimer};
use crate::source::{Unreadable, read_file};

/// A function of the language.
pub struct Function {
    pub name: &'static str,
    pub arguments: &'static [Takes],
    /// `None`: that depends on what it is given.
    pub result: Option<ValueKind>,
    /// What it is for, in one line.
    pub about: &'static str,
    /// A call, and what it yields.
    pub example: (&'static str, &'static str),
    body: fn(&Given<'_>) -> Result<Value, Refusal>,
}

/// What a function takes at one place.
#[derive(Debug)]
pub struct Takes {
    /// Of these kinds; of any where none is named.
    pub kinds: &'static [ValueKind],
    /// `a whole number`
    pub wanted: &'static str,
    /// What to do where another kind is given.
    pub help: &'static str,
}

/// What a call is given.
struct Given<'v> {
    function: &'static str,
    values: &'v [Value],
    /// Where `file` looks: the script's folder.
    folder: Option<&'v Path>,
    /// How a value is shown in a message: secrets hidden, and not too long.
    shown: &'v dyn Fn(&Value) -> String,
}

const TEXT: Takes =
    Takes { kinds: &[ValueKind::Text], wanted: "text", help: "capture it without `:int`, or use `text(…)`" };

const NUMBER: Takes =
    Takes { kinds: &[ValueKind::Int, ValueKind::Text], wanted: "a whole number", help: "capture it with `:int`" };

const TIME: Takes = Takes {
    kinds: &[ValueKind::Duration, ValueKind::Text],
    wanted: "a duration",
    help: "write it with its unit: `1h`, `10s`",
};

const SEQUENCES: &[ValueKind] = &[ValueKind::Text, ValueKind::List];

const TYPE: &str = "hayes::run::type";
const VALUE: &str = "hayes::run::value";

/// All there are, in the order in which they are listed.
pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "len",
        arguments: &[Takes { kinds: &[ValueKind::Text, ValueKind::List], wanted: "text or a list", ..TEXT }],
        result: Some(ValueKind::Int),
        about: "how many characters a text has, or items a list",
        example: ("len(\"häß\")", "3"),
        body: len,
    },
    Function {
        name: "int",
        arguments: &[Takes {
            kinds: &[ValueKind::Text, ValueKind::Int],
            help: "only text and numbers become numbers",
            ..TEXT
        }],
        result: Some(ValueKind::Int),
        about: "the whole number that a text holds",
        example: ("int(\" 42 \")", "42"),
        body: |given| given.int(0).map(Value::Int),
    },
    Function {
        name: "text",
        arguments: &[Takes { kinds: &[], wanted: "anything", help: "" }],
        result: Some(ValueKind::Text),
        about: "any value as text",
        example: ("text(42)", "42"),
        body: |given| fitting(given.value(0)?.to_string()),
    },
    Function {
        name: "upper",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "a text in upper case",
        example: ("upper(\"super\")", "SUPER"),
        body: |given| fitting(given.text(0)?.to_uppercase()),
    },
    Function {
        name: "lower",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "a text in lower case",
        example: ("lower(\"SUPER\")", "super"),
        body: |given| fitting(given.text(0)?.to_lowercase()),
    },
    Function {
        name: "trim",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "a text without the blanks around it",
        example: ("trim(\"  x \")", "x"),
        body: |given| Ok(Value::text(given.text(0)?.trim())),
    },
    Function {
        name: "dbm",
        arguments: &[Takes {
            kinds: &[ValueKind::Int, ValueKind::Text],
            wanted: "a whole number",
            help: "give it the first value of `AT+CSQ`'s answer",
        }],
        // Empty text where the strength is not known.
        result: None,
        about: "the signal strength of `AT+CSQ` in dBm",
        example: ("dbm(17)", "-79"),
        body: dbm,
    },
    Function {
        name: "luhn",
        arguments: &[Takes {
            kinds: &[ValueKind::Text, ValueKind::Int, ValueKind::Bool, ValueKind::Duration],
            wanted: "text",
            help: "give it the digits, such as an IMEI",
        }],
        result: Some(ValueKind::Bool),
        about: "whether the last digit is the check digit of those before it, as in an IMEI",
        example: ("luhn(\"490154203237518\")", "true"),
        body: luhn,
    },
    Function {
        name: "ucs2",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "a text as UCS2 in hex, for `AT+CSCS=\"UCS2\"`",
        example: ("ucs2(\"Hi\")", "00480069"),
        body: |given| fitting(given.text(0)?.encode_utf16().map(|unit| format!("{unit:04X}")).collect()),
    },
    Function {
        name: "hex",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "the bytes of a text in hex, two digits each",
        example: ("hex(\"Hé\")", "48C3A9"),
        body: |given| fitting(notation::hex(given.text(0)?.as_bytes())),
    },
    Function {
        name: "unhex",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "the text whose bytes are these hex digits",
        example: ("unhex(\"48c3A9\")", "Hé"),
        body: unhex,
    },
    Function {
        name: "gsm7",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "a text as it is; fails where the GSM 7-bit alphabet lacks a character of it",
        example: ("gsm7(\"Grüße @ 5 €\")", "Grüße @ 5 €"),
        body: gsm7,
    },
    Function {
        name: "base64",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "the bytes of a text in Base64",
        example: ("base64(\"Hé\")", "SMOp"),
        body: base64,
    },
    Function {
        name: "unbase64",
        arguments: &[TEXT],
        result: Some(ValueKind::Text),
        about: "the text whose bytes are written in Base64",
        example: ("unbase64(\"SMOp\")", "Hé"),
        body: unbase64,
    },
    Function {
        name: "slice",
        arguments: &[Takes { kinds: SEQUENCES, wanted: "text or a list", ..TEXT }, NUMBER, NUMBER],
        result: None,
        about: "a part of a text or a list, from one place to before another; from 0, and from the end where it is negative",
        example: ("slice(\"+CREG: 0,5\", 7, 10)", "0,5"),
        body: slice,
    },
    Function {
        name: "split",
        arguments: &[TEXT, Takes { help: "write it in quotes: `\",\"`", ..TEXT }],
        result: Some(ValueKind::List),
        about: "the parts of a text between separators",
        example: ("split(\"1:2:3\", \":\")", "[\"1\", \"2\", \"3\"]"),
        body: split,
    },
    Function {
        name: "join",
        arguments: &[Takes { kinds: &[ValueKind::List], wanted: "a list", help: "`[a, b]` makes one" }, TEXT],
        result: Some(ValueKind::Text),
        about: "the items of a list as one text, with a separator between them",
        example: ("join([1, 2, 3], \":\")", "1:2:3"),
        body: join,
    },
    Function {
        name: "replace",
        arguments: &[TEXT, TEXT, TEXT],
        result: Some(ValueKind::Text),
        about: "a text with each occurrence of a second one replaced by a third",
        example: ("replace(\"89-88\", \"-\", \"\")", "8988"),
        body: replace,
    },
    Function {
        name: "min",
        arguments: &[NUMBER, NUMBER],
        result: Some(ValueKind::Int),
        about: "the smaller one of two numbers",
        example: ("min(3, 5)", "3"),
        body: |given| Ok(Value::Int(given.int(0)?.min(given.int(1)?))),
    },
    Function {
        name: "max",
        arguments: &[NUMBER, NUMBER],
        result: Some(ValueKind::Int),
        about: "the larger one of two numbers",
        example: ("max(3, 5)", "5"),
        body: |given| Ok(Value::Int(given.int(0)?.max(given.int(1)?))),
    },
    Function {
        name: "bits",
        arguments: &[NUMBER, Takes { help: "how many digits there are to be", ..NUMBER }],
        result: Some(ValueKind::Text),
        about: "a number in binary digits",
        example: ("bits(5, 4)", "0101"),
        body: bits,
    },
    Function {
        name: "t3412",
        arguments: &[TIME],
        result: None,
        about: "the period of PSM as AT+CPSMS takes it; the duration, where it is given those bits",
        example: ("t3412(1h)", "00100001"),
        body: |given| timer(given, &psm::PERIODIC),
    },
    Function {
        name: "t3324",
        arguments: &[TIME],
        result: None,
        about: "the active time of PSM as AT+CPSMS takes it; the duration, where it is given those bits",
        example: ("t3324(10s)", "00000101"),
        body: |given| timer(given, &psm::ACTIVE),
    },
    Function {
        name: "module",
        arguments: &[Takes { help: "write the model in quotes, as AT+CGMM answers it", ..TEXT }],
        result: Some(ValueKind::Record),
        about: "the record `module` of a model, whichever modem answers",
        example: ("module(\"BG96\").id", "quectel-bg96"),
        body: |given| Ok(super::module::record(lookup::known(given.text(0)?.trim()))),
    },
    Function {
        name: "file",
        arguments: &[Takes { help: "write the file's path in quotes", ..TEXT }],
        result: Some(ValueKind::Text),
        about: "the text of a file that stands beside the script",
        example: ("file(\"ca.pem\")", "CERT"),
        body: file,
    },
];

/// The function of this name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

impl Function {
    /// What it yields; files come from `folder`, and `shown` is how a value is shown in a message.
    pub fn call(
        &self,
        values: &[Value],
        folder: Option<&Path>,
        shown: &dyn Fn(&Value) -> String,
    ) -> Result<Value, Refusal> {
        if values.len() != self.arguments.len() {
            let wanted = if self.arguments.len() == 1 { "one argument" } else { "another number of arguments" };
            return Err(Refusal::new(TYPE, format!("`{}` takes {wanted}", self.name)));
        }
        (self.body)(&Given { function: self.name, values, folder, shown })
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
        self.values.get(place).ok_or_else(|| Refusal::new(TYPE, format!("`{}` takes more arguments", self.function)))
    }

    fn text(&self, place: usize) -> Result<&str, Refusal> {
        let value = self.value(place)?;
        if let Value::Text(text) = value {
            return Ok(text);
        }
        let what = format!("`{}` takes a text, and this is {}", self.function, (self.shown)(value));
        Err(refused(place, TYPE, what).help("`text(x)` makes a text of any value"))
    }

    fn int(&self, place: usize) -> Result<i64, Refusal> {
        let value = self.value(place)?;
        match value {
            Value::Int(number) => Ok(*number),
            Value::Text(text) => {
                let no_number = |_| refused(place, VALUE, format!("{} is no number", (self.shown)(value)));
                text.trim().parse().map_err(no_number)
            }
            Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => {
                let what = format!("`{}` takes a number, and this is {}", self.function, (self.shown)(value));
                Err(refused(place, TYPE, what))
            }
        }
    }
}

fn refused(place: usize, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { argument: Some(place), ..Refusal::new(code, message) }
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
        Value::List(items) => items.len(),
        Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::Record(_) => {
            let shown = (given.shown)(value);
            let what = format!("`len` counts a text's characters or a list's items, and this is {shown}");
            return Err(refused(0, TYPE, what));
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
        _ => Err(refused(0, VALUE, format!("{rssi} is no signal strength of +CSQ"))
            .help("it is 0 to 31, or 99 where it is not known")),
    }
}

/// ISO/IEC 7812-1, annex B: IMEIs and ICCIDs end in such a check digit.
fn luhn(given: &Given<'_>) -> Result<Value, Refusal> {
    let text = given.value(0)?.to_string();
    let digits: Option<Vec<u32>> = text.chars().rev().map(|character| character.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() > 1) else { return Ok(Value::Bool(false)) };
    let doubled = |(place, digit): (usize, &u32)| match place % 2 {
        0 => *digit,
        _ if *digit > 4 => digit * 2 - 9,
        _ => digit * 2,
    };
    Ok(Value::Bool(digits.iter().enumerate().map(doubled).sum::<u32>() % 10 == 0))
}

fn unhex(given: &Given<'_>) -> Result<Value, Refusal> {
    let digits = given.text(0)?;
    if let Some(foreign) = digits.chars().find(|character| !character.is_ascii_hexdigit()) {
        let what = format!("{foreign:?} is no hexadecimal digit");
        return Err(refused(0, VALUE, what).help("hexadecimal digits are 0 to 9, A to F and a to f"));
    }
    if digits.len() % 2 == 1 {
        let what = format!("a byte has two hexadecimal digits, and these are {}", digits.len());
        return Err(refused(0, VALUE, what).help("is one cut off at the end?"));
    }
    let text = String::from_utf8(notation::unhex(digits).unwrap_or_default()).map_err(|_| {
        refused(0, VALUE, "these bytes are no text").help("a text is UTF-8; in UCS2 each character has four digits")
    })?;
    Ok(Value::text(text))
}

/// The default alphabet and its extension table (23.038 §6.2.1).
fn gsm7(given: &Given<'_>) -> Result<Value, Refusal> {
    const BESIDE_ASCII: &str = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€";
    let text = given.text(0)?;
    let has = |character| match character {
        '\n' | '\r' | '\x0C' | ' '..='_' | 'a'..='~' => true,
        _ => BESIDE_ASCII.contains(character),
    };
    match text.chars().find(|character| !has(*character)) {
        None => Ok(given.value(0)?.clone()),
        Some(character) => Err(refused(0, VALUE, format!("the GSM 7-bit alphabet has no {character:?}"))
            .help("leave it out, or send the text as UCS2: `AT+CSCS=\"UCS2\"` and `ucs2(text)`")),
    }
}

fn base64(given: &Given<'_>) -> Result<Value, Refusal> {
    let text = given.text(0)?;
    fitting(BASE64_STANDARD.encode(text))
}

fn unbase64(given: &Given<'_>) -> Result<Value, Refusal> {
    let digits: String = given.text(0)?.split_ascii_whitespace().collect();
    let bytes = BASE64_STANDARD.decode(digits).map_err(|error| {
        let help = "its digits are A to Z, a to z, 0 to 9, + and /, four for each three bytes, filled up with =";
        refused(0, VALUE, format!("this is no Base64: {error}")).help(help)
    })?;
    String::from_utf8(bytes).map(Value::text).map_err(|_| refused(0, VALUE, "these bytes are no text"))
}

/// A place in so many, counted from the end where it is negative; one outside is the nearest end.
fn place_in(length: usize, place: i64) -> usize {
    let from_end = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
    if place < 0 { length.saturating_sub(from_end) } else { from_end.min(length) }
}

fn slice(given: &Given<'_>) -> Result<Value, Refusal> {
    let (from, to) = (given.int(1)?, given.int(2)?);
    if let Value::List(items) = given.value(0)? {
        let (from, to) = (place_in(items.len(), from), place_in(items.len(), to));
        return Ok(Value::list(items.get(from..to).unwrap_or_default().to_vec()));
    }
    let text = given.text(0)?;
    let length = text.chars().count();
    let (from, to) = (place_in(length, from), place_in(length, to));
    Ok(Value::text(text.chars().skip(from).take(to.saturating_sub(from)).collect::<String>()))
}

fn split(given: &Given<'_>) -> Result<Value, Refusal> {
    let (text, separator) = (given.text(0)?, given.text(1)?);
    if separator.is_empty() {
        return Err(refused(1, VALUE, "nothing stands between the parts").help("name what separates them: `\",\"`"));
    }
    Ok(Value::list(text.split(separator).map(Value::text).collect()))
}

fn join(given: &Given<'_>) -> Result<Value, Refusal> {
    let list = given.value(0)?;
    let Value::List(items) = list else {
        return Err(refused(0, TYPE, format!("`join` takes a list, and this is {}", (given.shown)(list))));
    };
    let separator = given.text(1)?;
    // A list may hold the same long text many times.
    let mut joined = String::new();
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&item.to_string());
        fits(joined.len())?;
    }
    Ok(Value::text(joined))
}

fn replace(given: &Given<'_>) -> Result<Value, Refusal> {
    let (text, old, new) = (given.text(0)?, given.text(1)?, given.text(2)?);
    if old.is_empty() {
        return Err(refused(1, VALUE, "it does not say what to replace").help("an empty text stands everywhere"));
    }
    let count = text.matches(old).count();
    // It is not made where it would be too long.
    fits(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(Value::text(text.replace(old, new)))
}

fn bits(given: &Given<'_>) -> Result<Value, Refusal> {
    let (number, width) = (given.int(0)?, given.int(1)?);
    let width = usize::try_from(width).ok().filter(|width| (1..=64).contains(width)).ok_or_else(|| {
        refused(1, VALUE, format!("{width} digits are none that a number has")).help("give it 1 to 64")
    })?;
    if number < 0 {
        return Err(refused(0, VALUE, format!("{number} is negative")).help("binary digits have no sign"));
    }
    let digits = format!("{number:0width$b}");
    if digits.len() > width {
        return Err(refused(0, VALUE, format!("{number} needs {} binary digits, and not {width}", digits.len())));
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
        notation::duration(text).map_err(|why| refused(0, VALUE, format!("{text:?} is no duration: {why}")))?
    };
    timer.write(duration).map(Value::text).map_err(|(shorter, longer)| {
        let longer = longer.map(|longer| format!(" or {}", ExactDuration(longer))).unwrap_or_default();
        let what = format!(
            "this timer cannot be {}: the nearest is {}{longer}",
            ExactDuration(duration),
            ExactDuration(shorter)
        );
        refused(0, VALUE, what).help("its digits count to 31 in a few units only")
    })
}

/// A file beside the script. The name may come from anywhere, so it does not lead out of that folder.
fn file(given: &Given<'_>) -> Result<Value, Refusal> {
    let name = given.text(0)?;
    let refuse = |what: String, help| Err(refused(0, "hayes::run::file", what).help(help));
    let path = Path::new(name);
    if name.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        let help = "name a file in the script's folder, or in a folder in it";
        return refuse(format!("`{name}` does not stand beside the script"), help);
    }
    let Some(folder) = given.folder else {
        let help = "this script is not a file, so no file stands beside it";
        return refuse(format!("there is no folder to find `{name}` in"), help);
    };
    let path = folder.join(path);
    // A link beside the script may lead anywhere: its real place is judged, before it is read.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if let (Ok(real), Ok(folder)) = (path.canonicalize(), folder.canonicalize())
        && !real.starts_with(folder)
    {
        let help = "a file that a script reads stands in the script's folder: copy it there";
        return refuse(format!("{} leads out of the script's folder", path.display()), help);
    }
    match read_file(&path, LARGEST_VALUE as u64) {
        Ok(text) => Ok(Value::text(text)),
        Err(error) => {
            let help = match error {
                Unreadable::Io(_) => "see that it is there, and yours to read",
                Unreadable::TooLarge { .. } => "a value holds no more than that",
                Unreadable::NoText { .. } => "a file must be UTF-8",
            };
            refuse(format!("{} {error}", path.display()), help)
        }
    }
}
