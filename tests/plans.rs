//! What `--plan` tells of each script of the library, against what a run of it sends.

use std::sync::Mutex;

use hayes::library::scripts;

use crate::played::{Played, each, failure};
use crate::shelf::arguments;

/// As they come, and on a network; some with the radio off, or with a setting that wants a restart.
const MODEMS: [&str; 9] = [
    "bg96",
    "bg96?cfun=1&register=0s&apn=super&sms=hello&imei=866425038025591",
    "ec25?cfun=1&register=0s&apn=super&sms=hello&fplmn=26201",
    "lara-r211?preset=no-roaming",
    "me910c1?preset=nb-iot",
    "nrf9160",
    "nrf9160?cfun=1&register=0s&apn=super",
    "sara-r410m?preset=operator-profile",
    "sim7080g?cfun=1&register=0s&apn=super&sms=hello",
];

#[test]
fn a_plan_agrees_with_the_run() {
    let cases: Vec<_> = scripts().flat_map(|script| MODEMS.map(|modem| (script.name, modem))).collect();
    let found: Mutex<Vec<String>> = Mutex::default();
    each(&cases, |(script, address)| {
        let tell = |what: String| found.lock().unwrap().push(format!("{script} on {address}: {what}"));
        let words = [&[script][..], arguments(script)].concat();
        let mut planned = Played::on(address);
        let notes = planned.plan(&words);
        let asked = planned.heard();
        let mut modem = Played::on(address);
        let result = modem.run(&words);
        let heard = modem.heard();

        // What it asks the run asks as well.
        let stray = asked.iter().find(|question| !heard.contains(question));
        if stray.is_some() && failure(&result).is_empty() {
            tell(format!("the run does not send {stray:?}\n{notes:#?}\n{heard:?}"));
        }
        // What else the run sends is told, up to where the plan says that it can tell no more.
        let ends = notes.iter().any(|note| note.starts_with("the plan ends here"));
        let is_told = |line: &&String| {
            let in_note = |note: &String| note.contains(line.as_str()) || note.contains("would do: run");
            asked.contains(line) || notes.iter().any(in_note)
        };
        let untold: Vec<_> = heard.iter().filter(|line| !is_told(line)).collect();
        if !ends && !untold.is_empty() {
            tell(format!("the plan does not tell of {untold:?}\n{notes:#?}"));
        }
        // It has changed nothing.
        let after = planned.run(&words);
        if (after.changed, failure(&after)) != (result.changed, failure(&result)) {
            tell(format!(
                "after its plan {} {}, without {} {}",
                after.changed,
                failure(&after),
                result.changed,
                failure(&result)
            ));
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
