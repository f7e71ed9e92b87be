//! Each case is a thing that modems do, and where it is known, a program that gets it wrong.

use super::*;
use crate::at::session::Silence;

/// A module's own URCs and final result codes, as a catalogue would tell them.
struct Vendor;

impl Knowledge for Vendor {
    fn is_urc(&self, line: &[u8]) -> bool {
        line.starts_with(b"+QIURC:") || Standard.is_urc(line)
    }

    fn vendor_final(&self, line: &[u8]) -> Option<bool> {
        (line == b"COMMAND NOT SUPPORT").then_some(false)
    }
}

#[test]
fn case_01_a_urc_anywhere() {
    let csq = shaped("AT+CSQ", Shape::Prefixed);
    let urc = "\r\n+CMTI: \"SM\",3\r\n";
    let cases = [
        format!("AT+CSQ\r{urc}\r\n+CSQ: 18,99\r\n\r\nOK\r\n"),
        format!("AT+CSQ\r\r\n+CSQ: 18,99\r\n{urc}\r\nOK\r\n"),
        "AT+CSQ\r\r\n+CSQ: 18,99\r\n+CMTI: \"SM\",3\r\nOK\r\n".to_owned(),
        format!("{urc}AT+CSQ\r\r\n+CSQ: 18,99\r\n\r\nOK\r\n"),
        "AT+C\r\n+CMTI: \"SM\",3\r\nSQ\r\r\n+CSQ: 18,99\r\n\r\nOK\r\n".to_owned(),
    ];
    for bytes in cases {
        let (outcome, events) = run(&csq, &bytes);
        assert_eq!(texts(&outcome.unwrap().lines), ["+CSQ: 18,99"], "{bytes:?}");
        assert_eq!(events.iter().filter(|event| event.as_str() == "urc +CMTI: \"SM\",3").count(), 1, "{bytes:?}");
    }
    let contexts = "\r\n+CGDCONT: 1,\"IP\",\"super\"\r\n+CREG: 5\r\n+CGDCONT: 2,\"IP\",\"x\"\r\n\r\nOK\r\n";
    assert_eq!(
        lines(&shaped("AT+CGDCONT?", Shape::Prefixed), contexts),
        ["+CGDCONT: 1,\"IP\",\"super\"", "+CGDCONT: 2,\"IP\",\"x\"", "OK"]
    );
}

#[test]
fn case_01_a_urc_behind_ok_belongs_to_no_answer() {
    let mut bench = Bench::new();
    bench.ask(&question("AT"));
    bench.receive("\r\nOK\r\n+CMTI: \"SM\",3\r\n");
    assert_eq!(bench.outcome().unwrap().lines, []);
    assert_eq!(bench.queued(), ["+CMTI: \"SM\",3"]);
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
fn case_02_pin_ussd_and_signal() {
    let mut bench = Bench::new();
    bench.ask(&question("AT+CPIN?"));
    bench.receive("\r\n+CPIN: READY\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["+CPIN: READY"]);
    assert_eq!(bench.queued(), ["+CPIN: READY"]);

    assert_eq!(lines(&question("AT+CUSD?"), "+CUSD: 0,\"5 EUR\",15\r\n+CUSD: 1\r\nOK\r\n"), ["+CUSD: 1", "OK"]);
    assert_eq!(lines(&question("AT+CSQ"), "+CSQ: 18,99\r\n+CSQ: 17,99\r\nOK\r\n"), ["+CSQ: 18,99", "OK"]);
}

#[test]
fn case_02_a_read_answer_that_looks_like_a_urc_is_better_than_none() {
    assert_eq!(lines(&question("AT+CREG?"), "+CREG: 1\r\nOK\r\n"), ["+CREG: 1", "OK"]);
}

#[test]
fn case_03_answers_without_prefix() {
    let bytes = "AT+CGMM\r\r\nEC25\r\n+CMTI: \"SM\",1\r\n\r\nOK\r\n";
    assert_eq!(lines(&shaped("AT+CGMM", Shape::Bare), bytes), ["EC25", "OK"]);
    assert_eq!(lines(&question("AT+CGMM"), bytes), ["EC25", "OK"]);
    assert_eq!(lines(&question("AT+CICCID"), "+ICCID: 89883\r\nOK\r\n"), ["+ICCID: 89883", "OK"]);
    // A name does not make it one of a known command: the catalogue's prefix does.
    let mut known = shaped("AT+CICCID", Shape::Prefixed);
    known.expected.prefixes = vec!["+ICCID"];
    assert_eq!(lines(&known, "+ICCID: 89883\r\n+QXYZ: 1\r\nOK\r\n"), ["+ICCID: 89883", "OK"]);
}

/// chat and ModemManager look for `BUSY` and `ERROR` anywhere in what comes, comgt and chat for `OK` in the echo.
#[test]
fn case_04_words_inside_of_lines_are_no_result_codes() {
    assert_eq!(
        lines(&question("AT+COPS?"), "\r\n+COPS: 0,0,\"BUSY BEE\"\r\n\r\nOK\r\n"),
        ["+COPS: 0,0,\"BUSY BEE\"", "OK"]
    );
    assert_eq!(lines(&question("AT^ERRORLOG"), "ERRORLOG: 5\r\nOK\r\n"), ["ERRORLOG: 5", "OK"]);
    let refused = answer(&question("AT+CGDCONT=1,\"IP\",\"oknet\""), "AT+CGDCONT=1,\"IP\",\"oknet\"\r\r\nERROR\r\n");
    assert_eq!(refused.result, Some(ResultCode::Error));
    let refused = answer(&question("AT+CGDCONT=1,\"IP\",\"OK\""), "AT+CGDCONT=1,\"IP\",\"OK\"\r\r\nERROR\r\n");
    assert_eq!(refused.result, Some(ResultCode::Error));
}

#[test]
fn case_05_call_control_in_the_middle_of_another_command() {
    let mut bench = Bench::new();
    bench.ask(&shaped("AT+CSQ", Shape::Prefixed));
    bench.receive("\r\nRING\r\n\r\n+CRING: VOICE\r\n\r\nNO CARRIER\r\n\r\n+CSQ: 18,99\r\n\r\nBUSY\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["+CSQ: 18,99"]);
    assert_eq!(bench.queued(), ["RING", "+CRING: VOICE", "NO CARRIER", "BUSY"]);

    let mut dial = question("ATD*99#");
    dial.expected.call_control = true;
    assert_eq!(answer(&dial, "\r\nNO CARRIER\r\n").result, Some(ResultCode::NoCarrier));
}

#[test]
fn case_06_connect_with_text_and_data_behind_it() {
    let mut dial = question("ATD*99#");
    dial.expected.call_control = true;
    assert_eq!(answer(&dial, "\r\nCONNECT 115200\r\n").result, Some(ResultCode::Connect("115200".into())));
    let mut bench = Bench::new();
    bench.ask(&dial);
    bench.receive(b"\r\nCONNECT\r\n~\xFF}#\xC0!}!OK\r");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Connect(String::new())));
    assert_eq!(bench.queued(), ["~\\xFF}#\\xC0!}!OK"]);
    // SIMCom tells later that a connection came about.
    let mut bench = Bench::new();
    bench.ask(&shaped("AT+CIPSTART=\"TCP\"", Shape::None));
    bench.receive("\r\nOK\r\n\r\nCONNECT OK\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
    assert_eq!(bench.queued(), ["CONNECT OK"]);
}

#[test]
fn case_07_errors_end_the_answer_with_what_they_say() {
    for (line, code) in [("+CME ERROR: 30", Some(30)), ("+CME ERROR: No network service", None), ("+CME ERROR:", None)]
    {
        let Some(ResultCode::Equipment(error)) = answer(&question("AT+COPS?"), format!("\r\n{line}\r\n")).result else {
            panic!("{line}")
        };
        assert_eq!(error.code, code);
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
fn case_09_a_digit_that_is_an_answer() {
    assert_eq!(lines(&question("AT+CREG?"), "0\r\nOK\r\n"), ["0", "OK"]);
}

#[test]
fn case_10_silence_is_told_from_noise() {
    let kinds = [
        ("", Silence::Total),
        ("AT+CSQ\r", Silence::AllButEcho),
        ("AT+CSQ\r\r\n+CSQ: 18,99\r\n", Silence::NoFinal),
        ("\u{80}\u{81}\u{82}\u{fe}\u{90}\u{1}", Silence::Garbage),
    ];
    for (bytes, silence) in kinds {
        assert_eq!(failure(run(&question("AT+CSQ"), bytes).0), FailureKind::Timeout(silence), "{bytes:?}");
    }
}

#[test]
fn case_11_the_echo_in_every_state() {
    for echo in ["AT+CSQ\r", "", "AT+CDS\x08\x08SQ\r", "AT+C~Q\r", "AT+CSQ\r\n", "AT+CSQ\r\r\n"] {
        let (outcome, events) = run(&shaped("AT+CSQ", Shape::Prefixed), format!("{echo}\r\n+CSQ: 18,99\r\n\r\nOK\r\n"));
        assert_eq!(texts(&outcome.unwrap().lines), ["+CSQ: 18,99"], "{echo:?}");
        assert_eq!(events.iter().any(|event| event.starts_with("echo")), !echo.is_empty(), "{echo:?}");
    }
    let mut bench = Bench::new();
    bench.ask(&question("ATE0"));
    bench.receive("ATE0\r\r\nOK\r\n");
    assert_eq!(bench.outcome().unwrap().lines, []);
    bench.ask(&question("ATI"));
    bench.receive("\r\nmodem\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["modem"]);
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
fn case_12_a_prompt_after_each_line_and_the_text_echoed() {
    // With echo the text stands behind each prompt; a line of it that reads `OK` is no result code.
    let (outcome, events) =
        run(&replying("AT+CMGS=\"1\"", "one\rOK\rtwo\x1A"), "\r\n> one\r\n> OK\r\n> two\x1A\r\n+CMGS: 5\r\n\r\nOK\r\n");
    assert_eq!(texts(&outcome.unwrap().lines), ["+CMGS: 5"]);
    assert_eq!(events.iter().filter(|event| event.starts_with("echo")).count(), 3);
    assert_eq!(events.iter().filter(|event| event.starts_with("prompt")).count(), 3);
    // Without echo a result code right behind the prompts is one.
    let answer = answer(&replying("AT+CMGS=\"1\"", "one\rOK\x1A"), "\r\n> \r\n> \r\nOK\r\n");
    assert_eq!(answer.result, Some(ResultCode::Ok));
}

#[test]
fn case_12_an_error_instead_of_a_prompt() {
    let refused = replying("AT+CMGS=\"1\"", "hello\x1A");
    let (outcome, events) = run(&refused, "\r\n+CMS ERROR: 330\r\n");
    assert!(matches!(outcome.unwrap().result, Some(ResultCode::Message(_))));
    assert!(!events.iter().any(|event| event.contains("hello")));
    assert!(matches!(failure(run(&refused, "\r\nOK\r\n").0), FailureKind::NoPrompt { .. }));
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
    // A line that merely begins like one is none.
    assert_eq!(lines(&question("AT+HELP"), "> help\r\nOK\r\n"), ["> help", "OK"]);
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
const CMGL: &str = r#"+CMGL: 1,"REC READ","+49123",,"24/01/01,10:00:00+04""#;

/// atat and ModemManager end the answer at the first `OK`.
#[test]
fn case_13_a_message_that_holds_a_result_code() {
    let read = shaped("AT+CMGR=1", Shape::HeaderAndBody);
    let bytes = format!("\r\n{CMGR}\r\nHello\r\nOK\r\nbye\r\n\r\nOK\r\n");
    let (outcome, events) = run(&read, &bytes);
    assert_eq!(texts(&outcome.unwrap().lines), [CMGR, "Hello", "OK", "bye"]);
    assert_eq!(events.iter().filter(|event| event.starts_with("notice the line `OK`")).count(), 1);
    // The whole message is `OK`.
    assert_eq!(lines(&read, format!("\r\n{CMGR}\r\nOK\r\n\r\nOK\r\n")), [CMGR, "OK", "OK"]);
    // Nothing in it, and no ambiguity told.
    let (outcome, events) = run(&read, format!("\r\n{CMGR}\r\nHello\r\n\r\nOK\r\n"));
    assert_eq!(texts(&outcome.unwrap().lines), [CMGR, "Hello"]);
    assert!(!events.iter().any(|event| event.starts_with("notice")));
    // No message there.
    assert_eq!(lines(&read, "\r\nOK\r\n"), ["OK"]);
}

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
    let answer = answer(&read, format!("\r\n{}\r\n+CMTI: \"SM\",1\r\n\r\nOK\r\n", header(13)));
    assert_eq!(texts(&answer.lines)[1..], ["+CMTI: \"SM\",1"]);
    assert_eq!(lines(&read, format!("\r\n{}\r\n\r\nOK\r\n", header(0)))[1..], ["OK"]);
    // A length that is wrong costs time, no answer.
    assert_eq!(lines(&read, format!("\r\n{}\r\nHello\r\n\r\nOK\r\n", header(99)))[1..], ["Hello", "OK"]);
}

#[test]
fn case_13_a_list_of_messages() {
    let list = shaped("AT+CMGL=\"ALL\"", Shape::HeaderAndBody);
    let second = CMGL.replace("1,", "2,");
    let bytes = format!(
        "\r\n{CMGL}\r\nOK\r\n{second}\r\n+CMTI: \"SM\",9\r\nERROR\r\n\r\n+CMTI: \"SM\",3\r\n\r\nmore\r\n\r\nOK\r\n"
    );
    let (outcome, events) = run(&list, &bytes);
    let expected = [CMGL, "OK", &second, "+CMTI: \"SM\",9", "ERROR", "", "more"];
    assert_eq!(texts(&outcome.unwrap().lines), expected);
    assert!(events.contains(&"urc +CMTI: \"SM\",3".to_owned()));
    let counted = format!("{CMGL},145,2\r\nOK\r\n{second},145,5\r\nERROR\r\n\r\nOK\r\n");
    assert_eq!(lines(&list, counted)[1..], ["OK", &format!("{second},145,5"), "ERROR", "OK"]);
}

#[test]
fn case_13_messages_in_pdu_mode() {
    let list = shaped("AT+CMGL=4", Shape::HeaderAndBody);
    let bytes = "\r\n+CMGL: 0,1,,147\r\n07914306073011F0\r\n+CMTI: \"SM\",3\r\n+CMGL: 1,1,,14\r\n+CREG: 5\r\n0791430607\r\n\r\nOK\r\n";
    assert_eq!(lines(&list, bytes), ["+CMGL: 0,1,,147", "07914306073011F0", "+CMGL: 1,1,,14", "0791430607", "OK"]);
}

#[test]
fn case_14_a_string_with_line_ends_in_it() {
    let mut bench = Bench::new();
    bench.ask(&question("AT+CUSD=1,\"*100#\""));
    bench.receive("\r\nOK\r\n\r\n+CUSD: 0,\"Your balance\r\nis 5 EUR\r\nOK\r\n\",15\r\n");
    bench.outcome().unwrap();
    assert_eq!(bench.queued(), ["+CUSD: 0,\"Your balance\r\nis 5 EUR\r\nOK\r\n\",15"]);
}

/// A lone quote swallows everything after it in oFono's parser.
#[test]
fn case_14_a_lone_quote_takes_nothing_with_it() {
    let operators = shaped("AT+COPS?", Shape::Prefixed);
    assert_eq!(lines(&operators, "\r\n+COPS: 0,0,\"EE\r\n\r\nOK\r\n"), ["+COPS: 0,0,\"EE", "OK"]);
    assert_eq!(
        lines(&operators, "\r\n+COPS: 0,0,\"EE\r\n+COPS: 1,0,\"O2\"\r\n\r\nOK\r\n"),
        ["+COPS: 0,0,\"EE", "+COPS: 1,0,\"O2\"", "OK"]
    );
}

#[test]
fn case_15_counted_data_may_hold_anything() {
    let read = shaped("AT+QIRD=0", Shape::Counted { parameter: 0, quoted: false });
    let data = b"\r\nOK\r\n> +QIURC: 1\r\n\x00\xFF\"";
    let bytes = [b"AT+QIRD=0\r\r\n+QIRD: 22\r\n", &data[..], b"\r\n\r\nOK\r\n"].concat();
    let got = answer(&read, &bytes);
    assert_eq!(got.lines.len(), 1);
    assert_eq!(got.lines[0].bytes, [b"+QIRD: 22\r\n", &data[..]].concat());
    assert_eq!(got.result, Some(ResultCode::Ok));
    assert_eq!(lines(&read, "\r\n+QIRD: 0\r\n\r\nOK\r\n"), ["+QIRD: 0", "OK"]);

    let read = shaped("AT+USORD=0,12", Shape::Counted { parameter: 1, quoted: true });
    let bytes = "\r\n+USORD: 0,12,\"\r\nOK\r\n\"OK\r\n\"\r\n\r\nOK\r\n";
    let bytes = bytes.replace("0,12", "0,11");
    assert_eq!(answer(&read, &bytes).lines[0].bytes, b"+USORD: 0,11,\"\r\nOK\r\n\"OK\r\n\"");
    assert_eq!(lines(&read, "+USORD: 0,0\r\nOK\r\n"), ["+USORD: 0,0", "OK"]);
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
fn case_16_every_line_end_and_noise() {
    for end in ["\r\n", "\n", "\r", "\r\r\n"] {
        let bytes = format!("AT+CSQ\r{end}+CSQ: 18,99{end}{end}OK{end}");
        assert_eq!(lines(&shaped("AT+CSQ", Shape::Prefixed), bytes), ["+CSQ: 18,99", "OK"], "{end:?}");
    }
    let mut bytes = b"\0\0\0\xFF\xFE\x80~\r\n\0".to_vec();
    bytes.extend(b"AT\r\r\n\0OK\r\n");
    assert_eq!(answer(&shaped("AT", Shape::None), bytes).result, Some(ResultCode::Ok));
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
fn case_19_several_commands_in_a_line() {
    let both = shaped("AT+CSQ;+CREG?", Shape::Prefixed);
    assert_eq!(
        lines(&both, "AT+CSQ;+CREG?\r\r\n+CSQ: 18,99\r\n\r\n+CREG: 5\r\n\r\n+CREG: 0,5\r\n\r\nOK\r\n"),
        ["+CSQ: 18,99", "+CREG: 0,5", "OK"]
    );
    assert_eq!(lines(&both, "\r\n+CSQ: 18,99\r\n\r\nERROR\r\n"), ["+CSQ: 18,99", "ERROR"]);
}

#[test]
fn case_20_the_first_character_is_lost_on_a_modem_asleep() {
    let (outcome, events) = run(&question("AT+CSQ"), "T+CSQ\r");
    assert_eq!(failure(outcome), FailureKind::Timeout(Silence::AllButEcho));
    assert!(events.contains(&"echo T+CSQ".to_owned()));
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
fn case_24_25_26_lists_of_operators_and_numbers_come_through_whole() {
    let scan = shaped("AT+COPS=?", Shape::Prefixed);
    let one = r#"+COPS: (2,"004D006F",,"0032",7),(1,"","","26201",7),,(0-4),(0-2)"#;
    assert_eq!(lines(&scan, format!("\r\n{one}\r\n\r\nOK\r\n")), [one, "OK"]);
    // A line for each operator, and one that goes on in the next line (Nokia 2720).
    let many = "+COPS: (0,\"A\",\"A\",\"310410\",2)\r\n+COPS: (1,\"A\",\"A\",\"310410\",0)\r\n";
    assert_eq!(lines(&scan, format!("{many}OK\r\n")).len(), 3);
    let broken = "+COPS: (2,\"T - Mobile\",,\"31026\",0),\r\n(1,\"AT&T\",,\"310410\",0),,(0,1,3),(0,2)\r\n\r\nOK\r\n";
    assert_eq!(lines(&scan, broken).len(), 3);
    assert_eq!(lines(&question("AT+CCID"), "89012600000000000000F\r\nOK\r\n"), ["89012600000000000000F", "OK"]);
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

/// Rule 4: the late answer of another command is no name.
#[test]
fn a_line_with_another_commands_prefix_is_no_bare_text() {
    let mut bench = Bench::new();
    bench.ask(&shaped("AT+CGMM", Shape::Bare));
    bench.receive("\r\n+COPS: (2,\"EE\",\"EE\",\"23430\",7)\r\nBG96\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["BG96"]);
    assert_eq!(lines(&shaped("AT+CGMM", Shape::Bare), "\r\n+CGMM: BG96\r\n\r\nOK\r\n"), ["+CGMM: BG96", "OK"]);
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
