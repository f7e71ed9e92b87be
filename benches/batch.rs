//! What a batch costs: 500 pseudo-terminals with 20 exchanges each, whose answers take 5 ms, beside one bare epoll loop
//! over the same; simulated modems in memory from 100 to 10,000. Each runs in a process of its own, whose peak of memory
//! is told too.
//!
//! `cargo bench --bench batch`
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

mod limits;
mod process;

use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hayes::batch::driver::{Driver, Progress};
use hayes::batch::inventory::{self, Inventory};
use hayes::batch::journal::{self, Journal};
use hayes::batch::run::Common;
use hayes::batch::schedule::{Plan, Scheduler};
use hayes::check::check;
use hayes::library::Library;
use hayes::port::Cancel;
use hayes::port::crew::allow_descriptors;
use hayes::runtime::{Inputs, Status};
use hayes::source::Source;
use limits::Limits;
use rustix::event::epoll;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const MODEMS: usize = 500;
const EXCHANGES: usize = 20;
const DELAY: Duration = Duration::from_millis(5);
const ROUNDS: usize = 5;
const ANSWER: &[u8] = b"\r\n+CSQ: 18,99\r\n\r\nOK\r\n";

fn main() {
    let _ = allow_descriptors(30_000);
    let arguments: Vec<String> = std::env::args().collect();
    let number = |place: usize| arguments[place].parse().unwrap();
    match arguments.get(1).map(String::as_str) {
        Some("fleet") => fleet(number(2)),
        Some("bare") => bare(),
        Some("batch") => batch(read_paths(), EXCHANGES, number(2)),
        Some("simulated") => {
            let ports = vec!["sim:bg96?time=virtual".to_owned(); number(2)];
            batch(ports, EXCHANGES, number(3));
        }
        _ => compare(),
    }
}

fn compare() {
    let (mut limits, mut ratios) = (Limits::default(), Vec::new());
    for _ in 0..ROUNDS {
        let bare = measure(&["bare"], MODEMS);
        let ours = measure(&["batch", &MODEMS.to_string()], MODEMS);
        println!("  bare {:.3} s, batch {:.3} s in {} KiB (bare {} KiB)", bare.0, ours.0, ours.1, bare.1);
        ratios.push((ours.0 / bare.0, ours.1));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, peak) = ratios[ROUNDS / 2];
    limits.hold(&format!("{MODEMS} PTYs, {EXCHANGES} exchanges each, beside a bare epoll loop"), ratio, 1.6, "");
    limits.hold("  its peak memory", peak as f64, 16384.0, " KiB");
    // What the first ones need is there once: threads with heaps of their own, tables that are unpacked.
    const FIRST: usize = 10;
    let first = simulated(FIRST, FIRST).1;
    for count in [100, 1000, 10_000] {
        for jobs in [64, count] {
            let (time, peak) = simulated(count, jobs);
            println!(
                "{count:>6} simulated modems, {jobs:>5} at once: {time:.3} s, {:.0} µs an exchange, {peak} KiB",
                time * 1e6 / (count * EXCHANGES) as f64
            );
            let each = peak.saturating_sub(first) as f64 / (count - FIRST) as f64;
            limits.hold("       memory of a modem", each, 32.0, " KiB");
        }
    }
    limits.end();
}

/// Seconds and KiB, the least of three runs: noise only adds.
fn simulated(count: usize, jobs: usize) -> (f64, u64) {
    let runs = [(); 3].map(|()| result(start(&["simulated", &count.to_string(), &jobs.to_string()])));
    runs.into_iter().fold((f64::MAX, u64::MAX), |least, run| (least.0.min(run.0), least.1.min(run.1)))
}

/// Seconds and KiB of a client, with a fleet of its own.
fn measure(client: &[&str], modems: usize) -> (f64, u64) {
    let mut fleet = start(&["fleet", &modems.to_string()]);
    let mut lines = BufReader::new(fleet.stdout.take().unwrap()).lines();
    let mut client = start(client);
    let mut stdin = client.stdin.take().unwrap();
    for _ in 0..modems {
        writeln!(stdin, "{}", lines.next().unwrap().unwrap()).unwrap();
    }
    drop(stdin);
    let outcome = result(client);
    fleet.kill().unwrap();
    fleet.wait().unwrap();
    outcome
}

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn result(mut child: Child) -> (f64, u64) {
    drop(child.stdin.take());
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    let (time, peak) = text.trim().split_once(' ').unwrap();
    (time.parse().unwrap(), peak.parse().unwrap())
}

fn finish(elapsed: Duration) {
    println!("{} {}", elapsed.as_secs_f64(), process::resident("VmHWM", std::process::id()));
}

fn read_paths() -> Vec<String> {
    std::io::stdin().lock().lines().map(Result::unwrap).collect()
}

fn batch(ports: Vec<String>, exchanges: usize, jobs: usize) {
    let mut text = String::from("name,port\n");
    ports.iter().enumerate().for_each(|(n, port)| text.push_str(&format!("m{n},{port}\n")));
    drop(ports);
    let inventory: Inventory = inventory::read(&[Source::new("i.csv", text)]).unwrap();
    let source = Source::new("bench", "AT+CSQ\n  capture rssi:int, ber:int\n".repeat(exchanges));
    let program = check(&source, &Library::default()).program.unwrap();
    let results = std::env::temp_dir().join(format!("hayes-bench-{}.jsonl", std::process::id()));
    let mut journal = Journal::open(&results, None).unwrap();
    let started = Instant::now();
    let told = channel();
    let (shown, to_show) = channel();
    let common = Common::new(program, Inputs::default(), &results);
    let plan = Plan::of_jobs(NonZeroUsize::new(jobs).unwrap());
    let schedule = Scheduler::new(&inventory.modems, &inventory, plan, 1);
    let count = inventory.modems.len();
    let driver = Driver::new(common, inventory.modems.into(), schedule, Cancel::new().unwrap(), told, shown);
    // Whoever shows the progress keeps no results either.
    let watcher = std::thread::spawn(move || {
        let passed = |progress| matches!(progress, Progress::Ended(ended) if ended.result.status == Status::Passed);
        to_show.into_iter().map(passed).filter(|passed| *passed).count()
    });
    let finished = driver.run(&mut journal);
    let elapsed = started.elapsed();
    assert!(finished.not_begun.is_empty());
    journal.finish().unwrap();
    assert_eq!(watcher.join().unwrap(), count, "no answer is lost");
    finish(elapsed);
    assert_eq!(journal::read(&results).unwrap().passed().count(), count);
    std::fs::remove_file(results).unwrap();
}

/// One epoll loop that opens, writes and reads; nothing else.
fn bare() {
    let paths = read_paths();
    let started = Instant::now();
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut ports = Vec::new();
    for (n, path) in paths.iter().enumerate() {
        let port = serialport::new(path, 115_200).open_native().unwrap();
        let fd = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        epoll::add(&poll, &fd, epoll::EventData::new_u64(n as u64), epoll::EventFlags::IN).unwrap();
        rustix::io::write(&fd, b"AT+CSQ\r").unwrap();
        ports.push((port, fd, 0, 0));
    }
    let mut left = ports.len();
    let mut events = Vec::with_capacity(256);
    let mut buffer = [0; 256];
    while left > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let (_, fd, got, exchanges) = &mut ports[event.data.u64() as usize];
            *got += rustix::io::read(&*fd, &mut buffer).unwrap();
            if *got >= ANSWER.len() {
                *got -= ANSWER.len();
                *exchanges += 1;
                if *exchanges == EXCHANGES {
                    left -= 1;
                } else {
                    rustix::io::write(&*fd, b"AT+CSQ\r").unwrap();
                }
            }
        }
    }
    finish(started.elapsed());
}

/// Modems that answer each CR after a while, until this process is killed.
fn fleet(count: usize) {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut masters: Vec<(OwnedFd, OwnedFd)> = Vec::new();
    let mut paths = String::new();
    for n in 0..count {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut raw = rustix::termios::tcgetattr(&slave).unwrap();
        raw.make_raw();
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &raw).unwrap();
        epoll::add(&poll, &master, epoll::EventData::new_u64(n as u64), epoll::EventFlags::IN).unwrap();
        paths.push_str(&path);
        paths.push('\n');
        masters.push((master, slave.into()));
    }
    std::io::stdout().write_all(paths.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
    let mut due: std::collections::VecDeque<(Instant, usize)> = std::collections::VecDeque::new();
    let mut events = Vec::with_capacity(256);
    let mut buffer = [0; 1024];
    loop {
        let timeout = due.front().map(|(time, _)| {
            let left = time.saturating_duration_since(Instant::now());
            rustix::event::Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() }
        });
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), timeout.as_ref()).unwrap();
        for event in &events {
            let n = event.data.u64() as usize;
            let count = rustix::io::read(masters[n].0.as_fd(), &mut buffer).unwrap();
            let questions = buffer[..count].iter().filter(|byte| **byte == b'\r').count();
            due.extend(std::iter::repeat_n((Instant::now() + DELAY, n), questions));
        }
        while due.front().is_some_and(|(time, _)| *time <= Instant::now()) {
            let (_, n) = due.pop_front().unwrap();
            rustix::io::write(masters[n].0.as_fd(), ANSWER).unwrap();
        }
    }
}
