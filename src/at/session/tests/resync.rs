//! After a timeout: a late answer is never taken for the answer to a later question.

use super::*;
use crate::at::session::Silence;

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
