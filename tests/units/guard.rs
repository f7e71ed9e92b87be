use std::path::Path;

use super::*;
use crate::state::tests::with_folder;

fn stakes(line: &str) -> Stakes {
    prospect(line, None).stakes
}

fn guard(folder: &Path, allowed: &[LiftedGuard]) -> Guard {
    let guard = Guard::new(Ledger::new(Some(folder.to_owned())), allowed);
    guard.at(&Address::parse("tcp://modem:1").unwrap()).unwrap()
}

#[test]
fn what_is_at_stake() {
    for (line, told) in [
        ("AT+CFUN=1,1", "restarts joins"),
        ("AT+CFUN=4", "leaves"),
        ("AT+CFUN=1", "joins"),
        ("AT+COPS=0", "seeks"),
        ("AT+COPS=3,2", ""),
        ("AT+COPS=?", ""),
        ("AT+CGATT=0", "leaves"),
        ("AT&W", "flash"),
        ("AT+QCFG=\"band\",f,1,1", "flash"),
        ("AT+QCFG=\"band\"", ""),
        ("AT+CGDCONT=1,\"IP\",\"super\"", "flash"),
        ("AT+CGDCONT?", ""),
        ("AT+URAT=7", "flash"),
        ("AT+QCCID", "number"),
        ("AT+CGSN", "number"),
        ("AT+EGMR=1,7,\"1\"", "illegal"),
        ("AT+CGSN=\"490154203237518\"", "illegal"),
        ("AT+CGSN=1,4901542032375187", "illegal"),
        ("AT+GSN=490154203237518", "illegal"),
        ("AT+QCFG=\"imei\",\"490154203237518\"", "flash illegal"),
        // What looks so elsewhere is a telephone number, an ICCID, a name.
        ("AT+CMGS=\"490154203237518\"", ""),
        ("AT+QMTCONN=0,\"490154203237518\"", ""),
        ("AT+EGMR=0,7", ""),
        ("AT^NV=550,9,\"8,4A,10\"", "flash illegal"),
        // A server may know it by that.
        ("AT+QMTCONN=0,\"490154203237518\"", ""),
        ("AT+SMCONF=\"CLIENTID\",\"490154203237518\"", ""),
        ("AT+CMGS=\"490154203237518\"", ""),
    ] {
        let known = stakes(line);
        let all = [
            (known.restarts, "restarts"),
            (known.leaves_network, "leaves"),
            (known.joins_network, "joins"),
            (known.seeks_network, "seeks"),
            (known.writes_flash, "flash"),
            (known.tells_number, "number"),
            (known.illegal.is_some(), "illegal"),
        ];
        let found: Vec<_> = all.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).collect();
        assert_eq!(found.join(" "), told, "{line}");
    }
}

#[test]
fn a_pin_that_has_failed_is_not_tried_again() {
    with_folder(|folder| {
        let (wrong, other) = (PinAttempt::of("AT+CPIN=1111").unwrap(), PinAttempt::of("AT+CPIN=2222").unwrap());
        let told = |leave: &Leave| match leave {
            Leave::Refuse(refusal) => refusal.message.split(" at ").next().unwrap().to_owned(),
            Leave::Send | Leave::Wait(_) => "sent".to_owned(),
        };
        let first = guard(folder, &[]);
        assert_eq!(first.try_pin("8988", &wrong, Some(3)), Leave::Send);
        // Another run; another way of writing it.
        let next = guard(folder, &[]);
        let again = PinAttempt::of("AT+CLCK=\"SC\",0,\"1111\"").unwrap();
        assert_eq!(
            told(&next.try_pin("8988", &again, Some(2))),
            "the PIN is not tried: this PIN has failed on the SIM 8988 before,"
        );
        assert_eq!(
            told(&next.try_pin("8988", &other, None)),
            "the PIN is not tried: a PIN has failed on the SIM 8988, and the modem does not tell how many tries are left"
        );
        assert_eq!(told(&next.try_pin("8988", &other, Some(1))), "the PIN is not tried: the SIM 8988 has one try left");
        assert_eq!(next.try_pin("8989", &wrong, None), Leave::Send, "another SIM");
        assert_eq!(guard(folder, &[LiftedGuard::Pin]).try_pin("8988", &wrong, Some(1)), Leave::Send, "the user's word");
        // One that is right clears the count, not what is known of the wrong one.
        assert_eq!(next.try_pin("8988", &other, Some(2)), Leave::Send);
        next.change(|book, _| other.settle(book, "8988", true));
        assert_eq!(
            told(&next.try_pin("8988", &wrong, Some(3))),
            "the PIN is not tried: this PIN has failed on the SIM 8988 before,"
        );
        assert_eq!(next.try_pin("8988", &other, None), Leave::Send);
        // The wrong one has become the right one.
        let change = PinAttempt::of("AT+CPWD=\"SC\",\"2222\",\"1111\"").unwrap();
        next.change(|book, _| change.settle(book, "8988", true));
        assert_eq!(next.try_pin("8988", &wrong, None), Leave::Send);
        let kept = std::fs::read_to_string(folder.join("guards.json")).unwrap();
        assert!(!kept.contains("1111") && !kept.contains("2222"), "{kept}");
    });
}

#[test]
fn what_the_sim_answers_itself_tells_whether_a_pin_was_right() {
    let line = |text: &str| vec![Line { bytes: text.as_bytes().to_vec() }];
    let verify = PinAttempt::of("AT+CSIM=26,\"002000010831313131FFFFFFFF\"").unwrap();
    let change = PinAttempt::of("ATD**04*1111*2222*2222#;").unwrap();
    let plain = PinAttempt::of("AT+CPIN=1111").unwrap();
    for (tried, answer, expected) in [
        (&verify, "+CSIM: 4,\"9000\"", (Some(true), None)),
        (&verify, "+CGLA: 4,910B", (Some(true), None)),
        (&verify, "+CSIM: 4,\"63c2\"", (None, Some(2))),
        (&verify, "+CSIM: 4,\"6983\"", (None, Some(0))),
        (&verify, "+CSIM: 4,\"9804\"", (None, None)),
        (&verify, "+CSIM: 4,\"6E00\"", (Some(false), None)),
        (&verify, "+CSIM: 4,\"9\"", (None, None)),
        (&verify, "", (None, None)),
        (&change, "", (None, None)),
        (&plain, "", (Some(true), None)),
    ] {
        assert_eq!(tried.judged(&line(answer), &ResultCode::Ok), expected, "{answer}");
        assert_eq!(tried.judged(&line(answer), &ResultCode::Error), (None, None), "{answer}");
    }
    with_folder(|folder| {
        let (guard, stakes) = (guard(folder, &[]), stakes("AT+CPIN=1111"));
        assert_eq!(guard.try_pin("p", &verify, None), Leave::Send);
        guard.after(
            "AT+CSIM=26,\"002000010831313131FFFFFFFF\"",
            stakes,
            &line("+CSIM: 4,\"63C1\""),
            Some(&ResultCode::Ok),
        );
        assert_eq!(guard.with_known(|known| known.left.clone()), Some(("SC".to_owned(), 1)));
        assert!(matches!(guard.try_pin("p", &plain, Some(3)), Leave::Refuse(_)), "it has failed");
    });
}

#[test]
fn the_count_is_that_of_what_is_tried() {
    with_folder(|folder| {
        let line = |text: &str| Line { bytes: text.as_bytes().to_vec() };
        let told = [line("+QPINC: \"SC\",3,1"), line("+QPINC: \"P2\",1,10"), line("+CPINR: SIM PUK,1,10")];
        for (tried, asked, left, refusal) in [
            (
                "AT+CPIN=\"11111111\",\"2222\"",
                "AT+QPINC=\"SC\"",
                1,
                "the PUK is not tried: the SIM 8988 has one try left of its PUK",
            ),
            (
                "AT+CPIN2=\"1111\"",
                "AT+QPINC=\"P2\"",
                1,
                "the PIN2 is not tried: the SIM 8988 has one try left of its PIN2",
            ),
            (
                "AT+CLCK=\"FD\",1,\"1111\"",
                "AT+QPINC=\"P2\"",
                1,
                "the PIN2 is not tried: the SIM 8988 has one try left of its PIN2",
            ),
            (
                "AT+CPWD=\"P2\",\"1111\",\"2222\"",
                "AT+QPINC=\"P2\"",
                1,
                "the PIN2 is not tried: the SIM 8988 has one try left of its PIN2",
            ),
            ("AT+CPIN=1111", "AT+QPINC=\"SC\"", 3, ""),
            ("AT^SLCK=\"SC\",0,\"1111\"", "AT+QPINC=\"SC\"", 3, ""),
        ] {
            let attempt = PinAttempt::of(tried).unwrap();
            let module = crate::catalogue::module_by_model("BG96");
            let (first, index) = tries_told(&attempt.opens, module)[0];
            let known = tries_in(&told, first, index);
            assert_eq!((first, known), (asked, Some(left)), "{tried}");
            let leave = guard(&folder.join(tried.len().to_string()), &[]).try_pin("8988", &attempt, known);
            match leave {
                Leave::Send => assert_eq!(refusal, "", "{tried}"),
                Leave::Refuse(refused) => assert_eq!(refused.message, refusal, "{tried}"),
                Leave::Wait(_) => panic!("{tried} waits"),
            }
        }
        // A line that is of another PIN tells nothing of this one; one that names none is of all.
        assert_eq!(tries_in(&told[..1], "AT+QPINC=\"P2\"", 1), None);
        assert_eq!(tries_in(&[line("#PCT: 2")], "AT#PCT", 0), Some(2));
        assert_eq!(tries_in(&told, "AT+CPINR=\"SIM PUK\"", 1), Some(1));
    });
}

#[test]
fn a_sim_looks_for_a_network_four_times_an_hour() {
    with_folder(|folder| {
        let (off, on) = (stakes("AT+CFUN=4"), stakes("AT+CFUN=1"));
        let done = Some(ResultCode::Ok);
        for _ in 0..SEARCHES {
            // Each in a run of its own; off and on is one.
            let guard = guard(folder, &[]);
            assert_eq!(guard.search("p", off), Leave::Send);
            guard.after("AT+CFUN=1", on, &[], done.as_ref());
        }
        let fifth = guard(folder, &[]);
        for line in ["AT+CFUN=4", "AT+CFUN=1,1", "AT+COPS=0"] {
            let Leave::Refuse(refusal) = fifth.search("p", stakes(line)) else { panic!("{line} is sent") };
            assert_eq!(refusal.code, "hayes::run::network-guard");
        }
        assert_eq!(fifth.search("another", off), Leave::Send);
        assert_eq!(guard(folder, &[LiftedGuard::Network]).search("p", off), Leave::Send);
        // An hour later.
        fifth.change(|book, _| book.sim("p").searches.iter_mut().for_each(|time| *time -= HOUR_MILLIS));
        assert_eq!(guard(folder, &[]).search("p", off), Leave::Send);
    });
}

#[test]
fn a_site_has_its_share() {
    with_folder(|folder| {
        let guard = guard(folder, &[]);
        let waits = |sim: usize| match guard.search(&sim.to_string(), stakes("AT+COPS=0")) {
            Leave::Send => 0,
            Leave::Wait(time) => time.as_secs(),
            Leave::Refuse(refusal) => panic!("{refusal:?}"),
        };
        assert!((0..SITE_SEARCHES).all(|sim| waits(sim) == 0));
        let waited: Vec<u64> = (100..103).map(waits).collect();
        assert!(waited.iter().all(|time| (55..=65).contains(time)), "{waited:?}");
    });
}

#[test]
fn the_modems_of_a_limit_have_their_share_and_no_more() {
    with_folder(|folder| {
        let limit = |most, longest| AttachLimit {
            name: "acme".to_owned(),
            most,
            period: Duration::from_secs(600),
            longest_wait: Duration::from_secs(longest),
        };
        let port = |number: usize| format!("tcp://m:700{number}");
        let guard = |number: usize, most: usize, longest: u64| {
            let limits = (0..4).map(|number| (port(number), vec![limit(most, longest)])).collect();
            let guard = Guard::new(Ledger::new(Some(folder.to_owned())), &[]).within(limits);
            guard.at(&Address::parse(&port(number)).unwrap()).unwrap()
        };
        let leave = |number: usize, most: usize, longest: u64| match guard(number, most, longest)
            .search(&port(number), stakes("AT+COPS=0"))
        {
            Leave::Send => "sent".to_owned(),
            Leave::Wait(time) => format!("waits {} min", time.as_secs().div_ceil(60)),
            Leave::Refuse(refusal) => refusal.message.split(": the next").next().unwrap().to_owned(),
        };
        assert_eq!(guard(0, 2, 0).room(&limit(2, 0)), 2);
        assert_eq!([leave(0, 2, 0), leave(1, 2, 0)], ["sent", "sent"]);
        assert_eq!(guard(0, 2, 0).room(&limit(2, 0)), 0);
        assert_eq!(leave(7, 2, 0), "sent", "a port that is in no limit");
        assert_eq!(leave(2, 2, 60), "of acme this gateway may attach 2 times within 10min");
        // What waits is promised its time; who comes next waits behind it.
        assert_eq!(leave(2, 2, 700), "waits 10 min");
        assert_eq!(leave(3, 2, 700), "waits 10 min");
        assert_eq!(leave(0, 2, 700), "of acme this gateway may attach 2 times within 10min");
        assert_eq!(leave(0, 0, 700), "of acme this gateway may attach 0 times within 10min");
        guard(0, 2, 0).change(|book, _| book.attaches("acme", Duration::from_secs(6000), 0).clear());
        assert_eq!(leave(0, 2, 0), "sent");
    });
}
