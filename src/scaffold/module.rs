//! The file of a module, written from what a modem answers. Only what asks is sent: reads, and test forms.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::at::{PromptPlan, Question};
use crate::catalogue::entry::Module;
use crate::catalogue::{module_by_model, modules, own, prospect};
use crate::conversation::TroubleKind::{self, NoAnswer};
use crate::conversation::{Conversation, FailureKind, Trouble};
use crate::port::Fault;

/// A file for `modules/`, and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModuleDraft {
    /// TOML, in the form that `catalogue::own` reads
    pub(crate) text: String,
    /// So many commands were sent, and so many were answered with OK.
    pub(crate) asked: usize,
    pub(crate) answered: usize,
    /// The name of the module that Hayes knows this one as already
    pub(crate) known: Option<&'static str>,
}

/// What is told while a modem is asked.
pub(crate) enum InterviewStep<'a> {
    Asking(&'a str),
    /// No answer came, though the modem answers AT.
    Silent(&'a str),
}

/// Asks the modem who it is and which commands it has, and writes down what its file needs. None where the file may not
/// have its name: no more is asked then.
///
/// # Errors
/// In words: the modem is silent, or does not say which model it is.
pub(crate) fn describe(
    conversation: &mut Conversation,
    tell: &dyn Fn(InterviewStep<'_>),
    may_be: impl FnOnce(&str) -> bool,
) -> Result<Option<ModuleDraft>, String> {
    let mut interview =
        Interview { conversation, tell, answers: BTreeMap::new(), refusal: String::new(), usual: USUAL_ANSWER };
    interview.ask("AT")?.ok_or_else(|| format!("the modem does not answer AT with OK: AT {}", interview.refusal))?;
    let told = |interview: &mut Interview<'_>, command| -> Result<Option<Vec<String>>, String> {
        let bare = |line: String| {
            let said = line.split_once(": ").filter(|(name, _)| name.starts_with('+')).map_or(&*line, |(_, said)| said);
            said.trim().trim_matches('"').to_owned()
        };
        let lines = interview.ask(command)?;
        Ok(lines.map(|lines| lines.into_iter().map(bare).filter(|line| !line.is_empty()).collect()))
    };
    let first = |lines: Option<Vec<String>>| lines.and_then(|lines| lines.into_iter().next());
    let vendor = first(told(&mut interview, "AT+CGMI")?).filter(|vendor| vendor.chars().count() <= LONGEST_MODEL);
    let model = told(&mut interview, "AT+CGMM")?;
    let model = model.ok_or_else(|| interview.refusal.clone()).and_then(|lines| named(&lines, vendor.as_deref()));
    let model = model.map_err(|why| format!("the modem does not say which model it is: AT+CGMM {why}"))?;
    let name: String =
        model.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = if name.trim_matches('-').is_empty() { "module".to_owned() } else { name.trim_matches('-').to_owned() };
    if !may_be(&name) {
        return Ok(None);
    }
    let firmware = first(told(&mut interview, "AT+CGMR")?).filter(|line| line.chars().count() <= LONGEST_MODEL);
    let known = module_by_model(&model);
    let kin = kin(known, vendor.as_deref());
    let best = interview.most_alike(known, &kin)?;
    let iccid = interview.iccid(best, &kin)?;
    let registration = interview.those_answered(["AT+C5GREG?", "AT+CEREG?", "AT+CGREG?", "AT+CREG?"])?;
    let reboot = interview.reboot(best)?;

    let vendor = known.map(|known| known.vendor).or(kin.first().map(|kin| kin.vendor)).map(str::to_owned).or(vendor);
    let mut text =
        "# Written by `hayes new module` from what the modem answered. Read it through, and add what you know.\n\n"
            .to_owned();
    let mut line = |name: &str, value: String, remark: &str| {
        let remark = if remark.is_empty() { String::new() } else { format!("  # {remark}") };
        let _ = writeln!(text, "{name} = {value}{remark}");
    };
    line("vendor", quoted(vendor.as_deref().unwrap_or("unknown")), "");
    line("models", list([&*model]), "as AT+CGMM answers it; * at its end: all that begin so");
    if let Some((module, answered, asked)) = best {
        let remark = format!("the nearest that Hayes knows: it answers {answered} of the {asked} questions");
        line("like", quoted(module.id), &remark);
    }
    match (iccid, best) {
        (Some(command), _) => line("iccid", quoted(command), ""),
        (None, Some(_)) => {}
        (None, None) => line("iccid", quoted("AT+CCID"), "a guess: none was answered; is a SIM in the modem?"),
    }
    match registration.is_empty() {
        true => line("registration", list(["AT+CREG"]), "a guess: none was answered"),
        false => line("registration", list(registration.iter().map(|command| command.trim_end_matches('?'))), ""),
    }
    line("reboot", quoted(reboot.0), reboot.1);
    text.push('\n');
    if let Some(firmware) = &firmware {
        let _ = writeln!(text, "# The firmware that answered: {}", firmware.escape_debug());
    }
    let refused: Vec<&str> = best
        .iter()
        .flat_map(|(module, ..)| questions(module))
        .filter(|question| interview.answered(question) == Some(false))
        .collect();
    if let (Some((module, ..)), false) = (best, refused.is_empty()) {
        let _ = writeln!(
            text,
            "# It refused these questions, which {} answers. What is set with them needs another command here:",
            module.id
        );
        refused.iter().for_each(|question| _ = writeln!(text, "#   {question}"));
    }
    own::read(&format!("{name}.toml"), &text)?;
    let answered = interview.answers.values().flatten().count();
    Ok(Some(ModuleDraft { text, asked: interview.answers.len(), answered, known: known.map(|known| known.id) }))
}

/// The model in the answer to AT+CGMM, or why that names none.
fn named(lines: &[String], vendor: Option<&str>) -> Result<String, String> {
    let model = match lines {
        [] => return Err("is answered without a line".to_owned()),
        [model] => model,
        // Which of them is the model? One may be a late answer to another question.
        _ => return Err(format!("is answered with {} lines", lines.len())),
    };
    // In the file a `*` would stand for any model.
    match model.chars().count() {
        count if count > LONGEST_MODEL => Err(format!("is answered with {count} characters")),
        _ if vendor == Some(model) => Err(format!("is answered as AT+CGMI is: {model}")),
        _ if model.contains('*') || !model.contains(char::is_alphanumeric) => {
            Err(format!("is answered with {model:?}"))
        }
        _ => Ok(model.clone()),
    }
}

/// A modem that is asked, each question once.
struct Interview<'c> {
    conversation: &'c mut Conversation,
    tell: &'c dyn Fn(InterviewStep<'_>),
    /// How long an answer is waited for, where it is not known to take longer
    usual: Duration,
    /// The lines of each answer; none where it was refused
    answers: BTreeMap<String, Option<Vec<String>>>,
    /// What became of the last question that was not answered: `was refused: ERROR`
    refusal: String,
}

impl Interview<'_> {
    fn ask(&mut self, command: &str) -> Result<Option<Vec<String>>, String> {
        if let Some(answer) = self.answers.get(command) {
            return Ok(answer.clone());
        }
        let known = prospect(command, None);
        let longest = known.longest.unwrap_or_default().clamp(self.usual, 4 * self.usual);
        let question = Question::new(format!("{command}\r"), known.expected, longest, PromptPlan::Unexpected);
        (self.tell)(InterviewStep::Asking(command));
        let answer = match self.conversation.ask(&Arc::new(question), &mut ()) {
            Ok(answer) if answer.result.as_ref().is_none_or(|result| result.is_success()) => {
                Some(answer.lines.iter().map(|line| line.text().trim().to_owned()).collect())
            }
            Ok(answer) => {
                self.refusal = format!("was refused: {}", answer.result.map_or_else(String::new, |it| it.to_string()));
                None
            }
            Err(Trouble { kind: NoAnswer(FailureKind::UnexpectedPrompt(_)), .. }) => {
                "is answered with a prompt".clone_into(&mut self.refusal);
                None
            }
            // Silence refuses as well, where the modem is still there: an AT tells.
            Err(Trouble { kind: NoAnswer(FailureKind::Timeout(_)), .. }) if command != "AT" => {
                self.conversation.come_into_step(&mut ()).map_err(|trouble| gone(&trouble, command))?;
                (self.tell)(InterviewStep::Silent(command));
                "is not answered".clone_into(&mut self.refusal);
                self.usual = ANSWER_OF_SILENT;
                None
            }
            Err(trouble) => return Err(gone(&trouble, command)),
        };
        Ok(self.answers.entry(command.to_owned()).or_insert(answer).clone())
    }

    /// Whether it was answered; none where it was not asked.
    fn answered(&self, command: &str) -> Option<bool> {
        self.answers.get(command).map(Option::is_some)
    }

    fn those_answered<'a>(&mut self, commands: impl IntoIterator<Item = &'a str>) -> Result<Vec<&'a str>, String> {
        let mut answered = Vec::new();
        for command in commands {
            if self.ask(command)?.is_some() {
                answered.push(command);
            }
        }
        Ok(answered)
    }

    /// The module that it is known as, else the one of its kin whose questions are answered most.
    fn most_alike(&mut self, known: Option<&'static Module>, kin: &[&'static Module]) -> Result<Best, String> {
        let mut best: Best = None;
        for module in known.as_ref().map_or(kin, std::slice::from_ref) {
            let asked = questions(module);
            let answered = self.those_answered(asked.iter().copied())?.len();
            // One that is refused takes one that is answered away.
            let score = |answered: usize, asked: usize| 2 * answered as isize - asked as isize;
            if best.is_none_or(|(_, most, of)| score(answered, asked.len()) > score(most, of)) {
                best = Some((module, answered, asked.len()));
            }
        }
        Ok(best.filter(|(_, answered, asked)| known.is_some() || 2 * answered > *asked))
    }

    /// The command that is answered with a number of 18 to 20 digits (ITU-T E.118).
    fn iccid(&mut self, best: Best, kin: &[&'static Module]) -> Result<Option<&'static str>, String> {
        let all = best.iter().map(|(module, ..)| *module).chain(kin.iter().copied()).chain(modules());
        let mut commands: Vec<&str> = Vec::new();
        all.map(|module| module.iccid).filter(|command| !command.is_empty()).for_each(|command| {
            if !commands.contains(&command) {
                commands.push(command);
            }
        });
        for command in commands {
            let lines = self.ask(command)?.unwrap_or_default();
            if lines.iter().any(|line| line.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() >= 18)) {
                return Ok(Some(command));
            }
        }
        Ok(None)
    }

    /// The command that restarts it, and what to say of it. It is asked for its test form alone.
    fn reboot(&mut self, best: Best) -> Result<(&'static str, &'static str), String> {
        let command = best.map_or("", |(module, ..)| module.reboot);
        let name = command.split('=').next().unwrap_or_default();
        if !name.is_empty() && self.ask(&format!("{name}=?"))?.is_some() {
            return Ok((command, ""));
        }
        // `+CFUN: (0,1,4),(0,1)`: the second parameter resets (27.007 §8.2).
        let takes_reset = |line: &String| line.split_once("),(").is_some_and(|(_, resets)| resets.contains('1'));
        let resets = self.ask("AT+CFUN=?")?.is_some_and(|lines| lines.iter().any(takes_reset));
        Ok(("AT+CFUN=1,1", if resets { "" } else { "a guess: its test form names no reset" }))
    }
}

/// Why nothing more can be asked.
fn gone(trouble: &Trouble, command: &str) -> String {
    if let TroubleKind::Port(Fault::Lost(why)) = &trouble.kind {
        return format!("the port is gone: {why}");
    }
    match command {
        _ if trouble.is_interrupt() => "interrupted".to_owned(),
        "AT" => SILENT.to_owned(),
        _ => format!("the modem does not answer any more; the last question was {command}"),
    }
}

const SILENT: &str = "the modem does not answer AT: `hayes doctor` tells why";

/// A module, and how many of how many of its questions were answered.
type Best = Option<(&'static Module, usize, usize)>;

/// What is waited for an answer; four times as long where it is known to take its time.
const USUAL_ANSWER: Duration = Duration::from_secs(5);
/// The same for a modem that is silent to what it does not know
const ANSWER_OF_SILENT: Duration = Duration::from_secs(2);

/// So many characters a model's name may have: 27.007, 5.2 allows 2,048 for all that is told.
const LONGEST_MODEL: usize = 64;

/// The modules that may be alike: the known one, then those of its vendor.
fn kin(known: Option<&'static Module>, vendor: Option<&str>) -> Vec<&'static Module> {
    let vendor = vendor.map(str::to_ascii_lowercase);
    let is_kin = |module: &&Module| match (known, &vendor) {
        (Some(known), _) => module.vendor == known.vendor && module.id != known.id,
        (None, Some(vendor)) => {
            vendor.contains(&module.vendor.to_ascii_lowercase()) || module.manufacturer.eq_ignore_ascii_case(vendor)
        }
        (None, None) => false,
    };
    known.into_iter().chain(modules().filter(is_kin)).collect()
}

/// What only reads, of what is known of a module.
fn questions(module: &Module) -> Vec<&'static str> {
    let reads = module.settings().map(|setting| setting.read);
    let reads = reads.chain([module.iccid, module.address, module.bands]);
    let mut questions: Vec<&str> = reads.filter(|command| !command.is_empty()).collect();
    questions.sort_unstable();
    questions.dedup();
    questions
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", texts.join(", "))
}
