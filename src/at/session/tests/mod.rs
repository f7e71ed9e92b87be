//! The session in virtual time: bytes at once, cut anywhere, or one by one; and then silence. Most cases stand in
//! `answers.txt`: each is a thing that modems do, and where it is known, a program that gets it wrong.

mod step;

use std::time::Duration;

use proptest::prelude::*;

use super::{FailureKind, Mode, Outcome, SETTLE, Session, Silence};
use crate::at::knowledge::{Knowledge, Standard};
use crate::at::{Answer, Event, Expected, Flow, Line, Listener, PromptPlan, Question, ResultCode, Shape, Why};

/// Writes down what it hears, a line each: `response +CSQ: 18,99`.
#[derive(Default)]
struct Recorder {
    events: Vec<String>,
    enough_at: Option<&'static str>,
    stop_at: Option<&'static str>,
}

impl Listener for Recorder {
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

    fn line(&mut self, line: &[u8]) -> Flow {
        if self.stop_at.is_some_and(|text| line.starts_with(text.as_bytes())) {
            Flow::Stop
        } else if self.enough_at.is_some_and(|text| line.starts_with(text.as_bytes())) {
            Flow::Enough
        } else {
            Flow::GoOn
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
        Bench { session: Session::new(&Standard), recorder: Recorder::default(), now: Duration::ZERO }
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

    fn is_online(&self) -> bool {
        matches!(self.session.mode(), Mode::Data { sure: true, .. })
    }

    fn takes_commands(&self) -> bool {
        matches!(self.session.mode(), Mode::Command { .. })
    }

    /// What the session has written since this was asked last.
    fn written(&mut self) -> String {
        std::iter::from_fn(|| self.session.output()).map(|bytes| show(&bytes)).collect()
    }

    fn queued(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.take_line(&mut 0, &mut |_| true)).map(|line| line.text()).collect()
    }
}

const TIMEOUT: Duration = Duration::from_secs(5);

/// A question of which nothing is known but its name.
fn question(line: &str) -> Question {
    Question::new(format!("{line}\r"), Expected::default(), TIMEOUT, PromptPlan::Unexpected)
}

fn shaped(line: &str, shape: Shape) -> Question {
    let mut question = question(line);
    question.expected.shape = shape;
    question.expected.prefixes = crate::at::command::parse(line)
        .into_iter()
        .flat_map(|line| line.commands.into_iter().map(|command| &*command.name.to_owned().leak()).collect::<Vec<_>>())
        .collect();
    question
}

fn within(mut question: Question, seconds: u64) -> Question {
    question.timeout = Duration::from_secs(seconds);
    question
}

fn replying(line: &str, reply: &str) -> Question {
    let mut question = shaped(line, Shape::Prefixed);
    question.prompt = PromptPlan::Reply { mark: None, bytes: reply.as_bytes().to_vec() };
    question
}

/// All that is told, and the outcome, of an answer that comes at once.
fn run(question: &Question, bytes: impl AsRef<[u8]>) -> (Outcome, Vec<String>) {
    run_in(question, &[bytes.as_ref()])
}

fn run_in(question: &Question, chunks: &[&[u8]]) -> (Outcome, Vec<String>) {
    let mut bench = Bench::new();
    bench.ask(question);
    for chunk in chunks {
        bench.receive(chunk);
    }
    let outcome = bench.outcome();
    (outcome, bench.recorder.events)
}

/// The answer of one that succeeds.
fn answer(question: &Question, bytes: impl AsRef<[u8]>) -> Answer {
    match run(question, bytes) {
        (Ok(answer), _) => answer,
        (Err(failure), events) => panic!("{failure:?} after {events:#?}"),
    }
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

/// The lines of the answer, its result code behind them.
fn lines(question: &Question, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let answer = answer(question, bytes);
    texts(&answer.lines).into_iter().chain(answer.result.map(|result| result.to_string())).collect()
}

fn failure(outcome: Outcome) -> FailureKind {
    outcome.expect_err("an answer came").kind
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
            asked = Some(expected_of(text));
        } else if let Some(text) = line.strip_prefix('!') {
            let question = asked.clone().expect("a question stands before each answer");
            found.push((question, unescaped(text.trim_start()), None));
        } else if let Some(told) = line.strip_prefix("= ") {
            found.last_mut().expect("an answer stands before what is told of it").2 = Some(told);
        }
    }
    found
}

#[test]
fn each_answer_is_told_as_its_table_says() {
    let mut rows = rows(TABLES[1]);
    rows.retain(|(question, bytes, told)| Some(summary(question, bytes).as_str()) != *told);
    let differ = rows.iter().map(|(question, bytes, _)| format!("! {}\n= {}\n", show(bytes), summary(question, bytes)));
    assert!(rows.is_empty(), "{}", differ.collect::<String>());
}

/// All that is told of an answer, and of its end what that does not show.
fn summary(question: &Question, bytes: &[u8]) -> String {
    let (outcome, mut told) = run(question, bytes);
    told.retain(|event| !event.starts_with("sent AT"));
    // Of a notice, what it is about.
    told.iter_mut().for_each(|event| event.truncate(event.find(" was taken").unwrap_or(event.len())));
    let heard: Vec<&str> = told.iter().filter_map(|event| event.strip_prefix("response ")).collect();
    let end = match outcome {
        Ok(answer) => {
            let lines: Vec<String> = answer.lines.iter().map(|line| show(&line.bytes)).collect();
            (lines != heard).then(|| format!("answer {}", lines.join(" / ")))
        }
        Err(failure) => match failure.kind {
            FailureKind::NoPrompt { .. } => Some("failed NoPrompt".to_owned()),
            kind => Some(format!("failed {kind:?}")),
        },
    };
    told.into_iter().chain(end).collect::<Vec<_>>().join(" | ")
}

/// Of a command in the table, what its form stands before, or its name tells: `prefixed AT+CSQ`, `AT+CMGR=1`.
fn expected_of(text: &str) -> Question {
    match text.split_once(' ') {
        Some(("prefixed", line)) => shaped(line, Shape::Prefixed),
        Some(("bare", line)) => shaped(line, Shape::Bare),
        Some(("none", line)) => shaped(line, Shape::None),
        Some(("dial", line)) => opening(line, &[]),
        Some(_) | None if text.starts_with("AT+CMGS") => replying(text, "one\rOK\rtwo\x1A"),
        Some(_) | None if text.starts_with("AT+CMGR") || text.starts_with("AT+CMGL") => {
            shaped(text, Shape::HeaderAndBody)
        }
        Some(_) | None if text.starts_with("AT+QIRD") => shaped(text, Shape::Counted { parameter: 0, quoted: false }),
        Some(_) | None if text.starts_with("AT+USORD") => shaped(text, Shape::Counted { parameter: 1, quoted: true }),
        Some(_) | None => question(text),
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let escape = rest.get(..2);
        let (byte, length) = match escape {
            Some("\\r") => (b'\r', 2),
            Some("\\n") => (b'\n', 2),
            Some("\\\\") => (b'\\', 2),
            Some("\\x") => (u8::from_str_radix(&rest[2..4], 16).unwrap(), 4),
            Some(_) | None => (u8::try_from(character).unwrap(), 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

/// All that is told of it, up to the outcome and behind it.
fn told(question: &Question, chunks: &[&[u8]]) -> (Outcome, Vec<String>, Vec<String>) {
    let mut bench = Bench::new();
    bench.ask(question);
    for chunk in chunks {
        bench.receive(chunk);
    }
    let outcome = bench.outcome();
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
        let mut bench = Bench::new();
        bench.ask(&question);
        bench.receive(&bytes);
        let _ = bench.outcome();
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
        let unfinished = kept(&show(bench.session.framer.rest()));
        assert_eq!(told + &unfinished, kept(&show(&bytes)));
    }
}

/// The real answers end well or in the modem's own error, and hold the lines that the modem sent.
#[test]
fn real_answers_are_understood() {
    let mut endings = std::collections::BTreeMap::new();
    for (question, bytes, _) in rows(TABLES[0]) {
        let (outcome, ..) = told(&question, &[&bytes]);
        let ending = match outcome {
            Ok(answer) => match answer.result {
                Some(result) if result.is_success() => "success",
                Some(_) => "error",
                None => "none",
            },
            Err(failure) => match failure.kind {
                FailureKind::Timeout(_) => "timeout",
                FailureKind::UnexpectedPrompt(_) => "prompt",
                kind => panic!("{kind:?}"),
            },
        };
        *endings.entry(ending).or_insert(0) += 1;
    }
    // The echo alone times out; one transcript is a prompt nobody expects; those of errors say so.
    assert_eq!((endings["timeout"], endings["prompt"]), (1, 1), "{endings:?}");
    assert!(!endings.contains_key("none") && endings["error"] < 9, "{endings:?}");
}

/// Pieces that modems and noise are made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(vec![
            "\r\n",
            "\r",
            "\n",
            "OK",
            "ERROR",
            "\r\nOK\r\n",
            "> ",
            ">",
            "@",
            "+CSQ: 18,99",
            "+CMTI: \"SM\",3\r\n",
            "\"",
            ",",
            "AT+CSQ\r",
            "+CREG: 5",
            "0\r",
            "CONNECT",
            "+CMGR: \"REC READ\",\"+1\",,\"24\"\r\n",
            "+QIRD: 7\r\n",
            "\x1A",
            "\0",
            "x",
            "+CMGR: \"REC READ\",\"+1\",,\"24\",145,4,0,0,\"+1\",145,9\r\n",
            "+USORD: 0,3,\"",
            "+CMT: \"+1\",,\"24\"\r\n",
            "\r\n+CMT: \"+1\",,\"24\",145,4,0,0,\"+1\",145,9\r\n",
            "+CDS: 25\r\n",
            "0791AB\r\n",
            "é",
            "+CME ERROR: 3",
            "\x08",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn any_question() -> impl Strategy<Value = Question> {
    prop::sample::select(vec![
        "AT",
        "AT+CSQ",
        "AT+CREG?",
        "AT+CMGR=1",
        "AT+CMGL=4",
        "AT+CMGS=\"1\"",
        "AT+QIRD=0",
        "AT+USORD=0,3",
        "ATV0",
        "hello",
    ])
    .prop_map(|line| {
        let mut question = expected_of(line);
        question.expected.free = line == "hello";
        question
    })
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
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for place in places.into_iter().chain([bytes.len()]) {
            chunks.push(&bytes[from..place]);
            from = place;
        }
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
    let mut question = question("AT");
    question.timeout = Duration::from_secs(3600);
    bench.ask(&question);
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
    assert!(kept <= 1024 * 1024 + crate::at::lines::LONGEST_LINE, "{kept}");
}

// What modems do, case by case

/// A module's own URCs and final result codes, as a catalogue would tell them.
struct Vendor;

impl Knowledge for Vendor {
    fn is_urc(&self, line: &[u8]) -> bool {
        line.starts_with(b"+QIURC:") || line == b"RDY" || Standard.is_urc(line)
    }

    fn tells_of_start(&self, line: &[u8]) -> bool {
        line == b"RDY"
    }

    fn vendor_final(&self, line: &[u8]) -> Option<bool> {
        (line == b"COMMAND NOT SUPPORT").then_some(false)
    }
}

#[test]
fn case_02_registration_read_and_by_itself() {
    let read = "+CREG: 2,5,\"2CF7\",\"8A5A782\",6";
    for name in ["CREG", "CGREG", "CEREG", "C5GREG"] {
        let read = read.replace("CREG", name);
        for urc in
            [format!("+{name}: 5"), format!("+{name}: 5,\"2CF7\",\"8A5A782\",6"), format!("+{name}: 5,2CF7,8A5A782")]
        {
            for bytes in
                [format!("\r\n{urc}\r\n\r\n{read}\r\n\r\nOK\r\n"), format!("\r\n{read}\r\n\r\n{urc}\r\n\r\nOK\r\n")]
            {
                for question in [question(&format!("AT+{name}?")), shaped(&format!("AT+{name}?"), Shape::Prefixed)] {
                    assert_eq!(lines(&question, &bytes), [read.as_str(), "OK"], "{bytes:?}");
                }
            }
        }
    }
}

#[test]
fn case_08_a_command_without_a_final_result_code() {
    let mut address = shaped("AT+CIFSR", Shape::Bare);
    address.expected.without_final = true;
    let (outcome, _) = run(&address, "AT+CIFSR\r\r\n10.0.0.1\r\n");
    let answer = outcome.unwrap();
    assert_eq!((texts(&answer.lines), answer.result), (vec!["10.0.0.1".to_owned()], None));
    assert!(answer.elapsed < Duration::from_secs(1));
    // Another firmware sends one; it must not be left for the next question.
    assert_eq!(lines(&address, "\r\n10.0.0.1\r\n\r\nOK\r\n"), ["10.0.0.1", "OK"]);
    let (outcome, _) = run(&address, "");
    assert_eq!(outcome.unwrap().result, None);
}

#[test]
fn case_09_digits_and_carriage_returns_only() {
    let mut bench = Bench::new();
    bench.ask(&question("ATV0"));
    bench.receive("ATV0\r0\r");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
    let before = bench.now;
    bench.ask(&question("AT+CSQ"));
    bench.receive("AT+CSQ\r+CSQ: 18,99\r0\r");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["+CSQ: 18,99"]);
    assert_eq!(bench.now, before, "known to be digits, nothing is waited for");
    bench.ask(&question("AT+CPIN?"));
    bench.receive("4\r");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Error));
    bench.ask(&question("ATV1"));
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
    bench.ask(&question("ATS0?"));
    bench.receive("\r\n0\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["0"]);
}

#[test]
fn case_12_prompts_of_every_kind() {
    for prompt in ["\r\n> ", "\r\n>", ">", "> ", "\n> "] {
        let mut bench = Bench::new();
        bench.ask(&replying("AT+CMGS=\"2936\"", "hello\x1A"));
        assert_eq!(bench.written(), "AT+CMGS=\"2936\"\\r");
        bench.receive(format!("AT+CMGS=\"2936\"\r{prompt}"));
        assert_eq!(bench.written(), "hello\\x1a", "{prompt:?}");
        bench.receive("hello\x1A\r\n\r\n+CMGS: 5\r\n\r\nOK\r\n");
        assert_eq!(texts(&bench.outcome().unwrap().lines), ["+CMGS: 5"], "{prompt:?}");
    }
    let mut at_sign = replying("AT+USOST=0,\"100.64.0.1\",6969,4", "ping");
    at_sign.prompt = PromptPlan::Reply { mark: Some("@".into()), bytes: b"ping".to_vec() };
    let mut bench = Bench::new();
    bench.ask(&at_sign);
    bench.receive("\r\n@");
    assert!(bench.written().ends_with("ping"));
    bench.receive("\r\n+USOST: 0,4\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["+USOST: 0,4"].map(String::from).to_vec());
    let mut word = replying("AT+QFUPL=\"a\",4", "ping");
    word.prompt = PromptPlan::Reply { mark: Some("CONNECT".into()), bytes: b"ping".to_vec() };
    for prompt in ["\r\nCONNECT\r\n", "\r\nCONNECT"] {
        let mut bench = Bench::new();
        bench.ask(&word);
        bench.receive(prompt);
        bench.wait(Duration::from_millis(400));
        assert!(bench.written().ends_with("ping"));
        bench.receive("\r\n+QFUPL: 4,a\r\n\r\nOK\r\n");
        assert_eq!(bench.outcome().unwrap().lines.len(), 1);
    }
}

#[test]
fn case_12_a_prompt_nobody_asked_for_is_cancelled() {
    let mut bench = Bench::new();
    bench.ask(&question("AT+CMGS=\"2936\""));
    bench.written();
    bench.receive("AT+CMGS=\"2936\"\r\r\n> ");
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "\\x1b");
    bench.receive("\r\nOK\r\n");
    assert!(matches!(failure(bench.outcome()), FailureKind::UnexpectedPrompt(_)));
    // It was answered: nothing is owed.
    bench.ask(&question("AT"));
    assert_eq!(bench.written(), "AT\\r");
}

#[test]
fn case_12_whatever_fails_while_a_prompt_may_be_open_sends_esc() {
    let mut bench = Bench::new();
    bench.ask(&replying("AT+CMGS=\"1\"", "hello\x1A"));
    bench.written();
    assert_eq!(failure(bench.outcome()), FailureKind::Timeout(Silence::Total));
    assert_eq!(bench.written(), "\\x1b");
    let mut bench = Bench::new();
    bench.recorder.stop_at = Some("+CPIN: NOT READY");
    bench.ask(&replying("AT+CMGS=\"1\"", "hello\r"));
    bench.receive("\r\n> ");
    bench.written();
    bench.receive("\r\n+CPIN: NOT READY\r\n");
    assert!(matches!(failure(bench.outcome()), FailureKind::Stopped(_)));
    assert_eq!(bench.written(), "\\x1b");
}

#[test]
fn case_12_a_prompt_is_cancelled_on_request() {
    let mut question = question("AT+CMGS=\"1\"");
    question.prompt = PromptPlan::Cancel { mark: None };
    let mut bench = Bench::new();
    bench.ask(&question);
    bench.written();
    bench.receive("\r\n> ");
    assert_eq!(bench.written(), "\\x1b");
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
}

const CMGR: &str = r#"+CMGR: "REC READ","+49123",,"24/01/01,10:00:00+04""#;

#[test]
fn case_13_the_length_of_a_message_is_believed() {
    let read = shaped("AT+CMGR=1", Shape::HeaderAndBody);
    let header = |length: usize| format!("{CMGR},145,4,0,0,\"+491\",145,{length}");
    for (body, length) in [("Hello\r\nOK\r\nbye", 14), ("Hello\nOK\nbye", 12), ("Hello\r\nOK\r\nbye", 12)] {
        let mut bench = Bench::new();
        bench.ask(&read);
        bench.receive(format!("\r\n{}\r\n{body}\r\n\r\nOK\r\n", header(length)));
        let answer = bench.session.outcome().expect("nothing is waited for").unwrap();
        assert_eq!(texts(&answer.lines)[1..], ["Hello", "OK", "bye"], "{length}");
    }
}

#[test]
fn case_15_counted_data_larger_than_any_line_are_cut() {
    let read = shaped("AT+QIRD=0", Shape::Counted { parameter: 0, quoted: false });
    let mut bytes = b"\r\n+QIRD: 200000\r\n".to_vec();
    bytes.extend(std::iter::repeat_n(b"OK\r\n", 50_000).flatten());
    bytes.extend(b"\r\n\r\nOK\r\n");
    let (outcome, events) = run_in(&read, &bytes.chunks(1000).collect::<Vec<_>>());
    assert_eq!(outcome.unwrap().lines[0].bytes.len(), 65_536);
    assert!(events.iter().any(|event| event.starts_with("truncated")));
}

#[test]
fn case_18_a_result_code_without_its_line_end() {
    let mut bench = Bench::new();
    bench.ask(&question("AT"));
    bench.receive("AT\r\r\nOK");
    assert_eq!(bench.session.outcome(), None);
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
    assert!(bench.now < Duration::from_secs(1));
    // The beginning of something longer is not taken for it.
    let mut bench = Bench::new();
    bench.ask(&question("AT"));
    bench.receive("\r\nOK");
    bench.receive("AY\r\n\r\nERROR\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Error));
}

#[test]
fn case_21_a_line_that_came_before_anyone_waited() {
    let mut bench = Bench::new();
    bench.receive("\r\n+CMTI: \"SM\",1\r\n");
    bench.ask(&question("AT+CNMI=2,1"));
    bench.receive("\r\n+CMTI: \"SM\",2\r\n\r\nOK\r\n\r\n+CMTI: \"SM\",3\r\n");
    bench.outcome().unwrap();
    // What came before the question does not count.
    assert_eq!(bench.queued(), ["+CMTI: \"SM\",2", "+CMTI: \"SM\",3"]);
}

#[test]
fn a_free_question_ends_when_the_listener_has_enough() {
    let mut login = question("root");
    login.expected.free = true;
    let mut bench = Bench::new();
    bench.recorder.enough_at = Some("Welcome");
    bench.receive("\r\nlogin: ");
    bench.ask(&login);
    bench.receive("root\r\nLast login: today\r\nWelcome\r\n$ ");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["Last login: today", "Welcome"]);
    assert!(bench.recorder.events.contains(&"echo root".to_owned()), "{:?}", bench.recorder.events);
    // Nothing is owed after one that timed out.
    bench.ask(&login);
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    bench.written();
    bench.ask(&login);
    assert_eq!(bench.written(), "root\\r");
}

#[test]
fn vendors_result_codes_end_an_answer() {
    let mut send = question("AT+QISEND=0,4");
    send.expected.finals = vec![("SEND OK", true), ("SEND FAIL", false)];
    send.prompt = PromptPlan::Reply { mark: None, bytes: b"ping".to_vec() };
    let got = answer(&send, "\r\n> \r\nSEND OK\r\n");
    assert_eq!(got.result, Some(ResultCode::Vendor { text: "SEND OK".into(), success: true }));
    let mut bench = Bench::new();
    bench.session = Session::new(&Vendor);
    bench.ask(&question("AT+XYZ"));
    bench.receive("\r\n+QIURC: \"pdpdeact\",1\r\n\r\nCOMMAND NOT SUPPORT\r\n");
    let got = bench.outcome().unwrap();
    assert!(got.result.is_some_and(|result| !result.is_success()) && got.lines.is_empty());
}

#[test]
fn a_listener_that_says_stop_ends_the_exchange() {
    let mut bench = Bench::new();
    bench.recorder.stop_at = Some("+CPIN: SIM REMOVED");
    bench.ask(&shaped("AT+COPS=?", Shape::Prefixed));
    bench.receive("\r\n+CPIN: SIM REMOVED\r\n");
    assert!(matches!(failure(bench.outcome()), FailureKind::Stopped(_)));
    // While nothing is asked, and behind the answer's end, it is told to whoever comes next.
    bench.ask(&question("AT"));
    bench.outcome().unwrap_err();
    bench.receive("\r\n+CPIN: SIM REMOVED\r\n");
    assert_eq!(bench.session.stopped().unwrap().bytes, b"+CPIN: SIM REMOVED");
}

#[test]
fn an_exchange_ends_at_its_deadline_whatever_arrives() {
    let mut bench = Bench::new();
    bench.ask(&question("AT"));
    for _ in 0..1000 {
        bench.receive("+CMTI: \"SM\",1\r\ngarbage");
        bench.wait(Duration::from_millis(10));
    }
    let outcome = bench.session.outcome().expect("the deadline has passed");
    assert_eq!(outcome.unwrap_err().waited, TIMEOUT);
}

/// The echo of a text's lines is no answer, whatever they say and however they end.
#[test]
fn case_12_a_text_whose_lines_are_result_codes() {
    for (reply, echoed) in [
        ("one\rOK\x1A", "one\r\r\n> OK"),
        ("one\r\nOK\x1A", "one\r\r\n> \nOK"),
        ("one\n\nOK\x1A", "one\n\nOK"),
        ("one\r\rOK\x1A", "one\r\r\n> \r\r\n> OK"),
        ("\r\nOK\r\nERROR\x1A", "\r\r\n> \nOK\r\r\n> \nERROR"),
        ("one\r\nOK\x1A", "\r\n> \r\n> "),
    ] {
        let text = format!("AT+CMGS=\"1\"\r\r\n> {echoed}\r\n+CMS ERROR: 500\r\n");
        for cut in 0..text.len() {
            let (head, tail) = text.as_bytes().split_at(cut);
            let (outcome, events) = run_in(&replying("AT+CMGS=\"1\"", reply), &[head, tail]);
            let result = outcome.unwrap().result.map(|result| result.to_string());
            assert_eq!(result.as_deref(), Some("+CMS ERROR: 500"), "{reply:?} cut at {cut}: {events:#?}");
        }
    }
}

/// A name does not make it one of a known command: the catalogue's prefix does.
#[test]
fn case_03_an_answer_with_another_prefix() {
    let mut known = shaped("AT+CICCID", Shape::Prefixed);
    known.expected.prefixes = vec!["+ICCID"];
    assert_eq!(lines(&known, "+ICCID: 89883\r\n+QXYZ: 1\r\nOK\r\n"), ["+ICCID: 89883", "OK"]);
}

#[test]
fn case_11_an_echo_that_is_turned_off() {
    let mut bench = Bench::new();
    bench.ask(&question("ATE0"));
    bench.receive("ATE0\r\r\nOK\r\n");
    assert_eq!(bench.outcome().unwrap().lines, []);
    bench.ask(&question("ATI"));
    bench.receive("\r\nmodem\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["modem"]);
}

/// Without echo a result code right behind the prompts is one.
#[test]
fn case_12_a_prompt_after_each_line_without_echo() {
    let answer = answer(&replying("AT+CMGS=\"1\"", "one\rOK\x1A"), "\r\n> \r\n> \r\nOK\r\n");
    assert_eq!(answer.result, Some(ResultCode::Ok));
}

// What stands under a line that came by itself, and what goes on behind the end of an answer

#[test]
fn the_text_of_a_message_that_comes_by_itself_is_no_answer() {
    let text = "\r\n+CMT: \"+49170\",,\"24/01/01,10:00:00+04\"\r\n";
    let asked = shaped("AT+CMGF=1", Shape::None);
    let mut bench = Bench::new();
    bench.ask(&asked);
    bench.receive(format!("{text}OK\r\n"));
    bench.wait(Duration::from_millis(200));
    assert_eq!(bench.session.outcome(), None);
    bench.receive("\r\nERROR\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Error));
    assert_eq!(bench.queued().last().unwrap(), "OK");
}

#[test]
fn the_text_of_a_message_is_no_prompt_and_no_result_code_in_any_state() {
    // A prompt is open.
    let mut bench = Bench::new();
    bench.ask(&replying("AT+CMGS=\"1\"", "hello\x1A"));
    bench.written();
    bench.receive("\r\n+CMT: \"+49\",,\"24\"\r\n> ");
    assert_eq!(bench.written(), "");
    bench.receive("hi\r\n\r\n> ");
    assert_eq!(bench.written(), "hello\\x1a");
    // Nothing is asked, and an answer is owed.
    let mut bench = Bench::new();
    bench.ask(&question("AT+COPS?"));
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    bench.written();
    bench.receive("\r\n+CMT: \"+49\",,\"24\"\r\nOK\r\n");
    bench.ask(&question("AT+CSQ"));
    bench.wait(Duration::from_millis(350));
    bench.receive("\r\n+CMT: \"+49\",,\"24\"\r\nOK\r\n\r\nOK\r\n");
    assert_eq!(bench.written(), "AT\\r", "one OK of two");
    // It is bounded: what comes much later is no text.
    let mut bench = Bench::new();
    bench.receive("\r\n+CMT: \"+49\",,\"24\"\r\n");
    bench.wait(Duration::from_secs(3));
    bench.ask(&question("AT"));
    bench.receive("OK\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
}

/// A question goes out while the text under a URC may still come, or has come: its echo ends the text.
#[test]
fn a_question_ends_the_text_of_a_message_that_comes_by_itself() {
    let head = "\r\n+CMT: \"+491\",,\"24/01/01,10:00:00+04\"\r\n";
    let long = "\r\n+CMT: \"+49\",,\"24\",145,4,0,0,\"+491\",145,100\r\n";
    let cell = "\r\n+CBM: 1,2,3,1,1\r\n";
    for header in [head, cell, long] {
        for echo in ["AT+CMEE=2", "T+CMEE=2", "at+cmee=2"] {
            let said = format!("{header}hello\r\n{echo}\r\r\nERROR\r\n");
            // It goes out after so many bytes.
            for sent in 0..header.len() + 8 {
                let (before, after) = said.split_at(sent);
                let mut bench = Bench::new();
                bench.receive(before);
                bench.ask(&shaped("AT+CMEE=2", Shape::None));
                bench.receive(after);
                assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Error), "{sent} {said:?}");
                let told = &bench.recorder.events;
                assert!(told.contains(&format!("echo {echo}")), "{sent} {said:?} {told:#?}");
                assert!(told.contains(&"urc hello".to_owned()), "{sent} {said:?} {told:#?}");
            }
        }
    }
    // And the AT that brings a modem into step.
    let mut bench = Bench::new();
    bench.ask(&within(question("AT+COPS?"), 1));
    assert!(bench.outcome().is_err());
    bench.receive(format!("{head}hello\r\n"));
    bench.ask(&shaped("AT+CMEE=2", Shape::None));
    bench.wait(Duration::from_millis(350));
    bench.written();
    bench.receive("AT\r\r\nOK\r\n");
    bench.wait(Duration::from_millis(150));
    bench.receive("AT\r\r\nOK\r\n");
    bench.wait(Duration::from_secs(1));
    assert_eq!(bench.written(), "AT\\rAT+CMEE=2\\r");
    bench.receive("AT+CMEE=2\r\r\nOK\r\n");
    assert_eq!(bench.session.outcome().unwrap().unwrap().result, Some(ResultCode::Ok));
}

/// The first line that comes, and one behind an echo, stand behind a line end of their own as well.
#[test]
fn a_result_code_in_a_text_is_no_end_wherever_its_header_stands() {
    let text = "\r\n+CMT: \"+491\",,\"24/01/01,10:00:00+04\"\r\nhello\r\nOK\r\n";
    let asked = shaped("AT+CMEE=2", Shape::None);
    for echo in ["", "AT+CMEE=2\r"] {
        let mut bench = Bench::new();
        bench.ask(&asked);
        bench.receive(format!("{echo}{text}"));
        bench.wait(Duration::from_secs(1));
        assert_eq!(bench.session.outcome(), None, "{echo:?}");
        bench.receive("\r\nERROR\r\n");
        assert_eq!(bench.session.outcome().unwrap().unwrap().result, Some(ResultCode::Error), "{echo:?}");
    }
}

/// A length that is not that of the text takes no answer with it.
#[test]
fn a_message_that_comes_by_itself_may_tell_another_length_than_its_text_has() {
    let csq = shaped("AT+CSQ", Shape::Prefixed);
    let ok = "\r\nOK\r\n";
    let signal = "\r\n+CSQ: 18,99\r\n";
    let urc =
        |length: usize, text: &str| format!("\r\n+CMT: \"+49\",,\"24\",145,4,0,0,\"+491\",145,{length}\r\n{text}\r\n");
    // Septets; and what is none of all that.
    for (length, text) in [(17, "{\"led\":[1,2]}"), (4, "5 €"), (100, "hi"), (40, "hi"), (9, "[a]\r\n{")] {
        let came = urc(length, text);
        for (echo, said) in [
            ("", format!("{signal}{came}{ok}")),
            ("", format!("{came}{signal}{ok}")),
            ("AT+CSQ\r", format!("{came}{signal}{ok}")),
            ("", format!("{came}AT+CSQ\r{signal}{ok}")),
        ] {
            let (outcome, events) = run(&csq, format!("{echo}{said}"));
            assert_eq!(texts(&outcome.unwrap().lines), ["+CSQ: 18,99"], "{length} {said:?} {events:#?}");
            for line in text.split("\r\n") {
                assert!(events.contains(&format!("urc {}", show(line.as_bytes()))), "{events:#?}");
            }
        }
    }
    // One that is right holds an empty line and result codes, and more of it comes by and by.
    for text in ["one\r\n\r\nOK\r\ntwo", "(\r\n\r\nERROR\r\n\r\n]"] {
        let of_two = text.matches(['[', ']']).count();
        for length in [text.len(), text.len() - text.matches('\r').count(), text.len() + of_two] {
            let said = format!("{}{signal}{ok}", urc(length, text));
            let (outcome, events) = run(&csq, &said);
            assert_eq!(texts(&outcome.unwrap().lines), ["+CSQ: 18,99"], "{said:?} {events:#?}");
            let mut bench = Bench::new();
            bench.ask(&csq);
            for chunk in said.as_bytes().chunks(7) {
                bench.receive(chunk);
                bench.wait(Duration::from_millis(50));
            }
            assert_eq!(bench.recorder.events, events, "{said:?}");
        }
    }
}

fn header(length: usize) -> String {
    format!("\r\n+CMGR: \"REC READ\",\"+1\",,\"24\",145,4,0,0,\"+1\",145,{length}\r\n")
}

#[test]
fn case_13_a_length_counts_characters() {
    let asked = shaped("AT+CMGR=1", Shape::HeaderAndBody);
    let text = "éééééééé\r\nOK\r\nx";
    for length in [text.chars().count(), text.len()] {
        let mut bench = Bench::new();
        bench.ask(&asked);
        bench.receive(format!("{}{text}\r\n\r\nOK\r\n", header(length)));
        // It is known at once.
        let answer = bench.session.outcome().unwrap().unwrap();
        assert_eq!(texts(&answer.lines)[1..], ["éééééééé", "OK", "x"], "{length}");
    }
}

/// URCs that keep coming do not put it off, and what is kept of them is bounded.
#[test]
fn an_end_is_noticed_however_many_urcs_follow_it() {
    let message = within(shaped("AT+CMGR=1", Shape::HeaderAndBody), 60);
    let ends = [
        (message, "\r\n+CMGR: \"REC READ\",\"+1\",,\"24\"\r\nhi\r\n\r\nOK\r\n"),
        (within(question("AT+FOO"), 60), "0\r"),
    ];
    for (asked, bytes) in ends {
        for (urcs, pause) in [(1, 200), (1000, 0)] {
            let mut bench = Bench::new();
            bench.ask(&asked);
            bench.receive(bytes);
            for _ in 0..20 {
                bench.wait(Duration::from_millis(pause));
                bench.receive("\r\nRING\r\n".repeat(urcs));
            }
            assert!(bench.session.outcome().unwrap().is_ok(), "{bytes:?} {urcs} {pause}");
            assert_eq!(bench.session.framer.rest(), b"");
        }
    }
    // And the end of data mode.
    for (urcs, pause) in [(1, 200), (1000, 0)] {
        let mut bench = Bench::new();
        bench.ask(&dial());
        bench.receive("\r\nCONNECT\r\nabc\r\n\r\nNO CARRIER\r\n");
        assert!(bench.outcome().is_ok());
        for _ in 0..20 {
            bench.wait(Duration::from_millis(pause));
            bench.receive("\r\nRING\r\n".repeat(urcs));
        }
        assert!(bench.takes_commands(), "{urcs} {pause}");
    }
}

#[test]
fn a_line_that_ends_data_mode_may_still_be_undecided() {
    let mut bench = Bench::new();
    bench.ask(&dial());
    bench.receive("\r\nCONNECT\r\n");
    assert!(bench.outcome().is_ok());
    assert!(!bench.session.may_leave_data_mode());
    bench.receive("\r\nNO CARRIER\r\n");
    assert!(bench.session.may_leave_data_mode());
    bench.wait(Duration::from_millis(300));
    assert!(!bench.session.may_leave_data_mode());
    assert!(bench.takes_commands());
}

// Data mode: what comes after CONNECT, and how it ends

/// A command that opens a connection, which such a line ends.
fn opening(line: &str, ends: &'static [&'static str]) -> Question {
    let mut question = question(line);
    (question.expected.call_control, question.expected.data_ends) = (true, ends);
    question
}

fn dial() -> Question {
    opening("ATD*99#", &[])
}

fn connected() -> Bench {
    let mut bench = Bench::new();
    bench.ask(&dial());
    bench.receive("ATD*99#\r\r\nCONNECT 115200\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Connect("115200".into())));
    assert!(bench.is_online());
    bench.recorder.events.clear();
    bench
}

#[test]
fn nothing_in_data_is_an_answer_an_echo_or_a_urc() {
    let mut bench = connected();
    bench.session.write(b"hello\r", bench.now, &mut bench.recorder);
    bench.receive("hello\r\nOK\r\nERROR\r\n+CREG: 5\r\nRING\r\n> \r\nNO CARRIER\r\nNO CARRIERS\r\nlast");
    bench.wait(SETTLE);
    let data = ["hello", "OK", "ERROR", "+CREG: 5", "RING", "> ", "NO CARRIER", "NO CARRIERS", "last"];
    let told: Vec<String> = data.iter().map(|line| format!("data {line}")).collect();
    assert_eq!(bench.recorder.events.split_first().unwrap().1, told);
    assert_eq!(bench.queued(), data);
    assert!(bench.is_online());
}

#[test]
fn every_cut_of_a_connection_tells_the_same() {
    let text = b"ATD*99#\r\r\nCONNECT\r\n~\xFF}#\xC0!}!OK\r\nNO CARRIER\r\nmore\r\n\r\nNO CARRIER\r\n\r\n+CREG: 2\r\n";
    let tell = |chunks: &[&[u8]]| {
        let mut bench = Bench::new();
        bench.ask(&dial());
        chunks.iter().for_each(|chunk| bench.receive(chunk));
        bench.wait(SETTLE);
        assert!(bench.takes_commands());
        bench.recorder.events
    };
    let whole = tell(&[text]);
    assert_eq!(
        whole.get(3..).unwrap(),
        ["data ~\\xff}#\\xc0!}!OK", "data NO CARRIER", "data more", "urc NO CARRIER", "urc +CREG: 2"]
    );
    for cut in 0..text.len() {
        assert_eq!(tell(&[&text[..cut], &text[cut..]]), whole, "{cut}");
    }
    assert_eq!(tell(&text.chunks(1).collect::<Vec<_>>()), whole);
}

#[test]
fn data_without_line_ends_are_bounded_and_whole() {
    let mut bench = connected();
    let mut bytes = 0;
    for _ in 0..1000 {
        bench.receive([b'x'; 1000]);
    }
    bench.wait(SETTLE);
    for event in &bench.recorder.events {
        let data = event.strip_prefix("data ").unwrap();
        assert!(data.len() <= crate::at::lines::LONGEST_LINE);
        bytes += data.len();
    }
    assert_eq!(bytes, 1_000_000);
}

#[test]
fn the_escape_is_answered_and_then_commands_are_possible() {
    let mut bench = connected();
    bench.receive("text\r\nOK\r\n");
    bench.wait(Duration::from_secs(1));
    assert!(bench.is_online());
    bench.session.escape(bench.now, &mut bench.recorder);
    bench.receive("\r\nOK\r\n");
    bench.wait(SETTLE);
    assert_eq!(bench.recorder.events, ["data text", "data OK", "sent +++ Question", "final OK"]);
    bench.ask(&question("AT"));
    bench.receive("AT\r\r\nOK\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
}

#[test]
fn a_text_in_data_mode_is_answered_by_data_and_ended_by_the_network() {
    let mut bench = connected();
    let mut text = question("GET /");
    text.expected.free = true;
    bench.recorder.enough_at = Some("HTTP");
    bench.ask(&text);
    bench.receive("GET /\r\nOK\r\nHTTP/1.0 200\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["GET /", "OK", "HTTP/1.0 200"]);
    bench.ask(&text);
    bench.receive("\r\nNO CARRIER\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::NoCarrier));
    assert!(bench.takes_commands());
}

/// SIMCom's AT+CIPMODE=1: OK, and CONNECT when the connection has come about.
#[test]
fn a_connect_behind_the_ok() {
    for (line, is_data) in [("CONNECT", true), ("CONNECT OK", false)] {
        let mut bench = Bench::new();
        bench.ask(&opening("AT+CIPSTART=\"TCP\",\"example.com\",80", &[]));
        bench.receive("\r\nOK\r\n");
        assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
        bench.receive(format!("\r\n{line}\r\n"));
        assert_eq!(bench.queued(), [line]);
        assert_eq!(bench.is_online(), is_data);
    }
}

/// A command that nobody knows may ask for a file: any result code ends that.
#[test]
fn a_connect_of_an_unknown_command_ends_with_any_result_code() {
    for end in ["OK", "ERROR", "+CME ERROR: 50", "NO CARRIER"] {
        let mut bench = Bench::new();
        bench.ask(&question("AT+XFILE=1,10"));
        bench.receive("\r\nCONNECT 10\r\n0123456789\r\n");
        assert!(bench.outcome().is_ok());
        assert!(matches!(bench.session.mode(), Mode::Data { sure: false, .. }));
        bench.receive(format!("\r\n{end}\r\n"));
        bench.wait(SETTLE);
        assert!(bench.takes_commands(), "{end}");
    }
}

#[test]
fn a_line_that_never_ends_is_told_when_the_port_is_lost() {
    let mut bench = Bench::new();
    bench.ask(&question("AT+CSQ"));
    bench.receive("AT+CSQ\r\r\n+CSQ: 1");
    let received = bench.session.lose(bench.now, &mut bench.recorder);
    assert_eq!(texts(&received), ["+CSQ: 1"]);
    assert_eq!(bench.recorder.events.last().unwrap(), "partial +CSQ: 1");
}

#[test]
fn an_escape_where_nobody_knew_the_mode() {
    let mut bench = Bench::new();
    bench.session.escape(bench.now, &mut bench.recorder);
    assert!(matches!(bench.session.mode(), Mode::Unknown { .. }));
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.recorder.events, ["sent +++ Question", "final OK"]);
    assert!(bench.takes_commands());
}

#[test]
fn a_connect_that_comes_after_the_timeout() {
    let mut bench = Bench::new();
    bench.ask(&question("AT"));
    bench.receive("\r\nOK\r\n");
    assert!(bench.outcome().is_ok());
    assert!(bench.takes_commands());
    bench.ask(&dial());
    assert!(bench.outcome().is_err());
    assert!(matches!(bench.session.mode(), Mode::Unknown { .. }));
    bench.receive("\r\nCONNECT\r\n");
    assert!(bench.is_online());
}

/// u-blox' AT+USODL and SIMCom's AT+CIPSTART after AT+CIPMODE=1 end so; in the middle of data it is data.
#[test]
fn a_line_that_is_known_of_the_command_ends_its_data_mode() {
    for (line, ends) in [("AT+USODL=0", &["DISCONNECT"]), ("AT+CIPSTART=\"TCP\",\"example.com\",80", &["CLOSED"])] {
        let end = ends[0];
        let mut bench = Bench::new();
        bench.ask(&opening(line, ends));
        bench.receive("\r\nCONNECT\r\n");
        assert!(bench.outcome().is_ok());
        bench.receive(format!("{end}\r\nmore\r\n"));
        bench.wait(SETTLE);
        assert!(bench.is_online(), "{end} and more is data");
        assert_eq!(bench.queued(), [end, "more"]);
        bench.receive(format!("\r\n{end}\r\n"));
        bench.wait(SETTLE);
        assert!(bench.takes_commands());
        assert_eq!(bench.queued(), [end]);
    }
    // Of another command it is data.
    let mut bench = Bench::new();
    bench.ask(&dial());
    bench.receive("\r\nCONNECT\r\nCLOSED\r\n");
    bench.wait(SETTLE);
    assert!(bench.is_online());
}

/// A line that ends one connection is data on the next one; ATO goes back to the one it ends.
#[test]
fn what_ends_a_connection_goes_with_it() {
    for (next, is_over) in [("ATD*99***1#", false), ("ATO", true)] {
        let mut bench = Bench::new();
        bench.ask(&opening("AT+USODL=0", &["DISCONNECT"]));
        bench.receive("\r\nCONNECT\r\n");
        assert!(bench.outcome().is_ok());
        bench.session.escape(bench.now, &mut bench.recorder);
        bench.receive("\r\nOK\r\n");
        bench.wait(SETTLE);
        bench.ask(&question("AT"));
        bench.receive("\r\nOK\r\n");
        assert!(bench.outcome().is_ok());
        bench.ask(&opening(next, &[]));
        bench.receive("\r\nCONNECT\r\n");
        assert!(bench.outcome().is_ok());
        bench.receive("DISCONNECT\r\n");
        bench.wait(SETTLE);
        assert_eq!(bench.takes_commands(), is_over, "{next}");
    }
}

/// `send "OK"` comes back, at once or by and by, before the modem refuses it.
#[test]
fn an_echo_is_no_result_code() {
    let mut text = question("OK");
    text.expected.free = true;
    for pause in [0, 400] {
        let mut bench = Bench::new();
        bench.ask(&text);
        bench.receive("OK");
        bench.wait(Duration::from_millis(pause));
        bench.receive("\r\r\nERROR\r\n");
        assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Error), "{pause}");
        assert!(bench.recorder.events.contains(&"echo OK".to_owned()));
    }
}
