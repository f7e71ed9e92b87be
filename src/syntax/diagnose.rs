//! A line that does not parse → what is wrong with it.
//!
//! What can be read in spite of a slip (an unknown unit, escape or type, a lone brace) the grammar reads, and `lower` tells
//! of it. For the rest pest tells how far it came and which rules it tried there. What a person did is told by that place
//! and by the pieces of the line around it: first the beginning of the line, then texts, then the place itself.

use std::ops::Range;
use std::sync::Arc;

use pest::error::{ErrorVariant, InputLocation};

use super::grammar::{self, Rule};
use super::lexemes::{Lexeme, LogicalLine, lexemes};
use super::{TokenKind, control_character, expression_too_deep, fault, misunderstood, nearest, reserved_name, words};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// A line that cannot be part of the tree: what is wrong with it, and what it tells about its surroundings all the same.
pub(super) struct Faulty {
    pub error: Diagnostic,
    /// The line's code: without its indentation and its comment.
    pub code: Span,
    /// The line speaks of an answer: `expect`, `capture`, `prompt`.
    pub clause: bool,
    /// The line begins with `}`.
    pub closes: bool,
    /// More blocks begin than end, behind that.
    pub opens: bool,
    /// The statement opens a block, and there is no brace.
    pub lacks_brace: bool,
    /// The line is `{` and nothing else.
    pub is_brace: bool,
}

/// What is wrong with a line: `told` where that is known, else what the grammar refused in it.
pub(super) fn faulty(source: &Arc<Source>, line: LogicalLine<'_>, told: Option<Diagnostic>) -> Faulty {
    let lexemes = code_lexemes(line.text);
    let code = code_span(line, &lexemes);
    let clause = begins_a_clause(&lexemes);
    let closes = lexemes.first().is_some_and(|first| first.is("}"));
    let rest = lexemes.get(usize::from(closes)..).unwrap_or(&[]);
    // In a statement without a block a brace is a slip, not a block.
    let word = rest.first().filter(|first| matches!(first.kind, TokenKind::Name | TokenKind::AtWord));
    let blockless = word.is_some_and(|word| {
        word.kind == TokenKind::AtWord || words::statement(word.text).is_some() && !opens_block(word.text)
    });
    let has_block = word.is_some_and(|word| opens_block(word.text) || closes && word.is("else"));
    let opening = rest.iter().filter(|lexeme| lexeme.is("{")).count();
    let closing = rest.iter().filter(|lexeme| lexeme.is("}")).count();
    Faulty {
        code,
        clause,
        closes,
        opens: !blockless && opening > closing,
        lacks_brace: has_block && opening == 0,
        is_brace: rest.len() == 1 && opening == 1 && !closes,
        error: told.unwrap_or_else(|| refused(source, line, code, lexemes)),
    }
}

/// A line's code, without its indentation and its comment.
pub(super) fn code(line: LogicalLine<'_>) -> Span {
    code_span(line, &code_lexemes(line.text))
}

fn refused(source: &Arc<Source>, line: LogicalLine<'_>, code: Span, lexemes: Vec<Lexeme<'_>>) -> Diagnostic {
    // The white space behind a line's last word is named by no rule: with it, pest tells what should have followed.
    let padded = format!("{} ", line.text);
    let (at, expected) = match grammar::parse(Rule::line, &padded).map_err(|error| (error.location, error.variant)) {
        Ok(_) => return misunderstood(source, code),
        // The grammar guards the machine's stack, on which only expressions nest.
        Err((_, ErrorVariant::CustomError { .. })) => return expression_too_deep(source, code),
        Err((InputLocation::Pos(at) | InputLocation::Span((at, _)), ErrorVariant::ParsingError { positives, .. })) => {
            (at.min(line.text.len()), positives)
        }
    };
    let refused = Refused { source, offset: line.start, line: line.text, at, expected, lexemes, of_value: false };
    refused.beginning().or_else(|| refused.inside()).unwrap_or_else(|| refused.place())
}

/// A line that the grammar refused, and where.
struct Refused<'a> {
    source: &'a Arc<Source>,
    /// Where the line begins in the source.
    offset: usize,
    /// The whole line.
    line: &'a str,
    /// How far the grammar came.
    at: usize,
    /// What it tried there.
    expected: Vec<Rule>,
    lexemes: Vec<Lexeme<'a>>,
    /// The pieces are those of a `${…}`, which the line otherwise holds in one.
    of_value: bool,
}

impl<'a> Refused<'a> {
    fn fault(
        &self,
        place: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        let span = Span::new(self.offset + place.start, self.offset + place.end);
        fault(self.source, code, span, message, label)
    }

    /// The piece that the grammar stopped at or in; `None` at the end of the line.
    fn found(&self) -> Option<Lexeme<'a>> {
        self.lexemes.iter().copied().find(|lexeme| lexeme.end() > self.at)
    }

    /// The last piece before that.
    fn before(&self) -> Option<Lexeme<'a>> {
        self.lexemes.iter().copied().rev().find(|lexeme| lexeme.end() <= self.at)
    }

    fn end(&self) -> usize {
        self.lexemes.last().map_or(self.line.len(), Lexeme::end)
    }

    /// The word that the statement begins with; behind `} else`, that of the `if`; `${` for what stands in one.
    fn statement(&self) -> &'a str {
        if self.of_value {
            return "${";
        }
        let first = self.lexemes.iter().find(|lexeme| lexeme.kind != TokenKind::Operator && !lexeme.is("else"));
        let behind_else = self.lexemes.get(1).is_some_and(|second| second.is("else"));
        match first {
            Some(first) if first.kind == TokenKind::AtWord => "AT",
            Some(first) if first.is("if") || !behind_else => first.text,
            _ if behind_else => "else",
            _ => "",
        }
    }

    fn expects(&self, rules: &[Rule]) -> bool {
        self.expected.iter().any(|rule| rules.contains(rule))
    }

    fn expects_a(&self, what: &str) -> bool {
        self.expected.iter().any(|rule| description(*rule) == Some(what))
    }

    // ── The beginning of the line: is there such a statement, is it a statement at all?

    fn beginning(&self) -> Option<Diagnostic> {
        let first = *self.lexemes.first()?;
        let second = self.lexemes.get(1).copied();
        match first.text {
            "{" if second.is_none() => {
                let message = "`{` stands at the end of the line that opens the block";
                let fault =
                    self.fault(first.range(), "hayes::syntax::brace-on-own-line", message, "on a line of its own");
                Some(fault.help("move it to the end of the line before"))
            }
            "}" => self.behind_brace(second?),
            "else" => {
                let line = self.line.get(first.start..self.end())?;
                let message = "`else` stands on the line of the `}` before it";
                let fault =
                    self.fault(first.range(), "hayes::syntax::else-on-own-line", message, "on a line of its own");
                Some(fault.help(format!("write `}} {line}` in one line")))
            }
            "/" if second.is_some_and(|second| second.is("/")) => Some(self.foreign_comment("//", first.start)),
            _ if is_statement(first) && self.at > first.start => None,
            _ if words::statement(first.text).is_some() => {
                // `log"text"`
                let after = self.line.get(first.end()..self.end())?;
                let next = after.chars().next()?;
                Some(
                    self.odd_character(next, first.end())
                        .unwrap_or_else(|| self.space_missing(first, first.text, after)),
                )
            }
            _ => Some(self.unknown(first, second)),
        }
    }

    /// `} catch {`, `} AT`; `None` for `} else`, whose fault is further on.
    fn behind_brace(&self, second: Lexeme<'_>) -> Option<Diagnostic> {
        if second.is("else") {
            return None;
        }
        if let Some(instead) = words::foreign(second.text).filter(|_| self.lexemes.last().is_some_and(|it| it.is("{")))
        {
            return Some(self.foreign_statement(second.range(), second.text, instead));
        }
        if second.is(";") {
            return Some(self.semicolon(second));
        }
        if second.kind == TokenKind::Name && nearest(second.text, ["else"].into_iter()).is_some() {
            return Some(self.misspelt_word(second, "else"));
        }
        let (code, message) = ("hayes::syntax::after-brace", "nothing but `else` follows a `}`");
        let fault = self.fault(second.start..self.end(), code, message, "expected the end of the line");
        Some(fault.help("write it on the next line"))
    }

    /// The line begins with what begins no statement.
    fn unknown(&self, first: Lexeme<'_>, second: Option<Lexeme<'_>>) -> Diagnostic {
        let whole = first.start..self.end();
        let code = self.line.get(whole.clone()).unwrap_or("");
        let sign = code.split([' ', '\t']).next().unwrap_or(code);
        let of = |word: &str| first.start..first.start + word.len();
        let comments = ["/*", "*/", "* ", ";", "--", "<!--"];
        if let Some(comment) = comments.into_iter().find(|comment| code.starts_with(comment) || code == comment.trim())
        {
            return self.foreign_comment(comment.trim(), first.start);
        }
        if let Some(meant) = command_in_wrapping(code) {
            let message = "a command stands as it is: without quotes, and its line end is sent by itself";
            let fault = self.fault(whole, "hayes::syntax::wrapped-command", message, "more than the command");
            return fault.help(format!("write `{meant}`")).mended_by(meant);
        }
        // `+++`, `A/`
        if let Some(instead) = foreign_sign(sign) {
            return self.foreign_statement(of(sign), sign, instead);
        }
        if is_answer(code) {
            let message = "this is what a modem answers, not what is said to it";
            let quote = if code.contains('"') {
                "'"
            } else if code.contains(' ') {
                "\""
            } else {
                ""
            };
            return self.fault(whole, "hayes::syntax::answer-as-statement", message, "an answer").help(format!(
                "to demand it, write `expect {quote}{code}{quote}` under the command; \
                 else delete the line or put `#` before it",
            ));
        }
        if code.starts_with(['+', '^', '%', '&', '$', '*', '\\']) {
            let message = "a command line begins with AT";
            return self
                .fault(of(sign), "hayes::syntax::command-without-at", message, "no AT before it")
                .help(format!("write `AT{sign}`"))
                .mended_by(format!("AT{sign}"));
        }
        if let Some(odd) = code.chars().next().and_then(|start| self.odd_character(start, first.start)) {
            return odd;
        }
        if first.kind != TokenKind::Name {
            return self.unknown_statement(first.text, of(first.text), None);
        }

        // The word as it was written: `ctrl-z`, `wait_for`, `At+CSQ`.
        let word = code.split([' ', '\t', '(', '=', '{', '"', ';']).next().unwrap_or(first.text);
        if let Some((at, rest)) = word.split_at_checked(2)
            && at.eq_ignore_ascii_case("at")
            && (rest.is_empty() || rest.starts_with(['+', '^', '%', '&', '$', '*', '\\', '#']))
        {
            let message = format!("`{word}` begins no statement");
            return self
                .fault(of(word), "hayes::syntax::mixed-case-command", message, "neither `AT` nor `at`")
                .help(format!("write `AT{rest}`"))
                .mended_by(format!("AT{rest}"));
        }
        if second.is_some_and(|second| second.is("=")) && is_name(word) && words::statement(word).is_none() {
            let message = "a value is given with `set`";
            return self
                .fault(of(word), "hayes::syntax::set-missing", message, "expected `set` before the name")
                .help(format!("write `set {code}`"))
                .mended_by(format!("set {word}"));
        }
        if !word.is_ascii() {
            return self.unknown_statement(word, of(word), nearest(word, statement_words()));
        }
        match words::foreign(first.text) {
            Some(instead) => self.foreign_statement(first.range(), first.text, instead),
            None => {
                let meant = nearest(first.text, statement_words());
                self.unknown_statement(first.text, first.range(), meant)
            }
        }
    }

    fn unknown_statement(&self, word: &str, place: Range<usize>, meant: Option<&str>) -> Diagnostic {
        let message = format!("`{word}` begins no statement");
        let fault = self.fault(place, "hayes::syntax::unknown-statement", message, "not known");
        let otherwise =
            "a line is an AT command, a comment, or begins with a statement such as `send`, `expect`, `set`";
        fault.did_you_mean(meant, otherwise)
    }

    fn foreign_statement(&self, place: Range<usize>, word: &str, instead: &str) -> Diagnostic {
        let message = format!("`{word}` begins no statement");
        self.fault(place, "hayes::syntax::unknown-statement", message, "not in this language").help(instead)
    }

    fn semicolon(&self, sign: Lexeme<'_>) -> Diagnostic {
        let message = "a statement ends with its line, not with `;`";
        self.fault(sign.range(), "hayes::syntax::semicolon", message, "not needed").help("delete the `;`").mended_by("")
    }

    fn foreign_comment(&self, sign: &str, start: usize) -> Diagnostic {
        let message = "a comment starts with `#`";
        let code = if sign == "//" { "hayes::syntax::slash-comment" } else { "hayes::syntax::foreign-comment" };
        let fault = self.fault(start..start + sign.len(), code, message, "no comment");
        fault.help(format!("write `#` in place of `{sign}`")).mended_by("#")
    }

    fn space_missing(&self, word: Lexeme<'_>, before: &str, after: &str) -> Diagnostic {
        let message = format!("white space stands behind `{before}`");
        let fault = self.fault(word.range(), "hayes::syntax::space-missing", message, "no white space");
        let behind = word.text.strip_prefix(before).unwrap_or_default();
        fault.help(format!("write `{before} {after}`")).mended_by(format!("{before} {behind}"))
    }

    fn misspelt_word(&self, word: Lexeme<'_>, meant: &str) -> Diagnostic {
        let message = format!("`{}` means nothing here", word.text);
        let fault = self.fault(word.range(), "hayes::syntax::misspelt", message, format!("expected `{meant}`"));
        fault.did_you_mean(Some(meant), "")
    }

    // ── Inside of texts: what is not closed

    fn inside(&self) -> Option<Diagnostic> {
        self.value().or_else(|| self.text()).or_else(|| self.regex())
    }

    /// Inside of `${…}`.
    fn value(&self) -> Option<Diagnostic> {
        let open = self.open_value()?;
        let behind = self.line.get(open..)?;
        let Some(length) = behind.find('}') else {
            let message = "this `${` is never closed";
            let fault = self.fault(open..open + 2, "hayes::syntax::unclosed-value", message, "opened here");
            return Some(fault.help("write `}` behind the expression; a `${` that stands for itself is `$${`"));
        };
        if self.expects(TEXT_ENDS) {
            return None;
        }
        let mut lexemes = lexemes(behind.get(2..=length)?);
        lexemes.iter_mut().for_each(|lexeme| lexeme.start += open + 2);
        Some(Refused { expected: self.expected.clone(), lexemes, of_value: true, ..*self }.place())
    }

    /// Between quotes: the line ends before the text.
    fn text(&self) -> Option<Diagnostic> {
        if !self.expects(TEXT_ENDS) || self.at < self.line.len() {
            return None;
        }
        let quote = if self.expects(&[Rule::apostrophe_close]) { '\'' } else { '"' };
        let start = self.opening(quote);
        if self.expects(&[Rule::at_quoted_text]) {
            let message = "this double quote is never closed";
            let fault = self.fault(start..start + 1, "hayes::syntax::unclosed-quote", message, "opened here");
            return Some(fault.help("write `\"` behind the value").mended_at(self.text_end(), "\""));
        }
        let (code, message) = ("hayes::syntax::unclosed-string", "this text is never closed");
        let fault = self.fault(start..start + 1, code, message, "opened here");
        let fault = fault.help(format!("write `{quote}` at its end; a text of several lines stands between `\"\"\"`"));
        Some(fault.mended_at(self.text_end(), quote))
    }

    /// Between slashes.
    fn regex(&self) -> Option<Diagnostic> {
        if !self.expects(&[Rule::regex_text, Rule::regex_close]) {
            return None;
        }
        let slash = self.lexemes.iter().rev().find(|lexeme| lexeme.is("/") && lexeme.start < self.at)?.start;
        if !self.line.get(slash..)?.starts_with("//") {
            let (code, message) = ("hayes::syntax::unclosed-regex", "this regex is never closed");
            let fault = self.fault(slash..slash + 1, code, message, "opened here");
            return Some(fault.help("write `/` at its end; a slash within is `\\/`").mended_at(self.text_end(), "/"));
        }
        if self.end() != slash + 2 || slash == 0 {
            return Some(self.foreign_comment("//", slash));
        }
        let message = "there is nothing between the slashes, and an empty pattern would match every line";
        let fault = self.fault(slash..slash + 2, "hayes::syntax::missing-pattern", message, "expected a regex");
        Some(fault.help("write what the line must look like: `/READY$/`; a comment starts with `#`"))
    }

    /// Where a text that nothing closes was probably meant to end: at the end of the line, before the `{` of a block.
    fn text_end(&self) -> Span {
        let line = self.line.trim_end();
        let text = line.strip_suffix('{').filter(|_| opens_block(self.statement())).unwrap_or(line).trim_end();
        Span::new(self.offset + text.len(), self.offset + text.len())
    }

    /// Where the text begins that nothing closes.
    fn opening(&self, quote: char) -> usize {
        let is_stray = |lexeme: &&Lexeme<'_>| lexeme.kind == TokenKind::Error && lexeme.text.starts_with(quote);
        match self.lexemes.iter().find(is_stray) {
            Some(stray) => stray.start,
            None => self.line.rfind(quote).unwrap_or(0),
        }
    }

    /// Where the `${` begins that is open where the grammar stopped. `$${` and `{{` stand for themselves.
    fn open_value(&self) -> Option<usize> {
        let mut open = Vec::new();
        let mut before = (' ', ' ');
        for (at, character) in self.line.get(..self.at)?.char_indices() {
            match (before, character) {
                (('$', '$'), '{') => {}
                ((_, '$'), '{') => open.push(Some(at - 1)),
                ((_, '{'), '{') | (_, '}') => drop(open.pop()),
                (_, '{') => open.push(None),
                _ => {}
            }
            before = (before.1, character);
        }
        open.pop()?
    }

    // ── The place where the grammar stopped

    /// The fault at the place; always finds one.
    fn place(&self) -> Diagnostic {
        let Some(found) = self.found() else { return self.line_end() };
        self.character()
            .or_else(|| self.behind_opening_brace(found))
            .or_else(|| self.behind_command(found))
            .or_else(|| self.number(found))
            .or_else(|| self.operator(found))
            .or_else(|| self.keyword(found))
            .or_else(|| self.name(found))
            .or_else(|| self.pattern_with_white_space())
            .or_else(|| self.quotes(found))
            .unwrap_or_else(|| {
                let text: String = found.text.chars().take(40).collect();
                self.unexpected(&format!("`{text}`"), found.range())
            })
    }

    fn unexpected(&self, found: &str, place: Range<usize>) -> Diagnostic {
        let expected = self.expected_words();
        let message = format!("expected {expected}, found {found}");
        self.with_form(self.fault(place, "hayes::syntax::unexpected", message, format!("expected {expected}")))
    }

    /// With what the statement looks like.
    fn with_form(&self, fault: Diagnostic) -> Diagnostic {
        match words::form(self.statement()) {
            Some(form) => fault.help(format!("it is written {form}")),
            None => fault,
        }
    }

    /// The line ended too early.
    fn line_end(&self) -> Diagnostic {
        let end = self.end();
        let statement = self.statement();
        if self.expects(&[Rule::brace_open]) {
            let message = format!("`{statement}` opens a block: its line ends with `{{`");
            return self
                .fault(end..end, "hayes::syntax::missing-brace", message, "expected `{` here")
                .help("write ` {` at the end of the line, and `}` on a line of its own after the block")
                .mended_at(Span::new(self.offset + end, self.offset + end), " {");
        }
        if self.expects(&[Rule::kw_else]) {
            return self.ensure_without_else(end..end);
        }
        if self.expects_a(PATTERN) && statement != "capture" {
            let message = format!("`{}` needs a pattern: what the line must look like", self.pattern_statement());
            let code = "hayes::syntax::missing-pattern";
            return self.with_form(self.fault(end..end, code, message, "expected a pattern"));
        }
        self.unexpected("the end of the line", end..end)
    }

    fn ensure_without_else(&self, place: Range<usize>) -> Diagnostic {
        let message = "the block of an `ensure` stands behind `else`";
        let fault = self.fault(place, "hayes::syntax::ensure-without-else", message, "expected `else {`");
        fault.help("write `ensure AT… answers PATTERN else {`: the block runs where the answer differs")
    }

    /// A character that cannot be seen, or that looks like another.
    fn character(&self) -> Option<Diagnostic> {
        let character = self.line.get(self.at..)?.chars().next()?;
        let in_command = self.before().is_some_and(|it| it.kind == TokenKind::AtWord && it.end() == self.at);
        self.odd_character(character, self.at).or_else(|| {
            let place = self.at..self.at + character.len_utf8();
            let message = format!("`{character}` cannot stand in an AT command outside double quotes");
            (!character.is_ascii() && in_command).then(|| {
                self.fault(place, "hayes::syntax::foreign-character", message, "not ASCII")
                    .help("put the value in double quotes")
            })
        })
    }

    /// What is wrong with a character that no script holds outside of texts.
    fn odd_character(&self, character: char, at: usize) -> Option<Diagnostic> {
        let place = at..at + character.len_utf8();
        match character {
            '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’' | '‚' | '‛' | '″' | '′' => {
                let plain = if matches!(character, '‘' | '’' | '‚' | '‛') { "'" } else { "\"" };
                let message = format!("`{character}` is a typographic quote");
                let label = "not a quote that a modem knows";
                let fault = self.fault(place, "hayes::syntax::smart-quote", message, label);
                Some(fault.help(format!("write `{plain}`")).mended_by(plain))
            }
            '\u{a0}'
            | '\u{ad}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{2064}'
            | '\u{3000}'
            | '\u{feff}' => {
                let message = format!("an invisible character (U+{:04X})", u32::from(character));
                let fault = self.fault(place, "hayes::syntax::invisible-character", message, "here");
                let instead = if character.is_whitespace() { " " } else { "" };
                Some(fault.help("delete it, or write a plain space").mended_by(instead))
            }
            control if control.is_ascii_control() => {
                let span = Span::new(self.offset + place.start, self.offset + place.end);
                Some(control_character(self.source, u8::try_from(control).unwrap_or(0), span))
            }
            _ => None,
        }
    }

    fn behind_opening_brace(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if found.is(";") {
            // White space before it: more commands of the line follow.
            let behind_command = self.before().is_some_and(|before| before.kind == TokenKind::AtWord);
            return (!behind_command || self.end() == found.end()).then(|| self.semicolon(found));
        }
        if found.is("{") && self.expects(&[Rule::kw_else]) {
            return Some(self.ensure_without_else(found.range()));
        }
        let block = opens_block(self.statement()) || self.statement().is_empty();
        if !block || !self.before()?.is("{") {
            return None;
        }
        let (code, message) = ("hayes::syntax::block-on-one-line", "the lines of a block stand on lines of their own");
        let fault = self.fault(found.start..self.end(), code, message, "expected the end of the line");
        Some(fault.help("put a line end behind `{` and one before `}`"))
    }

    /// White space ended an AT command, and more follows.
    fn behind_command(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let command = self.before().filter(|before| before.kind == TokenKind::AtWord)?;
        let compares = found.text.starts_with("==") || found.text.starts_with("!=");
        let a_pattern_without_answers =
            self.expects(&[Rule::kw_answers]) && (found.kind != TokenKind::Operator || compares);
        let known_word = self.misspelt(found).is_some() || self.run_on_keyword(found).is_some();
        if found.is("{") || known_word || a_pattern_without_answers || self.open_value().is_some() {
            return None;
        }
        let rest = self.line.get(found.start..self.end())?;
        if rest.starts_with("//") {
            return Some(self.foreign_comment("//", found.start));
        }
        let is_prose =
            |text: &str| text.starts_with(|first: char| first.is_ascii_lowercase()) && !text.starts_with("at");
        if found.is(";")
            && rest
                .get(1..)
                .is_some_and(|rest| is_prose(&rest.trim_start().to_ascii_lowercase()) && rest.trim().contains(' '))
        {
            return Some(self.foreign_comment(";", found.start));
        }
        let (code, place) = ("hayes::syntax::space-in-command", found.start..self.end());
        let label = "the command ended before this";
        if let Some(clause) = CLAUSES.into_iter().find(|clause| found.is(clause)) {
            let message = format!("`{clause}` stands under its command, not beside it");
            let fault = self.fault(place, code, message, label);
            return Some(fault.help(format!("write `{clause}` on the next line")));
        }
        let fault = self.fault(place, code, "an AT command has no white space outside double quotes", label);
        Some(if rest.starts_with(['=', ',', '"', '?', ';', '+', '<']) || found.kind == TokenKind::Number {
            let joined = format!("{}{}", command.text, without_white_space(rest)).replace(";AT", ";");
            let whole = Span::new(self.offset + command.start, self.offset + self.end());
            fault.help(format!("write `{joined}`")).mended_at(whole, joined)
        } else {
            fault.help("each command stands on a line of its own, and a comment behind `#`")
        })
    }

    /// `1.5s`, `5 s`
    fn number(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let before = self.before()?;
        if found.kind == TokenKind::Number && found.text.contains('.') {
            let unit = self.lexemes.iter().find(|next| next.start == found.end() && next.kind == TokenKind::Name);
            let place = found.start..unit.map_or(found.end(), Lexeme::end);
            let number = self.line.get(place.clone())?;
            let message = format!("`{number}` is no whole number");
            let fault = self.fault(place, "hayes::syntax::fraction", message, "a fraction");
            return Some(match in_milliseconds(number) {
                Some(instead) => fault.help(format!("write `{instead}`")).mended_by(instead),
                None => fault.help("a text such as a version stands in quotes"),
            });
        }
        if found.kind == TokenKind::Number && before.is(".") {
            let message = "a number has one point at most";
            let fault = self.fault(found.range(), "hayes::syntax::fraction", message, "a further one");
            return Some(fault.help("a text such as a version stands in quotes"));
        }
        if found.kind != TokenKind::Name || before.kind != TokenKind::Number {
            return None;
        }
        let unit = words::meant("unit", found.text)?;
        let message = "a number and its unit stand together";
        let fault = self.fault(found.range(), "hayes::syntax::space-before-unit", message, "the unit");
        let behind = Span::new(self.offset + before.end(), self.offset + found.end());
        Some(fault.help(format!("write `{}{unit}`", before.text)).mended_at(behind, unit))
    }

    fn operator(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let rest = self.line.get(self.at..)?;
        let operator_may_follow = self.expects(&[Rule::operator]);
        if operator_may_follow
            && let Some(function) = self.before().filter(|it| crate::value::functions::function(it.text).is_some())
            && matches!(found.kind, TokenKind::Name | TokenKind::String | TokenKind::Number)
            && !words::is_keyword(found.text)
        {
            let message = "a function's argument stands in parentheses";
            let code = "hayes::syntax::call-without-parentheses";
            let fault = self.fault(found.range(), code, message, "no parentheses");
            let (call, whole) = (format!("{}({})", function.text, found.text), function.start..found.end());
            let whole = Span::new(self.offset + whole.start, self.offset + whole.end);
            return Some(fault.help(format!("write `{call}`")).mended_at(whole, call));
        }
        let before_value = self.expects_a(VALUE) && found.text.starts_with('!');
        if !operator_may_follow && !before_value {
            return None;
        }
        if let Some((foreign, instead)) = words::foreign_operator(rest) {
            let (code, message) = ("hayes::syntax::foreign-operator", format!("`{foreign}` is no operator"));
            let fault = self.fault(self.at..self.at + foreign.len(), code, message, "not known");
            let is_word = instead.starts_with(|first: char| first.is_ascii_alphabetic());
            let before = is_word && self.line.get(..self.at).is_some_and(|before| !before.ends_with([' ', '(', '{']));
            let behind = is_word && rest.get(foreign.len()..).is_some_and(|behind| !behind.starts_with(' '));
            let blank = |needed| if needed { " " } else { "" };
            let padded = format!("{}{instead}{}", blank(before), blank(behind));
            return Some(fault.help(format!("write `{instead}`")).mended_by(padded));
        }
        if !operator_may_follow || !found.is("=") {
            return None;
        }
        let column = self.before().filter(|before| {
            self.statement() == "report" && matches!(before.kind, TokenKind::String | TokenKind::Number)
        });
        if let Some(column) = column {
            return Some(self.bad_name(column.text, column.start));
        }
        let message = "`=` gives a name its value; to compare, write `==`";
        let fault = self.fault(found.range(), "hayes::syntax::assignment", message, "does not compare");
        Some(fault.help("write `==`").mended_by("=="))
    }

    /// A word in the place of another.
    fn keyword(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if found.is("within") && begins_a_clause(&self.lexemes) {
            let (code, message) = ("hayes::syntax::within-on-clause", "`within` bounds a whole exchange");
            let fault = self.fault(found.start..self.end(), code, message, "belongs to the question");
            return Some(fault.help("write it behind the command: `AT+COPS=? within 3min`"));
        }
        if let Some(before) = self.run_on_keyword(found) {
            return Some(self.space_missing(found, before, found.text.get(before.len()..)?));
        }
        self.misspelt(found).map(|meant| self.misspelt_word(found, meant))
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
        if found.kind != TokenKind::Name || found.start != self.at {
            return None;
        }
        nearest(found.text, self.expected_keywords()).filter(|meant| *meant != found.text)
    }

    fn name(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if self.expects(&[Rule::equals]) && found.is("-") && self.before()?.end() == found.start {
            return Some(self.bad_name_at(self.before()?.start));
        }
        if self.expects(&[Rule::equals]) && self.statement() == "set" && !found.is("==") {
            let (name, value) = (self.before()?, self.line.get(found.start..self.end())?);
            let whole = Span::new(self.offset + name.start, self.offset + self.end());
            let name = name.text;
            let value = value.trim_start_matches([':', '=', ' ']);
            let (code, message) = ("hayes::syntax::missing-equals", "`=` stands between a name and its value");
            let fault = self.fault(found.range(), code, message, "expected `=`");
            let fault = fault.help(format!("write `set {name} = {value}`"));
            return Some(fault.mended_at(whole, format!("{name} = {value}")));
        }
        if !self.expects_a(NAME) && !self.expects(&[Rule::column]) {
            return None;
        }
        if words::RESERVED.contains(&found.text) {
            let span = Span::new(self.offset + found.start, self.offset + found.end());
            return Some(reserved_name(self.source, found.text, span));
        }
        let looks_like_a_name = found.text.starts_with(|first: char| first.is_alphanumeric());
        (looks_like_a_name && !self.expects_a(VALUE)).then(|| self.bad_name_at(found.start))
    }

    fn bad_name_at(&self, start: usize) -> Diagnostic {
        let name = self.line.get(start..).unwrap_or("").split([' ', '\t', '=', ',', ':', '{', '.', '(']).next();
        self.bad_name(name.unwrap_or(""), start)
    }

    fn bad_name(&self, name: &str, start: usize) -> Diagnostic {
        let message = format!("`{name}` is no name");
        let fault = self.fault(start..start + name.len(), "hayes::syntax::bad-name", message, "expected a name");
        fault.help("a name begins with a letter and holds letters, digits and `_`, all ASCII")
    }

    /// `expect +CREG: 0,1`: white space ends a pattern without quotes.
    fn pattern_with_white_space(&self) -> Option<Diagnostic> {
        let statement = self.pattern_statement();
        if !matches!(statement, "expect" | "await" | "abort on") {
            return None;
        }
        let before = self.line.get(..self.at)?.trim_end();
        let start = before.rfind([' ', '\t']).map_or(0, |at| at + 1);
        if !before.ends_with(':') || before.len() == self.at || before.get(start..)?.starts_with(['"', '/']) {
            return None;
        }
        let text = self.line.get(start..self.end())?.split(" within ").next()?.trim_end();
        Some(self.text_without_quotes(statement, text, start))
    }

    /// A text that lacks its quotes.
    fn quotes(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if !self.expects_a(TEXT) || self.expects_a(VALUE) || self.expects_a(PATTERN) {
            return None;
        }
        let statement = self.statement();
        if !TEXT_STATEMENTS.contains(&statement) {
            return None;
        }
        let end = self.lexemes.iter().rev().find(|lexeme| !lexeme.is("{")).map_or(found.end(), Lexeme::end);
        let mut text = self.line.get(found.start..end)?;
        if statement == "run" {
            text = text.split([' ', '\t']).next()?;
        }
        Some(self.text_without_quotes(statement, text, found.start))
    }

    fn text_without_quotes(&self, statement: &str, text: &str, start: usize) -> Diagnostic {
        let (code, message) =
            ("hayes::syntax::text-without-quotes", format!("the text of `{statement}` stands in quotes"));
        let fault = self.fault(start..start + text.len(), code, message, "no quotes");
        let quote = if text.contains('"') { '\'' } else { '"' };
        let fault = fault.mended_by(format!("{quote}{text}{quote}"));
        fault.help(if is_name(text) && statement != "run" {
            format!("write `{statement} \"{text}\"`, or `{statement} \"${{{text}}}\"` for the value of `{text}`")
        } else if text.contains('"') {
            format!("write `{statement} '{text}'`")
        } else {
            format!("write `{statement} \"{text}\"`")
        })
    }

    /// The words before a pattern: `expect`, `abort on`, `answers`.
    fn pattern_statement(&self) -> &'a str {
        match self.statement() {
            "abort" => "abort on",
            "ensure" => "answers",
            "if" | "assert" | "check" => "matches",
            statement => statement,
        }
    }

    // ── What the grammar expected, in people's words

    /// What could have stood there: `` `every` or `{` ``.
    fn expected_words(&self) -> String {
        let mut choices: Vec<String> = Vec::new();
        for rule in &self.expected {
            let choice = match words::keyword(*rule) {
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
        words::join(choices.into_iter(), "or")
    }

    /// The keywords that could have stood there.
    fn expected_keywords(&self) -> impl Iterator<Item = &'static str> {
        self.expected.iter().flat_map(|rule| {
            let others: &[&str] = match rule {
                Rule::operator => &["and", "or", "in", "not"],
                Rule::switch => &["on", "off"],
                _ => &[],
            };
            others.iter().copied().chain(words::keyword(*rule))
        })
    }
}

const CLAUSES: [&str; 4] = ["expect", "capture", "prompt", "when"];
/// Those that take a text
const TEXT_STATEMENTS: [&str; 8] = ["send", "fail", "skip", "log", "confirm", "ask", "run", "unsafe"];
const OPERATOR: &str = "an operator";
const VALUE: &str = "a value";
const NAME: &str = "a name";
const TEXT: &str = "a text in quotes";
const PATTERN: &str = "a pattern";

/// What closes a text
const TEXT_ENDS: &[Rule] = &[Rule::quote_close, Rule::apostrophe_close, Rule::triple_quote_close];

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
        | Rule::arguments => NAME,
        Rule::string
        | Rule::triple
        | Rule::double
        | Rule::single
        | Rule::about
        | Rule::quote
        | Rule::apostrophe
        | Rule::triple_quote => TEXT,
        Rule::pattern
        | Rule::quoted_pattern
        | Rule::alternatives
        | Rule::quoted_alternatives
        | Rule::regex
        | Rule::pattern_double
        | Rule::pattern_single
        | Rule::bare_word => PATTERN,
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

/// The command of `<CR>AT+CSQ<CR>`, `"AT+CSQ\r\n"`.
fn command_in_wrapping(code: &str) -> Option<&str> {
    const WRAPPINGS: [&str; 9] = ["<CR>", "<LF>", "<CR/LF>", "<cr>", "<lf>", "\\r", "\\n", "\"", "'"];
    let mut inner = code;
    while let Some(rest) = WRAPPINGS.iter().find_map(|sign| inner.strip_prefix(sign)) {
        inner = rest;
    }
    while let Some(rest) = WRAPPINGS.iter().find_map(|sign| inner.strip_suffix(sign)) {
        inner = rest.trim_end();
    }
    let is_command = inner.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
    (is_command && inner.len() < code.len() && !inner.contains([' ', '\t'])).then_some(inner)
}

/// Whether a statement begins so.
fn is_statement(first: Lexeme<'_>) -> bool {
    first.kind == TokenKind::AtWord || words::statement(first.text).is_some() || first.text.starts_with("at")
}

fn opens_block(word: &str) -> bool {
    words::statement(word).is_some_and(|statement| statement.form.ends_with("{`"))
}

fn statement_words() -> impl Iterator<Item = &'static str> {
    words::statements().iter().map(|statement| statement.word)
}

fn code_span(line: LogicalLine<'_>, lexemes: &[Lexeme<'_>]) -> Span {
    let start = lexemes.first().map_or(0, |first| first.start);
    let end = lexemes.last().map_or(line.text.len(), Lexeme::end);
    Span::new(line.start + start, line.start + end)
}

fn begins_a_clause(lexemes: &[Lexeme<'_>]) -> bool {
    lexemes.first().is_some_and(|first| CLAUSES.iter().any(|word| first.is(word)))
}

fn code_lexemes(line: &str) -> Vec<Lexeme<'_>> {
    let mut pieces = lexemes(line);
    pieces.retain(|lexeme| lexeme.kind != TokenKind::Comment);
    pieces
}

/// `1.5s` → `1500ms`
fn in_milliseconds(number: &str) -> Option<String> {
    let digits_end = number.find(|character: char| character.is_ascii_alphabetic())?;
    let (digits, unit) = number.split_at_checked(digits_end)?;
    let factor = match words::meant("unit", unit)? {
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

/// What to write in place of what is typed to a modem, and is no command line.
fn foreign_sign(sign: &str) -> Option<&'static str> {
    match sign {
        "+++" => Some("write `port escape`: it keeps the silence before and behind `+++` that the modem waits for"),
        "A/" | "a/" => Some("write the command itself once more: what is sent must be seen in the script"),
        _ => None,
    }
}

/// What stands alone in a line when a modem says it.
const ANSWERS: &str = "OK,ERROR,CONNECT,RING,BUSY,NO CARRIER,NO ANSWER,NO DIALTONE,NO DIAL TONE,ABORTED,RDY,SEND OK,SEND FAIL,\
    COMMAND NOT SUPPORT,Call Ready,SMS Ready,PB DONE,POWERED DOWN,NORMAL POWER DOWN";

/// Whether a modem said that: a final result code, an information response, an identity.
fn is_answer(code: &str) -> bool {
    let prefix = code.strip_prefix(['+', '^', '%', '$', '*', '#']).and_then(|rest| rest.split_once(':'));
    let names_a_response = prefix.is_some_and(|(name, parameters)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-'))
            && (parameters.is_empty() || parameters.starts_with(' '))
    });
    let is_identity = code.len() >= 14 && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_prompt = code.starts_with('>');
    names_a_response
        || is_identity
        || is_prompt
        || ANSWERS.split(',').any(|answer| answer == code)
        || code.strip_prefix("CONNECT ").is_some_and(|speed| speed.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether it is shaped as a name.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}
