//! What is kept of what was typed: all of it but secrets, PINs and passwords.

use std::path::{Path, PathBuf};

use crate::at::command::{self, Form};
use crate::catalogue;
use crate::runtime::Mask;

/// `~/.local/state/hayes/history`, by the XDG Base Directory Specification; on Windows its local counterpart.
pub(super) fn file() -> Option<PathBuf> {
    let folder = crate::state::folder()?;
    make(&folder).ok()?;
    Some(folder.join("history"))
}

fn make(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Whether what was typed may be kept on disk.
pub(super) fn may_keep(text: &str, mask: &Mask) -> bool {
    matches!(mask.text(text), std::borrow::Cow::Borrowed(_)) && text.lines().all(|line| !holds_secret(line))
}

fn holds_secret(line: &str) -> bool {
    let line = line.trim_start();
    if line.strip_prefix("secret").is_some_and(|rest| rest.starts_with([' ', '\t']) && rest.contains('=')) {
        return true;
    }
    let starts = line.char_indices().filter(|(at, _)| {
        let is_command = line.get(*at..*at + 2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
        let before = line.get(..*at).and_then(|before| before.chars().next_back());
        is_command && before.is_none_or(|before| !before.is_alphanumeric())
    });
    starts.filter_map(|(at, _)| line.get(at..)).any(command_holds_secret)
}

fn command_holds_secret(line: &str) -> bool {
    let Some(parsed) = command::parse(line) else { return false };
    parsed.commands.iter().filter(|asked| asked.form == Form::Set).any(|asked| {
        let name = asked.name.to_ascii_uppercase();
        // What changes, tries or needs a PIN is not kept, even where the catalogue does not know the parameter.
        if ["PIN", "PUK", "PWD", "CLCK"].iter().any(|word| name.contains(word)) {
            return true;
        }
        let values = catalogue::expected::values(asked);
        let fields = catalogue::command_of(asked).and_then(|known| known.set.as_ref());
        values.iter().enumerate().any(|(index, value)| {
            let field = fields.and_then(|usage| usage.parameters.field(index));
            !value.is_empty() && field.is_some_and(|field| is_secret(field.name))
        })
    })
}

/// As the manuals call it.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "pin", "puk", "secret"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_pins_are_not_kept() {
        let mask = Mask::new(["hunter2"]);
        for line in [
            "AT+CPIN=\"1234\"",
            "at+cpin=1234",
            "AT+CMEE=2;+CPIN=1234",
            "send AT+CPIN=1234",
            "AT+CLCK=\"SC\",1,\"1234\"",
            "AT+CPWD=\"SC\",\"1234\",\"4321\"",
            "AT+CGAUTH=1,1,\"me\",\"word\"",
            "log \"hunter2\"",
            "secret pin = \"1234\"",
            "retry 3 {\n  AT+CPIN=1234\n}",
        ] {
            assert!(!may_keep(line, &mask), "{line}");
        }
        for line in ["AT+CPIN?", "AT+CSQ", "secret pin", "log \"at home\"", "AT+CGDCONT=1,\"IP\",\"super\"", ":vars"] {
            assert!(may_keep(line, &mask), "{line}");
        }
    }
}
