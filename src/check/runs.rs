//! `run "name"`: the other script, what it is given, what it gives back.

use std::collections::HashSet;
use std::sync::Arc;

use super::binding;
use super::checker::Checker;
use super::faults::modem::ModemFault;
use super::faults::run::RunFault;
use super::faults::value::ValueFault;
use super::program::{Program, literal_text, written};
use super::scripts::NotFound;
use super::session::{DEEPEST, MOST_NESTED, Refused};
use super::types::{Kind, Type};
use crate::diagnostic::nearest;
use crate::source::{Name, Span};
use crate::syntax::ast::{Convert, Expression, ExpressionKind, Statement, Template};

impl Checker<'_, '_, '_> {
    pub(super) fn run(
        &mut self,
        statement: &Statement,
        script: &Template,
        arguments: &[(Name, Expression)],
        record: Option<&Name>,
    ) {
        let given: Vec<(&Name, Type, Span)> =
            arguments.iter().map(|(name, value)| (name, self.expression(value), value.span)).collect();
        let called = self.called(script);
        let mut fields = Type::Unknown;
        if let Some((name, program)) = called {
            self.arguments(&name, script.span, &program, &given);
            self.written_secrets(&program, arguments);
            fields =
                Type::Record(Arc::new(program.fields.iter().cloned().zip(program.types.iter().cloned()).collect()));
            if let Some(command) = &program.tries_pin {
                self.tries_pin(command.clone(), statement.span);
            }
            self.lines.after_run(&name);
            self.parts.runs.insert(name, program);
        }
        if let Some(record) = record
            && self.may_bind(record)
        {
            self.scope.bind(&record.value, fields, None);
        }
    }

    /// Values of the other script's secrets that stand here as they are.
    fn written_secrets(&mut self, program: &Program, arguments: &[(Name, Expression)]) {
        for (name, value) in arguments {
            if !program.param(&name.value).is_some_and(|param| param.secret) {
                continue;
            }
            self.written_secrets.extend(written(value));
            let written = if let ExpressionKind::Int(_) = value.kind {
                Some(self.script.source.slice(value.span))
            } else {
                literal_text(value)
            };
            if let Some(written) = written.filter(|text| !text.is_empty()) {
                self.parts.given_secrets.push(written.to_owned());
                self.reporter.report(&RunFault::WrittenSecret { name: name.value.clone() }, value.span);
            }
        }
    }

    /// A command that uses up attempts stands here, or in a script that is run here.
    pub(super) fn tries_pin(&mut self, command: String, span: Span) {
        if let Some(place) = self.place.again {
            self.reporter.report(&ModemFault::PinAgain { command: command.clone(), place }, span);
        }
        self.parts.tries_pin.get_or_insert(command);
    }

    fn called(&mut self, script: &Template) -> Option<(String, Arc<Program>)> {
        let Some(name) = binding::literal(script) else {
            self.template(script);
            self.reporter.report(&RunFault::Computed, script.span);
            return None;
        };
        let (refused, diagnostics) = match self.session.run(&name, &self.script.source, self.place.depth) {
            Ok(program) => return Some((name, program)),
            Err(refused) => refused,
        };
        self.reporter.adopt(diagnostics);
        let fault = match refused {
            Refused::NotFound(NotFound::Nowhere { suggestions }) => RunFault::NoScript { name, suggestions },
            Refused::NotFound(NotFound::Unreadable { why }) => RunFault::Unreadable { why },
            Refused::Cycle { chain } => RunFault::Cycle { chain },
            Refused::TooDeep => RunFault::TooDeep { scripts: MOST_NESTED, blocks: DEEPEST },
            Refused::Broken => return None,
        };
        self.reporter.report(&fault, script.span);
        None
    }

    fn arguments(&mut self, script: &str, at: Span, program: &Program, given: &[(&Name, Type, Span)]) {
        let mut names = HashSet::with_capacity(given.len());
        for (name, kind, place) in given {
            if !names.insert(name.value.as_str()) {
                self.reporter.report(&RunFault::TwoArguments { name: name.value.clone() }, name.span);
                continue;
            }
            let Some(param) = program.param(&name.value) else {
                let known: Vec<String> = program.params.iter().map(|param| param.name.value.clone()).collect();
                let near = nearest(&name.value, known.iter().map(String::as_str)).map(str::to_owned);
                let script = script.to_owned();
                let fault = RunFault::UnknownArgument { script, name: name.value.clone(), near, known };
                self.reporter.report(&fault, name.span);
                continue;
            };
            let wrong = match param.convert {
                Convert::Text => kind.is_none_of(&[Kind::Text, Kind::Int]),
                // Text may be a number's: it is converted, or refused, when the script is run.
                Convert::Int | Convert::Hex => kind.is_none_of(&[Kind::Int, Kind::Text]),
            };
            if wrong {
                let place_words = format!("`{}` of `{script}`", name.value);
                let wanted = if param.convert == Convert::Text { "text" } else { "a whole number" };
                let help = format!("`hayes show {}` tells what it takes", program.source().name);
                let fault = ValueFault::WrongType { place: place_words, wanted, found: kind.words(), help };
                self.reporter.report(&fault, *place);
            }
        }
        for param in &program.params {
            let name = &param.name.value;
            if param.default.is_none() && !names.contains(name.as_str()) {
                let fault = RunFault::MissingArgument { script: script.to_owned(), name: name.clone() };
                self.reporter.report(&fault, at);
            }
        }
    }
}
