//! Whether a connection is certainly up: its APN cannot be changed then.

use super::Known;
use super::at_text::UNKNOWN;
use crate::at::command::Form;
use crate::check::checker::Checker;
use crate::check::faults::modem::ModemFault;
use crate::diagnostic::Label;
use crate::source::Span;

/// The contexts that lines above have certainly brought up, and where.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::check) struct Context {
    up: Vec<(String, Span)>,
}

/// A command that brings a context up.
struct Up {
    name: &'static str,
    /// The parameter that names the context
    context: usize,
    /// The parameter that says so, and its value; `None` where every set does
    says: Option<(usize, &'static str)>,
}

const UP: &[Up] = &[
    Up { name: "+CGACT", context: 1, says: Some((0, "1")) },
    Up { name: "+QIACT", context: 0, says: None },
    Up { name: "#SGACT", context: 0, says: Some((1, "1")) },
    Up { name: "+CNACT", context: 0, says: Some((1, "1")) },
];

/// Commands that may take contexts down, whatever their parameters.
const DOWN: &[&str] =
    &["+CGACT", "+QIDEACT", "#SGACT", "+CNACT", "+CFUN", "+COPS", "+CGATT", "+QPOWD", "+CPWROFF", "+CIPSHUT", "H", "Z"];

impl Checker<'_, '_, '_> {
    pub(super) fn follow_context(&mut self, known: &Known<'_>) {
        let command = known.command;
        if command.form == Form::Set
            && known.entry.is_some_and(|entry| entry.needs_context_down)
            && let Some(context) = known.values.first()
            && let Some((_, since)) = self.lines.context.up.iter().find(|(up, _)| up == context)
        {
            let up = Label { span: *since, text: "brought up here".to_owned() };
            let fault = ModemFault::ContextUp { command: format!("AT{}", command.name.to_ascii_uppercase()) };
            self.reporter.report_with(&fault, known.span, vec![up]);
        }
        if matches!(command.form, Form::Read | Form::Test) {
            return;
        }
        let up = UP.iter().find(|up| {
            let given = |index: usize| known.values.get(index).map(String::as_str);
            command.is(up.name)
                && command.form == Form::Set
                && up.says.is_none_or(|(index, value)| given(index) == Some(value))
        });
        if let Some(up) = up
            && let Some(context) = known.values.get(up.context)
            && !context.contains(UNKNOWN)
        {
            self.lines.context.up.push((context.clone(), known.span));
        } else if DOWN.iter().any(|name| command.is(name)) || known.entry.is_none() {
            // An unknown command may do anything.
            self.lines.context = Context::default();
        }
    }
}
