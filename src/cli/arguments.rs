//! The command line: commands and flags (clap), and what may stand behind a flag. Conventions are those of Hurl,
//! nextest, Ansible, tio and just.

use std::num::NonZeroUsize;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PathBufValueParser, Resettable, TypedValueParser};
use clap::{
    ArgAction, ArgMatches, Args, ColorChoice, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint,
};

use super::agent::AgentArguments;
use super::fleet::FleetArguments;
use super::settings;
use crate::batch::schedule::Share;
use crate::check::Program;
use crate::guard::LiftedGuard;
use crate::import::Dialect;
use crate::notation::duration;
use crate::port::FlowControl;

/// A help page is no wider, however wide the terminal is.
pub(crate) const HELP_COLUMNS: usize = 100;

/// A small language for talking to cellular modems, and the program that runs it.
#[derive(Debug, Parser)]
#[command(name = "hayes", version, max_term_width = HELP_COLUMNS, arg_required_else_help = false)]
pub(crate) struct HayesArguments {
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
    /// When to use colours (NO_COLOR and CLICOLOR=0 are heeded too)
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Take the settings of [profile.NAME] in hayes.toml over the others there [env: HAYES_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Take the settings of this file alone, not those of hayes.toml here and of your own
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no file of settings
    #[arg(long, global = true)]
    pub(crate) no_config: bool,
    /// Work in this folder
    #[arg(short = 'C', long, global = true, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Run scripts on one modem
    Run(Deferred<RunArguments>),
    /// Explore a modem line by line; the same as `hayes` alone on a terminal
    Repl(Deferred<Repl>),
    /// Run a script on many modems at the same time
    Batch(Deferred<Batch>),
    /// Follow the orders of a fleet's operator: drive the modems of this gateway
    Agent(Deferred<AgentArguments>),
    /// Run a script on the modems of many gateways
    Fleet(Deferred<FleetArguments>),
    /// Make reports of the results of a batch
    Report(Deferred<Report>),
    /// Send AT commands, print the answers and what they mean
    At(Deferred<At>),
    /// Check scripts without a modem
    Check(Deferred<Check>),
    /// Bring scripts into their canonical form
    Fmt(Deferred<Fmt>),
    /// Tell what a command, an answer, an error or a diagnostic code means
    Explain(Deferred<Explain>),
    /// List the scripts that come with Hayes
    List {
        /// Only those whose names or titles hold this text
        text: Option<String>,
        /// Print it as JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Show one script of the library, or a file, with its parameters
    Show {
        /// A library name such as `supersim/setup`, or a path
        name: String,
        /// Print what it is for, its parameters and its parts as JSON
        #[arg(long)]
        json: bool,
    },
    /// Copy a script of the library into a file, to change it
    Copy {
        /// A library name such as `supersim/setup`
        name: String,
        /// The new file, - for standard output [default: the name's last part, in the working folder; where standard
        /// output goes into a file, that]
        #[arg(value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Begin a project: a first script, an inventory, settings
    Init {
        /// Where to; made where it is not there
        #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Write a file from what a modem answers
    New {
        #[command(subcommand)]
        what: NewFile,
    },
    /// Turn a script of chat, comgt, minicom or Tera Term into a Hayes script
    Import(Deferred<Import>),
    /// Run scripts against recordings of modems
    Test(Deferred<Test>),
    /// List serial ports, and which of them answers AT
    Ports(Deferred<Ports>),
    /// Find out why no modem answers: ports, permissions, drivers, other programs, and what the modem says of itself
    Doctor(Deferred<Doctor>),
    /// Show each setting, its value, and where that came from: a file, the environment, the default
    Config {
        /// Print it as JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Be a simulated modem, as a device for any program
    Sim(Deferred<Sim>),
    /// Serve an editor: diagnostics, completion, help, renames (Language Server Protocol)
    Lsp {
        /// Over standard input and output, as always; for editors that say it
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Print the completion script of a shell
    Completions {
        #[arg(value_parser = ["bash", "elvish", "fish", "nushell", "powershell", "zsh"])]
        shell: String,
    },
    /// What may stand at the cursor, for the completion scripts
    #[command(hide = true)]
    CompleteWord {
        #[arg(last = true)]
        words: Vec<String>,
    },
    /// Print a manual page, or write all of them into a folder
    Man {
        /// Of this command: `run`, `fleet run` [default: of `hayes` itself]
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
        /// Write a page for each command into this folder
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "command")]
        all: Option<PathBuf>,
    },
}

/// The arguments of a command, which are described to clap only where it is the command that was typed.
#[derive(Debug)]
pub(crate) struct Deferred<A>(Box<A>);

impl<A> Deref for Deferred<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: FromArgMatches> FromArgMatches for Deferred<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Deferred(Box::new(A::from_arg_matches(matches)?)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<A: Args> Args for Deferred<A> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            // What the command does is said where it is listed; groups of arguments would say what they are.
            let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
            settings::with_settings(A::augment_args(command))
                .about(Resettable::from(about))
                .long_about(Resettable::from(long_about))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        A::augment_args_for_update(command)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewFile {
    /// The file of a module that Hayes does not know: who it is, and which commands it has. Nothing is set on it
    Module(Deferred<NewModule>),
}

#[derive(Debug, Args)]
pub(crate) struct NewModule {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The new file [default: modules/MODEL.toml, where `hayes` looks for modules of your own]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// Which modem, and how to talk to it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Modem")]
pub(crate) struct Connection {
    /// /dev/ttyUSB2, COM3, usb:VID:PID[:ifNN][:SERIAL], auto (the one modem that answers), tcp://HOST:PORT,
    /// rfc2217://HOST:PORT, sim:MODEL[?KEY=VALUE&…], replay:FILE, - (the line on standard input, as pppd gives it);
    /// without it HAYES_PORT, else the line that standard input and output are, else a simulated modem
    #[arg(short, long, env = "HAYES_PORT", value_name = "PORT", value_hint = ValueHint::AnyPath, action = ArgAction::Set)]
    pub(crate) port: Vec<String>,
    /// Speed of a serial port, in bits a second
    #[arg(short, long, value_name = "BAUD", default_value_t = 115_200, value_parser = baud)]
    pub(crate) baud: u32,
    /// Flow control of a serial port of this machine
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) flow: FlowControl,
    /// Refuse the simulated modem: fail where no port is named
    #[arg(long)]
    pub(crate) real: bool,
    /// Wait so long for a port that is not there yet
    #[arg(long, value_name = "DURATION", value_parser = some_time)]
    pub(crate) wait: Option<Duration>,
    /// Write all that is sent and received into a file, secrets masked; `replay:FILE` plays it back
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = PathBufValueParser::new().try_map(file))]
    pub(crate) record: Option<PathBuf>,
}

/// What a script is given, and how patient it is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Script")]
pub(crate) struct InputArguments {
    /// Give a parameter its value
    #[arg(short = 'V', long = "var", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<String>,
    /// Read parameters from a file of NAME=VALUE lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) vars_file: Vec<PathBuf>,
    /// Give a secret parameter its value; other users of the machine may see it: prefer --secrets-file or
    /// HAYES_SECRET_NAME
    #[arg(long = "secret", value_name = "NAME=VALUE")]
    pub(crate) secrets: Vec<String>,
    /// Read secret parameters from a file of NAME=VALUE lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secrets_file: Vec<PathBuf>,
    /// How long an exchange may take at most, where the script gives it no `within` or `timeout`. In hayes.toml and
    /// HAYES_TIMEOUT it cuts no command short that is known to take longer [default: 5s, or as long as is known]
    #[arg(short, long, value_name = "DURATION", value_parser = some_time)]
    pub(crate) timeout: Option<Duration>,
    /// Multiply every timeout
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    pub(crate) timeout_scale: f64,
    /// Only ask, and tell what would change; sent is also what shapes the answers, as AT+CMEE, AT+CMGF and ATE0 do
    #[arg(long)]
    pub(crate) plan: bool,
    /// As --plan, and exit with 1 where something would change
    #[arg(long)]
    pub(crate) deny_changes: bool,
    /// Answer every `confirm` with yes
    #[arg(long)]
    pub(crate) yes: bool,
    /// Read what `ask` asks for from a file of NAME=VALUE lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) answers: Vec<PathBuf>,
    /// Let a script run scripts, and a recording name one, that stand outside of the folder
    #[arg(long)]
    pub(crate) outside: bool,
    /// Send nothing where the check warns, and exit with 3
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Hide IMEI, IMSI, ICCID and telephone numbers in all that is shown, recorded and reported
    #[arg(long)]
    pub(crate) shareable: bool,
    /// Lift a guard for this run; real ports have them, and what they know of SIMs lasts
    #[arg(long, value_name = "GUARD", value_enum, value_delimiter = ',')]
    pub(crate) allow: Vec<LiftedGuard>,
}

/// What is printed, and where.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// Print results as JSON Lines on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
    /// Write results into this file, which must be new, instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = PathBufValueParser::new().try_map(no_format))]
    pub(crate) output: Option<PathBuf>,
    /// Show more: echoes, final result codes, times
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"])]
    pub(crate) verbose: bool,
    /// Show the result only, and a line for each warning of what may go wrong
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"])]
    pub(crate) quiet: bool,
}

impl OutputArguments {
    pub(crate) fn file(&self) -> Option<(&'static str, &Path)> {
        self.output.as_deref().map(|file| ("-o", file))
    }

    /// Standard output, where it is for results alone.
    pub(crate) fn json_stream(&self) -> Option<(&'static str, &Path)> {
        (self.json && self.output.is_none()).then_some(("--json", Path::new("-")))
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// A path, the name of a library script such as `supersim/setup`, or - for standard input
    #[arg(required = true, value_name = "SCRIPT", value_hint = ValueHint::FilePath)]
    pub(crate) scripts: Vec<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
    /// Of the script's parts (`part NAME {`) only these; '!NAME' leaves one out
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = part, help_heading = "Script")]
    pub(crate) only: Vec<String>,
    /// Run the scripts behind one that has failed too
    #[arg(short, long, help_heading = "Script")]
    pub(crate) keep_going: bool,
    /// How long the whole run may take; then `finally` runs, and it has failed
    #[arg(long, value_name = "DURATION", value_parser = some_time, help_heading = "Script")]
    pub(crate) modem_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) reports: Reports,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Batch {
    /// What `hayes at` sends to several modems, in place of a script
    #[arg(skip)]
    pub(crate) commands: Option<(Arc<Program>, At)>,
    /// A path, the name of a library script such as `supersim/setup`, or - for standard input
    #[arg(value_name = "SCRIPT", value_hint = ValueHint::FilePath)]
    pub(crate) script: String,
    /// The modems, as TOML or CSV; - for standard input; several files are one inventory
    #[arg(short, long, required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) inventory: Vec<PathBuf>,
    /// Only these: names, groups, LABEL=VALUE, with *, ?, ranges (gw[01-20]), or ~REGEX; 'prod:&hub-a,!gw-0007'; @FILE
    /// holds one a line
    #[arg(short, long, value_name = "SELECTION", allow_hyphen_values = true)]
    pub(crate) limit: Vec<String>,
    /// Show the modems that are selected, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Speed of serial ports, in bits a second [default: the inventory's, else 115200]
    #[arg(short, long, value_name = "BAUD", value_parser = baud)]
    pub(crate) baud: Option<u32>,
    /// Flow control of a serial port of this machine
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) flow: FlowControl,
    /// Wait so long for each port that is not there yet
    #[arg(long, value_name = "DURATION", value_parser = some_time)]
    pub(crate) wait: Option<Duration>,
    /// How many modems run at the same time [default: all, but no more than 64]
    #[arg(short, long, value_name = "N", value_parser = jobs, allow_negative_numbers = true, help_heading = "Order")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Go on in waves, each begins when the one before has ended: 1,10,100%
    #[arg(long, value_name = "N|P%,…", value_delimiter = ',', value_parser = wave, help_heading = "Order")]
    pub(crate) waves: Vec<Share>,
    /// Begin no more after more failures than that
    #[arg(long, value_name = "N|P%", value_parser = Share::parse, help_heading = "Order")]
    pub(crate) max_fail: Option<Share>,
    /// The time between two starts, and how much chance may add: 500ms~2s
    #[arg(long, value_name = "D[~JITTER]", value_parser = delay, help_heading = "Order")]
    pub(crate) start_delay: Option<(Duration, Duration)>,
    /// How long one modem may take; then its `finally` runs, and it has failed
    #[arg(long, value_name = "DURATION", value_parser = some_time, help_heading = "Order")]
    pub(crate) modem_timeout: Option<Duration>,
    /// How long the whole batch may take; then no more begin, and those that run end with their `finally`
    #[arg(long, value_name = "DURATION", value_parser = some_time, help_heading = "Order")]
    pub(crate) total_timeout: Option<Duration>,
    /// How often a modem that has failed is tried again, behind the others of its wave; one that passes then is flaky
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = "Order")]
    pub(crate) retries: usize,
    /// Go on with an earlier batch: leave out what has passed, add to its results
    #[arg(long, value_name = "RESULTS", value_hint = ValueHint::FilePath, conflicts_with = "results", help_heading = "Order")]
    pub(crate) resume: Option<PathBuf>,
    /// With --resume: leave out what has passed with another script, other values or another port too
    #[arg(long, requires = "resume", help_heading = "Order")]
    pub(crate) resume_anyway: bool,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
    /// Of the script's parts (`part NAME {`) only these; '!NAME' leaves one out
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = part, help_heading = "Script")]
    pub(crate) only: Vec<String>,
    /// Write results into this file, a line of JSON for each modem as it ends [default: in the user's state folder]
    #[arg(short = 'o', long, alias = "output", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(file), value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) results: Option<PathBuf>,
    /// Keep results and conversations of the last N runs of this script in the user's state folder; older ones are
    /// removed
    #[arg(long, value_name = "N", value_parser = some, help_heading = "Output")]
    pub(crate) keep: Option<NonZeroUsize>,
    /// Keep the conversation of every modem in this folder [default: of those that failed, beside the results]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, help_heading = "Output")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reports: Reports,
    /// Print results as JSON Lines on standard output too, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Show every conversation as it goes, each line with its modem's name
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"], help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Show the summary only, and a line for each warning of what may go wrong
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"], help_heading = "Output")]
    pub(crate) quiet: bool,
}

/// Reports of results.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Reports {
    /// Write a table for spreadsheets
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) csv: Option<PathBuf>,
    /// Of that table only these columns, in this order
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "csv")]
    pub(crate) columns: Vec<String>,
    /// Write the rows of `report row` as a table for spreadsheets
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) rows: Option<PathBuf>,
    /// Write JUnit's XML, for CI
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,
    /// Write one page for people, with every conversation that was kept
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
}

impl Reports {
    /// The files that were asked for, with their flags.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all = [("--csv", &self.csv), ("--rows", &self.rows), ("--junit", &self.junit), ("--html", &self.html)];
        all.into_iter().filter_map(|(flag, file)| Some((flag, file.as_deref()?)))
    }

    /// Whether one goes to standard output, which is for one thing.
    pub(crate) fn fill_stdout(&self) -> bool {
        self.files().any(|(_, file)| file == Path::new("-"))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// What `hayes batch` has written [default: the last of the user's state folder]
    #[arg(value_name = "RESULTS", value_hint = ValueHint::FilePath)]
    pub(crate) results: Option<PathBuf>,
    /// Only these modems, each with its conversation: names, groups, patterns, as -l of `hayes batch` selects them
    #[arg(value_name = "MODEM")]
    pub(crate) modems: Vec<String>,
    /// The same, where the results are those of the last batch
    #[arg(short, long, value_name = "SELECTION", allow_hyphen_values = true)]
    pub(crate) limit: Vec<String>,
    /// List the batches whose results the user's state folder keeps, the last one at the end
    #[arg(long, conflicts_with = "results")]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) reports: Reports,
    /// Hide IMEI, IMSI, ICCID and telephone numbers
    #[arg(long)]
    pub(crate) shareable: bool,
}

#[derive(Debug, Clone, Args)]
#[command(mut_arg("port", |port| port.action(ArgAction::Append)))]
pub(crate) struct At {
    /// AT commands, sent one after the other; the first that fails ends it
    #[arg(required = true, value_name = "COMMAND")]
    pub(crate) commands: Vec<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Ask all modems of this inventory at the same time, as those of several -p
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Modem")]
    pub(crate) inventory: Vec<PathBuf>,
    /// Of the inventory only these, as -l of `hayes batch` selects them
    #[arg(
        short,
        long,
        value_name = "SELECTION",
        allow_hyphen_values = true,
        requires = "inventory",
        help_heading = "Modem"
    )]
    pub(crate) limit: Vec<String>,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Paths, folders of scripts, library names, or - for standard input
    #[arg(required = true, value_name = "SCRIPT", value_hint = ValueHint::FilePath)]
    pub(crate) scripts: Vec<String>,
    /// Print diagnostics as JSON Lines on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Print diagnostics as one SARIF file on standard output, for code hosts
    #[arg(long, conflicts_with = "json")]
    pub(crate) sarif: bool,
    /// Print diagnostics on standard output as workflow commands of GitHub Actions, which shows them beside the lines
    #[arg(long, conflicts_with_all = ["json", "sarif"])]
    pub(crate) github: bool,
    /// Print diagnostics on standard output, each on one line: FILE:LINE:COLUMN: error: MESSAGE
    #[arg(long, conflicts_with_all = ["json", "sarif", "github"])]
    pub(crate) short: bool,
    /// Write into the files what the findings say to write, where fewer are left then
    #[arg(long)]
    pub(crate) fix: bool,
    /// Exit with 3 on warnings too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Name each script that is well
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"])]
    pub(crate) verbose: bool,
    /// Show errors only, no warnings
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"])]
    pub(crate) quiet: bool,
    /// Let a script run scripts that stand outside of its folder, and follow links out of a folder
    #[arg(long)]
    pub(crate) outside: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Fmt {
    /// Paths, folders of scripts, or - to read standard input and write standard output
    #[arg(required = true, value_name = "SCRIPT", value_hint = ValueHint::FilePath)]
    pub(crate) scripts: Vec<String>,
    /// Change nothing: show the difference, and exit with 1 where there is one
    #[arg(long, visible_alias = "diff")]
    pub(crate) check: bool,
    /// Name each script that is changed
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"])]
    pub(crate) verbose: bool,
    /// Show no difference: the exit code tells
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"])]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// What was sent, or what the modem said, or a module, or the code of a diagnostic
    #[arg(required = true, value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// The command that it answers, where the answer alone does not tell
    #[arg(long, value_name = "COMMAND")]
    pub(crate) command: Option<String>,
    /// The module, as AT+CGMM names it
    #[arg(long, value_name = "MODEL")]
    pub(crate) module: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Repl {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The other program's script, or - for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) script: String,
    /// Whose script it is [default: the file's ending and its words tell]
    #[arg(long, value_enum, value_name = "PROGRAM")]
    pub(crate) from: Option<Dialect>,
    /// Write it into this file, which must be new, instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Folders, which are searched for *.transcript, or recordings; any other word selects those that have it in their
    /// names
    #[arg(value_name = "FOLDER|WORD", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// List the recordings that are selected, and play none
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
    /// Print results as JSON Lines on standard output, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Write JUnit's XML, for CI
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) junit: Option<PathBuf>,
    /// Show each conversation
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"], help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Show only what failed
    #[arg(short, long, overrides_with_all = ["verbose", "quiet"], help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ports {
    /// Send AT to each port and say which answers, and what modem it is
    #[arg(long)]
    pub(crate) probe: bool,
    /// Speed for --probe, in bits a second
    #[arg(short, long, value_name = "BAUD", default_value_t = 115_200, value_parser = baud)]
    pub(crate) baud: u32,
    /// Print it as JSON Lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Look at this port alone: any that -p of `hayes at` takes
    #[arg(short, long, value_name = "PORT", value_hint = ValueHint::AnyPath)]
    pub(crate) port: Option<String>,
    /// Speed, in bits a second; without it those that modems are delivered with are tried
    #[arg(short, long, value_name = "BAUD", value_parser = baud)]
    pub(crate) baud: Option<u32>,
    /// Print it as JSON Lines
    #[arg(long)]
    pub(crate) json: bool,
    /// The files of another machine: nothing is opened
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "port")]
    pub(crate) root: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// The model, with options if you like: bg96, 'bg96?pin=1234&signal=17'; without it they are listed
    pub(crate) model: Option<String>,
    /// Make this symbolic link to the device (with --count: PATH-1, PATH-2, …)
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    pub(crate) link: Option<PathBuf>,
    /// Listen on a TCP address instead of making a device: 127.0.0.1:7000
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// How many modems
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) count: usize,
    /// A way to misbehave; may be given more than once
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,
    /// What chance starts from: the same seed gives the same modem
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

/// The definition of the command line with all of its help pages: what stands under their options is `help.md`, which
/// only those need who ask for help.
pub(crate) fn command() -> clap::Command {
    let pages = include_str!("help.md").split("\n## ").filter_map(|page| page.split_once('\n')).skip(1);
    let version = clap::Arg::new("version").short('V').long("version").action(clap::ArgAction::Version);
    let hayes = HayesArguments::command().disable_version_flag(true);
    pages.fold(hayes.arg(version.help("Print version; -vV tells the build too")), |command, (name, text)| match name {
        "hayes" => command.after_help(text.trim_end()),
        "sim" => command.mut_subcommand(name, |sim| sim.after_help(super::sim::with_tables(text.trim_end()))),
        _ => command.mut_subcommand(name, |it| it.after_help(text.trim_end())),
    })
}

/// A duration in which something can happen.
pub(crate) fn some_time(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|time| if time.is_zero() { Err("in no time nothing can happen".to_owned()) } else { Ok(time) })
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let wrong = "it is a number from 1 on; without it all run at the same time, but no more than 64";
    text.parse().map_err(|_| wrong.to_owned())
}

fn some(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "it is a number from 1 on".to_owned())
}

fn baud(text: &str) -> Result<u32, String> {
    let number = |text: &str| text.parse().ok().filter(|baud| *baud > 0);
    let before = text.split(',').next().filter(|before| number(before).is_some());
    let alone = before.map(|before| format!("write {before} alone: a port is 8N1, as modems have it"));
    number(text).ok_or_else(|| alone.unwrap_or_else(|| "it is a whole number of bits a second, as 115200".to_owned()))
}

fn part(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name.trim_start_matches('!') {
        "" => Err("it is the name of a part; `hayes show SCRIPT` lists them".to_owned()),
        _ => Ok(name.to_owned()),
    }
}

fn wave(text: &str) -> Result<Share, String> {
    let share = Share::parse(text)?;
    let is_none = matches!(share, Share::Count(0) | Share::Percent(0));
    if is_none { Err("a wave of none would never end".to_owned()) } else { Ok(share) }
}

/// `5s`, `500ms~2s`
fn delay(text: &str) -> Result<(Duration, Duration), String> {
    match text.split_once('~') {
        Some((delay, jitter)) => Ok((duration(delay)?, duration(jitter)?)),
        None => Ok((duration(text)?, Duration::ZERO)),
    }
}

/// What is no stream.
fn file(path: PathBuf) -> Result<PathBuf, String> {
    if path == Path::new("-") {
        return Err("this needs a file: standard output is for results (--json)".to_owned());
    }
    Ok(path)
}

/// `-o json`, as kubectl has it
fn no_format(path: PathBuf) -> Result<PathBuf, String> {
    const FORMATS: [&str; 7] = ["json", "jsonl", "yaml", "csv", "junit", "html", "wide"];
    match FORMATS.iter().any(|format| path == Path::new(format)) {
        true => Err("this takes a file: --json prints JSON Lines, --csv FILE writes a table".to_owned()),
        false => Ok(path),
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.01..=1000.0).contains(&factor) => Ok(factor),
        Ok(_) | Err(_) => Err("a factor is a number from 0.01 to 1000: 0.5, 2".to_owned()),
    }
}
