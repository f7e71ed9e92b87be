//! Scripts made up for property tests: valid ones in every spelling, and soups of the language's words.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use hayes::source::Source;
use hayes::syntax::parse;

/// What a script is made of: a rule a line, its forms between `¦`, the simplest first. `«rule»` is one of that rule's
/// forms; `→` is a tab, `⏎` a line end, `␠` a space.
const RULES: &str = include_str!("../data/generate.txt");

/// What a script means: its tree without places.
pub(super) fn tree(source: &Arc<Source>) -> String {
    let (script, diagnostics) = parse(source);
    assert!(diagnostics.is_empty(), "{}\n{diagnostics:#?}", source.text);
    let tree = format!("{:#?} {} {:?} {:?}", script.body, script.patterns, script.allowances, script.summary);
    regex::Regex::new(r"Span \{[^}]*\}").unwrap().replace_all(&tree, "…").into_owned()
}

/// A script that parses, with white space, blank lines and comments wherever they may stand.
pub(super) fn script() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(any::<u16>(), 0..250)
        .prop_map(|choices| grown("script", &mut choices.into_iter()).replace('→', "\t").replace('␠', " "));
    (lines, select(vec!["\n", "\r\n"])).prop_map(|(lines, end)| lines.replace('⏎', end))
}

/// One of a rule's forms: the next choice tells which, and the first where there is none any more.
fn grown(rule: &str, choices: &mut impl Iterator<Item = u16>) -> String {
    let lines = RULES.lines().filter_map(|line| line.split_once(' ')).filter(|(name, _)| *name == rule);
    let forms: Vec<&str> = lines.flat_map(|(_, forms)| forms.split('¦')).collect();
    let form = forms[usize::from(choices.next().unwrap_or(0)) % forms.len()];
    let pieces = form.split(['«', '»']).enumerate();
    pieces.map(|(number, piece)| if number % 2 == 0 { piece.to_owned() } else { grown(piece, choices) }).collect()
}

pub(super) fn soup() -> impl Strategy<Value = String> {
    let words = [
        "AT AT+CSQ at send raw expect capture prompt reply cancel then ctrl-z await quiet ensure answers else retry for",
        "every up to try if in finally unsafe assert check set param secret run with as report abort on log sleep port dtr",
        "within or and not matches nothing all x y _ 1 5s - + == = , : ? . ( ) [ ] { } ${ $${ \" ' \"\"\" \"a\" 'b' / /a/i",
        "\\ \\n # é \u{0} int {{ }} {x:int} if\tx\t{\n }\n }\telse\t{\n \n \n \r\n \t \t \t",
    ];
    let mut words: Vec<String> = words.iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
    words.extend([" ", " ", " ", " ", " ", "# allow a::b: c"].map(str::to_owned));
    prop::collection::vec(select(words), 0..40).prop_map(|words| words.concat())
}
