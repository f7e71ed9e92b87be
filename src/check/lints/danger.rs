//! What a command does to the modem, the SIM or the purse.

use super::at_text::UNKNOWN;
use super::{Asked, Known};
use crate::at::command::{self, Form};
use crate::catalogue;
use crate::catalogue::command::{Command, Danger, DangerKind, When};
use crate::check::checker::Checker;
use crate::check::faults::modem::ModemFault;

impl Checker<'_, '_, '_> {
    pub(super) fn lint_danger(&mut self, known: &Known<'_>, asked: Asked<'_>) {
        let Some(entry) = known.entry else { return };
        let (form, values) = (known.command.form, known.values());
        let tries_pin = may_try_pin(known);
        if tries_pin {
            let command = format!("{}=", known.name());
            let again = self.place.again;
            if asked.ensured {
                self.place.again = Some("an `ensure`, which asks twice");
            }
            self.tries_pin(command, known.span);
            self.place.again = again;
            if again.is_some() || asked.ensured {
                return;
            }
        }
        if self.place.in_unsafe {
            return;
        }
        let command = || format!("AT{}", known.command_text(&self.script.source));
        if let Some(danger) = needs_unsafe(entry, known) {
            let fault = ModemFault::NeedsUnsafe { command: command(), why: danger.why };
            self.reporter.report(&fault, known.span);
            return;
        }
        if let Some(danger) = entry.dangers(form, &values).find(|danger| self.is_told(danger.kind, form)) {
            let command = if tries_pin { format!("{}=", known.name()) } else { command() };
            let fault = ModemFault::Danger { command, why: danger.why };
            self.reporter.report(&fault, known.span);
        } else if let Some(why) = entry.not_repeatable(form, &values)
            && self.place.in_retry
            && !asked.reboot
        {
            let fault = ModemFault::Again { command: command(), why };
            self.reporter.report(&fault, known.span);
        }
        if entry.leaves_nb_iot_only(form, &values) {
            let command = command();
            self.lines.nb_iot.push((command, known.span));
        }
    }

    /// Whether it is dangerous enough to be told of a line that stands there on purpose. That a command costs money or
    /// takes the connection down is what people send it for; and who copies a list of settings from a manual wants them.
    fn is_told(&self, kind: DangerKind, form: Form) -> bool {
        match kind {
            DangerKind::Brick | DangerKind::Illegal | DangerKind::Lock | DangerKind::Data => true,
            DangerKind::Settings | DangerKind::Silence => form != Form::Set || !self.is_plain_list,
            DangerKind::Cost | DangerKind::Connection => false,
        }
    }
}

/// The first command of a line, as it will be sent, that uses up attempts of a PIN or a password: `AT+CPIN=`. It must
/// not be sent again by itself; where values were put into the line, only the last look can tell.
pub fn tries_pin(line: &str) -> Option<String> {
    let tries = |asked: &&command::Command<'_>| {
        let values = catalogue::expected::values(asked);
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let mut dangers = catalogue::command_of(asked).into_iter().flat_map(|known| known.dangers(asked.form, &values));
        dangers.any(|danger| danger.kind == DangerKind::Lock)
    };
    let line = command::parse(line)?;
    line.commands.iter().find(tries).map(|asked| format!("AT{}=", asked.name.to_ascii_uppercase()))
}

/// As [`tries_pin`], where a `${…}` may be anything.
pub(super) fn may_try_pin(known: &Known<'_>) -> bool {
    let mut dangers = known.entry.into_iter().flat_map(|entry| entry.dangers);
    dangers.any(|danger| danger.kind == DangerKind::Lock && may_hold(&danger.when, known))
}

fn needs_unsafe(entry: &'static Command, known: &Known<'_>) -> Option<&'static Danger> {
    entry.dangers.iter().find(|danger| danger.needs_unsafe && may_hold(&danger.when, known))
}

/// Whether the case holds, or may hold: a `${…}` may be anything.
fn may_hold(when: &When, known: &Known<'_>) -> bool {
    let supposed: Vec<&str> = known
        .values
        .iter()
        .enumerate()
        .map(|(index, value)| match when.parameters.get(index) {
            Some(Some(wanted)) if value.contains(UNKNOWN) => wanted,
            Some(_) | None => value.as_str(),
        })
        .collect();
    when.holds(known.command.form, &supposed)
}
