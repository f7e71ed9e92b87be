//! What is said of an answer, beside what the command is known to answer.

use super::{Asked, KnownCommand};
use crate::at::command::Form;
use crate::catalogue::{self, command::AnswerShape};
use crate::check::exchanges::is_prompt;
use crate::check::findings::Findings;
use crate::check::pattern::Matcher;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Alternatives, Clause, ClauseKind, Pattern, PatternKind, PatternPart, WhenEvent};

/// What a line's commands answer, against what the script says of it.
pub(super) fn lint(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    lint_prompt(commands, asked, findings);
    lint_captures(commands, asked, findings);
    lint_patterns(commands, asked, findings);
}

/// A command that asks for data has a `prompt` under it, and no other has.
fn lint_prompt(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    let prompts = |known: &KnownCommand<'_>| {
        known.entry.and_then(|entry| entry.prompt(known.command.form, &known.values())).map(|prompt| prompt.mark)
    };
    let asks = commands.iter().find_map(|known| Some((known, prompts(known)?)));
    match (asks, asked.clauses.iter().find(|clause| is_prompt(clause))) {
        (Some((known, mark)), None)
            if !expects_failure(asked.clauses)
                && !findings.stands_in_broken_line("prompt")
                && !findings.stands_above_broken_line(known.span) =>
        {
            let message = format!("`{}` asks for data, and nothing answers it", known.name());
            findings.report(
                Diagnostic::new("hayes::check::prompt-missing", &findings.source, message)
                    .at(known.span, format!("answers with the prompt `{mark}`"))
                    .help("put `prompt reply \"…\"` under it, or `prompt cancel`"),
            );
        }
        (None, Some(clause)) => {
            let never = |known: &KnownCommand<'_>| {
                known.entry.is_some_and(|entry| entry.prompt.is_none() || known.command.form == Form::Test)
            };
            if let Some(known) = commands.first().filter(|_| commands.iter().all(never)) {
                let message = format!("`{}` never asks for data", known.name());
                findings.report(
                    Diagnostic::new("hayes::check::never-asks", &findings.source, message)
                        .at(clause.span, "no prompt will come")
                        .help("remove the `prompt`, or put it under the command that asks, such as AT+CMGS=\"…\""),
                );
            }
        }
        (Some(_), _) | (None, None) => {}
    }
}

/// A capture under commands that answer no line.
fn lint_captures(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    let takes_line = |clause: &&Clause| is_capture(clause) && !may_take_result(clause, asked.matchers);
    let Some(clause) = asked.clauses.iter().find(takes_line) else { return };
    let is_silent = |known: &KnownCommand<'_>| {
        let usage = known.entry.and_then(|entry| entry.usage(known.command.form, &known.values()));
        usage.is_some_and(|usage| usage.shape == AnswerShape::None)
    };
    if let Some(known) = commands.first().filter(|_| commands.iter().all(is_silent)) {
        let command = known.written(&findings.source);
        let message = format!("`{command}` answers no line but the final result code");
        findings.report(
            Diagnostic::new("hayes::check::no-lines", &findings.source, message)
                .at(clause.span, "nothing to capture")
                .help("ask with the read form (`?`), or remove the `capture`"),
        );
    }
}

/// Whether a capture may be meant for the final result code: `capture "CONNECT {speed:int}"`.
fn may_take_result(clause: &Clause, matchers: &[Option<Matcher>]) -> bool {
    const RESULTS: [&str; 8] = [
        "CONNECT 115200",
        "NO CARRIER",
        "NO ANSWER",
        "NO DIALTONE",
        "BUSY",
        "ERROR",
        "+CME ERROR: 10",
        "+CMS ERROR: 500",
    ];
    let ClauseKind::CapturePattern(alternatives) = &clause.kind else { return false };
    alternatives.iter().any(|pattern| {
        let begins = |text: &str| RESULTS.iter().any(|result| text.starts_with(word_of(result)));
        match &pattern.kind {
            PatternKind::Line(parts) => matches!(parts.first(), Some(PatternPart::Text(text)) if begins(text)),
            PatternKind::Regex { .. } => {
                let matcher = matchers.get(pattern.id as usize).and_then(Option::as_ref);
                matcher.is_some_and(|matcher| RESULTS.iter().any(|result| matcher.matches(result.as_bytes(), &[])))
            }
        }
    })
}

/// A pattern with the prefix of another command: `+CGREG:` under `AT+CREG?`.
fn lint_patterns(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    let prefix = |known: &KnownCommand<'_>| {
        let usage = known.entry.and_then(|entry| entry.usage(known.command.form, &known.values()))?;
        if usage.shape == AnswerShape::Prefixed { usage.prefix } else { None }
    };
    let Some(prefixes) = commands.iter().map(prefix).collect::<Option<Vec<&str>>>() else { return };
    let Some((known, wanted)) = commands.first().zip(prefixes.first()) else { return };
    for clause in asked.clauses {
        let (ClauseKind::Expect(alternatives) | ClauseKind::CapturePattern(alternatives)) = &clause.kind else {
            continue;
        };
        let is_other = |pattern: &Pattern| pattern_prefix(pattern).is_some_and(|found| is_other(found, &prefixes));
        if let Some(pattern) = alternatives.first()
            && alternatives.iter().all(is_other)
            && let Some(found) = pattern_prefix(pattern)
        {
            let message = format!("`{}` does not answer with `{found}:`", known.name());
            findings.report(
                Diagnostic::new("hayes::check::other-answer", &findings.source, message)
                    .at(pattern.span, "another command's answer")
                    .help(format!("write `{wanted}:`, or ask `AT{found}` instead")),
            );
        }
    }
}

/// A final result code without what varies: `+CME ERROR` of `+CME ERROR: 10`
fn word_of(result: &str) -> &str {
    result.trim_end_matches(|last: char| last.is_ascii_digit() || last == ':' || last == ' ')
}

/// `+CREG` of `"+CREG: {},1"`
fn pattern_prefix(pattern: &Pattern) -> Option<&str> {
    let PatternKind::Line(parts) = &pattern.kind else { return None };
    let Some(PatternPart::Text(text)) = parts.first() else { return None };
    let (prefix, _) = text.split_once(':')?;
    catalogue::command(prefix).map(|_| prefix)
}

/// Whether it is certainly none of these. Modems answer AT+CCID with `+CCID:` or `+ICCID:`: names in each other are
/// left alone.
fn is_other(found: &str, prefixes: &[&str]) -> bool {
    let letters = |prefix: &'_ str| prefix.trim_start_matches(|first: char| !first.is_ascii_alphanumeric()).to_owned();
    let found = letters(found);
    prefixes.iter().all(|prefix| {
        let prefix = letters(prefix);
        !found.contains(&prefix) && !prefix.contains(&found)
    })
}

pub(super) fn is_capture(clause: &Clause) -> bool {
    match clause.kind {
        ClauseKind::Capture { .. } | ClauseKind::CapturePattern(_) | ClauseKind::CaptureAll { .. } => true,
        ClauseKind::Expect(_)
        | ClauseKind::ExpectNothing { .. }
        | ClauseKind::PromptReply { .. }
        | ClauseKind::PromptCancel { .. }
        | ClauseKind::When { .. } => false,
    }
}

/// Whether the script expects the command to be refused.
pub(super) fn expects_failure(clauses: &[Clause]) -> bool {
    expects(clauses, &["ERROR", "+CME", "+CMS"])
}

/// Whether an `expect` waits for a line that begins so.
pub(super) fn expects(clauses: &[Clause], starts: &[&str]) -> bool {
    let begins_so = |alternatives: &Alternatives| {
        alternatives.iter().any(|pattern| match &pattern.kind {
            PatternKind::Line(parts) => match parts.first() {
                Some(PatternPart::Text(text)) => starts.iter().any(|start| text.starts_with(start)),
                Some(PatternPart::Value(_) | PatternPart::Hole(_)) | None => false,
            },
            PatternKind::Regex { text, .. } => starts.iter().any(|start| text.contains(start.trim_start_matches('+'))),
        })
    };
    clauses.iter().any(|clause| {
        matches!(&clause.kind, ClauseKind::Expect(alternatives)
            | ClauseKind::When { event: WhenEvent::Line(alternatives), .. } if begins_so(alternatives))
    })
}
