//! What may stand at the cursor: AT commands with their titles, their types, the values of their parameters; statements,
//! variables, library scripts, `:` commands, ports. And the grey text behind it: the parameters that follow, what a value
//! means, how a statement goes on.

use super::commands::COMMANDS;
use crate::at::{Form, command};
use crate::catalogue::command::{Command, Usage};
use crate::catalogue::field::{Field, Kind};
use crate::catalogue::{self, command_of};
use crate::library::SCRIPTS;
use crate::port::list::ports;
use crate::sim;
use crate::syntax::statements;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What stands there then.
    pub(super) text: String,
    pub(super) about: String,
}

impl Candidate {
    fn new(text: impl Into<String>, about: impl Into<String>) -> Candidate {
        Candidate { text: text.into(), about: about.into() }
    }
}

/// Whether a file's name is being typed.
pub(super) fn wants_file(typed: &str) -> bool {
    let argument = |name| typed.strip_prefix(name).is_some_and(|rest: &str| rest.starts_with([' ', '!']));
    [":save", ":load", ":record"].into_iter().any(argument)
}

/// What may stand at the end of `typed`, and from where on it does. `names`: the variables.
pub(super) fn candidates(typed: &str, names: &[String]) -> (usize, Vec<Candidate>) {
    if let Some(command) = typed.strip_prefix(':') {
        return colon(typed, command);
    }
    // `${`: a variable, wherever it stands.
    if let Some(open) = typed.rfind("${")
        && let Some(word) = typed.get(open + 2..).filter(|word| word.chars().all(is_name))
    {
        return (open + 2, variables(word, names, "}"));
    }
    if let Some(asking) = asking(typed) {
        return at_command(typed, &asking);
    }
    if let Some((start, word)) = script_name(typed) {
        let found = SCRIPTS.iter().filter(|entry| entry.name.starts_with(word));
        return (start, found.map(|entry| Candidate::new(format!("{}\"", entry.name), entry.title())).collect());
    }
    let start = last_word(typed);
    let word = typed.get(start..).unwrap_or_default();
    if typed.get(..start).unwrap_or_default().trim().is_empty() {
        let mut found: Vec<Candidate> = statements()
            .iter()
            .filter(|statement| statement.word.starts_with(word))
            .map(|statement| Candidate::new(statement.word, statement.form.replace('`', "")))
            .collect();
        if "AT".starts_with(&word.to_ascii_uppercase()) {
            found.push(Candidate::new("AT", "an AT command"));
        }
        return (start, found);
    }
    let inner = word.rfind(|character: char| !is_name(character)).map_or(0, |at| at + 1);
    let word = word.get(inner..).unwrap_or_default();
    (start + inner, variables(word, names, ""))
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn variables(word: &str, names: &[String], end: &str) -> Vec<Candidate> {
    let always =
        [("response", "the last answer's lines"), ("result", "its final result code"), ("elapsed", "how long it took")];
    let own = names.iter().map(|name| (name.as_str(), ""));
    let fitting = own.chain(always).filter(|(name, _)| name.starts_with(word));
    fitting.map(|(name, about)| Candidate::new(format!("{name}{end}"), about)).collect()
}

/// The name that is being typed behind `run "`.
fn script_name(typed: &str) -> Option<(usize, &str)> {
    let start = typed.rfind("run \"").map(|at| at + "run \"".len())?;
    let word = typed.get(start..).filter(|word| !word.contains('"'))?;
    Some((start, word))
}

fn colon(typed: &str, command: &str) -> (usize, Vec<Candidate>) {
    let Some((name, argument)) = command.split_once(' ') else {
        let found = COMMANDS.iter().filter(|entry| entry.name.starts_with(command));
        return (0, found.map(|entry| Candidate::new(format!(":{}", entry.name), entry.does)).collect());
    };
    let start = typed.len() - argument.len();
    let starting = |all: Vec<Candidate>| all.into_iter().filter(|one| one.text.starts_with(argument)).collect();
    match name {
        "open" => (start, starting(openable())),
        "help" => {
            let words = statements().iter().map(|known| Candidate::new(known.word, known.form.replace('`', "")));
            let commands = COMMANDS.iter().map(|entry| Candidate::new(entry.name, entry.does));
            (start, starting(words.chain(commands).chain([Candidate::new("keys", "what the keys do")]).collect()))
        }
        "explain" => match asking(typed) {
            Some(asking) => at_command(typed, &asking),
            None => (start, Vec::new()),
        },
        "raw" | "urc" => (start, starting(vec![Candidate::new("on", ""), Candidate::new("off", "")])),
        "baud" => {
            let speeds = ["9600", "19200", "38400", "57600", "115200", "230400", "460800", "921600"];
            (start, starting(speeds.map(|speed| Candidate::new(speed, "")).into()))
        }
        _ => (start, Vec::new()),
    }
}

/// The serial ports of this machine, and the simulated modems.
fn openable() -> Vec<Candidate> {
    let mut all: Vec<Candidate> = ports()
        .into_iter()
        .map(|port| {
            let product = port.usb.and_then(|usb| usb.product).unwrap_or_default();
            Candidate::new(port.path.display().to_string(), product)
        })
        .collect();
    all.extend(sim::models().map(|model| Candidate::new(format!("sim:{}", model.name), model.title)));
    all.extend(["tcp://", "rfc2217://", "replay:"].map(|scheme| Candidate::new(scheme, "")));
    all
}

fn at_command(typed: &str, asking: &TypedCommand<'_>) -> (usize, Vec<Candidate>) {
    match asking.index() {
        Some(index) => values(asking, index),
        None if asking.form == Form::Execute => names_and_types(asking),
        None => (typed.len(), Vec::new()),
    }
}

fn names_and_types(asking: &TypedCommand<'_>) -> (usize, Vec<Candidate>) {
    let prefix = if asking.is_first { "AT" } else { "" };
    let wanted = asking.name.to_ascii_uppercase();
    let is_exact = |name: &str| name.strip_prefix("AT").is_some_and(|bare| bare == wanted) && !wanted.is_empty();
    let mut found = Vec::new();
    for command in catalogue::commands().iter().filter(|command| !command.name.contains('=')) {
        let Some(bare) = command.name.strip_prefix("AT").filter(|bare| bare.starts_with(&wanted)) else { continue };
        let name = format!("{prefix}{bare}");
        if !is_exact(command.name) {
            found.push(Candidate::new(name, command.title));
            continue;
        }
        let extended = !bare.starts_with(|first: char| first.is_ascii_alphabetic() || first == '&');
        if command.execute.is_some() {
            found.push(Candidate::new(name.clone(), command.title));
        }
        if command.read.is_some() {
            found.push(Candidate::new(format!("{name}?"), format!("read: {}", command.title)));
        }
        if command.test.is_some() {
            let does = if command.test_does.is_empty() { "which values there may be" } else { command.test_does };
            found.push(Candidate::new(format!("{name}=?"), format!("test: {does}")));
        }
        if let Some(set) = &command.set {
            let fields: Vec<&str> = set.parameters.fields.iter().map(|field| field.name).collect();
            let equals = if extended { "=" } else { "" };
            found.push(Candidate::new(format!("{name}{equals}"), format!("set: {}", fields.join(", "))));
        }
    }
    (asking.start, found)
}

fn values(asking: &TypedCommand<'_>, index: usize) -> (usize, Vec<Candidate>) {
    let typed = asking.parameter();
    let bare = typed.trim_matches('"').to_ascii_uppercase();
    let fits = |value: &str| value.trim_matches('"').to_ascii_uppercase().starts_with(&bare);
    let mut found: Vec<Candidate> = Vec::new();
    if index == 0 {
        let settings = asking.settings().filter(|(setting, _)| fits(setting));
        found.extend(settings.map(|(setting, command)| Candidate::new(setting, command.title)));
    }
    let field = asking.known.and_then(|known| known.set.as_ref()).and_then(|set| set.parameters.field(index));
    if let Some(field) = field {
        let values = field.values.iter().filter(|value| fits(value.value));
        found.extend(values.map(|value| Candidate::new(written(field, value.value, typed), value.meaning)));
    }
    if "?".starts_with(typed)
        && index == 0
        && typed.is_empty()
        && asking.known.is_some_and(|known| known.test.is_some())
    {
        found.push(Candidate::new("?", "test: which values there may be"));
    }
    (asking.parameter_start, found)
}

/// A value as it stands in a command.
fn written(field: &Field, value: &str, typed: &str) -> String {
    let in_quotes = matches!(field.kind, Kind::Quoted | Kind::Text) || typed.starts_with('"');
    if in_quotes { format!("\"{value}\"") } else { value.to_owned() }
}

/// The text, and whether it is what would be typed next (else it is said about it).
pub(super) fn hint(line: &str, names: &[String]) -> Option<(String, bool)> {
    if line.trim().is_empty() {
        return None;
    }
    if let Some(command) = line.strip_prefix(':') {
        return colon_hint(line, command, names);
    }
    if let Some(asking) = asking(line) {
        return at_hint(line, &asking, names);
    }
    let word = line.trim_start();
    match statements().iter().find(|statement| word.trim_end() == statement.word) {
        Some(statement) => {
            let example = statement.form.split('`').nth(1)?.strip_prefix(statement.word)?;
            let shown = if word.ends_with(' ') { example.trim_start() } else { example };
            Some((shown.to_owned(), false))
        }
        None => only_completion(line, names),
    }
}

fn colon_hint(line: &str, command: &str, names: &[String]) -> Option<(String, bool)> {
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

fn at_hint(line: &str, asking: &TypedCommand<'_>, names: &[String]) -> Option<(String, bool)> {
    let Some(known) = asking.known.filter(|_| !asking.name.is_empty()) else { return only_completion(line, names) };
    match asking.form {
        Form::Execute | Form::Read => Some((format!("  {}", known.title), false)),
        Form::Test if !known.test_does.is_empty() => Some((format!("  {}", known.test_does), false)),
        Form::Test => Some(("  which values there may be".to_owned(), false)),
        Form::Set => parameter_hint(asking, known.set.as_ref()?),
    }
}

/// `AT+CFUN=1` → `,<rst>  full functionality`
fn parameter_hint(asking: &TypedCommand<'_>, set: &Usage) -> Option<(String, bool)> {
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

/// The AT command that is being typed.
#[derive(Debug)]
struct TypedCommand<'l> {
    /// Where its name begins in the line; for the first of a command line, the `AT`.
    start: usize,
    is_first: bool,
    /// `+CFUN`
    name: &'l str,
    form: Form,
    known: Option<&'static Command>,
    /// The parameters so far, the last is being typed.
    parameters: Vec<&'l str>,
    /// Where the last parameter begins in the line.
    parameter_start: usize,
}

/// The AT command at the end of `line`, if there is one.
fn asking(line: &str) -> Option<TypedCommand<'_>> {
    let word_start = last_word(line);
    let word = line.get(word_start..)?;
    let parsed = command::parse(word)?;
    let bare = |at: usize| TypedCommand {
        start: if at <= 2 { word_start } else { word_start + at },
        is_first: at <= 2,
        name: "",
        form: Form::Execute,
        known: None,
        parameters: Vec::new(),
        parameter_start: line.len(),
    };
    // Behind a `;` the next one begins.
    if word.ends_with(';') && parsed.unclosed_quote.is_none() {
        return Some(bare(word.len()));
    }
    let Some(last) = parsed.commands.last() else { return Some(bare(2)) };
    let is_first = parsed.commands.len() == 1;
    let end = word_start + last.range.end;
    let argument = last.argument;
    let parameters = split(argument);
    let last_length = parameters.last().map_or(0, |parameter| parameter.len());
    Some(TypedCommand {
        start: if is_first { word_start } else { word_start + last.range.start },
        is_first,
        name: last.name,
        form: last.form,
        known: command_of(last),
        parameters,
        parameter_start: end - last_length,
    })
}

impl TypedCommand<'_> {
    /// Which parameter is being typed, counted from 0; none before the `=`.
    fn index(&self) -> Option<usize> {
        (self.form == Form::Set).then(|| self.parameters.len().saturating_sub(1))
    }

    fn parameter(&self) -> &str {
        self.parameters.last().copied().unwrap_or_default()
    }

    /// The settings that the first parameter selects: `AT+QCFG="band"`, …
    fn settings(&self) -> impl Iterator<Item = (&'static str, &'static Command)> {
        let name = format!("AT{}", self.name.to_ascii_uppercase());
        catalogue::commands().iter().filter_map(move |command| {
            let setting = command.name.strip_prefix(&*name)?.strip_prefix('=')?;
            Some((setting, command))
        })
    }
}

/// Where the last word begins: white space in double quotes ends none.
fn last_word(line: &str) -> usize {
    let mut start = 0;
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if character.is_whitespace() && !quoted => start = at + character.len_utf8(),
            _ => {}
        }
    }
    start
}

/// By the commas outside of quotes.
fn split(argument: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, character) in argument.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(argument.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(argument.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        candidates(typed, &["rssi".to_owned()]).1.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn names_types_and_values_come_from_the_catalogue() {
        assert!(texts("AT+CS").contains(&"AT+CSQ".to_owned()));
        assert!(texts("AT+CMEE=2;+CS").contains(&"+CSQ".to_owned()));
        let types = texts("AT+CFUN");
        assert!(
            ["AT+CFUN?", "AT+CFUN=?", "AT+CFUN="].iter().all(|form| types.contains(&(*form).to_owned())),
            "{types:?}"
        );
        let (start, values) = candidates("AT+CFUN=", &[]);
        assert_eq!(start, 8);
        for (value, meaning) in [("0", "minimum"), ("1", "full"), ("4", "")] {
            let found = values.iter().find(|candidate| candidate.text == value);
            assert!(found.is_some_and(|found| found.about.contains(meaning)), "{value} in {values:?}");
        }
        assert!(texts("AT+CGDCONT=1,\"I").contains(&"\"IP\"".to_owned()));
        assert!(texts("AT+QCFG=\"roam").contains(&"\"roamservice\"".to_owned()));
    }

    #[test]
    fn statements_variables_scripts_and_commands() {
        assert!(texts("re").starts_with(&["reboot", "repeat", "report", "retry"].map(str::to_owned)));
        assert_eq!(texts("log \"${rs"), ["rssi}"]);
        assert!(texts("assert rs").contains(&"rssi".to_owned()));
        assert_eq!(texts("run \"supersim/set-"), ["supersim/set-apn\""]);
        assert_eq!(texts(":te"), [":terminal"]);
        assert!(texts(":open sim:bg9").contains(&"sim:bg96".to_owned()));
        assert!(wants_file(":save x") && !wants_file(":saved"));
    }

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

    #[test]
    fn the_command_and_its_parameter() {
        let at = |line: &'static str| {
            asking(line).map(|asking| (asking.start, asking.name, asking.index(), asking.parameter_start))
        };
        assert_eq!(at("AT"), Some((0, "", None, 2)));
        assert_eq!(at("AT+CS"), Some((0, "+CS", None, 5)));
        assert_eq!(at("  send AT+CFUN=1,"), Some((7, "+CFUN", Some(1), 17)));
        assert_eq!(at("AT+CMEE=2;+CS"), Some((10, "+CS", None, 13)));
        assert_eq!(at("AT+CMEE=2;"), Some((10, "", None, 10)));
        assert_eq!(at("AT+COPS=1,0,\"T Mo"), Some((0, "+COPS", Some(2), 12)));
        assert_eq!(at("log \"AT+CS"), None);
        assert_eq!(at("expect O"), None);
    }
}
