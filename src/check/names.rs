//! The names of a script: where it gives them a value, which have one at the place that is being checked, and what is
//! known of it.
//!
//! A branch is walked on these same names; what it changed is then taken back and merged with the other branches. The
//! cost is that of the changes, not of all names: a script of 10,000 lines has thousands of both.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::pattern::{MOST_STATES, Matcher};
use super::{Known, Type};
use crate::source::Span;
use crate::syntax::ast::{Block, Param, Part, Pattern, PatternKind};
use crate::value::{Value, ValueKind};

/// How other languages put a value into a text: what stands before its name, and behind.
pub(super) fn forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    "{{…}},#{…},$ {…},$(…),%(…)s,$…,{…},<…>,%…%,%…,@…".split(',').filter_map(|form| form.split_once('…'))
}

/// The names that there are, and what is known of them. Lines that are typed one after the other leave them behind:
/// [`check_more`](super::check_more) goes on from them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    ids: HashMap<Arc<str>, usize>,
    entries: Vec<NameEntry>,
    /// What this script captures, sets and gets as a record, in the order in which that first stands.
    variables: Vec<usize>,
    /// What was changed in the open branches and how it was before, the oldest change first.
    trail: Vec<(usize, Known)>,
    open: usize,
    /// How many states the script's large regexes may still have together
    pub(super) states_left: usize,
}

#[derive(Debug, Clone)]
struct NameEntry {
    name: Arc<str>,
    here: Known,
    used: bool,
    /// It had a value at some place.
    ever: bool,
    /// Where this script first gives it a value, for good.
    place: Option<Span>,
    /// A `for` or a `repeat` of this script gives it a value in its block.
    is_item: bool,
    /// How many places of this script give it a value.
    givers: usize,
}

/// What a branch changed: how each name is at its end.
pub(super) type Changes = HashMap<usize, Known>;

impl Names {
    /// Those that have, or may have, a value, in alphabetical order: for completion.
    pub fn names(&self) -> Vec<&str> {
        let set = self.entries.iter().filter(|entry| entry.here.is_set);
        let mut names: Vec<&str> = set.map(|entry| entry.name.as_ref()).collect();
        names.sort_unstable();
        names
    }

    /// Names that have a value, as other languages put them into a text, and where: `$apn`, `{{apn}}`, `<apn>`. What
    /// stands in two braces is one without a value too: it means nothing else.
    pub fn values_in(&self, text: &str) -> Vec<(String, Range<usize>)> {
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let (mut end, mut values) = (0, Vec::new());
        for (at, _) in text.match_indices(['$', '{', '%', '#', '<', '@']) {
            let (before, here) = text.split_at(at);
            // A name, and where what stands for its value ends.
            let read = |(open, close): (&str, &str)| {
                let behind = here.strip_prefix(open)?;
                // `%d %m` are two conversions, and `%apn%` has no blanks.
                let trims = !matches!(close, "" | "%");
                let inner = if trims { behind.trim_start_matches(' ') } else { behind };
                let name = inner.split(|character| !is_name(character)).next().unwrap_or_default();
                // `$modem.imei`, where `modem` is a record
                let is_record = |name: &str| self.known(name).kind.kind() == Some(ValueKind::Record);
                let field = inner.get(name.len()..)?.strip_prefix('.').filter(|_| is_record(name));
                let field = field.and_then(|field| field.split(|character| !is_name(character)).next());
                let length = name.len() + field.filter(|field| !field.is_empty()).map_or(0, |field| field.len() + 1);
                let name = inner.get(..length)?;
                let rest = inner.strip_prefix(name)?;
                let rest = if trims { rest.trim_start_matches(' ') } else { rest }.strip_prefix(close)?;
                // `5%apn`, `user@apn`
                let is_apart = !(close.is_empty() && open != "$" && before.ends_with(is_name));
                let least = if open == "%" { 2 } else { 1 };
                (is_apart && name.len() >= least).then_some((name, here.len() - rest.len()))
            };
            let named = |(name, length): (&str, usize)| {
                let lower = name.to_ascii_lowercase();
                let is_set = |name: &&str| self.known(name.split('.').next().unwrap_or(name)).is_set;
                let known = [name, lower.as_str()].into_iter().find(is_set);
                let is_meant = here.starts_with("{{") && name.starts_with(|it: char| it.is_ascii_alphabetic());
                Some((known.or_else(|| is_meant.then_some(lower.as_str()))?.to_owned(), length))
            };
            let found = forms().find_map(|form| read(form).and_then(named));
            let Some((name, length)) = found.filter(|_| at >= end && !before.ends_with('$')) else { continue };
            end = at + length;
            values.push((name, at..end));
        }
        values
    }

    /// Notes every name that a script gives a value, wherever that is.
    pub(super) fn declare(&mut self, script: &Block, matchers: &mut [Option<Matcher>]) {
        for entry in &mut self.entries {
            (entry.place, entry.is_item, entry.givers) = (None, false, 0);
        }
        self.variables.clear();
        self.states_left = MOST_STATES;
        script.walk(&mut |statement| self.declare_parts(statement.parts(), matchers));
    }

    fn declare_parts(&mut self, parts: Vec<Part<'_>>, matchers: &mut [Option<Matcher>]) {
        for part in parts {
            match part {
                Part::Binds(name) => self.declare_variable(&name.value, name.span),
                Part::Item(name) => self.declare_with(&name.value, |entry| entry.is_item = true),
                Part::Declares(Param { name, .. }) => {
                    self.declare_with(&name.value, |entry| entry.place = entry.place.or(Some(name.span)));
                }
                Part::Capture(pattern) => self.declare_holes(pattern, matchers),
                Part::Clause(clause) => self.declare_parts(clause.parts(), matchers),
                Part::Question(_)
                | Part::Text(_)
                | Part::Value(_)
                | Part::Pattern(_)
                | Part::Fields(_)
                | Part::Block(_) => {}
            }
        }
    }

    fn declare_holes(&mut self, pattern: &Pattern, matchers: &mut [Option<Matcher>]) {
        let named = pattern.holes().filter_map(|field| field.name.as_ref());
        named.for_each(|name| self.declare_variable(&name.value, name.span));
        if let PatternKind::Regex { .. } = pattern.kind {
            // Compiled here already, for the names of its groups; what is wrong with it is told later.
            let Ok(matcher) = Matcher::new(pattern, &mut self.states_left) else { return };
            matcher.holes().iter().for_each(|hole| self.declare_variable(&hole.name, pattern.span));
            if let Some(place) = matchers.get_mut(pattern.id as usize) {
                *place = Some(matcher);
            }
        }
    }

    fn declare_with(&mut self, name: &str, mut note: impl FnMut(&mut NameEntry)) {
        let id = self.id_of(name);
        if let Some(entry) = self.entries.get_mut(id) {
            entry.givers += 1;
            note(entry);
        }
    }

    fn declare_variable(&mut self, name: &str, span: Span) {
        let id = self.id_of(name);
        let Some(entry) = self.entries.get_mut(id) else { return };
        entry.givers += 1;
        if entry.place.is_none() {
            entry.place = Some(span);
            self.variables.push(id);
        }
    }

    /// What this script captures and sets, each with what is known of it at the end.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &Type)> {
        let entries = self.variables.iter().filter_map(|id| self.entries.get(*id));
        entries.map(|entry| (entry.name.as_ref(), &entry.here.kind))
    }

    /// Where this script first gives it a value that holds from there on.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.get(name)?.place
    }

    /// Whether a `for` or a `repeat` gives it a value, and nothing else does.
    pub(super) fn is_item(&self, name: &str) -> bool {
        self.get(name).is_some_and(|entry| entry.is_item && entry.place.is_none())
    }

    /// What may have been meant by a name that is not known.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &str> {
        let known = self.entries.iter().filter(|entry| entry.place.is_some() || entry.here.is_set);
        known.map(|entry| entry.name.as_ref())
    }

    pub(super) fn is_used(&self, name: &str) -> bool {
        self.get(name).is_some_and(|entry| entry.used)
    }

    /// What is known of it here; that it is used is noted.
    pub(super) fn look_up(&mut self, name: &str) -> &Known {
        let Some(entry) = self.ids.get(name).and_then(|id| self.entries.get_mut(*id)) else { return &Known::UNSET };
        entry.used = true;
        &entry.here
    }

    pub(super) fn known(&self, name: &str) -> &Known {
        self.get(name).map_or(&Known::UNSET, |entry| &entry.here)
    }

    pub(super) fn put(&mut self, name: &str, known: Known) {
        let id = self.id_of(name);
        self.change(id, known);
    }

    /// The value that it has here. One that another place of this script may give it is not known.
    pub(super) fn keep(&mut self, name: &str, value: Option<Value>) {
        if let Some(entry) = self.ids.get(name).and_then(|id| self.entries.get_mut(*id)) {
            entry.here.value = value.filter(|_| entry.givers == 1);
        }
    }

    /// Opens a branch: what changes from here on can be taken back.
    pub(super) fn open(&mut self) -> usize {
        self.open += 1;
        self.trail.len()
    }

    /// Closes a branch: undoes what changed since it was opened, and gives that back.
    pub(super) fn close(&mut self, opened: usize) -> Changes {
        self.open = self.open.saturating_sub(1);
        let mut changes = Changes::new();
        for (id, before) in self.trail.split_off(opened.min(self.trail.len())).into_iter().rev() {
            if let Some(entry) = self.entries.get_mut(id) {
                let after = std::mem::replace(&mut entry.here, before);
                changes.entry(id).or_insert(after);
            }
        }
        changes
    }

    /// `room`: how many may still be copied. Where there is none left, what changed is not told.
    pub(super) fn changes_since(&self, opened: usize, room: &mut usize) -> Option<Changes> {
        *room = room.saturating_sub(self.trail.len().saturating_sub(opened));
        let changed = self.trail.iter().skip(opened).map(|(id, _)| *id);
        (*room > 0).then(|| changed.filter_map(|id| Some((id, self.entries.get(id)?.here.clone()))).collect())
    }

    /// One of these branches was taken; `None` is one that changed nothing.
    pub(super) fn merge(&mut self, branches: Vec<Option<Changes>>) {
        let count = branches.len();
        let mut merged: HashMap<usize, (Known, usize)> = HashMap::new();
        for (id, known) in branches.into_iter().flatten().flatten() {
            let both = match merged.remove(&id) {
                Some((other, times)) => (known.or(&other), times + 1),
                None => (known, 1),
            };
            merged.insert(id, both);
        }
        for (id, (known, times)) in merged {
            let Some(entry) = self.entries.get(id) else { continue };
            let known = if times < count { known.or(&entry.here) } else { known };
            self.change(id, known);
        }
    }

    /// Whatever had a value anywhere may have it now: in `finally`. `or_another`: also where it has one here.
    pub(super) fn recall_all(&mut self, or_another: bool) {
        for id in 0..self.entries.len() {
            let Some(entry) = self.entries.get(id).filter(|it| it.ever && (or_another || !it.here.is_set)) else {
                continue;
            };
            self.change(id, Known { is_set: true, is_secret: entry.here.is_secret, ..Known::UNSET });
        }
    }

    fn change(&mut self, id: usize, known: Known) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.ever |= known.is_set;
            let before = std::mem::replace(&mut entry.here, known);
            if self.open > 0 {
                self.trail.push((id, before));
            }
        }
    }

    fn id_of(&mut self, name: &str) -> usize {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let (id, name) = (self.entries.len(), Arc::<str>::from(name));
        self.ids.insert(Arc::clone(&name), id);
        let here = Known::UNSET;
        self.entries.push(NameEntry { name, here, used: false, ever: false, place: None, is_item: false, givers: 0 });
        id
    }

    fn get(&self, name: &str) -> Option<&NameEntry> {
        self.ids.get(name).and_then(|id| self.entries.get(*id))
    }
}
