//! The loop: a line is read, cut into pieces, and each piece is run. And the `:` commands: their names, what they take,
//! what they do, their help.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustyline::error::ReadlineError;

use super::editor::{LineSource, LinesAbove};
use super::link::Link;
use super::session::{
    self, Notebook, Runnable, asks_for_data, is_answer, is_clause, is_command, is_open, pieces, prompt_line,
};
use super::shown::{Shown, UNWRITTEN, write_out};
use super::{Exploration, terminal};
use crate::catalogue::command::{Away, away};
use crate::catalogue::explain::{Context, explain};
use crate::connect::{Address, SIMULATED};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::library::Library;
use crate::notation::{ShownDuration, row_of};
use crate::port::list::ports;
use crate::report::conversation::took;
use crate::report::result::plural;
use crate::report::style::{Palette, Style, filled, harmless};
use crate::runtime::{Interpreter, Outcome, Status};
use crate::source::{LARGEST_TEXT, Source, Unreadable, read_file};
use crate::state::{holds_something, private, private_file, settings};
use crate::syntax::{self, statements};

/// The code of a question that the modem refused.
const REFUSED: &str = "hayes::run::unexpected-result";

/// Runs lines until there are no more, or the user leaves, and tells how it ended; `None`: it could not be recorded.
pub fn explore(options: Exploration) -> Option<Status> {
    let mut explorer = match Explorer::new(options) {
        Ok(explorer) => explorer,
        Err(ended) => return ended,
    };
    let ended = explorer.run();
    ended.unwrap_or_else(|error| {
        explorer.complain(&format!("no more lines can be read: {error}"), None);
        Some(Status::Failed)
    })
}

struct Explorer {
    options: Exploration,
    above: Arc<LinesAbove>,
    reader: LineSource,
    session: Notebook,
    link: Option<Link>,
    last_address: Address,
    tells_urcs: bool,
    raw: bool,
    in_hex: bool,
    /// Each line of an answer has the time in front.
    stamps: bool,
    saved: Vec<String>,
    /// The last question failed: lines under it may say that this was expected.
    is_mendable: bool,
    leaves: bool,
    /// What was refused last may be the head of a block: lines that are indented under it are not sent.
    skips_indented: bool,
    /// What ends a session without a user: the port was lost, Ctrl-C.
    ends: Option<Status>,
}

type Passed = bool;

impl Explorer {
    fn new(options: Exploration) -> Result<Explorer, Option<Status>> {
        let above = Arc::new(LinesAbove::default());
        // The editor waits with `select`, which knows only the first 1,024 descriptors: it is made before the port.
        let reader = LineSource::new(options.interactive, options.prompts, &above, options.palette);
        let session = Notebook::new(Interpreter::new(options.inputs.clone()));
        let last_address = options.address.clone();
        let mut explorer = Explorer {
            options,
            above,
            reader,
            session,
            link: None,
            last_address: last_address.clone(),
            tells_urcs: true,
            raw: false,
            in_hex: false,
            stamps: false,
            saved: Vec::new(),
            is_mendable: false,
            leaves: false,
            skips_indented: false,
            ends: None,
        };
        let by_default = explorer.options.by_default;
        let opened = explorer.open(last_address, by_default);
        if !opened && !explorer.reader.is_edited() {
            return Err(Some(Status::Unreachable));
        }
        if let Some(file) = explorer.options.record.clone()
            && opened
            && !explorer.record(&file.to_string_lossy(), false)
        {
            return Err(None);
        }
        if explorer.reader.is_edited() {
            terminal::edits_lines(false);
            explorer.begin();
            let port = explorer.link.as_ref().map(|link| link.address.to_string());
            explorer.write_filled(&greeting(port.as_deref(), explorer.options.palette), "");
        }
        Ok(explorer)
    }

    /// Runs what a person wants to be so in every session: `start.hayes` in the folder of their settings.
    fn begin(&mut self) {
        let Some(file) = settings().map(|folder| folder.join("start.hayes")).filter(|file| file.is_file()) else {
            return;
        };
        match read_file(&file, LARGEST_TEXT) {
            Ok(text) => _ = self.run_pieces(&text, true),
            Err(error) => _ = self.complain(&format!("{} {error}", file.display()), None),
        }
    }

    fn run(&mut self) -> Result<Option<Status>, ReadlineError> {
        let mut failures = 0;
        terminal::edits_lines(!self.reader.is_edited());
        while !self.leaves {
            let Some(text) = self.statement()? else { break };
            let was_mendable = std::mem::take(&mut self.is_mendable);
            match self.enter(&text)? {
                false => failures += 1,
                // `expect ERROR` behind a refused question: that was meant.
                true if was_mendable && is_clause(&text) => failures -= 1,
                true => {}
            }
            let unwritten = || UNWRITTEN.lock().ok().and_then(|mut error| error.take());
            if let Some(error) = unwritten().filter(|_| !self.reader.is_edited()) {
                // A reader that has left is no fault.
                let is_left = error.kind() == io::ErrorKind::BrokenPipe;
                if !is_left {
                    self.complain(&format!("standard output could not be written: {error}"), None);
                }
                return Ok(is_left.then_some(if failures == 0 { Status::Passed } else { Status::Failed }));
            }
            if self.ends.is_some() && !self.reader.is_edited() {
                break;
            }
        }
        terminal::edits_lines(true);
        self.above.finish();
        let unrecorded = self.link.as_ref().and_then(Link::record_error);
        if let Some(error) = unrecorded {
            self.complain(&format!("the conversation could not be recorded whole: {error}"), None);
            return Ok(None);
        }
        let passed = if failures == 0 || self.reader.is_edited() { Status::Passed } else { Status::Failed };
        Ok(Some(self.ends.filter(|_| !self.reader.is_edited()).unwrap_or(passed)))
    }

    /// What was typed, with the lines of a block; `None` at the end.
    fn statement(&mut self) -> Result<Option<String>, ReadlineError> {
        let mut text = String::new();
        loop {
            let prompt = self.prompt(!text.is_empty());
            match self.line(&prompt, &text) {
                Ok(line) => {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&line);
                    if !is_open(&text) {
                        return Ok(Some(text));
                    }
                }
                Err(ReadlineError::Interrupted) => text.clear(),
                // What is not closed at the end of the input is wrong, and told.
                Err(ReadlineError::Eof) => return Ok(Some(text).filter(|text| !text.is_empty())),
                Err(error) => return Err(error),
            }
        }
    }

    fn prompt(&self, continues: bool) -> String {
        let name = self.link.as_ref().map_or_else(|| "closed".to_owned(), Link::name);
        // What is typed now would go to the other end.
        let is_data = self.link.as_ref().is_some_and(Link::carries_data);
        let name = if is_data { format!("{name} (data)") } else { name };
        if continues { format!("{}… ", " ".repeat(name.chars().count())) } else { format!("{name}> ") }
    }

    fn line(&mut self, prompt: &str, before: &str) -> Result<String, ReadlineError> {
        if !self.reader.is_edited() {
            return self.reader.line(prompt, before);
        }
        self.above.is_lost.store(self.link.as_ref().is_some_and(|link| link.is_lost), Ordering::Release);
        if let Some(link) = &mut self.link {
            let quiet = !self.tells_urcs || self.raw;
            link.listen(self.session.interpreter.mask(), &self.above, quiet, self.options.palette);
        }
        self.reader.know(self.session.names.names(), self.session.last_question());
        let line = self.reader.line(prompt, before);
        self.link.iter_mut().for_each(Link::stop_listening);
        line
    }

    /// Runs what was typed or pasted, piece by piece; the first that fails ends it.
    fn enter(&mut self, text: &str) -> Result<Passed, ReadlineError> {
        let pieces = pieces(text);
        if self.skips_indented && text.starts_with([' ', '\t']) && !pieces.is_empty() {
            self.note(&format!("not sent, for it stands under a line that was refused: {}", text.trim()));
            return Ok(false);
        }
        self.skips_indented &= pieces.is_empty();
        let is_one = pieces.len() == 1;
        let mut kept = text.trim().to_owned();
        let mut passed = true;
        let mut rest = pieces.iter();
        while let Some(piece) = rest.next().filter(|_| passed && !self.leaves) {
            passed = if is_command(piece) {
                self.command(piece)
            } else if is_clause(piece) {
                self.follow(piece)
            } else {
                match self.with_data(piece)? {
                    Some(whole) => {
                        if is_one {
                            kept.clone_from(&whole);
                        }
                        self.statement_entered(&whole, is_one)
                    }
                    None => false,
                }
            };
            let left = rest.len();
            if !passed && left > 0 && !self.leaves {
                let were = if left == 1 { "was" } else { "were" };
                self.note(&format!("stopped: {left} more of what was pasted {were} not run"));
            }
        }
        // As in a shell, a blank before a line keeps it out of the history.
        let is_hidden = text.starts_with(' ') && !is_clause(text);
        if !kept.is_empty() && !is_hidden && self.session.interpreter.mask().may_keep(&kept) {
            self.reader.keep(&kept);
        }
        Ok(passed)
    }

    /// The statement, with the text that the modem will ask for; `None` where the user would not give it.
    fn with_data(&mut self, text: &str) -> Result<Option<String>, ReadlineError> {
        let Some(mark) = asks_for_data(text) else { return Ok(Some(text.to_owned())) };
        if !self.reader.is_edited() {
            // Without a user the `prompt` line is the next one.
            return match self.reader.line("", text) {
                Ok(line) => Ok(Some(format!("{text}\n{line}"))),
                Err(ReadlineError::Eof) => Ok(Some(text.to_owned())),
                Err(error) => Err(error),
            };
        }
        // Refused before it is asked for more.
        if let Err(refused) = self.session.check(text) {
            self.refuse(&refused);
            return Ok(None);
        }
        let prompt = format!("{}{} ", " ".repeat(self.prompt(false).chars().count().saturating_sub(2)), mark);
        self.note("the modem will ask for data: type it, Enter sends it; Ctrl-C sends nothing");
        self.reader.takes_data(true);
        let line = self.line(&prompt, "");
        self.reader.takes_data(false);
        match line {
            // Who knows the language may write the line as a script has it.
            Ok(line) if is_clause(&line) && line.trim_start().starts_with("prompt ") => {
                Ok(Some(format!("{text}\n  {}", line.trim())))
            }
            Ok(line) => Ok(Some(format!("{text}\n{}", prompt_line(mark, &line)))),
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => {
                self.note("not sent");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn statement_entered(&mut self, text: &str, is_one: bool) -> Passed {
        let checked = self.session.check(text);
        let fault = match checked.as_ref().err().map(|refused| self.show_value(text, refused)) {
            Some(Ok(passed)) => return passed,
            Some(Err(fault)) => fault,
            None => None,
        };
        match checked {
            Ok(ready) => self.execute(ready, is_one, false),
            Err(refused)
                if self.link.as_ref().is_some_and(Link::carries_data)
                    && refused.iter().all(|error| error.code.starts_with("hayes::syntax::")) =>
            {
                let message = "this is no statement, and was not sent: since CONNECT the line carries data";
                let help = "`send \"…\"` says it to the other end; `port escape` goes back to the modem's commands";
                self.complain(message, Some(help))
            }
            Err(refused) => {
                let word = text.split_whitespace().next().unwrap_or_default();
                // A blank in front may keep a typed line out of the history.
                self.skips_indented = !self.reader.is_edited() || text.trim_end().ends_with([':', '{']);
                if COMMANDS.iter().any(|command| command.name == word) && statements().iter().all(|it| it.word != word)
                {
                    return self.complain(&format!("`{word}` begins no statement"), Some(&format!("write :{text}")));
                }
                let Some(Diagnostic { message, help, .. }) = fault else { return self.refuse(&refused) };
                let help = help.filter(|help| !help.starts_with("it is written `set "));
                // A name alone may have been either.
                let is_name = text.trim().chars().all(|letter| letter.is_alphanumeric() || letter == '_');
                let is_alone = is_name && !help.as_ref().is_some_and(|help| help.starts_with("did you"));
                match refused.first().filter(|_| is_alone) {
                    Some(error) => self.complain(&format!("{}, and {message}", error.message), error.help.as_deref()),
                    None => self.complain(&message, help.as_deref()),
                }
            }
        }
    }

    /// Shows the value of what is no statement but a value; else what is wrong with it as one.
    fn show_value(&mut self, text: &str, refused: &[Diagnostic]) -> Result<Passed, Option<Diagnostic>> {
        let conversation = self.link.as_mut().and_then(Link::conversation).ok_or(None)?;
        let (outcome, value) = match self.session.value(text, refused, conversation) {
            Ok(found) => found,
            Err(Some(fault)) if fault.code.starts_with("hayes::run::") => {
                return Ok(self.complain(&fault.message, fault.help.as_deref()));
            }
            Err(fault) => return Err(fault),
        };
        match value.filter(|_| outcome.status == Status::Passed) {
            Some(value) => write_out(&format!("{}\n", harmless(value.to_string().as_bytes()))),
            None => self.tell(&outcome, false, true),
        }
        Ok(outcome.status == Status::Passed)
    }

    fn follow(&mut self, clauses: &str) -> Passed {
        match self.session.check_clauses(clauses) {
            Some(Ok(ready)) => self.execute(ready, true, true),
            Some(Err(refused)) => self.refuse(&refused),
            None => {
                let help = "ask first, as AT+CSQ; `expect` and `capture` lines may then follow";
                self.complain("there is no question before it", Some(help))
            }
        }
    }

    fn execute(&mut self, ready: Runnable, is_one: bool, follows: bool) -> Passed {
        // It cannot be undone, or takes minutes.
        let is_grave = |it: &Diagnostic| matches!(it.code, "hayes::check::danger" | "hayes::check::scan");
        let asks = !follows && self.reader.is_edited() && !self.options.inputs.yes;
        let is_off = away(ready.text.trim()) == Some(Away::Off);
        let asks = asks && (is_off || ready.warnings.iter().any(is_grave));
        self.warn(&ready.warnings, asks);
        if asks && is_off {
            self.note("this switches the modem off: it comes back by its power or its power key alone");
        }
        if asks && !self.agrees() {
            self.note("not sent");
            return false;
        }
        if self.link.is_none() {
            return self.complain("no port is open", Some(":open PORT opens one; :ports lists them"));
        }
        if ready.is_question
            && !follows
            && self.reader.is_edited()
            && self.link.as_ref().is_some_and(|link| link.is_lost)
        {
            let help = "once it is back, we are; :open opens another, or tries this one again";
            return self.complain("the port is lost", Some(help));
        }
        self.hide(ready.written_secrets());
        let is_question = ready.is_question && is_one;
        let mut screen = Shown::new(&self.above, &self.options, is_question);
        (screen.quiet, screen.raw, screen.waits) = (!self.tells_urcs, self.raw, self.reader.is_edited());
        screen.stamps(self.stamps);
        screen.given_up = self.link.as_ref().and_then(|link| link.given_up.clone());
        let Some(conversation) = self.link.as_mut().and_then(Link::conversation) else { return false };
        if !self.reader.is_edited() {
            self.options.runs.store(true, Ordering::Release);
        }
        let one_line = !ready.text.trim().contains('\n');
        let mut outcome = self.session.run(ready, follows, conversation, &mut screen);
        screen.finish();
        if let Some(link) = &mut self.link {
            outcome.name_eavesdropper(&link.address);
            let is_interrupted = outcome.status == Status::Interrupted;
            if is_question && !follows && (is_interrupted || outcome.status == Status::Passed) {
                let asked =
                    self.session.last_question().map(|asked| self.session.interpreter.mask().string(asked.to_owned()));
                link.given_up = asked.filter(|_| is_interrupted);
            }
        }
        if !self.reader.is_edited() {
            self.options.runs.store(false, Ordering::Release);
            if outcome.status == Status::Interrupted {
                self.ends = Some(Status::Interrupted);
            }
        }
        self.tell(&outcome, is_question, one_line);
        if outcome.status == Status::Unreachable {
            self.ends = Some(Status::Unreachable);
            if let Some(link) = &mut self.link {
                link.is_lost = true;
            }
        }
        self.is_mendable = is_question && !follows && outcome.status == Status::Failed;
        outcome.status == Status::Passed || outcome.status == Status::Skipped
    }

    /// Whether the user wants it, who has just been warned.
    fn agrees(&mut self) -> bool {
        self.reader.takes_data(true);
        let answer = self.line("send it? [y/N] ", "");
        self.reader.takes_data(false);
        matches!(answer.as_deref().map(str::trim), Ok("y" | "Y" | "yes"))
    }

    /// Hides the secrets that are known by now, in what is recorded and where the bytes of the port are shown.
    fn hide(&mut self, more: Vec<&str>) {
        let mut mask = self.session.interpreter.mask();
        more.into_iter().for_each(|secret| mask.add(secret));
        if let Some(link) = &self.link {
            self.session.interpreter.inputs.shared_mask = Some(Arc::clone(&link.mask));
            link.hide(mask, self.raw.then_some((&self.above, self.options.palette, self.in_hex)));
        }
    }

    fn tell(&self, outcome: &Outcome, is_question: bool, one_line: bool) {
        let palette = self.options.palette;
        if let Some(failure) = outcome.failure.as_deref() {
            if outcome.status == Status::Interrupted {
                return self.note("interrupted");
            }
            // What was just typed need not be shown again.
            if failure.diagnostic.source.name == session::TYPED && (one_line || is_question) {
                let diagnostic = Diagnostic::from(failure);
                // The refusal has just been shown, with its meaning.
                let is_said = is_question && self.options.explains && !self.raw && outcome.exchanges > 0;
                if let Some(help) = diagnostic
                    .help
                    .as_deref()
                    .filter(|_| is_said && failure.result.is_some() && failure.diagnostic.code == REFUSED)
                {
                    return self.note(&format!("  {}", filled(help, (self.options.width)() - 2, "  ")));
                }
                self.complain(&diagnostic.message, diagnostic.help.as_deref());
                return;
            }
            return (self.options.show)(&[Diagnostic::from(failure)]);
        }
        if let Some(why) = &outcome.skipped {
            return self.note(&format!("skipped: {why}"));
        }
        if !is_question && outcome.exchanges > 0 && self.options.explains {
            let text = format!(" · {} · {}", plural(outcome.exchanges, "exchange"), took(outcome.elapsed));
            write_out(&format!("{}{}\n", palette.paint(Style::Good, "passed"), palette.paint(Style::Dim, text)));
        }
    }

    fn refuse(&self, diagnostics: &[Diagnostic]) -> Passed {
        (self.options.show)(diagnostics);
        false
    }

    fn warn(&self, warnings: &[Diagnostic], asks: bool) {
        for warning in warnings.iter().filter(|warning| warning.severity == Severity::Warning) {
            let mark = self.options.palette.paint(Style::Notable, "warning:");
            self.write_filled(&format!("{mark} {}", warning.message), "         ");
            // Where it is asked whether to send it, that is what can be done.
            if let Some(help) = warning.help.as_ref().filter(|_| !asks || warning.code != "hayes::check::danger") {
                self.write_filled(&format!("  help: {help}"), "        ");
            }
        }
    }

    fn complain(&self, message: &str, help: Option<&str>) -> Passed {
        (self.options.complain)(message, help);
        false
    }

    /// Broken between words, so that no word is cut at the terminal's edge; for a program it stays one line.
    fn write_filled(&self, text: &str, indent: &str) {
        let width = (self.options.width)();
        let text = if self.options.explains { filled(text, width, indent) } else { text.to_owned() };
        write_out(&format!("{text}\n"));
    }

    fn note(&self, text: &str) {
        let text = if self.options.explains { filled(text, (self.options.width)(), "") } else { text.to_owned() };
        write_out(&format!("{}\n", self.options.palette.paint(Style::Dim, text)));
    }
}

pub(super) struct Described {
    pub name: &'static str,
    /// What it takes, as help shows it
    pub takes: &'static str,
    pub does: &'static str,
    run: RunCommand,
}

/// Is given the command's argument, and whether it stands with a `!`.
type RunCommand = fn(&mut Explorer, &str, bool) -> Passed;

pub(super) const COMMANDS: &[Described] = &[
    entry("help", "[TOPIC]", "this; :help run, :help AT+CSQ, :help keys", |it, topic, _| it.help(topic)),
    entry("open", "[PORT]", "open a port; without a name, the last one again", |it, port, _| it.open_named(port)),
    entry("close", "", "close the port", |it, _, _| it.close()),
    entry("ports", "", "list the serial ports", |it, _, _| it.ports()),
    entry("baud", "N", "set the speed of the port", |it, speed, _| it.baud(speed)),
    entry("vars", "", "show the variables", |it, _, _| it.variables()),
    entry("history", "[TEXT]", "show what was typed", |it, text, _| it.history(text)),
    entry("explain", "TEXT", "what a command, an answer, an error or a URC means", |it, text, _| it.explain(text)),
    entry("save", "FILE", "write the lines that passed as a script; :save! overwrites", |it, file, forced| {
        it.save(file, forced)
    }),
    entry("load", "FILE", "run the lines of a file here; the first that fails ends it", |it, file, _| it.load(file)),
    entry("record", "FILE|off", "write down all that is sent and received", |it, file, forced| it.record(file, forced)),
    entry("edit", "", "write a block in your editor ($VISUAL, $EDITOR), and run it", |it, _, _| it.edit()),
    entry("raw", "[on|off|hex]", "show bytes as they are, with control characters", |it, on, _| it.set_raw(on)),
    entry("time", "[on|off]", "show the time of day in each line of an answer", |it, on, _| {
        it.switch(on, |it| &mut it.stamps, "the time of day is")
    }),
    entry("urc", "[on|off]", "show what the modem says by itself", |it, on, _| {
        it.switch(on, |it| &mut it.tells_urcs, "what the modem says by itself is")
    }),
    entry("timeout", "[DURATION]", "how long an answer may take, as 30s", |it, time, _| it.timeout(time)),
    entry("terminal", "[echo]", "talk to the modem byte by byte; Ctrl-] comes back", |it, echo, _| it.terminal(echo)),
    entry("quit", "", "leave; Ctrl-D does too", |it, _, _| {
        it.leaves = true;
        true
    }),
];

const fn entry(name: &'static str, takes: &'static str, does: &'static str, run: RunCommand) -> Described {
    Described { name, takes, does, run }
}

/// By its name, or by a beginning of it that is no other's: `:h`, `:q`.
fn find(name: &str) -> Option<&'static Described> {
    let name = row_of(include_str!("aliases.md"), &name.to_ascii_lowercase()).unwrap_or(name);
    let exact = COMMANDS.iter().find(|entry| entry.name == name);
    let mut beginning = COMMANDS.iter().filter(|entry| !name.is_empty() && entry.name.starts_with(name));
    exact.or_else(|| beginning.next().filter(|first| first.name == "help" || beginning.next().is_none()))
}

const SHOWN_HISTORY: usize = 30;

const FOREIGN: &str = include_str!("foreign.md");

impl Explorer {
    fn command(&mut self, text: &str) -> Passed {
        let typed = text.trim().trim_start_matches([':', '.', '\\']).trim_start();
        let (name, argument) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let (name, forced) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        if let Some(command) = find(name) {
            if command.takes.is_empty() && !argument.trim().is_empty() && command.name != "quit" {
                let help = row_of(FOREIGN, command.name).map(|help| help.replace("PORT", argument.trim()));
                return self.complain(&format!(":{} takes nothing", command.name), help.as_deref());
            }
            return (command.run)(self, argument.trim(), forced);
        }
        let names = || COMMANDS.iter().map(|command| command.name);
        let begins = |known: &&str| !name.is_empty() && known.starts_with(name);
        let near = nearest(name, names()).or_else(|| names().filter(begins).min_by_key(|known| known.len()));
        let written = text.split_whitespace().next().unwrap_or(":");
        let word = written.trim_start_matches([':', '.', '\\']);
        let help = match near {
            _ if let Some(meant) = row_of(FOREIGN, word) => meant.to_owned(),
            _ if statements().iter().any(|known| known.word == word) => format!("write `{word}` without the colon"),
            Some(near) => format!("did you mean :{near}?"),
            None => ":help lists the commands".to_owned(),
        };
        self.complain(&format!("there is no command {}", harmless(written.as_bytes())), Some(&help))
    }

    fn help(&self, topic: &str) -> Passed {
        let width = if self.options.explains { (self.options.width)() } else { usize::MAX };
        let Some(text) = help_on(topic, self.options.palette, width) else {
            let message = format!("there is no help on {}", harmless(topic.as_bytes()));
            return self.complain(&message, Some(":help lists what there is"));
        };
        write_out(&text);
        true
    }

    fn open_named(&mut self, port: &str) -> Passed {
        match Address::parse(port) {
            _ if port.is_empty() => self.open(self.last_address.clone(), false),
            Ok(address) => self.open(address, false),
            Err(error) => self.complain(&error.message, error.help.as_deref()),
        }
    }

    fn open(&mut self, address: Address, by_default: bool) -> Passed {
        if self.options.real && address.is_simulated() {
            return self.complain(&format!("{address} is simulated, and --real refuses the simulated modem"), None);
        }
        // The same port cannot be opened twice; another stays open until this one is.
        let device = address.real_device();
        let leads_there = |other: &Address| *other == address || device.is_some() && other.real_device() == device;
        let is_same = self.link.as_ref().is_some_and(|link| leads_there(&link.address));
        let was_open = self.link.is_some();
        if is_same && let Some(link) = self.link.take() {
            self.finish(link);
        }
        self.last_address = address.clone();
        let wait = std::mem::take(&mut self.options.wait);
        let mut told = |text: &str| self.note(text);
        let waits = (wait, &mut told as &mut dyn FnMut(&str));
        let how = (self.options.baud, self.options.flow);
        match Link::open(address.clone(), by_default, how, &self.options.cancel, waits) {
            Ok(link) => {
                self.session.interpreter.inputs = self.options.inputs.clone().at(&address);
                if let Some(before) = self.link.replace(link) {
                    self.finish(before);
                }
                if was_open {
                    self.note(&format!("{address} is open"));
                }
                self.hide(Vec::new());
                self.ends = None;
                true
            }
            Err(error) => {
                self.complain(&error.message, error.help.as_deref());
                if let Some(link) = &self.link {
                    self.note(&format!("{} stays open", link.address));
                }
                false
            }
        }
    }

    /// Closes a port; what was recorded on it ends here.
    fn finish(&self, mut link: Link) {
        let was_recorded = link.stop_recording();
        match link.record_error() {
            Some(error) => {
                self.complain(&format!("the conversation could not be recorded whole: {error}"), None);
            }
            None if was_recorded => self.note(&format!("{} is no longer recorded", link.address)),
            None => {}
        }
    }

    /// Where nothing is open it is the simulated modem, and the prompt says so.
    fn close(&mut self) -> Passed {
        let Some(link) = self.link.take() else {
            return self.complain("no port is open", None);
        };
        self.last_address = link.address.clone();
        self.finish(link);
        let closed = self.last_address.clone();
        if self.options.real {
            self.note(&format!("{closed} is closed; :open opens it again"));
            return true;
        }
        if let Ok(address) = Address::parse(SIMULATED)
            && self.open(address, true)
        {
            self.note(&format!("{closed} is closed; now this is the simulated modem; :open goes back"));
        }
        self.last_address = closed;
        true
    }

    fn ports(&self) -> Passed {
        let all = ports();
        if all.is_empty() {
            self.note("no serial port is here: is the modem plugged in and powered?");
        }
        for port in all {
            let product = port.usb.and_then(|usb| usb.product);
            let held = (!port.holders.is_empty()).then(|| {
                let holders: Vec<String> = port.holders.iter().map(ToString::to_string).collect();
                format!("held by {}", holders.join(", "))
            });
            let facts: Vec<String> = [product, port.driver, port.role, held].into_iter().flatten().collect();
            let path = self.options.palette.paint(Style::Name, port.path.display().to_string());
            write_out(&format!("{path}  {}\n", facts.join(" · ")));
        }
        true
    }

    fn baud(&mut self, argument: &str) -> Passed {
        let Ok(baud @ 1..) = argument.parse::<u32>() else {
            return self.complain("the speed is a number of bits a second", Some(":baud 115200"));
        };
        let passed = self.statement_entered(&format!("port baud {baud}"), true);
        if passed {
            self.options.baud = baud;
        }
        passed
    }

    fn variables(&self) -> Passed {
        let mut variables = self.session.interpreter.variables();
        variables.retain(|(name, _)| !is_answer(name));
        if variables.is_empty() {
            self.note("there are none yet: `set x = 1`, or `capture rssi:int` under a question");
        }
        for (name, value) in variables {
            let value = harmless(value.to_string().as_bytes());
            write_out(&format!("{} = {value}\n", self.options.palette.paint(Style::Name, name)));
        }
        true
    }

    fn history(&self, wanted: &str) -> Passed {
        let found: Vec<&String> = self.reader.history().filter(|entry| entry.contains(wanted)).collect();
        for entry in found.iter().skip(found.len().saturating_sub(SHOWN_HISTORY)) {
            let shown: Vec<String> = entry.lines().map(|line| harmless(line.as_bytes())).collect();
            write_out(&format!("{}\n", shown.join("\n  ")));
        }
        true
    }

    fn explain(&self, text: &str) -> Passed {
        if text.is_empty() {
            return self.complain(":explain takes a text", Some(":explain +CREG: 0,5"));
        }
        let module = self.link.as_ref().and_then(Link::module);
        let explained = explain(text, &Context { command: self.session.last_question(), module });
        for line in explained.to_string().lines() {
            let indent = line.len() - line.trim_start().len() + 2;
            self.write_filled(&harmless(line.as_bytes()), &" ".repeat(indent));
        }
        explained.is_known()
    }

    fn save(&mut self, file: &str, forced: bool) -> Passed {
        if file.is_empty() {
            return self.complain(":save takes a file", Some(":save first.hayes"));
        }
        let Some((script, without)) = self.session.script() else {
            return self.complain("no line has passed yet, so there is nothing to save", None);
        };
        if Path::new(file).exists() && !forced && !self.saved.iter().any(|saved| saved == file) {
            return self.complain(&format!("{file} is there already"), Some(&format!(":save! {file} overwrites it")));
        }
        let written = private_file(file).and_then(|mut file| file.write_all(script.as_bytes()));
        if let Err(error) = written {
            return self.complain(&format!("{file} cannot be written: {error}"), None);
        }
        self.saved.push(file.to_owned());
        let checked = crate::check::check(&Source::new(file, script.as_str()), &Library::new(true));
        let lines = plural(script.lines().count() as u64, "line");
        self.note(&format!("{file}: {lines}; `hayes run {file}` runs them"));
        if without > 0 {
            let lines = plural(without as u64, "line");
            self.note(&format!(
                "{lines} without its secret: declare it with `secret pin`, and write ${{pin}} where it is sent"
            ));
        }
        if checked.program.is_none() {
            (self.options.show)(&checked.diagnostics);
        }
        true
    }

    fn load(&mut self, file: &str) -> Passed {
        let read = read_file(file.as_ref(), LARGEST_TEXT);
        let text = match (read, crate::library::find(file)) {
            (Ok(text), _) => text,
            (Err(Unreadable::Io(_)), Some(entry)) => entry.text.to_owned(),
            (Err(error), _) => {
                return self.complain(&format!("{file} {error}"), None);
            }
        };
        self.run_pieces(&text, false)
    }

    fn run_pieces(&mut self, text: &str, commands_too: bool) -> Passed {
        pieces(text).iter().all(|piece| {
            if is_command(piece) && commands_too {
                return self.command(piece);
            }
            if is_command(piece) {
                let text = harmless(piece.as_bytes());
                return self.complain(&format!("{text} stands in a file: `:` commands are typed"), None);
            }
            if is_clause(piece) { self.follow(piece) } else { self.statement_entered(piece, false) }
        })
    }

    fn record(&mut self, argument: &str, forced: bool) -> Passed {
        let Some(link) = &mut self.link else {
            return self.complain("no port is open", None);
        };
        match argument {
            "" | "on" => self.complain(":record takes a file", Some(":record modem.at, and :record off")),
            "off" => {
                let was = link.stop_recording();
                let error = link.record_error();
                match error {
                    Some(error) => _ = self.complain(&format!("not all could be recorded: {error}"), None),
                    None => self.note(if was { "no longer recorded" } else { "nothing was being recorded" }),
                }
                true
            }
            file if matches!(&link.address, Address::Replay(read) if read.canonicalize().ok() == Path::new(file).canonicalize().ok()) =>
            {
                let message = format!("{file} is being played back: nothing is recorded over it");
                self.complain(&message, Some("name another file"))
            }
            file if !forced && holds_something(Path::new(file)) => {
                self.complain(&format!("{file} is there already"), Some(&format!(":record! {file} overwrites it")))
            }
            file => match link.record(Path::new(file), self.session.interpreter.mask()) {
                Ok(()) => {
                    if self.reader.is_edited() {
                        self.note(&format!("recorded in {file}; `replay:{file}` plays it back"));
                    }
                    true
                }
                Err(error) => self.complain(&format!("the conversation cannot be recorded in {file}: {error}"), None),
            },
        }
    }

    fn set_raw(&mut self, argument: &str) -> Passed {
        self.in_hex = argument == "hex";
        let argument = if self.in_hex { "on" } else { argument };
        let passed = self.switch(argument, |it| &mut it.raw, "bytes are");
        self.hide(Vec::new());
        passed
    }

    /// Runs what the user writes in their editor; it begins with the last statement that was typed.
    fn edit(&mut self) -> Passed {
        if !self.reader.is_edited() {
            let help = ":load FILE runs the lines of a file that an editor has written";
            return self.complain("an editor needs a terminal", Some(help));
        }
        let text = match self.edited() {
            Ok(text) => text,
            Err(error) => return self.complain(&format!("the editor cannot be used: {error}"), Some("set EDITOR")),
        };
        if text.trim().is_empty() {
            self.note("nothing was written, and nothing runs");
            return true;
        }
        self.note(text.trim_end());
        self.enter(&text).unwrap_or(false)
    }

    /// What stands in a file of its own when the editor has ended; nothing where that was not written.
    fn edited(&mut self) -> io::Result<String> {
        let last = self.reader.history().filter(|entry| !is_command(entry)).last();
        let file = std::env::temp_dir().join(format!("hayes-{}.hayes", std::process::id()));
        let mut written = private().create_new(true).open(&file)?;
        let last = last.map(|last| last.clone() + "\n").unwrap_or_default();
        written.write_all(last.as_bytes())?;
        let begun = written.metadata()?.modified()?;
        let named = |name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
        let named = ["VISUAL", "EDITOR"].into_iter().find_map(named).unwrap_or_else(|| "vi".to_owned());
        let mut words = named.split_whitespace();
        terminal::edits_lines(true);
        let ended = Command::new(words.next().unwrap_or_default()).args(words).arg(&file).status();
        terminal::edits_lines(false);
        let text = std::fs::read_to_string(&file);
        let is_left = text.as_ref().is_ok_and(|text| *text == last) && file.metadata()?.modified()? == begun;
        std::fs::remove_file(&file)?;
        match ended? {
            ended if ended.success() && is_left => Ok(String::new()),
            ended if ended.success() => text,
            ended => Err(io::Error::other(format!("{named}: {ended}"))),
        }
    }

    fn timeout(&mut self, argument: &str) -> Passed {
        if argument.is_empty() {
            self.note(&ShownDuration(self.session.interpreter.timeout()).to_string());
            return true;
        }
        self.statement_entered(&format!("timeout {argument}"), true)
    }

    /// Makes a switch `on`, `off`, or the other of the two.
    fn switch(&mut self, argument: &str, of: fn(&mut Explorer) -> &mut bool, what: &str) -> Passed {
        let on = match argument {
            "on" => true,
            "off" => false,
            "" => !*of(self),
            _ => return self.complain("it is on or off", None),
        };
        *of(self) = on;
        self.note(&format!("{what} {}", if on { "shown" } else { "not shown" }));
        true
    }

    fn terminal(&mut self, echo: &str) -> Passed {
        if !matches!(echo, "" | "echo") {
            return self.complain(":terminal takes `echo` or nothing", Some(":terminal echo shows what you type"));
        }
        let Some(link) = self.link.as_mut().filter(|_| self.reader.is_edited()) else {
            return self.complain("the raw terminal needs an open port and a terminal", None);
        };
        let palette = self.options.palette;
        write_out(&format!("{}\n", palette.paint(Style::Dim, "each key goes to the modem now; Ctrl-] comes back")));
        let ended = link.talk_raw(echo == "echo");
        write_out("\n");
        ended.map_or_else(|why| self.complain(&why, None), |()| true)
    }
}

/// What a newcomer reads first; nothing else is said until it is asked for.
fn greeting(port: Option<&str>, palette: Palette) -> String {
    let first = match port {
        Some(port) => {
            let port = palette.paint(Style::Name, port);
            format!("This is {port}. Type an AT command, as AT+CSQ, or a line of a script.")
        }
        None => "No port is open: :open PORT opens one, :open tries again, :ports lists them.".to_owned(),
    };
    format!(
        "{first}\n\
         Tab completes and explains, Ctrl-R searches what you typed before.\n\
         Ctrl-C interrupts the modem, Ctrl-D leaves; :help tells the rest."
    )
}

/// `None`: there is nothing under that name.
fn help_on(topic: &str, palette: Palette, width: usize) -> Option<String> {
    let name = topic.trim_start_matches(':');
    if topic.is_empty() {
        return Some(overview(palette, width));
    }
    if name == "keys" {
        let rows = include_str!("keys.txt").lines().filter_map(|line| line.trim_start().split_once("  "));
        return Some(rows.map(|(keys, does)| row((keys, 16), does.trim_start(), palette, width)).collect());
    }
    if let Some(entry) =
        COMMANDS.iter().find(|entry| entry.name == name && (topic.starts_with(':') || name != "timeout"))
    {
        return Some(filled(&format!(":{} {}\n  {}", entry.name, entry.takes, entry.does), width, "  ") + "\n");
    }
    if let Some(page) = syntax::topic(name).filter(|page| page.word != "AT") {
        return Some(page.to_string().lines().map(|line| filled(line, width.min(80), "") + "\n").collect());
    }
    let explained = explain(topic, &Context::default());
    if let Some(instead) = syntax::told_foreign(name).filter(|_| !explained.is_known()) {
        return Some(filled(&instead, width, "  ") + "\n");
    }
    let shown = |line: &str| filled(&harmless(line.as_bytes()), width, "    ") + "\n";
    explained.is_known().then(|| explained.to_string().lines().map(shown).collect())
}

fn overview(palette: Palette, width: usize) -> String {
    let mut text = String::new();
    for entry in COMMANDS {
        let form = format!(":{} {}", entry.name, entry.takes);
        text.push_str(&row((&form, 20), entry.does, palette, width));
    }
    let words: Vec<&str> = statements().iter().map(|known| known.word).collect();
    text.push_str(&format!("{}\n", filled("statements (:help WORD shows one):", width, "")));
    text.push_str(&format!("{}\n", filled(&format!("  {}", words.join(" ")), width.min(80), "  ")));
    let values = "a value alone is shown: rssi, dbm(rssi), response[0]; _ is the last answer, _2 the one before it";
    text.push_str(&format!("{}\n", filled(values, width.min(80), "  ")));
    text
}

/// What is written, so many columns wide, and what it does: side by side, or below it where the window has no room.
fn row((written, columns): (&str, usize), does: &str, palette: Palette, width: usize) -> String {
    let name = |text: String| palette.paint(Style::Name, text);
    if width < 2 * (columns + 4) {
        return format!("  {}\n{}\n", name(written.to_owned()), filled(&format!("    {does}"), width, "    "));
    }
    let indent = " ".repeat(columns + 4);
    let does = filled(does, width - indent.len(), "").replace('\n', &format!("\n{indent}"));
    format!("  {}  {does}\n", name(format!("{written:<columns$}")))
}
