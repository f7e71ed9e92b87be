//! AT commands: what they do, take, answer, cost and risk.

use std::cmp::Reverse;
use std::time::Duration;

use super::data::{COMMAND_SLOTS, COMMANDS};
use super::field::Source;
use super::layout::Layout;
use super::module::Module;
use super::name_hash::slot;
use crate::at::{self, Form};

/// One AT command; or one setting of a command with many, as `AT+QCFG="roamservice"`.
#[derive(Debug)]
pub struct Command {
    /// In upper case, with its `AT`: `AT+CREG`, `ATE`, `AT&F`, `AT+QCFG="roamservice"`; also `A/` and `+++`
    pub name: &'static str,
    pub title: &'static str,
    /// What there is to know about it, in a sentence or two; may be empty
    pub about: &'static str,
    /// The file it stands in: `network`, `sms`
    pub group: &'static str,
    /// What its test does, where it does more than to list values: `AT+COPS=?` scans
    pub test_does: &'static str,
    /// What a group of its answer is, where it answers in groups: `network`
    pub record: &'static str,
    /// The test form exists, `AT+CREG=?`
    pub test: Option<Usage>,
    /// `AT+CREG?`
    pub read: Option<Usage>,
    /// `AT+CREG=2`, `ATE0`
    pub set: Option<Usage>,
    /// `AT+CSQ`
    pub execute: Option<Usage>,
    /// A set is an ERROR by its nature: `AT+CGMI="x"`
    pub read_only: bool,
    /// A set concerns this conversation only, no state of the modem that lasts, in these cases: CMEE, CMGF, echo, URC
    /// modes, the form of `AT+COPS?`
    pub conversation_only: &'static [When],
    /// A set does something and leaves the modem as it was, though it answers nothing of it: a ping
    pub leaves_no_trace: bool,
    /// Any character aborts it while it runs
    pub abortable: bool,
    /// `NO CARRIER`, `BUSY`, … are its final result codes
    pub call_control: bool,
    /// What ends the data mode that it opens, beside `NO CARRIER`: `DISCONNECT`
    pub data_ends: &'static [&'static str],
    /// It never sends a final result code
    pub without_final: bool,
    /// Its answer names the module
    pub names_module: bool,
    /// It starts the modem anew by itself, in these cases
    pub reboots: &'static [Case],
    /// What was set holds only after a restart of the modem, in these cases
    pub needs_reboot: &'static [Case],
    /// The context must be down when this is set (an APN)
    pub needs_context_down: bool,
    /// It brings a context up
    pub raises_context: Option<RaisesContext>,
    /// It may take contexts down, whatever its parameters
    pub lowers_contexts: bool,
    /// Settings with which only NB-IoT is left: a Super SIM can never register
    pub nb_iot_only: &'static [When],
    /// What asks for data, and in which cases
    pub prompt: Option<Prompt>,
    /// Sent twice, it does harm or fails, in these cases; otherwise it repeats safely
    pub not_repeatable: &'static [Case],
    pub dangers: &'static [Danger],
    /// Vendors' final result codes that end its answer, and whether each is a success
    pub finals: &'static [(&'static str, bool)],
    pub max_times: &'static [MaxTime],
    /// Who has it: `3GPP`, `V.250`, or vendors and families
    pub vendors: &'static [&'static str],
    pub source: Source,
}

/// One type of a command: what it takes and what it answers.
#[derive(Debug)]
pub struct Usage {
    /// What stands behind `=` (set), or behind a basic command's letter
    pub parameters: Layout,
    /// The layouts that its answer may have, the likelier first; none where the answer is the final result code alone
    pub answers: &'static [Layout],
    /// The answer gives the range of each field's values, not the values: `+CBC: (0-2),(1-100),(voltage)`
    pub ranges: bool,
    pub shape: AnswerShape,
    /// The answer's prefix without its colon, `+ICCID` for `AT+CICCID`; `None`: lines without prefix
    pub prefix: Option<&'static str>,
}

/// As [`crate::at::Shape`], in a form that can stand in a static.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerShape {
    /// It answers, but how is not known
    Unknown,
    /// No line but the final result code
    None,
    Prefixed,
    Bare,
    HeaderAndBody,
    Counted {
        parameter: usize,
        quoted: bool,
    },
}

/// In which cases something holds: a type of the command, and its first parameters, which are all given.
#[derive(Debug)]
pub struct When {
    /// `None`: set or execute
    pub form: Option<Form>,
    /// Compared with the parameters without their quotes; `None` stands for any, but for one that is there
    pub parameters: &'static [Option<&'static str>],
}

/// A case and the reason.
#[derive(Debug)]
pub struct Case {
    pub when: When,
    pub why: &'static str,
}

#[derive(Debug)]
pub struct Danger {
    pub kind: DangerKind,
    pub when: When,
    pub why: &'static str,
    /// May stand only in an `unsafe` block
    pub needs_unsafe: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DangerKind {
    /// It can make the modem or the SIM useless for good
    Brick,
    /// It breaks the law in places: another IMEI
    Illegal,
    /// It uses up attempts, or locks the SIM or the modem
    Lock,
    /// It costs money
    Cost,
    /// Stored messages or files are gone
    Data,
    /// Settings are gone, or settings that last are changed to ones that can keep the modem off the network
    Settings,
    /// The connection, the registration or the modem itself goes down
    Connection,
    /// What the modem says afterwards can no longer be understood: ATQ1, ATV0, another speed
    Silence,
}

/// Which context is up afterwards.
#[derive(Debug)]
pub struct RaisesContext {
    pub when: When,
    /// The parameter, from 0, that names it
    pub context: usize,
}

/// The modem asks for data before it answers.
#[derive(Debug)]
pub struct Prompt {
    pub when: When,
    /// As it comes, without line ends: `>`, `@`, `CONNECT`
    pub mark: &'static str,
    /// What ends the data: Ctrl-Z, or the count that the command gave
    pub ends: PromptEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptEnd {
    CtrlZ,
    /// The parameter, from 0, that gives the number of bytes; where it is left out, Ctrl-Z
    Counted(usize),
}

/// How long the answer may take.
#[derive(Debug)]
pub struct MaxTime {
    pub milliseconds: u32,
    /// Holds for this type of the command only
    pub form: Option<Form>,
    /// Holds for this vendor, family or module id only
    pub scope: Option<&'static str>,
    /// Seen or documented for a rare case: never the default
    pub worst_case: bool,
    pub source: Source,
}

/// The command of this name; the name as in [`Command::name`], in any case, with or without `AT`; `""` and `AT` are the
/// bare `AT`.
pub fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.get(place(name)?)
}

/// The command of this name, or the setting of it that the first parameter selects: `AT+QCFG` with `"roamservice"`.
pub fn command_with(name: &str, first_parameter: Option<&str>) -> Option<&'static Command> {
    let place = place(name)?;
    let general = COMMANDS.get(place)?;
    let Some(first) = first_parameter.map(unquoted).filter(|first| !first.is_empty()) else { return Some(general) };
    // The settings of a command stand right behind it: `+QCFG`, `+QCFG="band"`, …
    let settings = COMMANDS.get(place + 1..).unwrap_or(&[]).iter();
    let mut settings = settings.map_while(|command| Some((command, command.name.strip_prefix(general.name)?)));
    let setting =
        settings.find(|(_, rest)| rest.strip_prefix('=').is_some_and(|key| unquoted(key).eq_ignore_ascii_case(first)));
    Some(setting.map_or(general, |(command, _)| command))
}

/// What is known of one command of a line.
pub fn command_of(asked: &at::command::Command<'_>) -> Option<&'static Command> {
    let first = at::parameters::parameters(asked.argument.as_bytes()).next();
    let first = first.as_ref().and_then(|first| std::str::from_utf8(first.value).ok());
    command_with(asked.name, first)
}

/// Every command, sorted by its name without `AT`.
pub fn commands() -> &'static [Command] {
    COMMANDS
}

/// The names most like `name`, the likeliest first, at most three: for "did you mean".
pub fn nearest(name: &str) -> Vec<&'static str> {
    let wanted = bare(name).to_ascii_uppercase();
    let mut found: Vec<(usize, &'static str)> = COMMANDS
        .iter()
        .filter(|command| !command.name.contains('='))
        .map(|command| (strsim::osa_distance(bare(command.name), &wanted), command.name))
        .filter(|(distance, known)| *distance <= 1 || (*distance == 2 && known.len() >= 7))
        .collect();
    found.sort_unstable();
    let nearest = found.first().map(|(distance, _)| *distance);
    found.into_iter().filter(|(distance, _)| Some(*distance) == nearest).take(3).map(|(_, known)| known).collect()
}

/// `S0`, `S12`
fn is_register(name: &str) -> bool {
    name.strip_prefix(['S', 's'])
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Without its `AT`.
fn bare(name: &str) -> &str {
    match name.as_bytes().first_chunk::<2>() {
        Some(head) if head.eq_ignore_ascii_case(b"AT") => name.get(2..).unwrap_or(name),
        _ => name,
    }
}

/// Where the command of this name stands; see [`command`]. A register that has no entry of its own is one of `ATS`.
fn place(name: &str) -> Option<usize> {
    let name = bare(name);
    place_of(name).or_else(|| if is_register(name) { place_of("S") } else { None })
}

fn place_of(wanted: &str) -> Option<usize> {
    if wanted.contains('=') {
        return COMMANDS.iter().position(|command| bare(command.name).eq_ignore_ascii_case(wanted));
    }
    let mut slot = slot(wanted.as_bytes(), COMMAND_SLOTS.len());
    loop {
        // An empty slot ends the search, and half of them are empty.
        let place = usize::from(*COMMAND_SLOTS.get(slot)?).checked_sub(1)?;
        if COMMANDS.get(place).is_some_and(|command| bare(command.name).eq_ignore_ascii_case(wanted)) {
            return Some(place);
        }
        slot = (slot + 1) % COMMAND_SLOTS.len();
    }
}

fn unquoted(parameter: &str) -> &str {
    let trimmed = parameter.trim();
    trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(trimmed)
}

impl Command {
    /// What it takes and answers in this form; a basic command's value counts as a set: `ATE0`.
    pub fn usage(&self, form: Form, parameters: &[&str]) -> Option<&Usage> {
        match written_as(form, parameters) {
            Form::Test => self.test.as_ref(),
            Form::Read => self.read.as_ref(),
            Form::Set => self.set.as_ref(),
            Form::Execute => self.execute.as_ref().or_else(|| self.basic_default()),
        }
    }

    /// A basic command without its value means 0: `ATE` is `ATE0` (V.250 §5.3.1).
    fn basic_default(&self) -> Option<&Usage> {
        let letter = self.name.strip_prefix("AT").unwrap_or(self.name).trim_start_matches('&');
        self.set.as_ref().filter(|_| letter.len() == 1)
    }

    /// What is dangerous about sending it so; `parameters` with or without their quotes.
    pub fn dangers(&self, form: Form, parameters: &[&str]) -> impl Iterator<Item = &Danger> {
        self.dangers.iter().filter(move |danger| danger.when.holds(form, parameters))
    }

    /// Why it must stand in an `unsafe` block, if it must.
    pub fn needs_unsafe(&self, form: Form, parameters: &[&str]) -> Option<&Danger> {
        self.dangers(form, parameters).find(|danger| danger.needs_unsafe)
    }

    /// Why it must not simply be sent again, if so. A read or a test always may, where nothing else is said.
    pub fn not_repeatable(&self, form: Form, parameters: &[&str]) -> Option<&'static str> {
        reason(self.not_repeatable, form, parameters)
    }

    /// What it says of the modem's starting anew when it is sent so.
    pub fn reboots(&self, form: Form, parameters: &[&str]) -> Option<&'static str> {
        reason(self.reboots, form, parameters)
    }

    /// Why the modem must be restarted for what it sets to hold.
    pub fn needs_reboot(&self, form: Form, parameters: &[&str]) -> Option<&'static str> {
        reason(self.needs_reboot, form, parameters)
    }

    /// Nothing lasts of it but how this conversation is held.
    pub fn concerns_conversation_only(&self, form: Form, parameters: &[&str]) -> bool {
        self.conversation_only.iter().any(|when| when.holds(form, parameters))
    }

    /// With it only NB-IoT is left.
    pub fn leaves_nb_iot_only(&self, form: Form, parameters: &[&str]) -> bool {
        self.nb_iot_only.iter().any(|when| when.holds(form, parameters))
    }

    /// The prompt that it answers with, if it asks for data.
    pub fn prompt(&self, form: Form, parameters: &[&str]) -> Option<&Prompt> {
        let prompt = self.prompt.as_ref().filter(|prompt| prompt.when.holds(form, parameters))?;
        // No bytes are a question for what was sent (`AT+QISEND=0,0`); data in the command itself needs no prompt.
        let nothing = match prompt.ends {
            PromptEnd::Counted(index) => parameters.get(index).is_some_and(|count| unquoted(count) == "0"),
            PromptEnd::CtrlZ => false,
        };
        let fields = self.set.as_ref().map_or(&[][..], |usage| usage.parameters.fields);
        let data = fields.iter().position(|field| field.name == "data");
        let given = data.is_some_and(|index| parameters.len() > index);
        (!nothing && !given).then_some(prompt)
    }

    /// The documented maximum: what is said of the module, else of its family, else of its vendor. Where the module is
    /// not known, or nothing is said of it, the largest that is confirmed and no worst case, of any vendor; what is only
    /// recalled of a module makes it longer, never shorter.
    pub fn max_time(&self, form: Form, parameters: &[&str], module: Option<&Module>) -> Option<Duration> {
        let form = written_as(form, parameters);
        let times =
            || self.max_times.iter().filter(|time| time.form.is_none_or(|only| only == form) && !time.worst_case);
        let of_it = |module: &Module| {
            let said = times().filter_map(|time| Some((Reverse(module.distance(time.scope?)?), time)));
            said.map(|(nearness, time)| (nearness, time.milliseconds, time.source.confirmed)).max()
        };
        let longest = times().filter(|time| time.source.confirmed).map(|time| time.milliseconds).max();
        let milliseconds = match module.and_then(of_it) {
            Some((_, said, true)) => Some(said),
            Some((_, said, false)) => longest.max(Some(said)),
            None => longest,
        };
        milliseconds.map(|milliseconds| Duration::from_millis(u64::from(milliseconds)))
    }
}

/// `ATE0` has the form of an execution, but sets.
fn written_as(form: Form, parameters: &[&str]) -> Form {
    if form == Form::Execute && parameters.iter().any(|parameter| !parameter.is_empty()) { Form::Set } else { form }
}

fn reason(cases: &'static [Case], form: Form, parameters: &[&str]) -> Option<&'static str> {
    cases.iter().find(|case| case.when.holds(form, parameters)).map(|case| case.why)
}

impl When {
    pub fn holds(&self, form: Form, parameters: &[&str]) -> bool {
        let form = written_as(form, parameters);
        let of_form = self.form.map_or(matches!(form, Form::Set | Form::Execute), |only| only == form);
        of_form
            && self.parameters.iter().enumerate().all(|(index, wanted)| {
                let given = parameters.get(index).map(|given| unquoted(given));
                given.is_some_and(|given| wanted.is_none_or(|wanted| given.eq_ignore_ascii_case(wanted)))
            })
    }
}
