//! Colours of what is typed: the parser's tokens, the bracket that belongs to the one at the cursor, and in red what is
//! not finished.

use crate::at::command;
use crate::syntax::{Token, TokenKind, tokens};

/// Eight colours and dim, so that it reads on dark and light terminals alike.
fn code(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::Keyword => Some("36"),
        TokenKind::AtWord => Some("1"),
        TokenKind::String => Some("32"),
        TokenKind::Regex => Some("35"),
        TokenKind::Number => Some("33"),
        TokenKind::Comment => Some("2"),
        TokenKind::Error => Some("31"),
        TokenKind::Name | TokenKind::Operator => None,
    }
}

const RED: &str = "31";
const BRACKET: &str = "1;4";

/// The line in colours; its width stays. `before`: the lines of the statement above it.
pub(super) fn painted(line: &str, before: &str, cursor: usize) -> String {
    if line.starts_with(':') {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        return format!("\x1b[36m{name}\x1b[0m{rest}");
    }
    let mut codes: Vec<Option<&'static str>> = vec![None; line.len()];
    let whole = if before.is_empty() { line.to_owned() } else { format!("{before}\n{line}") };
    let offset = whole.len() - line.len();
    let mut unfinished = None;
    for token in tokens(&whole) {
        unfinished = mark(&mut codes, &token, offset, line).or(unfinished);
    }
    if let Some(stretch) = unfinished.and_then(|from| codes.get_mut(from..)) {
        stretch.fill(Some(RED));
    }
    if let Some((start, end)) = brackets(line, cursor) {
        for at in [start, end] {
            if let Some(code) = codes.get_mut(at) {
                *code = Some(BRACKET);
            }
        }
    }
    render(line, &codes)
}

/// Where in the line something begins that is not finished, if this token does.
fn mark(codes: &mut [Option<&'static str>], token: &Token, offset: usize, line: &str) -> Option<usize> {
    let (start, end) = (token.span.start as usize, token.span.end as usize);
    let end = end.checked_sub(offset)?;
    let start = start.saturating_sub(offset);
    let text = line.get(start..end)?;
    codes.get_mut(start..end)?.fill(code(token.kind));
    if token.kind == TokenKind::AtWord {
        return unclosed(text).map(|at| start + at);
    }
    // A quote that nothing closes: all behind it is in it.
    (token.kind == TokenKind::Error && text.starts_with(['"', '\''])).then_some(start)
}

fn unclosed(at_word: &str) -> Option<usize> {
    command::parse(at_word)?.unclosed_quote
}

/// The bracket at or before the cursor and the one that belongs to it; none within quotes.
fn brackets(line: &str, cursor: usize) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (Some(end), _) if character == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => open.push((at, character)),
            (None, ')' | ']' | '}') => {
                let (start, opened) = open.pop()?;
                if !matches!((opened, character), ('(', ')') | ('[', ']') | ('{', '}')) {
                    return None;
                }
                let touches = |place: usize| place == cursor || place + 1 == cursor;
                if touches(start) || touches(at) {
                    return Some((start, at));
                }
            }
            _ => {}
        }
    }
    None
}

fn render(line: &str, codes: &[Option<&'static str>]) -> String {
    let mut text = String::with_capacity(line.len() + 32);
    let mut now = None;
    for (at, character) in line.char_indices() {
        let code = codes.get(at).copied().flatten();
        if code != now {
            if now.is_some() {
                text.push_str("\x1b[0m");
            }
            if let Some(code) = code {
                text.push_str(&format!("\x1b[{code}m"));
            }
            now = code;
        }
        text.push(character);
    }
    if now.is_some() {
        text.push_str("\x1b[0m");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain + rest
    }

    #[test]
    fn colours_change_no_character() {
        for line in ["AT+CGDCONT=1,\"IP\",\"su", "set x = \"a", ":help run", "if x == (1 + [2]) {", "grüße \"ü", ""]
        {
            for cursor in 0..=line.len() {
                assert_eq!(plain(&painted(line, "try {", cursor)), line);
            }
        }
    }

    #[test]
    fn brackets_find_each_other() {
        assert_eq!(brackets("a(b[c])", 7), Some((1, 6)));
        assert_eq!(brackets("a(b[c])", 1), Some((1, 6)));
        assert_eq!(brackets("a(b[c])", 6), Some((3, 5)));
        assert_eq!(brackets("a(\")\")", 6), Some((1, 5)));
        assert_eq!(brackets("a(]", 3), None);
    }
}
