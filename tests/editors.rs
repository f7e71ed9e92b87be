//! What stands in `editors/` knows the words of the grammar, all of them and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Words that are no keywords of the grammar: signs in words, values, and names that are always there.
const BESIDE_KEYWORDS: [&str; 12] =
    ["and", "or", "true", "false", "off", "response", "result", "elapsed", "attempt", "error", "module", "prompt"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words of the rules `kw_…`
fn keywords() -> BTreeSet<String> {
    let grammar = read("grammar/hayes.pest");
    let rules = grammar.lines().filter(|line| line.starts_with("kw_"));
    rules.map(|rule| rule.split('"').nth(1).unwrap().to_owned()).collect()
}

fn hold(what: &str, written: BTreeSet<String>) {
    let keywords = keywords();
    let missing: Vec<_> = keywords.difference(&written).collect();
    assert!(missing.is_empty(), "{what} lacks {missing:?}");
    let beside = |word: &&String| !BESIDE_KEYWORDS.contains(&word.as_str());
    let foreign: Vec<_> = written.difference(&keywords).filter(beside).collect();
    assert!(foreign.is_empty(), "{what} has {foreign:?}, which are no keywords of the grammar");
}

#[test]
fn vim_knows_the_words_of_the_grammar() {
    let syntax = read("editors/vim/syntax/hayes.vim");
    let lists = syntax.lines().filter(|line| line.starts_with("syntax keyword hayes") && !line.contains(" contained"));
    let words = lists.flat_map(|list| list.split_whitespace().skip(3)).map(str::to_owned).collect();
    hold("editors/vim/syntax/hayes.vim", words);
}

#[test]
fn vscode_knows_the_words_of_the_grammar() {
    let grammar: serde_json::Value =
        serde_json::from_str(&read("editors/vscode/syntaxes/hayes.tmLanguage.json")).unwrap();
    let patterns = grammar["repository"]["words"]["patterns"].as_array().unwrap();
    let lists = patterns.iter().filter(|pattern| {
        let name = pattern["name"].as_str().unwrap();
        name.starts_with("keyword.control") || name.starts_with("keyword.other")
    });
    let words = lists.flat_map(|list| {
        let list = list["match"].as_str().unwrap();
        let words = list.split_once("(?:").unwrap().1.split_once(')').unwrap().0;
        words.split('|').map(str::to_owned).collect::<Vec<_>>()
    });
    hold("editors/vscode/syntaxes/hayes.tmLanguage.json", words.collect());
}
