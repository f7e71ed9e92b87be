//! Each script of the library on each simulated module, in virtual time. `scripts/README.md` tells on which it does its
//! job; `BLESS=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use hayes::library::{LibraryScript, scripts};
use regex::Regex;

use crate::docs::is_made;
use crate::library::models;
use crate::played::{Played, each, failure, passed};

/// What a script needs to be told; the rest has no params, or defaults.
const ARGUMENTS: &[(&str, &[&str])] = &[
    ("network/choose", &["-V", "network=23415"]),
    ("network/prefer", &["-V", "network=23415"]),
    ("network/survey", &["-V", "passes=2"]),
    ("supersim/adjust", &["-V", "kind=technology"]),
    ("supersim/sms-send", &["-V", "message=hello"]),
    ("sms/send", &["-V", "to=2936", "-V", "message=hello"]),
    ("data/mqtt-publish", &["-V", "broker=broker.example", "-V", "topic=a/b", "-V", "message=21 °C"]),
    ("data/socket-test", &["-V", "host=echo.example", "-V", "port=7"]),
    ("modem/certificate-upload", &["-V", "name=ca.pem", "--secret", "content=-----BEGIN\nAA==\n"]),
    ("modem/enter-pin", &["--secret", "pin=1234"]),
    ("modem/factory-test", &["-V", "imei=866425038025591"]),
    ("modem/which", &["-V", "commands=+CSQ +CESQ"]),
];

pub(crate) fn arguments(script: &str) -> &'static [&'static str] {
    ARGUMENTS.iter().find(|(name, _)| *name == script).map_or(&[], |(_, arguments)| arguments)
}

#[test]
fn the_readme_tells_where_each_script_does_its_job() {
    let models: Vec<&str> = models().collect();
    let runs: Vec<(&LibraryScript, &str)> =
        scripts().flat_map(|script| models.iter().map(move |model| (script, *model))).collect();
    let passed: Mutex<BTreeMap<&str, BTreeSet<&str>>> = Mutex::default();
    each(&runs, |(script, model)| {
        if does_its_job(script.name, model) {
            passed.lock().unwrap().entry(script.name).or_default().insert(model);
        }
    });

    is_made("scripts/README.md", &page(&models, &passed.into_inner().unwrap()));
}

/// On a modem that is registered, or registers at once where the script waits for that itself; on one that is refused
/// where the script asks why.
fn does_its_job(script: &str, model: &str) -> bool {
    let refused = if script == "network/reject-cause" { "&stat=3" } else { "" };
    let address = format!("{model}?cfun=1&register=0s&apn=super&sms=hello&imei=866425038025591{refused}");
    let result = Played::on(&address).run(&[&[script][..], arguments(script)].concat());
    let code = result.failure.as_ref().map_or("", |failure| &failure.code);
    assert!(!code.contains("::check::"), "{script}: what does it need to be told? {}", failure(&result));
    passed(&result)
}

fn page(models: &[&str], passed: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let mut page = String::from(
        "# The library\n\n\
         Scripts that are there as soon as Hayes is: `hayes run supersim/setup`. `hayes list` lists them, `hayes show NAME` prints one; each\n\
         opens with what it does, changes, costs and needs. What changes something asks first, so it can be run again and again.\n\n\
         The right column tells on which simulated modules (`hayes sim`) a script does its job, with a Super SIM in them: elsewhere the\n\
         module lacks what the job needs, and the script says so. A test runs them all, and writes this page (`BLESS=1`).\n",
    );
    let mut folder = "";
    for script in scripts() {
        let here = script.name.split('/').next().unwrap();
        if here != folder {
            folder = here;
            write!(page, "\n## {folder}\n\n| script | what it does | on |\n|---|---|---|\n").unwrap();
        }
        let on = passed.get(script.name).cloned().unwrap_or_default();
        let name = script.name;
        let file = name.split_once('/').unwrap().1;
        writeln!(page, "| [`{name}`]({folder}/{file}.hayes) | {} | {} |", script.title(), where_it_does(models, &on))
            .unwrap();
    }
    write!(page, "\nThe {} simulated modules: {}.\n", models.len(), models.join(", ")).unwrap();
    page
}

/// `all`, `all but bc660k, sim7020`, or the few
fn where_it_does(models: &[&str], on: &BTreeSet<&str>) -> String {
    let (yes, no): (Vec<&str>, Vec<&str>) = models.iter().copied().partition(|model| on.contains(model));
    match (yes.len(), no.len()) {
        (_, 0) => "all".to_owned(),
        (0, _) => "none".to_owned(),
        (yes, no_count) if no_count < yes => format!("all but {}", no.join(", ")),
        _ => yes.join(", "),
    }
}

/// A script may end at its first line that asserts or asks: then its `finally` runs, too.
#[test]
fn what_a_finally_reads_is_set_before_anything_can_end_the_script() {
    let set = Regex::new(r"(?m)^set ([a-z_]+) = ").unwrap();
    for script in scripts() {
        let Some((body, last)) = script.text.split_once("\nfinally {\n") else { continue };
        let begins = |line: &&str| ["#", "param ", "secret ", "set "].iter().any(|word| line.starts_with(word));
        let opening: Vec<&str> = body.lines().take_while(|line| line.is_empty() || begins(line)).collect();
        for name in set.captures_iter(body).map(|found| found.get(1).unwrap().as_str()) {
            let reads = Regex::new(&format!(r"\$\{{{name}\}}|(?:if|and|not) {name}(?-u:\b)")).unwrap();
            let is_early = opening.iter().any(|line| line.starts_with(&format!("set {name} = ")));
            assert!(is_early || !reads.is_match(last), "{}: `{name}`", script.name);
        }
    }
}
