//! What the grammar expected, in people's words.

use super::super::grammar::Rule;
use super::super::words;
use super::Refused;

impl Refused<'_> {
    /// What could have stood there: `` `every` or `{` ``.
    pub(super) fn expected_words(&self) -> String {
        let mut choices: Vec<String> = Vec::new();
        for rule in &self.expected {
            let choice = match keyword(*rule) {
                Some(word) => format!("`{word}`"),
                None => match description(*rule) {
                    Some(description) => description.to_owned(),
                    None => continue,
                },
            };
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        // An operator could stand behind every value: it is told only where nothing else could.
        if choices.len() > 1 {
            choices.retain(|choice| choice != OPERATOR);
        }
        if choices.iter().any(|choice| choice == VALUE) {
            choices.retain(|choice| choice != "`not`");
        }
        if choices.is_empty() {
            return String::from("something else");
        }
        words::join(&choices, "or")
    }

    /// The keywords that could have stood there.
    pub(super) fn expected_keywords(&self) -> impl Iterator<Item = &'static str> {
        self.expected.iter().flat_map(|rule| {
            match rule {
                Rule::operator => ["and", "or", "in", "not"].as_slice(),
                Rule::switch => ["on", "off"].as_slice(),
                _ => &[],
            }
            .iter()
            .copied()
            .chain(keyword(*rule))
        })
    }
}

const OPERATOR: &str = "an operator";
const VALUE: &str = "a value";

/// The word of a keyword's rule.
fn keyword(rule: Rule) -> Option<&'static str> {
    let name = format!("{rule:?}");
    let word = name.strip_prefix("kw_")?;
    words::KEYWORDS.iter().find(|known| **known == word).copied()
}

/// What other rules stand for; `None` for what helps nobody.
fn description(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::expression
        | Rule::value
        | Rule::group
        | Rule::list
        | Rule::call
        | Rule::variable
        | Rule::integer
        | Rule::duration
        | Rule::boolean
        | Rule::not_operator
        | Rule::minus
        | Rule::function
        | Rule::column => VALUE,
        Rule::operator | Rule::matching | Rule::member | Rule::index | Rule::dot | Rule::bracket_open => OPERATOR,
        Rule::name
        | Rule::field
        | Rule::fields
        | Rule::skip_mark
        | Rule::declaration
        | Rule::argument
        | Rule::arguments => "a name",
        Rule::string
        | Rule::triple
        | Rule::double
        | Rule::single
        | Rule::about
        | Rule::quote
        | Rule::apostrophe
        | Rule::triple_quote => "a text in quotes",
        Rule::pattern
        | Rule::quoted_pattern
        | Rule::alternatives
        | Rule::quoted_alternatives
        | Rule::regex
        | Rule::pattern_double
        | Rule::pattern_single
        | Rule::bare_word => "a pattern",
        Rule::at_word | Rule::at_line => "an AT command",
        Rule::convert => "`int`, `hex` or `text`",
        Rule::prompt_end => "`ctrl-z`, `cr`, `esc` or `nothing`",
        Rule::switch => "`on` or `off`",
        Rule::brace_open => "`{`",
        Rule::comma | Rule::because => "`,`",
        Rule::colon => "`:`",
        Rule::equals => "`=`",
        Rule::parenthesis_open => "`(`",
        Rule::parenthesis_close => "`)`",
        Rule::bracket_close => "`]`",
        Rule::interpolation_close | Rule::hole_close => "`}`",
        Rule::quote_close => "`\"`",
        Rule::apostrophe_close => "`'`",
        Rule::regex_close => "`/`",
        Rule::EOI => "the end of the line",
        Rule::within => "`within`",
        Rule::retry_for => "`for`",
        Rule::port_baud
        | Rule::port_dtr
        | Rule::port_rts
        | Rule::port_break
        | Rule::port_flush
        | Rule::port_escape
        | Rule::port_line => "`baud`, `dtr`, `rts`, `break`, `flush` or `escape`",
        _ => return None,
    })
}
