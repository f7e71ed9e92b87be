//! What is wrong at the place where the grammar stopped.

use super::super::error::Fault;
use super::super::grammar::Rule;
use super::super::lexemes::{Lexeme, LexemeKind};
use super::super::words;
use super::{Found, Refused};

impl Refused<'_> {
    /// The fault at the place; always finds one.
    pub(super) fn place(&self) -> Found {
        let Some(found) = self.found() else { return self.line_end() };
        self.character()
            .or_else(|| self.behind_opening_brace(found))
            .or_else(|| self.behind_command(found))
            .or_else(|| self.number(found))
            .or_else(|| self.operator(found))
            .or_else(|| self.keyword(found))
            .or_else(|| self.name(found))
            .or_else(|| self.kind_word(found))
            .or_else(|| self.pattern(found))
            .or_else(|| self.quotes(found))
            .unwrap_or_else(|| self.unexpected(found))
    }

    /// The line ended too early.
    fn line_end(&self) -> Found {
        let end = self.lexemes.last().map_or(self.line.len(), Lexeme::end);
        let statement = self.statement().to_owned();
        let fault = if self.expects(&[Rule::brace_open]) {
            Fault::MissingBrace { statement }
        } else if self.expects(&[Rule::kw_else]) {
            Fault::EnsureWithoutElse
        } else if self.expects(PATTERNS) && statement != "capture" {
            Fault::MissingPattern { statement: self.pattern_statement() }
        } else if self.before().is_some_and(|before| before.is("nothing")) && statement == "expect" {
            Fault::NothingWithoutTime
        } else {
            let found = String::from("the end of the line");
            Fault::Unexpected { found, expected: self.expected_words(), statement }
        };
        Found { fault, start: end, end }
    }

    /// A character that cannot be seen, or that looks like another.
    fn character(&self) -> Option<Found> {
        let character = self.line.get(self.at..)?.chars().next()?;
        let fault = match odd_character(character) {
            Some(fault) => fault,
            None if !character.is_ascii() && self.behind_at_text() => Fault::ForeignCharacterInCommand { character },
            None => return None,
        };
        Some(Found { fault, start: self.at, end: self.at + character.len_utf8() })
    }

    /// The grammar stopped in the middle of an AT word.
    fn behind_at_text(&self) -> bool {
        self.before().is_some_and(|before| before.kind == LexemeKind::At && before.end() == self.at)
    }

    fn behind_opening_brace(&self, found: Lexeme<'_>) -> Option<Found> {
        if found.is(";") {
            // White space before it: more commands of the line follow.
            let behind_command = self.before().is_some_and(|before| before.kind == LexemeKind::At);
            let ends_the_line = self.lexemes.last().is_some_and(|last| last.start == found.start);
            return (!behind_command || ends_the_line).then(|| Found::at(found, Fault::Semicolon));
        }
        if found.is("{") && self.expects(&[Rule::kw_else]) {
            return Some(Found::at(found, Fault::EnsureWithoutElse));
        }
        let block = words::BLOCKS.contains(&self.statement()) || self.statement().is_empty();
        if !block || !self.before()?.is("{") {
            return None;
        }
        let end = self.lexemes.last()?.end();
        Some(Found { fault: Fault::BlockOnOneLine, start: found.start, end })
    }

    /// White space ended an AT command, and more follows.
    fn behind_command(&self, found: Lexeme<'_>) -> Option<Found> {
        let command = self.before().filter(|before| before.kind == LexemeKind::At)?;
        let compares = found.text.starts_with("==") || found.text.starts_with("!=");
        let a_pattern_without_answers =
            self.expects(&[Rule::kw_answers]) && (found.kind != LexemeKind::Sign || compares);
        let known_word = self.misspelt(found).is_some() || self.run_on_keyword(found).is_some();
        if found.is("{") || known_word || a_pattern_without_answers || self.in_value() {
            return None;
        }
        if self.line.get(found.start..)?.starts_with("//") {
            return Some(Found { fault: Fault::SlashComment, start: found.start, end: found.start + 2 });
        }
        let end = self.lexemes.last()?.end();
        if let Some(clause) = ["expect", "capture", "prompt"].into_iter().find(|clause| found.is(clause)) {
            return Some(Found { fault: Fault::ClauseBesideCommand { clause }, start: found.start, end });
        }
        let rest = self.line.get(found.start..end)?;
        let continues = rest.starts_with(['=', ',', '"', '?', ';', '+', '<']) || found.kind == LexemeKind::Number;
        let joined = || format!("{}{}", command.text, without_white_space(rest)).replace(";AT", ";");
        let command = continues.then(joined);
        Some(Found { fault: Fault::SpaceInCommand { command }, start: found.start, end })
    }

    fn number(&self, found: Lexeme<'_>) -> Option<Found> {
        let before = self.before();
        if found.kind == LexemeKind::Number && found.start < self.at {
            let number = self.line.get(found.start..self.at)?.to_owned();
            let unit = self.line.get(self.at..found.end())?.to_owned();
            if self.expects(NAMES) && !self.expects(&[Rule::unit]) {
                return None;
            }
            if number == "0" && unit.starts_with(['x', 'X']) {
                let value = unit.get(1..).and_then(|digits| i64::from_str_radix(digits, 16).ok());
                return Some(Found::at(found, Fault::HexNumber { number: found.text.to_owned(), value }));
            }
            let meant = words::unit_meant(&unit);
            return Some(Found::at(found, Fault::UnknownUnit { number, unit, meant }));
        }
        if found.kind == LexemeKind::Number && before.is_some_and(|before| before.is(".")) {
            let whole = self.lexemes.iter().copied().find(|lexeme| lexeme.end() + 1 == found.start)?;
            if whole.kind != LexemeKind::Number {
                return None;
            }
            let number = format!("{}.{}", whole.text, found.text);
            let instead = in_milliseconds(&number);
            return Some(Found { fault: Fault::Fraction { number, instead }, start: whole.start, end: found.end() });
        }
        if found.kind == LexemeKind::Word
            && let Some(before) = before.filter(|before| before.kind == LexemeKind::Number)
            && let Some(unit) = words::unit_meant(found.text)
        {
            let (number, unit) = (before.text.to_owned(), unit.to_owned());
            return Some(Found::at(found, Fault::SpaceBeforeUnit { number, unit }));
        }
        None
    }

    fn operator(&self, found: Lexeme<'_>) -> Option<Found> {
        let rest = self.line.get(self.at..)?;
        let operator_may_follow = self.expects(&[Rule::operator]);
        if operator_may_follow
            && let Some(function) =
                self.before().filter(|before| crate::value::functions::function(before.text).is_some())
            && matches!(found.kind, LexemeKind::Word | LexemeKind::String | LexemeKind::Number)
            && !words::KEYWORDS.contains(&found.text)
        {
            let call = format!("{}({})", function.text, found.text);
            return Some(Found::at(found, Fault::CallWithoutParentheses { call }));
        }
        let before_value = self.expects(VALUES) && found.text.starts_with('!');
        if !operator_may_follow && !before_value {
            return None;
        }
        if let Some((foreign, instead)) = words::foreign_operator(rest) {
            let fault = Fault::ForeignOperator { operator: foreign.to_owned(), instead };
            return Some(Found { fault, start: self.at, end: self.at + foreign.len() });
        }
        if !operator_may_follow || !found.is("=") {
            return None;
        }
        let column = self.before().filter(|before| {
            self.statement() == "report" && matches!(before.kind, LexemeKind::String | LexemeKind::Number)
        });
        Some(match column {
            Some(column) => Found::at(column, Fault::BadName { name: column.text.to_owned() }),
            None => Found::at(found, Fault::AssignmentInExpression),
        })
    }

    /// A word in the place of another.
    fn keyword(&self, found: Lexeme<'_>) -> Option<Found> {
        if found.is("within") && super::begins_a_clause(&self.lexemes) {
            return Some(Found { fault: Fault::WithinOnClause, start: found.start, end: self.lexemes.last()?.end() });
        }
        let word = found.text.to_owned();
        if let Some(before) = self.run_on_keyword(found) {
            let after = word.get(before.len()..)?.to_owned();
            return Some(Found::at(found, Fault::SpaceMissing { before, after }));
        }
        let meant = self.misspelt(found)?;
        Some(Found::at(found, Fault::MisspeltWord { word, meant }))
    }

    /// The keyword of `within30s`.
    fn run_on_keyword(&self, found: Lexeme<'_>) -> Option<&'static str> {
        self.expected_keywords().find(|keyword| {
            let behind = found.text.strip_prefix(keyword);
            behind.is_some_and(|behind| behind.starts_with(|first: char| first.is_ascii_digit()))
        })
    }

    /// The keyword that was meant.
    fn misspelt(&self, found: Lexeme<'_>) -> Option<&'static str> {
        if found.kind != LexemeKind::Word || found.start != self.at {
            return None;
        }
        words::nearest(found.text, self.expected_keywords()).filter(|meant| *meant != found.text)
    }

    fn name(&self, found: Lexeme<'_>) -> Option<Found> {
        let statement = self.statement();
        if self.expects(&[Rule::equals]) && found.is("-") && self.before()?.end() == found.start {
            return Some(self.bad_name(self.before()?.start));
        }
        if self.expects(&[Rule::equals]) && statement == "set" && !found.is("==") {
            let (name, value) = (self.before()?.text, self.line.get(found.start..self.lexemes.last()?.end())?);
            let value = value.trim_start_matches([':', '=', ' ']);
            return Some(Found::at(found, Fault::MissingEquals { assignment: format!("{name} = {value}") }));
        }
        if !self.expects(NAMES) {
            return None;
        }
        if words::RESERVED.contains(&found.text) {
            return Some(Found::at(found, Fault::ReservedName { word: found.text.to_owned() }));
        }
        let looks_like_a_name = found.text.starts_with(|first: char| first.is_alphanumeric());
        (looks_like_a_name && !self.expects(VALUES)).then(|| self.bad_name(found.start))
    }

    fn bad_name(&self, start: usize) -> Found {
        let name = self.line.get(start..).unwrap_or("").split([' ', '\t', '=', ',', ':', '{', '.', '(']).next();
        let name = name.unwrap_or("").to_owned();
        let end = start + name.len();
        Found { fault: Fault::BadName { name }, start, end }
    }

    /// A word that must be one of a few.
    fn kind_word(&self, found: Lexeme<'_>) -> Option<Found> {
        let word = self.line.get(self.at..)?.split([' ', '\t', ',', '?', '=', '"', '}']).next()?.to_owned();
        let end = self.at + word.len();
        if self.expects(&[Rule::convert]) && !word.is_empty() {
            return Some(Found { fault: Fault::UnknownType { word }, start: self.at, end });
        }
        if self.expects(&[Rule::prompt_end]) {
            let word = self.line.get(found.start..self.lexemes.last()?.end())?.to_owned();
            let end = found.start + word.len();
            return Some(Found { fault: Fault::UnknownPromptEnd { word }, start: found.start, end });
        }
        None
    }

    fn pattern(&self, found: Lexeme<'_>) -> Option<Found> {
        if let Some(unquoted) = self.pattern_with_white_space() {
            return Some(unquoted);
        }
        if found.text.starts_with("\"\"\"") || self.line.get(self.at.checked_sub(2)?..)?.starts_with("\"\"\"") {
            let start = self.line.get(..=self.at)?.rfind("\"\"\"").unwrap_or(found.start);
            return Some(Found { fault: Fault::TripleAsPattern, start, end: found.end().max(start + 3) });
        }
        if self.before()?.is("matches") && found.kind == LexemeKind::Word {
            let word = found.text.to_owned();
            return Some(Found::at(found, Fault::BareWordAfterMatches { word }));
        }
        None
    }

    /// `expect +CREG: 0,1`: white space ends a pattern without quotes.
    fn pattern_with_white_space(&self) -> Option<Found> {
        let statement = self.pattern_statement();
        if !matches!(statement.as_str(), "expect" | "await" | "abort on") {
            return None;
        }
        let before = self.line.get(..self.at)?.trim_end();
        let start = before.rfind([' ', '\t']).map_or(0, |at| at + 1);
        if !before.ends_with(':') || before.len() == self.at || before.get(start..)?.starts_with(['"', '/']) {
            return None;
        }
        let text = self.line.get(start..self.lexemes.last()?.end())?.split(" within ").next()?.trim_end();
        let fault = Fault::TextWithoutQuotes { statement, text: text.to_owned() };
        Some(Found { fault, start, end: start + text.len() })
    }

    /// A text that lacks its quotes.
    fn quotes(&self, found: Lexeme<'_>) -> Option<Found> {
        if !self.expects(TEXTS) || self.expects(VALUES) || self.expects(PATTERNS) {
            return None;
        }
        let statement = self.statement();
        if !words::TEXT_STATEMENTS.contains(&statement) {
            return None;
        }
        let end = self.lexemes.iter().rev().find(|lexeme| !lexeme.is("{")).map_or(found.end(), Lexeme::end);
        let mut text = self.line.get(found.start..end)?;
        if statement == "run" {
            text = text.split([' ', '\t']).next()?;
        }
        let fault = Fault::TextWithoutQuotes { statement: statement.to_owned(), text: text.to_owned() };
        Some(Found { fault, start: found.start, end: found.start + text.len() })
    }

    fn unexpected(&self, found: Lexeme<'_>) -> Found {
        let text: String = found.text.chars().take(40).collect();
        let (found_text, statement) = (format!("`{text}`"), self.statement().to_owned());
        let fault = Fault::Unexpected { found: found_text, expected: self.expected_words(), statement };
        Found::at(found, fault)
    }

    /// The words before a pattern: `expect`, `abort on`, `answers`.
    fn pattern_statement(&self) -> String {
        match self.statement() {
            "abort" => String::from("abort on"),
            "ensure" => String::from("answers"),
            "if" | "assert" => String::from("matches"),
            statement => statement.to_owned(),
        }
    }
}

const PATTERNS: &[Rule] = &[
    Rule::pattern,
    Rule::quoted_pattern,
    Rule::alternatives,
    Rule::quoted_alternatives,
    Rule::bare_word,
    Rule::regex,
    Rule::pattern_double,
];
const VALUES: &[Rule] = &[Rule::expression, Rule::value, Rule::variable, Rule::column];
const NAMES: &[Rule] = &[
    Rule::name,
    Rule::field,
    Rule::fields,
    Rule::argument,
    Rule::arguments,
    Rule::declaration,
    Rule::skip_mark,
    Rule::column,
];
const TEXTS: &[Rule] = &[Rule::string, Rule::triple, Rule::double, Rule::single, Rule::quote, Rule::apostrophe];

/// What is wrong with a character that no script holds outside of texts.
pub(super) fn odd_character(character: char) -> Option<Fault> {
    match character {
        '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’' | '‚' | '‛' | '″' | '′' => {
            Some(Fault::SmartQuote { quote: character })
        }
        '\u{a0}'
        | '\u{ad}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{2064}'
        | '\u{3000}'
        | '\u{feff}' => Some(Fault::InvisibleCharacter { character }),
        control if control.is_ascii_control() => {
            Some(Fault::ControlCharacter { byte: u8::try_from(control).unwrap_or(0) })
        }
        _ => None,
    }
}

/// `1.5s` → `1500ms`
fn in_milliseconds(number: &str) -> Option<String> {
    let digits_end = number.find(|character: char| character.is_ascii_alphabetic())?;
    let (digits, unit) = number.split_at_checked(digits_end)?;
    let factor = match words::unit_meant(unit)? {
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    let milliseconds = digits.parse::<f64>().ok()? * factor;
    let whole = milliseconds.fract() == 0.0 && milliseconds < 1e12;
    whole.then(|| {
        if milliseconds % 1_000.0 == 0.0 { format!("{}s", milliseconds / 1_000.0) } else { format!("{milliseconds}ms") }
    })
}

/// The text as an AT command has it: white space in double quotes only.
fn without_white_space(text: &str) -> String {
    let mut quoted = false;
    text.chars()
        .filter(|character| {
            quoted ^= *character == '"';
            quoted || !character.is_whitespace()
        })
        .collect()
}
