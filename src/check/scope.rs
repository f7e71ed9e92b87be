//! Which names have a value at a place of the script, and what is known of it.
//!
//! A branch is walked on the one scope; what it changed is then taken back and merged with the other branches. The cost
//! is that of the changes, not of all names: a script of 10,000 lines has thousands of both.

use std::collections::HashMap;
use std::sync::Arc;

use super::types::Type;
use crate::source::Span;

#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    ids: HashMap<String, usize>,
    entries: Vec<Entry>,
    /// What was changed and how it was before, the oldest change first
    trail: Vec<(usize, State)>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    state: State,
    used: bool,
    /// It had a value at some place.
    ever: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) set: Set,
    pub(super) kind: Type,
    /// Its text, where that is certain unless the user gives another, and where it was written
    pub(super) constant: Option<(Arc<str>, Span)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Never,
    Maybe,
    Certainly,
}

/// What a branch changed: the state of each name at its end.
pub(super) type Changes = HashMap<usize, State>;

impl State {
    const UNSET: State = State { set: Set::Never, kind: Type::Unknown, constant: None };

    fn or(self, other: &State) -> State {
        let set = if self.set == other.set { self.set } else { Set::Maybe };
        let kind = match (self.set, other.set) {
            (Set::Never, _) => other.kind.clone(),
            (_, Set::Never) => self.kind,
            _ => self.kind.or(&other.kind),
        };
        let constant = if self.constant == other.constant { self.constant } else { None };
        State { set, kind, constant }
    }
}

impl Scope {
    /// Its state here; using it is noted.
    pub(super) fn look_up(&mut self, name: &str) -> &State {
        let Some(entry) = self.ids.get(name).and_then(|id| self.entries.get_mut(*id)) else { return &State::UNSET };
        entry.used = true;
        &entry.state
    }

    pub(super) fn state(&self, name: &str) -> &State {
        self.ids.get(name).and_then(|id| self.entries.get(*id)).map_or(&State::UNSET, |entry| &entry.state)
    }

    pub(super) fn bind(&mut self, name: &str, kind: Type, constant: Option<(Arc<str>, Span)>) {
        self.put(name, State { set: Set::Certainly, kind, constant });
    }

    /// From here on it has no value: behind the `for` that it belongs to.
    pub(super) fn put(&mut self, name: &str, state: State) {
        let id = match self.ids.get(name) {
            Some(id) => *id,
            None => {
                let id = self.entries.len();
                self.ids.insert(name.to_owned(), id);
                self.entries.push(Entry { name: name.to_owned(), state: State::UNSET, used: false, ever: false });
                id
            }
        };
        self.change(id, state);
    }

    pub(super) fn is_used(&self, name: &str) -> bool {
        self.ids.get(name).and_then(|id| self.entries.get(*id)).is_some_and(|entry| entry.used)
    }

    /// Names that have, or may have, a value here.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.state.set != Set::Never).map(|entry| entry.name.as_str())
    }

    /// A place to come back to with [`Scope::take_back`].
    pub(super) fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Undoes all changes since `mark`, and gives them back.
    pub(super) fn take_back(&mut self, mark: usize) -> Changes {
        let mut changes = Changes::new();
        for (id, before) in self.trail.split_off(mark.min(self.trail.len())).into_iter().rev() {
            if let Some(entry) = self.entries.get_mut(id) {
                let after = std::mem::replace(&mut entry.state, before);
                changes.entry(id).or_insert(after);
            }
        }
        changes
    }

    /// What was changed since `mark`, which stays as it is.
    pub(super) fn changes_since(&self, mark: usize) -> Changes {
        let changed = self.trail.iter().skip(mark).map(|(id, _)| *id);
        changed.filter_map(|id| Some((id, self.entries.get(id)?.state.clone()))).collect()
    }

    /// One of these branches was taken; `None` is one that changed nothing.
    pub(super) fn merge(&mut self, branches: Vec<Option<Changes>>) {
        let count = branches.len();
        let mut merged: HashMap<usize, (State, usize)> = HashMap::new();
        for (id, state) in branches.into_iter().flatten().flatten() {
            let both = match merged.remove(&id) {
                Some((other, times)) => (state.or(&other), times + 1),
                None => (state, 1),
            };
            merged.insert(id, both);
        }
        for (id, (state, times)) in merged {
            let Some(entry) = self.entries.get(id) else { continue };
            let state = if times < count { state.or(&entry.state) } else { state };
            self.change(id, state);
        }
    }

    /// Whatever had a value anywhere may have it now: in `finally`.
    pub(super) fn recall_all(&mut self) {
        for id in 0..self.entries.len() {
            if let Some(entry) = self.entries.get(id)
                && entry.ever
                && entry.state.set == Set::Never
            {
                self.change(id, State { set: Set::Maybe, ..State::UNSET });
            }
        }
    }

    fn change(&mut self, id: usize, state: State) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.ever |= state.set != Set::Never;
            let before = std::mem::replace(&mut entry.state, state);
            self.trail.push((id, before));
        }
    }
}
