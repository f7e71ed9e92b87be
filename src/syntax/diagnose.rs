//! A line that does not parse → what is wrong with it.
//!
//! What can be read in spite of a slip (an unknown unit, escape or type, a lone brace) the grammar reads, and `lower`
//! tells of it. What a person writes in place of a statement has rules of its own (`wrong_line`). For the rest pest
//! tells how far it came and which rules it tried there: what was meant is told by that place and by the pieces of the
//! line around it, first texts, then the place itself. The words of each fault stand in `diagnostic/pages/syntax.md`.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::ast::{Convert, PromptEnd};
use super::grammar::{self, Rule};
use super::lexemes::{Lexeme, LogicalLine, lexemes};
use super::{TokenKind, control_character, expression_too_deep, fault, meant, nearest, reserved_name, words};
use crate::at::command::Form;
use crate::catalogue;
use crate::diagnostic::Diagnostic;
use crate::notation::{quoted, row_of};
use crate::source::{Source, Span};

/// A line that cannot be part of the tree: what is wrong with it, and what it still tells about its surroundings.
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
    /// Where a comment of another language ends that begins in the line, perhaps nowhere; else 0.
    pub commented: usize,
}

/// What is wrong with a line: where that is not told, what the grammar refused in it. `proposes`: the line that was
/// meant is looked for.
pub(super) fn faulty(
    source: &Arc<Source>,
    line: LogicalLine<'_>,
    fault: Result<Diagnostic, Box<Error<Rule>>>,
    proposes: bool,
) -> Faulty {
    let lexemes = code_lexemes(line.text);
    let code = code_span(line, &lexemes);
    let (offset, expected) = (line.start, Vec::new());
    let mut whole = Refused { source, offset, line: line.text, at: 0, expected, lexemes, of_value: false };
    let (comment, is_read) = (whole.comment_behind(), fault.is_ok());
    let error = comment.unwrap_or_else(|| fault.unwrap_or_else(|refusal| whole.refused(code, *refusal)));
    let mut lexemes = whole.lexemes;
    let comment = error.span().filter(|_| error.code == FOREIGN_COMMENT);
    let proposes = proposes && comment.is_none();
    let error = if proposes { meant::settled(source, (line.start, line.text), code, error, is_read) } else { error };
    if let Some(comment) = comment {
        lexemes.retain(|lexeme| line.start + lexeme.start < comment.start as usize);
    }
    let clause = begins_a_clause(&lexemes);
    let closes = lexemes.first().is_some_and(|first| first.is("}"));
    let rest = lexemes.get(usize::from(closes)..).unwrap_or(&[]);
    // In a statement without a block a brace is a slip, not a block.
    let word = rest.first().filter(|first| matches!(first.kind, TokenKind::Name | TokenKind::AtWord));
    let blockless = word.is_some_and(|word| {
        word.kind == TokenKind::AtWord || words::statement(word.text).is_some() && !opens_block(word.text)
    });
    let has_block = word.is_some_and(|word| opens_block(word.text) || closes && word.is("else"));
    let opening = rest.iter().filter(|lexeme| lexeme.is("{") || lexeme.is("${")).count();
    let closing = rest.iter().filter(|lexeme| lexeme.is("}")).count();
    Faulty {
        code,
        clause,
        closes,
        opens: !blockless && opening > closing,
        lacks_brace: has_block && opening == 0,
        is_brace: rest.len() == 1 && opening == 1 && !closes,
        commented: comment
            .and_then(|sign| block_comment(source, sign))
            .map_or(0, |(_, inner)| inner.map_or(usize::MAX, |inner| inner.end as usize)),
        error,
    }
}

/// What may stand at the end of a line that is being typed: words of the language, and else what they stand for; none
/// where the line is wrong already.
pub(crate) fn expected(typed: &str) -> Vec<&'static str> {
    // A sign that stands nowhere but behind `${` and a hole.
    let refused = match grammar::parse(Rule::line, &format!("{typed}}}")) {
        // Anything is read as the end of a prompt's data.
        Ok(_) if typed.ends_with(" then ") => return PromptEnd::WORDS.map(|(word, _)| word).to_vec(),
        Ok(_) => return Vec::new(),
        Err(refused) => refused,
    };
    let is_end = matches!(refused.location, InputLocation::Pos(at) | InputLocation::Span((at, _)) if at == typed.len());
    let ErrorVariant::ParsingError { positives, .. } = refused.variant else { return Vec::new() };
    let words = positives.iter().filter(|_| is_end).flat_map(|rule| match rule {
        Rule::convert => Convert::WORDS.map(|(word, _)| word).to_vec(),
        Rule::operator => vec!["matches", "and", "or", "in", "not in"],
        Rule::switch => vec!["on", "off"],
        Rule::requires_hayes => vec!["hayes"],
        Rule::within | Rule::prompt_within => vec!["within"],
        Rule::EOI => Vec::new(),
        rule => {
            words::keyword(*rule).or_else(|| description(*rule).filter(|it| !it.starts_with('`'))).into_iter().collect()
        }
    });
    words.collect()
}

pub(super) fn code(line: LogicalLine<'_>) -> Span {
    code_span(line, &code_lexemes(line.text))
}

/// What a character looks like that is another.
fn plain(rule: Rule, character: char) -> Option<char> {
    match rule {
        Rule::like_quote => Some('"'),
        Rule::like_apostrophe => Some('\''),
        Rule::fullwidth => char::from_u32(u32::from(character).saturating_sub(0xFEE0)),
        _ => None,
    }
}

struct Refused<'a> {
    source: &'a Arc<Source>,
    /// Where the line begins in the source.
    offset: usize,
    line: &'a str,
    /// How far the grammar came.
    at: usize,
    expected: Vec<Rule>,
    lexemes: Vec<Lexeme<'a>>,
    /// The pieces are those of a `${…}`, which the line otherwise holds in one.
    of_value: bool,
}

impl<'a> Refused<'a> {
    fn refused(&mut self, code: Span, refusal: Error<Rule>) -> Diagnostic {
        // The grammar guards the machine's stack, on which only expressions nest.
        let ErrorVariant::ParsingError { positives, .. } = refusal.variant else {
            return expression_too_deep(self.source, code);
        };
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = refusal.location;
        (self.at, self.expected) = (at.min(self.line.len()), positives);
        self.beginning().or_else(|| self.inside()).unwrap_or_else(|| self.place())
    }

    fn told(&self, code: &'static str, place: Range<usize>, values: &[&dyn Display]) -> Diagnostic {
        fault(self.source, code, self.span(place), values)
    }

    fn span(&self, place: Range<usize>) -> Span {
        Span::new(self.offset + place.start, self.offset + place.end)
    }

    /// The piece that the grammar stopped at or in; `None` at the end of the line.
    fn found(&self) -> Option<Lexeme<'a>> {
        self.lexemes.iter().copied().find(|lexeme| lexeme.end() > self.at)
    }

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
        let is_known = first.kind == TokenKind::AtWord || words::statement(first.text).is_some();
        if self.at > first.start && (is_known || first.text.starts_with("at")) {
            return None;
        }
        if first.is("}") {
            return self.behind_brace(self.lexemes.get(1).copied()?);
        }
        if words::statement(first.text).is_some() {
            // `log"text"`
            let after = self.line.get(first.end()..self.end()).filter(|after| !after.is_empty())?;
            if let Some(odd) = self.odd_character(first.end()) {
                return Some(odd);
            }
            if let Some(letter) = self.foreign_letter() {
                return Some(letter);
            }
            if after.starts_with([' ', '\t']) {
                // `for x, y in list {`
                let rest = first.end() + after.len() - after.trim_start().len();
                let expected = format!("what a `{}` looks like", first.text);
                let values: [&dyn Display; 2] = [&expected, &format!("`{}`", after.trim_start())];
                return Some(self.with_form(self.told("hayes::syntax::unexpected", rest..self.end(), &values)));
            }
            if after.starts_with('-') {
                // `retry-interval: 2s`
                let length = after.find([' ', ':', '=', '(']).unwrap_or(after.len());
                return Some(self.with_form(self.unknown_statement(first.start..first.end() + length, "not known")));
            }
            // `retry: 3`, `timeout=5s`, `log("text")`
            let bare = after.strip_prefix('(').and_then(|after| after.strip_suffix(')')).unwrap_or(after);
            let bare = bare.trim_start_matches([':', '=', ' ']);
            let fault = self.space_missing(first, first.text, bare);
            return Some(fault.mended_at(self.span(first.start..self.end()), format!("{} {bare}", first.text)));
        }
        let whole = first.start..self.end();
        let code = self.line.get(whole.clone())?;
        // `+++`, `A/`
        let sign = code.split([' ', '\t']).next().unwrap_or(code);
        if let Some(told) = self.foreign(first.start..first.start + sign.len()).filter(|_| !is_name(sign)) {
            return Some(told);
        }
        if let Some(command) = command_without_its_sign(code) {
            return Some(self.told("hayes::syntax::command-without-at", whole, &[&command]));
        }
        let wrong = grammar::parse(Rule::wrong_line, self.line).ok().flatten().and_then(|it| it.into_inner().next());
        let is_comment = wrong.as_ref().is_some_and(|wrong| wrong.as_rule() == Rule::foreign_comment);
        if let Some(told) = self.expect_send(first, code).filter(|_| !is_comment) {
            return Some(told);
        }
        let Some(wrong) = wrong else { return Some(self.unknown(first, code)) };
        let (place, written) = (wrong.as_span().start()..wrong.as_span().end(), wrong.as_str());
        Some(match wrong.as_rule() {
            Rule::wrapped_command => {
                let command = wrong.clone().into_inner().as_str();
                self.told("hayes::syntax::wrapped-command", whole, &[&command])
            }
            Rule::brace_on_own_line => self.joined_above(self.told("hayes::syntax::brace-on-own-line", place, &[])),
            Rule::else_on_own_line => self.joined_above(self.told("hayes::syntax::else-on-own-line", place, &[&code])),
            Rule::foreign_comment => self.foreign_comment(place),
            Rule::command_without_at => self.told("hayes::syntax::command-without-at", place, &[&written]),
            Rule::mixed_case_command => {
                let rest = written.get(2..).unwrap_or("");
                self.told("hayes::syntax::mixed-case-command", place, &[&written, &rest])
            }
            Rule::assert_missing => self.told("hayes::syntax::assert-missing", whole, &[&code]),
            Rule::capture_missing => self.told("hayes::syntax::capture-missing", whole, &[&written]),
            Rule::set_missing => self.told("hayes::syntax::set-missing", place, &[&code, &written]),
            _ => self.answer(whole, code),
        })
    }

    /// Mended where the line goes on with the one above, which no comment ends.
    fn joined_above(&self, fault: Diagnostic) -> Diagnostic {
        let above = self.source.text.get(..self.offset).unwrap_or_default().trim_end();
        let last = above.lines().next_back().unwrap_or_default();
        let goes_on = !last.split('"').step_by(2).any(|outside| outside.contains('#'))
            && (last.ends_with('}') || self.line.trim_start().starts_with('{'));
        let start = fault.span().unwrap_or_default().start as usize;
        if goes_on { fault.mended_at(Span::new(above.len(), start), " ") } else { fault }
    }

    fn answer(&self, place: Range<usize>, answer: &str) -> Diagnostic {
        let quote = if answer.contains('"') { "'" } else { "\"" };
        let quote = if answer.contains([' ', '"']) { quote } else { "" };
        self.told("hayes::syntax::answer-as-statement", place, &[&quote, &answer])
    }

    /// `} catch {`, `} AT`; `None` for `} else`, whose fault is further on.
    fn behind_brace(&self, second: Lexeme<'_>) -> Option<Diagnostic> {
        let opens = self.lexemes.last().is_some_and(|last| last.is("{"));
        Some(if second.is("else") {
            return None;
        } else if let Some(told) = self.foreign(second.range()).filter(|_| opens) {
            told
        } else if second.is(";") {
            self.semicolon(second)
        } else if second.kind == TokenKind::Name && nearest(second.text, ["else"].into_iter()).is_some() {
            self.misspelt_word(second, "else")
        } else {
            self.told("hayes::syntax::after-brace", second.start..self.end(), &[])
        })
    }

    /// The line begins with a word, or a sign, that begins no statement.
    fn unknown(&self, first: Lexeme<'_>, code: &str) -> Diagnostic {
        if let Some(odd) = self.odd_character(first.start) {
            return odd;
        }
        let is_word = first.kind == TokenKind::Name;
        let whole = code.split([' ', '\t', '(', '=', '{', '"', ';']).next().filter(|word| is_word && !word.is_ascii());
        let word = whole.unwrap_or(first.text);
        let is_set = |word: &str| code.get(word.len()..).is_some_and(|rest| rest.trim_start().starts_with('='));
        if whole.is_some_and(is_set)
            && let Some(letter) = self.foreign_letter()
        {
            return letter;
        }
        let place = first.start..first.start + word.len();
        if let Some(told) = self.foreign(place.clone()) {
            return told;
        }
        let meant = nearest(word, statement_words()).filter(|_| is_word);
        let command = Some(code)
            .filter(|_| meant.is_none())
            .and_then(|code| command_without_its_sign(&code.to_ascii_uppercase()));
        if let Some(command) = command {
            return self.told("hayes::syntax::command-without-at", first.start..self.end(), &[&command]);
        }
        self.unknown_statement(place, "not known").did_you_mean(meant, meant::NO_STATEMENT)
    }

    /// `OK AT+CSQ`, `'' ATZ`, `GET AT+CSQ`, `> AT+CSQ`; `sned AT+CSQ` is a slip.
    fn expect_send(&self, first: Lexeme<'_>, code: &str) -> Option<Diagnostic> {
        let (word, rest) = code.split_once([' ', '\t'])?;
        let is_quote = |sign: char| matches!(sign, '\'' | '"');
        let sent = rest.split_whitespace().next().filter(|sent| sent.trim_start_matches(is_quote).starts_with("AT"))?;
        let is_loud = word.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
        if word == "else" || is_name(word) && !is_loud && nearest(word, statement_words()).is_some() {
            return None;
        }
        let unquoted = sent.strip_prefix(is_quote).map(|sent| sent.strip_suffix(is_quote).unwrap_or(sent));
        Some(self.told("hayes::syntax::expect-send", first.start..self.end(), &[&unquoted.unwrap_or(sent)]))
    }

    /// The word, or the sign, is another language's.
    fn foreign(&self, place: Range<usize>) -> Option<Diagnostic> {
        let instead = words::foreign(self.line.get(place.clone())?)?;
        Some(self.unknown_statement(place, words::NOT_HERE).help(instead))
    }

    fn unknown_statement(&self, place: Range<usize>, why: &str) -> Diagnostic {
        let word = self.line.get(place.clone()).unwrap_or("");
        self.told("hayes::syntax::unknown-statement", place, &[&word, &why])
    }

    fn semicolon(&self, sign: Lexeme<'_>) -> Diagnostic {
        if sign.end() < self.end() {
            return self.told("hayes::syntax::semicolon inside", sign.range(), &[]);
        }
        self.told("hayes::syntax::semicolon", sign.range(), &[]).mended_by("")
    }

    /// A comment of another language, mended where no code can stand in it and none stands behind it.
    fn foreign_comment(&self, place: Range<usize>) -> Diagnostic {
        let (sign, at) = (self.line.get(place.clone()).unwrap_or(""), self.span(place.clone()));
        let before = self.line.get(..place.start).unwrap_or("");
        let is_first = before.trim().is_empty();
        let line_end = |at: usize| self.source.text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let Some((end, inner)) = block_comment(self.source, at) else {
            let text = line_end(at.end as usize);
            if (!is_first || sign != "//") && !self.is_prose(before, text.trim()) {
                return self.told("hayes::syntax::foreign-comment code", place, &[&sign]);
            }
            let whole = self.span(place.start..place.end + text.len());
            return self.told(FOREIGN_COMMENT, place, &[&sign]).mended_at(whole, comment_lines(text, sign, ""));
        };
        let Some(inner) = inner else {
            return self.told("hayes::syntax::foreign-comment open", place, &[&end, &sign]);
        };
        let ended = inner.end as usize + end.len();
        let (inner, behind) = (self.source.slice(inner), line_end(ended));
        if !behind.trim().is_empty() || !is_first && inner.contains('\n') {
            return self.told("hayes::syntax::foreign-comment inside", place, &[]);
        }
        let fault = self.told("hayes::syntax::foreign-comment lines", place, &[&sign, &end]);
        fault.mended_at(Span::new(at.start as usize, ended + behind.len()), comment_lines(inner, sign, before))
    }

    /// Whether what stands behind the sign of a comment can be no code.
    fn is_prose(&self, before: &str, text: &str) -> bool {
        let is_part = |part: &str| !part.is_empty() && part.chars().all(|it| it.is_alphanumeric() || !it.is_ascii());
        let is_plain = |word: &str| word.split(['-', '\'']).all(is_part) && !word.starts_with("AT");
        let words = || text.split_whitespace().map(|word| word.trim_end_matches([',', '.', ':', '?']));
        let begins = |word: &str| words::is_keyword(word) || nearest(word, statement_words()).is_some();
        if !words().all(is_plain) || words().next().is_some_and(begins) {
            return false;
        }
        let given = self.given();
        let goes_on = |sign: &str| meant::reads(&format!("{before}{sign}{text}")).is_ok();
        text.is_empty() || !words().any(|word| given.contains(word)) && !["", "+ "].into_iter().any(goes_on)
    }

    /// `AT+CSQ ; check the signal`, `expect OK // as always`: a line, and the sign of a comment behind it.
    fn comment_behind(&self) -> Option<Diagnostic> {
        const SIGNS: [&str; 7] = ["//", "/*", ";", "<!--", "--[[", "-- ", "' "];
        let mut signs = self.lexemes.iter().skip(1).filter_map(|found| {
            let (line, rest) = self.line.get(..self.end())?.split_at_checked(found.start)?;
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            line.ends_with([' ', '\t']).then_some((line, sign.trim_end(), rest.get(sign.len()..)?.trim()))
        });
        let (line, sign, text) = signs.next()?;
        let is_code = |part: &str| part.starts_with(['+', '&', '%', '^', '$', '*', '#']) || meant::reads(part).is_ok();
        if sign == ";" && text.split(';').map(str::trim).all(is_code) || meant::reads(line).is_err() {
            return None;
        }
        Some(self.foreign_comment(line.len()..line.len() + sign.len()))
    }

    fn space_missing(&self, word: Lexeme<'_>, before: &str, after: &str) -> Diagnostic {
        let behind = word.text.strip_prefix(before).unwrap_or_default();
        self.told("hayes::syntax::space-missing", word.range(), &[&before, &after, &behind])
    }

    fn misspelt_word(&self, word: Lexeme<'_>, meant: &str) -> Diagnostic {
        self.told("hayes::syntax::misspelt", word.range(), &[&word.text, &meant])
    }

    // ── Inside of texts: what is not closed

    fn inside(&self) -> Option<Diagnostic> {
        self.value().or_else(|| self.text()).or_else(|| self.regex())
    }

    fn value(&self) -> Option<Diagnostic> {
        let open = self.open_value()?;
        let behind = self.line.get(open..)?;
        let Some(length) = behind.find('}') else {
            let fault = self.told("hayes::syntax::unclosed-value", open..open + 2, &[]);
            return Some(match value_end(behind) {
                Some(end) => fault.mended_at(self.span(open + end..open + end), '}'),
                None => fault,
            });
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
            let fault = self.told("hayes::syntax::unclosed-quote", start..start + 1, &[]);
            // `"IP,"super"`: a comma stands in the text, and a word right behind it.
            let is_late = |(at, _): &(usize, &str)| {
                let (text, behind) = self.line.split_at_checked(*at).unwrap_or_default();
                text.matches('"').count() % 2 == 1 && behind.chars().nth(2).is_some_and(char::is_alphanumeric)
            };
            let end = self.line.match_indices(",\"").find(is_late).map_or(self.text_end(), |(at, _)| self.span(at..at));
            return Some(fault.mended_at(end, "\""));
        }
        Some(self.unclosed_string(start, quote))
    }

    /// The text that begins there is closed before the clause behind it, or else at the end of the line.
    fn unclosed_string(&self, start: usize, quote: char) -> Diagnostic {
        let more = "; a text of several lines stands between `\"\"\"`";
        let fault = self.told("hayes::syntax::unclosed-string", start..start + 1, &[&quote, &more]);
        match self.clause_behind(start, quote) {
            Some((at, true)) => fault.mended_at(self.span(at..at), quote),
            Some((_, false)) => fault,
            None => fault.mended_at(self.text_end(), quote),
        }
    }

    /// Where a clause begins that the open text has swallowed, `"+CREG: 1 within 5s`, and whether that is certain:
    /// `or y` may be words of the text.
    fn clause_behind(&self, start: usize, quote: char) -> Option<(usize, bool)> {
        let (begin, text) = (start + 1, self.line.get(start + 1..)?);
        let mut ends = BEHIND_TEXT.iter().flat_map(|clause| text.match_indices(clause).take(3));
        let closed = |at: usize| Some(format!("{}{quote}{}", self.line.get(..at)?, self.line.get(at..)?));
        let (at, clause) = ends.find(|(at, _)| closed(begin + at).is_some_and(|line| meant::reads(&line).is_ok()))?;
        let rest = text.get(at + clause.len()..)?.trim_start();
        let is_value = rest.starts_with(['"', '\'', '/']) || rest.split_whitespace().nth(1) == Some("=");
        Some((begin + at, !matches!(clause, " or " | ",") || is_value))
    }

    fn regex(&self) -> Option<Diagnostic> {
        if !self.expects(&[Rule::regex_text, Rule::regex_close]) {
            return None;
        }
        let slash = self.lexemes.iter().rev().find(|lexeme| lexeme.is("/") && lexeme.start < self.at)?.start;
        if !self.line.get(slash..)?.starts_with("//") {
            let fault = self.told("hayes::syntax::unclosed-regex", slash..slash + 1, &[]);
            return Some(fault.mended_at(self.text_end(), "/"));
        }
        Some(self.told("hayes::syntax::missing-pattern regex", slash..slash + 2, &[]))
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
        let stray = self.lexemes.iter().find(is_stray).map(|stray| stray.start);
        stray.or_else(|| self.line.rfind(quote)).unwrap_or(0)
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
            .or_else(|| self.quote_in_text())
            .or_else(|| self.foreign_letter())
            .or_else(|| self.dollar(found))
            .or_else(|| self.behind_opening_brace(found))
            .or_else(|| self.behind_command(found))
            .or_else(|| self.number(found))
            .or_else(|| self.operator(found))
            .or_else(|| self.regex_as_value())
            .or_else(|| self.keyword(found))
            .or_else(|| self.name(found))
            .or_else(|| self.pattern_with_white_space())
            .or_else(|| self.quotes(found))
            .or_else(|| self.joined(found))
            .unwrap_or_else(|| {
                let text: String = found.text.chars().take(40).collect();
                self.unexpected(&format!("`{text}`"), found.range())
            })
    }

    fn unexpected(&self, found: &str, place: Range<usize>) -> Diagnostic {
        self.with_form(self.told("hayes::syntax::unexpected", place, &[&self.expected_words(), &found]))
    }

    fn with_form(&self, fault: Diagnostic) -> Diagnostic {
        match words::form(self.statement()) {
            Some(form) => fault.help(format!("it is written {form}")),
            None => fault,
        }
    }

    fn line_end(&self) -> Diagnostic {
        let end = self.end();
        let statement = self.statement();
        if self.expects(&[Rule::brace_open]) {
            let fault = self.told("hayes::syntax::missing-brace", end..end, &[&statement]);
            return fault.mended_at(self.span(end..end), " {");
        }
        if self.expects(&[Rule::kw_else]) {
            return self.told("hayes::syntax::ensure-without-else", end..end, &[]);
        }
        if self.expects_a(PATTERN) && statement != "capture" {
            let word = self.pattern_statement();
            return self.with_form(self.told("hayes::syntax::missing-pattern", end..end, &[&word]));
        }
        self.unexpected("the end of the line", end..end)
    }

    /// A character that cannot be seen, that looks like another, or that no command holds.
    fn character(&self) -> Option<Diagnostic> {
        let character = self.line.get(self.at..)?.chars().next().filter(|it| !matches!(it, ' '..='~'))?;
        let in_command = self.before().is_some_and(|it| it.kind == TokenKind::AtWord && it.end() == self.at);
        self.odd_character(self.at).or_else(|| {
            let place = self.at..self.at + character.len_utf8();
            let is_foreign = !character.is_ascii() && in_command;
            is_foreign.then(|| self.told("hayes::syntax::foreign-character", place, &[&character]))
        })
    }

    /// Mends a character that looks like another, and those behind it in the line: a text has two ends.
    fn plain_characters(&self, at: usize, fault: Diagnostic) -> Diagnostic {
        let (mut mended, mut end) = (String::new(), at);
        for (place, character) in self.line.get(at..).unwrap_or_default().char_indices() {
            let rest = self.line.get(at + place..).unwrap_or_default();
            let odd = grammar::parse(Rule::odd_character, rest).ok().flatten().and_then(|odd| odd.into_inner().next());
            let Some(plain) = odd.and_then(|odd| plain(odd.as_rule(), character)) else { continue };
            mended.push_str(self.line.get(end..at + place).unwrap_or_default());
            mended.push(plain);
            end = at + place + character.len_utf8();
        }
        fault.mended_at(self.span(at..end), mended)
    }

    /// What is wrong with a character that no script holds outside of texts.
    fn odd_character(&self, at: usize) -> Option<Diagnostic> {
        let odd = grammar::parse(Rule::odd_character, self.line.get(at..)?).ok()??.into_inner().next()?;
        let (place, character) = (at..at + odd.as_str().len(), odd.as_str().chars().next()?);
        if let Some(plain) = plain(odd.as_rule(), character) {
            let is_fullwidth = odd.as_rule() == Rule::fullwidth;
            let code = if is_fullwidth { "hayes::syntax::fullwidth" } else { "hayes::syntax::smart-quote" };
            return Some(self.plain_characters(at, self.told(code, place, &[&character, &plain])));
        }
        let unseen = |instead: &str| {
            let number = format!("{:04X}", u32::from(character));
            self.told("hayes::syntax::invisible-character", place.clone(), &[&number]).mended_by(instead)
        };
        Some(match odd.as_rule() {
            Rule::unseen_blank => unseen(" "),
            Rule::unseen => unseen(""),
            _ => control_character(self.source, u8::try_from(character).unwrap_or(0), self.span(place.clone())),
        })
    }

    fn behind_opening_brace(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if found.is(";") {
            // White space before it: more commands of the line follow.
            let rest = self.line.get(found.end()..self.end())?;
            let joins = self.before().is_some_and(|before| before.kind == TokenKind::AtWord)
                && rest.split(';').map(str::trim).all(|part| !part.is_empty() && without_white_space(part) == part);
            return (!joins).then(|| self.semicolon(found));
        }
        if found.is("{") && self.expects(&[Rule::kw_else]) {
            return Some(self.told("hayes::syntax::ensure-without-else", found.range(), &[]));
        }
        let block = opens_block(self.statement()) || self.statement().is_empty();
        if !block || !self.before()?.is("{") {
            return None;
        }
        Some(self.told("hayes::syntax::block-on-one-line", found.start..self.end(), &[]))
    }

    /// White space ended an AT command, and more follows.
    fn behind_command(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let command = self.before().filter(|before| before.kind == TokenKind::AtWord)?;
        let is_whole = command.text.ends_with('?');
        let compares = found.text.starts_with("==") || found.text.starts_with("!=") || is_whole && found.is("=");
        let a_pattern_without_answers =
            self.expects(&[Rule::kw_answers]) && (found.kind != TokenKind::Operator || compares);
        let known_word = self.misspelt(found).is_some() || self.run_on_keyword(found).is_some();
        if found.is("{") || known_word || a_pattern_without_answers || self.open_value().is_some() {
            return None;
        }
        let rest = self.line.get(found.start..self.end())?;
        let place = found.start..self.end();
        if let Some(clause) = CLAUSES.into_iter().find(|clause| found.is(clause)) {
            return Some(self.told("hayes::syntax::space-in-command clause", place, &[&clause]));
        }
        if grammar::parse(Rule::answer, rest).is_ok() {
            return Some(self.answer(place, rest));
        }
        let is_value = found.kind == TokenKind::Number || rest.starts_with('"');
        let is_full = command.text.contains('=') && !command.text.ends_with(['=', ',', ';', '?']);
        if is_value && is_full {
            return Some(self.told("hayes::syntax::space-in-command", place, &[]));
        }
        if !rest.starts_with(['=', ',', '?', ';', '+']) && !is_value || rest.starts_with("=>") {
            return Some(self.told("hayes::syntax::space-in-command", place, &[]));
        }
        // `AT+CFUN 1` sets; `AT+CSQ "OK"` says what is answered.
        let bare = is_value && !command.text.ends_with(['=', ',', ';']) && !command.text.contains(['=', '?']);
        let known = catalogue::command(command.text.get(2..).unwrap_or("")).filter(|_| bare);
        let sets = known.is_some_and(|it| it.form(Form::Set).is_some() && !it.read_only);
        let is_basic = command.text.get(2..).is_some_and(|name| name.starts_with(|it: char| it.is_ascii_alphabetic()));
        if is_value && !is_basic && !sets && (bare || command.text.ends_with('?')) {
            let clause = format!("{}\n{}  expect {rest}", command.text, self.line.get(..command.start)?);
            let fault = self.told("hayes::syntax::space-in-command answer", place, &[&rest]);
            return Some(fault.mended_at(self.span(command.start..self.end()), clause));
        }
        let equals = if sets && !is_basic { "=" } else { "" };
        let joined = format!("{}{equals}{}", command.text, without_white_space(rest)).replace(";AT", ";");
        let fault = self.told("hayes::syntax::space-in-command joined", place, &[&joined]);
        Some(fault.mended_at(self.span(command.start..self.end()), joined))
    }

    /// `5 s`
    fn number(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let before = self.before()?;
        if found.kind != TokenKind::Name || before.kind != TokenKind::Number {
            return None;
        }
        let unit = words::meant("unit", found.text)?;
        let fault = self.told("hayes::syntax::space-before-unit", found.range(), &[&before.text, &unit]);
        Some(fault.mended_at(self.span(before.end()..found.end()), unit))
    }

    fn operator(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let rest = self.line.get(self.at..)?;
        let operator_may_follow = self.expects(&[Rule::operator]);
        if operator_may_follow
            && let Some(function) = self.before().filter(|it| crate::value::functions::function(it.text).is_some())
            && matches!(found.kind, TokenKind::Name | TokenKind::String | TokenKind::Number)
            && !words::is_keyword(found.text)
        {
            if self.statement() == "requires" && function.text == "module" {
                // `requires module BG96`
                let module = catalogue::module_by_model(found.text.trim_matches(['"', '\'']));
                let id = module.map_or("…", |module| module.id);
                let help = format!(
                    "write `requires module.id == \"{id}\"`, or what it must be able to do: `requires module.ping`"
                );
                return Some(self.unexpected(&format!("`{}`", found.text), found.range()).help(help));
            }
            let call = format!("{}({})", function.text, found.text);
            let fault = self.told("hayes::syntax::call-without-parentheses", found.range(), &[&call]);
            return Some(fault.mended_at(self.span(function.start..found.end()), call));
        }
        let before_value = self.expects_a(VALUE) && found.text.starts_with('!');
        if !operator_may_follow && !before_value {
            return None;
        }
        if let Some((foreign, instead)) = words::foreign_operator(rest) {
            let is_word = instead.starts_with(|first: char| first.is_ascii_alphabetic());
            let before = is_word && self.line.get(..self.at).is_some_and(|before| !before.ends_with([' ', '(', '{']));
            let behind = is_word && rest.get(foreign.len()..).is_some_and(|behind| !behind.starts_with(' '));
            let blank = |needed| if needed { " " } else { "" };
            let padded = format!("{}{instead}{}", blank(before), blank(behind));
            let place = self.at..self.at + foreign.len();
            return Some(self.told("hayes::syntax::foreign-operator", place, &[&foreign, &instead, &padded]));
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
        Some(self.told("hayes::syntax::assignment", found.range(), &[]))
    }

    /// `match(model, /^BG/)`, `model == /^BG/`: a regex stands behind `matches` alone.
    fn regex_as_value(&self) -> Option<Diagnostic> {
        let regex = *self.lexemes.iter().find(|it| it.kind == TokenKind::Regex && it.start >= self.at)?;
        Some(self.told("hayes::syntax::regex-as-value", regex.range(), &[]))
    }

    fn keyword(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if found.is("within") && begins_a_clause(&self.lexemes) {
            return Some(self.told("hayes::syntax::within-on-clause", found.start..self.end(), &[]));
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
            let whole = self.span(name.start..self.end());
            let (name, value) = (name.text, value.trim_start_matches([':', '=', ' ']));
            let fault = self.told("hayes::syntax::missing-equals", found.range(), &[&name, &value]);
            return Some(fault.mended_at(whole, format!("{name} = {value}")));
        }
        if !self.expects_a(NAME) && !self.expects(&[Rule::column]) {
            return None;
        }
        if words::is_reserved(found.text) {
            return Some(reserved_name(self.source, found.text, self.span(found.range())));
        }
        let looks_like_a_name = found.text.starts_with(|first: char| first.is_alphanumeric());
        (looks_like_a_name && !self.expects_a(VALUE)).then(|| self.bad_name_at(found.start))
    }

    /// `set $x = 1`, `if ${x} == 1 {`
    fn dollar(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        let rest = self.line.get(found.start..self.end())?;
        let inner = rest.strip_prefix("${").or_else(|| rest.strip_prefix('$'))?;
        let name =
            inner.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').next().filter(|name| is_name(name))?;
        let closed = format!("${{{name}}}");
        let length = if rest.starts_with(&closed) { closed.len() } else { rest.len() - inner.len() + name.len() };
        let is_value = self.expects_a(VALUE) || self.expects_a(NAME);
        let written = if is_value { name.to_owned() } else { format!("\"{closed}\"") };
        let place = found.start..found.start + length;
        Some(self.told("hayes::syntax::bad-name dollar", place, &[&written, &name]))
    }

    /// `log "He said "hi""`: the second `"` ends the text. `expect "a or "b"`: a `"` is missing before it.
    fn quote_in_text(&self) -> Option<Diagnostic> {
        let is_text = |lexeme: &&Lexeme<'_>| lexeme.kind == TokenKind::String && lexeme.text.starts_with('"');
        let text = self.lexemes.iter().find(is_text)?;
        if self.clause_behind(text.start, '"').is_some() {
            return Some(self.unclosed_string(text.start, '"'));
        }
        // What stands right behind it without white space, or a comma
        let behind = self.line.get(text.end()..)?.chars().next()?;
        let last = self.line.get(..self.end())?.rfind('"').filter(|last| *last > text.end())?;
        let inner = self.line.get(text.start + 1..last)?;
        if !(behind.is_alphanumeric() || behind == '"') || inner.contains('\'') {
            return None;
        }
        let place = text.end() - 1..text.end();
        let fault = self.told("hayes::syntax::quote-in-text", place, &[&quoted(inner)]);
        Some(fault.mended_at(self.span(text.start..last + 1), quoted(inner)))
    }

    /// `set größe = 1`: a letter that no name holds.
    fn foreign_letter(&self) -> Option<Diagnostic> {
        let is_foreign = |character: char| !character.is_ascii() && character.is_alphabetic();
        let stray = self.lexemes.iter().find(|it| it.kind == TokenKind::Error && it.text.starts_with(is_foreign))?;
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let (before, behind) = self.line.split_at_checked(stray.start)?;
        let start = before.trim_end_matches(is_part).len();
        let end = self.line.len() - behind.trim_start_matches(is_part).len();
        let (name, letter) = (self.line.get(start..end)?, behind.chars().next()?);
        let place = stray.start..stray.start + letter.len_utf8();
        Some(self.told("hayes::syntax::bad-name letter", place, &[&name, &letter]))
    }

    fn bad_name_at(&self, start: usize) -> Diagnostic {
        let name = self.line.get(start..).unwrap_or("").split([' ', '\t', '=', ',', ':', '{', '.', '(']).next();
        self.bad_name(name.unwrap_or(""), start)
    }

    fn bad_name(&self, name: &str, start: usize) -> Diagnostic {
        self.told("hayes::syntax::bad-name", start..start + name.len(), &[&name])
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

    fn quotes(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        if !self.expects_a(TEXT) || self.expects_a(VALUE) || self.expects_a(PATTERN) {
            return None;
        }
        let statement = self.statement();
        if !TEXT_STATEMENTS.contains(&statement) {
            return None;
        }
        let end = self.lexemes.iter().rev().find(|lexeme| !lexeme.is("{")).map_or(found.end(), Lexeme::end);
        let raw = self.before().filter(|before| before.is("raw") && statement == "send");
        let start = raw.map_or(found.start, |raw| raw.start);
        let mut text = self.line.get(start..end)?;
        if statement == "run" {
            text = text.split([' ', '\t']).next()?;
        }
        Some(self.text_without_quotes(statement, text, start))
    }

    /// `log "APN " + apn`, `log "APN", apn`: a value stands inside of the text.
    fn joined(&self, found: Lexeme<'_>) -> Option<Diagnostic> {
        self.before().filter(|before| before.kind == TokenKind::String)?;
        let is_text = TEXT_STATEMENTS.contains(&self.statement()) && self.statement() != "run";
        let is_joined = is_text && ["+", ",", ".", "%"].iter().any(|sign| found.is(sign));
        is_joined.then(|| self.told("hayes::syntax::text-joined", found.start..self.end(), &[]))
    }

    fn text_without_quotes(&self, statement: &str, text: &str, start: usize) -> Diagnostic {
        let raw = text.strip_prefix("raw ").map(str::trim_start).filter(|_| statement == "send");
        let (text, start) = raw.map_or((text, start), |rest| (rest, start + text.len() - rest.len()));
        let statement = if raw.is_some() { "send raw" } else { statement };
        let name = text.split(['.', '[']).next().unwrap_or(text);
        let value = format!("\"${{{text}}}\"");
        let (written, or) = if is_name(name) && self.given().contains(name) {
            (value, format!(", or `{statement} {}` for the word itself", quoted(text)))
        } else if is_name(text) && statement != "run" {
            (quoted(text), format!(", or `{statement} {value}` for the value of `{text}`"))
        } else {
            (quoted(text.strip_suffix('"').filter(|text| !text.contains('"')).unwrap_or(text)), String::new())
        };
        let place = start..start + text.len();
        self.told("hayes::syntax::text-without-quotes", place, &[&statement, &written, &or])
    }

    /// The names that lines not far above give a value.
    fn given(&self) -> BTreeSet<&'a str> {
        const NEAR: usize = 8 * 1024;
        let start = (self.offset.saturating_sub(NEAR)..self.offset).find(|at| self.source.text.is_char_boundary(*at));
        let above = self.source.text.get(start.unwrap_or(self.offset)..self.offset).unwrap_or_default();
        let gives = ["set ", "param ", "secret ", "for ", "as ", "capture ", ", ", "{"];
        let behind = gives.into_iter().flat_map(|words| above.split(words).skip(1));
        let names = behind.filter_map(|behind| behind.split([' ', ':', ',', '\n', '\r', '}']).next());
        names.filter(|name| is_name(name)).collect()
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
            let keyword = words::keyword(*rule).map(|word| format!("`{word}`"));
            let Some(choice) = keyword.or_else(|| description(*rule).map(str::to_owned)) else { continue };
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

const FOREIGN_COMMENT: &str = "hayes::syntax::foreign-comment";

/// Of the sign of a comment that may have several lines: what ends it, and what stands before that.
fn block_comment(source: &Source, sign: Span) -> Option<(&'static str, Option<Span>)> {
    let (_, end) = words::rows("Comments of several lines").find(|(begins, _)| *begins == source.slice(sign))?;
    let (start, rest) = (sign.end as usize, source.text.get(sign.end as usize..)?);
    Some((end, rest.find(end).map(|length| Span::new(start, start + length))))
}

/// A comment's lines as Hayes writes them, without the indentation and the ornament, ` * `, that all of them have.
fn comment_lines(text: &str, sign: &str, indentation: &str) -> String {
    let ornament = sign.chars().next_back().filter(|it| !it.is_alphanumeric() && !matches!(it, '"' | '\''));
    let text = text.trim_start_matches(|it| Some(it) == ornament);
    let text = if ornament == Some('*') { text.trim_end_matches('*') } else { text };
    let (first, further) = text.split_once('\n').unwrap_or((text, ""));
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let filled = || further.lines().filter(|line| !line.trim().is_empty());
    let is_ornate = ornament == Some('*') && filled().all(|line| line.trim_start_matches([' ', '\t']).starts_with('*'));
    let margin = filled().map(blanks).min().unwrap_or(0) + usize::from(is_ornate);
    let further = further.lines().map(|line| line.get(margin..).unwrap_or("").trim_end());
    let further = further.map(|line| line.strip_prefix(' ').filter(|_| is_ornate).unwrap_or(line));
    let lines = std::iter::once(first.trim()).chain(further).collect::<Vec<_>>().join("\n");
    let lines = lines.trim_matches('\n').split('\n').map(|line| format!("# {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join(&format!("\n{indentation}"))
}

const CLAUSES: [&str; 4] = ["expect", "capture", "prompt", "when"];
const TEXT_STATEMENTS: [&str; 8] = ["send", "fail", "skip", "log", "confirm", "ask", "run", "unsafe"];
const OPERATOR: &str = "an operator";
const VALUE: &str = "a value";
const NAME: &str = "a name";
const TEXT: &str = "a text in quotes";

/// What may stand behind a text, the surest first: a comma is part of many texts.
const BEHIND_TEXT: [&str; 7] = [" or ", " within ", " then ", " with ", " as ", " every ", ","];
const PATTERN: &str = "a pattern";

const TEXT_ENDS: &[Rule] = &[Rule::quote_close, Rule::apostrophe_close, Rule::triple_quote_close];

/// What other rules stand for; `None` for what helps nobody.
fn description(rule: Rule) -> Option<&'static str> {
    row_of(include_str!("rules.md"), &format!("{rule:?}"))
}

/// `CSQ`, `CGDCONT=1,"IP","super"` with the sign of the command that is known: `+CSQ`.
fn command_without_its_sign(code: &str) -> Option<String> {
    let name = code.split(['=', '?']).next().filter(|name| name.len() > 1)?;
    let may_be = name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
    let known = |sign: &&str| catalogue::command(&format!("{sign}{name}")).is_some();
    let sign = ["+", "#", "^", "%", "$", "!"].into_iter().filter(|_| may_be).find(known)?;
    Some(format!("{sign}{code}"))
}

/// Where a `${` that nothing closes was probably meant to end: behind a name, a field or a call, where the text ends.
fn value_end(behind: &str) -> Option<usize> {
    let value = behind.get(2..)?.split(['"', '\'']).next()?.trim_end();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.()[]".contains(c);
    let is_closed = ["()", "[]"].iter().all(|pair| {
        let count = |sign| value.matches(pair.get(sign..=sign).unwrap_or_default()).count();
        count(0) == count(1)
    });
    let is_value = value.starts_with(|c: char| c.is_ascii_lowercase()) && !value.ends_with(['.', '(', '[']);
    (is_value && is_closed && value.chars().all(is_part)).then_some(2 + value.len())
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

pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}
