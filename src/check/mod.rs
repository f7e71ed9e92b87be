//! Tree → program: names resolved, patterns compiled, what will go wrong told before anything is sent.
//!
//! All errors are told, not the first; a program comes out only where there is none.

mod evaluate;
mod findings;
mod names;
mod pattern;
mod walk;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use evaluate::{Evaluate, YEAR, from_text, is_command_line, is_mistake_of_script};
pub(crate) use evaluate::{append, counted};
pub use names::Names;
pub use pattern::{Hole, Matcher, anywhere, from_the_beginning, known_line, with_prefix};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Name, Source, Span};
use crate::syntax;
use crate::syntax::ast::{Convert, Expression, ExpressionKind, Field, Param, Pattern, Script, StatementKind};
use crate::value::{Value, ValueKind as Kind};
use walk::walk;

#[derive(Debug)]
pub struct Checked {
    /// `None` where there are errors.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings in the order of their places, those of the script itself first.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses and checks a script and all scripts that it runs.
pub fn check(source: &Arc<Source>, scripts: &dyn Scripts) -> Checked {
    check_parts(source, scripts, &[])
}

/// As [`check`], where only these parts will run: what the other parts set is not there.
pub fn check_parts(source: &Arc<Source>, scripts: &dyn Scripts, only: &[String]) -> Checked {
    let (program, diagnostics, _) = Checking::new(scripts).check(source, None, only);
    Checked { program, diagnostics }
}

/// Checks lines that go on from others, whose names are `names`. Where there are no errors, and once the lines have
/// been run, the names that come back take their place.
pub fn check_more(source: &Arc<Source>, scripts: &dyn Scripts, names: &Names) -> (Checked, Names) {
    let (program, diagnostics, names) = Checking::new(scripts).check(source, Some(names), &[]);
    (Checked { program, diagnostics }, names)
}

/// A script without errors, ready to run; shared by all the threads that run it.
#[derive(Debug, Default)]
pub struct Program {
    pub script: Arc<Script>,
    /// Its params and secrets, in the order in which they stand.
    pub params: Vec<Param>,
    /// The names that it captures or sets, in order: the fields of its record, and its result where it has no `report`.
    pub fields: Vec<String>,
    types: Vec<Type>,
    matchers: Vec<Option<Matcher>>,
    runs: HashMap<String, Arc<Program>>,
    /// The first command in it, or in a script that it runs, that uses up attempts of a PIN.
    tries_pin: Option<String>,
    /// What it gives the secrets of other scripts, written out.
    given_secrets: Vec<String>,
    /// What names the files that it reads
    pub files: Vec<Expression>,
    /// `--only`: names of parts; with a `!` before it one that is left out.
    pub only: Vec<String>,
    pub warnings: Vec<Diagnostic>,
}

impl Program {
    /// Of a script that is still to be checked.
    fn unchecked(script: &Arc<Script>, only: &[String]) -> Program {
        let mut matchers = Vec::new();
        matchers.resize_with(script.patterns as usize, || None);
        Program { script: Arc::clone(script), matchers, only: only.to_vec(), ..Program::default() }
    }

    pub fn runs_part(&self, names: &[Name]) -> bool {
        let has = |wanted: &str| names.iter().any(|name| name.value == wanted);
        let (left_out, picked): (Vec<&str>, Vec<&str>) =
            self.only.iter().map(String::as_str).partition(|name| name.starts_with('!'));
        (picked.is_empty() || picked.into_iter().any(has))
            && !left_out.iter().any(|name| has(name.trim_start_matches('!')))
    }

    /// The parts that do not run, each by its first name.
    pub fn parts_left_out(&self) -> Vec<String> {
        let parts = self.script.body.statements.iter().filter_map(|statement| {
            let StatementKind::Part { names, .. } = &statement.kind else { return None };
            names.first().filter(|_| !self.runs_part(names))
        });
        parts.map(|name| name.value.clone()).collect()
    }

    pub fn source(&self) -> &Arc<Source> {
        &self.script.source
    }

    /// The texts of this script and of those that it runs, by their names.
    pub fn sources(&self) -> BTreeMap<&str, &str> {
        let mut sources = BTreeMap::from([(self.source().name.as_str(), self.source().text.as_str())]);
        self.runs.values().for_each(|program| sources.extend(program.sources()));
        sources
    }

    /// What one of its own patterns compiled to; `None` for another program's.
    pub fn matcher(&self, pattern: &Pattern) -> Option<&Matcher> {
        self.matchers.get(pattern.id as usize)?.as_ref()
    }

    /// The program that `run "name"` in this script runs.
    pub fn run(&self, name: &str) -> Option<&Arc<Program>> {
        self.runs.get(name)
    }

    pub fn runs(&self) -> impl Iterator<Item = (&str, &Arc<Program>)> {
        self.runs.iter().map(|(name, program)| (name.as_str(), program))
    }

    /// The secrets written out in it and in the scripts that it runs, as defaults and as arguments: to be masked.
    pub fn written_secrets(&self) -> Vec<&str> {
        let own = self.params.iter().filter(|param| param.secret).filter_map(|param| param.default.as_ref());
        let mut texts: Vec<&str> = Vec::new();
        for default in own {
            if let ExpressionKind::Int(_) = default.kind {
                texts.push(self.source().slice(default.span));
            }
            texts.extend(literal_text(default).filter(|text| !text.is_empty()));
        }
        texts.extend(self.given_secrets.iter().map(String::as_str));
        texts.extend(self.runs.values().flat_map(|program| program.written_secrets()));
        texts
    }

    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name.value == name)
    }
}

/// The text that an expression is as it stands. What `${…}` makes is masked when it is computed.
fn literal_text(value: &Expression) -> Option<&str> {
    if let ExpressionKind::Text(template) = &value.kind { template.plain() } else { None }
}

// ── Scripts that run each other

/// How deep scripts may run each other.
const MOST_NESTED: usize = 32;

/// How many blocks may stand within each other, those of scripts that are run by others included; the body of a script
/// is one, and to run it is another.
pub const DEEPEST: usize = 256;

/// Finds other scripts by name: beside the script that runs them, or in the library.
pub trait Scripts {
    /// `from` is the script that says `run "name"`.
    fn find(&self, name: &str, from: &Source) -> Result<Arc<Source>, NotFound>;
}

/// There is no script of that name, or none that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    Nowhere {
        /// Names that are near to it, the nearest first.
        suggestions: Vec<String>,
    },
    Unreadable {
        /// The file and what is wrong with it: `beside.hayes is larger than 16 MiB`
        why: String,
    },
    /// It stands outside of the first script's folder, and nobody has allowed that.
    Outside,
}

/// The check of a script and of those that it runs, each once.
struct Checking<'a> {
    scripts: &'a dyn Scripts,
    /// The scripts being checked, the outermost first.
    chain: Vec<String>,
    /// How many blocks deep the innermost of them stands.
    depth: usize,
    /// What came of those that others run, by the name of their source; `None` where there are errors.
    checked: HashMap<String, Option<Arc<Program>>>,
}

impl<'a> Checking<'a> {
    fn new(scripts: &'a dyn Scripts) -> Checking<'a> {
        Checking { scripts, chain: Vec::new(), depth: 0, checked: HashMap::new() }
    }

    /// The program, its faults, and the names that it leaves behind. `known`: the names before its first line.
    /// `only`: the parts that run of this one; of those that it runs all do.
    fn check(
        &mut self,
        source: &Arc<Source>,
        known: Option<&Names>,
        only: &[String],
    ) -> (Option<Arc<Program>>, Vec<Diagnostic>, Names) {
        let (script, syntax_errors) = syntax::parse(source);
        self.chain.push(source.name.clone());
        let (mut program, diagnostics, names) = walk(self, &Arc::new(script), syntax_errors, known, only);
        self.chain.pop();
        let is_sound = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if is_sound {
            program.warnings.clone_from(&diagnostics);
        }
        (is_sound.then(|| Arc::new(program)), diagnostics, names)
    }

    /// The program of the `run "name"` at `span`, so many blocks deep; its errors are told the first time.
    fn run(
        &mut self,
        name: &str,
        from: &Arc<Source>,
        span: Span,
        depth: usize,
    ) -> Result<Arc<Program>, Vec<Diagnostic>> {
        let missing = |missing| vec![not_found(name, missing, from, span)];
        let source = self.scripts.find(name, from).map_err(missing)?;
        if let Some(start) = self.chain.iter().position(|running| *running == source.name) {
            let circle = self.chain.iter().skip(start).chain([&source.name]).map(String::as_str);
            let circle = circle.collect::<Vec<_>>().join(" → ");
            return Err(vec![Diagnostic::told("hayes::check::run-cycle", from, span, &[&circle])]);
        }
        let inside = depth + 2;
        if self.chain.len() > MOST_NESTED || self.depth + inside > DEEPEST {
            return Err(vec![Diagnostic::told("hayes::check::run-depth", from, span, &[&MOST_NESTED, &DEEPEST])]);
        }
        if let Some(known) = self.checked.get(&source.name) {
            return known.clone().ok_or_else(Vec::new);
        }
        self.depth += inside;
        let (program, mut diagnostics, _) = self.check(&source, None, &[]);
        self.depth -= inside;
        self.checked.insert(source.name.clone(), program.clone());
        // Its warnings are told when it is checked itself.
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        program.ok_or(diagnostics)
    }
}

fn not_found(name: &str, missing: NotFound, from: &Arc<Source>, span: Span) -> Diagnostic {
    match missing {
        NotFound::Nowhere { suggestions } => {
            let otherwise = "`hayes list` shows the library; a script of your own is named by its path from this one";
            let fault = Diagnostic::told("hayes::check::no-script", from, span, &[&name]);
            fault.did_you_mean(suggestions.first().map(String::as_str), otherwise)
        }
        NotFound::Outside => Diagnostic::told("hayes::check::no-script outside", from, span, &[&name]),
        NotFound::Unreadable { why } => Diagnostic::told("hayes::check::no-script unreadable", from, span, &[&why]),
    }
}

/// Names as a help lists them: `a, b, c`; of very many the first ones.
fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const LISTED: usize = 50;
    let mut names = names.into_iter();
    let mut listed: Vec<&str> = names.by_ref().take(LISTED).collect();
    listed.extend(names.next().map(|_| "…"));
    listed.join(", ")
}

// ── What is known of a value before the script runs

#[derive(Debug, Clone, PartialEq, Eq)]
enum Type {
    /// It may be anything.
    Unknown,
    /// A list or a record of which no more is known is unknown.
    Of(Kind),
    List(Arc<Type>),
    /// Its fields, in order.
    Record(Arc<[(String, Type)]>),
}

impl Type {
    /// What a captured parameter becomes. An optional one may be empty, which is text.
    fn of_capture(convert: Convert, optional: bool) -> Type {
        match convert {
            Convert::Text => Type::Of(Kind::Text),
            Convert::Int | Convert::Hex | Convert::Decimal if optional => Type::Unknown,
            Convert::Int | Convert::Hex => Type::Of(Kind::Int),
            Convert::Decimal => Type::Of(Kind::Decimal),
        }
    }

    fn of_kind(kind: Option<Kind>) -> Type {
        match kind {
            Some(Kind::List) => Type::List(Arc::new(Type::Unknown)),
            Some(Kind::Record) | None => Type::Unknown,
            Some(kind) => Type::Of(kind),
        }
    }

    fn record_of(fields: &[Field]) -> Type {
        let named = fields.iter().filter_map(|field| {
            let name = field.name.as_ref()?;
            Some((name.value.clone(), Type::of_capture(field.convert, field.optional)))
        });
        Type::Record(named.collect())
    }

    /// What a value is; a list's items are like its first.
    fn of_value(value: &Value) -> Type {
        if let Value::List(items) = value {
            return Type::List(Arc::new(items.first().map_or(Type::Unknown, Type::of_value)));
        }
        if let Value::Record(record) = value {
            return Type::Record(record.iter().map(|(name, value)| (name.to_owned(), Type::of_value(value))).collect());
        }
        Type::Of(value.kind())
    }

    /// What a value is that may come from either of two branches.
    fn or(self, other: &Type) -> Type {
        if self == *other { self } else { Type::Unknown }
    }

    fn item(&self) -> Type {
        if let Type::List(item) = self { (**item).clone() } else { Type::Unknown }
    }

    /// As it is called in a message.
    fn words(&self) -> &'static str {
        match self.kind() {
            None => "anything",
            Some(Kind::Text) => "text",
            Some(Kind::Bytes) => "bytes",
            Some(Kind::Int) => "a whole number",
            Some(Kind::Decimal) => "a decimal number",
            Some(Kind::Bool) => "true or false",
            Some(Kind::Duration) => "a duration",
            Some(Kind::List) => "a list",
            Some(Kind::Record) => "a record",
        }
    }

    /// Whether it is certainly none of these; the unknown may be any.
    fn is_none_of(&self, wanted: &[Kind]) -> bool {
        self.kind().is_some_and(|kind| !wanted.contains(&kind))
    }

    fn kind(&self) -> Option<Kind> {
        match self {
            Type::Unknown => None,
            Type::Of(kind) => Some(*kind),
            Type::List(_) => Some(Kind::List),
            Type::Record(_) => Some(Kind::Record),
        }
    }
}

/// What is known of a name at a place.
#[derive(Debug, Clone)]
struct Known {
    /// It has a value, or may have one.
    is_set: bool,
    kind: Type,
    /// Its text, where that is certain unless the user gives another, and where it was written.
    constant: Option<(Arc<str>, Span)>,
    /// Its value, where it can have no other.
    value: Option<Value>,
    /// It is what whoever runs the script gives as a `secret`.
    is_secret: bool,
}

impl Known {
    const UNSET: Known = Known { is_set: false, kind: Type::Unknown, constant: None, value: None, is_secret: false };

    fn or(self, other: &Known) -> Known {
        let kind = match (self.is_set, other.is_set) {
            (false, _) => other.kind.clone(),
            (_, false) => self.kind,
            (true, true) => self.kind.or(&other.kind),
        };
        let constant = if self.constant == other.constant { self.constant } else { None };
        let value = if self.value == other.value { self.value } else { None };
        let is_secret = self.is_secret && other.is_secret;
        Known { is_set: self.is_set || other.is_set, kind, constant, value, is_secret }
    }
}
