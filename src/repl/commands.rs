//! The `:` commands: their names, what they take, what they do; and their help.

use std::fs::File;
use std::io::Write;

use super::explorer::{Explorer, Passed};
use super::link::Link;
use super::session::{Snippet, pieces};
use super::shown::write_out;
use super::terminal;
use crate::catalogue::explain::{Context, explain};
use crate::connect::{Address, SIMULATED};
use crate::diagnostic::nearest;
use crate::library::Library;
use crate::port::list::ports;
use crate::report::result::plural;
use crate::report::style::{Palette, Style, filled, harmless};
use crate::source::{LARGEST, Source, Unreadable, read_text};
use crate::state::private_file;
use crate::syntax::statements;

/// A `:` command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Help,
    Open,
    Close,
    Ports,
    Baud,
    Vars,
    History,
    Explain,
    Save,
    Load,
    Record,
    Raw,
    Urc,
    Timeout,
    Terminal,
    Quit,
}

pub(super) struct Described {
    verb: Verb,
    pub(super) name: &'static str,
    /// What it takes, as help shows it
    pub(super) takes: &'static str,
    pub(super) does: &'static str,
}

const fn entry(verb: Verb, name: &'static str, takes: &'static str, does: &'static str) -> Described {
    Described { verb, name, takes, does }
}

pub(super) const COMMANDS: &[Described] = &[
    entry(Verb::Help, "help", "[TOPIC]", "this; :help run, :help AT+CSQ, :help keys"),
    entry(Verb::Open, "open", "[PORT]", "open a port; without a name, the last one again"),
    entry(Verb::Close, "close", "", "close the port"),
    entry(Verb::Ports, "ports", "", "list the serial ports"),
    entry(Verb::Baud, "baud", "N", "set the speed of the port"),
    entry(Verb::Vars, "vars", "", "show the variables"),
    entry(Verb::History, "history", "[TEXT]", "show what was typed"),
    entry(Verb::Explain, "explain", "TEXT", "what a command, an answer, an error or a URC means"),
    entry(Verb::Save, "save", "FILE", "write the lines that passed as a script; :save! overwrites"),
    entry(Verb::Load, "load", "FILE", "run the lines of a file here; the first that fails ends it"),
    entry(Verb::Record, "record", "FILE|off", "write down all that is sent and received"),
    entry(Verb::Raw, "raw", "[on|off]", "show bytes as they are, with control characters"),
    entry(Verb::Urc, "urc", "[on|off]", "show what the modem says by itself"),
    entry(Verb::Timeout, "timeout", "[DURATION]", "how long an answer may take, as 30s"),
    entry(Verb::Terminal, "terminal", "", "talk to the modem byte by byte; Ctrl-] comes back"),
    entry(Verb::Quit, "quit", "", "leave; Ctrl-D does too"),
];

/// What was typed behind the colon: the command, whether it stands with a `!`, and its argument; else the name that may have
/// been meant.
fn parse(text: &str) -> Result<(Verb, bool, &str), Option<&'static str>> {
    let text = text.trim().trim_start_matches(':').trim_start();
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (name, forced) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    let names = || COMMANDS.iter().map(|command| command.name);
    let begins = |known: &&str| !name.is_empty() && known.starts_with(name);
    let meant = || nearest(name, names()).or_else(|| names().filter(begins).min_by_key(|known| known.len()));
    let found = find(name).ok_or_else(meant)?;
    Ok((found.verb, forced, argument.trim()))
}

/// By its name, or by a beginning of it that is no other's: `:h`, `:q`.
fn find(name: &str) -> Option<&'static Described> {
    let name = match name {
        "exit" | "bye" => "quit",
        "?" => "help",
        "variables" => "vars",
        other => other,
    };
    let exact = COMMANDS.iter().find(|entry| entry.name == name);
    let mut beginning = COMMANDS.iter().filter(|entry| !name.is_empty() && entry.name.starts_with(name));
    exact.or_else(|| beginning.next().filter(|first| first.verb == Verb::Help || beginning.next().is_none()))
}

/// How many lines of history `:history` shows.
const SHOWN_HISTORY: usize = 30;

impl Explorer {
    /// Does what a `:` command says.
    pub(super) fn command(&mut self, text: &str) -> Passed {
        let (verb, forced, argument) = match parse(text) {
            Ok(typed) => typed,
            Err(near) => {
                let help = near.map_or(":help lists the commands".to_owned(), |near| format!("did you mean :{near}?"));
                let name = text.split_whitespace().next().unwrap_or(":");
                return self.complain(&format!("there is no command {}", harmless(name.as_bytes())), Some(&help));
            }
        };
        match verb {
            Verb::Help => self.help(argument),
            Verb::Open if argument.is_empty() => self.open(self.last_address.clone(), false),
            Verb::Open => match Address::parse(argument) {
                Ok(address) => self.open(address, false),
                Err(error) => self.complain(&error.message, error.help.as_deref()),
            },
            Verb::Close => self.close(),
            Verb::Ports => self.ports(),
            Verb::Baud => self.baud(argument),
            Verb::Vars => self.variables(),
            Verb::History => self.history(argument),
            Verb::Explain => self.explain(argument),
            Verb::Save => self.save(argument, forced),
            Verb::Load => self.load(argument),
            Verb::Record => self.record(argument),
            Verb::Raw => self.set_raw(argument),
            Verb::Urc => self.switch(argument, !self.quiet, "what the modem says by itself is").is_some_and(|on| {
                self.quiet = !on;
                true
            }),
            Verb::Timeout if argument.is_empty() => {
                self.note(&crate::notation::ShownDuration(self.session.interpreter.timeout()).to_string());
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
        let Some(text) = help_on(topic, self.options.palette) else {
            let message = format!("there is no help on {}", harmless(topic.as_bytes()));
            return self.complain(&message, Some(":help lists what there is"));
        };
        write_out(&text);
        true
    }

    pub(super) fn open(&mut self, address: Address, by_default: bool) -> Passed {
        if self.options.real && matches!(address, Address::Simulator { .. }) {
            return self.complain(&format!("{address} is simulated, and --real refuses the simulated modem"), None);
        }
        // The same port cannot be opened twice; another stays open until this one is.
        let is_same = self.link.as_ref().is_some_and(|link| link.address.is_same_device(&address));
        let was_open = self.link.is_some();
        if is_same && let Some(link) = self.link.take() {
            self.finish(link);
        }
        self.last_address = address.clone();
        match Link::open(address.clone(), by_default, self.options.baud, &self.options.cancel) {
            Ok(link) => {
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
        if std::path::Path::new(file).exists() && !forced && !self.saved.iter().any(|saved| saved == file) {
            return self.complain(&format!("{file} is there already"), Some(&format!(":save! {file} overwrites it")));
        }
        let written = private_file(file).and_then(|mut file| file.write_all(script.as_bytes()));
        if let Err(error) = written {
            return self.complain(&format!("{file} cannot be written: {error}"), None);
        }
        self.saved.push(file.to_owned());
        let checked = crate::check::check(&Source::new(file, script.as_str()), &Library);
        let lines = script.lines().count();
        self.note(&format!("{file}: {lines} lines; `hayes run {file}` runs them"));
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
        let read = File::open(file).map_err(Unreadable::Io).and_then(|file| read_text(file, LARGEST));
        let text = match (read, crate::library::find(file)) {
            (Ok(text), _) => text,
            (Err(Unreadable::Io(_)), Some(entry)) => entry.text.to_owned(),
            (Err(error), _) => {
                return self.complain(&format!("{file} {error}"), None);
            }
        };
        for piece in pieces(&text) {
            let passed = match piece {
                Snippet::Command(text) => {
                    let text = harmless(text.as_bytes());
                    self.complain(&format!("{text} stands in a file: `:` commands are typed"), None)
                }
                Snippet::Clauses(text) => self.follow(&text),
                Snippet::Statement(text) => self.statement_entered(&text, false),
            };
            if !passed {
                return false;
            }
        }
        true
    }

    pub(super) fn record(&mut self, argument: &str) -> Passed {
        let Some(link) = &mut self.link else {
            return self.complain("no port is open", None);
        };
        match argument {
            "" => self.complain(":record takes a file", Some(":record modem.at, and :record off")),
            "off" => {
                let was = link.stop_recording();
                let error = link.record_error();
                match error {
                    Some(error) => _ = self.complain(&format!("not all could be recorded: {error}"), None),
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
                Err(error) => self.complain(&format!("the conversation cannot be recorded in {file}: {error}"), None),
            },
        }
    }

    fn set_raw(&mut self, argument: &str) -> Passed {
        let Some(on) = self.switch(argument, self.raw, "bytes are") else { return false };
        self.raw = on;
        self.hide(Vec::new());
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
            return self.complain("the raw terminal needs an open port and a terminal", None);
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
                self.complain(&why, None)
            }
            Err(error) => self.complain(&error.to_string(), None),
        }
    }
}

/// What a newcomer reads first; nothing else is said until it is asked for.
pub(super) fn greeting(port: Option<&str>, palette: Palette) -> String {
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
         Ctrl-C interrupts the modem, Ctrl-D leaves; :help tells the rest.\n"
    )
}

/// `None`: there is nothing under that name.
fn help_on(topic: &str, palette: Palette) -> Option<String> {
    let name = topic.trim_start_matches(':');
    if topic.is_empty() {
        return Some(overview(palette));
    }
    if name == "keys" {
        return Some(KEYS.to_owned());
    }
    if let Some(entry) =
        COMMANDS.iter().find(|entry| entry.name == name && (topic.starts_with(':') || name != "timeout"))
    {
        return Some(format!(":{} {}\n  {}\n", entry.name, entry.takes, entry.does));
    }
    if let Some(form) = statements().iter().find(|known| known.word == name).map(|known| known.form) {
        return Some(format!("{form}\n"));
    }
    let explained = explain(topic, &Context::default());
    explained.is_known().then(|| explained.to_string().lines().map(|line| harmless(line.as_bytes()) + "\n").collect())
}

fn overview(palette: Palette) -> String {
    let mut text = String::new();
    for entry in COMMANDS {
        let form = format!(":{} {}", entry.name, entry.takes);
        text.push_str(&format!("  {}  {}\n", palette.paint(Style::Name, format!("{form:<20}")), entry.does));
    }
    let words: Vec<&str> = statements().iter().map(|known| known.word).collect();
    text.push_str("statements (:help WORD shows one):\n");
    text.push_str(&format!("{}\n", filled(&format!("  {}", words.join(" ")), 80, "  ")));
    text
}

const KEYS: &str = "\
  Tab               complete, or list what may stand there
  Right, End        take the grey completion
  Up, Down          what was typed before; Ctrl-R searches it
  Ctrl-C            drop the line; interrupt the modem by the AT rules
  Ctrl-D            leave
  Ctrl-A, Ctrl-E    to the line's start, to its end
  Ctrl-W, Ctrl-U    delete a word, the line
  Ctrl-L            clear the screen
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beginnings_and_mistakes() {
        let verb = |text| parse(text).map(|(verb, _, argument)| (verb, argument));
        assert_eq!(verb(":help run"), Ok((Verb::Help, "run")));
        assert_eq!(verb(":h"), Ok((Verb::Help, "")));
        assert_eq!(verb(": quit"), Ok((Verb::Quit, "")));
        assert_eq!(verb(":q"), Ok((Verb::Quit, "")));
        assert_eq!(verb(":exit"), Ok((Verb::Quit, "")));
        assert_eq!(verb(":explain +CSQ: 9,99"), Ok((Verb::Explain, "+CSQ: 9,99")));
        assert_eq!(verb(":hlep"), Err(Some("help")));
        assert_eq!(verb(":opne x"), Err(Some("open")));
        assert_eq!(verb(":r"), Err(Some("raw")));
        assert_eq!(verb(":xyzzy"), Err(None));
        assert_eq!(verb(":"), Err(None));
        assert!(parse(":save! a").unwrap().1);
    }
}
