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
        let values = known.values();
        let raises = known.entry.and_then(|entry| entry.raises_context.as_ref());
        if let Some(raises) = raises.filter(|raises| raises.when.holds(command.form, &values))
            && let Some(context) = known.values.get(raises.context)
            && !context.contains(UNKNOWN)
        {
            self.lines.context.up.push((context.clone(), known.span));
        } else if known
            .entry
            .is_none_or(|entry| entry.lowers_contexts || entry.reboots(command.form, &values).is_some())
        {
            // An unknown command may do anything.
            self.lines.context = Context::default();
        }
    }
}
