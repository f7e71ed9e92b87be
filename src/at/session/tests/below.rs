//! What stands under a line that came by itself, and what goes on behind the end of an answer.

use super::*;

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
    let imei = shaped("AT+CGSN", Shape::Bare);
    for urc in [
        format!("{text}999\r\n"),
        "\r\n+CMT: ,24\r\n07911326040000F0\r\n".to_owned(),
        "\r\n+CMT: \"Bob\",24\r\n\r\n07911326040000F0\r\n".to_owned(),
        "\r\n+CDS: 25\r\n0006D60B911326880736F4\r\n".to_owned(),
        "\r\n+CBM: 88\r\n001000011\r\n".to_owned(),
        "\r\n+CBM: 1,2,3,1,1\r\nOK\r\n".to_owned(),
        // An empty text, and a report that is one line.
        "\r\n+CMT: \"+49170\",,\"24/01/01,10:00:00+04\"\r\n\r\n".to_owned(),
        "\r\n+CDS: 6,24,\"+49\",145,\"24\",\"24\",0\r\n".to_owned(),
        // With the length, over several lines.
        "\r\n+CMT: \"+49\",,\"24\",145,4,0,0,\"+491\",145,12\r\nOK\r\n123\r\n> x\r\n".to_owned(),
    ] {
        let all = format!("{urc}\r\n490154203237518\r\n\r\nOK\r\n");
        assert_eq!(lines(&imei, &all), ["490154203237518", "OK"], "{urc:?}");
        let all = format!("\r\n490154203237518\r\n{urc}\r\nOK\r\n");
        assert_eq!(lines(&imei, &all), ["490154203237518", "OK"], "{urc:?}");
    }
    // Where each thing stands between line ends of its own, a line that does not is the text's.
    let all = format!("\r\n490154203237518\r\n{text}one\r\nOK\r\nERROR\r\n\r\nOK\r\n");
    assert_eq!(lines(&imei, all), ["490154203237518", "OK"]);
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
    // Of a modem that frames nothing, what comes after it tells.
    let unframed = text.trim_start();
    for (tail, result) in [("ERROR\r\n", ResultCode::Error), ("RING\r\n", ResultCode::Ok), ("", ResultCode::Ok)] {
        let mut bench = Bench::new();
        bench.ask(&asked);
        bench.receive(format!("AT+CMEE=2\r{unframed}{tail}"));
        assert_eq!(bench.outcome().unwrap().result, Some(result), "{tail:?}");
        assert!(bench.now < Duration::from_secs(1));
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
fn case_13_a_message_of_a_known_length_may_hold_its_own_header() {
    let asked = shaped("AT+CMGR=1", Shape::HeaderAndBody);
    for text in ["hi\r\n+CMGR: fake\r\nOK\r\n\r\nOK\r\nbye", "+CMGR: 1", "hi\r\n+CMTI: \"SM\",3\r\n\r\n+CREG: 1\r\nx"] {
        let (outcome, events) = run(&asked, format!("{}{text}\r\n\r\nOK\r\n", header(text.len())));
        let told = outcome.unwrap().lines;
        assert_eq!(texts(&told)[1..], text.split("\r\n").collect::<Vec<_>>(), "{events:#?}");
    }
    let listed = shaped("AT+CMGL=\"ALL\"", Shape::HeaderAndBody);
    let text = "hi\r\n+CMGL: 7,\"REC READ\",\"+1\",,\"x\"\r\nOK\r\nz";
    let all = format!(
        "\r\n+CMGL: 1,\"REC READ\",\"+49\",,\"24\",145,{}\r\n{text}\r\n+CMGL: 2,\"REC READ\",\"+49\",,\"24\",145,2\r\nyo\r\n\r\nOK\r\n",
        text.len()
    );
    let (outcome, events) = run(&listed, &all);
    assert_eq!(outcome.unwrap().lines.len(), 7);
    assert!(!events.iter().any(|event| event.starts_with("notice")), "{events:#?}");
    // A modem that counts seven characters more than it writes, as where a message has parts: the next header is one.
    let all = "\r\n+CMGL: 1,\"REC READ\",\"+49\",,\"24\",145,9\r\nhi\r\n+CMGL: 2,\"REC READ\",\"+49\",,\"24\",145,2\r\nyo\r\n\r\nOK\r\n";
    let mut bench = Bench::new();
    bench.ask(&listed);
    bench.receive(all);
    assert_eq!(bench.session.outcome().unwrap().unwrap().lines.len(), 4);
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

/// Without a length: silence without another result code tells that this one was the end.
#[test]
fn case_13_what_follows_an_end_is_a_part_of_the_message_only_if_another_end_comes() {
    let asked = shaped("AT+CMGR=1", Shape::HeaderAndBody);
    let head = "\r\n+CMGR: \"REC READ\",\"+1\",,\"24\"\r\nhi\r\n\r\nOK\r\n";
    let mut bench = Bench::new();
    bench.ask(&asked);
    bench.receive(format!("{head}\r\n+FOOBAR: 1\r\n"));
    let answer = bench.outcome().unwrap();
    assert_eq!((texts(&answer.lines)[1..].to_vec(), answer.result), (vec!["hi".to_owned()], Some(ResultCode::Ok)));
    assert!(bench.now < Duration::from_secs(1));
    assert_eq!(bench.queued(), ["+FOOBAR: 1"]);
    assert_eq!(lines(&asked, format!("{head}bye\r\n\r\nOK\r\n"))[1..], ["hi", "", "OK", "bye", "OK"]);
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
        let mut dial = question("ATD*99#");
        dial.expected.call_control = true;
        bench.ask(&dial);
        bench.receive("\r\nCONNECT\r\nabc\r\n\r\nNO CARRIER\r\n");
        assert!(bench.outcome().is_ok());
        for _ in 0..20 {
            bench.wait(Duration::from_millis(pause));
            bench.receive("\r\nRING\r\n".repeat(urcs));
        }
        assert!(matches!(bench.session.mode(), crate::at::session::Mode::Command { .. }), "{urcs} {pause}");
    }
}

#[test]
fn a_line_that_ends_data_mode_may_still_be_undecided() {
    let mut bench = Bench::new();
    let mut dial = question("ATD*99#");
    dial.expected.call_control = true;
    bench.ask(&dial);
    bench.receive("\r\nCONNECT\r\n");
    assert!(bench.outcome().is_ok());
    assert!(!bench.session.may_leave_data_mode());
    bench.receive("\r\nNO CARRIER\r\n");
    assert!(bench.session.may_leave_data_mode());
    bench.wait(Duration::from_millis(300));
    assert!(!bench.session.may_leave_data_mode());
    assert!(matches!(bench.session.mode(), crate::at::session::Mode::Command { .. }));
}

#[test]
fn a_line_that_did_not_end_in_time_is_told() {
    let asked = shaped("AT+CSQ", Shape::Prefixed);
    let (outcome, events) = run(&asked, "AT+CSQ\r\r\n+CSQ: 18,9");
    let failure = outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout(crate::at::session::Silence::NoFinal));
    assert_eq!(texts(&failure.received), ["+CSQ: 18,9"]);
    assert_eq!(events.last().unwrap(), "partial +CSQ: 18,9");
    let counted = shaped("AT+QIRD=0", Shape::Counted { parameter: 0, quoted: false });
    let (_, events) = run(&counted, "\r\n+QIRD: 40\r\nshort\r\n\r\nOK\r\n");
    assert_eq!(events[1..], ["partial +QIRD: 40", "partial short", "partial OK"]);
}

#[test]
fn an_echo_that_comes_twice_is_none_of_the_answer() {
    let asked = shaped("AT+CGMM", Shape::Bare);
    assert_eq!(lines(&asked, "AT+CGMM\r\nAT+CGMM\r\r\nSIM800\r\n\r\nOK\r\n"), ["SIM800", "OK"]);
}
