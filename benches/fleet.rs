//! What a fleet costs.
//!
//! `cargo bench --bench fleet`: an agent beside `hayes batch` on the same ten pseudo-terminals.
//!
//! `cargo bench --bench fleet -- scale 5000 10`: so many gateways with so many simulated modems each over one `nats-server`
//! (on the PATH), which syncs always. The server and the operator are the programs themselves; the agents are threads of a
//! few processes, each with a folder, a journal, keys and a connection of its own. Each result has to be there once. What the
//! agents take while they wait is measured afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and may stop where it cannot"
)]

#[path = "../tests/fleet.rs"]
#[allow(dead_code, reason = "a benchmark's modems are all good")]
mod fleet;
mod limits;
mod process;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fleet::{Fleet, Manner};
use hayes::fleet::carrier::{Access, open};
use hayes::fleet::gateway::{AgentFolder, Gateway};
use hayes::port::crew::allow_descriptors;
use limits::Limits;
use process::resident;

const ROUNDS: usize = 7;
const MODEMS: usize = 10;
const EXCHANGES: usize = 40;
const DELAY: Duration = Duration::from_millis(5);
/// So many processes share the gateways of one scale.
const PROCESSES: usize = 5;
/// How long waiting agents are watched.
const IDLE: Duration = Duration::from_secs(60);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |place: usize| arguments[place].parse().unwrap();
    match arguments.get(1).map(String::as_str) {
        Some("scale") => scale(number(2), number(3)),
        Some("gateways") => gateways(number(2), number(3), &arguments[4]),
        _ => beside_batch(),
    }
}

// ── An agent beside a batch

fn beside_batch() {
    let place = Place::new();
    place.write("script.hayes", &"AT+CSQ\n  capture rssi:int, ber:int\n".repeat(EXCHANGES));
    let operator = place.said(&["fleet", "init", "--carrier", "dir:carrier"], 0);
    let mut inventory =
        place.said(&["agent", "enroll", "--name", "gw", "--operator", operator.trim(), "--state", "gw"], 0);
    let modems = Fleet::new(&[Manner::Good; MODEMS], DELAY);
    let mut alone = String::new();
    for (number, port) in modems.paths.iter().enumerate() {
        writeln!(inventory, "[[modem]]\nname = \"m{number}\"\ngateway = \"gw\"\nport = \"{port}\"").unwrap();
        writeln!(alone, "[[modem]]\nname = \"m{number}\"\nport = \"{port}\"").unwrap();
    }
    place.write("fleet.toml", &inventory);
    place.write("batch.toml", &alone);
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let results = format!("results-{round}.jsonl");
        let batch = place.measured(&["batch", "script.hayes", "-i", "batch.toml", "--results", &results]);
        place.said(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"], 0);
        let agent = place.measured(&["agent", "--once", "--carrier", "dir:carrier", "--state", "gw"]);
        place.said(&["fleet", "watch"], 0);
        println!(
            "  batch {:.3} s, {:.2} s of a processor, {} KiB; agent {:.3} s, {:.2} s, {} KiB",
            batch.time, batch.processor, batch.peak, agent.time, agent.processor, agent.peak
        );
        ratios.push((agent.time / batch.time, agent.peak.saturating_sub(batch.peak)));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, more) = ratios[ROUNDS / 2];
    let mut limits = Limits::default();
    limits.hold(&format!("{MODEMS} PTYs, {EXCHANGES} exchanges each: an agent beside a batch"), ratio, 1.15, "");
    limits.hold("  memory that it takes more", more as f64, 8192.0, " KiB");
    limits.end();
}

// ── The scale

fn scale(gateways: usize, modems: usize) {
    let place = Place::new();
    place.write("script.hayes", "AT\nAT+CSQ\n  capture rssi:int, ber:int\nAT+CREG?\n");
    let operator = place.said(&["fleet", "init", "--fleet", "acme", "--carrier", "nats://127.0.0.1:1"], 6);
    let mut inventory = String::new();
    for number in 0..gateways {
        let name = format!("gw-{number}");
        let operators = [operator.trim().to_owned()];
        let [key, seal] = AgentFolder::new(&place.0.join(&name)).enrol("acme", &name, &operators).unwrap();
        writeln!(inventory, "[[gateway]]\nname = \"{name}\"\nkey = \"{key}\"\nseal = \"{seal}\"\n[[range]]").unwrap();
        let range = format!("\"{name}-{{1..{modems}}}\"\ngateway = \"{name}\"\nport = \"sim:bg96?time=virtual\"");
        writeln!(inventory, "name = {range}").unwrap();
    }
    place.write("fleet.toml", &inventory);
    place.write("users.conf", &place.said(&["fleet", "nats-config", "-i", "fleet.toml"], 0));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = "jetstream { store_dir: \"store\", sync_interval: always }";
    place.write("server.conf", &format!("listen: 127.0.0.1:{port}\n{store}\ninclude \"users.conf\"\n"));
    let mut server = Command::new("nats-server");
    // As the docs say.
    server.env("GOMEMLIMIT", format!("{}MiB", 64 + gateways * 64 / 1024));
    server.args(["-c", "server.conf"]).current_dir(&place.0).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Process(server.spawn().expect("nats-server is on the PATH"));
    let carrier = format!("nats://127.0.0.1:{port}");
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "nats-server does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    place.said(&["fleet", "init", "--fleet", "acme", "--carrier", &carrier], 0);
    let before = server.peak();
    let shares = (0..PROCESSES).map(|share| {
        let (from, to) = (gateways * share / PROCESSES, gateways * (share + 1) / PROCESSES);
        let mut agents = Command::new(std::env::current_exe().unwrap());
        agents.args(["gateways", &from.to_string(), &to.to_string(), &carrier]).current_dir(&place.0);
        Process(agents.stdin(Stdio::piped()).spawn().unwrap())
    });
    let agents: Vec<Process> = shares.collect();
    let all = gateways * modems;

    // With the operator there
    let begin = Instant::now();
    let run = ["fleet", "run", "script.hayes", "-i", "fleet.toml", "--gateway-rate", "100000"];
    let there = place.measured(&run);
    place.each_once("r1", all);
    println!(
        "{gateways} gateways, {all} results, each once, in {:.1} s; the operator took {:.1} s of a processor and {} MiB",
        begin.elapsed().as_secs_f64(),
        there.processor,
        there.peak >> 10
    );

    // With the operator away meanwhile
    place.said(&[&run[..], &["--detach"]].concat(), 0);
    let begin = Instant::now();
    while server.stored(&place, "acme_RES") < 2 * all as u64 {
        assert!(begin.elapsed() < Duration::from_secs(900), "{} are there", server.stored(&place, "acme_RES"));
        std::thread::sleep(Duration::from_secs(2));
    }
    let intake = place.measured(&["fleet", "watch"]);
    place.each_once("r2", all);
    let ledger = place.ledger("r2");
    let report = place.measured(&["report", ledger.to_str().unwrap(), "--csv", "report.csv"]);
    println!(
        "taking in {all} results: {:.1} s, {:.1} s of a processor; hayes report --csv: {:.1} s, {:.1} s",
        intake.time, intake.processor, report.time, report.processor
    );
    let mut limits = Limits::default();
    limits.hold("  the processor's time of it, beside the report's", intake.processor / report.processor, 3.0, "");

    let processor = || agents.iter().map(Process::processor).sum::<f64>();
    let (first, begin) = (processor(), Instant::now());
    std::thread::sleep(IDLE);
    let share = (processor() - first) / begin.elapsed().as_secs_f64() / gateways as f64;
    limits.hold("an agent that waits", share * 100.0, 0.1, " % of a processor");
    let connected = server.peak().saturating_sub(before) / gateways;
    println!("the server: {:.1} s of a processor", server.processor());
    limits.hold("  its memory of a gateway", connected as f64, 80.0, " KiB");
    limits.end();
}

/// The agents of some gateways, until standard input ends.
fn gateways(from: usize, to: usize, address: &str) {
    let _ = allow_descriptors(20_000);
    for number in from..to {
        let (folder, address) = (AgentFolder::new(Path::new(&format!("gw-{number}"))), address.to_owned());
        let follow = move || {
            let (who, key) = (folder.enrolment().unwrap(), folder.key().unwrap());
            let access = Access { fleet: &who.fleet, gateway: Some(&who.gateway), seed: key.seed(), authorities: None };
            let carrier = open(&address, &access).unwrap();
            let say = |text: &str| {
                let is_usual =
                    text.contains(": passed (") || text.starts_with("follows") || text.contains("has no order for");
                if !is_usual {
                    eprintln!("gw-{number}: {text}")
                }
            };
            Gateway::open(folder, carrier, &say).unwrap().run(false).unwrap();
        };
        std::thread::Builder::new().stack_size(512 << 10).spawn(follow).unwrap();
    }
    let _ = std::io::stdin().read(&mut [0]);
}

// ── Processes

struct Place(PathBuf);

struct Measured {
    /// Seconds on the clock, and of a processor
    time: f64,
    processor: f64,
    /// KiB
    peak: usize,
}

struct Process(Child);

impl Place {
    fn new() -> Place {
        let folder = std::env::temp_dir().join(format!("hayes-bench-fleet-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Place(folder)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(arguments).current_dir(&self.0).env("XDG_STATE_HOME", self.0.join("state")).stdin(Stdio::null());
        command.env_remove("HAYES_CARRIER");
        command
    }

    fn said(&self, arguments: &[&str], exit: i32) -> String {
        let output = self.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn measured(&self, arguments: &[&str]) -> Measured {
        let errors = self.0.join("stderr");
        let begin = Instant::now();
        let mut command = self.command(arguments);
        let command = command.stdout(Stdio::null()).stderr(File::create(&errors).unwrap());
        let mut process = Process(command.spawn().unwrap());
        let (mut peak, mut processor) = (0, 0.0);
        let status = loop {
            (peak, processor) = (process.peak().max(peak), process.processor().max(processor));
            match process.0.try_wait().unwrap() {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        let time = begin.elapsed().as_secs_f64();
        let said = fs::read_to_string(&errors).unwrap();
        assert!(status.success(), "{arguments:?}: {}", &said[said.len().saturating_sub(3000)..]);
        Measured { time, processor, peak }
    }

    fn ledger(&self, run: &str) -> PathBuf {
        self.0.join(format!("state/hayes/fleet/runs/{run}/results.jsonl"))
    }

    /// Each modem has passed, and has one line.
    fn each_once(&self, run: &str, all: usize) {
        let mut lines: HashMap<String, usize> = HashMap::new();
        for line in fs::read_to_string(self.ledger(run)).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["status"], "passed", "{line}");
            *lines.entry(line["modem"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        assert!(lines.len() == all && lines.values().all(|count| *count == 1), "{} of {all}", lines.len());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Process {
    /// In KiB
    fn peak(&self) -> usize {
        resident("VmHWM", self.0.id())
    }

    /// Seconds of a processor so far; a tick of Linux is a hundredth.
    fn processor(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let behind_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = behind_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    /// How many messages a stream of a server holds: the operator's connection asks for what it needs; here its files tell.
    fn stored(&self, place: &Place, stream: &str) -> u64 {
        let count =
            format!("cat $(find store -path '*{stream}/msgs/*.blk') | tr -d '\\0' | grep -a -o 'acme.res\\.' | wc -l");
        let found = Command::new("sh").current_dir(&place.0).args(["-c", &count]).output();
        String::from_utf8(found.unwrap().stdout).unwrap().trim().parse().unwrap_or(0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
