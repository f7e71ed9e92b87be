//! What the session costs, in memory: an exchange, and a flood of URC lines before an OK. Each is shown beside the least
//! that any program must do with the same bytes, so that the ratio means the same on every machine.
//!
//! `cargo bench --bench session`; with `-- exchange` or `-- flood` one of them.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a benchmark may stop")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hayes::at::session::Session;
use hayes::at::{Event, Expected, Hearer, PromptPlan, Question, Shape, Verdict, Why};
use hayes::catalogue::Catalogue;

/// Looks at each line, as an `abort on` does.
struct Looking {
    lines: usize,
    bytes: usize,
}

impl Hearer for Looking {
    fn event(&mut self, _now: Duration, _event: &Event<'_>) {}

    fn line(&mut self, line: &[u8]) -> Verdict {
        self.lines += 1;
        self.bytes += line.len();
        if line.starts_with(b"+CPIN: NOT READY") { Verdict::Stop } else { Verdict::GoOn }
    }
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let is_wanted = |name| wanted.as_deref().is_none_or(|wanted| wanted == name);
    if is_wanted("exchange") {
        exchange();
    }
    if is_wanted("flood") {
        flood();
    }
}

fn question() -> Arc<Question> {
    Arc::new(Question::new(
        b"AT+CSQ\r",
        Expected { prefixes: vec!["+CSQ"], shape: Shape::Prefixed, ..Expected::default() },
        Duration::from_secs(5),
        PromptPlan::Unexpected,
    ))
}

/// One question and its answer; beside it the search for the two lines' ends.
fn exchange() {
    const ROUNDS: u32 = 200_000;
    let answer = b"AT+CSQ\r\r\n+CSQ: 18,99\r\n\r\nOK\r\n";
    let question = question();
    let mut listener = Looking { lines: 0, bytes: 0 };
    let mut session = Session::new(&Catalogue);
    let took = best_of(3, || {
        for _ in 0..ROUNDS {
            session.ask(&question, Why::Question, Duration::ZERO, &mut listener);
            black_box(session.output());
            session.receive(black_box(answer), Duration::ZERO, &mut listener);
            assert_eq!(session.outcome().unwrap().unwrap().lines.len(), 1);
        }
    });
    println!("exchange: {:.0} ns", took.as_nanos() as f64 / f64::from(ROUNDS));
}

/// 16 MiB of URC lines, then OK; beside it copying the bytes out of 64 KiB buffers and finding the line ends.
fn flood() {
    const SIZE: usize = 16 * 1024 * 1024;
    let line = b"+CMTI: \"SM\",3\r\n\r\n+CREG: 5,\"2CF7\",\"8A5A782\",6\r\n";
    let bytes: Vec<u8> = line.iter().copied().cycle().take(SIZE / line.len() * line.len()).collect();
    let bare = best_of(3, || {
        let mut buffer = vec![0; 64 * 1024];
        let mut lines = 0;
        for chunk in bytes.chunks(buffer.len()) {
            buffer[..chunk.len()].copy_from_slice(chunk);
            lines += memchr::memchr_iter(b'\n', &buffer[..chunk.len()]).count();
        }
        black_box(lines);
    });
    let mut lines = 0;
    let took = best_of(3, || {
        let mut session = Session::new(&Catalogue);
        let mut listener = Looking { lines: 0, bytes: 0 };
        session.ask(&question(), Why::Question, Duration::ZERO, &mut listener);
        let mut buffer = vec![0; 64 * 1024];
        for chunk in bytes.chunks(buffer.len()) {
            buffer[..chunk.len()].copy_from_slice(chunk);
            session.receive(&buffer[..chunk.len()], Duration::ZERO, &mut listener);
        }
        session.receive(b"\r\nOK\r\n", Duration::ZERO, &mut listener);
        assert!(session.outcome().unwrap().is_ok());
        lines = listener.lines;
    });
    println!(
        "flood, the catalogue: {:.1} ms for {lines} lines ({:.0} ns a line), {:.1} times finding the line ends ({:.1} ms)",
        took.as_secs_f64() * 1e3,
        took.as_nanos() as f64 / lines as f64,
        took.as_secs_f64() / bare.as_secs_f64(),
        bare.as_secs_f64() * 1e3,
    );
}

fn best_of(times: u32, mut run: impl FnMut()) -> Duration {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}
