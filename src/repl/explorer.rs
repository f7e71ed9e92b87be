//! The loop: a line is read, cut into pieces, and each piece is run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::board::{Board, write_out};
use super::chunks::{self, Piece, is_open, pieces};
use super::commands::{self, Typed, Verb};
use super::editing::Editing;
use super::link::Link;
use super::reader::{Input, Reader};
use super::session::{AskedData, Ready, Refused, Session, asks_for_data};
use super::shown::{self, Shown, View};
use super::{Ended, Options, help, history, terminal};
use crate::catalogue::explain::{Context, explain};
use crate::connect::Address;
use crate::diagnostic::{Diagnostic, Severity};
use crate::library::Library;
use crate::port::list::ports;
use crate::report::style::{Style, harmless};
use crate::runtime::{Interpreter, Outcome, Status};
use crate::source::Source;

/// What is talked to where nothing is open.
const SIMULATED: &str = "sim:bg96";

/// The code of a question that the modem refused.
const REFUSED: &str = "hayes::run::unexpected-result";

/// How many lines of history `:history` shows.
const SHOWN_HISTORY: usize = 30;

/// Reads lines and runs them until there are no more, or the user leaves.
pub fn explore(options: Options) -> Ended {
    let mut explorer = match Explorer::new(options) {
        Ok(explorer) => explorer,
        Err(ended) => return ended,
    };
    let ended = explorer.run();
    ended.unwrap_or_else(|error| {
        explorer.complain(&format!("no more lines can be read: {error}"), None);
        Ended::Failed
    })
}

struct Explorer {
    options: Options,
    board: Arc<Board>,
    reader: Reader,
    session: Session,
    link: Option<Link>,
    /// What `:open` without a name opens.
    last_address: Address,
    quiet: bool,
    raw: bool,
    /// Files that this session has written.
    saved: Vec<String>,
    /// The last question failed: lines under it may say that this was expected.
    is_mendable: bool,
    /// `:quit`
    leaves: bool,
    /// What ends a session without a user: the port was lost, Ctrl-C.
    ends: Option<Ended>,
}

/// Whether what was typed passed.
type Passed = bool;

impl Explorer {
    fn new(options: Options) -> Result<Explorer, Ended> {
        let board = Arc::new(Board::default());
        // The editor waits with `select`, which knows only the first 1,024 descriptors: it is made before the port.
        let reader = match options.interactive {
            true => Reader::edited(Editing::new(&board, options.palette), &board),
            false => Ok(Reader::Plain { prompts: options.prompts }),
        };
        let reader = reader.unwrap_or(Reader::Plain { prompts: options.prompts });
        let session = Session::new(Interpreter::new(options.inputs.clone()));
        let last_address = options.address.clone();
        let mut explorer = Explorer {
            options,
            board,
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
            return Err(Ended::Device);
        }
        if let Some(file) = explorer.options.record.clone()
            && opened
            && !explorer.record(&file.to_string_lossy())
        {
            return Err(Ended::Unwritable);
        }
        if explorer.reader.is_edited() {
            let port = explorer.link.as_ref().map_or_else(|| "nothing".to_owned(), |link| link.address.to_string());
            write_out(&help::greeting(&port, explorer.options.palette));
        }
        Ok(explorer)
    }

    fn run(&mut self) -> io::Result<Ended> {
        let mut failures = 0;
        terminal::edits_lines(!self.reader.is_edited());
        while !self.leaves {
            let Some(text) = self.statement()? else { break };
            let was_mendable = std::mem::take(&mut self.is_mendable);
            match self.enter(&text)? {
                false => failures += 1,
                // `expect ERROR` behind a refused question: that was meant.
                true if was_mendable && chunks::is_clause(&text) => failures -= 1,
                true => {}
            }
            if self.ends.is_some() && !self.reader.is_edited() {
                break;
            }
        }
        terminal::edits_lines(true);
        self.board.finish();
        let unrecorded = self.link.as_ref().and_then(Link::record_error);
        if let Some(error) = unrecorded {
            self.complain(&format!("the conversation could not be recorded whole: {error}"), None);
            return Ok(Ended::Unwritable);
        }
        let passed = if failures == 0 || self.reader.is_edited() { Ended::Passed } else { Ended::Failed };
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
        let (board, palette, quiet) = (Arc::clone(&self.board), self.options.palette, self.quiet || self.raw);
        let listening = self.link.as_mut().and_then(|link| link.listen(mask, &board, quiet, palette));
        if let Some(editing) = self.reader.editing() {
            editing.names = self.session.names.names().into_iter().map(str::to_owned).collect();
        }
        self.board.begin();
        let input = self.reader.line(prompt, before);
        self.board.end();
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
                Piece::Command(text) => self.command(&text)?,
                Piece::Clauses(text) => self.follow(&text),
                Piece::Statement(text) => match self.with_data(&text)? {
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
            let may_keep = history::may_keep(&kept, &self.session.interpreter.mask());
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
            self.refuse(refused);
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
            Input::Line(line) if chunks::is_clause(&line) && line.trim_start().starts_with("prompt ") => {
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

    fn statement_entered(&mut self, text: &str, is_one: bool) -> Passed {
        match self.session.check(text) {
            Ok(ready) => self.execute(ready, is_one, false),
            Err(refused) => self.refuse(refused),
        }
    }

    fn follow(&mut self, clauses: &str) -> Passed {
        match self.session.check_clauses(clauses) {
            Ok(ready) => self.execute(ready, true, true),
            Err(refused) => self.refuse(refused),
        }
    }

    fn execute(&mut self, ready: Ready, is_one: bool, follows: bool) -> Passed {
        self.warn(&ready.warnings);
        if self.link.is_none() {
            self.complain("no port is open", Some(":open PORT opens one; :ports lists them"));
            return false;
        }
        if ready.is_question
            && !follows
            && self.reader.is_edited()
            && self.link.as_ref().is_some_and(|link| link.is_lost)
        {
            self.complain(
                "the port is lost",
                Some("once it is back, we are; :open opens another, or tries this one again"),
            );
            return false;
        }
        let is_question = ready.is_question && is_one;
        let view = View {
            palette: self.options.palette,
            quiet: self.quiet,
            raw: self.raw,
            explains: self.options.explains,
            waits: self.reader.is_edited(),
        };
        let mut screen = Shown::new(&self.board, view, is_question);
        let Some(conversation) = self.link.as_mut().and_then(Link::conversation) else { return false };
        if !self.reader.is_edited() {
            self.options.runs.store(true, Ordering::Release);
        }
        let one_line = !ready.text.trim().contains('\n');
        let outcome = match follows {
            true => self.session.follow(ready, conversation, &mut screen),
            false => self.session.run(ready, conversation, &mut screen),
        };
        screen.finish();
        if !self.reader.is_edited() {
            self.options.runs.store(false, Ordering::Release);
            if outcome.status == Status::Interrupted {
                self.ends = Some(Ended::Interrupted);
            }
        }
        self.tell(&outcome, is_question, one_line);
        if outcome.status == Status::Unreachable {
            self.ends = Some(Ended::Device);
            if let Some(link) = &mut self.link {
                link.is_lost = true;
            }
        }
        self.is_mendable = is_question && !follows && outcome.status == Status::Failed;
        outcome.status == Status::Passed || outcome.status == Status::Skipped
    }

    fn tell(&self, outcome: &Outcome, is_question: bool, one_line: bool) {
        let palette = self.options.palette;
        if let Some(failure) = &outcome.failure {
            if outcome.status == Status::Interrupted {
                return self.note("interrupted");
            }
            // What was just typed need not be shown again.
            if failure.source.name == chunks::TYPED && (one_line || is_question) {
                let diagnostic = Diagnostic::from(failure);
                // The refusal has just been shown, with its meaning.
                let is_said = is_question && self.options.explains && !self.raw && failure.result.is_some();
                if let Some(help) = diagnostic.help.as_deref().filter(|_| is_said && failure.code == REFUSED) {
                    return self.note(&wrapped(help, (self.options.width)(), "  "));
                }
                return self.complain(&diagnostic.message, diagnostic.help.as_deref());
            }
            return (self.options.show)(&[Diagnostic::from(failure)]);
        }
        if let Some(why) = &outcome.skipped {
            return self.note(&format!("skipped: {why}"));
        }
        if !is_question && outcome.exchanges > 0 && self.options.explains {
            let text = format!(
                " · {} · {}",
                crate::report::result::plural(outcome.exchanges, "exchange"),
                shown::time(outcome.elapsed)
            );
            write_out(&format!("{}{}\n", palette.paint(Style::Good, "passed"), palette.paint(Style::Dim, text)));
        }
    }

    fn refuse(&self, refused: Refused) -> Passed {
        match refused {
            Refused::Wrong(diagnostics) => (self.options.show)(&diagnostics),
            Refused::NoQuestion => self.complain(
                "there is no question before it",
                Some("ask first, as AT+CSQ; `expect` and `capture` lines may then follow"),
            ),
        }
        false
    }

    fn warn(&self, warnings: &[Diagnostic]) {
        for warning in warnings.iter().filter(|warning| warning.severity == Severity::Warning) {
            let mark = self.options.palette.paint(Style::Notable, "warning:");
            write_out(&format!("{mark} {}\n", warning.message));
            if let Some(help) = &warning.help {
                write_out(&format!("  help: {help}\n"));
            }
        }
    }

    fn complain(&self, message: &str, help: Option<&str>) {
        let width = (self.options.width)();
        let help =
            help.map(|help| if self.options.explains { wrapped(help, width, "        ") } else { help.to_owned() });
        (self.options.complain)(message, help.as_deref().map(str::trim_start));
    }

    fn note(&self, text: &str) {
        write_out(&format!("{}\n", self.options.palette.paint(Style::Dim, text)));
    }

    fn command(&mut self, text: &str) -> io::Result<Passed> {
        let typed = match commands::parse(text) {
            Ok(typed) => typed,
            Err(near) => {
                let help = near.map_or(":help lists the commands".to_owned(), |near| format!("did you mean :{near}?"));
                let name = text.split_whitespace().next().unwrap_or(":");
                self.complain(&format!("there is no command {}", harmless(name.as_bytes())), Some(&help));
                return Ok(false);
            }
        };
        Ok(self.do_command(&typed))
    }

    fn do_command(&mut self, typed: &Typed<'_>) -> Passed {
        let argument = typed.argument;
        match typed.verb {
            Verb::Help => self.help(argument),
            Verb::Open if argument.is_empty() => self.open(self.last_address.clone(), false),
            Verb::Open => match Address::parse(argument) {
                Ok(address) => self.open(address, false),
                Err(error) => {
                    self.complain(&error.message, Some(&error.help));
                    false
                }
            },
            Verb::Close => self.close(),
            Verb::Ports => self.ports(),
            Verb::Baud => self.baud(argument),
            Verb::Vars => self.variables(),
            Verb::History => self.history(argument),
            Verb::Explain => self.explain(argument),
            Verb::Save => self.save(argument, typed.forced),
            Verb::Load => self.load(argument),
            Verb::Record => self.record(argument),
            Verb::Raw => self.set_raw(argument),
            Verb::Urc => self.switch(argument, !self.quiet, "what the modem says by itself is").is_some_and(|on| {
                self.quiet = !on;
                true
            }),
            Verb::Timeout if argument.is_empty() => {
                self.note(&crate::runtime::ShownDuration(self.session.interpreter.timeout()).to_string());
                true
            }
            Verb::Timeout => self.statement_entered(&format!("timeout {argument}"), true),
            Verb::Terminal => self.terminal(),
            Verb::Quit => {
                self.leaves = true;
                true
            }
        }
    }

    fn help(&self, topic: &str) -> Passed {
        match help::topic(topic, self.options.palette) {
            Some(text) => write_out(&text),
            None => {
                self.complain(
                    &format!("there is no help on {}", harmless(topic.as_bytes())),
                    Some(":help lists what there is"),
                );
                return false;
            }
        }
        true
    }

    fn open(&mut self, address: Address, by_default: bool) -> Passed {
        if self.options.real && matches!(address, Address::Simulator { .. }) {
            self.complain(&format!("{address} is simulated, and --real refuses the simulated modem"), None);
            return false;
        }
        // The same port cannot be opened twice.
        let before = self.link.take().map(|link| (link.address.clone(), link.by_default));
        match Link::open(address.clone(), by_default, self.options.baud, &self.options.cancel) {
            Ok(link) => {
                if before.is_some() {
                    self.note(&format!("{address} is open"));
                }
                link.tap.show_raw(self.raw.then(|| (Arc::clone(&self.board), self.options.palette)));
                self.link = Some(link);
                self.last_address = address;
                self.ends = None;
                true
            }
            Err(error) => {
                self.complain(&error.message, error.help.as_deref());
                self.last_address = address.clone();
                // What was open before is so again, but for the one that just failed.
                if let Some((before, by_default)) = before.filter(|(before, _)| *before != address) {
                    let reopened = Link::open(before.clone(), by_default, self.options.baud, &self.options.cancel);
                    self.link = reopened.ok();
                    if self.link.is_some() {
                        self.note(&format!("{before} stays open"));
                    }
                }
                false
            }
        }
    }

    /// Where nothing is open it is the simulated modem, and the prompt says so.
    fn close(&mut self) -> Passed {
        let Some(link) = self.link.take() else {
            self.complain("no port is open", None);
            return false;
        };
        self.last_address = link.address.clone();
        if let Some(error) = link.record_error() {
            self.complain(&format!("the conversation could not be recorded whole: {error}"), None);
        }
        drop(link);
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
            self.complain("the speed is a number of bits a second", Some(":baud 115200"));
            return false;
        };
        let passed = self.statement_entered(&format!("port baud {baud}"), true);
        if passed {
            self.options.baud = baud;
        }
        passed
    }

    fn variables(&self) -> Passed {
        let variables = self.session.interpreter.variables();
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
        let all = self.reader.history();
        let found: Vec<&String> = all.iter().filter(|entry| entry.contains(wanted)).collect();
        for entry in found.iter().skip(found.len().saturating_sub(SHOWN_HISTORY)) {
            let shown: Vec<String> = entry.lines().map(|line| harmless(line.as_bytes())).collect();
            write_out(&format!("{}\n", shown.join("\n  ")));
        }
        true
    }

    fn explain(&self, text: &str) -> Passed {
        if text.is_empty() {
            self.complain(":explain takes a text", Some(":explain +CREG: 0,5"));
            return false;
        }
        let explained = explain(text, &Context { command: self.session.last_question(), module: None });
        for line in explained.to_string().lines() {
            write_out(&format!("{}\n", harmless(line.as_bytes())));
        }
        explained.is_known()
    }

    fn save(&mut self, file: &str, forced: bool) -> Passed {
        if file.is_empty() {
            self.complain(":save takes a file", Some(":save first.hayes"));
            return false;
        }
        let Some(script) = self.session.script() else {
            self.complain("no line has passed yet, so there is nothing to save", None);
            return false;
        };
        if std::path::Path::new(file).exists() && !forced && !self.saved.iter().any(|saved| saved == file) {
            self.complain(&format!("{file} is there already"), Some(&format!(":save! {file} overwrites it")));
            return false;
        }
        if let Err(error) = std::fs::write(file, &script) {
            self.complain(&format!("{file} cannot be written: {error}"), None);
            return false;
        }
        self.saved.push(file.to_owned());
        let checked = crate::check::check(&Source::new(file, script.as_str()), &Library);
        let lines = script.lines().count();
        self.note(&format!("{file}: {lines} lines; `hayes run {file}` runs them"));
        if self.session.log_holds_pin() {
            self.note("a PIN stands in it: make it a parameter with `secret pin`");
        }
        if checked.program.is_none() {
            (self.options.show)(&checked.diagnostics);
        }
        true
    }

    fn load(&mut self, file: &str) -> Passed {
        let text = match (std::fs::read_to_string(file), crate::library::find(file)) {
            (Ok(text), _) => text,
            (Err(_), Some(entry)) => entry.text.to_owned(),
            (Err(error), None) => {
                self.complain(&format!("{file} cannot be read: {error}"), None);
                return false;
            }
        };
        for piece in pieces(&text) {
            let passed = match piece {
                Piece::Command(text) => {
                    self.complain(
                        &format!("{} stands in a file: `:` commands are typed", harmless(text.as_bytes())),
                        None,
                    );
                    false
                }
                Piece::Clauses(text) => self.follow(&text),
                Piece::Statement(text) => self.statement_entered(&text, false),
            };
            if !passed {
                return false;
            }
        }
        true
    }

    fn record(&mut self, argument: &str) -> Passed {
        let Some(link) = &mut self.link else {
            self.complain("no port is open", None);
            return false;
        };
        match argument {
            "" => {
                self.complain(":record takes a file", Some(":record modem.at, and :record off"));
                false
            }
            "off" => {
                let was = link.stop_recording();
                let error = link.record_error();
                match error {
                    Some(error) => self.complain(&format!("not all could be recorded: {error}"), None),
                    None => self.note(if was { "no longer recorded" } else { "nothing was being recorded" }),
                }
                true
            }
            file => match link.record(std::path::Path::new(file), self.session.interpreter.mask()) {
                Ok(()) => {
                    if self.reader.is_edited() {
                        self.note(&format!("recorded in {file}; `replay:{file}` plays it back"));
                    }
                    true
                }
                Err(error) => {
                    self.complain(&format!("the conversation cannot be recorded in {file}: {error}"), None);
                    false
                }
            },
        }
    }

    fn set_raw(&mut self, argument: &str) -> Passed {
        let Some(on) = self.switch(argument, self.raw, "bytes are") else { return false };
        self.raw = on;
        if let Some(link) = &self.link {
            link.tap.show_raw(on.then(|| (Arc::clone(&self.board), self.options.palette)));
        }
        true
    }

    /// What a switch is to be: `on`, `off`, or the other of the two.
    fn switch(&self, argument: &str, now: bool, what: &str) -> Option<bool> {
        let on = match argument {
            "on" => true,
            "off" => false,
            "" => !now,
            _ => {
                self.complain("it is on or off", None);
                return None;
            }
        };
        self.note(&format!("{what} {}", if on { "shown" } else { "not shown" }));
        Some(on)
    }

    fn terminal(&mut self) -> Passed {
        let Some(link) = self.link.as_mut().filter(|_| self.reader.is_edited()) else {
            self.complain("the raw terminal needs an open port and a terminal", None);
            return false;
        };
        let palette = self.options.palette;
        write_out(&format!("{}\n", palette.paint(Style::Dim, "each key goes to the modem now; Ctrl-] comes back")));
        let ended = terminal::talk(link);
        link.begin_anew();
        write_out("\n");
        match ended {
            Ok(None) => true,
            Ok(Some(why)) => {
                link.is_lost = true;
                self.complain(&why, None);
                false
            }
            Err(error) => {
                self.complain(&error.to_string(), None);
                false
            }
        }
    }
}

/// Broken between words, so that no word is cut at the terminal's edge.
fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut current = indent.to_owned();
        for word in line.split_whitespace() {
            let is_begun = current.len() > indent.len();
            if is_begun && current.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::replace(&mut current, indent.to_owned()));
            } else if is_begun {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_cut() {
        assert_eq!(wrapped("one two three\nfour", 9, "  "), "  one two\n  three\n  four");
        assert_eq!(wrapped("incomprehensibilities", 9, ""), "incomprehensibilities");
    }
}
