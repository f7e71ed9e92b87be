//! What a checked script is: its tree, its compiled patterns, the programs it runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::pattern::Matcher;
use super::types::Type;
use crate::source::Source;
use crate::syntax::ast::{Param, Pattern, Script};

/// A script without errors, ready to run; shared by all the threads that run it.
#[derive(Debug)]
pub struct Program {
    pub script: Script,
    /// Its params and secrets, in the order in which they stand.
    pub params: Vec<Param>,
    /// Every name that it captures or sets, in the order in which they first stand: the fields of its record when
    /// another script runs it, and its result where it has no `report`.
    pub fields: Vec<String>,
    pub(super) types: Vec<Type>,
    pub(super) matchers: Vec<Option<Matcher>>,
    pub(super) runs: HashMap<String, Arc<Program>>,
    /// The first command in it, or in a script that it runs, that uses up attempts of a PIN.
    pub(super) tries_pin: Option<String>,
}

impl Program {
    pub fn source(&self) -> &Arc<Source> {
        &self.script.source
    }

    /// What one of its own patterns compiled to; `None` for another program's.
    pub fn matcher(&self, pattern: &Pattern) -> Option<&Matcher> {
        self.matchers.get(pattern.id as usize)?.as_ref()
    }

    /// The program that `run "name"` in this script runs.
    pub fn run(&self, name: &str) -> Option<&Arc<Program>> {
        self.runs.get(name)
    }

    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name.value == name)
    }
}
