//! After a timeout: modems that are late in every way. Whatever comes when, no question gets the answer to another, and a
//! late answer is never taken for the answer to a later question.

use super::*;

/// A bench whose first question got no answer.
fn out_of_step() -> Bench {
    let mut bench = Bench::new();
    bench.ask(&question("AT+COPS?"));
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    assert_eq!(bench.written(), "AT+COPS?\\r");
    bench
}

/// Gives an answer to each `AT`; the late one first.
fn run_to_the_question(bench: &mut Bench, late: &str, each: &str) -> usize {
    let mut fences = 0;
    for _ in 0..100 {
        let written = bench.written();
        if written.contains("CSQ") {
            return fences;
        }
        if written.contains("AT\\r") {
            if fences == 0 {
                bench.receive(late);
            }
            fences += 1;
            bench.receive(each);
            continue;
        }
        assert_eq!(bench.session.outcome(), None, "{:#?}", bench.recorder.events);
        bench.now = bench.session.deadline().unwrap().max(bench.now);
        bench.session.advance(bench.now, &mut bench.recorder);
    }
    panic!("the question was never sent: {:#?}", bench.recorder.events);
}

/// An open FIXME in ModemManager: the late answer is taken for the answer to the next command.
#[test]
fn case_17_the_late_answer_comes_during_the_resynchronisation() {
    let mut bench = out_of_step();
    bench.ask(&question("AT+CSQ"));
    let fences = run_to_the_question(&mut bench, "\r\n+COPS: 0,0,\"late\"\r\n\r\nOK\r\n", "AT\r\r\nOK\r\n");
    assert_eq!(fences, 1);
    bench.receive("AT+CSQ\r\r\n+CSQ: 18,99\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["+CSQ: 18,99"]);
    let events = &bench.recorder.events;
    for expected in ["stray +COPS: 0,0,\"late\"", "stray OK", "sent AT\\r Resynchronise"] {
        assert!(events.iter().any(|event| event == expected), "{expected}: {events:#?}");
    }
}

#[test]
fn case_17_the_late_answer_comes_before_the_next_question() {
    let mut bench = out_of_step();
    bench.receive("\r\n+COPS: 0,0,\"late\"\r\n\r\nOK\r\n");
    bench.ask(&question("AT+CSQ"));
    run_to_the_question(&mut bench, "", "AT\r\r\nOK\r\n");
    bench.receive("\r\n+CSQ: 18,99\r\n\r\nOK\r\n");
    assert_eq!(texts(&bench.outcome().unwrap().lines), ["+CSQ: 18,99"]);
}

#[test]
fn case_17_only_the_late_result_code_comes_and_the_fences_own_a_moment_later() {
    let mut bench = out_of_step();
    bench.ask(&question("AT+CSQ"));
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("\r\nOK\r\n");
    bench.wait(Duration::from_millis(400));
    assert_eq!(bench.written(), "", "one more is owed");
    bench.receive("\r\nOK\r\n");
    assert_eq!(bench.written(), "AT+CSQ\\r");
    bench.receive("\r\nERROR\r\n");
    assert_eq!(bench.outcome().unwrap().result, Some(ResultCode::Error));
}

#[test]
fn the_answer_that_never_comes_costs_only_silence() {
    let mut bench = out_of_step();
    let before = bench.now;
    bench.ask(&question("AT+CSQ"));
    run_to_the_question(&mut bench, "", "\r\nOK\r\n");
    assert!(bench.now - before < Duration::from_secs(1));
}

#[test]
fn a_modem_that_stays_silent_is_out_of_step() {
    let mut bench = out_of_step();
    let before = bench.now;
    bench.ask(&question("AT+CSQ"));
    assert_eq!(failure(bench.outcome()), FailureKind::OutOfStep { tries: 4 });
    assert!(bench.now - before < Duration::from_secs(10));
    assert!(!bench.written().contains("CSQ"));
    // And the next question tries again.
    bench.ask(&question("AT+CSQ"));
    run_to_the_question(&mut bench, "", "\r\nOK\r\n");
}

/// It loses the first character after a silence, and with it any `AT` that comes after one.
#[test]
fn a_modem_that_falls_asleep_is_woken() {
    for sleeps_after in [450, 700, 1000, 1250] {
        let mut bench = out_of_step();
        bench.ask(&question("AT+CSQ"));
        let mut heard = Duration::ZERO;
        let asked = loop {
            let written = bench.written();
            if written.contains("CSQ") {
                break written;
            }
            if written.contains("AT\\r") {
                let is_awake = bench.now - heard < Duration::from_millis(sleeps_after);
                heard = bench.now;
                bench.receive(if is_awake { "AT\r\r\nOK\r\n" } else { "T\r" });
            }
            assert_eq!(bench.session.outcome(), None, "{sleeps_after} {:#?}", bench.recorder.events);
            bench.now = bench.session.deadline().unwrap().max(bench.now);
            bench.session.advance(bench.now, &mut bench.recorder);
        };
        assert_eq!(asked, "AT+CSQ\\r");
    }
}

#[test]
fn a_flood_does_not_keep_the_resynchronisation_going() {
    let mut bench = out_of_step();
    bench.ask(&question("AT+CSQ"));
    let before = bench.now;
    while bench.session.outcome().is_none() {
        bench.receive("+CMTI: \"SM\",1\r\n");
        bench.wait(Duration::from_millis(20));
        assert!(bench.now - before < Duration::from_secs(15));
    }
}

#[test]
fn a_modem_that_answers_in_a_flood_is_in_step() {
    let mut bench = out_of_step();
    bench.ask(&question("AT+CSQ"));
    let before = bench.now;
    loop {
        let written = bench.written();
        if written.contains("CSQ") {
            break;
        }
        bench.receive(if written.contains("AT") { "\r\nOK\r\n" } else { "+CMTI: \"SM\",1\r\n" });
        bench.wait(Duration::from_millis(20));
        assert!(bench.now - before < Duration::from_secs(8), "{:#?}", bench.session.outcome());
    }
}

#[test]
fn a_fence_that_lost_a_character_is_sent_again() {
    let mut bench = out_of_step();
    bench.ask(&question("AT+CSQ"));
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("T\r\r\nERROR\r\n");
    bench.wait(Duration::from_millis(600));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("AT\r\r\nOK\r\n");
    bench.wait(Duration::from_millis(600));
    assert_eq!(bench.written(), "", "the late one may have been the ERROR, and then one more comes");
    bench.wait(Duration::from_secs(1));
    assert_eq!(bench.written(), "AT+CSQ\\r");
}

#[test]
fn esc_goes_first_where_a_prompt_may_be_open() {
    let mut bench = Bench::new();
    bench.ask(&replying("AT+CMGS=\"1\"", "hello\x1A"));
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(Silence::Total)));
    assert!(bench.written().ends_with("\\x1b"), "at once");
    // The prompt comes only now.
    bench.receive("\r\n> ");
    bench.ask(&question("AT+CSQ"));
    bench.wait(Duration::from_millis(350));
    let written = bench.written();
    assert!(written.starts_with("\\x1b"), "{written}");
}

#[test]
fn an_at_is_its_own_way_into_step() {
    let mut bench = out_of_step();
    bench.ask(&question("AT"));
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("\r\n+COPS: 0,0,\"late\"\r\n\r\nERROR\r\n");
    bench.receive("AT\r\r\nOK\r\n");
    let answer = bench.outcome().unwrap();
    assert_eq!((answer.result, answer.lines.len()), (Some(ResultCode::Ok), 0));
    assert_eq!(bench.written(), "");
    let before = bench.now;
    let mut bench = out_of_step();
    bench.ask(&question("AT"));
    assert_eq!(failure(bench.outcome()), FailureKind::Timeout(Silence::Total));
    assert!(bench.now - before <= TIMEOUT + Duration::from_secs(1));
    assert_eq!(bench.written(), "AT\\r");
}

#[test]
fn nothing_is_written_while_a_command_runs() {
    let mut scan = shaped("AT+COPS=?", Shape::Prefixed);
    scan.expected.abortable = true;
    scan.timeout = Duration::from_secs(180);
    let mut bench = Bench::new();
    bench.ask(&scan);
    bench.written();
    bench.wait(Duration::from_secs(179));
    assert_eq!(bench.written(), "");
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    assert_eq!(bench.written(), "", "a timeout aborts nothing by itself");
}

#[test]
fn an_interruption_ends_by_the_rules() {
    let mut scan = shaped("AT+COPS=?", Shape::Prefixed);
    scan.expected.abortable = true;
    let mut bench = Bench::new();
    bench.ask(&scan);
    bench.written();
    bench.session.interrupt(true, bench.now, &mut bench.recorder);
    assert_eq!(bench.written(), "\\r");
    bench.receive("\r\nABORTED\r\n");
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("AT\r\r\nOK\r\n");
    assert_eq!(bench.outcome(), Ok(Answer::default()));
    assert!(bench.recorder.events.contains(&format!("sent \\r {:?}", Why::Abort)));
    // At a prompt it is ESC; where nothing runs, nothing.
    bench.ask(&replying("AT+CMGS=\"1\"", "hello\x1A"));
    bench.written();
    bench.session.interrupt(true, bench.now, &mut bench.recorder);
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "\\x1b");
    let mut bench = Bench::new();
    bench.session.interrupt(true, bench.now, &mut bench.recorder);
    assert_eq!(bench.outcome(), Ok(Answer::default()));
    assert_eq!(bench.written(), "");
}

/// What cannot be aborted is waited for where something is to be asked afterwards, up to its own deadline; else for a
/// moment. Nothing is written meanwhile.
#[test]
fn an_interrupted_command_that_goes_on() {
    let asked = |waits| {
        let mut bench = Bench::new();
        let mut slow = shaped("AT+COPS=?", Shape::Prefixed);
        slow.timeout = Duration::from_secs(60);
        bench.ask(&slow);
        bench.written();
        bench.session.interrupt(waits, bench.now, &mut bench.recorder);
        bench
    };
    let mut bench = asked(true);
    bench.wait(Duration::from_secs(50));
    bench.receive("\r\n+COPS: (2,\"EE\",\"EE\",\"23430\",7)\r\n\r\nOK\r\n");
    assert_eq!(bench.written(), "");
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
    bench.receive("AT\r\r\nOK\r\n");
    assert_eq!(bench.outcome(), Ok(Answer::default()));

    let mut bench = asked(true);
    bench.wait(Duration::from_secs(59));
    assert_eq!(bench.written(), "");
    bench.wait(Duration::from_millis(1500));
    assert_eq!(bench.written(), "AT\\r");

    let mut bench = asked(false);
    assert_eq!(failure(bench.outcome()), FailureKind::OutOfStep { tries: 0 });
    assert_eq!((bench.now, bench.written()), (Duration::from_secs(2), String::new()));
    // Its end is still owed.
    bench.ask(&question("AT+CSQ"));
    bench.receive("\r\nOK\r\n");
    bench.wait(Duration::from_millis(350));
    assert_eq!(bench.written(), "AT\\r");
}

/// A modem that is two seconds late with everything is not taken to be in step by the first late answer.
#[test]
fn case_17_a_modem_that_is_late_with_every_answer() {
    let mut bench = Bench::new();
    let mut first = shaped("AT", Shape::None);
    first.timeout = Duration::from_secs(1);
    bench.ask(&first);
    assert!(matches!(failure(bench.outcome()), FailureKind::Timeout(_)));
    bench.wait(Duration::from_millis(500));
    bench.ask(&first);
    bench.wait(Duration::from_millis(500));
    // At two seconds the first is answered, at four the second, which is the answer.
    bench.receive("\r\nOK\r\n");
    bench.wait(Duration::from_millis(1999));
    assert_eq!(bench.session.outcome(), None);
    bench.wait(Duration::from_millis(1));
    bench.receive("\r\nOK\r\n");
    assert!(bench.outcome().is_ok());
    assert_eq!(bench.now, Duration::from_secs(4));
}

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

#[test]
fn a_modem_that_has_started_owes_nothing() {
    let mut bench = Bench::new();
    bench.session = Session::new(&Vendor);
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
