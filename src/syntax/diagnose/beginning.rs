//! What the beginning of a line tells: is there such a statement, is it a statement at all?

use super::super::error::Fault;
use super::super::lexemes::{Lexeme, LexemeKind};
use super::super::words;
use super::{Found, Refused};

impl Refused<'_> {
    pub(super) fn beginning(&self) -> Option<Found> {
        let first = *self.lexemes.first()?;
        let second = self.lexemes.get(1).copied();
        match first.text {
            "{" if second.is_none() => Some(Found::at(first, Fault::BraceOnOwnLine)),
            "}" => self.behind_brace(second?),
            "else" => {
                let line = self.line.get(first.start..self.lexemes.last()?.end())?.to_owned();
                Some(Found::at(first, Fault::ElseOnOwnLine { line }))
            }
            "/" if second.is_some_and(|second| second.is("/")) => Some(self.slash_comment(first)),
            _ if known(first) && self.at > first.start => None,
            _ if words::STATEMENTS.contains(&first.text) => self.run_on(first),
            _ => Some(self.unknown(first, second)),
        }
    }

    /// `} catch {`, `} AT`; `None` for `} else`, whose fault is further on.
    fn behind_brace(&self, second: Lexeme<'_>) -> Option<Found> {
        if second.is("else") {
            return None;
        }
        if let Some(instead) = words::foreign(second.text).filter(|_| self.opens_block()) {
            let word = second.text.to_owned();
            return Some(Found::at(second, Fault::ForeignStatement { word, instead }));
        }
        if second.is(";") {
            return Some(Found::at(second, Fault::Semicolon));
        }
        if second.kind == LexemeKind::Word && words::nearest(second.text, ["else"].into_iter()).is_some() {
            let word = second.text.to_owned();
            return Some(Found::at(second, Fault::MisspeltWord { word, meant: "else" }));
        }
        Some(Found { fault: Fault::AfterBrace, start: second.start, end: self.lexemes.last()?.end() })
    }

    fn opens_block(&self) -> bool {
        self.lexemes.last().is_some_and(|last| last.is("{"))
    }

    /// `log"text"`
    fn run_on(&self, first: Lexeme<'_>) -> Option<Found> {
        let before = *words::STATEMENTS.iter().find(|word| first.is(word))?;
        let after = self.line.get(first.end()..self.lexemes.last()?.end())?.to_owned();
        let next = after.chars().next()?;
        if let Some(fault) = super::place::odd_character(next) {
            return Some(Found { fault, start: first.end(), end: first.end() + next.len_utf8() });
        }
        Some(Found::at(first, Fault::SpaceMissing { before, after }))
    }

    fn slash_comment(&self, first: Lexeme<'_>) -> Found {
        Found { fault: Fault::SlashComment, start: first.start, end: first.start + 2 }
    }

    /// The line begins with what begins no statement.
    fn unknown(&self, first: Lexeme<'_>, second: Option<Lexeme<'_>>) -> Found {
        let code = self.line.get(first.start..).unwrap_or("");
        let code_end = self.lexemes.last().map_or(self.line.len(), Lexeme::end);
        let code = code.get(..code_end.saturating_sub(first.start)).unwrap_or(code);
        let whole = |fault| Found { fault, start: first.start, end: code_end };

        // `+++`, `A/`
        let sign = code.split([' ', '\t']).next().unwrap_or(code);
        if let Some(instead) = words::foreign_sign(sign) {
            let fault = Fault::ForeignStatement { word: sign.to_owned(), instead };
            return Found { fault, start: first.start, end: first.start + sign.len() };
        }
        if words::is_answer(code) {
            return whole(Fault::AnswerAsStatement { answer: code.to_owned() });
        }
        if code.starts_with(['+', '^', '%', '&', '$', '*', '\\']) {
            let word = code.split([' ', '\t']).next().unwrap_or(code);
            let end = first.start + word.len();
            return Found { fault: Fault::CommandWithoutAt { word: word.to_owned() }, start: first.start, end };
        }
        let start = code.chars().next().unwrap_or(' ');
        if let Some(fault) = super::place::odd_character(start) {
            return Found { fault, start: first.start, end: first.start + start.len_utf8() };
        }
        if first.kind != LexemeKind::Word {
            let found = first.text.to_owned();
            return Found::at(first, Fault::UnknownStatement { word: found, meant: None });
        }

        // The word as it was written: `ctrl-z`, `wait_for`, `At+CSQ`.
        let word = code.split([' ', '\t', '(', '=', '{', '"', ';']).next().unwrap_or(first.text);
        let end = first.start + word.len();
        let found = |fault| Found { fault, start: first.start, end };
        if word.get(..2).is_some_and(|at| at.eq_ignore_ascii_case("at")) && word.get(2..).is_some_and(is_command) {
            let command = format!("AT{}", word.get(2..).unwrap_or(""));
            return found(Fault::MixedCaseCommand { word: word.to_owned(), command });
        }
        if second.is_some_and(|second| second.is("=")) && words::is_name(word) && !words::STATEMENTS.contains(&word) {
            return found(Fault::SetMissing { assignment: code.to_owned() });
        }
        if !word.is_ascii() {
            let meant = words::nearest(word, words::STATEMENTS.iter().copied());
            return found(Fault::UnknownStatement { word: word.to_owned(), meant });
        }
        let word = first.text.to_owned();
        if let Some(instead) = words::foreign(&word) {
            return Found::at(first, Fault::ForeignStatement { word, instead });
        }
        let meant = words::nearest(&word, words::STATEMENTS.iter().copied());
        Found::at(first, Fault::UnknownStatement { word, meant })
    }
}

/// Whether a statement begins so.
fn known(first: Lexeme<'_>) -> bool {
    first.kind == LexemeKind::At || words::STATEMENTS.contains(&first.text) || first.text.starts_with("at")
}

/// Whether that can follow an AT.
fn is_command(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['+', '^', '%', '&', '$', '*', '\\', '#'])
}
