//! The `:` commands: their names, what they take, what they do.

/// A `:` command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Help,
    Open,
    Close,
    Ports,
    Baud,
    Vars,
    History,
    Explain,
    Save,
    Load,
    Record,
    Raw,
    Urc,
    Timeout,
    Terminal,
    Quit,
}

pub(super) struct Entry {
    pub(super) verb: Verb,
    pub(super) name: &'static str,
    /// What it takes, as help shows it
    pub(super) takes: &'static str,
    pub(super) does: &'static str,
}

const fn entry(verb: Verb, name: &'static str, takes: &'static str, does: &'static str) -> Entry {
    Entry { verb, name, takes, does }
}

pub(super) const COMMANDS: &[Entry] = &[
    entry(Verb::Help, "help", "[TOPIC]", "this; :help run, :help AT+CSQ, :help keys"),
    entry(Verb::Open, "open", "[PORT]", "open a port; without a name, the last one again"),
    entry(Verb::Close, "close", "", "close the port"),
    entry(Verb::Ports, "ports", "", "list the serial ports"),
    entry(Verb::Baud, "baud", "N", "set the speed of the port"),
    entry(Verb::Vars, "vars", "", "show the variables"),
    entry(Verb::History, "history", "[TEXT]", "show what was typed"),
    entry(Verb::Explain, "explain", "TEXT", "what a command, an answer, an error or a URC means"),
    entry(Verb::Save, "save", "FILE", "write the lines that passed as a script; :save! overwrites"),
    entry(Verb::Load, "load", "FILE", "run the lines of a file here; the first that fails ends it"),
    entry(Verb::Record, "record", "FILE|off", "write down all that is sent and received"),
    entry(Verb::Raw, "raw", "[on|off]", "show bytes as they are, with control characters"),
    entry(Verb::Urc, "urc", "[on|off]", "show what the modem says by itself"),
    entry(Verb::Timeout, "timeout", "[DURATION]", "how long an answer may take, as 30s"),
    entry(Verb::Terminal, "terminal", "", "talk to the modem byte by byte; Ctrl-] comes back"),
    entry(Verb::Quit, "quit", "", "leave; Ctrl-D does too"),
];

/// A `:` command that was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Typed<'t> {
    pub(super) verb: Verb,
    /// `:save!`
    pub(super) forced: bool,
    pub(super) argument: &'t str,
}

/// What was typed behind the colon; else the name that may have been meant.
pub(super) fn parse(text: &str) -> Result<Typed<'_>, Option<&'static str>> {
    let text = text.trim().trim_start_matches(':').trim_start();
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (name, forced) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    let found = find(name).ok_or_else(|| nearest(name))?;
    Ok(Typed { verb: found.verb, forced, argument: argument.trim() })
}

/// By its name, or by a beginning of it that is no other's: `:h`, `:q`.
fn find(name: &str) -> Option<&'static Entry> {
    let name = match name {
        "exit" | "bye" => "quit",
        "?" => "help",
        "variables" => "vars",
        other => other,
    };
    let exact = COMMANDS.iter().find(|entry| entry.name == name);
    let mut beginning = COMMANDS.iter().filter(|entry| !name.is_empty() && entry.name.starts_with(name));
    exact.or_else(|| beginning.next().filter(|first| first.verb == Verb::Help || beginning.next().is_none()))
}

fn nearest(name: &str) -> Option<&'static str> {
    let distance = |entry: &&Entry| strsim::osa_distance(name, entry.name);
    COMMANDS
        .iter()
        .min_by_key(distance)
        .filter(|entry| distance(entry) <= 2 && !name.is_empty())
        .map(|entry| entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beginnings_and_mistakes() {
        let verb = |text| parse(text).map(|typed| (typed.verb, typed.argument));
        assert_eq!(verb(":help run"), Ok((Verb::Help, "run")));
        assert_eq!(verb(":h"), Ok((Verb::Help, "")));
        assert_eq!(verb(": quit"), Ok((Verb::Quit, "")));
        assert_eq!(verb(":q"), Ok((Verb::Quit, "")));
        assert_eq!(verb(":exit"), Ok((Verb::Quit, "")));
        assert_eq!(verb(":explain +CSQ: 9,99"), Ok((Verb::Explain, "+CSQ: 9,99")));
        assert_eq!(verb(":hlep"), Err(Some("help")));
        assert_eq!(verb(":opne x"), Err(Some("open")));
        assert_eq!(verb(":r"), Err(Some("raw")));
        assert_eq!(verb(":xyzzy"), Err(None));
        assert_eq!(verb(":"), Err(None));
        assert!(parse(":save! a").unwrap().forced);
    }
}
