//! Conversations in virtual time, with a modem that is a list of what it says to what it is told.

use std::collections::VecDeque;
use std::time::Duration;

use super::*;
use crate::at::{Event, Expected, PromptPlan, Shape};
use crate::catalogue::Catalogue;
use crate::port::{Cancel, Device, Memory};

const SECOND: Duration = Duration::from_secs(1);

/// Says what its script says, when it says it.
#[derive(Default)]
struct Scripted {
    /// To these bytes, after so long, these; in order, or the first that fits where `steady`.
    answers: VecDeque<(&'static str, Duration, &'static str)>,
    /// At this time, by itself.
    due: Vec<(Duration, Vec<u8>)>,
    /// Unplugged from, until.
    away: Option<(Duration, Duration)>,
    now: Duration,
    heard: Vec<u8>,
    log: std::sync::Arc<std::sync::Mutex<Vec<(Duration, String)>>>,
}

impl Device for Scripted {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.now = now;
        self.log.lock().unwrap().push((now, bytes.escape_ascii().to_string().replace("\\\"", "\"")));
        self.heard.extend_from_slice(bytes);
        let Some(place) = self.answers.iter().position(|(asked, ..)| self.heard.ends_with(asked.as_bytes())) else {
            return;
        };
        self.heard.clear();
        let (_, delay, answer) = self.answers.remove(place).unwrap();
        self.due.push((now + delay, answer.as_bytes().to_vec()));
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        self.now = now;
        self.due.sort_by_key(|(at, _)| *at);
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            out.extend(self.due.remove(0).1);
        }
    }

    fn next(&self) -> Option<Duration> {
        let away = self.away.map(|(from, until)| if self.now < from { from } else { until });
        self.due.iter().map(|(at, _)| *at).chain(away).filter(|at| *at > self.now).min()
    }

    fn gone(&self) -> Option<Fault> {
        self.away
            .is_some_and(|(from, until)| (from..until).contains(&self.now))
            .then(|| Fault::Lost("unplugged".into()))
    }
}

/// What was written, and when.
type Log = std::sync::Arc<std::sync::Mutex<Vec<(Duration, String)>>>;

fn conversation(device: Scripted) -> (Conversation, Log, Cancel) {
    let cancel = Cancel::new().unwrap();
    let log = device.log.clone();
    (Conversation::new(Box::new(Memory::in_virtual_time(device, &cancel)), &Catalogue), log, cancel)
}

fn modem(answers: &[(&'static str, &'static str)]) -> Scripted {
    let soon = Duration::from_millis(20);
    Scripted { answers: answers.iter().map(|(asked, answer)| (*asked, soon, *answer)).collect(), ..Scripted::default() }
}

fn question(line: &str) -> Question {
    Question::new(format!("{line}\r"), Expected::default(), 5 * SECOND, PromptPlan::Unexpected)
}

#[derive(Default)]
struct Heard {
    events: Vec<String>,
}

impl Hearer for Heard {
    fn event(&mut self, _now: Duration, event: &Event<'_>) {
        self.events.push(format!("{event:?}"));
    }

    fn line(&mut self, _line: &[u8]) -> Verdict {
        Verdict::GoOn
    }
}

fn written(log: &Log) -> Vec<String> {
    log.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
}

#[test]
fn nothing_is_sent_once_an_interruption_is_pending() {
    let (mut conversation, log, cancel) = conversation(modem(&[("AT+CSQ\r", "\r\nOK\r\n")]));
    cancel.cancel();
    let asked = conversation.ask(&question("AT+NEVER").into(), &mut Heard::default());
    assert!(matches!(asked, Err(Trouble::Interrupted { .. })));
    let sent = conversation.write(b"NEVER", Duration::from_secs(60), &mut Heard::default());
    assert!(matches!(sent, Err(Trouble::Interrupted { .. })));
    conversation.interrupt(true, &mut Heard::default()).unwrap();
    conversation.ask(&question("AT+CSQ").into(), &mut Heard::default()).unwrap();
    assert_eq!(written(&log), ["AT+CSQ\\r"]);
}

#[test]
fn escape_keeps_its_guard_times() {
    let (mut conversation, log, _) = conversation(modem(&[("+++", "\r\nOK\r\n")]));
    let deaf = &mut Heard::default();
    conversation.escape(deaf).unwrap();
    let (at, text) = log.lock().unwrap()[0].clone();
    assert!(text == "+++" && at >= SECOND && conversation.now() >= at + SECOND);
}

/// It is seen to go by what only a start brings: not by what it says before, and not by its OK alone. What it says as it
/// starts is left for an `await`.
#[test]
fn a_reboot() {
    /// What it is told, and after how many milliseconds it says what, so many times; what it says by itself, and when;
    /// when its device is away; how long it may take; how that ends, and between which seconds.
    type Row<'r> = (
        &'r [(&'static str, u64, &'static str, usize)],
        &'r [(u64, &'static str)],
        Option<(u64, u64)>,
        u32,
        &'r str,
        std::ops::Range<u32>,
    );
    const TOLD: (&str, u64, &str, usize) = ("AT+CFUN=1,1\r", 20, "AT+CFUN=1,1\r\r\nOK\r\n", 1);
    const SILENT: (&str, u64, &str, usize) = ("AT+CFUN=1,1\r", 20, "AT+CFUN=1,1\r", 1);
    const OK: &str = "AT\r\r\nOK\r\n";
    let rows: &[Row<'_>] = &[
        // Its device goes away and comes back, or does not, however often it is opened.
        (&[TOLD, ("AT\r", 10, OK, 3)], &[(13_000, "RDY\r\n\r\n+CFUN: 1\r\n")], Some((500, 12_000)), 90, "OK", 13..20),
        (&[TOLD], &[], Some((500, 100_000)), 10, "NeverBack, lost", 10..11),
        // On a UART it is silent for a while, never comes back, or never was there.
        (&[TOLD, ("AT\r", 9000, "", 2), ("AT\r", 100, OK, 2)], &[], None, 90, "OK", 2..10),
        (&[TOLD], &[], None, 30, "NeverBack", 30..31),
        (&[], &[], None, 10, "Timeout", 10..11),
        // It refuses, or does nothing but say OK.
        (&[("AT+CFUN=1,1\r", 20, "\r\n+CME ERROR: 4\r\n", 1)], &[], None, 90, "+CME ERROR: 4", 0..1),
        (&[TOLD, ("AT\r", 10, OK, 100)], &[], None, 90, "NeverGone", 30..33),
        // It goes before it says OK: its time is not spent on waiting for that. Its OK comes late: it was there all the time.
        (&[SILENT, ("AT\r", 100, OK, 20)], &[(3000, "\r\nRDY\r\n\r\n+CFU"), (4000, "N: 1\r\n")], None, 25, "", 4..7),
        (&[SILENT, ("AT\r", 100_000, "", 1), ("AT\r", 100, OK, 20)], &[], None, 25, "", 12..20),
        (&[SILENT, ("AT\r", 100, OK, 20)], &[(13_000, "\r\nOK\r\n")], None, 25, "NeverGone", 20..26),
        // It answers for three seconds, is gone for five, and comes back.
        (
            &[TOLD, ("AT\r", 10, OK, 2), ("AT\r", 20_000, "", 5), ("AT\r", 10, OK, 5)],
            &[(200, "\r\n+CMTI: \"SM\",1\r\n\r\n+CREG: 0\r\n"), (8000, "\r\nAPP RDY\r\n\r\n+CFUN: 1\r\n")],
            None,
            90,
            "OK",
            8..16,
        ),
        // So fast that no AT is missed, but it says that it has started.
        (&[TOLD, ("AT\r", 10, OK, 20)], &[(500, "\r\nRDY\r\n")], None, 90, "OK", 0..5),
    ];
    for (answers, due, away, within, wanted, between) in rows {
        let mut device = modem(&[]);
        for (asked, delay, answer, times) in *answers {
            device.answers.extend(std::iter::repeat_n((*asked, Duration::from_millis(*delay), *answer), *times));
        }
        device.due = due.iter().map(|(at, text)| (Duration::from_millis(*at), text.as_bytes().to_vec())).collect();
        device.away = away.map(|(from, until)| (Duration::from_millis(from), Duration::from_millis(until)));
        let (mut conversation, ..) = conversation(device);
        let mut asked = question("AT+CFUN=1,1");
        asked.timeout = asked.timeout.max(*within * SECOND);
        let ended = match conversation.reboot(&asked, *within * SECOND, &mut Heard::default()) {
            Ok(answer) => answer.result.map(|result| result.to_string()).unwrap_or_default(),
            Err(Trouble::NeverBack { is_lost: true, .. }) => "NeverBack, lost".to_owned(),
            Err(trouble) => format!("{trouble:?}").split(' ').next().unwrap().to_owned(),
        };
        let row = format!("{answers:?} {due:?} {away:?}");
        assert_eq!(ended, *wanted, "{row}");
        assert!(
            (between.start * SECOND..between.end * SECOND).contains(&conversation.now()),
            "{row} {:?}",
            conversation.now()
        );
        if due.iter().any(|(_, text)| text.ends_with("1\r\n")) {
            let started = &mut |line: &[u8]| line == b"+CFUN: 1";
            assert!(conversation.await_line(Duration::ZERO, started, &mut Heard::default()).unwrap().is_some());
        }
    }
}

/// However much still comes: the time is up when it is.
#[test]
fn a_wait_in_a_flood_ends_in_time() {
    /// Has always something to say.
    struct Flood(std::sync::Arc<std::sync::atomic::AtomicUsize>);
    impl Device for Flood {
        fn receive(&mut self, _bytes: &[u8], _now: Duration) {}

        fn advance(&mut self, _now: Duration, out: &mut Vec<u8>) {
            if self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 1000 {
                out.extend(b"RING\r\n");
            }
        }

        fn next(&self) -> Option<Duration> {
            None
        }
    }
    let asked = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let port = Memory::in_virtual_time(Flood(asked.clone()), &Cancel::new().unwrap());
    let mut conversation = Conversation::new(Box::new(port), &Catalogue);
    let deaf = &mut Heard::default();
    assert_eq!(conversation.await_line(Duration::ZERO, &mut |_| false, deaf).unwrap(), None);
    assert!(!conversation.prompt(b"login: ", Duration::ZERO, deaf).unwrap());
    assert!(asked.load(std::sync::atomic::Ordering::Relaxed) < 10);
}

/// Whoever asks next must not take it for its own.
#[test]
fn what_is_owed_at_the_end_is_listened_for() {
    let owed = |first: &'static str, after: u32| {
        let mut device = modem(&[]);
        device.answers.push_back(("AT+COPS?\r", Duration::from_millis(20), first));
        device.due.push((SECOND * after, b"\r\n+COPS: 0\r\n\r\nOK\r\n".to_vec()));
        let (mut conversation, log, _) = conversation(device);
        assert!(conversation.ask(&question("AT+COPS?").into(), &mut Heard::default()).is_err());
        conversation.settle(&mut Heard::default());
        assert_eq!(written(&log), ["AT+COPS?\\r"], "nothing is sent");
        conversation.now()
    };
    assert_eq!(owed("AT+COPS?\r", 6), 6 * SECOND);
    assert_eq!(owed("AT+COPS?\r", 20), 8 * SECOND);
    // One that has not said a byte is left at once.
    assert_eq!(owed("", 6), 5 * SECOND);
}

#[test]
fn a_flood_of_urcs_is_bounded_and_told() {
    let mut device = modem(&[("AT+CSQ\r", "\r\nOK\r\n")]);
    device.due = vec![(Duration::from_millis(1), b"+CMTI: \"SM\",1\r\n".repeat(200_000))];
    let (mut conversation, ..) = conversation(device);
    let mut heard = Heard::default();
    let mut asked = question("AT+CSQ");
    asked.expected = Expected { shape: Shape::Prefixed, prefixes: vec!["+CSQ"], ..Expected::default() };
    conversation.ask(&asked.clone().into(), &mut heard).unwrap();
    let urcs = heard.events.iter().filter(|event| event.starts_with("Urc")).count();
    let dropped = heard.events.iter().filter(|event| event.starts_with("Dropped")).count();
    assert_eq!((urcs, dropped), (200_000, 1));
    let mut left = 0;
    while conversation.next_line(Duration::ZERO, &mut heard).unwrap().is_some() {
        left += 1;
    }
    assert!(left > 1000 && left < 10_000, "{left}");
}
