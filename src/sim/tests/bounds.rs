//! Whatever comes, it neither panics nor grows.

use std::time::Duration;

use proptest::prelude::*;

use crate::port::Device;
use crate::sim::{Options, Simulator, fault_help, models};

/// Pieces that lead somewhere, and noise.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let names: Vec<String> = models()
        .flat_map(|model| {
            let mut modem = Simulator::new(model.name, Options::default()).unwrap();
            let mut out = Vec::new();
            modem.receive(b"ATE0\rAT+CLAC\r", Duration::ZERO);
            modem.advance(Duration::ZERO, &mut out);
            String::from_utf8(out).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let command = (
        proptest::sample::select(names),
        proptest::sample::select(vec![
            "",
            "?",
            "=?",
            "=",
            "=1",
            "=1,1",
            "=\"SC\",2",
            "=0,\"x\"",
            "=\"2936\"",
            "=23",
            ";",
        ]),
        proptest::sample::select(vec!["\r", "\r\n", ";", ""]),
    );
    let piece = prop_oneof![
        4 => command.prop_map(|(name, form, end)| format!("{name}{form}{end}").into_bytes()),
        2 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => proptest::sample::select(vec![&b"\x1A"[..], b"\x1B", b"+++", b"A/", b"ATD*99#\r", b"ATS3=1\r", b"AT&F\r"])
            .prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(proptest::sample::select(vec![b'A', b'T', b'+', b'"', b',', b'=', b'1', b'\r']), 0..60),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn address() -> impl Strategy<Value = (String, String)> {
    let faults: Vec<String> = fault_help()
        .map(|[name, arguments, _]| {
            let arguments = arguments.replace(['[', ']'], "").replace(":WHICH", "");
            name.to_owned() + &arguments.replace(":D", ":1s").replace(":N", ":3").replace(":CODE", ":30")
        })
        .collect();
    let models: Vec<&str> = models().map(|model| model.name).collect();
    (proptest::sample::select(models), proptest::sample::subsequence(faults, 0..4), any::<u32>()).prop_map(
        |(model, faults, seed)| (model.to_owned(), format!("seed={seed}&sms=hello&fault={}", faults.join(","))),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes((model, options) in address(), input in input(), piece in 1_usize..50) {
        let mut modem = Simulator::new(&model, Options::parse(&options).unwrap()).unwrap();
        let mut now = Duration::ZERO;
        let mut out = Vec::new();
        for bytes in input.chunks(piece) {
            modem.receive(bytes, now);
            for _ in 0..5 {
                modem.advance(now, &mut out);
                if let Some(next) = modem.next() {
                    prop_assert!(next >= Duration::ZERO);
                    now = now.max(next);
                }
            }
            // No answer is longer than the list of all commands, by far.
            prop_assert!(out.len() < 256 * 1024, "{} bytes", out.len());
            out.clear();
        }
    }

    #[test]
    fn a_cut_changes_nothing(input in input(), piece in 1_usize..20) {
        let run = |piece: usize| {
            let mut modem = Simulator::new("generic", Options::parse("signal=17").unwrap()).unwrap();
            let mut out = Vec::new();
            for bytes in input.chunks(piece) {
                modem.receive(bytes, Duration::ZERO);
                modem.advance(Duration::ZERO, &mut out);
            }
            out
        };
        prop_assert_eq!(run(1), run(piece));
    }
}

#[test]
fn a_computer_that_only_writes() {
    let mut modem = Simulator::new("bg96", Options::default()).unwrap();
    for _ in 0..2_000 {
        modem.receive(&b"AT+CLAC\rATI\r".repeat(50), Duration::ZERO);
        assert!(modem.room() <= 8 * 1024);
    }
    let mut out = Vec::new();
    let mut total = 0;
    while modem.next().is_some_and(|next| next.is_zero()) {
        modem.advance(Duration::ZERO, &mut out);
        assert!(out.len() < 64 * 1024, "{}", out.len());
        total += out.len();
        out.clear();
    }
    assert!(total < 4 * 1024 * 1024, "{total}");
}

#[test]
fn time_that_jumps_far_or_back() {
    let mut modem = Simulator::new("generic", Options::default()).unwrap();
    let mut out = Vec::new();
    modem.advance(Duration::from_secs(1_000_000_000), &mut out);
    modem.receive(b"AT+CCLK?\r", Duration::ZERO);
    modem.advance(Duration::MAX, &mut out);
    modem.receive(b"AT+CCLK?;+COPS=?\r", Duration::MAX);
    modem.advance(Duration::MAX, &mut out);
    assert!(String::from_utf8(out).unwrap().contains("+CCLK: "));
}

/// Ten thousand modems fit into one process: 32 KiB each at the most.
#[cfg(target_os = "linux")]
#[test]
fn a_modem_is_small() {
    let resident = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let before = resident();
    let mut out = Vec::new();
    // So many that what other tests take at the same time is little beside them.
    let modems: Vec<Simulator> = (0..5_000)
        .map(|seed| {
            let mut modem = Simulator::new("bg96", Options::parse(&format!("seed={seed}")).unwrap()).unwrap();
            modem.receive(b"ATE0\rAT+CLAC\rAT+CMEE=2;+CREG=2;+CMGF=1;+CNMI=2,1\r", Duration::ZERO);
            modem.advance(Duration::from_secs(10), &mut out);
            out.clear();
            modem
        })
        .collect();
    let each = resident().saturating_sub(before) / modems.len();
    assert!(each < 32 * 1024, "{each} bytes");
}
