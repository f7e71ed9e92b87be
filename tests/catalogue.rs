//! What the catalogue finds, by names and by lines.

use hayes::at::{Form, Knowledge};
use hayes::catalogue::entry::{self, Series};
use hayes::catalogue::lookup::{error as error_of, errors};
use hayes::catalogue::*;

use crate::tables;

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
        let found = urc(line.as_bytes()).map(|found| found.start);
        assert_eq!(found, Some(known.start).filter(|_| !known.only_explained), "{line}");
        assert!(explain::explain(&line, &explain::Context::default()).is_known(), "{line}");
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

/// Each section of the table asks its question of a line; what has no answer is `-`.
#[test]
fn what_is_made_of_a_line() {
    tables::hold(include_str!("data/catalogue.txt"), &mut |question, line| {
        made(question, line).filter(|made| !made.is_empty()).unwrap_or_else(|| "-".to_owned())
    });
    assert_eq!(nearest("AT+CRGE").len(), 1);
    assert_eq!(prospect("AT+CIPSHUT", None).expected.finals, [("SHUT OK", true)]);
}

fn made(question: &str, line: &str) -> Option<String> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    match question {
        "urc" => urc(line.as_bytes()).map(|found| found.start.to_owned()),
        "model" => module_by_model(line).map(|found| found.id.to_owned()),
        "named" => module_named_by(line).map(|found| found.id.to_owned()),
        "nearest" => nearest(line).first().map(|near| (*near).to_owned()),
        "likeness" => {
            let forms = [Form::Read, Form::Test, Form::Set, Form::Execute];
            let form = forms.into_iter().find(|known| format!("{known:?}") == first)?;
            Some(format!("{:?}", Catalogue.likeness(rest.as_bytes(), form)))
        }
        "unasked" => Some(Catalogue.unasked(line.as_bytes()).is_some().to_string()),
        "final" => Catalogue.vendor_final(line.as_bytes()).map(|success| success.to_string()),
        "expected" => {
            let expected = prospect(line, None).expected;
            Some([expected.prefixes, vec![&format!("{:?}", expected.shape)]].concat().join(" "))
        }
        "seconds" => prospect(first, module(rest)).longest.map(|time| time.as_secs().to_string()),
        _ => Some(traits(first, module(rest))),
    }
}

/// What is true of a command line, on a module.
fn traits(line: &str, module: Option<&'static entry::Module>) -> String {
    let prospect = prospect(line, module);
    let mark = prospect.prompt.map(|prompt| prompt.mark);
    let parsed = hayes::at::command::parse(line).unwrap();
    let asked = &parsed.commands[0];
    let values = command::values(asked);
    let (known, form) = (command_of(asked).unwrap(), asked.form);
    let all = [
        ("call-control", prospect.expected.call_control),
        ("abortable", prospect.expected.abortable),
        ("without-final", prospect.expected.without_final),
        ("names-module", prospect.names_module),
        ("unsafe", known.dangers(form, &values).any(|danger| danger.needs_unsafe)),
        ("reboots", command::reason(&known.reboots, form, &values).is_some()),
        ("off", known.away(form, &values) == Some(command::Away::Off)),
        ("once", command::reason(&known.not_repeatable, form, &values).is_some()),
        ("danger", known.dangers(form, &values).next().is_some()),
        ("nb-iot-only", command::holds(&known.nb_iot_only, form, &values)),
        ("conversation-only", command::holds(&known.conversation_only, form, &values)),
        ("prompt>", mark == Some(">")),
        ("prompt@", mark == Some("@")),
    ];
    all.iter().filter(|(_, holds)| *holds).map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

/// A module of a person's own.
const OWN: &str =
    "vendor = 'Acme'\nmodels = ['ACME-1*']\niccid = 'AT+CCID'\nregistration = ['AT+CEREG']\nreboot = 'AT+CFUN=1,1'\n";

#[test]
fn a_module_of_five_lines() {
    let module = own::read("modules/acme-1.toml", OWN).unwrap();
    assert_eq!((module.id, module.family, module.manufacturer), ("acme-1", "acme-1", "Acme"));
    assert_eq!((module.source, module.status), (vec!["modules/acme-1.toml"], entry::Confirmation::Unconfirmed));
}

#[test]
fn what_is_wrong_with_a_module_is_named() {
    for (text, error) in [
        (OWN.replace("'AT+CCID'", "'CCID'"), "`CCID` is no command"),
        (OWN.replace("'AT+CCID'", "'AT+CFUN=0'"), "`AT+CFUN=0` changes something"),
        (format!("{OWN}\nroaming = [{{ what = 'r', read = 'AT+CFUN=0', set = 'AT+CFUN=1' }}]"), "changes something"),
        (format!("{OWN}\nroaming = [{{ what = 'r', read = 'AT+CFUN?' }}]"), "a setting has no `set`"),
        (format!("{OWN}\ntechnologies = ['LTE-N']"), "`LTE-N` is none"),
        (OWN.replace("['ACME-1*']", "[]"), "`models` names no model"),
        (OWN.replace("['AT+CEREG']", "[]"), "`registration` names no command"),
        (format!("{OWN}status = 'sure'"), "unknown variant `sure`"),
        (format!("{OWN}boot-seconds = -1.0"), "`boot-seconds`"),
        (format!("{OWN}icid = 'AT'"), "TOML parse error at line 6"),
    ] {
        let said = own::read("x.toml", &text).unwrap_err();
        assert!(said.contains(error), "{said}");
    }
}
