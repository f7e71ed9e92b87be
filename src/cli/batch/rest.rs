//! The command that runs the rest again.

use std::path::Path;

/// This process's own command line, with `--resume` in place of what named the results. None where one of its words is
/// not UTF-8: a command that means another file is worse than none.
pub(super) fn command(results: &Path) -> Option<String> {
    let arguments: Result<Vec<String>, _> = std::env::args_os().map(std::ffi::OsString::into_string).collect();
    Some(of(&arguments.ok()?, results))
}

fn of(arguments: &[String], results: &Path) -> String {
    let mut words = Vec::new();
    let mut rest = arguments.iter();
    words.push(
        rest.next()
            .map_or("hayes", |name| Path::new(name).file_name().and_then(|n| n.to_str()).unwrap_or(name))
            .to_owned(),
    );
    while let Some(argument) = rest.next() {
        let named = |names: &[&str]| names.iter().any(|name| argument == name);
        let joined = |names: &[&str]| names.iter().any(|name| argument.starts_with(&format!("{name}=")));
        if named(&["--resume", "--results", "--output", "-o"]) {
            rest.next();
        } else if joined(&["--resume", "--results", "--output"]) || (argument.starts_with("-o") && argument.len() > 2) {
        } else if named(&["--secret"]) {
            // Its value is not shown again, not even to who has typed it.
            let name = rest.next().map_or("", |pair| pair.split('=').next().unwrap_or_default());
            words.extend(["--secret".to_owned(), format!("{name}=…")]);
        } else if let Some(pair) = argument.strip_prefix("--secret=") {
            words.push(format!("--secret={}=…", pair.split('=').next().unwrap_or_default()));
        } else {
            words.push(argument.clone());
        }
    }
    words.extend(["--resume".to_owned(), results.display().to_string()]);
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(words: &[&str]) -> String {
        of(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), Path::new("/state/r.jsonl"))
    }

    #[test]
    fn the_rest_is_the_same_command_that_goes_on() {
        assert_eq!(
            rest(&["/usr/bin/hayes", "batch", "my script", "-i", "i.toml", "-l", "a,!b", "-o", "old.jsonl"]),
            "hayes batch 'my script' -i i.toml -l 'a,!b' --resume /state/r.jsonl"
        );
        assert_eq!(
            rest(&["hayes", "batch", "s", "--resume=x", "--secret", "pin=1234", "--secret=puk=1", "-V", "apn=it's"]),
            "hayes batch s --secret 'pin=…' '--secret=puk=…' -V 'apn=it'\\''s' --resume /state/r.jsonl"
        );
    }
}
