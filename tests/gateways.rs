//! `hayes agent` and `hayes fleet` over a folder, with processes that are killed, stopped and copied. The numbers are
//! those of the table of faults in docs/src/fleet.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::fleet::{Fleet, Manner};
use crate::peers::installed;

/// Asks alone: it may run again.
const ASKS: &str = "AT\nAT+CSQ\n  capture rssi:int, ber:int\n";
/// Changes something each time.
const CHANGES: &str = "AT\nAT+CFUN=1\nAT+CSQ\n  capture rssi:int, ber:int\n";

/// A folder with an operator's side, a carrier, a script, and gateways.
pub(crate) struct Field {
    pub(crate) folder: PathBuf,
    pub(crate) carrier: String,
    /// What it is called, and where its operator keeps what he has
    pub(crate) fleet: &'static str,
    pub(crate) state: &'static str,
    operator: String,
    pub(crate) inventory: String,
}

/// A process that is ended with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Field {
    pub(crate) fn new(name: &str, script: &str, init: &[&str]) -> Field {
        let folder = std::env::temp_dir().join(format!("hayes-gateways-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("script.hayes"), script).unwrap();
        let carrier = "dir:carrier".to_owned();
        let (operator, inventory) = (String::new(), String::new());
        let mut field = Field { folder, carrier, fleet: "fleet", state: "state", operator, inventory };
        field.init(init);
        field
    }

    /// Makes the operator's side, or makes it once more.
    pub(crate) fn init(&mut self, more: &[&str]) {
        let made = self.run(&[&["fleet", "init", "--fleet", self.fleet, "--carrier", &self.carrier], more].concat());
        self.operator = text(&made.stdout).trim().to_owned();
        assert!(self.operator.starts_with('O'), "{}", text(&made.stderr));
    }

    /// Enrols a gateway with these modems.
    pub(crate) fn gateway(&mut self, name: &str, ports: &[&str]) {
        let enroll = ["agent", "enroll", "--fleet", self.fleet, "--name", name, "--operator", &self.operator];
        let made = self.run(&[&enroll[..], &["--state", name]].concat());
        self.inventory.push_str(&text(&made.stdout));
        for (number, port) in ports.iter().enumerate() {
            let modem = format!("[[modem]]\nname = \"{name}-{number}\"\ngateway = \"{name}\"\nport = \"{port}\"\n");
            self.inventory.push_str(&modem);
        }
        fs::write(self.folder.join("fleet.toml"), &self.inventory).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(arguments).current_dir(&self.folder).env("XDG_STATE_HOME", self.folder.join(self.state));
        command.env_remove("HAYES_CARRIER").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Tells the gateways, and does not wait for them.
    pub(crate) fn order(&self, arguments: &[&str]) {
        let run = ["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"];
        let done = self.run(&[&run, arguments].concat());
        assert!(done.status.success(), "{}", text(&done.stderr));
    }

    /// The agent of a folder, once.
    pub(crate) fn once(&self, state: &str) -> Output {
        self.run(&["agent", "--once", "--carrier", &self.carrier, "--state", state])
    }

    /// The agent of a folder; what it says goes into a file.
    pub(crate) fn agent(&self, state: &str) -> Running {
        let mut command = self.command(&["agent", "--carrier", &self.carrier, "--state", state]);
        Running(command.stderr(fs::File::create(self.file(&format!("{state}.log"))).unwrap()).spawn().unwrap())
    }

    fn said(&self, state: &str) -> String {
        fs::read_to_string(self.file(&format!("{state}.log"))).unwrap_or_default()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn ledger(&self, run: &str) -> PathBuf {
        self.file(&format!("{}/hayes/fleet/runs/{run}/results.jsonl", self.state))
    }

    pub(crate) fn watch(&self) -> Output {
        self.run(&["fleet", "watch"])
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Of each modem the statuses of its lines, where a gateway has sent them.
pub(crate) fn ended(ledger: &Path) -> BTreeMap<String, Vec<String>> {
    let mut ended: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(ledger).unwrap_or_default().lines() {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        if line["mark"].is_string() {
            let modem = line["modem"].as_str().unwrap().to_owned();
            ended.entry(modem).or_default().push(line["status"].as_str().unwrap().to_owned());
        }
    }
    ended
}

/// Waits until it is so.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Running, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.0.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_newcomer_runs_a_script_on_two_gateways() {
    let mut field = Field::new("newcomer", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96"; 3]);
    field.gateway("gw-2", &["sim:bg96"; 3]);
    let _agents = [field.agent("gw-1"), field.agent("gw-2")];
    let run = field.run(&["fleet", "run", "supersim/check-sim", "-i", "fleet.toml", "--carrier", "dir:./carrier"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert!(text(&run.stdout).starts_with("6 modems: 6 passed\n"), "{}", text(&run.stdout));
    let report = field.run(&["report", field.ledger("r1").to_str().unwrap()]);
    assert_eq!(text(&report.stdout), "6 modems: 6 passed\n");
    // What is settled is forgotten at the gateways.
    until("gw-1 forgets", || fs::read_to_string(field.file("gw-1/journal.jsonl")).is_ok_and(|it| it.trim().is_empty()));
    let batch = field.run(&["batch", "script.hayes", "-i", "fleet.toml"]);
    assert_eq!(batch.status.code(), Some(3));
    assert!(text(&batch.stderr).contains("`hayes fleet run` runs a script on the modems of gateways"));
}

/// Fault 1: the agent is ended as by a crash at each point of its journal.
#[test]
fn an_agent_that_is_killed_anywhere_runs_again_only_what_may_run_again() {
    for (script, is_repeatable) in [(ASKS, true), (CHANGES, false)] {
        for point in ["order", "started", "ended", "done", "stored"] {
            let name = format!("killed-{point}-{is_repeatable}");
            let modems = Fleet::new(&[Manner::Good], Duration::from_millis(1));
            let mut field = Field::new(&name, script, &[]);
            field.gateway("gw-1", &[&modems.paths[0]]);
            field.order(&[]);
            let mut agent = field.command(&["agent", "--once", "--carrier", "dir:carrier", "--state", "gw-1"]);
            let killed = agent.env("HAYES_FAIL_POINT", point).output().unwrap();
            assert_eq!(killed.status.code(), None, "{point}: {}", text(&killed.stderr));
            modems.is_nobodys();
            let again = field.once("gw-1");
            assert!(again.status.success(), "{point}: {}", text(&again.stderr));
            field.watch();
            let was_cut = ["started", "ended"].contains(&point) && !is_repeatable;
            let wanted = if was_cut { "interrupted" } else { "passed" };
            let all = ended(&field.ledger("r1"));
            assert_eq!(all, BTreeMap::from([("gw-1-0".to_owned(), vec![wanted.to_owned()])]), "{name}");
            assert!(is_repeatable || modems.total("AT+CFUN=1") <= 1, "{name}");
            if was_cut {
                let retry = field.run(&["fleet", "retry", "r1", "--interrupted"]);
                assert!(retry.status.success(), "{}", text(&retry.stderr));
                assert!(field.once("gw-1").status.success());
                field.watch();
                assert_eq!(ended(&field.ledger("r1"))["gw-1-0"], ["interrupted", "passed"], "{name}");
            }
        }
    }
}

/// Fault 3: the controller is killed while it takes results in, and its last line is torn.
#[test]
fn a_controller_that_is_killed_goes_on_and_takes_none_twice() {
    let mut field = Field::new("controller", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96"; 60]);
    field.order(&[]);
    assert!(field.once("gw-1").status.success());
    let mut watch = Running(field.command(&["fleet", "watch"]).spawn().unwrap());
    until("a line is there", || fs::metadata(field.ledger("r1")).is_ok_and(|known| known.len() > 0));
    watch.0.kill().unwrap();
    watch.0.wait().unwrap();
    let whole = fs::read_to_string(field.ledger("r1")).unwrap();
    // However far it came: what it leaves is the first half of what it wrote, and a part of the next line.
    let lines: Vec<&str> = whole.lines().collect();
    let (before, rest) = lines.split_at(lines.len() / 2);
    let torn = format!("{}\n{}", before.join("\n"), &rest[0][..rest[0].len() / 2]);
    fs::write(field.ledger("r1"), torn.trim_start()).unwrap();
    // It may have been closed before it was killed: then its modems are wanted once more.
    let run = field.file("state/hayes/fleet/runs/r1/run.json");
    fs::write(&run, fs::read_to_string(&run).unwrap().replace("\"closed\":true", "\"closed\":false")).unwrap();
    let output = field.watch();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let all = ended(&field.ledger("r1"));
    assert_eq!(all.len(), 60);
    assert!(all.values().all(|statuses| statuses == &["passed"]), "{all:?}");
}

/// Fault 7, from outside: what is not signed by the operator for this gateway, what is older than what it knows, and a
/// bundle that is another one are told, and nothing is sent to a modem.
#[test]
fn a_forged_order_is_told_and_not_followed() {
    let modems = Fleet::new(&[Manner::Good; 2], Duration::from_millis(1));
    let mut field = Field::new("forged", ASKS, &[]);
    field.gateway("gw-1", &[&modems.paths[0]]);
    field.gateway("gw-2", &[&modems.paths[1]]);
    let order = field.file("carrier/fleet/want/gw-1");
    field.order(&["-l", "gw-1"]);
    let old = fs::read_to_string(&order).unwrap();
    assert!(field.once("gw-1").status.success());
    assert_eq!(modems.total("AT"), 1);
    field.order(&[]);
    let new = fs::read_to_string(&order).unwrap();
    let refused = |why: &str| {
        let output = field.once("gw-1");
        assert!(text(&output.stderr).contains(why), "{why}: {}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(5), "{why}");
        let status = text(&field.run(&["fleet", "status", "gw-1"]).stdout);
        assert!(status.contains(why), "{status}");
        assert_eq!(modems.total("AT"), 1, "{why}");
    };
    let others = fs::read_to_string(field.file("carrier/fleet/want/gw-2")).unwrap();
    for (forged, why) in [
        (new.replace("\"attempt\":1", "\"attempt\":2"), "the order's signature is wrong"),
        (new[..new.len() / 2].to_owned(), "the order's signature is wrong"),
        (new[..20].to_owned(), "the order is cut off"),
        (others, "the order is for gw-2 of fleet"),
    ] {
        fs::write(&order, forged).unwrap();
        refused(why);
    }
    // The bundle is named by the order that is signed: another text under that name is none.
    fs::write(&order, &new).unwrap();
    let hash = new.rsplit_once("\"bundle\":\"").unwrap().1[..64].to_owned();
    let bundle = field.file("carrier/fleet/blob").join(&hash);
    let right = fs::read(&bundle).unwrap();
    fs::write(&bundle, "{}").unwrap();
    let _ = fs::remove_file(field.file("gw-1/blobs").join(&hash));
    refused("has not come whole: the carrier lacks it, or has another text in its place");
    fs::write(&bundle, right).unwrap();
    assert!(field.once("gw-1").status.success());
    assert_eq!(modems.total("AT"), 2);
    fs::write(&order, old).unwrap();
    let told = text(&field.once("gw-1").stderr);
    assert!(told.contains("the order is of epoch 1, and epoch 3 is followed"), "{told}");
    assert_eq!(modems.total("AT"), 2);
}

/// Fault 8: a second agent of one folder, and a folder that was copied.
#[test]
fn a_copy_of_a_gateway_begins_nothing() {
    let mut field = Field::new("copied", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96"]);
    field.gateway("copy", &[]);
    let first = field.agent("gw-1");
    until("it is there", || field.file("carrier/fleet/gw/gw-1").exists());
    let second = field.once("gw-1");
    assert!(text(&second.stderr).contains("another hayes agent has the folder gw-1"), "{}", text(&second.stderr));
    // Another folder with the same name and key, as after an image was written anew.
    fs::copy(field.file("gw-1/key"), field.file("copy/key")).unwrap();
    let who = fs::read_to_string(field.file("copy/agent.json")).unwrap().replace("\"copy\"", "\"gw-1\"");
    fs::write(field.file("copy/agent.json"), who).unwrap();
    drop(first);
    field.order(&[]);
    let copy = field.once("copy");
    assert!(text(&copy.stderr).contains("is gw-1: nothing is begun here"), "{}", text(&copy.stderr));
    assert!(
        ended(&field.ledger("r1")).is_empty()
            && fs::read_dir(field.file("carrier/fleet/res")).unwrap().next().is_none()
    );
    let adopted = field.run(&["fleet", "adopt", "gw-1"]);
    assert!(adopted.status.success(), "{}", text(&adopted.stderr));
    let refused = text(&field.once("gw-1").stderr);
    assert!(refused.contains("has given gw-1 to its next agent: nothing is begun here"), "no way back: {refused}");
    assert!(field.once("copy").status.success());
    assert!(field.watch().status.success());
    assert_eq!(ended(&field.ledger("r1"))["gw-1-0"], ["passed"]);
}

/// Fault 8, of the whole folder: two machines that have the same key and say that they are the same one.
#[test]
fn of_two_copies_of_a_folder_the_one_that_began_last_goes_on() {
    let mut field = Field::new("twins", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96"]);
    let copy = |from: &str, to: &str| {
        assert!(Command::new("cp").arg("-r").args([field.file(from), field.file(to)]).status().unwrap().success());
    };
    let first = field.once("gw-1");
    assert!(first.status.success() && text(&first.stderr).contains("the carrier has no order for gw-1 yet"));
    copy("gw-1", "older");
    field.order(&[]);
    assert!(field.once("gw-1").status.success());
    let refused = |state: &str| {
        let output = field.once(state);
        let said = text(&output.stderr);
        assert!(said.contains("a copy of this folder is the agent of gw-1: nothing is begun here"), "{said}");
        assert_eq!(output.status.code(), Some(5));
    };
    refused("older");
    copy("gw-1", "newer");
    field.order(&[]);
    assert!(field.once("newer").status.success());
    refused("gw-1");
    assert!(field.watch().status.success());
    for run in ["r1", "r2"] {
        assert_eq!(ended(&field.ledger(run))["gw-1-0"], ["passed"], "{run}");
    }
}

/// A carrier that has lost all.
#[test]
fn orders_that_are_lost_are_told_and_told_anew() {
    let mut field = Field::new("lost", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96"]);
    field.gateway("gw-2", &["sim:bg96"]);
    field.order(&[]);
    assert!(field.once("gw-1").status.success());
    fs::remove_dir_all(field.file("carrier")).unwrap();
    let gone = field.run(&["fleet", "status"]);
    assert!(text(&gone.stderr).contains("carrier is not there"), "{}", text(&gone.stderr));
    assert_eq!(gone.status.code(), Some(6));
    fs::create_dir(field.file("carrier")).unwrap();
    let run = ["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"];
    let told = field.run(&run);
    let lost = "the carrier lacks the orders of 2 gateways: they are told anew";
    assert!(text(&told.stderr).contains(lost), "{}", text(&told.stderr));
    for name in ["gw-1", "gw-2"] {
        assert!(field.once(name).status.success(), "what was lost is sent again");
    }
    assert!(field.watch().status.success());
    assert!(field.run(&["fleet", "watch", "r1"]).status.success());
    assert_eq!(ended(&field.ledger("r1")).len() + ended(&field.ledger("r2")).len(), 4);
}

/// Fault 9: an agent that was stopped for longer than its order is fresh, and cannot ask.
#[test]
fn an_agent_that_has_slept_begins_nothing() {
    let mut field = Field::new("slept", "AT\nsleep 1s\nAT\n", &["--valid-for", "3s"]);
    field.gateway("gw-1", &["sim:bg96"; 12]);
    field.order(&["-j", "1"]);
    let agent = field.agent("gw-1");
    let begun =
        || fs::read_to_string(field.file("gw-1/journal.jsonl")).map_or(0, |it| it.matches("{\"started\"").count());
    until("one has begun", || begun() > 0);
    signal(&agent, "-STOP");
    fs::rename(field.file("carrier"), field.file("elsewhere")).unwrap();
    std::thread::sleep(Duration::from_secs(4));
    let before = begun();
    assert!(before < 12);
    signal(&agent, "-CONT");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(begun(), before, "{}", field.said("gw-1"));
    fs::rename(field.file("elsewhere"), field.file("carrier")).unwrap();
    let output = field.watch();
    assert!(output.status.success(), "{} {}", text(&output.stderr), field.said("gw-1"));
    assert_eq!(ended(&field.ledger("r1")).len(), 12);
}

/// Fault 12: the disk of the journal is full.
#[test]
fn a_full_disk_begins_nothing_until_there_is_room() {
    let modems = Fleet::new(&[Manner::Good], Duration::from_millis(1));
    let mut field = Field::new("full", ASKS, &[]);
    let disk = field.file("gw-1");
    fs::create_dir_all(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "no disk can be mounted here");
        return eprintln!("left out: no disk can be mounted here");
    }
    field.gateway("gw-1", &[&modems.paths[0]]);
    field.order(&[]);
    // What fills it leaves room for the order, and none for the journal.
    let fill = disk.join("fill");
    let _ = fs::write(&fill, vec![0; 256 << 10]);
    let agent = field.agent("gw-1");
    until("it says so", || field.said("gw-1").contains("nothing can be written"));
    assert_eq!(modems.total("AT"), 0);
    fs::remove_file(&fill).unwrap();
    let output = field.watch();
    assert!(output.status.success(), "{} {}", text(&output.stderr), field.said("gw-1"));
    assert_eq!(ended(&field.ledger("r1"))["gw-1-0"], ["passed"]);
    drop(agent);
    let _ = Command::new("umount").arg(&disk).output();
}

/// Waves go on, `--max-fail` stops them, a gateway that is not heard is told; a cancelled run begins no more.
#[test]
fn waves_wait_for_those_that_are_heard() {
    let modems = Fleet::new(&[Manner::Good, Manner::Refuses, Manner::Refuses, Manner::Good], Duration::from_millis(1));
    let mut field = Field::new("waves", ASKS, &[]);
    let ports: Vec<&str> = modems.paths.iter().map(String::as_str).collect();
    field.gateway("gw-1", &ports);
    let _agent = field.agent("gw-1");
    let stopped = field.run(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--waves", "1", "--max-fail", "0"]);
    assert_eq!(stopped.status.code(), Some(1), "{}", text(&stopped.stderr));
    assert!(text(&stopped.stderr).contains("(too many have failed)"), "{}", text(&stopped.stderr));
    let all = ended(&field.ledger("r1"));
    assert_eq!(
        (all["gw-1-0"].as_slice(), all["gw-1-1"].as_slice()),
        (["passed".to_owned()].as_slice(), ["failed".to_owned()].as_slice())
    );
    assert_eq!(all.len(), 2);
    assert_eq!(modems.count(3, "AT"), 0);
    // A gateway that is silent blocks no wave for longer than it may.
    field.gateway("gw-2", &["sim:bg96"]);
    let run = ["fleet", "run", "script.hayes", "-i", "fleet.toml", "-l", "gw-1-0,gw-2-0", "--wave-wait", "1s"];
    let output = field.run(&run);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("nothing was heard of its gateway gw-2"), "{}", text(&output.stdout));
    assert!(field.once("gw-2").status.success());
    let later = field.watch();
    assert!(later.status.success() && text(&later.stdout).contains("2 modems: 2 passed"), "{}", text(&later.stdout));
}

/// What is wrong, where it is, and what to do; nothing is kept of it.
#[test]
fn what_is_wrong_with_a_fleet_is_told() {
    let mut field = Field::new("wrong", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96"]);
    fs::write(field.file("file"), "").unwrap();
    let told = |arguments: &str, code: i32, said: &str| {
        let output = field.run(&arguments.split(' ').collect::<Vec<_>>());
        let error = text(&output.stderr);
        assert!(error.contains(said), "{arguments}: {error}");
        assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
    };
    let run = "fleet run script.hayes -i fleet.toml --detach";
    let enroll = format!("agent enroll --name gw-2 --operator {}", field.operator);
    told("fleet watch", 4, "there is no run yet\n  help: `hayes fleet run SCRIPT -i INVENTORY` begins one");
    told("fleet retry r9", 4, "there is no run r9\n  help: `hayes fleet status` lists them");
    told("fleet adopt gw-9", 4, "gw-9 was never heard");
    told("fleet status --state none", 2, "there is no fleet in none\n  help: make it first");
    told("fleet init --carrier ftp://x", 2, "ftp://x is no carrier: dir:FOLDER and tls://HOST are");
    told("fleet init --carrier carrier", 2, "carrier is no carrier: a folder is dir:carrier");
    told(
        "fleet init --carrier dir:file",
        7,
        "file is no folder: move it away\n  help: make it a folder that you may write to",
    );
    told("fleet init --fleet a.b --carrier dir:carrier", 2, "\"a.b\" is no name of a fleet");
    told("fleet init --carrier dir:carrier", 0, "on each gateway");
    told(&format!("{run} --carrier ftp://y"), 2, "ftp://y is no carrier");
    told(
        &format!("{enroll} --state gw-1"),
        7,
        "gw-1 is the folder of the gateway gw-1 of fleet\n  help: its keys would",
    );
    told(&format!("{enroll}A --state gw-2"), 2, "is no key: it begins with O, and has 56 letters and digits");
    told(
        "agent --once --carrier dir:carrier --state none",
        2,
        "none is no gateway's folder\n  help: enrol this gateway",
    );
    told("agent --once --carrier dir:file --state gw-1", 5, "file is no folder");
    told("agent --once --carrier dir:none --state gw-1", 5, "none is not there");
    fs::create_dir_all(field.file("empty")).unwrap();
    told("agent --once --carrier dir:empty --state gw-1", 5, "empty carries no fleet fleet: `hayes fleet init --fleet");
    fs::write(field.file("no-key.toml"), "[[gateway]]\nname = \"gw-9\"\n").unwrap();
    #[cfg(feature = "nats")]
    told("fleet nats-config -i no-key.toml", 3, "gw-9 has no key: `hayes agent enroll` prints it");
    for (flag, code, why) in [
        ("--attaches x", 2, "`x` is not like operator=acme:60/1h"),
        ("--attaches x:0", 2, "`x:0` is not like"),
        ("--attaches x:5/0s", 2, "a second at least"),
        ("--attaches none:5", 4, "none of the run's modems is such"),
        ("--wave-wat 1s", 2, "did you mean --wave-wait?"),
        ("--only part", 2, "the script has no part part, which --only names"),
        ("--file none", 3, "none cannot be read"),
    ] {
        told(&format!("{run} {flag}"), code, why);
    }
    for (from, to, why) in [
        ("key =", "keys =", "a gateway has no key `keys`"),
        ("gateway =", "gatway =", "a modem has no key `gatway`"),
        ("[[gateway]]", "[[gatway]]", "the inventory has no key `gatway`"),
        ("key = \"U", "key = \"O", "the key of gw-1: \"O"),
        ("seal = \"X", "seal = \"", "the seal of gw-1: "),
    ] {
        fs::write(field.file("fleet.toml"), field.inventory.replace(from, to)).unwrap();
        told(run, 3, why);
    }
    fs::write(field.file("fleet.toml"), &field.inventory).unwrap();
    // What was killed while a run was made has left no run.
    fs::create_dir_all(field.file("state/hayes/fleet/runs/r1")).unwrap();
    fs::create_dir_all(field.file("state/hayes/fleet/new-1")).unwrap();
    told("fleet status", 4, "there is no run yet");
    told(&format!("{run} -l gv-1"), 4, "matches no modem, group, gateway or label\n  help: did you mean `gw-1`?");
    told(&format!("{run} -l gw-1"), 0, "r1 goes on");
    assert!(!field.file("state/hayes/fleet/new-1").exists(), "what it has left is removed");
    told("fleet status gw-9", 4, "no run of the fleet has the gateway gw-9");
    assert!(field.once("gw-1").status.success());
    assert!(field.watch().status.success());
    told("fleet retry r1", 0, "r1: no modem of it ended so: none runs once more");
    told("fleet cancel r1", 0, "r1: all of its modems have ended already");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(field.file("gw-1/key"), fs::Permissions::from_mode(0o640)).unwrap();
        told("agent --once --carrier dir:carrier --state gw-1", 7, "(mode 640): chmod 600 gw-1/key");
        fs::set_permissions(field.file("gw-1/key"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for (name, broken, why) in [
        ("runs/r1/run.json", "{", "r1/run.json: it cannot be read: EOF"),
        ("orders.log", "x\ny\n", "orders.log: order 1 cannot be read"),
    ] {
        let file = field.file(&format!("state/hayes/fleet/{name}"));
        let before = fs::read(&file).unwrap();
        fs::write(&file, broken).unwrap();
        told("fleet status", 7, why);
        fs::write(&file, before).unwrap();
    }
    fs::rename(field.file("state/hayes/fleet/key"), field.file("key")).unwrap();
    told("fleet status", 7, "fleet/key: No such file or directory (os error 2): put it back;");
    fs::rename(field.file("key"), field.file("state/hayes/fleet/key")).unwrap();
    fs::write(field.file("gw-1/key"), "12").unwrap();
    told("agent --once --carrier dir:carrier --state gw-1", 7, "gw-1/key: it holds no key of 64 digits");
}

/// What a person reads of a modem that is another one, of two results of one attempt, and of an order that came late.
#[test]
fn what_became_of_a_modem_is_told_with_what_to_do() {
    let mut field = Field::new("told", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    field.inventory.push_str("imei = \"866425034953457\"\n");
    field.gateway("gw-2", &["sim:bg96?time=virtual"]);
    let told = |arguments: &[&str], exit: i32, said: &[&str]| {
        let output = field.run(arguments);
        let all = text(&[output.stdout, output.stderr].concat());
        said.iter().for_each(|said| assert!(all.contains(said), "{arguments:?}: {all}"));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {all}");
    };
    field.order(&["-l", "gw-1"]);
    assert!(field.once("gw-1").status.success());
    told(&["fleet", "watch"], 1, &["is on this port in place of IMEI 866425034953457", "help: cables may have been"]);
    // Another result of an attempt that has one, as of a folder that was copied
    field.order(&["-l", "gw-2"]);
    assert!(field.once("gw-2").status.success());
    told(&["fleet", "watch"], 0, &["1 modem: 1 passed"]);
    let results = field.file("carrier/fleet/res");
    let run: Vec<PathBuf> = fs::read_dir(&results).unwrap().map(|it| it.unwrap().path()).collect();
    let run = run.into_iter().find(|run| run.file_name().unwrap().to_str().unwrap().starts_with("r2-")).unwrap();
    let result = run.join("gw-2/gw-2-0.1");
    let other = fs::read_to_string(&result).unwrap().replace("\"exchanges\":", "\"exchanges\":9");
    fs::write(&result, other).unwrap();
    let kept = "runs/r2/conflicts/gw-2.gw-2-0.1";
    told(&["fleet", "watch"], 0, &["conflict; was the gateway's folder copied, or put back as it was?", kept]);
    told(&["fleet", "status"], 0, &["r2: 1 passed script.hayes; 1 result not taken, in ", "runs/r2/conflicts\n"]);
    // A gateway that comes when the order's time is over, and says so
    field.order(&["-l", "gw-2", "--not-after", "1s"]);
    std::thread::sleep(Duration::from_millis(1100));
    let late = "run r3 was to be begun before ";
    assert!(text(&field.once("gw-2").stderr).contains(late));
    told(&["fleet", "status"], 0, &[late]);
    let help = "help: begin another run of it; `--not-after` says how long it waits for gateways";
    told(&["fleet", "watch"], 5, &["its gateway gw-2 did not come before", help]);
    told(&["fleet", "retry", "r3"], 0, &["r3: its time was over at ", "`hayes fleet run` begins another run"]);
    let status = text(&field.run(&["fleet", "status"]).stdout);
    assert!(status.contains("r3: 1 expired"), "{status}");
}

/// A folder in which a file stands in place of a folder, or that another user owns: the run ends, and is kept.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_order_ends_the_run_which_is_kept() {
    let mut field = Field::new("takes-none", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    let run = ["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"];
    let refused = |output: Output, why: &str, kept: &str| {
        let said = text(&output.stderr);
        assert!(said.contains(why) && said.contains(kept), "{said}");
        assert_eq!(output.status.code(), Some(6), "{said}");
    };
    let want = field.file("carrier/fleet/want");
    fs::remove_dir(&want).unwrap();
    fs::write(&want, "").unwrap();
    refused(field.run(&run), "carrier/fleet/want is no folder: move it away", "r1 is kept, and begins once");
    assert!(text(&field.once("gw-1").stderr).contains("carrier/fleet/want is no folder: move it away"));
    fs::remove_file(&want).unwrap();
    // Root may write everywhere.
    let is_root = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&field.folder).unwrap()) == 0;
    let as_another = |arguments: &[&str]| {
        if !is_root {
            return field.run(arguments);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", env!("CARGO_BIN_EXE_hayes")]);
        command.args(arguments).current_dir(&field.folder).env("XDG_STATE_HOME", field.file("state"));
        command.env_remove("HAYES_CARRIER").output().unwrap()
    };
    let shell = |line: &str| {
        assert!(Command::new("sh").args(["-c", line]).current_dir(&field.folder).status().unwrap().success())
    };
    shell("mkdir carrier/fleet/want");
    shell(if is_root { "chown -R 65534:65534 ." } else { "true" });
    shell("chmod a-w carrier/fleet/want carrier/fleet/tmp");
    let why = "Permission denied (os error 13): this user has to read and to write in ";
    refused(as_another(&run), why, "r2 is kept");
    refused(as_another(&["fleet", "cancel", "r2"]), why, "`hayes fleet watch r2` tries again");
    let once = ["agent", "--once", "--carrier", "dir:carrier", "--state", "gw-1"];
    let told = as_another(&once);
    assert!(text(&told.stderr).contains(why), "{}", text(&told.stderr));
    shell("chmod u+w carrier/fleet/want carrier/fleet/tmp");
    shell("chmod a-w state/hayes/fleet gw-1");
    let kept = as_another(&run);
    assert!(text(&kept.stderr).contains("state/hayes/fleet/"), "it names the file: {}", text(&kept.stderr));
    let kept = as_another(&once);
    assert!(
        text(&kept.stderr).contains("gw-1/session: Permission denied"),
        "it names the file: {}",
        text(&kept.stderr)
    );
    shell("chmod u+w state/hayes/fleet gw-1");
    // It begins when it can, with the next one.
    assert_eq!(as_another(&run).status.code(), Some(0));
    assert_eq!(as_another(&once).status.code(), Some(0));
    let watch = |exit: i32, run: &str| {
        let output = as_another(&["fleet", "watch", run]);
        assert_eq!(output.status.code(), Some(exit), "{}", text(&output.stderr));
    };
    watch(0, "r1");
    watch(5, "r2");
    watch(0, "r3");
}

/// A modem whose gateway was not heard has a line, and another one once it has come: the last one counts, for reports
/// and for `jq` as the docs have it.
#[test]
fn a_modem_that_comes_late_has_a_second_line_that_counts() {
    let mut field = Field::new("late", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    field.gateway("gw-2", &["sim:bg96?time=virtual"]);
    let run = field.run(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--wave-wait", "1s"]);
    assert_eq!(run.status.code(), Some(5), "{}", text(&run.stderr));
    assert!(field.once("gw-1").status.success() && field.once("gw-2").status.success());
    assert!(text(&field.watch().stdout).starts_with("2 modems: 2 passed\n"));
    let ledger = field.ledger("r1");
    assert_eq!(fs::read_to_string(&ledger).unwrap().lines().count(), 4);
    assert_eq!(text(&field.run(&["report", ledger.to_str().unwrap()]).stdout), "2 modems: 2 passed\n");
    if !installed("jq") {
        return;
    }
    let line = include_str!("../docs/src/results.md").lines().find_map(|line| line.strip_prefix("$ jq ")).unwrap();
    let line = format!("cd {} && jq {line} | jq -r .status", ledger.parent().unwrap().display());
    let last = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert_eq!(text(&last.stdout), "passed\npassed\n", "{}", text(&last.stderr));
}

/// What is wanted twice, or too late, is told so; of many runs that are over the status shows the last ones.
#[test]
fn what_is_wanted_twice_is_told_and_of_many_runs_the_last_are_shown() {
    let mut field = Field::new("twice", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    field.order(&[]);
    for (wish, said) in [
        ("go-on r1", "r1: it goes on already: nothing has paused or stopped it"),
        ("pause r1", "r1: heeded, for 1 of its modems"),
        ("pause r1", "r1: it is paused already"),
        ("go-on r1", "r1: heeded, for 1 of its modems"),
        ("cancel r1", "r1: heeded, for 1 of its modems"),
        ("cancel r1", "r1: it was cancelled already"),
        ("cancel r1 --now", "r1: heeded, for 1 of its modems"),
        ("cancel r1", "r1: it was cancelled already"),
        ("go-on r1", "r1: it was cancelled, and does not go on: `hayes fleet run` begins another run"),
    ] {
        let words: Vec<&str> = wish.split(' ').collect();
        let done = field.run(&[&["fleet"], &words[..]].concat());
        let told = text(&done.stderr).replace("\n    ", " ");
        assert!(done.status.success() && told.trim_end() == said, "{wish}: {told}");
    }
    for _ in 0..22 {
        field.order(&[]);
    }
    assert!(field.once("gw-1").status.success());
    assert!(field.watch().status.success());
    let status = text(&field.run(&["fleet", "status"]).stdout);
    let lines: Vec<&str> = status.lines().collect();
    assert_eq!(lines.len(), 22, "{status}");
    assert_eq!(lines[0], "3 earlier runs: `hayes fleet watch RUN` shows each");
    assert!(lines[1] == "r4: 1 passed script.hayes" && lines[20] == "r23: 1 passed script.hayes", "{status}");
    assert!(lines[21].starts_with("gw-1: order "), "{status}");
}

/// Runs that are over are not read behind one that is not, but for the last of those that have the same modems at the
/// same gateways: a moved modem is found all the same.
#[test]
fn runs_that_are_over_behind_an_open_one_are_not_read() {
    let mut field = Field::new("behind", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    field.gateway("gw-2", &["sim:bg96"]);
    field.order(&[]);
    for _ in 0..3 {
        field.order(&["-l", "gw-1-0"]);
        assert!(field.once("gw-1").status.success());
    }
    let watch = || field.run(&["fleet", "watch", "r4"]);
    assert!(watch().status.success());
    let folder = |run: &str| field.file(&format!("state/hayes/fleet/runs/{run}"));
    let spoilt: Vec<PathBuf> = ["r2", "r3", "r4"].map(|run| folder(run).join("run.json")).into();
    let heads = ["r2", "r3"].map(|run| fs::read_to_string(folder(run).join("closed.json")).unwrap());
    assert!(heads.iter().all(|head| head.contains("\"closed\":true") && head.contains("\"placed\":\"")), "{heads:?}");
    let spoil = |path: &PathBuf| {
        let (whole, written) = (fs::read(path).unwrap(), fs::metadata(path).unwrap().modified().unwrap());
        fs::write(path, vec![b'x'; whole.len()]).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(written).unwrap();
    };
    spoilt[..2].iter().for_each(spoil);
    let output = watch();
    assert!(output.status.success(), "{}", text(&output.stderr));
    // The last one is read, also where another is watched.
    spoil(&spoilt[2]);
    let output = field.run(&["fleet", "watch", "r1"]);
    assert!(text(&output.stderr).contains("r4"), "{}", text(&output.stderr));
    assert!(!output.status.success());
}

/// A ledger with a line that somebody has cut in two: what it held comes from the carrier again, and is not run again.
#[test]
fn a_ledger_with_a_broken_line_is_mended() {
    let modems = Fleet::new(&[Manner::Good; 3], Duration::from_millis(1));
    let mut field = Field::new("mended", CHANGES, &[]);
    field.gateway("gw-1", &modems.paths.iter().map(String::as_str).collect::<Vec<_>>());
    field.order(&[]);
    assert!(field.once("gw-1").status.success());
    for is_open in [false, true] {
        assert!(field.watch().status.success());
        let whole = fs::read_to_string(field.ledger("r1")).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        assert_eq!(lines.len(), 3);
        fs::write(field.ledger("r1"), format!("{}\n{}\n{}\n", lines[0], &lines[1][..40], lines[2])).unwrap();
        if is_open {
            let run = field.file("state/hayes/fleet/runs/r1/run.json");
            fs::write(&run, fs::read_to_string(&run).unwrap().replace("\"closed\":true", "\"closed\":false")).unwrap();
        }
        let output = field.run(&["fleet", "watch", "r1"]);
        let said = text(&output.stderr);
        assert!(output.status.success() && said.contains("line 2 is no result: it is no JSON"), "{said}");
        assert!(said.contains("1 line of it now in ") && said.contains("results.broken, and"), "{said}");
        assert_eq!(ended(&field.ledger("r1")).len(), 3, "{said}");
        assert_eq!(text(&field.run(&["report", field.ledger("r1").to_str().unwrap()]).stdout), "3 modems: 3 passed\n");
        assert!(field.once("gw-1").status.success());
    }
    let broken = fs::read_to_string(field.ledger("r1").with_file_name("results.broken")).unwrap();
    assert_eq!(broken.lines().count(), 2);
    assert_eq!(modems.total("AT+CFUN=1"), 3);
}

/// Of a run that is over neither its modems nor its ledger nor its results are read, however many such runs there are,
/// before a new result comes, somebody asks for it, or its file was changed.
#[test]
fn a_run_that_is_over_costs_nothing_until_it_is_asked_for() {
    let mut field = Field::new("over", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"; 2]);
    field.gateway("gw-2", &["sim:bg96?time=virtual"]);
    field.order(&["--not-after", "2s"]);
    assert!(field.once("gw-1").status.success() && field.once("gw-2").status.success());
    let results = fs::read_dir(field.file("carrier/fleet/res")).unwrap().next().unwrap().unwrap().path();
    fs::rename(results.join("gw-2"), field.file("late")).unwrap();
    assert_eq!(field.watch().status.code(), Some(5));
    let runs = field.file("state/hayes/fleet/runs");
    let of = |name: &str| runs.join("r1").join(name);
    assert!(fs::read_to_string(of("run.json")).unwrap().contains("\"closed\":true"));
    // Who reads one of them now says so.
    let unreadable = |path: PathBuf| {
        let (whole, written) = (fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap());
        fs::write(&path, vec![b'#'; whole.len()]).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        (path, whole, written)
    };
    let result = fs::read_dir(results.join("gw-1")).unwrap().next().unwrap().unwrap().path();
    let files = [of("run.json"), of("results.jsonl"), result].map(unreadable);
    field.order(&["-l", "gw-1"]);
    assert!(field.once("gw-1").status.success());
    let silent = |words: &[&str]| {
        let done = field.run(&[&["fleet"], words].concat());
        assert!(done.status.success() && !text(&done.stderr).contains("r1"), "{words:?}: {}", text(&done.stderr));
        text(&done.stdout)
    };
    assert!(silent(&["watch", "r2"]).starts_with("2 modems: 2 passed\n"));
    assert!(silent(&["status", "gw-2"]).starts_with("gw-2: order "));
    assert!(silent(&["pause", "r2"]).is_empty());
    // The gateway is told that it may forget both.
    let order = fs::read_to_string(field.file("carrier/fleet/want/gw-1")).unwrap();
    assert!(order.contains("\"settled\":[\"r2-") && order.contains("\"r1-"), "{order}");
    let asked = field.run(&["fleet", "watch", "r1"]);
    assert!(!asked.status.success() && text(&asked.stderr).contains("r1/run.json: "), "{}", text(&asked.stderr));
    for (path, whole, written) in files {
        fs::write(&path, whole).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
    }
    fs::rename(field.file("late"), results.join("gw-2")).unwrap();
    silent(&["watch", "r2"]);
    assert_eq!(ended(&field.ledger("r1")).len(), 3);
    // The summary of what is another now is not believed.
    fs::write(of("run.json"), "{}").unwrap();
    let told = text(&field.run(&["fleet", "status", "gw-1"]).stderr);
    assert!(told.contains("r1/run.json: it cannot be read: missing field"), "{told}");
}

/// What a newer Hayes has written is told with its version, and stays as it is: the operator's own files are not
/// touched, of what gateways send the rest goes on, and a result is taken in once it can be read.
#[test]
fn what_a_newer_hayes_has_written_is_told_and_kept() {
    let mut field = Field::new("newer", ASKS, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"; 2]);
    field.gateway("gw-2", &["sim:bg96?time=virtual"]);
    field.order(&[]);
    assert!(field.once("gw-1").status.success() && field.once("gw-2").status.success());
    let here = concat!(", and Hayes ", env!("CARGO_PKG_VERSION"), " here knows version 1: install a newer one here");
    let newer = |path: &Path| {
        let whole = fs::read_to_string(path).unwrap();
        fs::write(path, whole.replacen("\"v\":1", "\"v\":2", 1).replace("\"agent\":\"", "\"agent\":\"9.")).unwrap();
        whole
    };
    let told = |words: &[&str], exit: i32, said: &str| {
        let done = field.run(words);
        let all = text(&done.stderr).replace("\n    ", " ");
        assert!(all.contains(said), "{words:?}: {said}: {all}");
        assert_eq!(done.status.code(), Some(exit), "{words:?}: {all}");
        all
    };
    let (state, carrier) = (field.file("state/hayes/fleet"), field.file("carrier/fleet"));
    for file in ["fleet.json", "runs/r1/run.json", "orders.log"] {
        let whole = newer(&state.join(file));
        told(&["fleet", "status"], 7, &format!("is of version 2{here}"));
        fs::write(state.join(file), whole).unwrap();
    }
    let run = fs::read_dir(carrier.join("res")).unwrap().next().unwrap().unwrap().path();
    let result = run.join("gw-1/gw-1-0.1");
    let (result_was, presence_was) = (newer(&result), newer(&carrier.join("gw/gw-2")));
    let by = concat!(" is of version 2, by Hayes 9.", env!("CARGO_PKG_VERSION"));
    let said =
        told(&["fleet", "pause", "r1"], 0, &format!("a result of gw-1-0 by gw-1 in r1{by}{here}; it is kept in "));
    assert!(said.contains(&format!("gw-2: what it says of itself{by}{here}")), "{said}");
    assert_eq!(ended(&field.ledger("r1")).len(), 2, "{said}");
    // Nor does what another folder's Hayes wants of a run
    field.order(&["-l", "gw-2"]);
    fs::write(state.join("runs/r1/wish"), "\"dance\"").unwrap();
    let wish = "r1/wish: it cannot be read: unknown variant `dance`";
    let said = told(&["fleet", "pause", "r2"], 0, wish);
    assert!(said.contains("it is not heeded, and stands in "), "{said}");
    fs::write(result, result_was).unwrap();
    fs::write(carrier.join("gw/gw-2"), presence_was).unwrap();
    told(&["fleet", "watch", "r1"], 0, "r1: 3 passed");
    assert_eq!(ended(&field.ledger("r1")).len(), 3);
    assert!(fs::read_dir(state.join("runs/r1/conflicts")).unwrap().next().is_none());
    // The gateway's own files
    let order = newer(&field.file("gw-2/order"));
    let journal = field.file("gw-2/journal.jsonl");
    fs::write(&journal, "{\"dreamt\":1}\n").unwrap();
    let said = text(&field.once("gw-2").stderr);
    assert!(said.contains("line 1 cannot be read by Hayes") && said.contains("install the Hayes here that"), "{said}");
    fs::write(&journal, "").unwrap();
    fs::write(field.file("gw-2/order"), order).unwrap();
    assert!(field.once("gw-2").status.success());
}

/// With a script go the scripts that it runs and the files that it reads, and of its parts those that were named.
#[test]
fn a_script_takes_along_what_it_reads_and_runs() {
    let mut field = Field::new("files", "", &[]);
    for name in ["gw-1", "gw-2"] {
        field.gateway(name, &["sim:bg96"]);
        fs::create_dir_all(field.file("certs")).unwrap();
        fs::write(field.file(&format!("certs/{name}-0.pem")), format!("of {name}")).unwrap();
        field.inventory.push_str(&format!("vars.cert = \"{name}-0\"\n"));
    }
    fs::write(field.file("fleet.toml"), &field.inventory).unwrap();
    fs::write(field.file("inner.hayes"), "param key\nset bytes = len(file(\"key.bin\"))\nset held = key\n").unwrap();
    fs::write(field.file("key.bin"), [0, 255]).unwrap();
    let script = "param cert\npart read {\n  run \"inner\" with key = file(\"certs/${cert}.pem\") as got\n  \
                  report bytes = got.bytes, key = got.held\n}\npart change {\n  AT+CFUN=1\n}\n";
    fs::write(field.file("script.hayes"), script).unwrap();
    let run = field.run(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--only", "read", "--detach"]);
    let said = text(&run.stderr);
    assert!(said.contains("certs/gw-1-0.pem, certs/gw-2-0.pem, key.bin\n"), "{said}");
    assert!(!said.contains("may change something"), "that part does not run: {said}");
    // What they are read from is no longer there.
    fs::remove_dir_all(field.file("certs")).unwrap();
    for name in ["gw-1", "gw-2"] {
        assert!(field.once(name).status.success());
    }
    assert!(field.watch().status.success());
    let ledger = fs::read_to_string(field.ledger("r1")).unwrap();
    for (name, count) in [("gw-1", 2), ("gw-2", 2)] {
        assert!(ledger.contains(&format!("\"bytes\":{count},\"key\":\"of {name}\"")), "{ledger}");
    }
    assert!(ledger.contains("\"left_out\":[\"change\"]"), "{ledger}");
    let refused = [
        ("set x = file(\"../key.bin\")\n", "`../key.bin` does not stand beside the script"),
        ("set x = file(\"none\")\n", "none cannot be read"),
        (
            "AT+CSQ\n  capture rssi, _\nset x = file(rssi)\n",
            "script.hayes:3 reads a file whose name is known only when it runs: file(rssi)",
        ),
        ("run \"../outside\"\n", "stands outside of the script's folder"),
    ];
    fs::write(field.folder.with_file_name("outside.hayes"), "AT\n").unwrap();
    for (script, why) in refused {
        fs::write(field.file("script.hayes"), script).unwrap();
        let output = field.run(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"]);
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(3));
    }
}

/// Of the inventory: what stands under two gateways, and names that carriers do not take.
#[test]
fn an_inventory_in_which_a_modem_is_two_is_refused() {
    let mut field = Field::new("inventory", ASKS, &[]);
    field.gateway("gw-1", &["/dev/ttyUSB0", "tcp://10.0.0.1:7000", "tcp://localhost:7000"]);
    field.gateway("gw-2", &["/dev/ttyUSB0", "rfc2217://127.0.0.1:7000"]);
    let list = field.run(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--list"]);
    assert!(list.status.success(), "each gateway has devices of its own: {}", text(&list.stderr));
    for (more, why) in [
        ("[[modem]]\nname = \"x\"\ngateway = \"gw-2\"\nport = \"tcp://10.0.0.1:7000\"\n", "is the port of gw-1-1 too"),
        (
            "[[modem]]\nname = \"x\"\ngateway = \"gw-2\"\nport = \"rfc2217://10.0.0.1:7000\"\n",
            "is the port of gw-1-1 too",
        ),
        ("[[modem]]\nname = \"x\"\ngateway = \"gw-3\"\nport = \"sim:bg96\"\n", "there is no gateway gw-3"),
        ("[[modem]]\nname = \"a.b\"\ngateway = \"gw-2\"\nport = \"sim:bg96\"\n", "is no name in a fleet"),
        ("[[modem]]\nname = \"x\"\nport = \"sim:bg96\"\n", "x has no gateway"),
    ] {
        fs::write(field.file("wrong.toml"), format!("{}{more}", field.inventory)).unwrap();
        let output = field.run(&["fleet", "run", "script.hayes", "-i", "wrong.toml"]);
        assert_eq!(output.status.code(), Some(3), "{more}");
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}
