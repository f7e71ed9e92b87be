//! `param`, `secret`, `set`: names and what they are given.

use std::sync::Arc;

use super::capture::hex;
use super::inputs::Inputs;
use super::interpreter::Run;
use super::problem::{Problem, Step, code};
use super::secret::Mask;
use crate::check::Program;
use crate::source::Name;
use crate::syntax::ast::{Convert, Expression, Param};
use crate::value::Value;

impl Run<'_> {
    /// Gives the script's params what the run was given. All that are missing, or of another kind, are told at once,
    /// before anything is sent.
    #[inline(never)]
    pub(super) fn bind_inputs(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        let mut faults = Vec::new();
        for param in &program.params {
            let name = &param.name.value;
            if self.scope.variables.get(name).is_some() {
                continue;
            }
            if let Some(given) = self.inputs.given(param) {
                self.hide_given(param, &Value::text(given));
            }
            match value_of(param, self.inputs) {
                Ok(Some(value)) => self.scope.variables.set(name, value),
                Ok(None) => {}
                Err((what, code)) => faults.push((param, what, code)),
            }
        }
        match self.faulty(faults) {
            Some(problem) => Err(self.fail(problem)),
            None => Ok(()),
        }
    }

    #[inline(never)]
    fn faulty(&self, faults: Vec<(&Param, String, &'static str)>) -> Option<Problem> {
        let mut faults = faults.into_iter();
        let (first, mut message, code) = faults.next()?;
        let about = |param: &Param| param.about.clone().unwrap_or_else(|| "no value".to_owned());
        let mut others = Vec::new();
        for (param, what, _) in faults {
            message.push_str(&format!("; {what}"));
            others.push(param);
        }
        let ways = ways_to_give(std::iter::once(first).chain(others.iter().copied()));
        let mut problem = self.problem(code, first.name.span, message).label(about(first));
        for other in others {
            problem = problem.also(other.name.span, about(other));
        }
        let help = match self.calls.is_empty() {
            true => ways,
            false => "give it behind `run`: `with name = …`".to_owned(),
        };
        Some(problem.help(help))
    }

    /// A param that was given nothing takes its default.
    #[inline(never)]
    pub(super) fn param(&mut self, param: &Param) -> Step {
        let name = &param.name.value;
        if self.scope.variables.get(name).is_some() {
            return Ok(());
        }
        let Some(default) = &param.default else { return self.bind_inputs() };
        let value = self.evaluate(default)?;
        let value = self.given(param, value, default)?;
        self.scope.variables.set(name, value);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn set(&mut self, name: &Name, value: &Expression) -> Step {
        let value = self.evaluate(value)?;
        self.scope.variables.set(&name.value, value);
        Ok(())
    }

    /// A value that a param is given by its default, or by `run … with`.
    pub(super) fn given(&mut self, param: &Param, value: Value, place: &Expression) -> Step<Value> {
        self.hide_given(param, &value);
        let wanted = match (&value, param.convert) {
            (Value::Text(text), convert) => match from_text(text, convert) {
                Ok(value) => return Ok(value),
                Err(wanted) => wanted,
            },
            (Value::Int(_), Convert::Int | Convert::Hex) => return Ok(value),
            // A number is its own text.
            (Value::Int(number), Convert::Text) => return Ok(Value::text(number.to_string())),
            (Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_), Convert::Int | Convert::Hex) => {
                "a number"
            }
            (Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_), Convert::Text) => "a text",
        };
        let given = match &value {
            Value::Text(text) => format!("\"{text}\""),
            Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => {
                self.shown(&value)
            }
        };
        let what = format!("`{}` must be {wanted}, and is given {given}", param.name.value);
        Err(self.fail(self.problem(code::VALUE, place.span, what)))
    }

    /// Hides what a secret is given, as it was given and as what it is converted to: before anything is said of it.
    fn hide_given(&mut self, param: &Param, given: &Value) {
        if !param.secret {
            return;
        }
        self.hide(&given.to_string());
        if let Value::Text(text) = given
            && let Ok(value) = from_text(text, param.convert)
        {
            self.hide(&value.to_string());
        }
    }
}

/// What is wrong with what a program is given for one of its params.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub param: String,
    pub secret: bool,
    /// It was given none; else one of another kind.
    pub missing: bool,
    /// In one sentence
    pub message: String,
}

/// Params without a value, or with one of another kind. A run tells the same; whoever asks here learns it before a port
/// is opened.
pub fn unfit(program: &Program, inputs: &Inputs) -> Vec<Unfit> {
    let unfit = |param: &Param| {
        let (message, code) = value_of(param, inputs).err()?;
        let missing = code == code::MISSING_PARAM;
        Some(Unfit { param: param.name.value.clone(), secret: param.secret, missing, message })
    };
    program.params.iter().filter_map(unfit).collect()
}

/// The value that a param was given; none where its default is to be taken.
fn value_of(param: &Param, inputs: &Inputs) -> Result<Option<Value>, (String, &'static str)> {
    let name = &param.name.value;
    match inputs.given(param) {
        Some(given) => from_text(given, param.convert).map(Some).map_err(|kind| {
            let shown =
                if param.secret { "what was given is not".to_owned() } else { format!("\"{given}\" was given") };
            (format!("`{name}` must be {kind}, and {shown}"), code::VALUE)
        }),
        None if param.default.is_none() => Err((format!("`{name}` has no value"), code::MISSING_PARAM)),
        None => Ok(None),
    }
}

/// The value, or what the text should be.
fn from_text(text: &str, convert: Convert) -> Result<Value, &'static str> {
    match convert {
        Convert::Text => Ok(Value::text(text)),
        Convert::Int => text.trim().parse().map(Value::Int).map_err(|_| "a number"),
        Convert::Hex => hex(text.trim()).map(Value::Int).ok_or("a hexadecimal number"),
    }
}

/// How params are given values from outside. A secret on the command line would be seen by all who use the machine.
fn ways_to_give<'p>(params: impl Iterator<Item = &'p Param>) -> String {
    let (secrets, plain): (Vec<&Param>, Vec<&Param>) = params.partition(|param| param.secret);
    let named = |params: &[&Param], form: fn(&str) -> String, between: &str| {
        params.iter().map(|param| form(&param.name.value)).collect::<Vec<_>>().join(between)
    };
    let mut ways = Vec::new();
    if !plain.is_empty() {
        ways.push(format!("give it on the command line: {}", named(&plain, |name| format!("-V {name}=…"), " ")));
    }
    if !secrets.is_empty() {
        let variables = named(&secrets, |name| format!("HAYES_SECRET_{name}"), ", ");
        ways.push(format!("put a secret into {variables}, or into a file for --secrets-file"));
    }
    ways.join("; ")
}

impl Mask {
    /// Every secret that is known before these programs run: what stands in them, and what they are given, as it is given
    /// and as what it is converted to.
    pub fn of_known(programs: &[Arc<Program>], inputs: &Inputs) -> Mask {
        let mut mask = Mask::new(inputs.secrets.values().map(String::as_str));
        for program in programs {
            program.written_secrets().into_iter().for_each(|secret| mask.add(secret));
            for param in program.params.iter().filter(|param| param.secret) {
                if let Some(Ok(value)) = inputs.given(param).map(|given| from_text(given, param.convert)) {
                    mask.add(&value.to_string());
                }
            }
        }
        mask
    }
}
