//! The driver on stable: changes the seeds by chance, and calls the targets. `cargo run -- --seconds 10` gives each ten
//! seconds; `--target session` takes one, `--seed 7` begins elsewhere, `--input FILE` calls it with one file. What is found
//! is kept in `artifacts/`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::exit,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a driver of tests"
)]
#![allow(clippy::disallowed_methods, reason = "it is bounded by time")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{env, fs};

use hayes_fuzz::{Chance, TARGETS, Target, seeds};

/// No input takes as long, also without optimisation on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// So much more memory may be in use at a target's end than after its seeds.
const MOST_GROWTH: u64 = 256 << 10;

fn main() {
    let mut words = env::args().skip(1);
    let (mut seconds, mut seed, mut wanted, mut input, mut count) = (10.0, 1, None, None, u64::MAX);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} takes a value"));
        match word.as_str() {
            "--seconds" => seconds = value().parse().unwrap(),
            "--count" => count = value().parse().unwrap(),
            "--seed" => seed = value().parse().unwrap(),
            "--target" => wanted = Some(value()),
            "--input" => input = Some(fs::read(value()).unwrap()),
            "--seeds" => return write_seeds(),
            _ => panic!("no option: {word}"),
        }
    }
    let mut found = 0;
    for (name, target) in TARGETS.into_iter().filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted == name)) {
        let inputs = match &input {
            Some(input) => Inputs { seeds: vec![input.clone()], until: Duration::ZERO, count: 1, chance: Chance(seed) },
            None => {
                Inputs { seeds: seeds::of(name), until: Duration::from_secs_f64(seconds), count, chance: Chance(seed) }
            }
        };
        found += u32::from(!fuzz(name, target, inputs));
    }
    std::process::exit(i32::from(found > 0));
}

struct Inputs {
    seeds: Vec<Vec<u8>>,
    until: Duration,
    count: u64,
    chance: Chance,
}

/// Calls the target with each seed, and with what chance makes of them; whether all went well.
fn fuzz(name: &'static str, target: Target, inputs: Inputs) -> bool {
    let (told, heard) = channel::<Told>();
    let worker = move || {
        let Inputs { mut seeds, until, count, mut chance } = inputs;
        let (started, mut calls, mut after_seeds) = (Instant::now(), 0, 0);
        let first: Vec<Vec<u8>> = seeds.clone();
        for input in first {
            if !call(target, &input, &told) {
                return;
            }
            calls += 1;
        }
        after_seeds += resident();
        while started.elapsed() < until && calls < count {
            let input = changed(&seeds, &mut chance);
            if !call(target, &input, &told) {
                return;
            }
            calls += 1;
            // Some of what came of chance is changed further.
            if chance.below(64) == 0 && seeds.len() < 20_000 && input.len() < 8 << 10 {
                seeds.push(input);
            }
        }
        let _ = told.send(Told::Done { calls, grown: resident().saturating_sub(after_seeds) });
    };
    // Deeply nested texts take more stack without optimisation.
    std::thread::Builder::new().stack_size(64 << 20).spawn(worker).unwrap();
    let mut last = Vec::new();
    loop {
        match heard.recv_timeout(LONGEST) {
            Ok(Told::Calls(input)) => last = input,
            Ok(Told::Done { calls, grown }) => {
                println!("{name}: {calls} inputs, {grown} KiB more memory");
                if grown > MOST_GROWTH {
                    eprintln!("{name}: memory grows");
                }
                return grown <= MOST_GROWTH;
            }
            Ok(Told::Failed(why)) => {
                let file = kept(name, &last);
                eprintln!("{name}: {why}\n{name}: the input is kept as {}", file.display());
                return false;
            }
            Err(RecvTimeoutError::Timeout) => {
                let file = kept(name, &last);
                eprintln!("{name}: an input takes more than {LONGEST:?}; it is kept as {}", file.display());
                // The thread cannot be ended.
                std::process::exit(1);
            }
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

enum Told {
    Calls(Vec<u8>),
    Failed(String),
    Done { calls: u64, grown: u64 },
}

fn call(target: Target, input: &[u8], told: &std::sync::mpsc::Sender<Told>) -> bool {
    let _ = told.send(Told::Calls(input.to_vec()));
    let called = catch_unwind(AssertUnwindSafe(|| target(input)));
    if let Err(why) = &called {
        let why =
            why.downcast_ref::<String>().cloned().or_else(|| why.downcast_ref::<&str>().map(|why| (*why).to_owned()));
        let _ = told.send(Told::Failed(why.unwrap_or_default()));
    }
    called.is_ok()
}

/// One of the seeds, changed in a few places: bytes, words of others, doubled and lost parts.
fn changed(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    const WORDS: [&[u8]; 24] = [
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"\x1a",
        b"\x1b",
        b"\"",
        b",",
        b"(",
        b")",
        b"{",
        b"}",
        b"${",
        b"\xff",
        b"\xc3",
        b"OK\r\n",
        b"> ",
        b"+CME ERROR: 10\r\n",
        b"9223372036854775808",
        b"-1",
        b"  ",
        b"#",
        b"\\",
        b"=",
    ];
    let pick =
        |chance: &mut Chance| seeds.get(chance.below(seeds.len())).map(Vec::as_slice).unwrap_or_default().to_vec();
    let mut input = pick(chance);
    for _ in 0..=chance.below(6) {
        let at = chance.below(input.len() + 1);
        match chance.below(8) {
            0 if at < input.len() => input[at] = chance.next() as u8,
            1 if at < input.len() => input[at] ^= 1 << chance.below(8),
            2 => input.truncate(at),
            3 => drop(input.splice(at..at, WORDS[chance.below(WORDS.len())].iter().copied())),
            4 => {
                let end = (at + 1 + chance.below(16)).min(input.len());
                input.drain(at.min(end)..end);
            }
            5 => {
                let end = (at + 1 + chance.below(64)).min(input.len());
                let part = input[at.min(end)..end].to_vec();
                let to = chance.below(input.len() + 1);
                input.splice(to..to, part);
            }
            6 => {
                let other = pick(chance);
                let from = chance.below(other.len() + 1);
                let end = (from + 1 + chance.below(64)).min(other.len());
                input.splice(at..at, other[from.min(end)..end].iter().copied());
            }
            _ => {
                // A whole line of another.
                let other = pick(chance);
                let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
                let starts: Vec<usize> = std::iter::once(0)
                    .chain(input.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1))
                    .collect();
                let line = lines.get(chance.below(lines.len())).copied().unwrap_or_default().to_vec();
                let at = starts[chance.below(starts.len())];
                input.splice(at..at, line);
            }
        }
    }
    input
}

/// What the process holds in memory, in KiB; 0 where the system does not tell.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn kept(name: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    let file = folder.join(format!("{name}-{:016x}", Chance::of(input).next()));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&file, input)).unwrap();
    file
}

fn write_seeds() {
    for (name, _) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        fs::create_dir_all(&folder).unwrap();
        let seeds = seeds::of(name);
        seeds.iter().enumerate().for_each(|(number, seed)| fs::write(folder.join(number.to_string()), seed).unwrap());
        println!("{name}: {} seeds", seeds.len());
    }
}
