//! Modems that are late in every way: whatever comes when, no question gets the answer to another.

use super::*;

/// Answers each command after its time.
struct Late {
    /// The command, how long it takes, its answer; the first that fits, which is used up if another fits as well.
    answers: Vec<(&'static str, u64, &'static str)>,
    way: Way,
    echo: bool,
    free_at: Duration,
    due: Vec<(Duration, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// One after the other; what comes meanwhile is kept
    Serial,
    /// One after the other; what comes meanwhile is lost
    Deaf,
    /// All at once: the line is slow, not the modem
    Far,
}

impl Late {
    fn hear(&mut self, written: &str, now: Duration) {
        for command in written.split("\\r").map(|text| text.trim_start_matches("\\x1b")).filter(|text| !text.is_empty())
        {
            let begins = match self.way {
                Way::Deaf if now < self.free_at => continue,
                Way::Serial | Way::Deaf => now.max(self.free_at),
                Way::Far => now,
            };
            let mut places = self.answers.iter().enumerate().filter(|(_, answer)| answer.0 == command);
            let place = places.next().map(|(place, _)| place).unwrap_or_else(|| panic!("{command} is not known"));
            let is_last = places.next().is_none();
            let (_, delay, text) = if is_last { self.answers[place] } else { self.answers.remove(place) };
            self.free_at = begins + Duration::from_millis(delay);
            let echo = if self.echo { format!("{command}\r") } else { String::new() };
            self.due.push((self.free_at, echo + text));
        }
    }

    /// Lets time pass in which nothing is asked.
    fn pause(&mut self, bench: &mut Bench, time: Duration) {
        let until = bench.now + time;
        self.due.sort();
        while self.due.first().is_some_and(|(at, _)| *at <= until) {
            let (at, text) = self.due.remove(0);
            bench.wait(at.saturating_sub(bench.now));
            bench.receive(text);
        }
        bench.wait(until.saturating_sub(bench.now));
    }

    /// Asks, and lets time pass until there is an outcome.
    fn converse(&mut self, bench: &mut Bench, question: &Question) -> Outcome {
        bench.ask(question);
        loop {
            self.hear(&bench.written(), bench.now);
            if let Some(outcome) = bench.session.outcome() {
                return outcome;
            }
            let deadline = bench.session.deadline().expect("a question is open");
            self.due.sort();
            match self.due.first().filter(|(at, _)| *at <= deadline) {
                Some((at, _)) => {
                    bench.now = bench.now.max(*at);
                    let (_, text) = self.due.remove(0);
                    bench.receive(text);
                }
                None => {
                    bench.now = bench.now.max(deadline);
                    bench.session.advance(bench.now, &mut bench.recorder);
                }
            }
        }
    }
}

/// The first question is answered after `first`, each other one after `other`, and the second one with ERROR.
fn late(first: u64, other: u64, way: Way, echo: bool) -> Late {
    let answers = vec![
        ("AT+CSQ", first, "\r\n+CSQ: 7,99\r\n\r\nOK\r\n"),
        ("AT", other, "\r\nOK\r\n"),
        ("AT+CMGF=1", other, "\r\nERROR\r\n"),
        ("AT+CREG?", other, "\r\n+CREG: 2,5\r\n\r\nOK\r\n"),
    ];
    Late { answers, way, echo, free_at: Duration::ZERO, due: Vec::new() }
}

/// What the second question was answered, and the third.
fn results(late: &mut Late) -> (Option<ResultCode>, Vec<String>) {
    let mut bench = Bench::new();
    let first = within(shaped("AT+CSQ", Shape::Prefixed), 1);
    assert!(matches!(failure(late.converse(&mut bench, &first)), FailureKind::Timeout(_)));
    let second = late.converse(&mut bench, &shaped("AT+CMGF=1", Shape::None)).ok().and_then(|answer| answer.result);
    let third = late.converse(&mut bench, &shaped("AT+CREG?", Shape::Prefixed));
    (second, third.map(|answer| texts(&answer.lines)).unwrap_or_default())
}

#[test]
fn case_17_a_modem_that_is_late_in_any_way() {
    for way in [Way::Serial, Way::Deaf, Way::Far] {
        for echo in [false, true] {
            for first in (1010..4500).step_by(30) {
                for other in [0, 10, 60, 99, 150, 300, 400, 600, 700, 800, 950] {
                    // A line that is so far away is as far for each.
                    let other = if way == Way::Far { first } else { other };
                    let (second, third) = results(&mut late(first, other, way, echo));
                    let case = format!("{way:?}, echo {echo}, {first} ms, {other} ms");
                    assert!(second.is_none() || second == Some(ResultCode::Error), "{case}: {second:?}");
                    assert!(third.is_empty() || third == ["+CREG: 2,5"], "{case}: {third:?}");
                    if first < 3000 && way != Way::Far {
                        assert_eq!(second, Some(ResultCode::Error), "{case}");
                    }
                }
            }
        }
    }
}

/// One that is so late that it is given up, and asked again.
#[test]
fn case_17_a_modem_that_is_out_of_step_for_long() {
    for way in [Way::Serial, Way::Deaf, Way::Far] {
        // No line is farther away than six seconds.
        for first in (4500..if way == Way::Far { 6000 } else { 14_000 }).step_by(130) {
            for other in [0, 50, 120, 300, 700, 950, 1200] {
                let mut late = late(first, if way == Way::Far { first } else { other }, way, false);
                let mut bench = Bench::new();
                let asked = within(shaped("AT+CSQ", Shape::Prefixed), 1);
                assert!(matches!(failure(late.converse(&mut bench, &asked)), FailureKind::Timeout(_)));
                let case = format!("{way:?}, {first} ms, {other} ms");
                let mut came = false;
                for _ in 0..6 {
                    let answer = late.converse(&mut bench, &shaped("AT+CMGF=1", Shape::None));
                    came |= answer.is_ok();
                    if let Ok(answer) = answer {
                        assert_eq!(answer.result, Some(ResultCode::Error), "{case}: {:#?}", bench.recorder.events);
                    }
                    late.pause(&mut bench, Duration::from_millis(700));
                }
                assert!(came || way == Way::Far || other > 1000, "{case}: {:#?}", bench.recorder.events);
            }
        }
    }
}

/// The question that is its own way into step is no exception.
#[test]
fn case_17_an_at_after_a_late_answer() {
    for way in [Way::Serial, Way::Deaf, Way::Far] {
        for first in (1010..4500).step_by(30) {
            for other in [0, 60, 150, 400, 700] {
                let mut late = late(first, if way == Way::Far { first } else { other }, way, false);
                late.answers[0].2 = "\r\nERROR\r\n";
                let mut bench = Bench::new();
                let asked = within(shaped("AT+CSQ", Shape::Prefixed), 1);
                assert!(matches!(failure(late.converse(&mut bench, &asked)), FailureKind::Timeout(_)));
                let answer = late.converse(&mut bench, &shaped("AT", Shape::None));
                let case = format!("{way:?}, {first} ms, {other} ms");
                if let Ok(answer) = answer {
                    assert_eq!(answer.result, Some(ResultCode::Ok), "{case}");
                }
                let next = late.converse(&mut bench, &shaped("AT+CMGF=1", Shape::None));
                if let Ok(answer) = next {
                    assert_eq!(answer.result, Some(ResultCode::Error), "{case}");
                }
            }
        }
    }
}

#[test]
fn case_17_a_late_read_answer_is_no_news() {
    let mut bench = Bench::new();
    bench.ask(&within(shaped("AT+CREG?", Shape::Prefixed), 1));
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    bench.receive("\r\n+CREG: 5\r\n\r\n+CREG: 1,2\r\n\r\nOK\r\n\r\n+CREG: 1,\"2CF7\",\"8A5A\"\r\n");
    assert_eq!(bench.queued(), ["+CREG: 5", "+CREG: 1,\"2CF7\",\"8A5A\""]);
    // Where nothing tells the answer from a URC, the first is the answer.
    bench.ask(&within(shaped("AT+CPIN?", Shape::Prefixed), 1));
    bench.receive("\r\nOK\r\n");
    bench.wait(Duration::from_secs(2));
    bench.receive("\r\nOK\r\n");
    let _ = bench.outcome();
    bench.receive("\r\n+CPIN: READY\r\n\r\n+CPIN: READY\r\n");
    assert_eq!(bench.queued(), ["+CPIN: READY"]);
}

/// The standards alone know no line that tells of a start.
struct Quectel;

impl Knowledge for Quectel {
    fn is_urc(&self, line: &[u8]) -> bool {
        line == b"RDY" || Standard.is_urc(line)
    }

    fn tells_of_start(&self, line: &[u8]) -> bool {
        line == b"RDY"
    }
}

#[test]
fn a_modem_that_has_started_owes_nothing() {
    let mut bench = Bench::new();
    bench.session = Session::new(&Quectel);
    bench.ask(&question("AT+COPS?"));
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    bench.receive("\r\nRDY\r\n");
    bench.written();
    bench.ask(&question("AT+CSQ"));
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.written(), "AT+CSQ\\r");
}

/// What stops at a line goes on as after Ctrl-C: a command that cannot be aborted is waited for.
#[test]
fn nothing_is_written_while_a_command_runs_that_was_stopped_at_a_line() {
    let mut slow = shaped("AT+CGACT=1,1", Shape::None);
    slow.timeout = Duration::from_secs(150);
    let mut bench = Bench::new();
    bench.recorder.stop_at = Some("+CPIN: NOT READY");
    bench.ask(&slow);
    bench.written();
    bench.wait(Duration::from_secs(1));
    bench.receive("\r\n+CPIN: NOT READY\r\n");
    assert!(matches!(failure(bench.outcome()), FailureKind::Stopped(_)));
    bench.recorder.stop_at = None;
    bench.ask(&shaped("AT+CSQ", Shape::Prefixed));
    bench.wait(Duration::from_secs(60));
    assert_eq!(bench.written(), "");
    bench.receive("\r\nOK\r\n");
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.written(), "AT+CSQ\\r");
    // One that lets itself be aborted is.
    slow.expected.abortable = true;
    let mut bench = Bench::new();
    bench.recorder.stop_at = Some("+CPIN: NOT READY");
    bench.ask(&slow);
    bench.written();
    bench.receive("\r\n+CPIN: NOT READY\r\n");
    assert!(matches!(failure(bench.outcome()), FailureKind::Stopped(_)));
    assert_eq!(bench.written(), "\\r");
}

/// However long ago its last byte came.
#[test]
fn nothing_is_written_into_a_command_that_was_interrupted_late() {
    for waits in [false, true] {
        let mut slow = shaped("AT+CGACT=1,1", Shape::None);
        slow.timeout = Duration::from_secs(150);
        let mut bench = Bench::new();
        bench.ask(&slow);
        bench.receive("AT+CGACT=1,1\r");
        bench.written();
        bench.wait(Duration::from_secs(1));
        bench.session.interrupt(waits, bench.now, &mut bench.recorder);
        bench.wait(Duration::from_millis(1900));
        assert_eq!(bench.written(), "", "{waits}");
    }
    // At a prompt that did not come ESC goes out, and nobody waits for the command's end.
    let mut asked = replying("AT+CMGS=\"1\"", "hello\x1A");
    asked.timeout = Duration::from_secs(120);
    let mut bench = Bench::new();
    bench.ask(&asked);
    bench.written();
    bench.wait(Duration::from_secs(1));
    bench.session.interrupt(true, bench.now, &mut bench.recorder);
    assert_eq!(bench.written(), "\\x1b");
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
}

#[test]
fn esc_goes_first_where_half_of_a_reply_went_out() {
    let mut bench = Bench::new();
    bench.ask(&replying("AT+CMGS=\"1\"", "hello\x1A"));
    bench.receive("\r\n> ");
    bench.written();
    bench.session.write_failed();
    bench.session.interrupt(true, bench.now, &mut bench.recorder);
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "\\x1b");
}

#[test]
fn what_is_written_without_a_question_is_written_in_step() {
    let mut bench = Bench::new();
    bench.ask(&within(question("AT+CREG?"), 1));
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    bench.written();
    bench.session.come_into_step(bench.now, &mut bench.recorder);
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("\r\n+CREG: 2,1\r\n\r\nOK\r\n\r\nOK\r\n");
    assert_eq!(bench.outcome(), Ok(Answer::default()));
    bench.session.come_into_step(bench.now, &mut bench.recorder);
    assert_eq!((bench.outcome(), bench.written()), (Ok(Answer::default()), String::new()));
}

/// A prompt that is cancelled is cancelled once.
#[test]
fn another_prompt_than_was_named_is_cancelled_once() {
    let mut bench = Bench::new();
    bench.ask(&replying("AT+USOWR=0,5", "hello"));
    bench.receive("\r\n@");
    assert!(matches!(failure(bench.outcome()), FailureKind::UnexpectedPrompt(_)));
    assert_eq!(bench.written(), "AT+USOWR=0,5\\r\\x1b");
}
