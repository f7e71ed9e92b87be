//! Tests of `src/syntax/words.rs` from within: what is private there.

use super::*;
use crate::syntax::ast::{Convert, PromptEnd};
use crate::value::{Value, module};

#[test]
fn the_table_holds_the_words_of_the_grammar() {
    let grammar = include_str!("../../grammar/hayes.pest");
    let in_quotes = |text: &'static str| text.split('"').skip(1).step_by(2);
    let rules = grammar.lines().filter_map(|line| line.strip_prefix("kw_")?.split_once(" = "));
    let there: Vec<_> = rules.map(|(name, rule)| (format!("kw_{name}"), in_quotes(rule).next().unwrap())).collect();
    let rule = |word: &str| Rule::all_rules().iter().find(|rule| keyword(**rule) == Some(word)).unwrap();
    let known: Vec<_> = KEYWORDS.iter().map(|word| (format!("{:?}", rule(word)), *word)).collect();
    assert_eq!(known, there);
    // The statements are those that the rule `statement` holds: `kw_await` for `await_line`.
    let (_, statement) = grammar.split_once("\nstatement = _{").unwrap();
    let rules = statement.split_once('}').unwrap().0.split([' ', '(', ')', '\n']);
    let mut words: Vec<_> = rules
        .filter_map(|rule| rule.strip_suffix("_line"))
        .filter(|word| !matches!(*word, "at" | "else" | "capture_from"))
        .collect();
    words.sort_unstable();
    words.dedup();
    assert!(statements().iter().map(|statement| statement.word).eq(words));
    let (_, reserved) = grammar.split_once("\nreserved = @{").unwrap();
    assert!(in_quotes(reserved.split_once('}').unwrap().0).eq(RESERVED.iter().copied()));
}

/// The table says what each field of the module's record is, and of a setting's, in their order; and of no other.
#[test]
fn each_field_of_the_module_is_told() {
    let Value::Record(module) = module::example() else { panic!("no record") };
    let Some(Value::List(settings)) = module.get("roaming") else { panic!("no settings") };
    let Value::Record(setting) = &settings[0] else { panic!("no setting") };
    for (name, record) in [("module", &module), ("setting", setting)] {
        assert!(record.iter().map(|(name, _)| name).eq(fields_of(name).map(|(name, _)| name)), "{name}");
    }
}

/// A word behind another is one of the language, and so is that other.
#[test]
fn each_word_behind_another_is_one_of_the_grammar() {
    let types = Convert::WORDS.map(|(word, _)| word);
    let ends = PromptEnd::WORDS.map(|(word, _)| word);
    for (key, _) in rows(BEHIND).filter(|(key, _)| !key.contains('.')) {
        let is_known = match key.split_once(' ') {
            Some((before, word)) => is_keyword(before) && (is_keyword(word) || ends.contains(&word)),
            None => key.strip_prefix(':').is_some_and(|word| types.contains(&word)),
        };
        assert!(is_known, "{key}");
    }
}

#[test]
fn what_is_told_of_rules_is_told_of_those_of_the_grammar() {
    let known: Vec<String> = Rule::all_rules().iter().map(|rule| format!("{rule:?}")).collect();
    for word in notation::rows(include_str!("../../src/syntax/rules.md")).flat_map(|(rules, _)| rules.split(' ')) {
        assert!(word == "EOI" || known.iter().any(|rule| rule == word), "{word}");
    }
}
