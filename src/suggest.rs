//! What may stand at the cursor while a line is typed: statements, AT commands with their types and values, names,
//! functions, scripts and what they take. The interactive mode and the language server both ask here.

use crate::at::{Form, command};
use crate::catalogue::entry::{CommandEntry, FieldKind, KnownField, Usage};
use crate::catalogue::lookup::settings;
use crate::catalogue::{self, command_of};
use crate::check::Scripts;
use crate::library;
use crate::source::Source;
use crate::syntax::ast::{Param, StatementKind};
use crate::syntax::{
    GIVEN_NAMES, expected, fields_of, is_name as is_script_name, parse, record_in, statements, topic_behind,
};
use crate::value::functions::FUNCTIONS;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What stands there then.
    pub(crate) text: String,
    pub(crate) about: String,
    pub(crate) kind: CandidateKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CandidateKind {
    Statement,
    Command,
    /// What a parameter of a command may be
    Setting,
    Name,
    Function,
    Script,
    /// What only one place knows: a port, a command of the interactive mode
    Other,
}

impl Candidate {
    pub(crate) fn new(kind: CandidateKind, text: impl Into<String>, about: impl Into<String>) -> Candidate {
        Candidate { kind, text: text.into(), about: about.into() }
    }
}

/// What is known around the line.
pub(crate) struct Surroundings<'a> {
    /// The names that have a value.
    pub(crate) names: &'a [Candidate],
    /// Finds the scripts that the line may run.
    pub(crate) scripts: &'a dyn Scripts,
    /// The script that the line stands in.
    pub(crate) from: &'a Source,
    /// The question that the line stands under.
    pub(crate) question: Option<&'a str>,
}

/// What may stand at the end of `typed`, and from where on it does.
pub(crate) fn candidates(typed: &str, around: &Surroundings<'_>) -> (usize, Vec<Candidate>) {
    // `${`: an expression, wherever it stands.
    if let Some((before, value)) = typed.rsplit_once("${").filter(|(_, value)| !value.contains('}')) {
        let closing = if value.chars().all(is_name) { "}" } else { "" };
        let (start, found) = expression(value, around.names, closing);
        return (before.len() + 2 + start, found);
    }
    if let Some(asking) = asking(typed) {
        return match asking.index() {
            Some(index) => values(&asking, index),
            None if asking.form == Form::Execute => names_and_types(&asking),
            None => (typed.len(), Vec::new()),
        };
    }
    if let Some((_, word)) = typed.rsplit_once("run \"").filter(|(_, word)| !word.contains('"')) {
        let start = typed.len() - word.len();
        return (start, scripts(word, around.from));
    }
    if typed.matches('"').count() % 2 == 1 {
        return (typed.len(), Vec::new());
    }
    let first = last_word(typed);
    if typed.get(..first).is_some_and(|before| before.trim().is_empty()) {
        return (first, beginnings(typed.get(first..).unwrap_or_default(), around.question.is_some()));
    }
    let start = typed.len() - typed.bytes().rev().take_while(|byte| is_name(char::from(*byte))).count();
    let (before, word) = typed.split_at_checked(start).unwrap_or((typed, ""));
    let head = before.trim_end();
    // Behind `with`, and behind the commas, the name of a parameter comes.
    let takes_parameter = head.ends_with(" with") || head.contains(" with ") && head.ends_with(',');
    if let Some(run) = run_name(before).filter(|_| takes_parameter) {
        let found = around.scripts.find(run, around.from).map(|source| parameters(&source)).unwrap_or_default();
        let is_open = |it: &Candidate| it.text.starts_with(word) && !before.contains(&format!(" {}", it.text));
        return (start, found.into_iter().filter(is_open).collect());
    }
    let expected = expected(before);
    if before.ends_with('.') || expected.is_empty() && !word.is_empty() {
        return (start, expression(typed, around.names, "").1);
    }
    // The fields of an answer first, then words of the language, then what has a value.
    let (mut found, mut values) = (Vec::new(), Vec::new());
    let is_capture = before.trim_start().starts_with("capture ");
    for what in expected {
        match what {
            "a value" => values.extend(expression(word, around.names, "").1),
            "a pattern" => values.extend(patterns(before, around.question)),
            "a name" if is_capture => _ = found.splice(..0, fields(before, around.question)),
            "an AT command" => found.push(Candidate::new(CandidateKind::Command, "AT", what)),
            // A statement's word is another one within a line.
            known if !known.starts_with("a ") => {
                let about = topic_behind(before, known).map(|it| it.about).unwrap_or_default();
                found.push(Candidate::new(CandidateKind::Statement, known, about));
            }
            _ => {}
        }
    }
    found.append(&mut values);
    found.retain(|candidate| candidate.text.starts_with(word));
    (start, found)
}

/// What a line may begin with; under a question what may be said of its answer stands first.
fn beginnings(word: &str, is_asked: bool) -> Vec<Candidate> {
    let starting = statements().iter().filter(|statement| statement.word.starts_with(word));
    let form = |form: &str| form.replace('`', "");
    let mut found: Vec<Candidate> = starting
        .map(|statement| Candidate::new(CandidateKind::Statement, statement.word, form(statement.form)))
        .collect();
    if is_asked {
        found.sort_by_key(|it| !["expect", "capture", "when", "prompt"].contains(&it.text.as_str()));
    }
    if "AT".starts_with(&word.to_ascii_uppercase()) {
        found.push(Candidate::new(CandidateKind::Command, "AT", "an AT command"));
    }
    found
}

/// How the question is known that the line has, or else stands under.
pub(crate) fn asked_of(before: &str, question: Option<&str>) -> Option<&'static Usage> {
    let asked = before.split_whitespace().find(|word| word.starts_with("AT")).or(question)?;
    let parsed = command::parse(asked)?;
    let last = parsed.commands.last()?;
    command_of(last)?.usage(last.form, &catalogue::command::values(last))
}

/// The values of the answer from the next one on, as a `capture` names them: the next, and all that there always are.
pub(crate) fn fields(before: &str, question: Option<&str>) -> Vec<Candidate> {
    let layout = asked_of("", question).and_then(|usage| usage.answers.first());
    let Some(layout) = layout else { return Vec::new() };
    let (place, always) = (before.matches(',').count(), layout.counts.trailing_zeros() as usize);
    let named = |(place, field): (usize, &&KnownField)| {
        let convert = if field.kind() == FieldKind::Number { ":int" } else { "" };
        let name = Some(field.name).filter(|name| is_script_name(name));
        format!("{}{convert}{}", name.unwrap_or("_"), if place < always { "" } else { "?" })
    };
    let mut rest = layout.fields.iter().enumerate().skip(place);
    let all: Vec<String> = rest.clone().take_while(|(place, _)| *place < always).map(named).collect();
    let next = rest.next().map(|next| Candidate::new(CandidateKind::Name, named(next), next.1.what));
    let all = (all.len() > 1).then(|| Candidate::new(CandidateKind::Name, all.join(", "), "all that are left"));
    next.into_iter().chain(all).collect()
}

fn patterns(before: &str, question: Option<&str>) -> Vec<Candidate> {
    let prefix = asked_of(before, question).and_then(|usage| usage.prefix).map(|prefix| format!("\"{prefix}: \""));
    let finals = ["OK", "ERROR"]
        .into_iter()
        .map(str::to_owned)
        .filter(|_| !["answers", "capture"].iter().any(|word| before.contains(word)));
    prefix.into_iter().chain(finals).map(|text| Candidate::new(CandidateKind::Other, text, "")).collect()
}

/// What may stand at the end of an expression: a name, a function, a field. `closing` stands behind a name.
fn expression(typed: &str, names: &[Candidate], closing: &str) -> (usize, Vec<Candidate>) {
    let start = typed.rfind(|character: char| !is_name(character)).map_or(0, |at| at + 1);
    let (before, word) = typed.split_at_checked(start).unwrap_or((typed, ""));
    let named = |(name, about): (&str, &str)| Candidate::new(CandidateKind::Name, format!("{name}{closing}"), about);
    let found = match record_in(before) {
        // `m.imei` of the record `m`; those of a list's items are named so too.
        Some(record) => {
            let own =
                names.iter().filter_map(|it| Some((it.text.strip_prefix(record)?.strip_prefix('.')?, &*it.about)));
            own.chain(fields_of(record)).filter(|(name, _)| name.starts_with(word)).map(named).collect()
        }
        None => [variables(word, names, closing), functions(word)].concat(),
    };
    (start, found)
}

fn scripts(word: &str, from: &Source) -> Vec<Candidate> {
    let new = |name: &str, about: &str| Candidate::new(CandidateKind::Script, format!("{name}\""), about);
    let mut found: Vec<Candidate> =
        library::names_beside(from, word).iter().map(|name| new(name, "beside this")).collect();
    found.extend(library::scripts().map(|entry| new(entry.name, entry.title())));
    found.retain(|candidate| candidate.text.starts_with(word));
    found
}

fn run_name(before: &str) -> Option<&str> {
    before.trim_start().strip_prefix("run \"")?.split_once('"').map(|(name, _)| name)
}

pub(crate) fn parameters(script: &std::sync::Arc<Source>) -> Vec<Candidate> {
    let (script, _) = parse(script);
    let params = script
        .body
        .statements
        .iter()
        .filter_map(|statement| if let StatementKind::Param(param) = &statement.kind { Some(param) } else { None });
    params.map(|param| Candidate::new(CandidateKind::Name, format!("{} = ", param.name.value), about(param))).collect()
}

pub(crate) fn about(param: &Param) -> String {
    let about = param.about.clone().unwrap_or_default();
    if param.default.is_some() || about.is_empty() { about } else { format!("{about} (required)") }
}

fn functions(word: &str) -> Vec<Candidate> {
    let known = FUNCTIONS.iter().filter(|function| function.name.starts_with(word));
    known.map(|it| Candidate::new(CandidateKind::Function, format!("{}(", it.name), it.about())).collect()
}

pub(crate) fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn variables(word: &str, names: &[Candidate], end: &str) -> Vec<Candidate> {
    let own = names.iter().map(|name| (name.text.as_str(), name.about.as_str()));
    let given = GIVEN_NAMES.iter().map(|(name, about, _)| (*name, *about));
    let fitting = own.chain(given).filter(|(name, _)| name.starts_with(word) && !name.contains('.'));
    fitting.map(|(name, about)| Candidate::new(CandidateKind::Name, format!("{name}{end}"), about)).collect()
}

fn names_and_types(asking: &TypedCommand<'_>) -> (usize, Vec<Candidate>) {
    let prefix = if asking.is_first { "AT" } else { "" };
    let wanted = asking.name.to_ascii_uppercase();
    let is_exact = |name: &str| name.strip_prefix("AT").is_some_and(|bare| bare == wanted) && !wanted.is_empty();
    let mut found = Vec::new();
    let mut add = |text: String, about: String| found.push(Candidate::new(CandidateKind::Command, text, about));
    for command in catalogue::commands().filter(|command| !command.name.contains('=')) {
        let Some(bare) = command.name.strip_prefix("AT").filter(|bare| bare.starts_with(&wanted)) else { continue };
        let name = format!("{prefix}{bare}");
        if !is_exact(command.name) || command.execute.is_some() {
            add(name.clone(), command.title.to_owned());
        }
        if !is_exact(command.name) {
            continue;
        }
        if command.read.is_some() {
            add(format!("{name}?"), format!("read: {}", command.title));
        }
        if command.test.is_some() {
            let does = if command.test_does.is_empty() { "which values there may be" } else { command.test_does };
            add(format!("{name}=?"), format!("test: {does}"));
        }
        if let Some(set) = command.form(Form::Set) {
            let fields: Vec<&str> = set.parameters.fields.iter().map(|field| field.name).collect();
            let is_basic = bare.starts_with(|first: char| first.is_ascii_alphabetic() || first == '&');
            add(format!("{name}{}", if is_basic { "" } else { "=" }), format!("set: {}", fields.join(", ")));
        }
    }
    (asking.start, found)
}

fn values(asking: &TypedCommand<'_>, index: usize) -> (usize, Vec<Candidate>) {
    let typed = asking.parameter;
    let bare = typed.trim_matches('"').to_ascii_uppercase();
    let fits = |value: &str| value.trim_matches('"').to_ascii_uppercase().starts_with(&bare);
    let candidate = |text: String, about: &str| Candidate::new(CandidateKind::Setting, text, about);
    // The settings that the first parameter selects: `AT+QCFG="band"`, …
    let name = format!("AT{}", asking.name.to_ascii_uppercase());
    let settings = settings(&name).filter(|(setting, _)| index == 0 && fits(setting));
    let settings = settings.map(|(setting, command)| candidate(setting.to_owned(), command.title));
    let field = asking.known.and_then(|known| known.form(Form::Set)).and_then(|set| set.parameters.field(index));
    let values = field.into_iter().flat_map(|field| field.values.iter().map(move |value| (field, value)));
    let values = values.filter(|(_, value)| fits(value.value()));
    let values = values.map(|(field, value)| candidate(written(field, value.value(), typed), value.meaning()));
    let tests = index == 0 && typed.is_empty() && asking.known.is_some_and(|known| known.test.is_some());
    let test = tests.then(|| candidate("?".to_owned(), "test: which values there may be"));
    let found = settings.chain(values).chain(test).collect();
    (asking.parameter_start, found)
}

fn written(field: &KnownField, value: &str, typed: &str) -> String {
    let in_quotes = matches!(field.kind(), FieldKind::Quoted | FieldKind::Text) || typed.starts_with('"');
    if in_quotes { format!("\"{value}\"") } else { value.to_owned() }
}

/// What is said behind a command that is known: `  signal quality`, `,<rst>  full functionality`.
pub(crate) fn command_hint(asking: &TypedCommand<'_>, known: &'static CommandEntry) -> Option<String> {
    match asking.form {
        Form::Execute | Form::Read => Some(format!("  {}", known.title)),
        Form::Test if !known.test_does.is_empty() => Some(format!("  {}", known.test_does)),
        Form::Test => Some("  which values there may be".to_owned()),
        Form::Set => parameter_hint(asking, known.form(Form::Set)?),
    }
}

/// `AT+CFUN=1` → `,<rst>  full functionality`
fn parameter_hint(asking: &TypedCommand<'_>, set: &Usage) -> Option<String> {
    let index = asking.index()?;
    let typed = asking.parameter;
    let mut text = String::new();
    for (place, field) in set.parameters.fields.iter().enumerate().skip(index + usize::from(!typed.is_empty())) {
        text.push_str(&format!("{}<{}>", if place == index { "" } else { "," }, field.name));
    }
    let field = set.parameters.field(index)?;
    let about = match typed.is_empty() {
        true => Some(field.what),
        false => field.meaning(typed.trim_matches('"')).map(|value| value.meaning()),
    };
    text.extend(about.filter(|about| !about.is_empty()).map(|about| format!("  {about}")));
    (!text.is_empty()).then_some(text)
}

#[derive(Debug)]
pub(crate) struct TypedCommand<'l> {
    /// Where its name begins in the line; for the first of a command line, the `AT`.
    start: usize,
    is_first: bool,
    /// `+CFUN`
    pub(crate) name: &'l str,
    form: Form,
    pub(crate) known: Option<&'static CommandEntry>,
    /// How many parameters stand before the one that is being typed.
    before: usize,
    /// The parameter that is being typed.
    parameter: &'l str,
    parameter_start: usize,
}

/// The AT command at the end of `line`, if there is one.
pub(crate) fn asking(line: &str) -> Option<TypedCommand<'_>> {
    let word_start = last_word(line);
    let word = line.get(word_start..)?;
    let parsed = command::parse(word)?;
    let bare = |at: usize| TypedCommand {
        start: if at <= 2 { word_start } else { word_start + at },
        is_first: at <= 2,
        name: "",
        form: Form::Execute,
        known: None,
        before: 0,
        parameter: "",
        parameter_start: line.len(),
    };
    // Behind a `;` the next one begins.
    if word.ends_with(';') && parsed.unclosed_quote.is_none() {
        return Some(bare(word.len()));
    }
    let Some(last) = parsed.commands.last() else { return Some(bare(2)) };
    let is_first = parsed.commands.len() == 1;
    let (before, start) = last_piece(last.argument, |character| character == ',');
    let parameter = last.argument.get(start..).unwrap_or_default();
    Some(TypedCommand {
        start: if is_first { word_start } else { word_start + last.range.start },
        is_first,
        name: last.name,
        form: last.form,
        known: command_of(last),
        before,
        parameter,
        parameter_start: word_start + last.range.end - parameter.len(),
    })
}

impl TypedCommand<'_> {
    /// Which parameter is being typed, counted from 0; none before the `=`.
    pub(crate) fn index(&self) -> Option<usize> {
        (self.form == Form::Set).then_some(self.before)
    }
}

fn last_word(line: &str) -> usize {
    last_piece(line, char::is_whitespace).1
}

/// How many of these signs stand outside of double quotes, and where the text goes on behind the last one.
fn last_piece(text: &str, parts: impl Fn(char) -> bool) -> (usize, usize) {
    let (mut count, mut start, mut quoted) = (0, 0, false);
    for (at, character) in text.char_indices() {
        quoted ^= character == '"';
        if parts(character) && !quoted {
            (count, start) = (count + 1, at + character.len_utf8());
        }
    }
    (count, start)
}

#[cfg(test)]
#[path = "../tests/units/suggest.rs"]
mod tests;
