//! Hayes in another program: a modem, scripts, and what came of them. This is the crate's public API: it changes as
//! semantic versioning has it. The other modules are public for Hayes's own tests and may change with any version.
//!
//! ```
//! use hayes::embed::{Inputs, Modem, Script};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = Script::of_library("supersim/set-apn")?;
//! let mut modem = Modem::open("sim:bg96?time=virtual")?;
//! let result = modem.run(&script, &Inputs::default().with("apn", "super"))?;
//! assert!(result.passed());
//!
//! let answer = modem.at("AT+CGDCONT?")?;
//! assert_eq!(answer.answer, [r#"+CGDCONT: 1,"IP","super","",0,0,0,0"#]);
//! # Ok(())
//! # }
//! ```

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::check::{Program, check};
use crate::connect::{self, Address};
use crate::conversation::Conversation;
use crate::diagnostic::{Complaint, Severity};
use crate::guard::{Guard, Simulators};
use crate::library::{self, Library};
use crate::port::Timestamp;
use crate::report::answered::Answers;
use crate::runtime::{self, Listener};
use crate::source::{LARGEST_TEXT, Source, read_text};

pub use crate::connect::Opening;
pub use crate::port::Cancel;
pub use crate::report::answered::Answered;
pub use crate::report::diagnostics::Problem;
pub use crate::report::result::{FailureReport, RunResult};
pub use crate::runtime::{Inputs, Silent, Status};

/// Why there is nothing to be had: a script that is wrong, a port that does not open, a value that no script asks for,
/// a command that the modem refused.
pub type Failed = Box<FailureReport>;

fn failed(code: &'static str, wrong: Complaint) -> Failed {
    Box::new(FailureReport::unopened(&wrong.of(code)))
}

/// All that `hayes check` finds in a text: errors and warnings, in the order of their places.
pub fn problems(name: &str, text: &str) -> Vec<Problem> {
    check(&Source::new(name, text), &Library::default()).diagnostics.iter().map(Problem::from).collect()
}

/// A script without errors.
#[derive(Debug, Clone)]
pub struct Script {
    program: Arc<Program>,
}

impl Script {
    /// The script of a file. `run` and `file(…)` in it look beside it.
    pub fn read(path: impl AsRef<Path>) -> Result<Script, Failed> {
        let name = path.as_ref().display().to_string();
        let text = File::open(&path).map_err(Into::into).and_then(|file| read_text(file, LARGEST_TEXT));
        let text = text.map_err(|why| failed("hayes::check::no-script", Complaint::new(format!("{name} {why}"))))?;
        Script::parse(&name, &text)
    }

    /// A script of the library: `supersim/setup`.
    pub fn of_library(name: &str) -> Result<Script, Failed> {
        let Some(found) = library::find(name) else {
            let near = library::meant(name).map(|near| format!("did you mean {near}?"));
            let none = Complaint { help: near, ..Complaint::new(format!("the library has no script {name}")) };
            return Err(failed("hayes::check::no-script", none));
        };
        Script::of(&found.source())
    }

    /// A text; `name` stands in messages, and its folder is where `run` and `file(…)` look.
    pub fn parse(name: &str, text: &str) -> Result<Script, Failed> {
        Script::of(&Source::new(name, text))
    }

    fn of(source: &Arc<Source>) -> Result<Script, Failed> {
        let checked = check(source, &Library::default());
        if let Some(program) = checked.program {
            return Ok(Script { program });
        }
        let mut errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        Err(Box::new(errors.next().map(FailureReport::from).unwrap_or_default()))
    }

    /// The name that it was read by.
    pub fn name(&self) -> &str {
        &self.program.source().name
    }

    /// What it may be given, in its order: the name, whether it is a secret, whether it has to be given.
    pub fn params(&self) -> impl Iterator<Item = (&str, bool, bool)> {
        self.program.params.iter().map(|param| (param.name.value.as_str(), param.secret, param.default.is_none()))
    }
}

/// A modem at an open port. What it was told by one script, as an open connection, is there for the next.
pub struct Modem {
    address: Address,
    conversation: Conversation,
    cancel: Cancel,
    /// What the user's other runs know of its SIM
    guard: Option<Guard>,
    /// Whether it is a `hayes sim` in another process
    simulators: Simulators,
}

impl Modem {
    /// Opens a port as `-p` names it: `/dev/ttyUSB2`, `tcp://host:port`, `sim:bg96`; 115200 baud.
    pub fn open(port: &str) -> Result<Modem, Failed> {
        Modem::open_at(port, 115_200)
    }

    /// As [`Modem::open`], at another speed, in baud.
    pub fn open_at(port: &str, baud: u32) -> Result<Modem, Failed> {
        let address = Address::parse(port).map_err(|wrong| failed("hayes::port::missing", wrong))?;
        let cancel = Cancel::new().map_err(|error| failed("hayes::port::system", Complaint::new(error.to_string())))?;
        let settings = Opening { baud, ..Opening::new(cancel.clone()) };
        let port = connect::open(&address, &settings).map_err(|error| FailureReport::unopened(&error))?;
        let guard = Guard::of_user(&[]).at(&address);
        let conversation = Conversation::new(port, &Catalogue);
        Ok(Modem { address, conversation, cancel, guard, simulators: Simulators::default() })
    }

    /// Ends a run from another thread, as Ctrl-C does: the first call lets `finally` blocks run, the second ends them.
    pub fn canceller(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Runs a script to its end. That it fails is a result too; an error is what was wrong before anything was sent.
    pub fn run(&mut self, script: &Script, inputs: &Inputs) -> Result<RunResult, Failed> {
        self.run_heard(script, inputs, &mut Silent)
    }

    /// As [`Modem::run`]; the listener hears each event as it happens.
    pub fn run_heard(
        &mut self,
        script: &Script,
        inputs: &Inputs,
        listener: &mut dyn Listener,
    ) -> Result<RunResult, Failed> {
        let program = &script.program;
        let programs = std::slice::from_ref(program);
        let mut given = inputs.variables.keys().chain(inputs.secrets.keys());
        if let Some(name) = given.find(|name| program.param(name).is_none()) {
            return Err(failed(
                "hayes::run::unknown-param",
                runtime::unknown_param(name, !inputs.variables.contains_key(name), programs),
            ));
        }
        let folder = Path::new(script.name()).parent().map(Path::to_owned);
        let own = inputs.guard.as_ref();
        let guard = own.map_or_else(|| self.guard.clone(), |own| own.at(&self.address));
        let address = Some(self.address.clone());
        let inputs = Inputs { folder, guard, address, ..inputs.clone() };
        let started = Timestamp::now().to_string();
        let mut outcome = runtime::run(program, &mut self.conversation, &inputs, listener);
        outcome.name_eavesdropper(&self.address);
        if outcome.status == Status::Interrupted {
            // The next one is not.
            self.cancel.clear();
            self.conversation.rearm();
        }
        let port = self.address.to_string();
        let mut result = RunResult::new(&port, &port, script.name(), started, &outcome);
        result.simulated = self.simulators.is_behind(&self.address);
        result.plan = inputs.plan;
        Ok(result)
    }

    /// Sends one command and waits for its answer, as long as such a command may take. An error is one that the modem
    /// refused or did not answer; it has what came.
    pub fn at(&mut self, command: &str) -> Result<Answered, Failed> {
        let script = Script::parse("<command>", &format!("{}\n", command.trim()))?;
        let mut answers = Answers::default();
        let result = self.run_heard(&script, &Inputs::default(), &mut answers)?;
        match result.failure {
            Some(failure) => Err(Box::new(failure)),
            None => Ok(answers.of(result.simulated).pop().unwrap_or_default()),
        }
    }
}
