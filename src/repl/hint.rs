//! Grey text behind the cursor: the parameters that follow, what a value means, how a statement goes on.

use super::commands::COMMANDS;
use super::complete::candidates;
use super::typing::{Asking, asking};
use crate::at::Form;
use crate::catalogue::command::Usage;
use crate::syntax::statements;

/// The text, and whether it is what would be typed next (else it is said about it).
pub(super) fn hint(line: &str, names: &[String]) -> Option<(String, bool)> {
    if line.trim().is_empty() {
        return None;
    }
    if let Some(command) = line.strip_prefix(':') {
        return colon(line, command, names);
    }
    if let Some(asking) = asking(line) {
        return at_command(line, &asking, names);
    }
    let word = line.trim_start();
    match statements().find(|(statement, _)| word.trim_end() == *statement) {
        Some((statement, form)) => {
            let example = form.split('`').nth(1)?.strip_prefix(statement)?;
            let shown = if word.ends_with(' ') { example.trim_start() } else { example };
            Some((shown.to_owned(), false))
        }
        None => only_completion(line, names),
    }
}

fn colon(line: &str, command: &str, names: &[String]) -> Option<(String, bool)> {
    match COMMANDS.iter().find(|entry| entry.name == command.trim_end()) {
        Some(entry) => {
            let space = if command.ends_with(' ') { "" } else { " " };
            Some((format!("{space}{}  {}", entry.takes, entry.does).replace("  ", " ").to_owned(), false))
        }
        None if !command.contains(' ') && !command.is_empty() => only_completion(line, names),
        None => None,
    }
}

/// The rest of the one thing that fits.
fn only_completion(line: &str, names: &[String]) -> Option<(String, bool)> {
    let (start, found) = candidates(line, names);
    let typed = line.get(start..).filter(|typed| typed.len() > 1)?;
    match found.as_slice() {
        [only] => {
            let rest = only.text.strip_prefix(typed).filter(|rest| !rest.is_empty())?;
            Some((rest.to_owned(), true))
        }
        _ => None,
    }
}

fn at_command(line: &str, asking: &Asking<'_>, names: &[String]) -> Option<(String, bool)> {
    let Some(known) = asking.known.filter(|_| !asking.name.is_empty()) else { return only_completion(line, names) };
    match asking.form {
        Form::Execute => Some((format!("  {}", known.title), false)),
        Form::Read => Some((format!("  {}", known.title), false)),
        Form::Test if !known.test_does.is_empty() => Some((format!("  {}", known.test_does), false)),
        Form::Test => Some(("  which values there may be".to_owned(), false)),
        Form::Set => parameters(asking, known.set.as_ref()?),
    }
}

/// `AT+CFUN=1` → `,<rst>  full functionality`
fn parameters(asking: &Asking<'_>, set: &Usage) -> Option<(String, bool)> {
    let index = asking.index()?;
    let typed = asking.parameter();
    let mut text = String::new();
    for (place, field) in set.parameters.fields.iter().enumerate().skip(index) {
        match (place == index, typed.is_empty()) {
            (true, true) => text.push_str(&format!("<{}>", field.name)),
            (true, false) => {}
            (false, _) => text.push_str(&format!(",<{}>", field.name)),
        }
    }
    let field = set.parameters.field(index)?;
    let about = match typed.is_empty() {
        true => Some(field.what),
        false => field.meaning(typed.trim_matches('"')).map(|value| value.meaning),
    };
    if let Some(about) = about.filter(|about| !about.is_empty()) {
        text.push_str(&format!("  {about}"));
    }
    (!text.is_empty()).then_some((text, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_shown_as_they_are_typed() {
        let shown = |line: &str| hint(line, &[]).map(|(text, _)| text).unwrap_or_default();
        assert!(shown("AT+CFUN=").starts_with("<fun>,<rst>"), "{}", shown("AT+CFUN="));
        assert!(shown("AT+CFUN=1").starts_with(",<rst>  full"), "{}", shown("AT+CFUN=1"));
        assert!(shown("AT+CFUN=1,").starts_with("<rst>"), "{}", shown("AT+CFUN=1,"));
        assert!(!shown("AT+CSQ").is_empty());
        assert_eq!(hint(":ter", &[]), Some(("minal".to_owned(), true)));
        assert_eq!(hint("retr", &[]), Some(("y".to_owned(), true)));
        assert_eq!(shown("retry"), " 10 every 5s {");
        assert_eq!(shown(""), "");
    }
}
