//! What a script is given: parameters and secrets, from the command line, from files, from the environment. The command
//! line beats the files, the files beat the environment, the environment beats the script's default.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments;
use super::console::Console;
use super::exit::Exit;
use super::scripts;
use crate::check::Program;
use crate::runtime::{self, Inputs};

/// The inputs for these programs, or why there are none.
pub(crate) fn collect(given: &arguments::Inputs, programs: &[Arc<Program>], console: &Console) -> Result<Inputs, Exit> {
    let mut inputs = explicit(given, programs, console)?;
    let known = |inputs: &Inputs, name: &str| inputs.variables.contains_key(name) || inputs.secrets.contains_key(name);
    for (name, value) in from_environment("HAYES_VAR_", programs, false) {
        if !known(&inputs, &name) {
            inputs.variables.insert(name, value);
        }
    }
    for (name, value) in from_environment("HAYES_SECRET_", programs, true) {
        if !known(&inputs, &name) {
            inputs.secrets.insert(name, value);
        }
    }
    let mut problems = Vec::new();
    for program in programs {
        let help = format!("give it as -V NAME=VALUE; `hayes show {}` lists its parameters", program.source().name);
        problems.extend(runtime::unfit(program, &inputs).into_iter().map(|what| (what, Some(help.clone()))));
    }
    told(inputs, problems, console)
}

/// What the environment gives these programs, secrets too.
pub(crate) fn environment(programs: &[Arc<Program>]) -> BTreeMap<String, String> {
    let mut values = from_environment("HAYES_VAR_", programs, false);
    values.extend(from_environment("HAYES_SECRET_", programs, true));
    values
}

/// Only what the command line and its files give.
pub(crate) fn explicit(
    given: &arguments::Inputs,
    programs: &[Arc<Program>],
    console: &Console,
) -> Result<Inputs, Exit> {
    let mut problems = Vec::new();
    let (mut variables, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    let named = [
        read_files(&given.vars_file, &mut problems),
        pairs(&given.variables, "-V", &mut problems),
        read_files(&given.secrets_file, &mut problems),
        pairs(&given.secrets, "--secret", &mut problems),
    ];
    for (values, secret) in named.into_iter().zip([false, false, true, true]) {
        for (name, value) in values {
            match declared(&name, programs) {
                None => problems.push(unknown(&name, programs)),
                Some(true) if !secret => problems.push((
                    format!("{name} is a secret of the script, so it may not be given as a variable"),
                    Some(format!("put it into a file for --secrets-file, or into HAYES_SECRET_{name}")),
                )),
                // A plain param given as a secret is masked like one: nothing is wrong with that.
                Some(_) if secret => _ = secrets.insert(name, value),
                Some(_) => _ = variables.insert(name, value),
            }
        }
    }
    told(with_values(given, variables, secrets), problems, console)
}

fn told(inputs: Inputs, problems: Vec<Problem>, console: &Console) -> Result<Inputs, Exit> {
    for (message, help) in &problems {
        console.complain(message, help.as_deref());
    }
    if problems.is_empty() { Ok(inputs) } else { Err(Exit::Usage) }
}

/// For lines that are typed one after the other: which parameters they will ask for is not known yet.
pub(crate) fn loose(given: &arguments::Inputs, console: &Console) -> Result<Inputs, Exit> {
    let mut problems = Vec::new();
    let (mut variables, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    for (prefix, values) in [("HAYES_VAR_", &mut variables), ("HAYES_SECRET_", &mut secrets)] {
        for (name, value) in std::env::vars_os() {
            if let (Some(name), Some(value)) =
                (name.to_str().and_then(|name| name.strip_prefix(prefix)), value.to_str())
            {
                values.insert(name.to_ascii_lowercase(), value.to_owned());
                values.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    variables.extend(read_files(&given.vars_file, &mut problems));
    variables.extend(pairs(&given.variables, "-V", &mut problems));
    secrets.extend(read_files(&given.secrets_file, &mut problems));
    secrets.extend(pairs(&given.secrets, "--secret", &mut problems));
    told(with_values(given, variables, secrets), problems, console)
}

/// These values, and what else was given.
fn with_values(
    given: &arguments::Inputs,
    variables: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
) -> Inputs {
    Inputs {
        variables,
        secrets,
        timeout: given.timeout.unwrap_or(Inputs::default().timeout),
        timeout_scale: given.timeout_scale,
        plan: given.plan,
        yes: given.yes,
        folder: None,
    }
}

type Problem = (String, Option<String>);

fn pairs(texts: &[String], flag: &str, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for text in texts {
        match text.split_once('=') {
            Some((name, value)) => pairs.push((name.trim().to_owned(), value.to_owned())),
            // What stands there may be a secret: it is not repeated.
            None => problems.push((format!("{flag} takes NAME=VALUE"), Some(format!("write {flag} apn=super")))),
        }
    }
    pairs
}

/// Lines of NAME=VALUE; blank lines and lines that start with # say nothing.
fn read_files(files: &[PathBuf], problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for file in files {
        let text = match scripts::open_text(file) {
            Ok(text) => text,
            Err(error) => {
                problems.push((format!("{} {error}", file.display()), None));
                continue;
            }
        };
        let said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        for (number, line) in text.lines().enumerate().filter(|(_, line)| said(line)) {
            match line.split_once('=') {
                Some((name, value)) => pairs.push((name.trim().to_owned(), value.trim().to_owned())),
                None => problems.push((
                    format!("{}:{}: this line is not NAME=VALUE", file.display(), number + 1),
                    Some("one parameter a line, as apn=super; # starts a comment".to_owned()),
                )),
            }
        }
    }
    pairs
}

/// Only names that a script asks for: the environment may hold more for other scripts.
fn from_environment(prefix: &str, programs: &[Arc<Program>], secret: bool) -> BTreeMap<String, String> {
    let params = programs.iter().flat_map(|program| &program.params).filter(|param| param.secret == secret);
    let value = |name: &String| {
        let upper = name.to_ascii_uppercase();
        std::env::var(format!("{prefix}{name}")).or_else(|_| std::env::var(format!("{prefix}{upper}"))).ok()
    };
    params.filter_map(|param| Some((param.name.value.clone(), value(&param.name.value)?))).collect()
}

/// Whether a script declares it, and if so, whether as a secret.
fn declared(name: &str, programs: &[Arc<Program>]) -> Option<bool> {
    programs.iter().find_map(|program| program.param(name)).map(|param| param.secret)
}

fn unknown(name: &str, programs: &[Arc<Program>]) -> Problem {
    let names: Vec<&str> =
        programs.iter().flat_map(|program| &program.params).map(|param| param.name.value.as_str()).collect();
    let near = names.iter().find(|known| strsim::jaro_winkler(known, name) > 0.8);
    let help = match (near, names.as_slice()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, []) => "the script has no parameters".to_owned(),
        (None, names) => format!("its parameters are {}", names.join(", ")),
    };
    (format!("the script has no parameter {name}"), Some(help))
}
