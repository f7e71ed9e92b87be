//! Where the names of a script stand, and the scripts that it runs: for definitions, references and renames.

use crate::source::{Name, Source, Span};
use crate::suggest::is_name;
use crate::syntax::ast::{
    Block, Clause, ClauseKind, Column, Expression, ExpressionKind, Field, Part, Pattern, PatternKind, PatternPart,
    Script, Statement, StatementKind, Template,
};
use crate::syntax::fields_of;

/// A name at one place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mention {
    pub name: String,
    pub span: Span,
    pub of: Owner,
    /// The value of a `report` whose column takes its name from it: `rssi`, `h.rssi`
    pub column: Option<Span>,
}

/// Whose name it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Owner {
    /// This script's, and it gets a value here.
    Bound { about: String },
    /// This script's, and its value is used.
    Used,
    /// That of the script that is run by this name: one of its params, or a field of its record.
    Other { script: String },
    /// A field of this record; the record may be that of a script.
    Field { record: String },
}

/// All names of a script, in the order of the source, and the scripts that it runs.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub names: Vec<Mention>,
    /// The texts behind `run`
    pub runs: Vec<Name>,
    /// The records of `run … as name`, each with the script's name.
    pub records: Vec<(String, String)>,
    /// Those of a list that a `capture all` gives, and of `for` over one, each with the names of its fields.
    pub rows: Vec<(String, Vec<Name>)>,
    /// Those that hold what is known of the module, or one of its settings: `module` or `setting`.
    pub known: Vec<(String, &'static str)>,
}

impl Mentions {
    pub(super) fn of(script: &Script) -> Mentions {
        let mut found = Finder { source: &script.source, mentions: Mentions::default() };
        found.block(&script.body);
        let mut mentions = found.mentions;
        // A record's field is the other script's name.
        for mention in &mut mentions.names {
            if let Owner::Field { record } = &mention.of
                && let Some((_, script)) = mentions.records.iter().find(|(name, _)| name == record)
            {
                mention.of = Owner::Other { script: script.clone() };
            }
        }
        mentions.names.sort_by_key(|mention| mention.span.start);
        mentions
    }

    /// The name at a place, which may be right behind it.
    pub(super) fn at(&self, offset: u32) -> Option<&Mention> {
        self.names.iter().find(|mention| mention.span.start <= offset && offset <= mention.span.end)
    }

    pub(super) fn run_at(&self, offset: u32) -> Option<&Name> {
        self.runs.iter().find(|run| run.span.start <= offset && offset <= run.span.end)
    }

    /// Where this script gives a value to its name.
    pub(super) fn bound<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Mention> {
        self.names.iter().filter(move |mention| mention.name == name && matches!(mention.of, Owner::Bound { .. }))
    }

    /// Wherever it stands for a name of this script.
    pub(super) fn own<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Mention> {
        self.names
            .iter()
            .filter(move |mention| mention.name == name && matches!(mention.of, Owner::Bound { .. } | Owner::Used))
    }
}

/// Whether the module's lists that are named there are of settings.
fn has_settings(text: &str) -> bool {
    let is_one = |name: &str| fields_of("module").any(|(known, about)| known == name && about.contains("settings"));
    text.split("module.").skip(1).all(|rest| rest.split(|it| !is_name(it)).next().is_some_and(is_one))
}

struct Finder<'s> {
    source: &'s Source,
    mentions: Mentions,
}

impl Finder<'_> {
    /// Notes a name that stands there as it is; `pass` is none that is written.
    fn note(&mut self, name: &str, span: Span, of: Owner) {
        if self.source.slice(span) == name {
            self.mentions.names.push(Mention { name: name.to_owned(), span, of, column: None });
        }
    }

    fn binds(&mut self, name: &Name, about: impl Into<String>) {
        self.note(&name.value, name.span, Owner::Bound { about: about.into() });
    }

    fn block(&mut self, block: &Block) {
        block.statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Statement) {
        if let StatementKind::Run { script, arguments, record } = &statement.kind
            && let Some(name) = script.plain()
        {
            self.mentions.runs.push(Name { value: name.to_owned(), span: script.span });
            for (argument, _) in arguments {
                self.note(&argument.value, argument.span, Owner::Other { script: name.to_owned() });
            }
            self.mentions.records.extend(record.iter().map(|record| (record.value.clone(), name.to_owned())));
        }
        if let StatementKind::For { name, list, .. } = &statement.kind {
            let text = self.source.slice(list.span);
            let rows = self.mentions.rows.iter().rev().find(|(known, _)| known == text);
            let rows = rows.map(|(_, fields)| (name.value.clone(), fields.clone()));
            self.mentions.rows.extend(rows);
            let is_known = text.starts_with("module.") && has_settings(text);
            self.mentions.known.extend(is_known.then(|| (name.value.clone(), "setting")));
        }
        if let StatementKind::Set { name, value, .. } = &statement.kind
            && self.source.slice(value.span).starts_with("module(")
            && matches!(value.kind, ExpressionKind::Call { .. })
        {
            self.mentions.known.push((name.value.clone(), "module"));
        }
        if let StatementKind::Report { columns, .. } = &statement.kind {
            return columns.iter().for_each(|column| self.column(column));
        }
        self.parts(statement.parts());
    }

    fn column(&mut self, column: &Column) {
        self.expression(&column.value);
        // One that is not written takes the span of what it is named after.
        let named = self.mentions.names.last_mut().filter(|last| last.span == column.name.span);
        named.into_iter().for_each(|last| last.column = Some(column.value.span));
    }

    fn parts(&mut self, parts: Vec<Part<'_>>) {
        for part in parts {
            match part {
                Part::Question(send) => {
                    self.template(&send.text);
                    send.within.iter().for_each(|within| self.expression(within));
                }
                Part::Text(text) => self.template(text),
                Part::Value(value) => self.expression(value),
                Part::Pattern(pattern) | Part::Fields(pattern) => self.pattern(pattern, false),
                Part::Capture(pattern) => self.pattern(pattern, true),
                Part::Binds(name) => self.binds(name, ""),
                Part::Item(name) => self.binds(name, "each in turn"),
                Part::Declares(param) => self.binds(&param.name, param.about.clone().unwrap_or_default()),
                Part::Clause(clause) => {
                    self.rows(clause);
                    self.parts(clause.parts());
                }
                Part::Block(block) => self.block(block),
            }
        }
    }

    fn rows(&mut self, clause: &Clause) {
        let named = |field: &Field| field.name.clone();
        let (record, fields): (_, Vec<Name>) = if let ClauseKind::CaptureAll { fields, record } = &clause.kind {
            (record, fields.iter().filter_map(named).collect())
        } else if let ClauseKind::CaptureAllPattern { patterns, record } = &clause.kind {
            (record, patterns.iter().flat_map(Pattern::holes).filter_map(named).collect())
        } else {
            return;
        };
        self.mentions.rows.push((record.value.clone(), fields));
    }

    fn template(&mut self, template: &Template) {
        template.values().for_each(|value| self.expression(value));
    }

    fn pattern(&mut self, pattern: &Pattern, captures: bool) {
        match &pattern.kind {
            PatternKind::Line(parts) => {
                for part in parts {
                    match part {
                        PatternPart::Value(value) => self.expression(value),
                        PatternPart::Hole(field) if captures => {
                            field.name.iter().for_each(|name| self.binds(name, "captured"));
                        }
                        PatternPart::Hole(_) | PatternPart::Text(_) => {}
                    }
                }
            }
            PatternKind::Regex { inner, .. } if captures => self.groups(*inner),
            PatternKind::Regex { .. } => {}
        }
    }

    /// The named groups of a regex: `(?<rssi>…)`.
    fn groups(&mut self, inner: Span) {
        let text = self.source.slice(inner);
        for (open, _) in text.match_indices("(?") {
            let rest = text.get(open + 2..).unwrap_or_default();
            let rest = rest.strip_prefix('P').unwrap_or(rest);
            let Some((name, _)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) else { continue };
            let start = inner.start as usize + text.len() - rest.len() + 1;
            let name = Name { value: name.to_owned(), span: Span::new(start, start + name.len()) };
            self.binds(&name, "captured");
        }
    }

    fn expression(&mut self, expression: &Expression) {
        expression.operands().into_iter().for_each(|operand| self.expression(operand));
        if let ExpressionKind::Variable(name) = &expression.kind {
            self.note(name, expression.span, Owner::Used);
        } else if let ExpressionKind::Member { record, name } = &expression.kind {
            let item = if let ExpressionKind::Index { list, .. } = &record.kind { list } else { record };
            if let ExpressionKind::Variable(record) = &item.kind {
                self.note(&name.value, name.span, Owner::Field { record: record.clone() });
            }
        }
    }
}
