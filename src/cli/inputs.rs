//! What a script is given: parameters and secrets, from the command line, from files, from the environment. Each
//! beats those behind it: the command line, the files, the environment, `hayes.toml`, the script's default.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::InputArguments;
use super::console::{Console, Exit};
use super::modem::Signals;
use super::{scripts, settings};
use crate::check::Program;
use crate::diagnostic::{Complaint, nearest};
use crate::guard::Guard;
use crate::port::Cancel;
use crate::report::style::harmless;
use crate::runtime::{self, Inputs, Unfit};

/// Where each value came from, by its name: for what is said of it.
pub(crate) type Origins = BTreeMap<String, String>;

struct GivenValue {
    name: String,
    value: String,
    secret: bool,
    origin: String,
}

pub(crate) fn collect(given: &InputArguments, programs: &[Arc<Program>], console: &Console) -> Result<Inputs, Exit> {
    let (mut inputs, mut origins) = explicit(given, programs, console)?;
    let (environment, mut its_origins) = environment(programs, &origins, console)?;
    let is_new = |(name, _): &(String, String)| !origins.contains_key(name);
    inputs.variables.extend(environment.variables.into_iter().filter(is_new));
    inputs.secrets.extend(environment.secrets.into_iter().filter(is_new));
    its_origins.append(&mut origins);
    ask_for_secrets(programs, &mut inputs, console)?;
    let mut problems = Vec::new();
    for program in programs {
        let name = &program.source().name;
        // What was typed has no parameters to be listed.
        let listed = (!name.starts_with('<')).then(|| format!("`hayes show {name}` lists its parameters"));
        for unfit in runtime::unfit(program, &inputs) {
            let given = unfit.missing.then(|| how_to_give(&unfit));
            let help: Vec<String> = given.into_iter().chain(listed.clone()).collect();
            let help = (!help.is_empty()).then(|| help.join("; "));
            problems.push(Complaint { help, ..Complaint::new(message(&unfit, its_origins.get(&unfit.param))) });
        }
    }
    told(inputs, problems, console)
}

/// A person types the secrets that nothing else gives; where nobody can, they stay missing.
fn ask_for_secrets(programs: &[Arc<Program>], inputs: &mut Inputs, console: &Console) -> Result<(), Exit> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Ok(());
    }
    for program in programs {
        for unfit in runtime::unfit(program, inputs).into_iter().filter(|unfit| unfit.missing && unfit.secret) {
            let about = program.params.iter().find(|param| param.name.value == unfit.param);
            let about = about.and_then(|param| param.about.as_ref());
            let about = about.map(|about| format!(" ({})", harmless(about.as_bytes()))).unwrap_or_default();
            let question = format!("{}{about}, not shown: ", unfit.param);
            let ask = |cancel: &Cancel| cancel.typed_line(&question, |question| console.say(question), true, 0);
            let typed = Cancel::new().and_then(|cancel| Signals::during(&cancel, || ask(&cancel)));
            let (typed, ended) = typed.map_err(|error| console.refused(&error))?;
            if let Some(exit) = ended {
                console.say("\n");
                return Err(exit);
            }
            let typed = typed.unwrap_or_default();
            // Ctrl-D leaves the line of the question open.
            if !typed.ends_with('\n') {
                console.say("\n");
            }
            let value = typed.trim_end_matches(['\r', '\n']);
            if !value.is_empty() {
                inputs.secrets.insert(unfit.param, value.to_owned());
            }
        }
    }
    Ok(())
}

pub(crate) fn files(given: &InputArguments) -> impl Iterator<Item = (&'static str, &Path)> {
    let variables = given.vars_file.iter().map(|file| ("--vars-file", file.as_path()));
    let answers = given.answers.iter().map(|file| ("--answers", file.as_path()));
    variables.chain(given.secrets_file.iter().map(|file| ("--secrets-file", file.as_path()))).chain(answers)
}

/// What is wrong with a value, and where it came from.
pub(crate) fn message(unfit: &Unfit, origin: Option<&String>) -> String {
    match origin.filter(|_| !unfit.missing) {
        Some(origin) => format!("{}; it came from {origin}", unfit.message),
        None => unfit.message.clone(),
    }
}

pub(crate) fn how_to_give(unfit: &Unfit) -> String {
    let name = &unfit.param;
    if unfit.secret {
        format!("put it into HAYES_SECRET_{name}, or into a file of {name}=VALUE for --secrets-file")
    } else {
        format!("give it as -V {name}=VALUE")
    }
}

/// What the environment gives these programs. It may hold more: only what is much like a parameter is a mistake.
pub(crate) fn environment(
    programs: &[Arc<Program>],
    over: &Origins,
    console: &Console,
) -> Result<(Inputs, Origins), Exit> {
    let mut problems = Vec::new();
    let mut given = Vec::new();
    for name in programs.iter().flat_map(|program| &program.params).map(|param| &param.name.value) {
        for (prefix, secret) in [("HAYES_VAR_", false), ("HAYES_SECRET_", true)] {
            let spelled = [name.clone(), name.to_ascii_uppercase()].map(|name| format!("{prefix}{name}"));
            let found = spelled.into_iter().find_map(|origin| Some((std::env::var_os(&origin)?, origin)));
            let Some((value, origin)) = found else { continue };
            match value.into_string() {
                // One that is not set, and that another value stands over
                Ok(value) if value.is_empty() && over.contains_key(name) => {}
                Ok(value) => given.push(GivenValue { name: name.clone(), value, secret, origin }),
                Err(_) => problems.push(Complaint::new(format!("the value of {origin} is not UTF-8"))),
            }
        }
    }
    let mut in_files = Vec::new();
    for (name, from) in settings::vars() {
        let is_given = |name: &str| given.iter().any(|value: &GivenValue| value.name == name);
        if let Some(near) = misspelt(name, programs, is_given) {
            problems.push(Complaint::told("hayes::cli param", &[name, &from.origin(), &near]));
        }
        if declared(name, programs).is_some() && !is_given(name) {
            in_files.push(GivenValue {
                name: name.clone(),
                value: from.values.concat(),
                secret: false,
                origin: from.origin(),
            });
        }
    }
    for (variable, _) in std::env::vars_os() {
        let named = |prefix: &str| Some((prefix.to_owned(), variable.to_str()?.strip_prefix(prefix)?.to_owned()));
        let Some((prefix, name)) = named("HAYES_VAR_").or_else(|| named("HAYES_SECRET_")) else { continue };
        let is_given = |name: &str| given.iter().any(|value| value.name == name);
        // In a variable upper and lower case do not matter.
        let lower = name.to_ascii_lowercase();
        let secrets = programs.iter().flat_map(|program| &program.params).filter(|param| param.secret);
        let secrets = secrets.map(|param| param.name.value.as_str()).filter(|name| !is_given(name));
        let near = misspelt(&lower, programs, is_given);
        // A secret is meant by a secret, where one is like it.
        let is_open = near.is_some() && prefix == "HAYES_SECRET_";
        let near = nearest(&lower, secrets).filter(|_| is_open).or(near);
        let meant = near.and_then(|near| declared(near, programs)).unwrap_or_default();
        let meant = if meant { "HAYES_SECRET_" } else { "HAYES_VAR_" };
        if let Some(near) = near.filter(|near| !near.eq_ignore_ascii_case(&name)) {
            let values: [&dyn Display; 4] = [&name, &prefix, &meant, &near];
            problems.push(Complaint::told("hayes::cli param-variable", &values));
        }
    }
    given.extend(in_files);
    let found = sorted(given, programs, &mut problems);
    told(found, problems, console)
}

/// The parameter that a name was probably meant to be, which none of these programs has.
pub(crate) fn misspelt<'p>(name: &str, programs: &'p [Arc<Program>], has: impl Fn(&str) -> bool) -> Option<&'p str> {
    let params = programs.iter().flat_map(|program| &program.params).map(|param| param.name.value.as_str());
    let params: Vec<&str> = params.collect();
    if params.contains(&name) {
        return None;
    }
    let meant = runtime::called_otherwise(name, &params).or_else(|| nearest(name, params));
    meant.filter(|near| !has(near))
}

/// Only what the command line and its files give, and where each value stands.
pub(crate) fn explicit(
    given: &InputArguments,
    programs: &[Arc<Program>],
    console: &Console,
) -> Result<(Inputs, Origins), Exit> {
    let mut problems = Vec::new();
    let all = of_command_line(given, &mut problems);
    let (values, origins) = sorted(all, programs, &mut problems);
    let answers = read_files(&given.answers, false, &mut problems);
    let answers = answers.into_iter().map(|answer| (answer.name, answer.value)).collect();
    told((Inputs { answers, ..with_switches(values, given) }, origins), problems, console)
}

/// In the order in which the later beats the earlier.
fn of_command_line(given: &InputArguments, problems: &mut Vec<Complaint>) -> Vec<GivenValue> {
    let mut all = read_files(&given.vars_file, false, problems);
    all.extend(pairs(&given.variables, "-V", false, problems));
    all.extend(read_files(&given.secrets_file, true, problems));
    all.extend(pairs(&given.secrets, "--secret", true, problems));
    all
}

/// Variables and secrets, and where they came from. What no program asks for is a problem.
fn sorted(given: Vec<GivenValue>, programs: &[Arc<Program>], problems: &mut Vec<Complaint>) -> (Inputs, Origins) {
    let (mut inputs, mut origins) = (Inputs::default(), Origins::new());
    for GivenValue { name, value, secret, origin } in given {
        match declared(&name, programs) {
            None => {
                problems.push(runtime::unknown_param(&name, secret, programs));
                continue;
            }
            // A variable of the shell, or of CI, that is not set.
            Some(_) if value.is_empty() && !origin.contains(':') && !is_empty_by_itself(&name, programs) => {
                problems.push(Complaint::told("hayes::cli empty-value", &[&name, &origin]));
                continue;
            }
            Some(true) if !secret => {
                problems.push(Complaint::told("hayes::cli secret", &[&name, &origin]));
                continue;
            }
            // A plain param given as a secret is masked like one: nothing is wrong with that.
            Some(_) if secret => _ = inputs.secrets.insert(name.clone(), value),
            Some(_) => _ = inputs.variables.insert(name.clone(), value),
        }
        origins.insert(name, origin);
    }
    (inputs, origins)
}

fn told<T>(found: T, problems: Vec<Complaint>, console: &Console) -> Result<T, Exit> {
    problems.iter().for_each(|problem| _ = console.refuse_as(Exit::Usage, problem));
    if problems.is_empty() { Ok(found) } else { Err(Exit::Usage) }
}

/// For lines that are typed one after the other: which parameters they will ask for is not known yet.
pub(crate) fn loose(given: &InputArguments, console: &Console) -> Result<Inputs, Exit> {
    let mut problems = Vec::new();
    let mut inputs = Inputs::default();
    inputs.variables.extend(settings::vars().map(|(name, from)| (name.clone(), from.values.concat())));
    for (prefix, values) in [("HAYES_VAR_", &mut inputs.variables), ("HAYES_SECRET_", &mut inputs.secrets)] {
        for (name, value) in std::env::vars_os() {
            let Some(known) = name.to_str().and_then(|name| name.strip_prefix(prefix)) else { continue };
            match value.into_string() {
                Ok(value) => {
                    values.insert(known.to_ascii_lowercase(), value.clone());
                    values.insert(known.to_owned(), value);
                }
                Err(_) => console.say(&format!("note: the value of {prefix}{known} is not UTF-8 and is left out\n")),
            }
        }
    }
    for GivenValue { name, value, secret, .. } in of_command_line(given, &mut problems) {
        let values = if secret { &mut inputs.secrets } else { &mut inputs.variables };
        values.insert(name, value);
    }
    told(with_switches(inputs, given), problems, console)
}

fn with_switches(values: Inputs, given: &InputArguments) -> Inputs {
    Inputs {
        timeout: given.timeout.unwrap_or(values.timeout),
        timeout_bounds: settings::TYPED_TIMEOUT.get().is_some(),
        timeout_scale: given.timeout_scale,
        plan: given.plan || given.deny_changes,
        yes: given.yes,
        shareable: given.shareable,
        guard: Some(Guard::of_user(&given.allow)),
        ..values
    }
}

fn pairs(texts: &[String], flag: &str, secret: bool, problems: &mut Vec<Complaint>) -> Vec<GivenValue> {
    let mut pairs = Vec::new();
    for text in texts {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                let (name, value) = (name.trim().to_owned(), value.to_owned());
                pairs.push(GivenValue { name, value, secret, origin: flag.to_owned() });
            }
            // What stands there may be a secret: it is not repeated.
            Some(_) | None => problems.push(Complaint::told("hayes::cli pair", &[&flag])),
        }
    }
    pairs
}

/// Lines of NAME=VALUE; blank lines and lines that start with # say nothing.
fn read_files(files: &[PathBuf], secret: bool, problems: &mut Vec<Complaint>) -> Vec<GivenValue> {
    let mut pairs = Vec::new();
    for file in files {
        let text = match scripts::open_text(file) {
            Ok(text) => text,
            Err(error) => {
                problems.push(Complaint::new(format!("{} {error}", file.display())).near(file));
                continue;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let is_quoted = |quote, text: &str| text.strip_prefix(quote).is_some_and(|rest: &str| rest.ends_with(quote));
        for (number, line) in text.lines().enumerate().filter(|(_, line)| said(line)) {
            let origin = format!("{}:{}", file.display(), number + 1);
            let problem = match line.split_once('=') {
                // Whether that is a comment or a part of the value, only its writer knows.
                Some((name, value)) if value.contains(" #") || value.contains("\t#") => {
                    Complaint::told("hayes::cli pair-comment", &[&origin, &name.trim()])
                }
                // A shell would take them off, and a modem would be given them.
                Some((name, value)) if ['"', '\''].iter().any(|quote| is_quoted(*quote, value.trim())) => {
                    Complaint::told("hayes::cli pair-quotes", &[&origin, &name.trim()])
                }
                Some((name, value)) if name.split_whitespace().count() == 1 => {
                    let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
                    pairs.push(GivenValue { name, value, secret, origin });
                    continue;
                }
                Some(_) | None => Complaint::told("hayes::cli pair-line", &[&origin]),
            };
            problems.push(problem);
        }
    }
    pairs
}

/// `param user = ""`
fn is_empty_by_itself(name: &str, programs: &[Arc<Program>]) -> bool {
    programs.iter().any(|program| {
        let default = program.param(name).and_then(|param| param.default.as_ref());
        default.is_some_and(|default| ["\"\"", "''"].contains(&program.source().slice(default.span)))
    })
}

/// Whether a script declares it, and if so, whether as a secret.
fn declared(name: &str, programs: &[Arc<Program>]) -> Option<bool> {
    programs.iter().find_map(|program| program.param(name)).map(|param| param.secret)
}
