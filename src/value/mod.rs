//! The values of the language: what an expression yields, how values are shown, and how large they may grow. The
//! functions that a script may call stand in [`functions`], one table for all who need them.

pub mod functions;
pub mod module;

mod decimal;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::{Serialize, Serializer};

use crate::notation::{ExactDuration, hex};

pub use decimal::Decimal;

/// A value of a script. Cloning one is cheap: texts, lists and records are shared.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Arc<str>),
    /// What is no text: a certificate, a firmware's part.
    Bytes(Arc<[u8]>),
    Int(i64),
    Decimal(Decimal),
    Bool(bool),
    Duration(Duration),
    List(Arc<Vec<Value>>),
    Record(Arc<Record>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Bytes,
    Int,
    Decimal,
    Bool,
    Duration,
    List,
    Record,
}

/// Bytes of a text, items of a list: no value holds more, all that stands in it counted.
pub const LARGEST_VALUE: usize = 1 << 20;

/// How often lists and records may stand within each other: whatever shows, compares or drops one goes down into it.
pub const DEEPEST_VALUE: usize = 64;

/// Why something cannot be done with these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code's page, and which wording on it: `hayes::run::value negative`
    pub page: &'static str,
    /// The values for the `«…»` of that wording
    pub values: Vec<String>,
    /// The argument at fault, counted from 0, where it is a function that was called.
    pub argument: Option<usize>,
}

impl Refusal {
    pub fn new(page: &'static str, values: &[&dyn fmt::Display]) -> Refusal {
        Refusal { page, values: values.iter().map(|value| value.to_string()).collect(), argument: None }
    }
}

/// Named values in the order in which they were set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    fields: Vec<(Arc<str>, Value)>,
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// In whole milliseconds: a script has no smaller unit.
    pub fn duration(duration: Duration) -> Value {
        let part = duration.subsec_nanos() % 1_000_000;
        Value::Duration(duration.saturating_sub(Duration::from_nanos(u64::from(part))))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    /// What these bytes are: a text where they are UTF-8.
    pub fn of_bytes(bytes: Vec<u8>) -> Value {
        String::from_utf8(bytes).map_or_else(|error| Value::Bytes(error.into_bytes().into()), Value::text)
    }

    pub fn record(record: Record) -> Value {
        Value::Record(Arc::new(record))
    }

    pub fn kind(&self) -> ValueKind {
        match self {
            Value::Text(_) => ValueKind::Text,
            Value::Bytes(_) => ValueKind::Bytes,
            Value::Decimal(_) => ValueKind::Decimal,
            Value::Int(_) => ValueKind::Int,
            Value::Bool(_) => ValueKind::Bool,
            Value::Duration(_) => ValueKind::Duration,
            Value::List(_) => ValueKind::List,
            Value::Record(_) => ValueKind::Record,
        }
    }

    /// The value, unless it holds too much. A list that holds itself twice, again and again, is soon larger than any
    /// memory when it is shown; one that holds itself once, again and again, than any stack.
    pub fn weighed(self) -> Result<Value, Refusal> {
        weight(&self, LARGEST_VALUE, DEEPEST_VALUE)?;
        Ok(self)
    }

    /// About what it takes to hold it.
    pub fn size(&self) -> usize {
        weight(self, LARGEST_VALUE, DEEPEST_VALUE).unwrap_or(LARGEST_VALUE)
    }
}

/// What a value is when it is sent: bytes as they are, all else as text.
pub fn bytes_of(value: &Value) -> Vec<u8> {
    if let Value::Bytes(bytes) = value { bytes.to_vec() } else { value.to_string().into_bytes() }
}

/// Whether a text of so many bytes may be made.
pub fn fits(length: usize) -> Result<(), Refusal> {
    if length <= LARGEST_VALUE {
        return Ok(());
    }
    Err(Refusal::new("hayes::run::too-long", &[&length, &LARGEST_VALUE]))
}

/// The bytes and items of a value that has less than `most`, and at most `deepest` lists and records within each other.
fn weight(value: &Value, most: usize, deepest: usize) -> Result<usize, Refusal> {
    let too_much = || Refusal::new("hayes::run::too-long value", &[&LARGEST_VALUE]);
    let too_deep = || Refusal::new("hayes::run::too-deep value", &[&DEEPEST_VALUE]);
    let add = |sum: usize, value: &Value| {
        let most = most.checked_sub(sum).ok_or_else(too_much)?;
        let deepest = deepest.checked_sub(1).ok_or_else(too_deep)?;
        weight(value, most, deepest).map(|weight| sum + weight)
    };
    let weight = match value {
        Value::Text(text) => text.len() + 1,
        Value::Bytes(bytes) => bytes.len() + 1,
        Value::Int(_) | Value::Decimal(_) | Value::Bool(_) | Value::Duration(_) => 1,
        Value::List(_) | Value::Record(_) if deepest == 0 => return Err(too_deep()),
        Value::List(items) => items.iter().try_fold(1, add)?,
        Value::Record(record) => record.iter().try_fold(1, |sum, (name, value)| add(sum + name.len(), value))?,
    };
    if weight < most { Ok(weight) } else { Err(too_much()) }
}

impl Record {
    pub fn new() -> Record {
        Record::default()
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
    }

    /// Sets a field; one that stands already keeps its place.
    pub fn set(&mut self, name: impl AsRef<str> + Into<Arc<str>>, value: Value) {
        match self.fields.iter_mut().find(|(field, _)| **field == *name.as_ref()) {
            Some((_, old)) => *old = value,
            None => self.fields.push((name.into(), value)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|(field, _)| **field != *name);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl<N: AsRef<str> + Into<Arc<str>>> FromIterator<(N, Value)> for Record {
    fn from_iter<F: IntoIterator<Item = (N, Value)>>(fields: F) -> Record {
        let mut record = Record::new();
        fields.into_iter().for_each(|(name, value)| record.set(name, value));
        record
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Bytes(bytes) => f.write_str(&hex(bytes)),
            Value::Decimal(number) => number.fmt(f),
            Value::Int(number) => number.fmt(f),
            Value::Bool(truth) => truth.fmt(f),
            Value::Duration(duration) => ExactDuration(*duration).fmt(f),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| Quoted(item).to_string()).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Value::Record(record) => {
                let fields: Vec<String> =
                    record.iter().map(|(name, value)| format!("{name} = {}", Quoted(value))).collect();
                write!(f, "{{{}}}", fields.join(", "))
            }
        }
    }
}

/// A value as it would be written in a script: texts stand in quotes.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a Value);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Value::Text(text) = self.0 {
            write!(f, "\"{text}\"")
        } else if let Value::Bytes(_) = self.0 {
            write!(f, "unhex(\"{}\")", self.0)
        } else {
            self.0.fmt(f)
        }
    }
}

/// As JSON: texts, numbers, booleans, arrays and objects; a duration is its text (`"1500ms"`), bytes are hex digits.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.serialize_str(&hex(bytes)),
            Value::Decimal(number) => serializer.serialize_f64(number.to_float()),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Duration(duration) => serializer.collect_str(&ExactDuration(*duration)),
            Value::List(items) => serializer.collect_seq(items.iter()),
            Value::Record(record) => record.serialize(serializer),
        }
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
