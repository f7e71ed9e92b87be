//! What was typed or pasted → what is run, one after the other: statements, clauses that follow an earlier question,
//! `:` commands.

use crate::source::Source;
use crate::syntax::{Chunk, parse_chunk};

/// The name of what is typed, in diagnostics.
pub(super) const TYPED: &str = "<typed>";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// `:help run`, with its colon
    Command(String),
    /// `expect`, `capture` and `prompt` lines without a question above them
    Clauses(String),
    /// A statement with all its lines
    Statement(String),
}

/// The pieces of a text, in order. What does not parse is a piece as well: it is told when its turn comes.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let code = line.trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        if code.starts_with(':') {
            pieces.push(Piece::Command(code.to_owned()));
            continue;
        }
        let mut piece = line.to_owned();
        while is_open(&piece)
            && let Some(next) = lines.next()
        {
            piece.push('\n');
            piece.push_str(next);
        }
        while let Some(next) = lines.next_if(|next| is_clause(next)) {
            piece.push('\n');
            piece.push_str(next);
        }
        pieces.push(if is_clause(line) { Piece::Clauses(piece) } else { Piece::Statement(piece) });
    }
    pieces
}

/// Whether more lines must follow: a block or a `"""` is open.
pub(super) fn is_open(text: &str) -> bool {
    !text.trim_start().starts_with(':') && matches!(parse_chunk(&Source::new(TYPED, text)), Chunk::Incomplete)
}

/// Whether a line belongs to the question above it.
pub(super) fn is_clause(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    matches!(word, "expect" | "capture" | "prompt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_cut_into_statements() {
        let text =
            "AT+CSQ\n  capture rssi:int, ber:int\n\n# a comment\nretry 2 {\n  AT+CREG?\n    expect OK\n}\n:vars\nAT";
        assert_eq!(
            pieces(text),
            [
                Piece::Statement("AT+CSQ\n  capture rssi:int, ber:int".to_owned()),
                Piece::Statement("retry 2 {\n  AT+CREG?\n    expect OK\n}".to_owned()),
                Piece::Command(":vars".to_owned()),
                Piece::Statement("AT".to_owned()),
            ]
        );
    }

    #[test]
    fn clauses_by_themselves_follow_the_last_question() {
        assert_eq!(pieces("  expect OK\n  capture x"), [Piece::Clauses("  expect OK\n  capture x".to_owned())]);
    }

    #[test]
    fn what_is_never_closed_is_one_piece() {
        assert_eq!(pieces("try {\nAT\n"), [Piece::Statement("try {\nAT".to_owned())]);
        assert!(is_open("log \"\"\"a"));
        assert!(!is_open("AT+CSQ"));
        assert!(!is_open(":explain {"));
    }
}
