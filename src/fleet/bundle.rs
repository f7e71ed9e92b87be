//! What a gateway runs: a script with every script that it runs, so that two versions of Hayes run the same text. And
//! whether it may be run again after a crash, which is proved here, never claimed.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::files::{self, ScriptFiles};
use super::key::sha256;
use super::message::{VERSION, json, understood};
use crate::at::command::{Form, parse};
use crate::catalogue::{command, lookup};
use crate::check::{NotFound, Program, Scripts, check_parts};
use crate::library;
use crate::source::Source;
use crate::syntax::ast::{Block, Part, PortAction, Send, SendForm, Statement, StatementKind, TemplatePart};

/// A script and all that it runs. It is known by the hash of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptBundle {
    pub v: u32,
    /// The script that is run, one of the files
    pub entry: String,
    pub files: BTreeMap<String, String>,
    /// Of each file, which of the files each `run "name"` in it means
    pub runs: BTreeMap<String, BTreeMap<String, String>>,
    /// `--only`: of the parts of the script that is run these alone
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// What the scripts read, by their names beside the one that is run, in base64
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
    /// The version of Hayes that has checked it
    pub made_by: String,
}

/// A bundle that was checked, and can be run.
#[derive(Debug, Clone)]
pub struct ReadyBundle {
    pub program: Arc<Program>,
    /// What it reads
    pub files: Arc<ScriptFiles>,
    /// Why it may not be run again after a crash
    pub once: Option<String>,
}

/// What a carrier takes: a NATS server's `max_payload` is 1 MiB.
const LARGEST: usize = 512 << 10;

impl ScriptBundle {
    /// The bundle of a program and of the files that it reads, as bytes, and their hash.
    pub fn of(program: &Program, files: &ScriptFiles) -> Result<(String, Vec<u8>), String> {
        let mut bundle = ScriptBundle {
            v: VERSION,
            entry: program.source().name.clone(),
            files: BTreeMap::new(),
            runs: BTreeMap::new(),
            only: program.only.clone(),
            data: files.iter().map(|(name, bytes)| (name.clone(), BASE64.encode(bytes))).collect(),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
        };
        bundle.add(program);
        let bytes = json(&bundle);
        match bytes.len() {
            0..=LARGEST => Ok((sha256(&bytes), bytes)),
            count => {
                let (most, count) = (LARGEST >> 10, count.div_ceil(1024));
                Err(format!("the scripts and their files are {count} KiB together, and {most} KiB go to gateways"))
            }
        }
    }

    fn add(&mut self, program: &Program) {
        let source = program.source();
        if self.files.insert(source.name.clone(), source.text.clone()).is_some() {
            return;
        }
        for (name, inner) in program.runs() {
            let runs = self.runs.entry(source.name.clone()).or_default();
            runs.insert(name.to_owned(), inner.source().name.clone());
            self.add(inner);
        }
    }

    /// The program in these bytes, if they are those of that hash and check here.
    pub fn ready(hash: &str, bytes: &[u8]) -> Result<ReadyBundle, String> {
        if sha256(bytes) != hash {
            return Err("a bundle is not the one that the order names".to_owned());
        }
        let bundle =
            understood(bytes, |bundle: &ScriptBundle| bundle.v).map_err(|why| format!("a run's bundle {why}"))?;
        let file = |(name, data): (&String, &String)| {
            Some((name.clone(), BASE64.decode(data).ok()?)).filter(|_| files::stays(name))
        };
        let files: Option<ScriptFiles> = bundle.data.iter().map(file).collect();
        let files = Arc::new(files.ok_or("a bundle holds a file that cannot be kept")?);
        let text = bundle.files.get(&bundle.entry).ok_or("a bundle does not hold the script that it names")?;
        let checked = check_parts(&library::kept(&bundle.entry, text), &bundle, &bundle.only);
        let wrong = || checked.diagnostics.first().map(|first| first.message.clone()).unwrap_or_default();
        let Some(program) = checked.program else {
            let (name, version) = (&bundle.entry, &bundle.made_by);
            return Err(format!("{name}, which Hayes {version} has checked, does not check here: {}", wrong()));
        };
        Ok(ReadyBundle { once: not_repeatable(&program), program, files })
    }
}

impl Scripts for ScriptBundle {
    fn find(&self, name: &str, from: &Source) -> Result<Arc<Source>, NotFound> {
        let found = self.runs.get(&from.name).and_then(|runs| runs.get(name));
        let found = found.and_then(|name| self.files.get_key_value(name));
        let source = found.map(|(name, text)| library::kept(name, text));
        source.ok_or(NotFound::Nowhere { suggestions: Vec::new() })
    }
}

/// A line at the top of a library script that says that it may be run again from its beginning. Of the library alone it
/// is believed: its tests hold it.
const MARK: &str = "Repeatable:";

/// Why a program may not be run again where it was cut off. None where all that it sends asks, or makes sure of what it
/// has asked for (`ensure`), however often.
pub fn not_repeatable(program: &Program) -> Option<String> {
    if program.source().is_carried && program.script.summary.iter().any(|line| line.trim().starts_with(MARK)) {
        return None;
    }
    let here = changes(running(program), false).map(|it| told(program, it, "may change something each time"));
    here.or_else(|| program.runs().find_map(|(_, inner)| not_repeatable(inner)))
}

/// Where a program asks a person, whom no gateway has; `yes` answers what needs no other answer.
pub fn asks_person<'p>(program: &'p Program, yes: bool) -> Option<String> {
    let asks = |statement: &Statement| {
        let named = matches!(&statement.kind, StatementKind::Ask { answer: Some(_), .. });
        named || !yes && matches!(&statement.kind, StatementKind::Ask { .. } | StatementKind::Confirm { .. })
    };
    let mut first: Option<&Statement> = None;
    for statement in running(program) {
        let mut look = |it: &'p Statement| first = first.or(Some(it).filter(|it| asks(it)));
        look(statement);
        statement.blocks().for_each(|block| block.walk(&mut look));
    }
    let here = first.map(|it| told(program, it, "asks a person, and nobody is at a gateway"));
    here.or_else(|| program.runs().find_map(|(_, inner)| asks_person(inner, yes)))
}

/// Its statements without the parts that are left out.
fn running(program: &Program) -> impl Iterator<Item = &Statement> {
    let runs = |it: &&Statement| !matches!(&it.kind, StatementKind::Part { names, .. } if !program.runs_part(names));
    program.script.body.statements.iter().filter(runs)
}

/// Where a statement stands, what is said of it, and how it begins.
fn told(program: &Program, statement: &Statement, what: &str) -> String {
    let source = program.source();
    let line = source.position(statement.span.start as usize).line;
    let text = source.slice(statement.span).lines().next().unwrap_or_default().trim_end_matches('{').trim_end();
    format!("{}:{line} {what}: {text}", source.name)
}

/// The first statement that may change something, though nothing has asked whether it has to. `ensured`: something has.
fn changes<'s>(mut statements: impl Iterator<Item = &'s Statement>, ensured: bool) -> Option<&'s Statement> {
    let changes = |block: &'s Block, ensured| changes(block.statements.iter(), ensured);
    statements.find_map(|statement| {
        if let StatementKind::Ensure { question, otherwise, .. } = &statement.kind {
            return if asks(question) { changes(otherwise, true) } else { Some(statement) };
        }
        let reboots = matches!(statement.kind, StatementKind::Reboot { .. });
        let is_harmless = |part| {
            if let Part::Question(send) = part {
                return if reboots { ensured } else { asks(send) || ensured && sets_the_same(send) };
            }
            !matches!(part, Part::Clause(clause) if clause.is_prompt())
        };
        // A person is not there to be asked.
        let asks_person = matches!(statement.kind, StatementKind::Confirm { .. } | StatementKind::Ask { .. });
        let sets_port = matches!(&statement.kind, StatementKind::Port(action) if *action != PortAction::Flush);
        let harmless = !asks_person && !sets_port && statement.parts().into_iter().all(is_harmless);
        if harmless { statement.blocks().find_map(|block| changes(block, ensured)) } else { Some(statement) }
    })
}

/// Whether it certainly only asks: nothing in it is known first when it runs.
fn asks(send: &Send) -> bool {
    let line = send.text.plain().filter(|_| send.form == SendForm::At).and_then(parse);
    line.is_some_and(|line| line.commands.iter().all(command::only_asks))
}

/// Whether it sets what it sets to the same each time: a known command with values, that takes no text after a prompt
/// and is not said to count. Its name stands before the first value that is not known yet.
fn sets_the_same(send: &Send) -> bool {
    let fixed =
        send.text.parts.first().is_none_or(|part| matches!(part, TemplatePart::Text(text) if text.contains('=')));
    let text = send.text.with_zeros();
    let Some(line) = parse(&text).filter(|_| send.form == SendForm::At) else { return false };
    line.commands.iter().all(|asked| {
        let values = command::values(asked);
        let known = lookup::command_of(asked);
        let sets = (fixed || send.text.plain().is_some()) && asked.form == Form::Set;
        command::only_asks(asked)
            || sets
                && known.is_some_and(|known| {
                    known.prompt(asked.form, &values).is_none()
                        && command::reason(&known.not_repeatable, asked.form, &values).is_none()
                })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;
    use crate::library::Library;

    fn program(text: &str) -> Arc<Program> {
        check(&Source::new("s.hayes", text), &Library::default()).program.unwrap()
    }

    #[test]
    fn who_asks_a_person_is_told() {
        for (text, without, with_yes) in [
            ("AT\n", None, None),
            ("AT\nif 1 == 1 {\n  confirm \"Is it on?\"\n}\n", Some(3), None),
            ("ask \"Put it in\"\n", Some(1), None),
            ("confirm \"a\"\nask \"Scan\" as label\n", Some(1), Some(2)),
        ] {
            for (yes, line) in [(false, without), (true, with_yes)] {
                let said = asks_person(&program(text), yes);
                let is_told = |line| said.as_ref().is_some_and(|it| it.starts_with(&format!("s.hayes:{line} asks")));
                assert!(line.map_or(said.is_none(), is_told), "{text}: {said:?}");
            }
        }
    }

    #[test]
    fn repeatable_is_proved() {
        for (text, line) in [
            ("AT\nAT+CSQ\n  capture rssi:int, _\nATE0\nAT+CMEE=2\n", None),
            ("ensure AT+CFUN? answers \"+CFUN: 1\" else {\n  AT+CFUN=1\n}\n", None),
            (
                "param apn = \"x\"\nensure AT+CGDCONT? answers '+CGDCONT: 1,\"IP\",\"${apn}\"' else {\n  AT+CGDCONT=1,\"IP\",\"${apn}\"\n}\n",
                None,
            ),
            ("AT+CFUN=1\n", Some(1)),
            ("retry 3 {\n  if 1 == 1 {\n    AT+CGDCONT=1,\"IP\",\"x\"\n  }\n}\n", Some(3)),
            ("ensure AT+CFUN? answers \"+CFUN: 1\" else {\n  AT+CMGS=\"1\"\n    prompt reply \"x\"\n}\n", Some(2)),
            ("set x = \"CSQ\"\nAT+${x}?\n", Some(2)),
            ("send \"hello\"\n", Some(1)),
            ("port dtr off\n", Some(1)),
            ("reboot AT+CFUN=1,1\n", Some(1)),
        ] {
            let why = not_repeatable(&program(text));
            assert_eq!(why.is_some(), line.is_some(), "{text}: {why:?}");
            if let Some((why, line)) = why.zip(line) {
                assert!(why.starts_with(&format!("s.hayes:{line} ")), "{why}");
            }
        }
        let of_library = |name: &str| {
            not_repeatable(&check(&library::find(name).unwrap().source(), &Library::default()).program.unwrap())
        };
        assert_eq!(of_library("supersim/setup"), None);
        assert_eq!(of_library("modem/signal"), None);
        assert!(of_library("sms/send").is_some());
    }

    #[test]
    fn a_bundle_runs_the_same_text_elsewhere() {
        let program = check(&library::find("supersim/setup").unwrap().source(), &Library::default()).program.unwrap();
        let (hash, bytes) = ScriptBundle::of(&program, &ScriptFiles::new()).unwrap();
        let ready = ScriptBundle::ready(&hash, &bytes).unwrap();
        assert_eq!(ready.program.sources(), program.sources());
        assert_eq!(ready.once, None);
        assert!(ScriptBundle::ready(&hash, &bytes[1..]).unwrap_err().contains("not the one"));
        // A file goes with it; one that would be kept elsewhere does not.
        let file = ScriptFiles::from([("a/ca.pem".to_owned(), vec![0, 255])]);
        let (hash, bytes) = ScriptBundle::of(&program, &file).unwrap();
        assert_eq!(*ScriptBundle::ready(&hash, &bytes).unwrap().files, file);
        for name in ["../ca.pem", "/etc/ca.pem", ""] {
            let (hash, bytes) = ScriptBundle::of(&program, &[(name.to_owned(), vec![1])].into()).unwrap();
            assert!(ScriptBundle::ready(&hash, &bytes).unwrap_err().contains("cannot be kept"), "{name}");
        }
    }

    #[test]
    fn a_bundle_runs_the_same_parts_elsewhere() {
        let source = Source::new("s.hayes", "part a {\n  AT+CFUN=1\n}\npart b {\n  AT+CSQ\n}\n");
        for (only, once) in [(vec![], true), (vec!["a".to_owned()], true), (vec!["!a".to_owned()], false)] {
            let program = check_parts(&source, &Library::default(), &only).program.unwrap();
            let (hash, bytes) = ScriptBundle::of(&program, &ScriptFiles::new()).unwrap();
            let ready = ScriptBundle::ready(&hash, &bytes).unwrap();
            assert_eq!((ready.program.only.clone(), ready.once.is_some()), (only, once));
        }
    }
}
