//! The tree of whole scripts. What parses: `tests/scripts/forms.md`; errors and canonical forms: `tests/cases/`.

mod generate;

use proptest::prelude::*;

use hayes::diagnostic::Diagnostic;
use hayes::source::Source;
use hayes::syntax::ast::*;
use hayes::syntax::{Chunk, format, parse, parse_chunk, tokens};

use crate::tables;

fn parsed(text: &str) -> Script {
    let (script, diagnostics) = parse(&Source::new("test.hayes", text));
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    script
}

fn errors(text: &str) -> Vec<Diagnostic> {
    parse(&Source::new("test.hayes", text)).1
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

fn clauses_under(statement: &Statement) -> usize {
    if let StatementKind::Exchange(exchange) = &statement.kind {
        exchange.clauses.len()
    } else if let StatementKind::Await(awaited) = &statement.kind {
        awaited.clauses.len()
    } else if let StatementKind::Try { body, .. } = &statement.kind {
        clauses_under(&body.statements[0])
    } else {
        panic!("{statement:?}")
    }
}

#[test]
fn clauses_belong_to_the_question_above() {
    let script = parsed(
        "AT\n# comment\n\n  expect OK\n  capture x\nAT+CSQ\nawait RDY\n capture y\ntry {\n ATI\n  capture z\n}\n",
    );
    let counts: Vec<usize> = script.body.statements.iter().map(clauses_under).collect();
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

fn formatted(text: &str) -> String {
    format(&Source::new("test.hayes", text)).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
}

#[test]
fn line_ends_become_those_of_the_file() {
    assert_eq!(formatted("log \"\"\"a\r\nb\"\"\"\r\n"), "log \"\"\"a\nb\"\"\"\n");
    assert_eq!([formatted(""), formatted("\n\n")], ["", ""]);
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

    #[test]
    fn means_the_same_and_is_its_own_form(script in generate::script()) {
        let before = Source::new("script.hayes", script.as_str());
        let once = format(&before);
        prop_assert!(once.is_ok(), "{script}\n{:?}", once);
        let after = Source::new("script.hayes", once.unwrap());
        prop_assert_eq!(generate::tree(&before), generate::tree(&after), "{}", after.text);
        prop_assert_eq!(&format(&after).unwrap(), &after.text, "{}", script);
    }

    #[test]
    fn a_text_of_any_words_is_refused_or_keeps_its_meaning(script in generate::soup()) {
        let before = Source::new("script.hayes", script);
        if let Ok(once) = format(&before) {
            let after = Source::new("script.hayes", once);
            prop_assert_eq!(generate::tree(&before), generate::tree(&after), "{}", after.text);
            prop_assert_eq!(&format(&after).unwrap(), &after.text);
        }
    }

    #[test]
    fn tokens_are_in_order_and_leave_out_white_space_only(text in generate::soup()) {
        let mut end = 0;
        for token in tokens(&text) {
            let (from, to) = (token.span.start as usize, token.span.end as usize);
            prop_assert!(end <= from && from < to);
            prop_assert_eq!(text[end..from].trim(), "");
            end = to;
        }
        prop_assert_eq!(text[end..].trim(), "");
    }
}

#[test]
fn a_line_is_coloured_by_the_grammar_or_by_its_pieces() {
    tables::hold(include_str!("../src/syntax/highlight.md"), &mut |_, line| {
        let text = line.replace('⏎', "\n");
        let slice = |span: hayes::source::Span| &text[span.start as usize..span.end as usize];
        let shown: Vec<_> = tokens(&text).iter().map(|it| format!("{:?} {}", it.kind, slice(it.span))).collect();
        shown.join(" · ").replace('\n', "⏎")
    });
}
