//! What a run is given beside its script.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::syntax::ast::Param;

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
    /// Multiplies every timeout; 1.0 changes nothing.
    pub timeout_scale: f64,
    /// Ask, and change nothing.
    pub plan: bool,
    /// Answers every `confirm`.
    pub yes: bool,
    /// Where `file("…")` looks: the script's folder.
    pub folder: Option<PathBuf>,
}

impl Inputs {
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
            timeout_scale: 1.0,
            plan: false,
            yes: false,
            folder: None,
        }
    }
}

/// Shows no value of a secret.
impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs")
            .field("variables", &self.variables)
            .field("secrets", &self.secrets.keys().collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .field("timeout_scale", &self.timeout_scale)
            .field("plan", &self.plan)
            .field("yes", &self.yes)
            .field("folder", &self.folder)
            .finish()
    }
}
