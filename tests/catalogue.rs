//! What the catalogue finds, by names and by lines.

use hayes::at::{Form, Knowledge};
use hayes::catalogue::entry::{self, Series};
use hayes::catalogue::lookup::{error as error_of, errors};
use hayes::catalogue::*;

/// Whether an entry is complete is for the build script to check.
#[test]
fn every_entry_is_found() {
    for known in commands() {
        let (name, first) = known.name.split_once('=').map_or((known.name, None), |(name, first)| (name, Some(first)));
        assert_eq!(command_with(name, first).map(|found| found.name), Some(known.name));
        assert_eq!(command(&name.to_lowercase()).map(|found| found.name), Some(name));
    }
    for error in errors(Series::Equipment) {
        assert!(error_of(Series::Equipment, error.code).is_some_and(|found| found.text == error.text));
        // A maker's error may have the words of one of the standard's, which then is the one.
        let mut found = error_by_text(Series::Equipment, error.text);
        assert!(found.any(|found| found.code == error.code || found.scope.is_none()), "{}", error.text);
    }
    for error in errors(Series::Message) {
        assert!(error_of(Series::Message, error.code).is_some_and(|found| found.text == error.text));
        assert!(error_by_text(Series::Message, &error.text.to_uppercase()).any(|found| found.code == error.code));
    }
    assert_eq!(error_of(Series::Equipment, 9999).map(|error| error.code), None);
    for known in urcs() {
        let line = if known.whole_line { known.start.to_owned() } else { format!("{}: 1", known.start) };
        assert_eq!(urc(line.as_bytes()).map(|found| found.start), Some(known.start), "{line}");
        if let Some(answers) = known.answers.and_then(command) {
            let prefix = known.start.split(':').next().unwrap_or_default();
            let forms = [Form::Test, Form::Read, Form::Set, Form::Execute];
            let answers_so = |form| answers.form(form).is_some_and(|usage| usage.prefix == Some(prefix));
            assert!(forms.into_iter().any(answers_so), "{} as an answer to {}", known.start, answers.name);
        }
    }
    for known in modules() {
        let explained = explain::explain(known.id, &explain::Context::default()).to_string();
        assert!(explained.contains(known.iccid) && explained.contains(known.reboot), "{explained}");
        assert_eq!(module(known.id).map(|found| found.id), Some(known.id));
        for name in &known.models {
            let name = name.replace('*', "-X");
            assert_eq!(module_by_model(&name).map(|found| found.id), Some(known.id), "{name}");
        }
    }
}

/// The lines of a section of `data/catalogue.txt`, and what is expected of each.
fn cases(section: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (_, behind) = include_str!("data/catalogue.txt").split_once(&format!("[{section}]\n")).unwrap();
    let lines = behind.lines().take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.starts_with("# ")).filter_map(|line| line.split_once(" => "))
}

fn hold(section: &str, said: impl Fn(&str) -> Option<String>) {
    for (asked, expected) in cases(section) {
        assert_eq!(said(asked).as_deref().unwrap_or("-"), expected, "{section}: {asked}");
    }
}

fn on_module(asked: &str) -> (&str, Option<&'static entry::Module>) {
    let (line, id) = asked.split_once(' ').unwrap_or((asked, ""));
    (line, module(id))
}

#[test]
fn what_is_found_by_its_name() {
    hold("urc", |line| urc(line.as_bytes()).map(|found| found.start.to_owned()));
    hold("model", |cgmm| module_by_model(cgmm).map(|found| found.id.to_owned()));
    hold("named", |line| module_named_by(line).map(|found| found.id.to_owned()));
    hold("nearest", |name| nearest(name).first().map(|near| (*near).to_owned()));
    assert_eq!(nearest("AT+CRGE").len(), 1);
}

#[test]
fn what_a_line_is() {
    hold("likeness", |asked| {
        let (form, line) = asked.split_once(' ')?;
        let forms = [Form::Read, Form::Test, Form::Set, Form::Execute];
        let form = forms.into_iter().find(|known| format!("{known:?}") == form)?;
        Some(format!("{:?}", Catalogue.likeness(line.as_bytes(), form)))
    });
    hold("unasked", |line| Some(Catalogue.unasked(line.as_bytes()).is_some().to_string()));
    hold("final", |line| Catalogue.vendor_final(line.as_bytes()).map(|success| success.to_string()));
}

#[test]
fn what_is_known_of_a_command_line() {
    hold("expected", |line| {
        let expected = prospect(line, None).expected;
        Some([expected.prefixes, vec![&format!("{:?}", expected.shape)]].concat().join(" "))
    });
    hold("seconds", |asked| {
        let (line, module) = on_module(asked);
        prospect(line, module).longest.map(|time| time.as_secs().to_string())
    });
    assert_eq!(prospect("AT+CIPSHUT", None).expected.finals, [("SHUT OK", true)]);
}

#[test]
fn what_is_true_of_a_command_line() {
    use hayes::at::command::parse;
    let traits = |asked: &str| {
        let (line, module) = on_module(asked);
        let prospect = prospect(line, module);
        let parsed = parse(line).unwrap();
        let asked = &parsed.commands[0];
        let values = command::values(asked);
        let (known, form) = (command_of(asked).unwrap(), asked.form);
        [
            ("call-control", prospect.expected.call_control),
            ("abortable", prospect.expected.abortable),
            ("without-final", prospect.expected.without_final),
            ("names-module", prospect.names_module),
            ("unsafe", known.needs_unsafe(form, &values).is_some()),
            ("reboots", known.reboots(form, &values).is_some()),
            ("off", known.away(form, &values) == Some(command::Away::Off)),
            ("once", known.not_repeatable(form, &values).is_some()),
            ("danger", known.dangers(form, &values).next().is_some()),
            ("nb-iot-only", known.leaves_nb_iot_only(form, &values)),
            ("conversation-only", known.concerns_conversation_only(form, &values)),
            ("prompt>", prospect.mark == Some(">")),
            ("prompt@", prospect.mark == Some("@")),
        ]
    };
    for (asked, expected) in cases("traits") {
        for wanted in expected.split(' ') {
            let (name, holds) = wanted.strip_prefix('!').map_or((wanted, true), |name| (name, false));
            let known = traits(asked).into_iter().find(|(known, _)| *known == name);
            assert_eq!(known, Some((name, holds)), "{asked}");
        }
    }
}
