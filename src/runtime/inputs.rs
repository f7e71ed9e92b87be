//! What a run is given beside its script, and what its params make of it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::secret::{Mask, SharedMask};
use crate::check::{Program, from_text};
use crate::connect::Address;
use crate::diagnostic::{Complaint, meant_or_all};
use crate::guard::{Guard, Simulators};
use crate::notation::row_of;
use crate::syntax::ast::Param;
use crate::value::Value;

/// What a run is given beside its script.
#[derive(Clone)]
pub struct Inputs {
    /// `--var`: values for `param`s, as text. Who may be asked for a name first (command line, file, environment) is
    /// the caller's business.
    pub variables: BTreeMap<String, String>,
    /// `--secret`: values for `secret`s. All of them are masked, whether the script asks for them or not.
    pub secrets: BTreeMap<String, String>,
    /// How long an answer may take where neither the script nor the catalogue says more.
    pub timeout: Duration,
    /// `-t` was typed: an exchange may take no longer, however long its command is known to take.
    pub timeout_bounds: bool,
    /// Multiplies every timeout; 1.0 changes nothing.
    pub timeout_scale: f64,
    /// Ask, and change nothing.
    pub plan: bool,
    /// Answers every `confirm`.
    pub yes: bool,
    /// `--answers`: what is typed where `ask` asks for a name.
    pub answers: BTreeMap<String, String>,
    /// What is told and kept may be given to others: it holds no number of a modem, a SIM or a person.
    pub shareable: bool,
    /// What else hides secrets while this runs, and is told those that are captured
    pub shared_mask: Option<SharedMask>,
    /// Where `file("…")` looks: the script's folder.
    pub folder: Option<PathBuf>,
    /// What is asked before something is sent that costs
    pub guard: Option<Guard>,
    /// The port that the run is on
    pub address: Option<Address>,
}

impl Inputs {
    #[must_use]
    pub fn at(mut self, address: &Address) -> Inputs {
        self.guard = self.guard.and_then(|guard| guard.at(address));
        self.address = Some(address.clone());
        self
    }

    /// Whether it is a simulated modem, as far as can be known.
    pub(crate) fn is_simulated(&self) -> bool {
        self.address.as_ref().is_some_and(|address| Simulators::default().is_behind(address))
    }

    /// A value for a `param`, as text.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Inputs {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A value for a `secret`: masked wherever it would be shown.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &str) -> Inputs {
        self.secrets.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The text that a param is given. A plain param may be given as a secret, to have it masked.
    pub(super) fn given(&self, param: &Param) -> Option<&str> {
        let (first, second) = match param.secret {
            true => (&self.secrets, &self.variables),
            false => (&self.variables, &self.secrets),
        };
        first.get(&param.name.value).or_else(|| second.get(&param.name.value)).map(String::as_str)
    }
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs {
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            timeout: Duration::from_secs(5),
            timeout_bounds: false,
            timeout_scale: 1.0,
            plan: false,
            yes: false,
            answers: BTreeMap::new(),
            shareable: false,
            shared_mask: None,
            folder: None,
            guard: None,
            address: None,
        }
    }
}

/// Shows no value of a secret.
impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets: Vec<&String> = self.secrets.keys().collect();
        f.debug_struct("Inputs").field("variables", &self.variables).field("secrets", &secrets).finish_non_exhaustive()
    }
}

const MISSING: &str = "hayes::run::missing-param";

/// What is wrong with what a program is given for one of its params.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub param: String,
    pub secret: bool,
    /// It was given none; else one of another kind.
    pub missing: bool,
    pub message: String,
}

/// Params without a value, or with one of another kind. A run tells the same; whoever asks here learns it before a port
/// is opened.
pub fn unfit(program: &Program, inputs: &Inputs) -> Vec<Unfit> {
    let unfit = |param: &Param| {
        let (message, code) = value_of(param, inputs).err()?;
        let missing = code == MISSING;
        Some(Unfit { param: param.name.value.clone(), secret: param.secret, missing, message })
    };
    program.params.iter().filter_map(unfit).collect()
}

/// The one of these names that people, or other scripts, call so.
pub(crate) fn called_otherwise<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let mut row = row_of(include_str!("params.md"), name)?.split(' ');
    row.find_map(|meant| names.iter().find(|name| **name == meant)).copied()
}

/// None of these programs has a parameter of that name, or a secret where one was given.
pub fn unknown_param(name: &str, secret: bool, programs: &[Arc<Program>]) -> Complaint {
    let params = programs.iter().flat_map(|program| &program.params).filter(|param| param.secret || !secret);
    let names: Vec<&str> = params.map(|param| param.name.value.as_str()).collect();
    let what = if secret { "secret" } else { "parameter" };
    let meant = called_otherwise(name, &names);
    let all = || meant_or_all(name, &names, &format!("its {what}s"), &format!("the script has no {what}s"));
    let help = meant.map_or_else(all, |meant| format!("did you mean {meant}?"));
    Complaint::new(format!("the script has no {what} {name}")).help(help)
}

/// The value that a param was given; none where its default is to be taken.
pub fn value_of(param: &Param, inputs: &Inputs) -> Result<Option<Value>, (String, &'static str)> {
    let name = &param.name.value;
    match inputs.given(param) {
        Some(given) => from_text(given, param.convert).map(Some).map_err(|kind| {
            let shown =
                if param.secret { "what was given is not".to_owned() } else { format!("\"{given}\" was given") };
            (format!("`{name}` must be {kind}, and {shown}"), "hayes::run::value")
        }),
        None if param.default.is_none() => Err((format!("`{name}` has no value"), MISSING)),
        None => Ok(None),
    }
}

/// How params are given values from outside. A secret on the command line would be seen by all who use the machine.
pub fn ways_to_give(params: &[&Param]) -> String {
    let (secrets, plain): (Vec<&Param>, Vec<&Param>) = params.iter().partition(|param| param.secret);
    let named = |params: &[&Param], form: fn(&str) -> String, between: &str| {
        params.iter().map(|param| form(&param.name.value)).collect::<Vec<_>>().join(between)
    };
    let mut ways = Vec::new();
    if !plain.is_empty() {
        ways.push(format!("give it on the command line: {}", named(&plain, |name| format!("-V {name}=…"), " ")));
    }
    if !secrets.is_empty() {
        let variables = named(&secrets, |name| format!("HAYES_SECRET_{name}"), ", ");
        ways.push(format!("put a secret into {variables}, or into a file for --secrets-file"));
    }
    ways.join("; ")
}

impl Mask {
    /// Every secret that is known before these programs run: what stands in them, and what they are given, as it is
    /// given and as what it is converted to.
    pub fn of_known(programs: &[Arc<Program>], inputs: &Inputs) -> Mask {
        let mut mask = Mask::new(inputs.secrets.values().map(String::as_str)).personal(inputs.shareable);
        for program in programs {
            program.written_secrets().into_iter().for_each(|secret| mask.add(secret));
            for param in program.params.iter().filter(|param| param.secret) {
                if let Some(Ok(value)) = inputs.given(param).map(|given| from_text(given, param.convert)) {
                    mask.add(&value.to_string());
                }
            }
        }
        mask
    }
}
