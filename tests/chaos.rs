//! The library against a modem that misbehaves as its seed decides (`sim:…?fault=chaos:SEED`). The modem's own state
//! judges: no script passes wrongly, and none outlives its deadline. `SEEDS=100000` or `SEEDS=17..18` looks further, or
//! again.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hayes::catalogue::Catalogue;
use hayes::check::{Program, check};
use hayes::conversation::Conversation;
use hayes::library::{Library, LibraryScript, scripts};
use hayes::port::{Cancel, Control, Device, Fault, Memory};
use hayes::runtime::{Inputs, Outcome, Silent, Status, run};
use hayes::sim::{Options, Simulator};

const MODELS: [&str; 6] = ["bg96", "sara-r410m", "sim7080g", "nrf9160", "ec25", "lara-r211"];

/// Mishaps that break a line in a way that nobody can see: what was read then is not judged.
const UNSEEN: [&str; 2] = ["drop", "urc-inside"];

/// Columns that depend on what happened, and are not compared: a clock goes on, and each ping takes its own time, or is
/// lost; a step helps, or none is needed; a page is bytes without a form, and garbage that came within it is told from
/// it by nobody; a setting that is refused is said, and left out, as is a signal; what does not tell of the SIM is to
/// be looked at again.
const OPEN: [(&str, &str); 8] = [
    ("modem/clock", "clock"),
    ("data/ping", "time"),
    ("supersim/setup", "ping"),
    ("modem/recover", "helped"),
    ("data/http-get", "body"),
    ("network/bands", "technology"),
    ("modem/signal", "note"),
    ("modem/sim-state", "remedy"),
];

/// Of these columns what is not known is said so.
const SAID: [(&str, &str, &str); 4] = [
    ("modem/status", "sim", "the modem restarted while AT"),
    ("modem/identify", "note", "the SIM's ICCID could not be read"),
    ("network/cells", "technology", "LTE-M or EC-GSM-IoT"),
    ("network/cells", "note", "the modem "),
];

/// What scripts must be told, each by those that have such a param.
const GIVEN: [(&str, &str); 9] = [
    ("message", "hello"),
    ("to", "2936"),
    ("commands", "+NOSUCH +CSQ +CESQ"),
    ("network", "23415"),
    ("kind", "technology"),
    ("host", "echo.example"),
    ("port", "7"),
    ("broker", "broker.example"),
    ("topic", "a/b"),
];

/// Far beyond what a script that heeds its deadlines takes: ten minutes for a network, each answer late, each retry
/// used.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// A modem that the test still has when the script has ended.
#[derive(Clone)]
struct Modem(Arc<Mutex<Simulator>>);

impl Modem {
    fn state(&self) -> MutexGuard<'_, Simulator> {
        self.0.lock().unwrap()
    }
}

impl Device for Modem {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.state().receive(bytes, now);
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        self.state().advance(now, out);
    }

    fn next(&self) -> Option<Duration> {
        self.state().next()
    }

    fn gone(&self) -> Option<Fault> {
        self.state().gone()
    }

    fn control(&mut self, control: Control, now: Duration) {
        self.state().control(control, now);
    }
}

/// Runs it on the modem of that address.
fn play(program: &Arc<Program>, model: &str, options: &str) -> (Outcome, Modem) {
    let simulator = Simulator::new(model, Options::parse(options).unwrap()).unwrap();
    let modem = Modem(Arc::new(Mutex::new(simulator)));
    let port = Memory::in_virtual_time(modem.clone(), &Cancel::new().unwrap());
    let given = GIVEN.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inputs = Inputs { variables: given.into(), yes: true, ..Inputs::default() };
    let mut conversation = Conversation::new(Box::new(port), &Catalogue);
    (run(program, &mut conversation, &inputs, &mut Silent), modem)
}

/// What is wrong with how it ended on a modem that misbehaves. `right`: how it may end, as modems that do not have
/// told.
fn judge(script: &LibraryScript, right: &[Outcome], outcome: &Outcome, shared: &Modem) -> Option<String> {
    let knows = |name: &str| shared.state().named(name);
    if outcome.elapsed > LONGEST {
        return Some(format!("took {:?}", outcome.elapsed));
    }
    let sent: u32 = knows("messages-sent").parse().unwrap();
    if sent > 1 {
        return Some(format!("sent {sent} messages"));
    }
    if knows("pin-left") != "3" {
        return Some("used up an attempt at the PIN".into());
    }
    let mishaps = knows("chaos");
    // These tell what came, a modem's trouble with it.
    let tells_trouble = ["network/survey", "modem/silence", "supersim/diagnose"].contains(&script.name);
    if outcome.status != Status::Passed || tells_trouble || UNSEEN.iter().any(|unseen| mishaps.contains(unseen)) {
        return None;
    }
    let wanted: &[(&str, &str)] = match script.name {
        "supersim/set-apn" => &[("defined-apn", "super")],
        "supersim/check-registration" => &[("stat", "5")],
        "supersim/setup" => &[("stat", "5"), ("defined-apn", "super")],
        "supersim/sms-send" | "sms/send" => &[("messages-sent", "1")],
        _ => &[],
    };
    for (name, value) in wanted {
        if knows(name) != *value {
            return Some(format!("passed, and {name} is {:?}", knows(name)));
        }
    }
    // Of what it was not told a script says so (why, or what it may be), or leaves the column empty.
    let is_open = |name: &str, said: &str| {
        let is_said =
            SAID.iter().any(|(its, column, why)| (*its, *column) == (script.name, name) && said.starts_with(why));
        matches!(said, "" | "unknown") || said.starts_with("AT") || is_said || OPEN.contains(&(script.name, name))
    };
    let is_right = |name: &String, value| {
        right.iter().flat_map(|it| &it.report).any(|known| (&known.0, &known.1) == (name, value))
    };
    let wrong =
        outcome.report.iter().find(|(name, value)| !is_open(name, &value.to_string()) && !is_right(name, value));
    wrong.map(|(name, value)| format!("passed, and {name} is {value}"))
}

fn seeds() -> std::ops::Range<u32> {
    let named = std::env::var("SEEDS").unwrap_or_default();
    match named.split_once("..") {
        Some((first, end)) => first.parse().unwrap()..end.parse().unwrap(),
        None => 0..named.parse().unwrap_or(36),
    }
}

#[test]
fn no_script_passes_wrongly_or_outlives_its_deadline() {
    let mut failures = Vec::new();
    for script in scripts() {
        let program = check(&script.source(), &Library::default()).program.unwrap();
        for (place, model) in MODELS.iter().enumerate() {
            // Some come up off the air.
            let options = "signal=20&cfun=1&register=0";
            // Where AT+CSQ is refused, AT+CESQ is a way.
            let right = ["", "&fault=error:CSQ"].map(|fault| play(&program, model, &format!("{options}{fault}")).0);
            if right.iter().any(|calm| calm.status != Status::Passed) {
                continue;
            }
            for seed in seeds().filter(|seed| *seed as usize % MODELS.len() == place) {
                let options = format!("{options}&fault=chaos:{seed}");
                let (outcome, shared) = play(&program, model, &options);
                if let Some(wrong) = judge(script, &right, &outcome, &shared) {
                    let mishaps = shared.state().named("chaos");
                    failures.push(format!("{} on sim:{model}?{options} ({mishaps}): {wrong}", script.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}
