//! The conversations of `tests/cases/` over real ports: what a script makes of a modem's part is over a pseudo-terminal
//! and over TCP what it is over `replay:`, with the echo of commands and without, in one piece, in single bytes, and
//! cut once behind any byte. Of those cuts a few are chosen, others with each `CUTS=SEED`; `CUTS=all` plays all of
//! them.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hayes::catalogue::Catalogue;
use hayes::check::{Program, check};
use hayes::connect::{Address, Opening, open};
use hayes::conversation::Conversation;
use hayes::library::Library;
use hayes::port::Cancel;
use hayes::runtime::{Inputs, Outcome, STACK, Silent, Status, run};
use hayes::source::Source;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::cases::{Case, files, split_cases, transcript};
use crate::folder::Folder;

/// In real time a conversation takes as long as it says: those that take longer are played by `replay:` alone.
const LONGEST: Duration = Duration::from_millis(1500);

/// Long enough that the first piece is read before the second comes, and no silence that decides anything.
const CUT_TIME: Duration = Duration::from_millis(5);

#[derive(Debug, Clone, Copy)]
enum Wire {
    Terminal,
    Tcp,
}

#[derive(Debug, Clone, Copy)]
enum Echo {
    Always,
    Never,
}

#[derive(Debug, Clone, Copy)]
enum Pieces {
    Whole,
    Halves,
    Bytes,
    /// In two, the second a moment later: what the modem says, counted through all of it, is cut there.
    Cut(usize),
}

/// One step of a modem's part.
#[derive(Debug, Clone)]
enum Step {
    Hears(Vec<u8>),
    Says(Vec<u8>),
    Waits(Duration),
    Goes,
}

/// A conversation, how it ended over `replay:`, and one way to play it.
struct Play<'c> {
    title: &'c str,
    program: Arc<Program>,
    replayed: String,
    steps: Vec<Step>,
    wire: Wire,
    pieces: Pieces,
    echo: Echo,
}

#[test]
fn a_conversation_is_the_same_over_real_ports() {
    let cases: Vec<Case> =
        files("tests/cases").iter().flat_map(|file| split_cases(&std::fs::read_to_string(file).unwrap())).collect();
    let plays: Vec<Play<'_>> = cases.iter().flat_map(plays).collect();
    let (next, differing) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(play) = plays.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Play { title, wire, echo, pieces, replayed, .. } = play;
            let ended = shown(&over(play));
            if ended != *replayed {
                let difference = format!("{title}: {wire:?}, {echo:?}, {pieces:?}\n  {ended}\n  {replayed}");
                differing.lock().unwrap().push(difference);
            }
        }
    };
    // They wait more than they work.
    std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap();
        let threads: Vec<_> = (0..32).map(start).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let differing = differing.into_inner().unwrap();
    assert!(differing.is_empty(), "{} of {}\n{}", differing.len(), plays.len(), differing.join("\n"));
    assert!(plays.len() > 1500, "only {} were played", plays.len());
}

/// All ways to play a case, if it is a script with a modem's part.
fn plays(case: &Case) -> Vec<Play<'_>> {
    let text = |info: &str| case.blocks.iter().find(|block| block.info == info).map(|block| block.text.as_str());
    let (Some(script), Some(part)) = (text("hayes"), text("modem")) else { return Vec::new() };
    let Some(program) = check(&Source::new("script.hayes", script), &Library::default()).program else {
        return Vec::new();
    };
    let folder = Folder::new();
    let file = folder.0.join("modem.transcript");
    std::fs::write(&file, transcript(part)).unwrap();
    let replayed = ran(&program, &Address::Replay(file));
    let mut plays = Vec::new();
    if replayed.elapsed > LONGEST {
        return plays;
    }
    for wire in [Wire::Terminal, Wire::Tcp] {
        for echo in [Echo::Always, Echo::Never] {
            let whole = steps(&transcript(part), echo);
            let said = whole.iter().map(|step| if let Step::Says(bytes) = step { bytes.len() } else { 0 }).sum();
            let cuts = cuts(said, &format!("{} {wire:?} {echo:?}", case.title)).map(Pieces::Cut);
            for pieces in [Pieces::Whole, Pieces::Halves, Pieces::Bytes].into_iter().chain(cuts) {
                let steps = if let Pieces::Cut(at) = pieces { cut(&whole, at) } else { whole.clone() };
                let (program, replayed) = (Arc::clone(&program), shown(&replayed));
                plays.push(Play { title: &case.title, program, replayed, steps, wire, pieces, echo });
            }
        }
    }
    plays
}

/// Behind which of so many bytes a play of this name is cut: all, or a few by the seed.
fn cuts(said: usize, name: &str) -> impl Iterator<Item = usize> + use<> {
    const EACH: usize = 6;
    let seed = std::env::var("CUTS").unwrap_or_default();
    let mut hash = DefaultHasher::new();
    (name, &seed).hash(&mut hash);
    let stride = if seed == "all" { 1 } else { said.div_ceil(EACH).max(1) };
    (1 + hash.finish() as usize % stride..said).step_by(stride)
}

/// The same steps with a pause behind so many bytes of what the modem says.
fn cut(steps: &[Step], at: usize) -> Vec<Step> {
    let (mut left, mut parts) = (at, Vec::new());
    for step in steps {
        match step {
            Step::Says(bytes) if left > 0 && left < bytes.len() => {
                let (head, tail) = bytes.split_at(left);
                parts.extend([Step::Says(head.to_vec()), Step::Waits(CUT_TIME), Step::Says(tail.to_vec())]);
                left = 0;
            }
            Step::Says(bytes) => {
                left = left.saturating_sub(bytes.len());
                parts.push(step.clone());
            }
            Step::Hears(_) | Step::Waits(_) | Step::Goes => parts.push(step.clone()),
        }
    }
    parts
}

/// What a script's user sees of its end. Why a port is lost each kind says in its own words.
fn shown(outcome: &Outcome) -> String {
    let failure = outcome.failure.as_ref().map(|failure| {
        let message = if outcome.status == Status::Unreachable { String::new() } else { failure.to_string() };
        (message, failure.diagnostic.code, &failure.answer)
    });
    format!("{} {failure:?} {:?} {:?} {}", outcome.status, outcome.report, outcome.rows, outcome.exchanges)
}

fn ran(program: &Arc<Program>, address: &Address) -> Outcome {
    let port = open(address, &Opening::new(Cancel::new().unwrap())).unwrap();
    let mut conversation = Conversation::new(port, &Catalogue);
    run(program, &mut conversation, &Inputs::default(), &mut Silent)
}

/// The modem's part, as a transcript has it.
fn steps(transcript: &str, echo: Echo) -> Vec<Step> {
    let mut steps = Vec::new();
    // What was heard comes back where an answer does: a modem that is silent has no echo either.
    let (mut before, mut asked) = (Duration::ZERO, Vec::new());
    for line in transcript.lines().skip(1) {
        let (time, event) = line.split_once(' ').unwrap();
        let time = Duration::from_secs_f64(time.parse().unwrap());
        // The millisecond between two events keeps them in order; when the script asks, it decides.
        if time > before + Duration::from_millis(1) && !event.starts_with('>') {
            steps.push(Step::Waits(time - before));
        }
        before = time;
        match event.split_once(' ').map(|(mark, said)| (mark, unescape(said))) {
            Some((">", said)) => {
                if said.starts_with(b"AT") {
                    asked.extend(&said);
                }
                steps.push(Step::Hears(said));
            }
            Some(("<", said)) => {
                let commands = std::mem::take(&mut asked);
                let behind = said.strip_prefix(&commands[..]);
                steps.push(Step::Says(match (echo, behind) {
                    (Echo::Always, None) => [commands, said].concat(),
                    (Echo::Never, Some(behind)) => behind.to_vec(),
                    (Echo::Always, Some(_)) | (Echo::Never, None) => said,
                }));
            }
            _ => steps.push(Step::Goes),
        }
    }
    steps
}

/// `\r`, `\n`, `\\` and `\xNN` as the bytes that they are.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let (byte, length) = match behind.as_bytes()[0] {
            b'r' => (b'\r', 1),
            b'n' => (b'\n', 1),
            b'x' => (u8::from_str_radix(&behind[1..3], 16).unwrap(), 3),
            other => (other, 1),
        };
        bytes.push(byte);
        rest = &behind[length..];
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// Runs the program against a modem at the other end of a real port.
fn over(play: &Play<'_>) -> Outcome {
    let over = &AtomicBool::new(false);
    std::thread::scope(|scope| match play.wire {
        Wire::Terminal => {
            let (mut modem, slave, path) = terminal();
            // What it says first waits in the port when that is opened.
            let first = play.steps.iter().take_while(|step| matches!(step, Step::Says(_))).count();
            let (first, others) = play.steps.split_at(first);
            for step in first {
                do_step(&mut modem, step, play.pieces, &mut Vec::new(), over);
            }
            let line = slave.try_clone().unwrap();
            let served = scope.spawn(move || {
                serve(&mut modem, others, play.pieces, over);
                // A terminal that hangs up takes with it what nobody has read.
                while !over.load(Ordering::Relaxed) && rustix::io::ioctl_fionread(&line).unwrap() > 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            let outcome = ran(&play.program, &Address::Device(path.into()));
            over.store(true, Ordering::Relaxed);
            served.join().unwrap();
            drop(slave);
            outcome
        }
        Wire::Tcp => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let served = scope.spawn(move || {
                let stream = listener.accept().unwrap().0;
                stream.set_nodelay(true).unwrap();
                serve(&mut OwnedFd::from(stream).into(), &play.steps, play.pieces, over);
            });
            let outcome = ran(&play.program, &Address::Tcp { host: "127.0.0.1".to_owned(), port });
            over.store(true, Ordering::Relaxed);
            served.join().unwrap();
            outcome
        }
    })
}

/// A pseudo-terminal: the modem's end, the other one, which keeps it alive, and its name.
fn terminal() -> (File, OwnedFd, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave: OwnedFd = File::options().read(true).write(true).open(&path).unwrap().into();
    let mut raw = rustix::termios::tcgetattr(&slave).unwrap();
    raw.make_raw();
    rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &raw).unwrap();
    (master.into(), slave, path)
}

/// The modem: does one step after the other, until the script is over.
fn serve(modem: &mut File, steps: &[Step], pieces: Pieces, over: &AtomicBool) {
    rustix::io::ioctl_fionbio(&*modem, true).unwrap();
    let mut heard = Vec::new();
    if steps.iter().all(|step| do_step(modem, step, pieces, &mut heard, over)) {
        while listen(modem, &mut heard, over) {}
    }
}

/// False where the connection or the script has ended.
fn do_step(modem: &mut File, step: &Step, pieces: Pieces, heard: &mut Vec<u8>, over: &AtomicBool) -> bool {
    match step {
        Step::Waits(time) => std::thread::sleep(*time),
        Step::Goes => {
            // The kernel carries it into a terminal by and by, and on the way nobody sees it.
            std::thread::sleep(Duration::from_millis(250));
            return false;
        }
        Step::Hears(said) => {
            while !heard.starts_with(said) {
                if !listen(modem, heard, over) {
                    return false;
                }
            }
            heard.drain(..said.len());
        }
        Step::Says(bytes) => {
            let size = match pieces {
                Pieces::Whole | Pieces::Cut(_) => bytes.len(),
                Pieces::Halves => bytes.len().div_ceil(2),
                Pieces::Bytes => 1,
            };
            for piece in bytes.chunks(size.max(1)) {
                if modem.write_all(piece).is_err() {
                    return false;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }
    true
}

fn listen(modem: &mut File, heard: &mut Vec<u8>, over: &AtomicBool) -> bool {
    let mut buffer = [0; 1024];
    match modem.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            heard.extend(&buffer[..count]);
            true
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            std::thread::sleep(Duration::from_micros(300));
            !over.load(Ordering::Relaxed)
        }
        Err(_) => false,
    }
}
