//! The session in virtual time: bytes at once, cut anywhere, or one by one; and then silence. Most cases stand in
//! `answers.txt` and, where they go on for more than one question, in `conversations.txt`: each is a thing that modems
//! do, and where it is known, a program that gets it wrong.

mod step;

use std::time::Duration;

use hayes::at::lines::LONGEST_LINE;
use hayes::at::session::{FailureKind, Mode, Outcome, SETTLE, Session};
use hayes::at::{Event, Expected, Hearer, Line, PromptPlan, Question, ResultCode, Shape, Verdict, Why};
use hayes::catalogue::Catalogue;
use hayes::notation::{duration, unescape};
use proptest::prelude::*;

/// Writes down what it hears, a line each: `response +CSQ: 18,99`.
#[derive(Default)]
struct Recorder {
    events: Vec<String>,
    enough_at: Option<String>,
    stop_at: Option<String>,
}

impl Hearer for Recorder {
    fn event(&mut self, _now: Duration, event: &Event<'_>) {
        self.events.push(match event {
            Event::Sent { bytes, why } => format!("sent {} {why:?}", show(bytes)),
            Event::Echo(line) => format!("echo {}", show(line)),
            Event::Response(line) => format!("response {}", show(line)),
            Event::Final { line, .. } => format!("final {}", show(line)),
            Event::Urc(line) => format!("urc {}", show(line)),
            Event::Prompt(line) => format!("prompt {}", show(line)),
            Event::Stray(line) => format!("stray {}", show(line)),
            Event::Data(line) => format!("data {}", show(line)),
            Event::Partial(line) => format!("partial {}", show(line)),
            Event::Dropped { lines } => format!("dropped {lines}"),
            Event::Truncated { bytes } => format!("truncated {bytes}"),
            Event::Notice(text) => format!("notice {text}"),
        });
    }

    fn line(&mut self, line: &[u8]) -> Verdict {
        if self.stop_at.as_ref().is_some_and(|text| line.starts_with(text.as_bytes())) {
            Verdict::Stop
        } else if self.enough_at.as_ref().is_some_and(|text| line.starts_with(text.as_bytes())) {
            Verdict::Enough
        } else {
            Verdict::GoOn
        }
    }
}

/// Bytes as a person reads them.
fn show(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'"' | b'\'' => char::from(*byte).to_string(),
            byte => byte.escape_ascii().to_string(),
        })
        .collect()
}

/// A modem's side of a session that is tested.
struct Bench {
    session: Session,
    recorder: Recorder,
    now: Duration,
}

impl Bench {
    fn new() -> Bench {
        Bench { session: Session::new(&Catalogue), recorder: Recorder::default(), now: Duration::ZERO }
    }

    fn ask(&mut self, question: &Question) {
        self.session.ask(&question.clone().into(), Why::Question, self.now, &mut self.recorder);
    }

    fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.session.receive(bytes.as_ref(), self.now, &mut self.recorder);
    }

    /// Lets time pass, deadline after deadline, until there is an outcome.
    fn outcome(&mut self) -> Outcome {
        loop {
            if let Some(outcome) = self.session.outcome() {
                return outcome;
            }
            self.now = self.session.deadline().expect("a question is open").max(self.now);
            self.session.advance(self.now, &mut self.recorder);
        }
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.session.deadline().filter(|deadline| *deadline <= until) {
            self.now = deadline.max(self.now);
            self.session.advance(self.now, &mut self.recorder);
        }
        self.now = until;
        self.session.advance(self.now, &mut self.recorder);
    }

    fn mode(&self) -> &'static str {
        match self.session.mode() {
            Mode::Data { .. } if self.session.may_leave_data_mode() => "maybe-data",
            Mode::Data { .. } => "data",
            Mode::Command { .. } => "command",
            Mode::Unknown { .. } => "unknown",
        }
    }

    /// What the session has written since this was asked last.
    fn written(&mut self) -> String {
        std::iter::from_fn(|| self.session.output()).map(|bytes| show(&bytes)).collect()
    }

    fn queued(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.take_line(&mut 0, &mut |_| true)).map(|line| show(&line.bytes)).collect()
    }

    /// Goes a step of a conversation; what is seen at it, where something is. `size`: so many bytes come at once.
    fn go(&mut self, step: &str, size: usize) -> Option<String> {
        let (what, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (session, now, recorder) = (&mut self.session, self.now, &mut self.recorder);
        let texts = |lines: Vec<Line>| lines.iter().map(|line| show(&line.bytes)).collect::<Vec<_>>().join(" | ");
        match what {
            "?" => self.ask(&question(rest)),
            "<" => bytes(rest).chunks(size).for_each(|chunk| self.receive(chunk)),
            "=" => return Some(ending(&self.outcome())),
            "now" => return Some(session.outcome().map_or("nothing".to_owned(), |outcome| ending(&outcome))),
            ">" => return Some(self.written()),
            "at" => return Some(format!("{}ms", now.as_millis())),
            "mode" => return Some(self.mode().to_owned()),
            "queue" => return Some(self.queued().join(" | ")),
            "all" => return Some(std::mem::take(&mut recorder.events).join(" | ")),
            "told" => {
                let wanted: Vec<String> = rest.split(" | ").map(|event| show(&bytes(event))).collect();
                let missing = wanted.iter().find(|event| !recorder.events.contains(event));
                return Some(if missing.is_none() { show(&bytes(rest)) } else { recorder.events.join(" | ") });
            }
            "refused" => return Some(session.refused().map(|(line, _)| line.text()).unwrap_or_default()),
            "heed" => session.heed_refusal(now),
            "misled" => return Some(session.misled().map(|line| line.text()).unwrap_or_default()),
            "stopped" => return Some(session.stopped().map(|line| line.text()).unwrap_or_default()),
            "lose" => return Some(texts(session.lose(now, recorder))),
            "owe" => session.owe(),
            "forget" => recorder.events.clear(),
            "stop" => recorder.stop_at = Some(rest.to_owned()),
            "enough" => recorder.enough_at = Some(rest.to_owned()),
            "write" => session.write(&bytes(rest), now, recorder),
            "write-failed" => session.write_failed(),
            "escape" => session.escape(Why::Question, now, recorder),
            "interrupt" => session.interrupt(true, now, recorder),
            "interrupt-and-leave" => session.interrupt(false, now, recorder),
            "step" => session.come_into_step(now, recorder),
            what => match what.strip_prefix('x') {
                Some(times) => {
                    let (pause, rest) = rest.split_once(' ').unwrap();
                    for _ in 0..times.parse().unwrap() {
                        self.wait(time(pause).unwrap());
                        bytes(rest).chunks(size).for_each(|chunk| self.receive(chunk));
                    }
                }
                None => self.wait(time(what).unwrap_or_else(|| panic!("no step: {step}"))),
            },
        }
        None
    }
}

const TIMEOUT: Duration = Duration::from_secs(5);

fn time(text: &str) -> Option<Duration> {
    duration(text).ok()
}

/// A question, with what is known of its answer before it: `prefixed 60s AT+CSQ`; of some commands their names tell.
fn question(text: &str) -> Question {
    let (mut expected, mut timeout, mut mark, mut prompt) = (Expected::default(), TIMEOUT, None, None);
    let mut prompt_within = None;
    let (mut shape, mut rest) = (None, text);
    while let Some((word, behind)) = rest.split_once(' ') {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let known = || &*value.replace('_', " ").leak();
        match key {
            "plain" => shape = Some(Shape::Unknown),
            "prefixed" => shape = Some(Shape::Prefixed),
            "bare" => shape = Some(Shape::Bare),
            "none" => shape = Some(Shape::None),
            "text" => shape = Some(Shape::Text),
            "connect" => shape = Some(Shape::Connect),
            "dial" => expected.call_control = true,
            "abortable" => expected.abortable = true,
            "free" => expected.free = true,
            "closes" => expected.closes = true,
            "data-after-ok" => expected.data_after_ok = true,
            "no-final" => expected.without_final = true,
            "ends" => expected.data_ends = vec![known()].leak(),
            "success" | "failure" => expected.finals.push((known(), key == "success")),
            "prefix" => expected.prefixes = vec![known()],
            "granted" => expected.granted = value.parse().ok(),
            "mark" => mark = Some(value.to_owned()),
            "reply" => prompt = Some(bytes(value)),
            "cancel" => prompt = Some(Vec::new()),
            "asks-within" => prompt_within = time(value),
            _ => match time(word) {
                Some(time) => timeout = time,
                None => break,
            },
        }
        rest = behind;
    }
    if shape.is_none() && prompt.is_none() && rest.starts_with("AT+CMGS") {
        prompt = Some(b"one\rOK\rtwo\x1A".to_vec());
    }
    let prompt = match prompt {
        None => PromptPlan::Unexpected,
        Some(bytes) if bytes.is_empty() => PromptPlan::Cancel { mark },
        Some(bytes) => PromptPlan::Reply { mark, bytes },
    };
    expected.shape = match rest.get(..7) {
        _ if shape.is_some() => shape.unwrap_or_default(),
        Some("AT+CMGS") => Shape::Prefixed,
        Some("AT+CMGR" | "AT+CMGL") => Shape::HeaderAndBody,
        Some("AT+QIRD") => Shape::Counted { parameter: 0, before: b'\n' },
        Some("AT+SHRE") => Shape::Counted { parameter: 0, before: b'\n' },
        Some("AT+CARE") => Shape::Counted { parameter: 0, before: b',' },
        Some("AT+USOR") => Shape::Counted { parameter: 1, before: b'"' },
        Some(_) | None => Shape::Unknown,
    };
    if expected.shape != Shape::Unknown && expected.prefixes.is_empty() {
        let commands = hayes::at::command::parse(rest).map_or(Vec::new(), |line| line.commands);
        expected.prefixes = commands.iter().map(|command| &*command.name.to_owned().leak()).collect();
    }
    let question = Question::new([rest.as_bytes(), b"\r"].concat(), expected, timeout, prompt);
    question.with_prompt_within(prompt_within.unwrap_or(timeout))
}

/// An answer's lines and its result code, or how the question failed.
fn ending(outcome: &Outcome) -> String {
    match outcome {
        Ok(answer) => {
            let result = answer.result.iter().map(ResultCode::to_string);
            answer.lines.iter().map(|line| show(&line.bytes)).chain(result).collect::<Vec<_>>().join(" | ")
        }
        Err(failure) => match &failure.kind {
            FailureKind::Stopped(_) => "failed Stopped".to_owned(),
            FailureKind::Misled(_) => "failed Misled".to_owned(),
            FailureKind::Refused(..) => "failed Refused".to_owned(),
            FailureKind::Restarted(_) => "failed Restarted".to_owned(),
            FailureKind::Off(_) => "failed Off".to_owned(),
            FailureKind::UnexpectedPrompt(_) => "failed UnexpectedPrompt".to_owned(),
            FailureKind::NoPrompt { .. } => "failed NoPrompt".to_owned(),
            FailureKind::TookLess { taken } => format!("failed TookLess {taken}"),
            kind @ (FailureKind::Timeout(_) | FailureKind::OutOfStep { .. }) => format!("failed {kind:?}"),
        },
    }
}

/// The outcome of an answer that comes in these chunks, and the bench that has heard it.
fn run(question: &Question, chunks: &[&[u8]]) -> (Outcome, Bench) {
    let mut bench = Bench::new();
    bench.ask(question);
    chunks.iter().for_each(|chunk| bench.receive(chunk));
    (bench.outcome(), bench)
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

// Tables of answers, and whatever else may come

/// Answers that real modems gave, and those of which it stands there what is told of them.
const TABLES: [&str; 2] = [include_str!("transcripts.txt"), include_str!("answers.txt")];

/// The questions, all that came, and what is to be told of it, where the table says so.
fn rows(table: &'static str) -> Vec<(Question, Vec<u8>, Option<&'static str>)> {
    let mut found = Vec::new();
    let mut asked = None;
    for line in table.lines() {
        if let Some(text) = line.strip_prefix("? ") {
            asked = Some(question(text));
        } else if let Some(text) = line.strip_prefix('!') {
            let question = asked.clone().expect("a question stands before each answer");
            found.push((question, bytes(text.trim_start()), None));
        } else if let Some(told) = line.strip_prefix("= ") {
            found.last_mut().expect("an answer stands before what is told of it").2 = Some(told);
        }
    }
    found
}

#[test]
fn each_answer_is_told_as_its_table_says() {
    let mut rows = TABLES.map(rows).concat();
    rows.retain(|(question, bytes, told)| Some(summary(question, bytes).as_str()) != *told);
    let differ = rows.iter().map(|(question, bytes, _)| format!("! {}\n= {}\n", show(bytes), summary(question, bytes)));
    assert!(rows.is_empty(), "{}", differ.collect::<String>());
}

/// All that is told of an answer, and of its end what that does not show.
fn summary(question: &Question, bytes: &[u8]) -> String {
    let (outcome, bench) = run(question, &[bytes]);
    let mut told = bench.recorder.events;
    told.retain(|event| !event.starts_with("sent AT"));
    // Of a notice, what it is about.
    told.iter_mut().for_each(|event| event.truncate(event.find(" was taken").unwrap_or(event.len())));
    let heard: Vec<&str> = told.iter().filter_map(|event| event.strip_prefix("response ")).collect();
    let end = match outcome {
        Ok(answer) => {
            let lines: Vec<String> = answer.lines.iter().map(|line| show(&line.bytes)).collect();
            (lines != heard).then(|| format!("answer {}", lines.join(" / ")))
        }
        Err(failure) => Some(ending(&Err(failure))),
    };
    told.into_iter().chain(end).collect::<Vec<_>>().join(" | ")
}

pub(crate) fn bytes(text: &str) -> Vec<u8> {
    unescape(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// The cases of a conversation, each with its values for what stands in `{}`.
fn variants(case: &str) -> Vec<String> {
    let Some((line, behind)) = case.split_once('\n') else { return vec![case.to_owned()] };
    match line.split_once(" = ") {
        Some((names, rows)) if names.starts_with(|name: char| name.is_ascii_uppercase()) => {
            let with = |row: &str| {
                let values = names.split(' ').zip(row.split('¦'));
                values.fold(behind.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value.trim()))
            };
            rows.split("||").flat_map(|row| variants(&with(row))).collect()
        }
        Some(_) | None => {
            let head = format!("{line}\n");
            if line.starts_with('#') {
                variants(behind).iter().map(|rest| head.clone() + rest).collect()
            } else {
                vec![case.to_owned()]
            }
        }
    }
}

#[test]
fn each_conversation_goes_as_its_file_says() {
    let mut differ = String::new();
    for case in include_str!("conversations.txt").split("\n\n").flat_map(variants) {
        for size in [usize::MAX, 1, 3] {
            let mut bench = Bench::new();
            for step in case.lines().filter(|line| !line.starts_with('#')) {
                let wanted = step.split_once(' ').map_or("", |(_, wanted)| wanted);
                let wanted = time(wanted).map_or(show(&bytes(wanted)), |time| format!("{}ms", time.as_millis()));
                if let Some(seen) = bench.go(step, size).filter(|seen| *seen != wanted) {
                    differ += &format!("{case}\n  in pieces of {size}, at {step}:\n  {seen}\n\n");
                    break;
                }
            }
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// All that is told of it, up to the outcome and behind it.
fn told(question: &Question, chunks: &[&[u8]]) -> (Outcome, Vec<String>, Vec<String>) {
    let (outcome, mut bench) = run(question, chunks);
    bench.wait(Duration::from_secs(1));
    let queued = bench.queued();
    (outcome, bench.recorder.events, queued)
}

#[test]
fn every_cut_of_every_transcript_tells_the_same() {
    for (question, bytes, _) in &TABLES.map(rows).concat() {
        let whole = told(question, &[bytes]);
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(told(question, &[head, tail]), whole, "cut at {cut} of {}", show(bytes));
        }
        assert_eq!(told(question, &bytes.chunks(1).collect::<Vec<_>>()), whole, "byte by byte: {}", show(bytes));
        for size in [2, 3, 5, 7, 11, 16, 64] {
            assert_eq!(told(question, &bytes.chunks(size).collect::<Vec<_>>()), whole, "by {size}: {}", show(bytes));
        }
    }
}

/// No byte is lost: what was told, put together again, is all that came but line ends, blanks and noise at line starts.
#[test]
fn every_byte_of_every_transcript_is_told() {
    for (question, bytes, _) in TABLES.map(rows).concat() {
        let (_, bench) = run(&question, &[&bytes]);
        let kept = |text: &str| text.replace("\\r", "").replace("\\n", "").replace("\\x00", "").replace(' ', "");
        let told: String = bench
            .recorder
            .events
            .iter()
            .filter_map(|event| {
                let (kind, line) = event.split_once(' ')?;
                (!["sent", "notice", "dropped"].contains(&kind)).then(|| kept(line))
            })
            .collect();
        let unfinished = kept(&show(bench.session.unfinished()));
        assert_eq!(told + &unfinished, kept(&show(&bytes)));
    }
}

/// Questions, and pieces that modems and noise are made of.
const PIECES: &str = include_str!("pieces.txt");

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<_> = PIECES.lines().filter(|line| !line.starts_with("? ")).map(bytes).collect();
    prop_oneof![prop::sample::select(pieces), prop::collection::vec(any::<u8>(), 0..20)]
}

fn any_question() -> impl Strategy<Value = Question> {
    let questions: Vec<_> = PIECES.lines().filter_map(|line| line.strip_prefix("? ")).map(question).collect();
    prop::sample::select(questions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_in_random_chunks_tell_the_same(
        question in any_question(),
        pieces in prop::collection::vec(piece(), 0..24),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = pieces.concat();
        let (mut chunks, mut rest) = (Vec::new(), &bytes[..]);
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.index(rest.len() + 1));
            chunks.push(head);
            rest = tail;
        }
        chunks.push(rest);
        prop_assert_eq!(told(&question, &chunks), told(&question, &[&bytes]));
    }

    #[test]
    fn random_bytes_with_pauses_neither_panic_nor_hang(
        questions in prop::collection::vec(any_question(), 1..4),
        pieces in prop::collection::vec((piece(), 0_u64..700), 0..24),
    ) {
        let mut bench = Bench::new();
        for question in &questions {
            bench.ask(question);
            for (piece, pause) in &pieces {
                bench.receive(piece);
                bench.wait(Duration::from_millis(*pause));
            }
            let before = bench.now;
            let _ = bench.outcome();
            prop_assert!(bench.now - before < Duration::from_secs(30));
        }
    }
}

#[test]
fn an_hour_of_garbage_takes_no_memory() {
    let mut bench = Bench::new();
    bench.ask(&question("3600s AT"));
    let mut noise = 1_u32;
    let mut chunk = vec![0; 4096];
    for _ in 0..4000 {
        for byte in &mut chunk {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = noise.to_be_bytes()[0];
        }
        bench.receive(&chunk);
        bench.recorder.events.clear();
    }
    let failure = bench.outcome().unwrap_err();
    let kept: usize = failure.received.iter().map(|line| line.bytes.len()).sum();
    assert!(kept <= 1024 * 1024 + LONGEST_LINE, "{kept}");
}

#[test]
fn case_15_counted_data_larger_than_any_line_are_cut() {
    let mut bytes = b"\r\n+QIRD: 200000\r\n".to_vec();
    bytes.extend(std::iter::repeat_n(b"OK\r\n", 50_000).flatten());
    bytes.extend(b"\r\n\r\nOK\r\n");
    let (outcome, bench) = run(&question("AT+QIRD=0"), &bytes.chunks(1000).collect::<Vec<_>>());
    // A part of them is not what was asked for.
    let answer = outcome.unwrap();
    assert_eq!((answer.is_cut, answer.lines[0].bytes.len()), (true, 65_536));
    assert!(bench.recorder.events.iter().any(|event| event.starts_with("truncated")));
    assert!(!bench.recorder.events.iter().any(|event| event.starts_with("stray")));
}

#[test]
fn what_is_not_kept_as_a_whole_is_told() {
    let blanks = format!("\r\n+QXYZ: {}1234567890\r\n\r\nOK\r\n", " ".repeat(65_525));
    let many = format!("{}\r\nOK\r\n", "\r\n+QXYZ: 1\r\n".repeat(200_000));
    let foreign = format!("\r\n+CREG: {}\r\n\r\n+QXYZ: 1\r\n\r\nOK\r\n", "1".repeat(70_000));
    let largest = format!("\r\nCONNECT 65519\r\n{}\r\nOK\r\n", "x".repeat(65_519));
    let content = format!("\r\nCONNECT 100000\r\n{}\r\nOK\r\n", "OK\r\n".repeat(25_000));
    let lines = format!("\r\nCONNECT\r\n{}\r\nOK\r\n", "line\r\n".repeat(180_000));
    for (asked, answer, is_cut, longest) in [
        ("AT+QXYZ?", &blanks, false, LONGEST_LINE),
        ("AT+QXYZ?", &many, true, 8),
        ("AT+QXYZ?", &foreign, false, 8),
        ("connect AT+QFREAD=1", &largest, false, 65_519),
        ("connect AT+QFREAD=1", &content, true, 65_520),
        ("connect AT+QFREAD=1", &lines, true, 4),
    ] {
        for chunk in [answer.len(), 4000] {
            let (outcome, _) = run(&question(asked), &answer.as_bytes().chunks(chunk).collect::<Vec<_>>());
            let longest_of = |lines: &[Line]| lines.iter().map(|line| line.bytes.len()).max().unwrap_or_default();
            let answer = outcome.unwrap();
            assert_eq!((answer.is_cut, longest_of(&answer.lines)), (is_cut, longest), "{asked}");
        }
    }
}

#[test]
fn data_without_line_ends_are_bounded_and_whole() {
    let mut bench = Bench::new();
    bench.ask(&question("dial ATD*99#"));
    bench.receive("\r\nCONNECT\r\n");
    bench.recorder.events.clear();
    let mut bytes = 0;
    for _ in 0..1000 {
        bench.receive([b'x'; 1000]);
    }
    bench.wait(SETTLE);
    for event in &bench.recorder.events {
        let data = event.strip_prefix("data ").unwrap();
        assert!(data.len() <= LONGEST_LINE);
        bytes += data.len();
    }
    assert_eq!(bytes, 1_000_000);
}
