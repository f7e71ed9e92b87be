//! The loop: a line is read, cut into pieces, and each piece is run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::commands::greeting;
use super::editor::{Editing, Input, LineSource};
use super::link::{Link, RawView};
use super::session::{
    self, AskedData, Notebook, Runnable, Snippet, asks_for_data, is_clause, is_open, may_keep, pieces,
};
use super::shown::{self, LinesAbove, Shown, View, write_out};
use super::{Exploration, Left, terminal};
use crate::connect::Address;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::result::plural;
use crate::report::style::{Style, filled};
use crate::runtime::{Interpreter, Outcome, Status};

/// The code of a question that the modem refused.
const REFUSED: &str = "hayes::run::unexpected-result";

/// Reads lines and runs them until there are no more, or the user leaves.
pub fn explore(options: Exploration) -> Left {
    let mut explorer = match Explorer::new(options) {
        Ok(explorer) => explorer,
        Err(ended) => return ended,
    };
    let ended = explorer.run();
    ended.unwrap_or_else(|error| {
        explorer.complain(&format!("no more lines can be read: {error}"), None);
        Left::Failed
    })
}

pub(super) struct Explorer {
    pub(super) options: Exploration,
    above: Arc<LinesAbove>,
    pub(super) reader: LineSource,
    pub(super) session: Notebook,
    pub(super) link: Option<Link>,
    /// What `:open` without a name opens.
    pub(super) last_address: Address,
    pub(super) quiet: bool,
    pub(super) raw: bool,
    /// Files that this session has written.
    pub(super) saved: Vec<String>,
    /// The last question failed: lines under it may say that this was expected.
    is_mendable: bool,
    /// `:quit`
    pub(super) leaves: bool,
    /// What ends a session without a user: the port was lost, Ctrl-C.
    pub(super) ends: Option<Left>,
}

/// Whether what was typed passed.
pub(super) type Passed = bool;

impl Explorer {
    fn new(options: Exploration) -> Result<Explorer, Left> {
        let above = Arc::new(LinesAbove::default());
        // The editor waits with `select`, which knows only the first 1,024 descriptors: it is made before the port.
        let reader = match options.interactive {
            true => LineSource::edited(Editing::new(&above, options.palette), &above),
            false => Ok(LineSource::Plain { prompts: options.prompts }),
        };
        let reader = reader.unwrap_or(LineSource::Plain { prompts: options.prompts });
        let session = Notebook::new(Interpreter::new(options.inputs.clone()));
        let last_address = options.address.clone();
        let mut explorer = Explorer {
            options,
            above,
            reader,
            session,
            link: None,
            last_address: last_address.clone(),
            quiet: false,
            raw: false,
            saved: Vec::new(),
            is_mendable: false,
            leaves: false,
            ends: None,
        };
        let by_default = explorer.options.by_default;
        let opened = explorer.open(last_address, by_default);
        if !opened && !explorer.reader.is_edited() {
            return Err(Left::Device);
        }
        if let Some(file) = explorer.options.record.clone()
            && opened
            && !explorer.record(&file.to_string_lossy())
        {
            return Err(Left::Unwritable);
        }
        if explorer.reader.is_edited() {
            let port = explorer.link.as_ref().map(|link| link.address.to_string());
            write_out(&greeting(port.as_deref(), explorer.options.palette));
        }
        Ok(explorer)
    }

    fn run(&mut self) -> io::Result<Left> {
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
            if self.ends.is_some() && !self.reader.is_edited() {
                break;
            }
        }
        terminal::edits_lines(true);
        self.above.finish();
        let unrecorded = self.link.as_ref().and_then(Link::record_error);
        if let Some(error) = unrecorded {
            self.complain(&format!("the conversation could not be recorded whole: {error}"), None);
            return Ok(Left::Unwritable);
        }
        let passed = if failures == 0 || self.reader.is_edited() { Left::Passed } else { Left::Failed };
        Ok(self.ends.filter(|_| !self.reader.is_edited()).unwrap_or(passed))
    }

    /// What was typed, with the lines of a block; `None` at the end.
    fn statement(&mut self) -> io::Result<Option<String>> {
        let mut text = String::new();
        loop {
            let prompt = self.prompt(!text.is_empty());
            match self.line(&prompt, &text)? {
                Input::End if text.is_empty() => return Ok(None),
                // What is not closed at the end of the input is wrong, and told.
                Input::End => return Ok(Some(text)),
                Input::Interrupted if text.is_empty() => {}
                Input::Interrupted => text.clear(),
                Input::Line(line) => {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&line);
                    if !is_open(&text) {
                        return Ok(Some(text));
                    }
                }
            }
        }
    }

    fn prompt(&self, continues: bool) -> String {
        let name = self.link.as_ref().map_or_else(|| "closed".to_owned(), Link::name);
        if continues { format!("{}… ", " ".repeat(name.chars().count())) } else { format!("{name}> ") }
    }

    /// A line; the port is listened to meanwhile.
    fn line(&mut self, prompt: &str, before: &str) -> io::Result<Input> {
        if !self.reader.is_edited() {
            return self.reader.line(prompt, before);
        }
        let mask = self.session.interpreter.mask();
        let (above, palette, quiet) = (Arc::clone(&self.above), self.options.palette, self.quiet || self.raw);
        let listening = self.link.as_mut().and_then(|link| link.listen(mask, &above, quiet, palette));
        if let Some(editing) = self.reader.editing() {
            editing.names = self.session.names.names().into_iter().map(str::to_owned).collect();
        }
        self.above.begin();
        let input = self.reader.line(prompt, before);
        self.above.end();
        if let (Some(link), Some(listening)) = (&mut self.link, listening) {
            link.stop_listening(listening);
        }
        input
    }

    /// Runs what was typed or pasted, piece by piece; the first that fails ends it.
    fn enter(&mut self, text: &str) -> io::Result<Passed> {
        let pieces = pieces(text);
        let is_one = pieces.len() == 1;
        let mut kept = text.trim().to_owned();
        let mut passed = true;
        let count = pieces.len();
        for (number, piece) in pieces.into_iter().enumerate() {
            passed = match piece {
                Snippet::Command(text) => self.command(&text),
                Snippet::Clauses(text) => self.follow(&text),
                Snippet::Statement(text) => match self.with_data(&text)? {
                    Some(whole) => {
                        if is_one {
                            kept.clone_from(&whole);
                        }
                        self.statement_entered(&whole, is_one)
                    }
                    None => false,
                },
            };
            if !passed || self.leaves {
                let rest = count - number - 1;
                if rest > 0 && !self.leaves {
                    self.note(&format!(
                        "stopped: {rest} more of what was pasted {} not run",
                        if rest == 1 { "was" } else { "were" }
                    ));
                }
                break;
            }
        }
        if !kept.is_empty() {
            let may_keep = may_keep(&kept, &self.session.interpreter.mask());
            self.reader.keep(&kept, may_keep);
        }
        Ok(passed)
    }

    /// The statement, with the text that the modem will ask for; `None` where the user would not give it.
    fn with_data(&mut self, text: &str) -> io::Result<Option<String>> {
        let Some(asked) = asks_for_data(text) else { return Ok(Some(text.to_owned())) };
        if !self.reader.is_edited() {
            return self.piped_data(text);
        }
        // Refused before it is asked for more.
        if let Err(refused) = self.session.check(text) {
            self.refuse(&refused);
            return Ok(None);
        }
        let prompt = format!("{}{} ", " ".repeat(self.prompt(false).chars().count().saturating_sub(2)), asked.mark);
        self.note("the modem will ask for data: type it, Enter sends it; Ctrl-C sends nothing");
        self.data(text, &asked, &prompt)
    }

    fn data(&mut self, text: &str, asked: &AskedData, prompt: &str) -> io::Result<Option<String>> {
        if let Some(editing) = self.reader.editing() {
            editing.is_data = true;
        }
        let input = self.line(prompt, "");
        if let Some(editing) = self.reader.editing() {
            editing.is_data = false;
        }
        Ok(match input? {
            // Who knows the language may write the line as a script has it.
            Input::Line(line) if is_clause(&line) && line.trim_start().starts_with("prompt ") => {
                Some(format!("{text}\n  {}", line.trim()))
            }
            Input::Line(line) => Some(format!("{text}\n{}", asked.clause(&line))),
            Input::Interrupted | Input::End => {
                self.note("not sent");
                None
            }
        })
    }

    /// Without a user the `prompt` line is the next one.
    fn piped_data(&mut self, text: &str) -> io::Result<Option<String>> {
        match self.reader.line("", text)? {
            Input::Line(line) => Ok(Some(format!("{text}\n{line}"))),
            Input::Interrupted | Input::End => Ok(Some(text.to_owned())),
        }
    }

    pub(super) fn statement_entered(&mut self, text: &str, is_one: bool) -> Passed {
        match self.session.check(text) {
            Ok(ready) => self.execute(ready, is_one, false),
            Err(refused) => self.refuse(&refused),
        }
    }

    pub(super) fn follow(&mut self, clauses: &str) -> Passed {
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
        self.warn(&ready.warnings);
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
        let view = View {
            palette: self.options.palette,
            quiet: self.quiet,
            raw: self.raw,
            explains: self.options.explains,
            waits: self.reader.is_edited(),
        };
        let mut screen = Shown::new(&self.above, &self.options.cancel, view, is_question);
        let Some(conversation) = self.link.as_mut().and_then(Link::conversation) else { return false };
        if !self.reader.is_edited() {
            self.options.runs.store(true, Ordering::Release);
        }
        let one_line = !ready.text.trim().contains('\n');
        let mut outcome = match follows {
            true => self.session.follow(ready, conversation, &mut screen),
            false => self.session.run(ready, conversation, &mut screen),
        };
        screen.finish();
        if let Some(link) = &self.link {
            outcome.name_eavesdropper(&link.address);
        }
        if !self.reader.is_edited() {
            self.options.runs.store(false, Ordering::Release);
            if outcome.status == Status::Interrupted {
                self.ends = Some(Left::Interrupted);
            }
        }
        self.tell(&outcome, is_question, one_line);
        if outcome.status == Status::Unreachable {
            self.ends = Some(Left::Device);
            if let Some(link) = &mut self.link {
                link.is_lost = true;
            }
        }
        self.is_mendable = is_question && !follows && outcome.status == Status::Failed;
        outcome.status == Status::Passed || outcome.status == Status::Skipped
    }

    /// Hides the secrets that are known by now, in what is recorded and where the bytes of the port are shown.
    pub(super) fn hide(&self, more: Vec<&str>) {
        let mut mask = self.session.interpreter.mask();
        more.into_iter().for_each(|secret| mask.add(secret));
        if let Some(link) = &self.link {
            link.hide(mask.clone());
            link.tap.show_raw(self.raw.then(|| RawView::new(&self.above, self.options.palette, mask)));
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
                let is_said = is_question && self.options.explains && !self.raw && failure.result.is_some();
                if let Some(help) = diagnostic.help.as_deref().filter(|_| is_said && failure.diagnostic.code == REFUSED)
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
            let text = format!(" · {} · {}", plural(outcome.exchanges, "exchange"), shown::time(outcome.elapsed));
            write_out(&format!("{}{}\n", palette.paint(Style::Good, "passed"), palette.paint(Style::Dim, text)));
        }
    }

    fn refuse(&self, diagnostics: &[Diagnostic]) -> Passed {
        (self.options.show)(diagnostics);
        false
    }

    fn warn(&self, warnings: &[Diagnostic]) {
        for warning in warnings.iter().filter(|warning| warning.severity == Severity::Warning) {
            let mark = self.options.palette.paint(Style::Notable, "warning:");
            self.write_filled(&format!("{mark} {}", warning.message), "         ");
            if let Some(help) = &warning.help {
                self.write_filled(&format!("  help: {help}"), "        ");
            }
        }
    }

    /// What is complained about has not passed.
    pub(super) fn complain(&self, message: &str, help: Option<&str>) -> Passed {
        (self.options.complain)(message, help);
        false
    }

    /// Broken between words, so that no word is cut at the terminal's edge; for a program it stays one line.
    pub(super) fn write_filled(&self, text: &str, indent: &str) {
        let width = (self.options.width)();
        let text = if self.options.explains { filled(text, width, indent) } else { text.to_owned() };
        write_out(&format!("{text}\n"));
    }

    pub(super) fn note(&self, text: &str) {
        write_out(&format!("{}\n", self.options.palette.paint(Style::Dim, text)));
    }
}
