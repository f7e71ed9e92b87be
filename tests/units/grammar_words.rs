use super::*;

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
