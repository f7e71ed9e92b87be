//! Conversations in virtual time, with a modem that says what stands in a transcript and refuses all else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hayes::at::{Event, Expected, Hearer, PromptPlan, Question, Shape, Why};
use hayes::catalogue::Catalogue;
use hayes::connect::{Address, Opening, open};
use hayes::conversation::Conversation;
use hayes::port::{Cancel, Device, Fault, Memory, Port, Read, Replay, Timestamp};

use crate::tables;

const SECOND: Duration = Duration::from_secs(1);

fn replay(events: &str) -> Replay {
    Replay::new("bench.at".to_owned(), &format!("# hayes transcript 1\n{events}")).unwrap()
}

fn conversation(device: impl Device + 'static, cancel: &Cancel) -> Conversation {
    Conversation::new(Box::new(Memory::in_virtual_time(device, cancel)), &Catalogue)
}

fn recorded(events: &str) -> Conversation {
    conversation(replay(events), &Cancel::new().unwrap())
}

fn question(line: &str) -> Arc<Question> {
    Question::new(format!("{line}\r"), Expected::default(), 5 * SECOND, PromptPlan::Unexpected).into()
}

#[derive(Default)]
struct Timeline {
    events: Vec<(Duration, String)>,
}

impl Timeline {
    fn count(&self, kind: &str) -> usize {
        self.events.iter().filter(|(_, event)| event.starts_with(kind)).count()
    }
}

impl Hearer for Timeline {
    fn event(&mut self, now: Duration, event: &Event<'_>) {
        self.events.push((now, format!("{event:?}")));
    }
}

#[test]
fn nothing_is_sent_once_an_interruption_is_pending() {
    let cancel = Cancel::new().unwrap();
    let mut conversation = conversation(replay("0.000 > AT+CSQ\\r\n0.020 < OK\\r\\n\n"), &cancel);
    cancel.cancel();
    let asked = conversation.ask(&question("AT+NEVER"), &mut ());
    assert!(asked.unwrap_err().is_interrupt());
    let sent = conversation.write(b"NEVER", 60 * SECOND, &mut ());
    assert!(sent.unwrap_err().is_interrupt());
    conversation.interrupt(true, &mut ()).unwrap();
    conversation.ask(&question("AT+CSQ"), &mut ()).unwrap();
}

#[test]
fn escape_keeps_its_guard_times() {
    let mut conversation = recorded("0.000 > +++\n0.020 < \\r\\nOK\\r\\n\n");
    let mut heard = Timeline::default();
    conversation.escape(Why::Question, &mut heard).unwrap();
    let (at, sent) = &heard.events[0];
    assert!(sent.starts_with("Sent") && *at >= SECOND && conversation.now() >= *at + SECOND);
}

/// However much still comes: the time is up when it is.
#[test]
fn a_wait_in_a_flood_ends_in_time() {
    /// Has always something to say.
    struct Flood(Arc<AtomicUsize>);
    impl Device for Flood {
        fn receive(&mut self, _bytes: &[u8], _now: Duration) {}

        fn advance(&mut self, _now: Duration, out: &mut Vec<u8>) {
            if self.0.fetch_add(1, Ordering::Relaxed) < 1000 {
                out.extend(b"RING\r\n");
            }
        }

        fn next(&self) -> Option<Duration> {
            None
        }
    }
    let asked = Arc::<AtomicUsize>::default();
    let mut conversation = conversation(Flood(asked.clone()), &Cancel::new().unwrap());
    assert_eq!(conversation.await_line(Duration::ZERO, &mut |_| false, &mut ()).unwrap(), None);
    assert!(!conversation.prompt(b"login: ", Duration::ZERO, &mut ()).unwrap());
    assert!(asked.load(Ordering::Relaxed) < 10);
}

/// Whoever asks next must not take it for its own. One that has not said a byte is left at once.
#[test]
fn what_is_owed_at_the_end_is_listened_for() {
    for (echo, after, ends) in [("AT+COPS?\\r", 6, 6), ("AT+COPS?\\r", 20, 8), ("", 6, 5)] {
        let echo = if echo.is_empty() { String::new() } else { format!("0.020 < {echo}\n") };
        let events = format!("0.000 > AT+COPS?\\r\n{echo}{after}.000 < \\r\\n+COPS: 0\\r\\n\\r\\nOK\\r\\n\n");
        let mut conversation = recorded(&events);
        let mut heard = Timeline::default();
        assert!(conversation.ask(&question("AT+COPS?"), &mut heard).is_err());
        conversation.settle(&mut heard);
        assert_eq!(heard.count("Sent"), 1, "nothing more is sent");
        assert_eq!(conversation.now(), ends * SECOND, "{events}");
    }
}

#[test]
fn a_flood_of_urcs_is_bounded_and_told() {
    let urcs = "+CMTI: \"SM\",1\\r\\n".repeat(200_000);
    let mut conversation = recorded(&format!("0.000 > AT+CSQ\\r\n0.001 < {urcs}\n0.020 < \\r\\nOK\\r\\n\n"));
    let mut heard = Timeline::default();
    let mut asked = Arc::unwrap_or_clone(question("AT+CSQ"));
    asked.expected = Expected { shape: Shape::Prefixed, prefixes: vec!["+CSQ"], ..Expected::default() };
    conversation.ask(&asked.into(), &mut heard).unwrap();
    assert_eq!((heard.count("Urc"), heard.count("Dropped")), (200_000, 1));
    let left = std::iter::from_fn(|| conversation.next_line(Duration::ZERO, &mut heard).unwrap()).count();
    assert!(left > 1000 && left < 10_000, "{left}");
}

#[test]
fn virtual_time_jumps_to_the_answer_and_to_the_deadline() {
    let mut port = Memory::in_virtual_time(replay("0.000 > AT\\r\n3600.000 < 11\\n\n"), &Cancel::new().unwrap());
    let mut buffer = [0; 2];
    assert_eq!(port.read(&mut buffer, 3600 * SECOND), Ok(Read::Deadline));
    assert_eq!(port.now(), 3600 * SECOND);
    port.write(b"AT\r", 7200 * SECOND).unwrap();
    assert_eq!(port.read(&mut buffer, 10_800 * SECOND), Ok(Read::Bytes(2)));
    assert_eq!(&buffer, b"11");
    assert_eq!(port.read(&mut buffer, 10_800 * SECOND), Ok(Read::Bytes(1)));
    assert_eq!(port.now(), 7200 * SECOND);
    assert_eq!(port.read(&mut buffer, Duration::ZERO), Ok(Read::Deadline));
    assert_eq!(port.now(), 7200 * SECOND);
}

#[test]
fn real_time_waits() {
    let mut port = Memory::in_real_time(replay("0.000 > AT\\r\n0.020 < 2\\n\n"), &Cancel::new().unwrap());
    port.write(b"AT\r", 3600 * SECOND).unwrap();
    assert_eq!(port.read(&mut [0; 64], 3600 * SECOND), Ok(Read::Bytes(2)));
    assert!(port.now() >= Duration::from_millis(20));
}

#[test]
fn a_device_that_always_wants_to_be_called_does_not_stop_the_clock() {
    struct Restless;
    impl Device for Restless {
        fn receive(&mut self, _: &[u8], _: Duration) {}
        fn advance(&mut self, _: Duration, _: &mut Vec<u8>) {}
        fn next(&self) -> Option<Duration> {
            Some(Duration::ZERO)
        }
    }
    let mut port = Memory::in_virtual_time(Restless, &Cancel::new().unwrap());
    assert_eq!(port.read(&mut [0; 8], Duration::from_millis(50)), Ok(Read::Deadline));
}

#[test]
fn cancel_wakes_a_read_and_rearm_goes_on() {
    let cancel = Cancel::new().unwrap();
    let mut port = Memory::in_real_time(replay("0.000 > \\r\n0.000 < 0\\n\n"), &cancel);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let outcome = port.read(&mut [0; 8], 3600 * SECOND);
            port.rearm();
            port.write(b"\r", 3600 * SECOND).unwrap();
            (outcome, port.read(&mut [0; 8], 3600 * SECOND))
        });
        cancel.cancel();
        assert_eq!(reader.join().unwrap(), (Err(Fault::Interrupted), Ok(Read::Bytes(2))));
    });
}

#[test]
fn time_stamps_are_rfc_3339() {
    // Of whole seconds each as `date -u -d @SECONDS` gives it.
    tables::hold(include_str!("../src/port/clock.md"), &mut |_, seconds| {
        let stamp = Timestamp::since_1970(Duration::from_millis(seconds.replace('.', "").parse().unwrap()));
        assert_eq!(Timestamp::parse(&stamp.to_string()), Some(stamp));
        stamp.to_string()
    });
    assert_eq!(Timestamp::parse("2100-03-01T00:00:00Z").map(Timestamp::millis), Some(4_107_542_400_000));
    assert!(Timestamp::parse("soon").is_none());
    let later = Timestamp::since_1970(Duration::from_millis(7)).after(Duration::from_millis(993));
    assert_eq!(later.millis(), 1000);
}

/// An address and what it names; or what is wrong with it, and what to write.
#[test]
fn addresses() {
    tables::hold(include_str!("../src/connect.md"), &mut |_, text| match Address::parse(text) {
        Ok(address) => {
            assert_eq!(address.to_string(), text.trim_end_matches('/'));
            format!("{address:?}")
        }
        Err(wrong) => format!("{} => {}", wrong.message, wrong.help.unwrap_or_default()),
    });
}

#[test]
fn the_simulated_modem_answers() {
    let address = Address::parse("sim:bg96?time=virtual&boot=0s").unwrap();
    let mut port = open(&address, &Opening::new(Cancel::new().unwrap())).unwrap();
    port.write(b"AT\r", SECOND).unwrap();
    let (mut heard, mut byte) = (Vec::new(), [0]);
    while !heard.ends_with(b"OK\r\n") {
        assert_eq!(port.read(&mut byte, 60 * SECOND), Ok(Read::Bytes(1)));
        heard.extend(byte);
    }
}
