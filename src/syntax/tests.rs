//! The tree of whole scripts. What parses stands in `tests/scripts/forms.md`, errors and canonical forms in `tests/cases/`.

use proptest::prelude::*;

use super::ast::*;
use super::*;

fn parsed(text: &str) -> Script {
    let (script, diagnostics) = parse(&Source::new("test.hayes", text));
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    script
}

fn errors(text: &str) -> Vec<Diagnostic> {
    parse(&Source::new("test.hayes", text)).1
}

fn codes(text: &str) -> Vec<&'static str> {
    errors(text).iter().map(|diagnostic| diagnostic.code.trim_start_matches("hayes::syntax::")).collect()
}

#[test]
fn texts_are_what_they_say() {
    for (text, said) in [
        (r#""a\r\n\t\"\\\x1A\u{2713}$${""#, "a\r\n\t\"\\\u{1a}✓${"),
        (r"'\d\'", r"\d\"),
        ("\"\"\"\n a\r\nb\\n\n\"\"\"", " a\nb\n\n"),
    ] {
        let script = parsed(&format!("log {text}"));
        let StatementKind::Log { text } = &script.body.statements[0].kind else { panic!("{script:?}") };
        assert_eq!(text.parts, [TemplatePart::Text(said.into())]);
    }
}

#[test]
fn an_at_word_is_taken_as_it_stands() {
    let script = parsed("AT+X=\"a b\",${y},\\r$${z},#$ # comment");
    let StatementKind::Exchange(exchange) = &script.body.statements[0].kind else { panic!() };
    assert_eq!(script.source.slice(exchange.send.span), "AT+X=\"a b\",${y},\\r$${z},#$");
    let [TemplatePart::Text(before), TemplatePart::Value(value), TemplatePart::Text(after)] =
        &exchange.send.text.parts[..]
    else {
        panic!("{exchange:?}")
    };
    assert_eq!((before.as_str(), after.as_str()), ("AT+X=\"a b\",", ",\\r${z},#$"));
    assert_eq!(value.kind, ExpressionKind::Variable("y".into()));
}

#[test]
fn clauses_belong_to_the_question_above() {
    let script = parsed(
        "AT\n# comment\n\n  expect OK\n  capture x\nAT+CSQ\nawait RDY\n capture y\ntry {\n ATI\n  capture z\n}\n",
    );
    let counts: Vec<usize> = script
        .body
        .statements
        .iter()
        .map(|statement| match &statement.kind {
            StatementKind::Exchange(exchange) => exchange.clauses.len(),
            StatementKind::Await(awaited) => awaited.clauses.len(),
            StatementKind::Try { body, .. } => match &body.statements[0].kind {
                StatementKind::Exchange(exchange) => exchange.clauses.len(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [2, 0, 1, 1]);
}

#[test]
fn a_branch_has_its_conditions_and_its_else() {
    let script = parsed("if a {\n} else if b {\nstop\n} else if c {\n} else {\nskip \"x\"\n}");
    let StatementKind::If { branches, otherwise } = &script.body.statements[0].kind else { panic!() };
    let conditions: Vec<_> = branches.iter().map(|(condition, _)| script.source.slice(condition.span)).collect();
    assert_eq!(conditions, ["a", "b", "c"]);
    assert_eq!(script.source.slice(branches[1].1.span), "\nstop\n");
    assert_eq!(script.source.slice(otherwise.as_ref().unwrap().span), "\nskip \"x\"\n");
    assert_eq!(script.source.slice(script.body.statements[0].span), "if a {");
}

#[test]
fn a_regex_keeps_its_text_and_place() {
    let script = parsed("AT\n expect /a\\/b\\d/i");
    let StatementKind::Exchange(exchange) = &script.body.statements[0].kind else { panic!() };
    let ClauseKind::Expect(patterns) = &exchange.clauses[0].kind else { panic!() };
    let PatternKind::Regex { text, ignore_case, inner } = &patterns[0].kind else { panic!() };
    assert_eq!((text.as_str(), *ignore_case, script.source.slice(*inner)), (r"a/b\d", true, r"a\/b\d"));
    assert_eq!(script.source.slice(patterns[0].span), r"/a\/b\d/i");
}

#[test]
fn allowances_speak_of_the_next_line_of_code() {
    let script = parsed("# allow a::b-c: why not\n# more\n\n  AT&F # x\n# allow d: e\n}".trim_end_matches('}'));
    assert_eq!(script.allowances.len(), 1);
    let allowance = &script.allowances[0];
    assert_eq!((allowance.code.value.as_str(), allowance.why.as_str()), ("a::b-c", "why not"));
    assert_eq!(script.source.slice(allowance.line), "AT&F");
    assert_eq!(script.source.slice(allowance.code.span), "a::b-c");
    assert!(errors("# allow me to explain\n# allowed: no\nAT").is_empty());
}

#[test]
fn the_summary_is_the_comment_at_the_top() {
    assert_eq!(parsed("#!/usr/bin/hayes\n# a\n#\n#  b\n\n# c\nAT").summary, ["a", "", " b"]);
    assert_eq!(parsed("\u{feff}# a\r\nAT").summary, ["a"]);
    assert!(parsed("AT\n# a").summary.is_empty());
}

// ── What the interactive mode asks

#[test]
fn a_chunk_is_complete_open_or_wrong() {
    let chunk = |text: &str| match parse_chunk(&Source::new("", text)) {
        Chunk::Complete(script) => format!("{} statements", script.body.statements.len()),
        Chunk::Incomplete => String::from("open"),
        Chunk::Wrong(errors) => errors[0].code.to_owned(),
    };
    assert_eq!(chunk(""), "0 statements");
    assert_eq!(chunk("AT\nexpect OK"), "1 statements");
    assert_eq!(chunk("retry 3 {"), "open");
    assert_eq!(chunk("retry 3 {\n if x {\n }"), "open");
    assert_eq!(chunk("try {\n} else {"), "open");
    assert_eq!(chunk("retry 3 {\nAT\n}"), "1 statements");
    assert_eq!(chunk("log \"\"\"a\nb"), "open");
    assert_eq!(chunk("try {\nlog \"\"\"a\nb"), "open");
    assert_eq!(chunk("log \"\"\"a\nb\"\"\""), "1 statements");
    assert_eq!(chunk("retry 3 {\nexpct"), "hayes::syntax::unknown-statement");
    assert_eq!(chunk("}"), "hayes::syntax::unmatched-brace");
    assert_eq!(chunk("if x"), "hayes::syntax::missing-brace");
}

// ── Hostile input

/// Runs on a stack as small as a modem's thread has.
fn on_a_small_stack(test: impl FnOnce() + std::marker::Send + 'static) {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(test).unwrap().join().unwrap();
}

#[test]
fn blocks_are_bounded() {
    on_a_small_stack(|| {
        let nested = |depth: usize| format!("{}{}", "try {\n".repeat(depth), "}\n".repeat(depth));
        drop(parsed(&nested(256)));
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
        parsed(&group(60));
        for depth in [64, 100, 1_000, 30_000] {
            assert_eq!(codes(&group(depth)), ["too-deep"], "{depth}");
        }
        parsed(&format!("set x = 1{}", " + 1".repeat(60)));
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
    parsed(&long(64 * 1024));
    assert_eq!(codes(&long(64 * 1024 + 1)), ["line-too-long"]);
    assert_eq!(codes(&format!("{}\nexpct\n", "x".repeat(1_000_000))), ["line-too-long", "unknown-statement"]);
}

/// A line of blanks, of quotes, of signs: 10 kB take a tenth of a second where nothing is optimised. With a grammar that
/// is quadratic in blanks they take ten. The thread's own time counts, as the machine may be busy with something else.
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
    let pieces = " ¦\t¦ \"¦\"¦'¦/¦ /¦#¦ # ¦\\¦${¦$¦{¦}¦\u{a0}¦,¦a ¦\"a\" or ";
    for piece in pieces.split('¦') {
        for start in ["", "AT+X=\"", "log \"", "expect ", "set x = "] {
            let line = format!("{start}{}", piece.repeat(10_000 / piece.len()));
            assert!(is_quick(&line), "{start:?} and {piece:?}");
        }
    }
    for piece in ["\"\"\"\\", "log \"\"\"\n\\\"\"\"", "expct\n", "}\n", "# allow\n"] {
        assert!(is_quick(&piece.repeat(1_000)), "{piece:?}");
    }
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
    parsed("log \"a\tb\"\nAT+X=\"a\tb\"");
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text gives errors in order, one a line at most, each with a place inside of the text and a help.
    #[test]
    fn errors_are_in_order_and_in_place(text in prop_oneof![generate::soup(), ".{0,60}", "[ -~\n]{0,80}"]) {
        let source = Source::new("", text);
        let mut line = 0;
        for error in parse(&source).1 {
            let span = error.span().unwrap();
            prop_assert!(source.text.get(span.start as usize..span.end as usize).is_some(), "{error:?}");
            prop_assert!(error.help.is_some(), "{error:?}");
            prop_assert!(error.code != "hayes::syntax::misunderstood", "{error:?}");
            let this = source.position(span.start as usize).line;
            prop_assert!(line < this, "{error:?}");
            line = this;
        }
    }
}
