//! What the `:` commands do.

use std::fs::File;
use std::io::{self, Write};

use super::{Explorer, Passed};
use crate::catalogue::explain::{Context, explain};
use crate::connect::{Address, SIMULATED};
use crate::library::Library;
use crate::port::list::ports;
use crate::repl::board::write_out;
use crate::repl::chunks::{Piece, pieces};
use crate::repl::commands::{self, Typed, Verb};
use crate::repl::link::Link;
use crate::repl::{help, terminal};
use crate::report::result::plural;
use crate::report::style::{Style, harmless};
use crate::source::{LARGEST, Source, Unreadable, read_text};
use crate::state::private_file;

/// How many lines of history `:history` shows.
const SHOWN_HISTORY: usize = 30;

impl Explorer {
    pub(super) fn command(&mut self, text: &str) -> io::Result<Passed> {
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

    pub(super) fn open(&mut self, address: Address, by_default: bool) -> Passed {
        if self.options.real && matches!(address, Address::Simulator { .. }) {
            self.complain(&format!("{address} is simulated, and --real refuses the simulated modem"), None);
            return false;
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
            self.complain("no port is open", None);
            return false;
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
            self.complain(":save takes a file", Some(":save first.hayes"));
            return false;
        }
        let Some((script, without)) = self.session.script() else {
            self.complain("no line has passed yet, so there is nothing to save", None);
            return false;
        };
        if std::path::Path::new(file).exists() && !forced && !self.saved.iter().any(|saved| saved == file) {
            self.complain(&format!("{file} is there already"), Some(&format!(":save! {file} overwrites it")));
            return false;
        }
        let written = private_file(file).and_then(|mut file| file.write_all(script.as_bytes()));
        if let Err(error) = written {
            self.complain(&format!("{file} cannot be written: {error}"), None);
            return false;
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
                self.complain(&format!("{file} {error}"), None);
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

    pub(super) fn record(&mut self, argument: &str) -> Passed {
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
