//! What is known of a value before the script runs.

use std::sync::Arc;

use crate::syntax::ast::{Convert, Field};
pub(super) use crate::value::ValueKind as Kind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// It may be anything.
    Unknown,
    Text,
    Int,
    Bool,
    Duration,
    List(Arc<Type>),
    /// Its fields, in order.
    Record(Arc<[(String, Type)]>),
}

impl Type {
    /// What a captured parameter becomes. An optional one may be empty, which is text.
    pub(super) fn of_capture(convert: Convert, optional: bool) -> Type {
        match convert {
            Convert::Text => Type::Text,
            Convert::Int | Convert::Hex if optional => Type::Unknown,
            Convert::Int | Convert::Hex => Type::Int,
        }
    }

    /// What a function yields.
    pub(super) fn of_kind(kind: Option<Kind>) -> Type {
        match kind {
            Some(Kind::Text) => Type::Text,
            Some(Kind::Int) => Type::Int,
            Some(Kind::Bool) => Type::Bool,
            Some(Kind::Duration) => Type::Duration,
            Some(Kind::List) => Type::List(Arc::new(Type::Unknown)),
            Some(Kind::Record) | None => Type::Unknown,
        }
    }

    pub(super) fn record_of(fields: &[Field]) -> Type {
        let named = fields.iter().filter_map(|field| {
            let name = field.name.as_ref()?;
            Some((name.value.clone(), Type::of_capture(field.convert, field.optional)))
        });
        Type::Record(named.collect())
    }

    /// What a value is that may come from either of two branches.
    pub(super) fn or(self, other: &Type) -> Type {
        if self == *other { self } else { Type::Unknown }
    }

    /// What an item of it is.
    pub(super) fn item(&self) -> Type {
        match self {
            Type::List(item) => (**item).clone(),
            Type::Unknown | Type::Text | Type::Int | Type::Bool | Type::Duration | Type::Record(_) => Type::Unknown,
        }
    }

    /// As it is called in a message.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Type::Unknown => "anything",
            Type::Text => "text",
            Type::Int => "a whole number",
            Type::Bool => "true or false",
            Type::Duration => "a duration",
            Type::List(_) => "a list",
            Type::Record(_) => "a record",
        }
    }

    /// Whether it is certainly none of these; the unknown may be any.
    pub(super) fn is_none_of(&self, wanted: &[Kind]) -> bool {
        self.kind().is_some_and(|kind| !wanted.contains(&kind))
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Type::Unknown => None,
            Type::Text => Some(Kind::Text),
            Type::Int => Some(Kind::Int),
            Type::Bool => Some(Kind::Bool),
            Type::Duration => Some(Kind::Duration),
            Type::List(_) => Some(Kind::List),
            Type::Record(_) => Some(Kind::Record),
        }
    }
}
