//! The canonical form of a script: two spaces a block, two more for the lines under a question, one space between
//! words, at most one blank line in a row.
//!
//! It works on the text and not on the tree, so that what a person chose stays: quotes, parentheses, `send` before an
//! AT command, comments, and the white space that lines up comments and the descriptions of params.

use std::sync::Arc;

use pest::iterators::Pair;

use super::LONGEST_SCRIPT_LINE;
use super::assemble::assemble;
use super::grammar::{self, Rule};
use super::lexemes::lines;
use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// The canonical form of a script. Never changes what the script means; its own canonical form is itself.
///
/// # Errors
/// The script's syntax errors, as from [`super::parse`].
pub fn format(source: &Arc<Source>) -> Result<String, Vec<Diagnostic>> {
    super::on_enough_stack(|| format_lines(source))
}

fn format_lines(source: &Arc<Source>) -> Result<String, Vec<Diagnostic>> {
    let (_, errors) = assemble(source);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut formatter = Formatter::default();
    for line in lines(&source.text) {
        formatter.line(line.text);
    }
    Ok(formatter.end())
}

#[derive(Default)]
struct Formatter<'a> {
    formatted: String,
    /// How far the lines of the innermost block are indented.
    depth: usize,
    /// By how much each open block indents its lines: one, and two under the `when` of a question.
    steps: Vec<usize>,
    /// Comments, and blank lines as `None`, that take the indentation of the line they stand above.
    waiting: Vec<Option<&'a str>>,
}

impl<'a> Formatter<'a> {
    fn line(&mut self, text: &'a str) {
        let code = text.trim_matches([' ', '\t']);
        if code.is_empty() {
            self.waiting.push(None);
        } else if code.starts_with('#') {
            self.waiting.push(Some(code.trim_end()));
        } else {
            self.code(code);
        }
    }

    fn code(&mut self, code: &str) {
        let Canonical { text, closes, opens, clause } = canonical(code);
        // A comment above a `}` speaks of the block that ends there.
        self.flush(self.depth + usize::from(clause));
        let ended = if closes { self.steps.pop().unwrap_or(1) } else { 1 };
        self.depth = self.depth.saturating_sub(usize::from(closes) * ended);
        let step = ended.max(1 + usize::from(clause));
        self.write(self.depth + step - 1, &text);
        if opens {
            self.depth += step;
            self.steps.push(step);
        }
    }

    fn flush(&mut self, indentation: usize) {
        let mut blank = self.formatted.is_empty();
        for comment in std::mem::take(&mut self.waiting) {
            match comment {
                Some(comment) => self.write(indentation, comment),
                None if !blank => self.formatted.push('\n'),
                None => {}
            }
            blank = comment.is_none();
        }
    }

    fn write(&mut self, indentation: usize, line: &str) {
        self.formatted.extend(std::iter::repeat_n("  ", indentation));
        self.formatted.push_str(line);
        self.formatted.push('\n');
    }

    fn end(mut self) -> String {
        while self.waiting.last().is_some_and(Option::is_none) {
            self.waiting.pop();
        }
        self.flush(self.depth);
        self.formatted
    }
}

/// A line's canonical form without its indentation, and what it does to that.
struct Canonical {
    text: String,
    closes: bool,
    opens: bool,
    clause: bool,
}

fn canonical(code: &str) -> Canonical {
    let mut line = Canonical { text: String::with_capacity(code.len()), closes: false, opens: false, clause: false };
    let Ok(Some(pair)) = grammar::parse(Rule::line, code) else {
        // Lines that do not parse never come here; a text is not worth less than its form.
        line.text.push_str(code);
        return line;
    };
    let mut before: Option<Pair<'_, Rule>> = None;
    let mut is_one_line = false;
    let mut end = 0;
    let mut glued = false;
    let mut aligned = false;
    for pair in pair.into_inner().flatten() {
        let (rule, span) = (pair.as_rule(), pair.as_span());
        if span.start() < end {
            continue; // A part of a word.
        }
        line.clause |= matches!(
            rule,
            Rule::expect_line | Rule::capture_line | Rule::prompt_line | Rule::when_line | Rule::else_line
        );
        is_one_line |= rule == Rule::one_line;
        line.closes |= rule == Rule::brace_close;
        line.opens |= rule == Rule::brace_open;
        glued |= rule == Rule::index;
        aligned |= matches!(rule, Rule::about | Rule::comment);
        if rule == Rule::EOI || !is_word(&pair) {
            continue;
        }
        if let Some(before) = &before {
            let gap = code.get(before.as_span().end()..span.start()).unwrap_or(" ");
            if aligned {
                line.text.push_str(gap);
            } else if !glued && !sticks(before.as_rule(), rule) && !is_range(before) && !is_range(&pair) {
                line.text.push(' ');
            }
        }
        push_word(&mut line.text, &pair);
        (glued, aligned) = (false, false);
        end = span.end();
        before = Some(pair);
    }
    line.opens &= !is_one_line;
    line.closes &= !is_one_line;
    if line.text.len() > LONGEST_SCRIPT_LINE {
        code.clone_into(&mut line.text);
    }
    line
}

/// Whether a pair is written as one word: what has no parts, and text, which is left as it stands.
fn is_word(pair: &Pair<'_, Rule>) -> bool {
    matches!(
        pair.as_rule(),
        Rule::string
            | Rule::at_word
            | Rule::regex
            | Rule::pattern_double
            | Rule::pattern_single
            | Rule::bare_word
            | Rule::duration
    ) || pair.clone().into_inner().next().is_none()
}

/// Whether no space stands between two words.
fn sticks(before: Rule, after: Rule) -> bool {
    matches!(
        before,
        Rule::parenthesis_open | Rule::bracket_open | Rule::dot | Rule::minus_sign | Rule::colon | Rule::function
    ) || matches!(
        after,
        Rule::comma | Rule::parenthesis_close | Rule::bracket_close | Rule::colon | Rule::optional_mark | Rule::dot
    )
}

/// `1..10`
fn is_range(pair: &Pair<'_, Rule>) -> bool {
    pair.as_rule() == Rule::operator && pair.as_str() == ".."
}

fn push_word(text: &mut String, pair: &Pair<'_, Rule>) {
    match pair.as_rule() {
        // `not in` has white space in it.
        Rule::operator => {
            for (at, word) in pair.as_str().split_ascii_whitespace().enumerate() {
                text.push_str(if at == 0 { "" } else { " " });
                text.push_str(word);
            }
        }
        // A text of several lines keeps its lines; their ends become this file's.
        Rule::string if pair.as_str().contains('\r') => text.push_str(&pair.as_str().replace("\r\n", "\n")),
        _ => text.push_str(pair.as_str()),
    }
}
