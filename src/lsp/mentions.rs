//! Where the names of a script stand, and the scripts that it runs: for definitions, references and renames.

use crate::source::{Name, Source, Span};
use crate::syntax::ast::{
    Block, Clause, ClauseKind, Column, Expression, ExpressionKind, Field, Part, Pattern, PatternKind, PatternPart,
    Script, Statement, StatementKind, Template,
};

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
    pub rows: Vec<(String, Vec<String>)>,
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
        if let StatementKind::For { name, list, .. } = &statement.kind
            && let ExpressionKind::Variable(list) = &list.kind
            && let Some((_, fields)) = self.mentions.rows.iter().rev().find(|(known, _)| known == list)
        {
            let fields = fields.clone();
            self.mentions.rows.push((name.value.clone(), fields));
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
        let named = |field: &Field| field.name.as_ref().map(|name| name.value.clone());
        let (record, fields): (_, Vec<String>) = match &clause.kind {
            ClauseKind::CaptureAll { fields, record } => (record, fields.iter().filter_map(named).collect()),
            ClauseKind::CaptureAllPattern { patterns, record } => {
                (record, patterns.iter().flat_map(Pattern::holes).filter_map(named).collect())
            }
            ClauseKind::Expect(_)
            | ClauseKind::ExpectLast(_)
            | ClauseKind::ExpectNothing { .. }
            | ClauseKind::ExpectRestart { .. }
            | ClauseKind::Capture { .. }
            | ClauseKind::CapturePattern(_)
            | ClauseKind::Prompt { .. }
            | ClauseKind::When { .. } => return,
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
        match &expression.kind {
            ExpressionKind::Text(text) => self.template(text),
            ExpressionKind::Int(_)
            | ExpressionKind::Decimal(_)
            | ExpressionKind::Bool(_)
            | ExpressionKind::Duration(_) => {}
            ExpressionKind::List(items) => items.iter().for_each(|item| self.expression(item)),
            ExpressionKind::Variable(name) => self.note(name, expression.span, Owner::Used),
            ExpressionKind::Member { record, name } => {
                self.expression(record);
                if let ExpressionKind::Variable(record) = &record.kind {
                    self.note(&name.value, name.span, Owner::Field { record: record.clone() });
                }
            }
            ExpressionKind::Index { list, index } => {
                self.expression(list);
                self.expression(index);
            }
            ExpressionKind::Call { arguments, .. } => arguments.iter().for_each(|it| self.expression(it)),
            ExpressionKind::Unary { operand, .. } => self.expression(operand),
            ExpressionKind::Binary { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::Matches { text, pattern } => {
                self.expression(text);
                self.pattern(pattern, false);
            }
        }
    }
}
