//! What an expression yields, and how values are shown, compared and converted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value of a script. Cloning one is cheap: texts, lists and records are shared.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Arc<str>),
    Int(i64),
    Bool(bool),
    Duration(Duration),
    List(Arc<Vec<Value>>),
    Record(Arc<Record>),
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

    pub fn record(record: Record) -> Value {
        Value::Record(Arc::new(record))
    }

    /// What kind of value it is, in a person's words: `a text`, `a number`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Int(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Duration(_) => "a duration",
            Value::List(_) => "a list",
            Value::Record(_) => "a record",
        }
    }
}

impl Record {
    pub fn new() -> Record {
        Record::default()
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
    }

    /// Sets a field; one that stands already keeps its place.
    pub fn set(&mut self, name: impl Into<Arc<str>>, value: Value) {
        let name = name.into();
        match self.fields.iter_mut().find(|(field, _)| *field == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((name, value)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Int(number) => number.fmt(f),
            Value::Bool(truth) => truth.fmt(f),
            Value::Duration(duration) => ExactDuration(*duration).fmt(f),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    Quoted(item).fmt(f)?;
                }
                f.write_str("]")
            }
            Value::Record(record) => {
                f.write_str("{")?;
                for (index, (name, value)) in record.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{name} = {}", Quoted(value))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A value as it would be written in a script: texts stand in quotes.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a Value);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => write!(f, "\"{text}\""),
            Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => self.0.fmt(f),
        }
    }
}

/// A duration in the largest unit that shows it whole, as a script writes it: `500ms`, `5s`, `2min`. Values are whole
/// milliseconds.
#[derive(Debug, Clone, Copy)]
struct ExactDuration(Duration);

impl fmt::Display for ExactDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            0 => f.write_str("0s"),
            millis if millis.is_multiple_of(60_000) => write!(f, "{}min", millis / 60_000),
            millis if millis.is_multiple_of(1000) => write!(f, "{}s", millis / 1000),
            millis => write!(f, "{millis}ms"),
        }
    }
}

/// A duration for people: as a script writes it, a long one without the last of its milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct ShownDuration(pub Duration);

impl fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 && !self.0.is_zero() {
            write!(f, "{}us", self.0.as_micros())
        } else if millis >= 60_000 && millis.is_multiple_of(60_000) {
            write!(f, "{}min", millis / 60_000)
        } else if millis >= 1000 && millis.is_multiple_of(1000) {
            write!(f, "{}s", millis / 1000)
        } else if millis >= 10_000 {
            write!(f, "{}.{}s", millis / 1000, millis % 1000 / 100)
        } else {
            write!(f, "{millis}ms")
        }
    }
}

/// As JSON: texts, numbers, booleans, arrays and objects; a duration is its text (`"1500ms"`).
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Duration(duration) => serializer.collect_str(&ExactDuration(*duration)),
            Value::List(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Value::Record(record) => {
                let mut map = serializer.serialize_map(Some(record.fields.len()))?;
                for (name, value) in record.iter() {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}
