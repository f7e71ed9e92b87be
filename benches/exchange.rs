//! What an exchange costs over a pseudo-terminal, beside a bare loop that writes and reads on the same one; what a flood of
//! URCs costs beside bare reads; what a process of one exchange costs beside a bare program, and a start beside one in C.
//! Ratios in one run: the machine's own speed cancels out.
//!
//! `cargo bench --bench exchange`, or one of its parts: `cargo bench --bench exchange -- flood`
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

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hayes::catalogue::Catalogue;
use hayes::check::{Program, check};
use hayes::conversation::Conversation;
use hayes::library::Library;
use hayes::port::{Cancel, Serial};
use hayes::runtime::{Inputs, Silent, run};
use hayes::source::Source;
use limits::Limits;
use process::resident;

/// Few exchanges and many rounds: which processor sleeps, and how deep, may stay the same for a whole round.
const EXCHANGES: usize = 500;
const EXCHANGE_ROUNDS: usize = 101;
const ROUNDS: usize = 15;
const PROCESSES: usize = 50;
const STARTS: usize = 201;
const ANSWER: &[u8] = b"\r\n+CSQ: 18,99\r\n\r\nOK\r\n";
const FLOOD: usize = 16 << 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = match arguments.as_slice() {
        [name, path] if name == "bare" => return one_exchange_bare(Path::new(path)),
        [name, ..] => Some(name.as_str()),
        [] => None,
    };
    let mut limits = Limits::default();
    let is_wanted = |name| wanted.is_none_or(|wanted| wanted == name);
    if is_wanted("exchange") {
        println!("an exchange with two typed captures, beside the bare loop:");
        // How long a sleeping processor takes to be woken is no matter of the program's, and differs by 50 µs from one
        // exchange to the next. A modem that stays awake shows the program's own part.
        exchanges(&mut limits, "by a modem that is awake", Sleep::Never);
        exchanges(&mut limits, "by one that sleeps until it is asked", Sleep::UntilAsked);
    }
    if is_wanted("flood") {
        let before = resident("VmRSS", std::process::id());
        let (.., ratio) = medians(ROUNDS, || (flood_by_script(), flood_bare()));
        limits.hold("16 MiB of URC lines before an OK, beside bare reads", ratio, 1.5, "");
        println!("  memory that the floods took: {} KiB", resident("VmHWM", std::process::id()) - before);
    }
    if is_wanted("process") {
        let script = std::env::temp_dir().join(format!("hayes-bench-{}.hayes", std::process::id()));
        std::fs::write(&script, "AT+CSQ\n  capture rssi:int, ber:int\n").unwrap();
        let bare = std::env::current_exe().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_hayes"));
        let hayes = |path: &Path| spawn(program, &["run", "-q", "-p"], path, Some(&script));
        let (ours, theirs, ratio) =
            medians(PROCESSES, || (process(hayes).0, process(|path| spawn(&bare, &["bare"], path, None)).0));
        limits.hold("a process that runs a script of one exchange, beside a bare program", ratio, 2.0, "");
        println!("  {:.2} ms, the bare program {:.2} ms", ours * 1e3, theirs * 1e3);
        limits.hold("  its peak memory", process(hayes).1 as f64, 8192.0, " KiB");
        std::fs::remove_file(&script).unwrap();
    }
    if is_wanted("start") {
        started(&mut limits);
    }
    if is_wanted("check") {
        let took = ten_thousand_lines().as_secs_f64() * 1e3;
        limits.hold("a script of 10,000 lines parses and checks in", took, 100.0, " ms");
    }
    limits.end();
}

/// Whether the modem's thread gives its processor away while nothing is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sleep {
    Never,
    UntilAsked,
}

fn exchanges(limits: &mut Limits, what: &str, sleep: Sleep) {
    let mut busy = Vec::new();
    let (ours, bare, ratio) = medians(EXCHANGE_ROUNDS, || {
        let (ours, bare) = (exchanges_by_script(sleep), exchanges_bare(sleep));
        busy.push((ours.busy, bare.busy));
        (ours.elapsed, bare.elapsed)
    });
    let mut busy = busy.into_iter();
    let (our_busy, bare_busy, _) = medians(EXCHANGE_ROUNDS, || busy.next().unwrap());
    let each = |time: f64| time * 1e6 / EXCHANGES as f64;
    limits.hold(&format!("  answered {what}"), ratio, 1.3, "");
    println!("    {:.1} µs, the bare loop {:.1} µs;", each(ours), each(bare));
    println!("    of it the processor works {:.1} µs, in the bare loop {:.1} µs", each(our_busy), each(bare_busy));
}

/// The medians of paired runs, in seconds, and of their ratios.
fn medians(rounds: usize, mut pair: impl FnMut() -> (Duration, Duration)) -> (f64, f64, f64) {
    let pairs: Vec<(f64, f64)> =
        (0..rounds).map(|_| pair()).map(|(ours, bare)| (ours.as_secs_f64(), bare.as_secs_f64())).collect();
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut sorted: Vec<f64> = pairs.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[rounds / 2]
    };
    (median(|pair| pair.0), median(|pair| pair.1), median(|pair| pair.0 / pair.1))
}

/// What a run took, and how long its thread worked: the rest is waiting for the other side to be woken.
struct Took {
    elapsed: Duration,
    busy: Duration,
}

fn timed(run: impl FnOnce()) -> Took {
    let busy = || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
    };
    let (started, busy_before) = (Instant::now(), busy());
    run();
    Took { elapsed: started.elapsed(), busy: busy() - busy_before }
}

fn exchanges_by_script(sleep: Sleep) -> Took {
    let program = program(&"AT+CSQ\n  capture rssi:int, ber:int\n".repeat(EXCHANGES));
    let (master, path) = pty();
    let modem = std::thread::spawn(move || answer(master, sleep));
    let mut conversation = open(&path);
    let took = timed(|| {
        let outcome = run(&program, &mut conversation, &Inputs::default(), &mut Silent);
        assert_eq!(outcome.exchanges, EXCHANGES as u64, "{:?}", outcome.failure);
    });
    drop(conversation);
    modem.join().unwrap();
    took
}

fn exchanges_bare(sleep: Sleep) -> Took {
    let (master, path) = pty();
    let modem = std::thread::spawn(move || answer(master, sleep));
    let mut port = raw(&path);
    let mut buffer = [0; 256];
    let took = timed(|| {
        for _ in 0..EXCHANGES {
            port.write_all(b"AT+CSQ\r").unwrap();
            let mut got = 0;
            while got < ANSWER.len() {
                got += port.read(&mut buffer).unwrap();
            }
        }
    });
    drop(port);
    modem.join().unwrap();
    took
}

fn flood_by_script() -> Duration {
    let program = program("abort on \"+NEVER\"\nAT+CSQ within 60s\n");
    let (master, path) = pty();
    let modem = std::thread::spawn(move || flood(master));
    let mut conversation = open(&path);
    let started = Instant::now();
    let outcome = run(&program, &mut conversation, &Inputs::default(), &mut Silent);
    let elapsed = started.elapsed();
    assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
    drop(conversation);
    modem.join().unwrap();
    elapsed
}

fn flood_bare() -> Duration {
    let (master, path) = pty();
    let modem = std::thread::spawn(move || flood(master));
    let mut port = raw(&path);
    let mut buffer = vec![0; 64 << 10];
    let started = Instant::now();
    port.write_all(b"AT+CSQ\r").unwrap();
    // The OK may come in two parts.
    let mut tail = Vec::new();
    while !tail.ends_with(b"OK\r\n") {
        let got = port.read(&mut buffer).unwrap();
        tail.extend_from_slice(&buffer[got.saturating_sub(4)..got]);
        tail.drain(..tail.len().saturating_sub(4));
    }
    let elapsed = started.elapsed();
    drop(port);
    modem.join().unwrap();
    elapsed
}

/// From a process's start to its end, with one exchange in it; and its peak memory when it waits for the answer, in KiB.
fn process(start: impl Fn(&Path) -> Child) -> (Duration, usize) {
    let (mut master, path) = pty();
    let started = Instant::now();
    let mut child = start(&path);
    let mut buffer = [0; 256];
    let mut got = 0;
    while !buffer[..got].contains(&b'\r') {
        got = master.read(&mut buffer).unwrap();
    }
    let asked = started.elapsed();
    let memory = resident("VmHWM", child.id());
    let answered = Instant::now();
    master.write_all(ANSWER).unwrap();
    assert!(child.wait().unwrap().success());
    (asked + answered.elapsed(), memory)
}

fn spawn(program: &Path, arguments: &[&str], port: &Path, script: Option<&Path>) -> Child {
    Command::new(program).args(arguments).arg(port).args(script).stdout(Stdio::null()).spawn().unwrap()
}

/// The bare program: opens the port, asks, reads the answer, ends.
fn one_exchange_bare(path: &Path) {
    let mut port = raw(path);
    port.write_all(b"AT+CSQ\r").unwrap();
    let mut buffer = [0; 256];
    let mut got = 0;
    while got < ANSWER.len() {
        got += port.read(&mut buffer).unwrap();
    }
}

/// A start of the program that is shipped: static, it needs no loader.
fn started(limits: &mut Limits) {
    let target = format!("target/{}-unknown-linux-musl/release/hayes", std::env::consts::ARCH);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(&target);
    if !program.exists() {
        println!("a start is left out: `.ci/package` builds {target}, the program that is shipped");
        return;
    }
    let bare = bare_program();
    let (ours, theirs, ratio) = medians(STARTS, || (start(&program, &["--version"]), start(&bare, &[])));
    limits.hold("a start (`hayes --version`), beside a program in C that does nothing", ratio, 2.0, "");
    println!("  {:.2} ms, the one in C {:.2} ms", ours * 1e3, theirs * 1e3);
    std::fs::remove_file(&bare).unwrap();
}

/// From the start of a program to its end.
fn start(program: &Path, arguments: &[&str]) -> Duration {
    let started = Instant::now();
    assert!(Command::new(program).args(arguments).stdout(Stdio::null()).status().unwrap().success());
    started.elapsed()
}

/// A program in C that does nothing, compiled by `cc`.
fn bare_program() -> PathBuf {
    let program = std::env::temp_dir().join(format!("hayes-bench-bare-{}", std::process::id()));
    let mut compiler = Command::new("cc");
    let mut compiler =
        compiler.args(["-O2", "-x", "c", "-", "-o"]).arg(&program).stdin(Stdio::piped()).spawn().unwrap();
    compiler.stdin.take().unwrap().write_all(b"int main(void) { return 0; }\n").unwrap();
    assert!(compiler.wait().unwrap().success());
    program
}

fn ten_thousand_lines() -> Duration {
    let text = "AT+CGDCONT=1,\"IP\",\"super\"\nAT+CREG?\n  capture n:int, stat:int\nassert stat in [1, 5]\n";
    let source = Source::new("long.hayes", text.repeat(2_500));
    let runs = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        assert!(check(&source, &Library::default()).program.is_some());
        started.elapsed()
    });
    runs.min().unwrap()
}

fn program(text: &str) -> Arc<Program> {
    let checked = check(&Source::new("bench.hayes", text), &Library::default());
    checked.program.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

fn open(path: &Path) -> Conversation {
    let port = Serial::open(path, 115_200, &Cancel::new().unwrap()).unwrap();
    Conversation::new(Box::new(port), &Catalogue)
}

/// Answers each question as soon as its CR is there, until the other end is closed.
fn answer(mut master: File, sleep: Sleep) {
    rustix::io::ioctl_fionbio(&master, sleep == Sleep::Never).unwrap();
    let mut buffer = [0; 256];
    loop {
        match master.read(&mut buffer) {
            Ok(got @ 1..) => {
                for _ in buffer[..got].iter().filter(|byte| **byte == b'\r') {
                    master.write_all(ANSWER).unwrap();
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// Answers one question, 16 MiB of URCs late.
fn flood(mut master: File) {
    let mut buffer = [0; 256];
    let mut got = 0;
    while !buffer[..got].contains(&b'\r') {
        got = master.read(&mut buffer).unwrap();
    }
    let lines = b"\r\n+CMTI: \"SM\",12\r\n\r\n+CREG: 5,\"2CF7\",\"8A5A782\",6\r\n".repeat(64);
    for _ in 0..FLOOD / lines.len() {
        master.write_all(&lines).unwrap();
    }
    master.write_all(ANSWER).unwrap();
    while let Ok(1..) = master.read(&mut buffer) {}
}

fn pty() -> (File, PathBuf) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap();
    make_raw(&master);
    (File::from(master), PathBuf::from(path.into_string().unwrap()))
}

fn raw(path: &Path) -> File {
    let no_controlling_terminal = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    let file = OpenOptions::new().read(true).write(true).custom_flags(no_controlling_terminal).open(path).unwrap();
    make_raw(&file);
    file
}

fn make_raw(terminal: &impl std::os::fd::AsFd) {
    let mut settings = rustix::termios::tcgetattr(terminal).unwrap();
    settings.make_raw();
    rustix::termios::tcsetattr(terminal, rustix::termios::OptionalActions::Now, &settings).unwrap();
}
