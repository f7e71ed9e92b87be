//! The statements of a line, and the lines that open a block.

use pest::iterators::Pair;

use super::super::ast::{
    Await, AwaitTarget, Column, Convert, Exchange, Expression, ExpressionKind, Param, PortAction, Schedule, Send,
    SendForm, Statement, StatementKind, Template, TemplatePart,
};
use super::super::error::{Fault, SyntaxError};
use super::super::grammar::Rule;
use super::super::words;
use super::{Line, Lowerer, Opener, child, children};
use crate::source::Name;

impl Lowerer {
    pub(super) fn statement(&mut self, pair: &Pair<'_, Rule>) -> Result<Line, SyntaxError> {
        let span = self.span(pair);
        let kind = match pair.as_rule() {
            Rule::expect_line | Rule::capture_line | Rule::prompt_line => return Ok(Line::Clause(self.clause(pair)?)),
            Rule::if_line
            | Rule::for_line
            | Rule::retry_line
            | Rule::try_line
            | Rule::finally_line
            | Rule::unsafe_line
            | Rule::ensure_line => return Ok(Line::Open(self.opener(pair)?, span)),
            Rule::at_line | Rule::send_line => {
                StatementKind::Exchange(Exchange { send: self.send(pair)?, clauses: Vec::new() })
            }
            Rule::reboot_line => StatementKind::Reboot { command: self.send(pair)? },
            Rule::await_line => StatementKind::Await(self.await_line(pair)?),
            Rule::assert_line => {
                StatementKind::Assert { condition: self.child_expression(pair)?, why: self.because(pair)? }
            }
            Rule::fail_line => StatementKind::Fail { why: self.child_string(pair)? },
            Rule::skip_line => StatementKind::Skip { why: self.child_string(pair)? },
            Rule::log_line => StatementKind::Log { text: self.child_string(pair)? },
            Rule::confirm_line => StatementKind::Confirm { text: self.child_string(pair)? },
            Rule::stop_line => StatementKind::Stop,
            Rule::set_line => {
                let name = self.name(&self.required(pair, Rule::name)?);
                StatementKind::Set { name, value: self.child_expression(pair)? }
            }
            Rule::param_line => StatementKind::Param(self.param(pair, false)?),
            Rule::secret_line => StatementKind::Param(self.param(pair, true)?),
            Rule::run_line => self.run(pair)?,
            Rule::report_line => {
                let columns =
                    children(pair, Rule::column).map(|column| self.column(&column)).collect::<Result<_, _>>()?;
                StatementKind::Report { columns }
            }
            Rule::abort_line => {
                let patterns = self.alternatives(&self.required(pair, Rule::alternatives)?)?;
                StatementKind::AbortOn { patterns, why: self.because(pair)? }
            }
            Rule::sleep_line => StatementKind::Sleep { duration: self.child_duration(pair)? },
            Rule::timeout_line => StatementKind::Timeout { duration: self.child_duration(pair)? },
            Rule::port_line => StatementKind::Port(self.port(pair)?),
            _ => return Err(self.misshapen(pair)),
        };
        Ok(Line::Statement(Statement { kind, span }))
    }

    fn opener(&mut self, pair: &Pair<'_, Rule>) -> Result<Opener, SyntaxError> {
        Ok(match pair.as_rule() {
            Rule::if_line => Opener::If { condition: self.child_expression(pair)? },
            Rule::for_line => {
                let name = self.name(&self.required(pair, Rule::name)?);
                Opener::For { name, list: self.child_expression(pair)? }
            }
            Rule::retry_line => Opener::Retry { schedule: self.schedule(pair)? },
            Rule::try_line => Opener::Try,
            Rule::finally_line => Opener::Finally,
            Rule::unsafe_line => Opener::Unsafe { why: self.child_string(pair)? },
            Rule::ensure_line => {
                let question = self.send(pair)?;
                Opener::Ensure { question, answers: self.alternatives(&self.required(pair, Rule::alternatives)?)? }
            }
            _ => return Err(self.misshapen(pair)),
        })
    }

    fn schedule(&mut self, pair: &Pair<'_, Rule>) -> Result<Schedule, SyntaxError> {
        let pauses: Vec<Expression> = match child(pair, Rule::pauses) {
            Some(pauses) => {
                children(&pauses, Rule::expression).map(|pause| self.duration(&pause)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        let mut pauses = pauses.into_iter();
        let (pause, longest) = (pauses.next(), pauses.next());
        if let Some(total) = child(pair, Rule::retry_for) {
            return Ok(Schedule::For { duration: self.child_duration(&total)?, pause, longest });
        }
        let count = self.required(pair, Rule::expression)?;
        if let Some(number) = words::number(count.as_str()) {
            return self.fault(&count, Fault::NumberInWords { word: count.as_str().to_owned(), number });
        }
        let count = self.expression(&count)?;
        if let ExpressionKind::Duration(_) = count.kind {
            return Err(SyntaxError::new(Fault::RetryForMissing, count.span));
        }
        Ok(Schedule::Times { count, pause, longest })
    }

    /// The question of `AT…`, `send …`, `reboot …` and `ensure …`.
    fn send(&mut self, pair: &Pair<'_, Rule>) -> Result<Send, SyntaxError> {
        let (form, text) = match child(pair, Rule::at_word) {
            Some(word) => (SendForm::At, self.at_word(&word)?),
            None => {
                let raw = child(pair, Rule::kw_raw).is_some();
                (if raw { SendForm::Raw } else { SendForm::Text }, self.child_string(pair)?)
            }
        };
        let span = text.span;
        Ok(Send { form, text, within: self.within(pair)?, span })
    }

    fn within(&mut self, pair: &Pair<'_, Rule>) -> Result<Option<Expression>, SyntaxError> {
        child(pair, Rule::within).map(|within| self.child_duration(&within)).transpose()
    }

    fn await_line(&mut self, pair: &Pair<'_, Rule>) -> Result<Await, SyntaxError> {
        let target = if let Some(quiet) = child(pair, Rule::await_quiet) {
            AwaitTarget::Quiet { duration: self.child_duration(&quiet)? }
        } else if let Some(prompt) = child(pair, Rule::await_prompt) {
            AwaitTarget::Prompt { text: self.child_string(&prompt)? }
        } else {
            AwaitTarget::Line(self.alternatives(&self.required(pair, Rule::alternatives)?)?)
        };
        Ok(Await { target, within: self.within(pair)?, clauses: Vec::new() })
    }

    fn because(&mut self, pair: &Pair<'_, Rule>) -> Result<Option<Template>, SyntaxError> {
        child(pair, Rule::because).map(|because| self.child_string(&because)).transpose()
    }

    fn param(&mut self, pair: &Pair<'_, Rule>, secret: bool) -> Result<Param, SyntaxError> {
        let declaration = self.required(pair, Rule::declaration)?;
        Ok(Param {
            name: self.name(&self.required(&declaration, Rule::name)?),
            convert: child(&declaration, Rule::convert)
                .map_or(Convert::Text, |convert| super::clause::convert(&convert)),
            default: child(&declaration, Rule::expression).map(|default| self.expression(&default)).transpose()?,
            about: child(&declaration, Rule::about).map(|about| self.about(&about)).transpose()?,
            secret,
        })
    }

    /// What a param is: text that is there before anything runs, so no values in it.
    fn about(&mut self, pair: &Pair<'_, Rule>) -> Result<String, SyntaxError> {
        let mut about = String::new();
        for part in self.child_string(pair)?.parts {
            match part {
                TemplatePart::Text(text) => about.push_str(&text),
                TemplatePart::Value(value) => return Err(SyntaxError::new(Fault::ValueInAbout, value.span)),
            }
        }
        Ok(about)
    }

    fn run(&mut self, pair: &Pair<'_, Rule>) -> Result<StatementKind, SyntaxError> {
        let script = self.child_string(pair)?;
        let arguments = match child(pair, Rule::arguments) {
            Some(arguments) => children(&arguments, Rule::argument)
                .map(|argument| self.argument(&argument))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let record = child(pair, Rule::name).map(|name| self.name(&name));
        Ok(StatementKind::Run { script, arguments, record })
    }

    fn argument(&mut self, pair: &Pair<'_, Rule>) -> Result<(Name, Expression), SyntaxError> {
        let name = self.name(&self.required(pair, Rule::name)?);
        Ok((name, self.child_expression(pair)?))
    }

    fn column(&mut self, pair: &Pair<'_, Rule>) -> Result<Column, SyntaxError> {
        if let Some(argument) = child(pair, Rule::argument) {
            let (name, value) = self.argument(&argument)?;
            return Ok(Column { name, value });
        }
        let value = self.child_expression(pair)?;
        let name = if let ExpressionKind::Variable(name) = &value.kind {
            Name { value: name.clone(), span: value.span }
        } else if let ExpressionKind::Member { name, .. } = &value.kind {
            name.clone()
        } else {
            let fault = Fault::UnnamedColumn { value: pair.as_str().to_owned() };
            return Err(SyntaxError::new(fault, value.span));
        };
        Ok(Column { name, value })
    }

    fn port(&mut self, pair: &Pair<'_, Rule>) -> Result<PortAction, SyntaxError> {
        let action = pair.clone().into_inner().nth(1).ok_or_else(|| self.misshapen(pair))?;
        let on = child(&action, Rule::switch).is_some_and(|switch| switch.as_str() == "on");
        Ok(match action.as_rule() {
            Rule::port_baud => PortAction::Baud(self.child_expression(&action)?),
            Rule::port_dtr => PortAction::Dtr(on),
            Rule::port_rts => PortAction::Rts(on),
            Rule::port_break => PortAction::Break(self.child_duration(&action)?),
            Rule::port_flush => PortAction::Flush,
            Rule::port_escape => PortAction::Escape,
            _ => return Err(self.misshapen(&action)),
        })
    }

    pub(super) fn child_string(&mut self, pair: &Pair<'_, Rule>) -> Result<Template, SyntaxError> {
        let string = self.required(pair, Rule::string)?;
        self.string(&string)
    }

    pub(super) fn child_expression(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, SyntaxError> {
        let expression = self.required(pair, Rule::expression)?;
        self.expression(&expression)
    }

    pub(super) fn child_duration(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, SyntaxError> {
        let expression = self.required(pair, Rule::expression)?;
        self.duration(&expression)
    }

    /// An expression where a duration is asked for: a bare number lacks its unit.
    fn duration(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, SyntaxError> {
        let expression = self.expression(pair)?;
        if let ExpressionKind::Int(number) = expression.kind {
            return Err(SyntaxError::new(Fault::DurationWithoutUnit { number }, expression.span));
        }
        Ok(expression)
    }
}
