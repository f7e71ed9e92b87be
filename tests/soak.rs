//! Modems on pseudo-terminals, three in ten of them faulty, that are driven again and again by one process: nothing
//! grows, neither here nor in the processes that simulate them. `SOAK=3600 SOAK_MODEMS=1000 cargo test --test tests
//! soak -- --ignored`

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hayes::catalogue::Catalogue;
use hayes::check::{Program, check};
use hayes::conversation::Conversation;
use hayes::library::Library;
use hayes::port::{Cancel, Serial};
use hayes::runtime::{Inputs, Silent, Status, run};
use hayes::source::Source;

use crate::folder::Folder;

/// Of each ten modems so many are such.
const MODEMS: [(usize, &str); 4] = [
    (7, "bg96?boot=0s&register=0s"),
    (1, "bg96?fault=chaos:7"),
    (1, "ec25?boot=0s&fault=split,urc,drop:60,duplicate-ok"),
    (1, "sim7080g?boot=0s&fault=lost:5,late:300ms:7,garbage,flood:50"),
];

const SCRIPT: &str = "
timeout 500ms
AT+CSQ within 2s
  capture rssi:int
ensure AT+CMEE? within 2s answers \"+CMEE: 2\" else {
  AT+CMEE=2 within 2s
}
try {
  AT+COPS=9 within 2s
}
repeat 3 {
  AT+CREG? within 2s
    capture _, stat:int
}
AT+CMEE=0 within 2s
report rssi, stat
";

/// As many at the same time as a small gateway drives.
const WORKERS: usize = 8;

/// No run takes longer, whatever its modem does.
const LONGEST: Duration = Duration::from_secs(60);

/// What a process holds and has used.
#[derive(Debug, Clone, Copy)]
struct Usage {
    descriptors: usize,
    resident_kib: u64,
    processor: Duration,
}

impl Usage {
    fn of(process: u32) -> Usage {
        let read = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).unwrap();
        let (status, stat) = (read("status"), read("stat"));
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        // Behind the name, which may hold blanks: user and system time are the 12th and 13th, in hundredths.
        let times: u64 = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|time| time.parse::<u64>().unwrap())
            .sum();
        Usage {
            descriptors: fs::read_dir(format!("/proc/{process}/fd")).unwrap().count(),
            resident_kib: resident.split_whitespace().next().unwrap().parse().unwrap(),
            processor: Duration::from_millis(times * 10),
        }
    }
}

/// Processes that simulate modems, ended when they are dropped.
struct Hosts(Vec<Child>);

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in &mut self.0 {
            let _ = Command::new("kill").arg(host.id().to_string()).status();
            let _ = host.wait();
        }
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Runs the script on each modem in turn, until the time is up: how many runs there were.
fn drive(ports: &[(PathBuf, bool)], program: &Arc<Program>, time: Duration) -> u64 {
    let (runs, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (runs, failed) = (&runs, &failed);
            scope.spawn(move || {
                let own = ports.iter().skip(worker).step_by(WORKERS);
                for (port, is_sound) in own.cycle().take_while(|_| began.elapsed() < time) {
                    let started = Instant::now();
                    let opened = Serial::open(port, 115_200, &Cancel::new().unwrap());
                    // A faulty one may be away.
                    let Ok(opened) = opened.inspect_err(|error| assert!(!is_sound, "{}: {error}", port.display()))
                    else {
                        std::thread::sleep(Duration::from_millis(20));
                        continue;
                    };
                    let mut conversation = Conversation::new(Box::new(opened), &Catalogue);
                    let outcome = run(program, &mut conversation, &Inputs::default(), &mut Silent);
                    let told = || format!("{}: {:?}", port.display(), outcome.failure);
                    assert!(!is_sound || outcome.status == Status::Passed, "{}", told());
                    assert!(started.elapsed() < LONGEST, "{}", told());
                    failed.fetch_add(u64::from(outcome.status != Status::Passed), Ordering::Relaxed);
                    runs.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (runs, failed) = (runs.into_inner(), failed.into_inner());
    println!("{runs} runs, {failed} of them failed");
    runs
}

#[test]
#[ignore = "takes a minute, or as long as SOAK says: .ci/run runs it"]
fn nothing_grows_while_modems_are_driven() {
    let (seconds, count) = (number("SOAK", 60), number("SOAK_MODEMS", 100));
    let (folder, mut hosts, mut ports) = (Folder::new(), Hosts(Vec::new()), Vec::new());
    for (place, (tenths, model)) in MODEMS.into_iter().enumerate() {
        let count = (count * tenths as u64 / 10).max(1);
        let link = folder.0.join(format!("modem-{place}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(["sim", model, "--count", &count.to_string(), "--link"]).arg(&link);
        let mut host = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(host.stdout.take().unwrap()).lines();
        ports.extend(lines.take(count as usize).map(|line| (PathBuf::from(line.unwrap().trim()), place == 0)));
        hosts.0.push(host);
    }
    assert!(ports.len() as u64 >= count - 4, "{} ports", ports.len());
    let program = check(&Source::new("soak.hayes", SCRIPT), &Library::default()).program.unwrap();
    let processes: Vec<u32> = std::iter::once(std::process::id()).chain(hosts.0.iter().map(Child::id)).collect();
    let usages = || processes.iter().map(|process| Usage::of(*process)).collect::<Vec<_>>();

    // The first third fills what is kept for later.
    let third = Duration::from_secs(seconds) / 3;
    drive(&ports, &program, third);
    let first = usages();
    let early = drive(&ports, &program, third);
    let second = usages();
    let late = drive(&ports, &program, third);
    let third = usages();
    for (place, ((first, second), third)) in first.iter().zip(&second).zip(&third).enumerate() {
        let told = format!("process {place}: {first:?}, {second:?}, {third:?}");
        println!("{told}");
        assert!(third.descriptors <= first.descriptors + 2, "descriptors grow: {told}");
        assert!(third.resident_kib <= first.resident_kib * 11 / 10 + 4096, "memory grows: {told}");
        let of_a_run =
            |from: &Usage, to: &Usage, runs: u64| (to.processor - from.processor).as_secs_f64() / runs as f64;
        let (early, late) = (of_a_run(first, second, early), of_a_run(second, third, late));
        assert!(late <= 2.0 * early + 0.002, "a run takes longer: {early} s, then {late} s of the processor: {told}");
    }
    // What nobody talks to does nothing; a modem of chaos may say something by itself.
    std::thread::sleep(Duration::from_secs(3));
    for (place, (before, after)) in third.iter().zip(usages()).enumerate() {
        let used = after.processor - before.processor;
        assert!(used < Duration::from_millis(300), "process {place} works while nobody talks to it: {used:?} in 3 s");
    }
}
