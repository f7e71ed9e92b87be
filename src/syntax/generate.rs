//! Scripts made up for property tests: valid ones in every spelling, and soups of the language's words.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::parse;
use crate::source::Source;

/// What a script means: its tree without places.
pub(super) fn tree(source: &Arc<Source>) -> String {
    let (script, diagnostics) = parse(source);
    assert!(diagnostics.is_empty(), "{}\n{diagnostics:#?}", source.text);
    let tree = format!("{:#?} {} {:?} {:?}", script.body, script.patterns, script.allowances, script.summary);
    regex::Regex::new(r"Span \{[^}]*\}").unwrap().replace_all(&tree, "…").into_owned()
}

/// A script that parses, with white space, blank lines and comments wherever they may stand.
pub(super) fn script() -> impl Strategy<Value = String> {
    (block(), select(vec!["\n", "\r\n"])).prop_map(|(lines, end)| lines.join(end))
}

/// Words of the language in any order.
pub(super) fn soup() -> impl Strategy<Value = String> {
    let words = [
        "AT AT+CSQ at send raw expect capture prompt reply cancel then ctrl-z await quiet ensure answers else retry for",
        "every up to try if in finally unsafe assert set param secret run with as report abort on log sleep port dtr",
        "within or and not matches nothing all x y _ 1 5s - + == = , : ? . ( ) [ ] { } ${ $${ \" ' \"\"\" \"a\" 'b' / /a/i",
        "\\ \\n # é \u{0} int {{ }} {x:int} if\tx\t{\n }\n }\telse\t{\n \n \n \r\n \t \t \t",
    ];
    let mut words: Vec<String> = words.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
    words.extend([" ", " ", " ", " ", " ", "# allow a::b: c"].map(str::to_owned));
    prop::collection::vec(select(words), 0..40).prop_map(|words| words.concat())
}

/// White space that may stand there.
fn blank() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", " ", " ", "  ", "\t"])
}

/// White space that must stand there.
fn space() -> impl Strategy<Value = &'static str> {
    select(vec![" ", " ", "  ", "\t", " \t "])
}

fn one_of(texts: &[&str]) -> impl Strategy<Value = String> + use<> {
    select(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>())
}

fn name() -> impl Strategy<Value = String> {
    one_of(&["x", "imei", "a_1", "_b", "report", "port", "text", "len", "order", "within_5", "AT"])
}

fn string() -> impl Strategy<Value = String> {
    one_of(&[
        r#""""#,
        r#""a  b""#,
        r##""# no comment""##,
        r#""${x}""#,
        r#""${ a.b[ 0 ] }y""#,
        r#""\r\n\t\"\\\x1A\u{2713}""#,
        r#""$${ $ $$ é""#,
        r#""{}""#,
        r#""it's""#,
        r"''",
        r#"'say "x"'"#,
        r"'\d ${x} $${'",
        r"'${upper('a')}'",
        "\"\"\"one line\"\"\"",
        "\"\"\"\n  two \n\n\n\"lines\" ${x}\n\"\"\"",
        "\"\"\"# }\n{\"\"\"",
    ])
}

fn value() -> impl Strategy<Value = String> {
    let literal = one_of(&["0", "42", "9223372036854775807", "5s", "500ms", "2min", "1h", "true", "false", "[]"]);
    prop_oneof![name(), literal, string()]
}

fn expression() -> impl Strategy<Value = String> {
    value().prop_recursive(4, 24, 3, |inner| {
        let group = (inner.clone(), blank(), blank())
            .prop_map(|(inner, before, after)| format!("({before}{inner}{after})"))
            .boxed();
        prop_oneof![
            (group.clone(), space(), one_of(&["and", "or", "in", "not in", "not \t in"]), space(), group.clone())
                .prop_map(|(left, before, operator, after, right)| format!("{left}{before}{operator}{after}{right}")),
            (group.clone(), blank(), one_of(&["+", "-", "*", "/", "%", ".."]), blank(), value())
                .prop_map(|(left, before, sign, after, right)| format!("{left}{before}{sign}{after}{right}")),
            (value(), blank(), one_of(&["+", "*", "-", "==", "!=", "<", "<=", ">", ">="]), blank(), value())
                .prop_map(|(left, before, sign, after, right)| format!("{left}{before}{sign}{after}{right}")),
            (one_of(&["-", "- ", "not ", "not", "not not ", "not -", "--"]), group)
                .prop_map(|(sign, operand)| format!("{sign}{operand}")),
            (
                name(),
                one_of(&["matches ", "not matches ", "matches\t", "not  matches"]),
                one_of(&["/^BG9[56]/", "/a b/i", r"/a\/b/", "'x {} y'", "\"{name} {{ {n:int?}\""])
            )
                .prop_map(|(name, matches, pattern)| format!("{name} {matches}{pattern}")),
            (one_of(&["len", "int", "text", "dbm", "upper"]), blank(), inner.clone(), blank())
                .prop_map(|(function, before, argument, after)| format!("{function}({before}{argument}{after})")),
            (name(), inner.clone(), name(), blank())
                .prop_map(|(list, index, member, blank)| format!("{list}[{blank}{index}{blank}].{member}")),
            (prop::collection::vec(inner, 0..4), blank(), blank()).prop_map(|(items, before, after)| format!(
                "[{before}{}{after}]",
                items.join(&format!("{after},{before}"))
            )),
        ]
    })
}

fn at_word() -> impl Strategy<Value = String> {
    one_of(&[
        "AT",
        "at+csq",
        "AT+COPS=?",
        r#"AT+CGDCONT=1,"IP","${apn}""#,
        "AT#SGACT=1,1",
        r##"AT+CMGS="#1 # text""##,
        "ATD*99***1#",
        "AT$QCRMCALL=1,1",
        "AT+X=$${y}",
        r#"AT+X=${ upper("a}") },1"#,
        r"AT\Q3",
        r#"AT+X={1};+Y="a b""#,
    ])
}

fn pattern() -> impl Strategy<Value = String> {
    one_of(&[
        "OK",
        "+CREG:",
        "+CREG:1,5",
        "CONNECT",
        "\"+CME ERROR: 10\"",
        "'+X: \"a\"'",
        "/a b/i",
        "\"{} {_} ${x}{{\"",
        "/#/",
    ])
}

fn alternatives() -> impl Strategy<Value = String> {
    (prop::collection::vec(pattern(), 1..4), space())
        .prop_map(|(patterns, space)| patterns.join(&format!("{space}or ")))
}

fn fields() -> impl Strategy<Value = String> {
    let field = one_of(&["_", "imei", "rssi:int", "lac: hex?", "name?", "t:text"]);
    (prop::collection::vec(field, 1..4), blank()).prop_map(|(fields, blank)| fields.join(&format!("{blank},{blank}")))
}

fn within() -> impl Strategy<Value = String> {
    one_of(&["", "", " within 30s", "\twithin  wait * 2"])
}

fn clause() -> impl Strategy<Value = String> {
    prop_oneof![
        (space(), alternatives()).prop_map(|(space, patterns)| format!("expect{space}{patterns}")),
        (space(), fields()).prop_map(|(space, fields)| format!("capture{space}{fields}")),
        (space(), fields(), name()).prop_map(|(space, fields, name)| format!("capture all{space}{fields} as {name}")),
        (expression(), one_of(&["", " then cr", "  then  ctrl-z", " then nothing"]))
            .prop_map(|(text, end)| format!("prompt \">\"  reply {text}{end}")),
        one_of(&[
            "prompt cancel",
            "expect nothing  within 2s",
            "when OK{ stop}",
            "else  {AT+CSQ }",
            "capture  \"+X: {a},{b:int}\" or /(?<c>x)/"
        ]),
    ]
}

fn statement() -> impl Strategy<Value = String> {
    prop_oneof![
        (name(), blank(), expression()).prop_map(|(name, blank, value)| format!("set {name}{blank}={blank}{value}")),
        (space(), expression(), blank())
            .prop_map(|(space, condition, blank)| format!("assert{space}{condition}{blank},{blank}\"why\"")),
        (one_of(&["fail", "skip", "log", "confirm"]), space(), string())
            .prop_map(|(statement, space, text)| format!("{statement}{space}{text}")),
        (name(), blank(), expression(), space()).prop_map(|(name, blank, default, space)| {
            format!("param {name}:int{blank}={blank}({default}){space}'what it is'")
        }),
        (name(), blank(), expression(), space()).prop_map(|(name, blank, value, space)| {
            format!("run \"x\" with {name}{blank}={value}{blank},{blank}b = 1{space}as {name}")
        }),
        (name(), blank(), expression())
            .prop_map(|(name, blank, value)| format!("report {name}{blank},{blank}c={value}")),
        (space(), alternatives()).prop_map(|(space, patterns)| format!("abort{space}on {patterns} , \"why\"")),
        (at_word(), within()).prop_map(|(command, within)| format!("reboot  {command}{within}")),
        one_of(&[
            "stop",
            "break",
            "sleep  2s",
            "timeout\t10s",
            "secret pin  \"PIN\"",
            "port baud  921600",
            "port  dtr off",
            "port escape",
        ]),
    ]
}

/// A question, or an `await`, and the lines under it.
fn exchange() -> impl Strategy<Value = Vec<String>> {
    let question = prop_oneof![
        (one_of(&["", "send "]), at_word(), within())
            .prop_map(|(send, command, within)| format!("{send}{command}{within}")),
        (string(), within()).prop_map(|(text, within)| format!("send raw  {text}{within}")),
    ];
    let clauses = prop::collection::vec(prop_oneof![4 => clause(), 1 => beside()], 0..4);
    let exchange =
        (question, clauses).prop_map(|(question, clauses)| std::iter::once(question).chain(clauses).collect());
    let awaited = (alternatives(), within(), fields())
        .prop_map(|(patterns, within, fields)| vec![format!("await {patterns}{within}"), format!("capture {fields}")]);
    prop_oneof![exchange, awaited]
}

/// A comment, a blank line.
fn beside() -> impl Strategy<Value = String> {
    one_of(&["", " ", "# a comment", "#", "\t# indented \t", "# allow hayes::check::danger: on the bench"])
}

fn block() -> impl Strategy<Value = Vec<String>> {
    let lines = prop_oneof![statement().prop_map(|line| vec![line]), exchange(), beside().prop_map(|line| vec![line])];
    let lines = (lines, one_of(&["", "", "", "  ", " # why", "\t#"])).prop_map(|(mut lines, comment)| {
        if let Some(last) = lines.last_mut().filter(|last| !last.trim().is_empty() && !last.trim().starts_with('#')) {
            last.push_str(&comment);
        }
        lines
    });
    let lines = prop::collection::vec(lines, 0..6).prop_map(|lines| lines.concat());
    lines.prop_recursive(4, 16, 3, |inner| {
        (opener(), inner.clone(), inner.clone(), blank(), any::<bool>(), inner).prop_map(
            |((opener, with_else), body, other, blank, has_else, after)| {
                let mut lines = vec![format!("{blank}{opener}{blank}{{")];
                lines.extend(body);
                if has_else && with_else {
                    lines.push(format!("{blank}}}{blank}else{blank}{{"));
                    lines.extend(other);
                }
                lines.push(format!("{blank}}}"));
                lines.extend(after);
                lines
            },
        )
    })
}

/// A line that opens a block, without its brace, and whether it can have an `else`.
fn opener() -> impl Strategy<Value = (String, bool)> {
    let with_else = prop_oneof![
        (space(), expression()).prop_map(|(space, condition)| format!("if{space}{condition}")),
        one_of(&["retry 3", "retry  n  every 5s", "retry for 1min every 1s up to 5s", "try"]),
    ];
    let without = prop_oneof![
        (space(), expression()).prop_map(|(space, list)| format!("for{space}x in {list}")),
        (at_word(), alternatives())
            .prop_map(|(command, patterns)| format!("ensure {command}  answers {patterns} else")),
        one_of(&["finally", "unsafe  \"why\"", "repeat  n every 5s", "repeat for 1min"]),
    ];
    prop_oneof![with_else.prop_map(|opener| (opener, true)), without.prop_map(|opener| (opener, false))]
}
