//! The guards, as a user meets them: each command is a run of its own, and what it has cost the SIM is known to the
//! next. A simulated modem behind TCP is a real one to them.

use std::fs;
use std::process::{Command, Stdio};

use crate::folder::Folder;
use crate::simulated::Simulated;

struct Bench {
    folder: Folder,
    modem: Simulated,
}

impl Bench {
    fn new(modem: Simulated) -> Bench {
        Bench { folder: Folder::new(), modem }
    }

    /// Runs `hayes`, and gives its exit code and all that it says.
    fn hayes(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(arguments).args(["-p", self.modem.port()]).stdin(Stdio::null()).current_dir(&self.folder.0);
        command.env("XDG_STATE_HOME", self.folder.0.join("state")).env_remove("HAYES_PORT");
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&told).into_owned())
    }

    fn script(&self, text: &str, more: &[&str]) -> (i32, String) {
        fs::write(self.folder.0.join("script.hayes"), text).unwrap();
        self.hayes(&[&["run", "script.hayes"], more].concat())
    }

    fn kept(&self) -> String {
        fs::read_to_string(self.folder.0.join("state/hayes/guards.json")).unwrap_or_default()
    }
}

fn holds((exit, told): &(i32, String), wanted: i32, texts: &[&str]) {
    assert_eq!(*exit, wanted, "{told}");
    let in_one_line = told.replace("\n  │ ", " ").replace("\n        ", " ");
    texts.iter().for_each(|text| assert!(in_one_line.contains(text), "no {text} in:\n{told}"));
}

#[test]
fn a_wrong_pin_is_tried_once_in_all_runs() {
    let bench = Bench::new(Simulated::on_tcp("bg96?pin=4321"));
    let first = bench.hayes(&["at", "AT+CGMM", "AT+CPIN=1111"]);
    holds(
        &first,
        1,
        &[
            "which SIM is it, and how many tries are left?",
            "AT+QCCID",
            "AT+QPINC=\"SC\"",
            "AT+CPIN=1111 answered ERROR",
        ],
    );
    let again = bench.hayes(&["at", "AT+CGMM", "AT+CPIN=\"1111\""]);
    holds(&again, 1, &["hayes::run::pin-guard", "this PIN has failed on the SIM", "--allow pin"]);
    // The modem was not asked to try it.
    assert!(!again.1.contains("ERROR"), "{}", again.1);
    holds(&bench.hayes(&["at", "AT+CMEE=2", "AT+CGMM", "AT+CPIN=2222"]), 1, &["Incorrect password"]);
    holds(&bench.hayes(&["at", "AT+CGMM", "AT+CPIN=3333"]), 1, &["hayes::run::pin-guard", "one try left"]);
    holds(&bench.hayes(&["at", "AT+CPIN?"]), 0, &["SIM PIN"]);
    assert!(bench.kept().contains("89"), "by its ICCID: {}", bench.kept());
    holds(&bench.hayes(&["at", "--allow", "pin", "AT+CGMM", "AT+CPIN=4321"]), 0, &["OK"]);
}

#[test]
fn a_script_that_restarts_a_modem_again_and_again_is_stopped() {
    let bench = Bench::new(Simulated::on_tcp("generic?boot=0s"));
    let script = "AT+CCID\nAT+CFUN=4\nAT+CFUN=1\n";
    (0..4).for_each(|_| holds(&bench.script(script, &[]), 0, &["passed"]));
    let fifth = bench.script(script, &[]);
    holds(&fifth, 1, &["hayes::run::network-guard", "4 times within an hour", "--allow network"]);
    holds(&bench.script(script, &["--allow", "network"]), 0, &["passed"]);
    // What puts things right at the end is sent.
    holds(&bench.script("AT+CCID\nfinally {\n  AT+COPS=0\n}\n", &[]), 0, &["passed"]);
    // `try` and `retry` do not take it.
    holds(&bench.script("AT+CCID\nretry 3 {\n  try {\n    AT+COPS=0\n  }\n}\n", &[]), 1, &["network-guard"]);
}

#[test]
fn an_imei_is_not_written_unless_the_user_says_so() {
    let bench = Bench::new(Simulated::on_tcp("bg96"));
    let script = "unsafe \"it has lost it\" {\n  AT+EGMR=1,7,\"351234561234567\"\n}\n";
    holds(&bench.script(script, &[]), 1, &["hayes::run::illegal", "crime", "--allow illegal"]);
    let allowed = bench.script(script, &["--allow", "illegal"]);
    assert!(!allowed.1.contains("hayes::run::illegal"), "{}", allowed.1);
    // `--allow` alone is not enough.
    holds(&bench.script("AT+EGMR=1,7,\"351234561234567\"\n", &["--allow", "illegal"]), 3, &["needs-unsafe"]);
}

#[test]
fn a_line_that_is_sent_in_pieces_is_judged_whole() {
    let bench = Bench::new(Simulated::on_tcp("bg96?pin=4321"));
    for pieces in [
        r#"send raw "AT+CP"\nsend raw "IN=\"1111\"\r""#,
        r#"send raw "a"\nsend raw "t+cpin="\nsend "1111""#,
        r#"send raw "AT+CPIN=1111"\nAT"#,
        r#"send raw "AT+CX\x08PIN=1111\r""#,
        r#"send raw "AT\rAT+CPIN=1111\r""#,
        r#"send "At+CPIN=1111""#,
    ] {
        let told = bench.script(&pieces.replace(r"\n", "\n"), &[]);
        holds(&told, 1, &["hayes::run::pin-guard", "no whole command line"]);
    }
    holds(
        &bench.script("send raw \"AT+EG\"\nsend raw \"MR=1,7,\\\"351234561234567\\\"\\r\"\n", &[]),
        1,
        &["needs-unsafe"],
    );
    // A modem skips blanks.
    for line in ["AT+CPIN= 1111", "AT + CPIN=1111", "A T+CPIN=1111", r#"AT+C PIN = \"1111\""#] {
        let told = bench.script(&format!("send \"{line}\"\n  expect OK\n"), &[]);
        holds(&told, 1, &[]);
        assert!(told.1.contains("hayes::run::pin-guard") || told.1.contains("how many tries are left?"), "{}", told.1);
    }
    for line in [r#"AT +EGMR =1,7,\"490154203237518\""#, "A T+EGMR=1,7,490154203237518", "AT + Q F A S T B O O T"] {
        let by_value = format!("set x = \"{line}\"\nsend \"${{x}}\"\n  expect OK\n");
        holds(&bench.script(&by_value, &[]), 1, &["needs-unsafe"]);
        holds(&bench.script(&format!("send \"{line}\"\n  expect OK\n"), &[]), 3, &["needs-unsafe"]);
    }
    // What puts things right at the end uses up no try, and writes no IMEI.
    let last = "AT\nfinally {\n  unsafe \"x\" {\n    AT+EGMR=1,7,\"490154203237518\"\n  }\n}\n";
    holds(&bench.script(last, &[]), 1, &["hayes::run::illegal"]);
    for imei in ["AT+NOBODY=1,\"490154203237518\"", "AT+XIMEI=12,34,56,78,90,12,34,52"] {
        holds(&bench.script(imei, &[]), 3, &["needs-unsafe", "looks as if it writes an IMEI"]);
    }
    // What is sent in pieces is sent; an answer ends a line, and the other end of a connection takes none.
    let harmless = "send raw \"AT+C\"\nsend raw \"GMM\\r\"\n  expect OK\nsend raw \"AT+CP\"\nAT\n  expect ERROR\nsend \"IN=1\"\nAT\n";
    let bench = Bench::new(Simulated::on_tcp("generic"));
    holds(&bench.script(harmless, &[]), 0, &["passed"]);
    let again = "AT+CCID\nrepeat 5 {\n  send raw \"AT+CF\"\n  send raw \"UN=4\\r\"\n    expect OK\n  send \"AT+CFUN=1\"\n    expect OK\n}\n";
    holds(&bench.script(again, &[]), 1, &["network-guard", "4 times within an hour"]);
}

#[test]
fn writes_to_flash_are_counted() {
    let bench = Bench::new(Simulated::on_tcp("bg96?boot=0s"));
    let script = "AT+CGSN\nAT+CGDCONT=1,\"IP\",\"super\"\nAT+CGDCONT?\nAT+QCFG=\"nwscanmode\",3,1\n";
    holds(&bench.script(script, &["--json"]), 0, &["\"flash_writes\":2", "\"flash_writes_in_all\":2"]);
    holds(&bench.script(script, &[]), 0, &["2 writes to flash (4 in all)"]);
}

#[test]
fn a_simulated_modem_leaves_no_trace() {
    for port in ["sim:bg96?pin=4321&time=virtual", "generic?boot=0s"] {
        let is_device = !port.starts_with("sim:");
        let bench = Bench::new(Simulated::on_terminal(if is_device { port } else { "generic" }));
        let script = "repeat 6 {\n  AT+CFUN=4\n  AT+CFUN=1\n}\n";
        fs::write(bench.folder.0.join("script.hayes"), script).unwrap();
        // The later port is taken.
        let told = match is_device {
            true => bench.hayes(&["run", "script.hayes"]),
            false => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
                command.args(["run", "script.hayes", "-p", port]).current_dir(&bench.folder.0);
                let output = command.env("XDG_STATE_HOME", bench.folder.0.join("state")).output().unwrap();
                (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
            }
        };
        holds(&told, 0, &["passed"]);
        assert_eq!(bench.kept(), "", "{port}");
    }
}

#[test]
fn a_file_that_is_broken_or_cannot_be_written_stops_nothing() {
    let bench = Bench::new(Simulated::on_tcp("generic?boot=0s"));
    let folder = bench.folder.0.join("state/hayes");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("guards.json"), "{\"sims\":").unwrap();
    let script = "AT+CCID\nAT+CFUN=4\nAT+CFUN=1\nAT+COPS=0\n";
    let told = bench.script(script, &[]);
    holds(&told, 0, &["guards.json is broken"]);
    assert_eq!(told.1.matches("guards.json").count(), 1, "{}", told.1);
    assert!(bench.kept().contains("searches"), "{}", bench.kept());
    // A folder that is a file: a home that cannot be written, for root too.
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    let told = bench.script(script, &[]);
    holds(&told, 0, &["cannot be kept for later runs"]);
    assert_eq!(told.1.matches("cannot be kept").count(), 1, "{}", told.1);
}
