//! After a timeout: modems that are late in every way. Whatever comes when, no question gets the answer to another, and
//! a late answer is never taken for the answer to a later question.

use std::iter::StepBy;
use std::ops::Range;

use super::*;

/// A bench whose first question got no answer.
fn out_of_step() -> Bench {
    let mut bench = Bench::new();
    bench.ask(&question("AT+COPS?"));
    assert_eq!(ending(&bench.outcome()), "failed Timeout(Total)");
    assert_eq!(bench.written(), "AT+COPS?\\r");
    bench
}

/// It loses the first character after a silence, and with it any `AT` that comes after one.
#[test]
fn a_modem_that_falls_asleep_is_woken() {
    for sleeps_after in [450, 700, 1000, 1250] {
        let mut bench = out_of_step();
        bench.ask(&question("AT+CSQ"));
        let mut heard = Duration::ZERO;
        let mut written = bench.written();
        while !written.contains("CSQ") {
            if written.contains("AT\\r") {
                let is_awake = bench.now - heard < Duration::from_millis(sleeps_after);
                heard = bench.now;
                bench.receive(if is_awake { "AT\r\r\nOK\r\n" } else { "T\r" });
            }
            assert_eq!(bench.session.outcome(), None, "{sleeps_after} {:#?}", bench.recorder.events);
            bench.now = bench.session.deadline().unwrap().max(bench.now);
            bench.session.advance(bench.now, &mut bench.recorder);
            written = bench.written();
        }
        assert_eq!(written, "AT+CSQ\\r");
    }
}

#[test]
fn a_modem_that_answers_in_a_flood_is_in_step() {
    let mut bench = out_of_step();
    bench.ask(&question("AT+CSQ"));
    let before = bench.now;
    let mut written = bench.written();
    while !written.contains("CSQ") {
        bench.receive(if written.contains("AT") { "\r\nOK\r\n" } else { "+CMTI: \"SM\",1\r\n" });
        bench.wait(Duration::from_millis(20));
        assert!(bench.now - before < Duration::from_secs(8), "{:#?}", bench.session.outcome());
        written = bench.written();
    }
}

/// Answers each command after its time.
struct Late {
    /// The command, how long it takes, its answer
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
            let known = self.answers.iter().find(|(asked, ..)| *asked == command);
            let (_, delay, text) = *known.unwrap_or_else(|| panic!("{command} is not known"));
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

/// One that answers the first question after `first`, each other one after `other`, and the second one with ERROR; and
/// what the case is called. Of each `way`, with such times.
fn late(
    firsts: impl Fn(Way) -> StepBy<Range<u64>>,
    others: &'static [u64],
    echo: bool,
) -> impl Iterator<Item = (Late, u64, String)> {
    [Way::Serial, Way::Deaf, Way::Far].into_iter().flat_map(move |way| {
        firsts(way).flat_map(move |first| {
            others.iter().map(move |other| {
                // A line that is so far away is as far for each.
                let other = if way == Way::Far { first } else { *other };
                let answers = vec![
                    ("AT+CSQ", first, "\r\n+CSQ: 7,99\r\n\r\nOK\r\n"),
                    ("AT", other, "\r\nOK\r\n"),
                    ("AT+CMGF=1", other, "\r\nERROR\r\n"),
                    ("AT+CREG?", other, "\r\n+CREG: 2,5\r\n\r\nOK\r\n"),
                ];
                let case = format!("{way:?}, echo {echo}, {first} ms, {other} ms");
                (Late { answers, way, echo, free_at: Duration::ZERO, due: Vec::new() }, first, case)
            })
        })
    })
}

/// Its first question has got no answer.
fn asked_in_vain(late: &mut Late) -> Bench {
    let mut bench = Bench::new();
    assert!(ending(&late.converse(&mut bench, &question("prefixed 1s AT+CSQ"))).starts_with("failed Timeout"));
    bench
}

#[test]
fn case_17_a_modem_that_is_late_in_any_way() {
    for echo in [false, true] {
        let others = &[0, 10, 60, 99, 150, 300, 400, 600, 700, 800, 950];
        for (mut late, first, case) in late(|_| (1010..4500).step_by(30), others, echo) {
            let mut bench = asked_in_vain(&mut late);
            let second = late.converse(&mut bench, &question("none AT+CMGF=1")).ok().and_then(|answer| answer.result);
            let third = late.converse(&mut bench, &question("prefixed AT+CREG?"));
            let third = third.map(|answer| texts(&answer.lines)).unwrap_or_default();
            assert!(second.is_none() || second == Some(ResultCode::Error), "{case}: {second:?}");
            assert!(third.is_empty() || third == ["+CREG: 2,5"], "{case}: {third:?}");
            if first < 3000 && late.way != Way::Far {
                assert_eq!(second, Some(ResultCode::Error), "{case}");
            }
        }
    }
}

/// One that is so late that it is given up, and asked again.
#[test]
fn case_17_a_modem_that_is_out_of_step_for_long() {
    // No line is farther away than six seconds.
    let firsts = |way| (4500..if way == Way::Far { 6000 } else { 14_000 }).step_by(130);
    for (mut late, _, case) in late(firsts, &[0, 50, 120, 300, 700, 950, 1200], false) {
        let mut bench = asked_in_vain(&mut late);
        let mut came = false;
        for _ in 0..6 {
            if let Ok(answer) = late.converse(&mut bench, &question("none AT+CMGF=1")) {
                came = true;
                assert_eq!(answer.result, Some(ResultCode::Error), "{case}: {:#?}", bench.recorder.events);
            }
            late.pause(&mut bench, Duration::from_millis(700));
        }
        let is_slow = late.answers.iter().any(|(asked, delay, _)| *asked == "AT" && *delay > 1000);
        assert!(came || late.way == Way::Far || is_slow, "{case}: {:#?}", bench.recorder.events);
    }
}

/// The question that is its own way into step is no exception.
#[test]
fn case_17_an_at_after_a_late_answer() {
    for (mut late, _, case) in late(|_| (1010..4500).step_by(30), &[0, 60, 150, 400, 700], false) {
        late.answers[0].2 = "\r\nERROR\r\n";
        let mut bench = asked_in_vain(&mut late);
        for (asked, wanted) in [("none AT", ResultCode::Ok), ("none AT+CMGF=1", ResultCode::Error)] {
            if let Ok(answer) = late.converse(&mut bench, &question(asked)) {
                assert_eq!(answer.result, Some(wanted), "{case}");
            }
        }
    }
}
