//! The simulated modem as a computer sees it: bytes in, exact bytes out (`conversations.md`); and that, whatever comes,
//! it neither panics nor grows.

use std::time::Duration;

use hayes::notation;
use hayes::port::{Control, Device};
use hayes::sim::{Options, Simulator, fault_help, models};
use proptest::prelude::*;

struct Computer {
    modem: Simulator,
    now: Duration,
}

impl Computer {
    fn new(address: &str) -> Computer {
        let (model, query) = address.split_once('?').unwrap_or((address, ""));
        let modem = Simulator::new(model, Options::parse(query).unwrap()).unwrap();
        Computer { modem, now: Duration::ZERO }
    }

    /// With a modem without echo.
    fn quiet(address: &str) -> Computer {
        let mut computer = Computer::new(address);
        assert_eq!(computer.ask("ATE0"), "ATE0\r\r\nOK\r\n");
        computer
    }

    fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r").as_bytes())
    }

    fn send(&mut self, bytes: &[u8]) -> String {
        self.modem.receive(bytes, self.now);
        self.pass(Duration::ZERO)
    }

    /// What comes until so much time has passed, with the time jumping from deadline to deadline.
    fn pass(&mut self, time: Duration) -> String {
        let end = self.now + time;
        let mut out = Vec::new();
        if !time.is_zero() {
            while let Some(next) = self.modem.next().filter(|next| *next <= end) {
                self.now = self.now.max(next);
                self.modem.advance(self.now, &mut out);
            }
        }
        self.now = end;
        self.modem.advance(self.now, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn say(&mut self, said: &str) -> String {
        let time = |unit: &str| said.strip_suffix(unit)?.parse().ok();
        if said == "[gone]" {
            return if self.modem.gone().is_some() { "yes".into() } else { "no".into() };
        }
        if let Some(text) = said.strip_prefix('"') {
            let text = text.strip_suffix('"').unwrap().replace('|', "\r\n");
            self.send(&notation::unescape(&text).unwrap())
        } else if let Some(time) = time("ms").map(Duration::from_millis).or(time("s").map(Duration::from_secs)) {
            self.pass(time)
        } else if said == "[dtr off]" {
            self.modem.control(Control::Dtr(false), self.now);
            self.pass(Duration::ZERO)
        } else {
            self.ask(said)
        }
    }
}

fn shown(heard: &str) -> String {
    let heard = heard.replace("\r\n", "|");
    let mut shown = String::new();
    notation::escape(&mut shown, heard.trim_end_matches(' ').as_bytes());
    if heard.ends_with(' ') { shown + "\\s" } else { shown }
}

/// Whether it is what stands in a conversation, where `…` is anything.
fn fits(heard: &str, expected: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else { return heard == expected };
    let (middle, end) = rest.rsplit_once('…').unwrap_or(("", rest));
    let Some(mut left) = heard.strip_prefix(start).and_then(|left| left.strip_suffix(end)) else { return false };
    middle.split('…').all(|part| match left.split_once(part) {
        Some((_, after)) => {
            left = after;
            true
        }
        None => false,
    })
}

#[test]
fn conversations() {
    let mut failures = Vec::new();
    let (mut computer, mut refuses) = (None, false);
    for (number, line) in (1..).zip(include_str!("conversations.md").lines()) {
        if let Some(fence) = line.strip_prefix("```") {
            let address = fence.rsplit_once("sim:");
            computer = address.map(|(echo, address)| match echo {
                "" => Computer::quiet(address),
                _ => Computer::new(address),
            });
            refuses = fence == "addresses";
        } else if refuses {
            let (address, expected) = line.split_once(" => ").unwrap();
            let (model, query) = address.split_once('?').unwrap_or((address, ""));
            let wrong = Options::parse(query).and_then(|options| Simulator::new(model, options)).unwrap_err();
            let error = format!("{}: {}", wrong.message, wrong.help.unwrap_or_default());
            if !fits(&error, expected) {
                failures.push(format!("conversations.md:{number}: {address} => {error}"));
            }
        } else if let Some(computer) = computer.as_mut().filter(|_| !line.starts_with("# ")) {
            let (said, expected) =
                line.split_once(" =>").map_or((line, None), |(said, heard)| (said, Some(heard.trim())));
            let heard = shown(&computer.say(said));
            if expected.is_some_and(|expected| !fits(&heard, expected)) {
                failures.push(format!("conversations.md:{number}: {said} => {heard}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_seed_gives_another_modem_with_the_same_ways() {
    let run = |seed: u32| {
        let mut computer = Computer::new(&format!("bg96?seed={seed}&fault=urc,garbage,chunks,nul,echo-garbled"));
        ["AT", "AT+CSQ", "AT+CREG?", "ATI"]
            .map(|command| computer.ask(command) + &computer.pass(Duration::from_secs(1)))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let identity = |seed: u32| Computer::quiet(&format!("bg96?seed={seed}")).ask("AT+CGSN;+CIMI;+CCID");
    assert_eq!(identity(1), identity(1));
    assert_ne!(identity(1), identity(2));
}

fn commands_of(model: &str) -> Vec<String> {
    Computer::quiet(model).ask("AT+CLAC").split_whitespace().map(str::to_owned).collect()
}

/// A line end in a profile is one on the wire.
#[test]
fn answers_of_several_lines() {
    for model in models() {
        for command in commands_of(model.name).iter().filter(|word| word.starts_with("AT")) {
            for form in ["", "=?"] {
                // Each of a modem of its own: some end the conversation.
                let answer = Computer::quiet(model.name).ask(&format!("{command}{form}"));
                assert!(!answer.contains("\\n"), "{}: {command}{form}: {answer}", model.name);
            }
        }
    }
}

// Whatever comes

fn input() -> impl Strategy<Value = Vec<u8>> {
    use proptest::collection::vec;
    use proptest::sample::select;
    let forms = vec!["", "?", "=?", "=", "=1", "=1,1", "=\"SC\",2", "=0,\"x\"", "=\"2936\"", "=23", ";"];
    let names: Vec<String> = models().flat_map(|model| commands_of(model.name)).collect();
    let command = (select(names), select(forms), select(vec!["\r", "\r\n", ";", ""]));
    let keys = vec![&b"\x1A"[..], b"\x1B", b"+++", b"A/", b"ATD*99#\r", b"ATS3=1\r", b"AT&F\r"];
    let piece = prop_oneof![
        4 => command.prop_map(|(name, form, end)| format!("{name}{form}{end}").into_bytes()),
        2 => vec(any::<u8>(), 0..40),
        1 => select(keys).prop_map(<[u8]>::to_vec),
        1 => vec(select(b"AT+\",=1\r".to_vec()), 0..60),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn address() -> impl Strategy<Value = (&'static str, String)> {
    let example = |[name, arguments, _]: [&str; 3]| {
        let arguments = arguments.replace(['[', ']'], "").replace(":WHICH", "");
        name.to_owned() + &arguments.replace(":D", ":1s").replace(":N", ":3").replace(":CODE", ":30")
    };
    let faults: Vec<String> = fault_help().map(example).collect();
    let models: Vec<&str> = models().map(|model| model.name).collect();
    (proptest::sample::select(models), proptest::sample::subsequence(faults, 0..4), any::<u32>())
        .prop_map(|(model, faults, seed)| (model, format!("seed={seed}&sms=hello&fault={}", faults.join(","))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes((model, options) in address(), input in input(), piece in 1_usize..50) {
        let mut modem = Simulator::new(model, Options::parse(&options).unwrap()).unwrap();
        let mut now = Duration::ZERO;
        let mut out = Vec::new();
        for bytes in input.chunks(piece) {
            modem.receive(bytes, now);
            for _ in 0..5 {
                modem.advance(now, &mut out);
                if let Some(next) = modem.next() {
                    prop_assert!(next >= Duration::ZERO);
                    now = now.max(next);
                }
            }
            // No answer is longer than the list of all commands, by far.
            prop_assert!(out.len() < 256 * 1024, "{} bytes", out.len());
            out.clear();
        }
    }

    #[test]
    fn a_cut_changes_nothing(input in input(), piece in 1_usize..20) {
        let run = |piece: usize| {
            let mut modem = Simulator::new("generic", Options::parse("signal=17").unwrap()).unwrap();
            let mut out = Vec::new();
            for bytes in input.chunks(piece) {
                modem.receive(bytes, Duration::ZERO);
                modem.advance(Duration::ZERO, &mut out);
            }
            out
        };
        prop_assert_eq!(run(1), run(piece));
    }
}

#[test]
fn a_computer_that_only_writes() {
    let mut modem = Simulator::new("bg96", Options::default()).unwrap();
    for _ in 0..2_000 {
        modem.receive(&b"AT+CLAC\rATI\r".repeat(50), Duration::ZERO);
        assert!(modem.room() <= 8 * 1024);
    }
    let mut out = Vec::new();
    let mut total = 0;
    while modem.next().is_some_and(|next| next.is_zero()) {
        modem.advance(Duration::ZERO, &mut out);
        assert!(out.len() < 64 * 1024, "{}", out.len());
        total += out.len();
        out.clear();
    }
    assert!(total < 4 * 1024 * 1024, "{total}");
}

#[test]
fn time_that_jumps_far_or_back() {
    let mut modem = Simulator::new("generic", Options::default()).unwrap();
    let mut out = Vec::new();
    modem.advance(Duration::from_secs(1_000_000_000), &mut out);
    modem.receive(b"AT+CCLK?\r", Duration::ZERO);
    modem.advance(Duration::MAX, &mut out);
    modem.receive(b"AT+CCLK?;+COPS=?\r", Duration::MAX);
    modem.advance(Duration::MAX, &mut out);
    assert!(String::from_utf8(out).unwrap().contains("+CCLK: "));
}

/// Ten thousand modems fit into one process: about 7 KiB each, and what other tests take at the same time counts too.
#[cfg(target_os = "linux")]
#[test]
fn a_modem_is_small() {
    let resident = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let before = resident();
    let mut out = Vec::new();
    let modems: Vec<Simulator> = (0..5_000)
        .map(|seed| {
            let mut modem = Simulator::new("bg96", Options::parse(&format!("seed={seed}")).unwrap()).unwrap();
            modem.receive(b"ATE0\rAT+CLAC\rAT+CMEE=2;+CREG=2;+CMGF=1;+CNMI=2,1\r", Duration::ZERO);
            modem.advance(Duration::from_secs(10), &mut out);
            out.clear();
            modem
        })
        .collect();
    let each = resident().saturating_sub(before) / modems.len();
    assert!(each < 32 * 1024, "{each} bytes");
}

/// What a `hayes sim` in another process answers is called simulated in results; a script may require it, or refuse it.
#[test]
#[cfg(target_os = "linux")]
fn a_simulator_in_another_process_is_told() {
    use std::fs;
    use std::process::Command;

    use crate::folder::Folder;
    use crate::simulated::Simulated;

    for modem in [Simulated::on_terminal("bg96"), Simulated::on_tcp("bg96")] {
        let folder = Folder::new();
        fs::write(folder.0.join("real.hayes"), "requires real, \"it costs\"\nAT+CFUN=0\n").unwrap();
        fs::write(folder.0.join("simulated.hayes"), "requires simulated\nAT\n").unwrap();
        fs::write(folder.0.join("modems.toml"), format!("[[modem]]\nname = \"a\"\nport = \"{}\"\n", modem.port()))
            .unwrap();
        let hayes = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
            let output = command.args(arguments).current_dir(&folder.0).env_remove("HAYES_PORT").output().unwrap();
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
        };
        let at = |arguments: &[&str]| hayes(&[arguments, &["-p", modem.port(), "--json", "-q"]].concat());
        for told in [
            at(&["at", "AT"]),
            at(&["run", "simulated.hayes"]),
            hayes(&["batch", "simulated.hayes", "-i", "modems.toml", "--json", "-o", "out"]),
        ] {
            assert!(told.contains("\"simulated\":true") && told.contains("passed"), "{told}");
        }
        let refused = at(&["run", "real.hayes"]);
        assert!(refused.contains("requires a real modem, and this one is simulated: it costs"), "{refused}");
        assert!(refused.contains("\"exchanges\":0"), "{refused}");
    }
}
