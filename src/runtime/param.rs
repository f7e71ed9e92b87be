//! `param`, `secret`, `set`: names and what they are given.

use super::capture::hex;
use super::interpreter::Run;
use super::problem::{Problem, Step, code};
use super::value::Value;
use crate::source::Name;
use crate::syntax::ast::{Convert, Expression, ExpressionKind, Param};

use std::sync::Arc;

/// What a text given for a param becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Text,
    Int,
    Hex,
    Bool,
    Duration,
}

impl Run<'_> {
    /// Gives the script's params what the run was given. All that are missing, or of another kind, are told at once,
    /// before anything is sent.
    pub(super) fn bind_inputs(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        let mut faults: Vec<(&Param, String, &'static str)> = Vec::new();
        for param in &program.params {
            let name = &param.name.value;
            if self.scope.variables.get(name).is_some() {
                continue;
            }
            let inputs = self.inputs;
            let (first, second) = match param.secret {
                true => (&inputs.secrets, &inputs.variables),
                false => (&inputs.variables, &inputs.secrets),
            };
            match first.get(name).or_else(|| second.get(name)) {
                Some(given) => {
                    if param.secret {
                        self.hide(given);
                    }
                    match from_text(given, wanted(param)) {
                        Ok(value) => self.scope.variables.set(name, value),
                        Err(kind) => {
                            let what = format!("`{name}` must be {kind}, and \"{given}\" was given");
                            faults.push((param, what, code::VALUE));
                        }
                    }
                }
                None if param.default.is_none() => {
                    faults.push((param, format!("`{name}` has no value"), code::MISSING_PARAM));
                }
                None => {}
            }
        }
        match self.faulty(faults) {
            Some(problem) => Err(self.fail(problem)),
            None => Ok(()),
        }
    }

    fn faulty(&self, faults: Vec<(&Param, String, &'static str)>) -> Option<Problem> {
        let mut faults = faults.into_iter();
        let (first, mut message, code) = faults.next()?;
        let flag = |param: &Param| {
            let flag = if param.secret { "--secret" } else { "-V" };
            format!("{flag} {}=…", param.name.value)
        };
        let about = |param: &Param| param.about.clone().unwrap_or_else(|| "no value".to_owned());
        let mut flags = vec![flag(first)];
        let mut others = Vec::new();
        for (param, what, _) in faults {
            message.push_str(&format!("; {what}"));
            flags.push(flag(param));
            others.push(param);
        }
        let mut problem = self.problem(code, first.name.span, message).label(about(first));
        for other in others {
            problem = problem.also(other.name.span, about(other));
        }
        let help = match self.calls.is_empty() {
            true => format!("give it on the command line: {}", flags.join(" ")),
            false => "give it behind `run`: `with name = …`".to_owned(),
        };
        Some(problem.help(help))
    }

    /// A param that was given nothing takes its default.
    pub(super) fn param(&mut self, param: &Param) -> Step {
        let name = &param.name.value;
        if self.scope.variables.get(name).is_some() {
            return Ok(());
        }
        let Some(default) = &param.default else { return self.bind_inputs() };
        let value = self.evaluate(default)?;
        if param.secret {
            self.hide(&value.to_string());
        }
        let value = match (&value, param.convert) {
            (Value::Text(text), Convert::Int | Convert::Hex) => match from_text(text, wanted(param)) {
                Ok(value) => value,
                Err(kind) => {
                    let what = format!("`{name}` must be {kind}, and its default is {value}");
                    return Err(self.fail(self.problem(code::VALUE, default.span, what)));
                }
            },
            _ => value,
        };
        self.scope.variables.set(name, value);
        Ok(())
    }

    pub(super) fn set(&mut self, name: &Name, value: &Expression) -> Step {
        let value = self.evaluate(value)?;
        self.scope.variables.set(&name.value, value);
        Ok(())
    }

    /// A value given by `run … with`.
    pub(super) fn given(&self, param: &Param, value: Value, place: &Expression) -> Step<Value> {
        match &value {
            Value::Text(text) => from_text(text, wanted(param)).map_err(|kind| {
                let what = format!("`{}` must be {kind}, and is given \"{text}\"", param.name.value);
                self.fail(self.problem(code::VALUE, place.span, what))
            }),
            Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => Ok(value),
        }
    }
}

/// A param becomes what it says, else what its default is: with `param tries = 3`, `-V tries=5` is a number.
fn wanted(param: &Param) -> Wanted {
    match (param.convert, param.default.as_ref().map(|default| &default.kind)) {
        (Convert::Int, _) => Wanted::Int,
        (Convert::Hex, _) => Wanted::Hex,
        (Convert::Text, Some(ExpressionKind::Int(_))) => Wanted::Int,
        (Convert::Text, Some(ExpressionKind::Bool(_))) => Wanted::Bool,
        (Convert::Text, Some(ExpressionKind::Duration(_))) => Wanted::Duration,
        (Convert::Text, _) => Wanted::Text,
    }
}

/// The value, or what the text should be.
fn from_text(text: &str, wanted: Wanted) -> Result<Value, &'static str> {
    let trimmed = text.trim();
    match wanted {
        Wanted::Text => Ok(Value::text(text)),
        Wanted::Int => trimmed.parse().map(Value::Int).map_err(|_| "a number"),
        Wanted::Hex => hex(trimmed).map(Value::Int).ok_or("a hexadecimal number"),
        Wanted::Bool => match trimmed {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("true or false"),
        },
        Wanted::Duration => duration(trimmed).ok_or("a duration such as 500ms, 5s or 2min"),
    }
}

fn duration(text: &str) -> Option<Value> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(|millis| Value::Duration(std::time::Duration::from_millis(millis)))
}
