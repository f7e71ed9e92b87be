//! Data mode: what comes after `CONNECT`, however it is cut, and how it ends.

use std::time::Duration;

use super::{Bench, question};
use crate::at::session::{Mode, SETTLE};
use crate::at::{Question, ResultCode};

fn dial() -> Question {
    let mut dial = question("ATD*99#");
    dial.expected.call_control = true;
    dial
}

fn connected() -> Bench {
    let mut bench = Bench::new();
    bench.ask(&dial());
    bench.receive("ATD*99#\r\r\nCONNECT 115200\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Connect("115200".into())));
    assert!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }));
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
    assert!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }));
}

#[test]
fn every_cut_of_a_connection_tells_the_same() {
    let text = b"ATD*99#\r\r\nCONNECT\r\n~\xFF}#\xC0!}!OK\r\nNO CARRIER\r\nmore\r\n\r\nNO CARRIER\r\n\r\n+CREG: 2\r\n";
    let tell = |chunks: &[&[u8]]| {
        let mut bench = Bench::new();
        bench.ask(&dial());
        chunks.iter().for_each(|chunk| bench.receive(chunk));
        bench.wait(SETTLE);
        assert!(matches!(bench.session.mode(), Mode::Command { .. }));
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
        assert!(data.len() <= crate::at::framer::LONGEST_LINE);
        bytes += data.len();
    }
    assert_eq!(bytes, 1_000_000);
}

#[test]
fn the_escape_is_answered_and_then_commands_are_possible() {
    let mut bench = connected();
    bench.receive("text\r\nOK\r\n");
    bench.wait(Duration::from_secs(1));
    assert!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }));
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
    assert_eq!(super::texts(&bench.outcome().unwrap().lines), ["GET /", "OK", "HTTP/1.0 200"]);
    bench.ask(&text);
    bench.receive("\r\nNO CARRIER\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::NoCarrier));
    assert!(matches!(bench.session.mode(), Mode::Command { .. }));
}

/// SIMCom's AT+CIPMODE=1: OK, and CONNECT when the connection has come about.
#[test]
fn a_connect_behind_the_ok() {
    for (line, is_data) in [("CONNECT", true), ("CONNECT OK", false)] {
        let mut start = question("AT+CIPSTART=\"TCP\",\"example.com\",80");
        start.expected.call_control = true;
        let mut bench = Bench::new();
        bench.ask(&start);
        bench.receive("\r\nOK\r\n");
        assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Ok));
        bench.receive(format!("\r\n{line}\r\n"));
        assert_eq!(bench.queued(), [line]);
        assert_eq!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }), is_data);
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
        assert!(matches!(bench.session.mode(), Mode::Command { .. }), "{end}");
    }
}

#[test]
fn a_line_that_never_ends_is_told_when_the_port_is_lost() {
    let mut bench = Bench::new();
    bench.ask(&question("AT+CSQ"));
    bench.receive("AT+CSQ\r\r\n+CSQ: 1");
    let received = bench.session.lose(bench.now, &mut bench.recorder);
    assert_eq!(super::texts(&received), ["+CSQ: 1"]);
    assert_eq!(bench.recorder.events.last().unwrap(), "partial +CSQ: 1");
}

#[test]
fn an_escape_where_nobody_knew_the_mode() {
    let mut bench = Bench::new();
    bench.session.escape(bench.now, &mut bench.recorder);
    assert!(matches!(bench.session.mode(), Mode::Unknown { .. }));
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.recorder.events, ["sent +++ Question", "final OK"]);
    assert!(matches!(bench.session.mode(), Mode::Command { .. }));
}

#[test]
fn a_connect_that_comes_after_the_timeout() {
    let mut bench = Bench::new();
    bench.ask(&question("AT"));
    bench.receive("\r\nOK\r\n");
    assert!(bench.outcome().is_ok());
    assert!(matches!(bench.session.mode(), Mode::Command { .. }));
    bench.ask(&dial());
    assert!(bench.outcome().is_err());
    assert!(matches!(bench.session.mode(), Mode::Unknown { .. }));
    bench.receive("\r\nCONNECT\r\n");
    assert!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }));
}

/// u-blox' AT+USODL and SIMCom's AT+CIPSTART after AT+CIPMODE=1 end so; in the middle of data it is data.
#[test]
fn a_line_that_is_known_of_the_command_ends_its_data_mode() {
    for (line, end) in [("AT+USODL=0", "DISCONNECT"), ("AT+CIPSTART=\"TCP\",\"example.com\",80", "CLOSED")] {
        let mut open = question(line);
        open.expected.call_control = true;
        open.expected.data_ends = if end == "CLOSED" { &["CLOSED"] } else { &["DISCONNECT"] };
        let mut bench = Bench::new();
        bench.ask(&open);
        bench.receive("\r\nCONNECT\r\n");
        assert!(bench.outcome().is_ok());
        bench.receive(format!("{end}\r\nmore\r\n"));
        bench.wait(SETTLE);
        assert!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }), "{end} and more is data");
        assert_eq!(bench.queued(), [end, "more"]);
        bench.receive(format!("\r\n{end}\r\n"));
        bench.wait(SETTLE);
        assert!(matches!(bench.session.mode(), Mode::Command { .. }));
        assert_eq!(bench.queued(), [end]);
    }
    // Of another command it is data.
    let mut dial = question("ATD*99#");
    dial.expected.call_control = true;
    let mut bench = Bench::new();
    bench.ask(&dial);
    bench.receive("\r\nCONNECT\r\nCLOSED\r\n");
    bench.wait(SETTLE);
    assert!(matches!(bench.session.mode(), Mode::Data { sure: true, .. }));
}

/// A line that ends one connection is data on the next one; ATO goes back to the one it ends.
#[test]
fn what_ends_a_connection_goes_with_it() {
    let opening = |line: &str, ends: &'static [&'static str]| {
        let mut question = question(line);
        (question.expected.call_control, question.expected.data_ends) = (true, ends);
        question
    };
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
        assert_eq!(matches!(bench.session.mode(), Mode::Command { .. }), is_over, "{next}");
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
