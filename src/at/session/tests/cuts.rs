//! However the bytes are cut into chunks, the same is told. (pexpect captures `1` of `+CSQ: 18,99` when a chunk ends
//! there.) And whatever the bytes are, nothing panics and nothing grows.

use proptest::prelude::*;

use super::*;

const TRANSCRIPTS: &str = include_str!("transcripts.txt");

/// The questions and all that came, of the table.
fn transcripts() -> Vec<(Question, Vec<u8>)> {
    let mut found = Vec::new();
    let mut asked = None;
    for line in TRANSCRIPTS.lines() {
        if let Some(text) = line.strip_prefix("? ") {
            asked = Some(expected_of(text));
        } else if let Some(text) = line.strip_prefix("! ") {
            found.push((asked.take().expect("a question stands before each answer"), unescaped(text)));
        }
    }
    found
}

fn expected_of(line: &str) -> Question {
    if line.starts_with("AT+CMGS") {
        replying(line, "one\rOK\rtwo\x1A")
    } else if line.starts_with("AT+CMGR") || line.starts_with("AT+CMGL") {
        shaped(line, Shape::HeaderAndBody)
    } else if line.starts_with("AT+QIRD") {
        shaped(line, Shape::Counted { parameter: 0, quoted: false })
    } else if line.starts_with("AT+USORD") {
        shaped(line, Shape::Counted { parameter: 1, quoted: true })
    } else {
        question(line)
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
    let transcripts = transcripts();
    assert!(transcripts.len() > 80);
    for (question, bytes) in &transcripts {
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
    for (question, bytes) in transcripts() {
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
    for (question, bytes) in transcripts() {
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
    assert!(kept <= 1024 * 1024 + crate::at::framer::LONGEST_LINE, "{kept}");
}
