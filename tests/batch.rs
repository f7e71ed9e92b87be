//! Batches over pseudo-terminals: killed and resumed, with modems that misbehave, with results that cannot be written,
//! interrupted.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hayes::batch::driver::{Driver, ToDriver};
use hayes::batch::inventory;
use hayes::batch::journal::Journal;
use hayes::batch::run::Common;
use hayes::batch::schedule::{Plan, Scheduler, Stopped};
use hayes::check::check;
use hayes::library::Library;
use hayes::notation::as_counted;
use hayes::port::Cancel;
use hayes::runtime::Inputs;
use hayes::source::Source;

use crate::fleet::{Fleet, Manner};
use crate::folder::Folder;

const SCRIPT: &str = "AT\nAT+CGDCONT=1,\"IP\",\"super\"\nAT+CSQ\n  capture rssi:int, ber:int\n";

/// A folder with a script and an inventory of a fleet.
struct Bench {
    folder: PathBuf,
}

impl Bench {
    fn new(name: &str, fleet: &Fleet, script: &str) -> Bench {
        let folder = std::env::temp_dir().join(format!("hayes-batch-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let rows = fleet.paths.iter().enumerate().map(|(n, path)| format!("m{n},{path}\n")).collect::<String>();
        fs::write(folder.join("modems.csv"), format!("name,port\n{rows}")).unwrap();
        fs::write(folder.join("script.hayes"), script).unwrap();
        Bench { folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(["batch", "script.hayes", "-i", "modems.csv"]).args(arguments).current_dir(&self.folder);
        command.env("XDG_STATE_HOME", self.folder.join("state")).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Modem and status of each whole line.
fn lines(results: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(results).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n') && !line.trim().is_empty());
    let read = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| value[name].as_str().unwrap().to_owned();
        (field("modem"), field("status"))
    };
    whole.map(read).collect()
}

fn passed(results: &Path) -> HashSet<usize> {
    let passed = lines(results).into_iter().filter(|(_, status)| status == "passed");
    passed.map(|(modem, _)| modem[1..].parse().unwrap()).collect()
}

fn elapsed(line: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(line).unwrap()["elapsed_ms"].as_u64().unwrap()
}

/// Of the day, from `2026-11-22T10:00:00.000Z`.
fn milliseconds(time: &str) -> u64 {
    let number = |from: usize, to: usize| time[from..to].parse::<u64>().unwrap();
    ((number(11, 13) * 60 + number(14, 16)) * 60 + number(17, 19)) * 1000 + number(20, 23)
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn killed_twenty_times_it_still_does_each_modem_once() {
    const MODEMS: usize = 200;
    // Each time it is killed when it has asked one modem to eight: it never comes to all of them before.
    let fleet = Fleet::new(&[Manner::Good; MODEMS], Duration::from_millis(10));
    let bench = Bench::new("killed", &fleet, SCRIPT);
    let results = bench.file("results.jsonl");
    // How often a modem had been asked when its passed line was seen.
    let mut done: HashMap<usize, usize> = HashMap::new();
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20 {
        let resume = if results.exists() { "--resume" } else { "--results" };
        let mut child = bench.command(&["-j", "4", "-q", resume, "results.jsonl"]).spawn().unwrap();
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let asked = fleet.total("AT");
        wait_for(&mut child, || fleet.total("AT") > asked + (chance % 8) as usize);
        child.kill().unwrap();
        child.wait().unwrap();
        fleet.is_nobodys();
        for modem in passed(&results) {
            done.entry(modem).or_insert_with(|| fleet.count(modem, "AT"));
        }
    }
    let killed = done.len();
    assert!(killed > 0 && killed < MODEMS, "{killed} had passed when it was killed the last time");
    let last = bench.run(&["-q", "--resume", "results.jsonl"]);
    assert_eq!(last.status.code(), Some(0), "{}", told(&last));
    let lines = lines(&results);
    assert_eq!(lines.len(), MODEMS, "a line a modem");
    assert_eq!(passed(&results).len(), MODEMS);
    for (modem, asked) in &done {
        assert_eq!(fleet.count(*modem, "AT"), *asked, "m{modem} had passed and was asked again");
    }
    assert!((0..MODEMS).all(|modem| fleet.count(modem, "AT+CSQ") > 0));
    let again = bench.run(&["--resume", "results.jsonl"]);
    assert_eq!(told(&again), "nothing is left to do: 200 modems passed before\n");
}

#[test]
fn modems_that_misbehave_hold_up_no_other() {
    let manner = |n| match (n, n % 10) {
        (42, _) => Manner::Floods,
        (_, 3) => Manner::Hangs,
        (_, 5) => Manner::Refuses,
        (_, 7) => Manner::Unplugged,
        _ => Manner::Good,
    };
    // More than have a thread each.
    let manners: Vec<Manner> = (0..100).map(manner).collect();
    let fleet = Fleet::new(&manners, Duration::from_millis(5));
    let bench = Bench::new("misbehave", &fleet, SCRIPT);
    // What hangs is waited for 2 s.
    let output = bench.run(&["-j", "100", "--timeout-scale", "0.4", "--json", "--results", "results.jsonl"]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let mut good = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        let manner = manners[result["modem"].as_str().unwrap()[1..].parse::<usize>().unwrap()];
        let expected = match manner {
            Manner::Good => "passed",
            Manner::Hangs | Manner::Silent | Manner::Refuses | Manner::Floods => "failed",
            Manner::Unplugged => "unreachable",
        };
        assert_eq!(result["status"], expected, "{manner:?}: {line}");
        if manner == Manner::Good {
            good.push(result["elapsed_ms"].as_u64().unwrap());
        }
    }
    // The good ones among themselves, on the same machine at the same moment.
    let only_good = Fleet::new(&[Manner::Good; 69], Duration::from_millis(5));
    let alone = Bench::new("alone", &only_good, SCRIPT).run(&["-j", "100", "--json"]);
    let alone: Vec<u64> = String::from_utf8_lossy(&alone.stdout).lines().map(elapsed).collect();
    assert_eq!((good.len(), alone.len()), (69, 69));
    let (slowest, usual) = (good.iter().max().unwrap(), alone.iter().max().unwrap());
    assert!(*slowest <= 3 * usual + 500, "no good modem waited for one that hangs: {slowest} ms, alone {usual} ms");
    assert_eq!(
        told.matches("\n10 ×").count() + usize::from(told.starts_with("10 ×")),
        3,
        "three causes of ten:\n{told}"
    );
    let records = fs::read_dir(bench.file("results.records")).unwrap().count();
    assert_eq!(records, 31, "the conversations of those that failed are kept");
}

#[test]
fn a_report_finds_the_conversations_wherever_it_is_made() {
    let fleet = Fleet::new(&[Manner::Refuses, Manner::Good], Duration::from_millis(1));
    let bench = Bench::new("records", &fleet, SCRIPT);
    let output = bench.run(&["--results", "deep/down/results.jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let moved = bench.file("moved");
    fs::rename(bench.file("deep"), &moved).unwrap();
    let mut report = Command::new(env!("CARGO_BIN_EXE_hayes"));
    let results = moved.join("down/results.jsonl");
    let page = report.arg("report").arg(results).args(["--html", "-"]).output().unwrap();
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(page.contains("<code>AT+CGDCONT=1,&quot;IP&quot;,&quot;super&quot;</code>"), "{page}");
    assert!(page.contains("The conversation was not kept"), "that of the modem that passed");
}

#[test]
fn results_that_cannot_be_written_stop_it_before_anything_is_sent() {
    let fleet = Fleet::new(&[Manner::Good; 2], Duration::ZERO);
    let bench = Bench::new("full", &fleet, SCRIPT);
    fs::write(bench.file("taken.jsonl"), "{}\n").unwrap();
    for arguments in [
        ["--results", "/dev/full"],
        ["--results", "script.hayes/results.jsonl"],
        ["--results", "taken.jsonl"],
        ["--html", "nowhere/report.html"],
        ["--record", "script.hayes"],
    ] {
        let output = bench.run(&arguments);
        assert_eq!(output.status.code(), Some(7), "{arguments:?}: {}", told(&output));
        assert!(told(&output).contains("nothing was sent"), "{}", told(&output));
    }
    assert!((0..2).all(|modem| fleet.count(modem, "AT") == 0));
}

#[test]
fn a_disk_that_fills_up_ends_it_with_its_own_code() {
    let fleet = Fleet::new(&[Manner::Good; 30], Duration::from_millis(5));
    let bench = Bench::new("fills", &fleet, SCRIPT);
    // A limit on the size of files stands for the end of a disk; the probe at the start fits.
    let mut limited = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_hayes");
    let line = format!(
        "trap '' XFSZ; ulimit -f 9; exec {program} batch script.hayes -i modems.csv -j 2 -q --results results.jsonl"
    );
    let output = limited.args(["-c", &line]).current_dir(&bench.folder).stdin(Stdio::null()).output().unwrap();
    let told = told(&output);
    assert_eq!(output.status.code(), Some(7), "{told}");
    assert!(told.contains("not run: results could not be written"), "{told}");
    let written = lines(&bench.file("results.jsonl")).len();
    assert!(written > 0 && written < 30, "{written}");
    assert!((0..30).any(|modem| fleet.count(modem, "AT") == 0), "what could not be recorded was not begun");
}

#[test]
fn where_memory_is_limited_fewer_run_at_once_or_it_is_told() {
    let bench = Bench::new("memory", &Fleet::new(&[], Duration::ZERO), "AT\nAT+CSQ\n");
    let modems = "[[range]]\nname = \"m{1..200}\"\nport = \"sim:bg96?seed={n}\"\n";
    fs::write(bench.folder.join("modems.toml"), modems).unwrap();
    let limited = |kilobytes: u32, words: &str| {
        let line = format!("ulimit -v {kilobytes}; exec {} {words}", env!("CARGO_BIN_EXE_hayes"));
        let mut shell = Command::new("sh");
        let state = bench.folder.join("state");
        shell.args(["-c", &line]).current_dir(&bench.folder).env("XDG_STATE_HOME", state).stdin(Stdio::null());
        shell.output().unwrap()
    };
    let least = (8..200).map(|step| 2000 * step).find(|least| limited(*least, "list").status.success()).unwrap();
    let mut codes = Vec::new();
    for more in [2, 4, 8, 12, 16, 24, 60, 100, 140, 200] {
        let output =
            limited(least + 1000 * more, &format!("batch script.hayes -i modems.toml -j 200 -q -o {more}.jsonl"));
        let told = told(&output);
        match output.status.code() {
            Some(2) => assert!(told.contains("of memory more, and the system gives"), "{more}: {told}"),
            code => assert_eq!(code, Some(0), "{more}: {told}"),
        }
        codes.push(output.status.code());
    }
    assert!(codes.starts_with(&[Some(2)]) && codes.ends_with(&[Some(0); 5]), "{codes:?}");
}

/// How it ends where Ctrl-C is pressed once.
fn interrupted(child: Child) -> Output {
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn ctrl_c_lets_finally_run_and_begins_no_more() {
    let fleet = Fleet::new(&[Manner::Good; 6], Duration::from_millis(5));
    let bench = Bench::new("interrupt", &fleet, "AT\nsleep 30s\nfinally {\n  AT+CFUN=1\n}\n");
    let mut child = bench.command(&["-j", "2", "--results", "results.jsonl"]).spawn().unwrap();
    wait_for(&mut child, || fleet.count(0, "AT") > 0 && fleet.count(1, "AT") > 0);
    let output = interrupted(child);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert_eq!((fleet.count(0, "AT+CFUN=1"), fleet.count(1, "AT+CFUN=1")), (1, 1));
    assert_eq!(fleet.count(2, "AT"), 0);
    assert_eq!(lines(&bench.file("results.jsonl")).len(), 2);
    assert!(
        told.contains("2 still end what they are at, and run their `finally` if they have one; Ctrl-C once more"),
        "{told}"
    );
    assert!(told.contains("4 not run: the batch was stopped"), "{told}");
    assert!(told.contains("the rest: hayes batch script.hayes -i modems.csv -j 2 --resume results.jsonl"), "{told}");
}

#[test]
fn a_finally_that_ctrl_c_has_begun_has_its_own_time() {
    let fleet = Fleet::new(&[Manner::Good, Manner::Good], Duration::from_millis(5));
    let bench = Bench::new("overtaken", &fleet, "AT\nsleep 30s\nfinally {\n  sleep 3s\n  AT+CFUN=1\n}\n");
    let mut child = bench.command(&["--modem-timeout", "2s", "--total-timeout", "2500ms"]).spawn().unwrap();
    wait_for(&mut child, || fleet.count(0, "AT") > 0 && fleet.count(1, "AT") > 0);
    let output = interrupted(child);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert_eq!((fleet.count(0, "AT+CFUN=1"), fleet.count(1, "AT+CFUN=1")), (1, 1), "{told}");
}

#[test]
fn a_modem_that_takes_too_long_has_failed() {
    let fleet = Fleet::new(&[Manner::Good, Manner::Good], Duration::from_millis(1));
    let bench = Bench::new("late", &fleet, "AT\nsleep 30s\nfinally {\n  AT+CFUN=1\n}\n");
    let output = bench.run(&["--modem-timeout", "300ms", "--results", "results.jsonl"]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("2 × the modem was not done within 300ms"), "{told}");
    assert_eq!(fleet.count(0, "AT+CFUN=1"), 1, "its finally has run");
}

#[test]
#[cfg(target_os = "linux")]
fn who_reads_along_is_named_where_no_answer_came() {
    let fleet = Fleet::new(&[Manner::Silent], Duration::ZERO);
    let asked = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_hayes")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        told(&output)
    };
    // The fleet holds the other ends of its terminals: it is the modem, and is not accused.
    let path = &fleet.paths[0];
    let mut holder = Command::new("sh");
    holder.args(["-c", "exec 3<>\"$0\"; echo open; exec sleep 60", path]).stdout(Stdio::piped());
    let mut holder = holder.spawn().unwrap();
    let mut opened = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut opened).unwrap();
    let name = format!("(process {}) reads on this port too", holder.id());
    let said = asked(&["at", "AT", "-p", &fleet.paths[0], "--timeout-scale", "0.01"]).replace("\n        ", " ");
    let (killed, ended) = (holder.kill(), holder.wait());
    assert!(killed.is_ok() && ended.is_ok());
    assert!(said.contains(&name), "{said}");
    assert!(!said.contains(&format!("process {}", std::process::id())), "{said}");
}

#[test]
fn a_group_runs_no_more_at_once_than_it_may() {
    let fleet = Fleet::new(&[Manner::Good; 6], Duration::from_millis(1));
    let bench = Bench::new("group", &fleet, "AT\nsleep 60ms\nAT+CSQ\n");
    let row = |n: usize| format!("m{n},{},{}\n", fleet.paths[n], if n < 3 { "hub" } else { "" });
    fs::write(bench.file("modems.csv"), format!("name,port,group\n{}", (0..6).map(row).collect::<String>())).unwrap();
    fs::write(bench.file("groups.toml"), "[group.hub]\nmax-parallel = 1\n").unwrap();
    let output = bench.run(&["-i", "groups.toml", "--json"]);
    let mut hub: Vec<(u64, u64)> = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        let begun = milliseconds(result["started"].as_str().unwrap());
        if ["m0", "m1", "m2"].contains(&result["modem"].as_str().unwrap()) {
            hub.push((begun, begun + result["elapsed_ms"].as_u64().unwrap()));
        }
    }
    hub.sort_unstable();
    assert_eq!(hub.len(), 3, "{}", told(&output));
    assert!(hub.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{hub:?}");
}

#[test]
fn a_signal_shows_what_all_do() {
    let fleet = Fleet::new(&[Manner::Good; 3], Duration::from_millis(1));
    let bench = Bench::new("snapshot", &fleet, "AT\nawait \"+CMTI\" within 400ms\n");
    let mut child = bench.command(&["--results", "results.jsonl"]).spawn().unwrap();
    wait_for(&mut child, || (0..3).all(|modem| fleet.count(modem, "AT") > 0));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::USR1).unwrap();
    let told = told(&child.wait_with_output().unwrap());
    assert!(told.contains("0/3 · 3 running"), "{told}");
    assert!(told.contains("  m2 "), "{told}");
}

/// `hayes batch --rows FILE` writes each row when it comes; what goes on with it begins with those it has.
#[test]
fn rows_of_a_batch_that_is_killed_stay() {
    let fleet = Fleet::new(&[Manner::Good, Manner::Good], Duration::from_millis(5));
    let script = "AT\nrepeat 3 {\n  report row pass\n}\nreport row note = \"x,\\ny\"\nawait \"+CMTI\" within 30s\n";
    let bench = Bench::new("rows", &fleet, script);
    let rows = || fs::read_to_string(bench.file("rows.csv")).unwrap_or_default();
    let of = |rows: &str, modem: &str| rows.lines().filter(|line| line.starts_with(modem)).count();
    let mut child = bench.command(&["--results", "results.jsonl", "--rows", "rows.csv", "-q"]).spawn().unwrap();
    wait_for(&mut child, || rows().matches("y\"").count() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let table = rows();
    assert!(table.starts_with("modem,pass,note\nm") && table.ends_with("y\"\n"), "{table}");
    assert!(["m0,1,\n", "m1,3,\n", "m0,,\"x,\ny\"\n"].iter().all(|row| table.contains(row)), "{table}");
    assert_eq!((of(&table, "m0,"), of(&table, "m1,")), (4, 4), "{table}");
    fleet.is_nobodys();
    // One has ended before; the other goes on.
    fs::write(bench.file("script.hayes"), script.replace("within 30s", "within 10ms")).unwrap();
    let ended = bench.run(&["--results", "other.jsonl", "--rows", "rows.csv", "-q", "-l", "m0"]);
    assert_eq!(ended.status.code(), Some(1), "{}", told(&ended));
    fs::write(bench.file("script.hayes"), script).unwrap();
    fs::remove_file(bench.file("rows.csv")).unwrap();
    let mut child =
        bench.command(&["--resume", "other.jsonl", "--rows", "rows.csv", "-q", "-l", "m1"]).spawn().unwrap();
    wait_for(&mut child, || of(&rows(), "m1,") == 4);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(of(&rows(), "m0,"), 4, "{}", rows());
}

/// `hayes run --rows FILE` writes each row when it comes: what a run had when it was killed stays.
#[test]
fn rows_of_a_run_that_is_killed_stay() {
    let folder = Folder::new();
    let script = "repeat for 1h every 20ms {\n  AT+CSQ\n    capture rssi:int, _\n  report row pass, rssi\n  \
                  if pass == 3 {\n    report row pass, note = \"x,y\"\n  }\n}\n";
    let table = folder.0.join("rows.csv");
    fs::write(folder.0.join("script.hayes"), script).unwrap();
    fs::write(&table, "modem,an earlier table\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    command.args(["run", "script.hayes", "-q", "-p", "sim:bg96", "--rows", "rows.csv"]).current_dir(&folder.0);
    let mut child = command.env("XDG_STATE_HOME", &folder.0).stdin(Stdio::null()).spawn().unwrap();
    let rows = || fs::read_to_string(&table).unwrap();
    wait_for(&mut child, || rows().lines().count() > 6);
    child.kill().unwrap();
    child.wait().unwrap();
    let rows = rows();
    let mut lines = rows.lines();
    assert_eq!(lines.next(), Some("modem,pass,rssi,note"));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.ends_with('\n') && lines.len() >= 6, "{rows}");
    assert_eq!(lines[3], ["sim:bg96", "3", "", "\"x", "y\""]);
    for (place, line) in lines.iter().enumerate().filter(|(place, _)| *place != 3) {
        let pass = if place < 3 { place + 1 } else { place };
        assert_eq!((line[1], line.len()), (pass.to_string().as_str(), 4), "{rows}");
    }
}

/// Waits for something that the modems see.
fn wait_for(child: &mut Child, seen: impl Fn() -> bool) {
    let started = Instant::now();
    while !seen() {
        assert!(child.try_wait().unwrap().is_none(), "it has ended already");
        assert!(started.elapsed() < Duration::from_secs(20), "it does nothing");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_was_said_before_a_modem_begins_counts() {
    let text = "[[range]]\nname = \"s{1..9}\"\nport = \"sim:bg96?time=virtual\"\n";
    let inventory = inventory::read(&[Source::new("i.toml", text)]).unwrap();
    let program = check(&Source::new("s.hayes", "AT\n"), &Library::default()).program.unwrap();
    let common = Common::new(program, Inputs::default(), Path::new("results.jsonl"));
    let schedule = Scheduler::new(&inventory.modems, &inventory, Plan::of_jobs(NonZeroUsize::MIN), 1);
    let (told, (shown, _to_show)) = (channel(), channel());
    told.0.send(ToDriver::Stop).unwrap();
    let driver = Driver::new(common, inventory.modems.into(), schedule, Cancel::new().unwrap(), told, shown);
    let folder = Folder::new();
    let results = folder.0.join("results.jsonl");
    let mut journal = Journal::open(&results, None).unwrap();
    let finished = driver.run(&mut journal);
    assert_eq!(finished.not_begun, (0..9).collect::<Vec<_>>());
    assert_eq!(finished.stopped, Some(Stopped::Asked));
    journal.finish().unwrap();
    assert_eq!(fs::read_to_string(&results).unwrap(), "");
}

#[test]
fn a_group_s_speed_beats_that_of_the_defaults() {
    const TEXT: &str = "[defaults]\nbaud = 9600\n[group.g]\nbaud = 115200\n[[modem]]\nname = \"a\"\nport = \"sim:bg96\"\n\
                        groups = [\"g\"]\n[[modem]]\nname = \"b\"\nport = \"sim:bg96\"\n";
    let inventory = inventory::read(&[Source::new("i.toml", TEXT)]).unwrap();
    assert_eq!(inventory.modems.iter().map(|modem| modem.baud).collect::<Vec<_>>(), [Some(115_200), Some(9600)]);
}

#[test]
fn names_are_in_the_order_of_their_numbers() {
    let mut names = ["/dev/ttyUSB10", "/dev/ttyACM0", "/dev/ttyUSB2", "gw-10", "gw-9"];
    names.sort_by(|one, other| as_counted(one).cmp(as_counted(other)));
    assert_eq!(names, ["/dev/ttyACM0", "/dev/ttyUSB2", "/dev/ttyUSB10", "gw-9", "gw-10"]);
}
