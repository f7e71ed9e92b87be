//! The files beside a script that it reads (`file("ca.pem")`): they go to the gateways with it, so what it reads there
//! is what stood here when the run was made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use super::targets::Target;
use crate::check::Program;
use crate::diagnostic::Complaint;
use crate::runtime::Inputs;
use crate::syntax::ast::Param;
use crate::value::functions::function;
use crate::value::{Refusal, Value, bytes_of};

/// What files hold, by their names as seen from the script's folder.
pub type ScriptFiles = BTreeMap<String, Vec<u8>>;

/// The function of scripts that reads one.
const FILE: &str = "file";

/// The files that a run's script may read on these modems, with those that the user has `named`.
pub fn of_run(
    program: &Program,
    targets: &[Target],
    given: &Inputs,
    named: &[String],
) -> Result<ScriptFiles, Complaint> {
    let mut names: BTreeSet<String> = named.iter().cloned().collect();
    for target in targets {
        let value = |param: &Param| {
            let name = &param.name.value;
            if param.secret || given.secrets.contains_key(name) {
                return None;
            }
            let value = given.variables.get(name).or_else(|| target.modem.vars.get(name)).cloned();
            value.or_else(|| param.default.as_ref()?.told(&|_| None))
        };
        add_names(program, &value, !named.is_empty(), &mut names)?;
    }
    let folder = Path::new(&program.source().name).parent().unwrap_or(Path::new(""));
    read(folder, names)
}

/// Adds the names of the files that a program and what it runs may read, where its params have these values. `trusts`:
/// a name that is known only when it runs is among others that the user has named; else it is wrong.
fn add_names(
    program: &Program,
    value: &dyn Fn(&Param) -> Option<String>,
    trusts: bool,
    names: &mut BTreeSet<String>,
) -> Result<(), Complaint> {
    for read in program.files.iter() {
        // A param that is set again may have any value.
        let known = |name: &str| program.param(name).filter(|_| !program.fields.iter().any(|it| it == name));
        match read.told(&|name| value(known(name)?)) {
            Some(name) => _ = names.insert(name),
            None if trusts => {}
            None => {
                let source = program.source();
                let line = source.position(read.span.start as usize).line;
                let text = format!("{}:{line} reads a file whose name is known only when it runs", source.name);
                return Err(Complaint::new(format!("{text}: {FILE}({})", source.slice(read.span)))
                    .help("name all that it may read: --file ca.pem"));
            }
        }
    }
    // What they are given may differ each time.
    program.runs().try_for_each(|(_, inner)| add_names(inner, &|_| None, trusts, names))
}

/// What these files hold. They stand in the script's folder, as they do where it runs.
fn read(folder: &Path, names: BTreeSet<String>) -> Result<ScriptFiles, Complaint> {
    let file = function(FILE).ok_or_else(|| Complaint::new("files cannot be read"))?;
    let told = |Refusal { page, values, .. }: Refusal| {
        let values: Vec<&dyn std::fmt::Display> = values.iter().map(|value| value as _).collect();
        Complaint::told(page, &values)
    };
    let read = |name: String| {
        let held = file.call(&[Value::text(&*name)], Some(folder), &|_| String::new(), &String::new);
        held.map(|held| (name, bytes_of(&held))).map_err(told)
    };
    names.into_iter().map(read).collect()
}

/// Whether a name stays in the folder that it is looked for in.
pub fn stays(name: &str) -> bool {
    !name.is_empty()
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}
