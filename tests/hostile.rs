//! Input that nobody would write: what is nested without end, very long, no text at all. Nothing breaks, and the time
//! grows with the text.

use std::fmt::Write;

use hayes::check::{Checked, check};
use hayes::diagnostic::{Diagnostic, Severity};
use hayes::library::Library;
use hayes::source::Source;
use hayes::syntax::{format, parse, tokens};

fn errors(text: &str) -> Vec<Diagnostic> {
    parse(&Source::new("test.hayes", text)).1
}

fn codes(text: &str) -> Vec<&'static str> {
    errors(text).iter().map(|diagnostic| diagnostic.code.trim_start_matches("hayes::syntax::")).collect()
}

fn checked(text: &str) -> Checked {
    check(&Source::new("test.hayes", text), &Library::default())
}

/// Runs on a stack as small as a modem's thread has.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(test).unwrap().join().unwrap();
}

#[test]
fn blocks_are_bounded() {
    on_a_small_stack(|| {
        let nested = |depth: usize| format!("{}{}", "try {\n".repeat(depth), "}\n".repeat(depth));
        assert_eq!(errors(&nested(256)), []);
        assert_eq!(codes(&nested(257)), ["too-deep"]);
        assert_eq!(codes(&nested(20_000)), ["too-deep"]);
        assert_eq!(codes(&"try {\n".repeat(20_000)), ["unclosed-block", "too-deep"]);
        assert_eq!(codes(&"} else {\n".repeat(20_000)), ["unmatched-brace", "unclosed-block"]);
        assert_eq!(codes(&"}\n".repeat(2_000)).len(), 2_000);
        let inner = format!("{}AT\n{}", "if a {\n".repeat(300), "} else {\nATI\n}\n".repeat(300));
        assert_eq!(codes(&inner), ["too-deep"]);
    });
}

#[test]
fn expressions_are_bounded() {
    on_a_small_stack(|| {
        let group = |depth: usize| format!("set x = {}1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(errors(&group(60)), []);
        for depth in [64, 100, 1_000, 30_000] {
            assert_eq!(codes(&group(depth)), ["too-deep"], "{depth}");
        }
        assert_eq!(errors(&format!("set x = 1{}", " + 1".repeat(60))), []);
        assert_eq!(codes(&format!("set x = 1{}", " + 1".repeat(10_000))), ["too-deep"]);
        assert_eq!(codes(&format!("set x = a{}", ".b".repeat(10_000))), ["too-deep"]);
        assert_eq!(codes(&format!("set x = a{}", "[0]".repeat(10_000))), ["too-deep"]);
        assert_eq!(codes(&format!("set x = {}1", "not ".repeat(10_000))), ["too-deep"]);
        assert_eq!(codes(&format!("set x = {}1", "-".repeat(60_000))), ["too-deep"]);
        assert_eq!(codes(&format!("set x = {}{}", "[".repeat(20_000), "]".repeat(20_000))), ["too-deep"]);
        assert_eq!(codes(&format!("set x = {}1{}", "len(".repeat(10_000), ")".repeat(10_000))), ["too-deep"]);
        // An expression in a text in an expression in a text …
        let texts = format!("set x = {}1{}", "\"${".repeat(10_000), "}\"".repeat(10_000));
        assert_eq!(codes(&texts), ["too-deep"]);
        let texts = format!("set x = {}1{}", "a.b.c.d[\"${".repeat(40), "}\"]".repeat(40));
        assert_eq!(codes(&texts), ["too-deep"]);
        // What is not closed must fail no slower.
        for open in ["(", "[", "len(", "a[", "\"${", "'${", "not (", "a matches \"${", "AT+X=${\"${"] {
            assert_eq!(codes(&format!("set x = {}", open.repeat(5_000))).len(), 1, "{open}");
        }
    });
}

#[test]
fn a_line_is_bounded() {
    let long = |length: usize| format!("AT+X={}", "1".repeat(length - 5));
    assert_eq!(errors(&long(64 * 1024)), []);
    assert_eq!(codes(&long(64 * 1024 + 1)), ["line-too-long"]);
    assert_eq!(codes(&format!("{}\nexpct\n", "x".repeat(1_000_000))), ["line-too-long", "unknown-statement"]);
}

/// A line of blanks, of quotes, of signs: 10 kB take a tenth of a second where nothing is optimised. With a grammar
/// that is quadratic in blanks they take ten. The thread's own time counts, as the machine may be busy with something
/// else.
#[cfg(unix)]
#[test]
fn no_line_is_quadratic() {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let is_quick = |text: &str| {
        let start = now();
        errors(text);
        now() - start < std::time::Duration::from_secs(1)
    };
    let pieces = " ¦\t¦ \"¦\"¦'¦/¦ /¦#¦ # ¦\\¦${¦$¦{¦}¦\u{a0}¦,¦a ¦\"a\" or ¦ //¦ ; ¦; AT ¦-- ¦// a ¦AT ; a ";
    for piece in pieces.split('¦') {
        for start in ["", "AT+X=\"", "log \"", "expect ", "set x = "] {
            let line = format!("{start}{}", piece.repeat(10_000 / piece.len()));
            assert!(is_quick(&line), "{start:?} and {piece:?}");
        }
    }
    for piece in ["\"\"\"\\", "log \"\"\"\n\\\"\"\"", "expct\n", "}\n", "# allow\n", "/* x\n", "AT /* x\n", "<!-- x\n"]
    {
        assert!(is_quick(&piece.repeat(1_000)), "{piece:?}");
    }
}

/// Four times the text takes about four times as long, and no `break` copies all that the others left.
#[cfg(unix)]
#[test]
fn no_script_is_quadratic() {
    let time = |(before, piece, behind): (&str, &str, &str), times: usize| {
        let pieces: String = (0..times).map(|number| piece.replace('#', &number.to_string())).collect();
        let text = format!("{before}{pieces}{behind}");
        let start = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        assert!(checked(&text).program.is_some(), "{piece:?}");
        let taken = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime) - start;
        taken.tv_sec as f64 + taken.tv_nsec as f64 / 1e9
    };
    for script in [
        ("", "AT+CSQ\n  capture a#:int, b#\n", ""),
        ("", "AT+CSQ\n  capture a#:int\ncheck a# > 10\n", ""),
        ("", "AT+CSQ\n  when \"+CSQ: {a#:int},{}\" {\n    log \"x\"\n  }\n", ""),
        ("retry 3 every 1s {\n", "AT+CSQ\n  capture a#:int\nif a# == 10 {\n  break\n}\n", "}\n"),
    ] {
        let (one, four) = (time(script, 1_500), time(script, 6_000));
        assert!(four < one * 9.0, "{script:?}: {one} s, and {four} s");
    }
}

/// What a `break` among very many leaves behind may be anything, and is no fault.
#[test]
fn names_behind_a_loop_of_many_breaks_have_a_value() {
    let pass = |number: usize| format!("AT+CSQ\n  capture a{number}:int\nif a{number} == 10 {{\n  break\n}}\n");
    let passes: String = (0..300).map(pass).collect();
    let found = checked(&format!("retry 3 every 1s {{\n{passes}}}\nlog \"${{a7}} ${{a299}}\"\n"));
    assert!(found.program.is_some(), "{:?}", found.diagnostics);
}

#[test]
fn control_characters_are_refused() {
    for text in
        ["log \"a\u{1b}b\"", "AT+X=\"a\u{0}\"", "AT+X=\u{1a}", "expect a\u{7f}", "log 'a\rb'", "set\u{b}x = 1", "\u{0}"]
    {
        let errors = errors(&format!("AT\n{text}"));
        assert_eq!(errors.len(), 1, "{text:?}");
        assert_eq!(errors[0].code, "hayes::syntax::control-character", "{text:?}");
    }
    assert_eq!(errors("log \"a\tb\"\nAT+X=\"a\tb\""), []);
}

/// Not a script at all.
#[test]
fn random_bytes_are_refused() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = vec![0; 300_000];
    for byte in &mut bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = (state >> 32) as u8;
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    on_a_small_stack(move || {
        let errors = errors(&text);
        assert!(errors.len() > 100);
        assert!(format(&Source::new("", text.as_str())).is_err());
        assert!(!tokens(&text).is_empty());
    });
}

/// What is wrong with a text takes memory: behind ten thousand faults it is read no further.
#[test]
fn faults_are_bounded() {
    assert_eq!(codes(&"}\n".repeat(10_000)).len(), 10_000, "all of them");
    let text = "}\n".repeat(12_000);
    let found = checked(&text).diagnostics;
    let errors = found.iter().filter(|fault| fault.severity == Severity::Error).count();
    assert_eq!((errors, found.len(), found[0].code), (10_000, 10_001, "hayes::syntax::too-many"));
    assert_eq!(found[0].message, "the text is not read from line 10001 on: 10000 faults stand before it");
}

#[test]
fn nothing_breaks_on_nested_or_endless_input() {
    assert!(checked(&"try {\n".repeat(20_000)).program.is_none());
    let mut branches = String::from("if true {\n  set a0 = 1\n");
    for number in 1..3_000 {
        writeln!(branches, "}} else if a{} == {number} {{\n  set a{number} = 1", number - 1).unwrap();
    }
    branches.push('}');
    checked(&branches);
    // Each takes minutes where the time grows with the square of the text.
    let lines: [fn(usize) -> String; 8] = [
        |n| format!("set a{n} = b{n}\n"),
        |n| format!("set a{n} = {n}\nlog \"${{a{n}}}\"\n"),
        |n| format!("# allow hayes::check::dangr{n}: why\nset a = c{n}\n"),
        |n| format!("AT+CGACT=1,{n}\nAT+CGDCONT=1,\"IP\",\"super\"\nif true {{\n  AT\n}}\n"),
        |_| "AT+COPS=?\n  expect OK\n".to_owned(),
        |n| format!("AT+ABCDEFGH{n}\n"),
        |n| format!("set a{n} = 1\nfinally {{\n}}\n"),
        |n| format!("AT+CMGS=\"1\"\nset a = b{n}\n{}", if n < 90 { "set b\n" } else { "" }),
    ];
    for line in lines {
        checked(&(0..5_000).map(line).collect::<String>());
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked_without_harm(
        text in "(AT\\+CGDCONT=|at|;AT|[é☎ ]{0,30}\"|retry 3 \\{\n|\\}\n|[ -~\n]|\\$\\{[a-z]{1,3}\\}|send \"|\\\\x1A|\n  capture |\n  expect /|\n){0,60}",
    ) {
        for diagnostic in checked(&text).diagnostics {
            for label in &diagnostic.labels {
                let span = label.span;
                proptest::prop_assert!(span.start <= span.end && span.end as usize <= diagnostic.source.text.len());
                let there = diagnostic.source.text.get(span.start as usize..span.end as usize);
                proptest::prop_assert!(there.is_some(), "{}: {span:?}", diagnostic.code);
            }
        }
    }
}
