//! An answer held against the clauses under its question: what they capture, or why they fail.

use super::capture::{self, Captured, Miss};
use super::event::RuntimeEvent;
use super::exchange::ClauseValues;
use super::expression::counted;
use super::interpreter::Run;
use super::knowledge;
use super::problem::{End, Problem, Step, code};
use super::question::Asked;
use crate::at::{Line, ResultCode};
use crate::source::Span;
use crate::syntax::ast::{Alternatives, Clause, ClauseKind, Convert, Pattern, PatternKind, PatternPart};
use crate::value::Value;

impl Run<'_> {
    /// Holds the last answer against the clauses: what they capture.
    pub(super) fn judge(&self, asked: &Asked, clauses: &[Clause], values: &ClauseValues) -> Step<Captured> {
        self.judge_result(asked, clauses, values)?;
        let mut captured = Vec::new();
        let question = Some(&*asked.question);
        for (clause, values) in clauses.iter().zip(values) {
            match &clause.kind {
                ClauseKind::Expect(patterns) => {
                    if !self.answers(patterns, values)? {
                        return Err(self.fail(self.no_match(asked, clause.span, patterns, values)));
                    }
                }
                ClauseKind::Capture { fields } => match capture::fields(fields, &self.scope.last.lines, question) {
                    Ok(found) => captured.extend(found),
                    Err(miss) => return Err(self.missed(Some(asked), clause.span, miss)),
                },
                ClauseKind::CaptureAll { fields, record } => {
                    match capture::all(fields, &self.scope.last.lines, question) {
                        Ok(records) => captured.push((record.value.clone(), records)),
                        Err(miss) => return Err(self.missed(Some(asked), clause.span, miss)),
                    }
                }
                ClauseKind::CapturePattern(patterns) => match self.capture_pattern(patterns, values)? {
                    Ok(found) => captured.extend(found),
                    Err(Miss::NoMatch) => {
                        return Err(self.fail(self.no_match(asked, clause.span, patterns, values)));
                    }
                    Err(miss) => return Err(self.missed(Some(asked), clause.span, miss)),
                },
                ClauseKind::ExpectNothing { .. } | ClauseKind::PromptReply { .. } | ClauseKind::PromptCancel { .. } => {
                }
            }
        }
        Ok(captured)
    }

    /// Without another word an answer must end well; an `expect` may want it to end otherwise.
    fn judge_result(&self, asked: &Asked, clauses: &[Clause], values: &ClauseValues) -> Step {
        let Some(result) = &self.scope.last.result else { return Ok(()) };
        if result.is_success() {
            return Ok(());
        }
        let mut wanted = None;
        for (clause, values) in clauses.iter().zip(values) {
            if let ClauseKind::Expect(patterns) = &clause.kind {
                for (pattern, values) in patterns.iter().zip(values) {
                    if self.ends_as(result, pattern, values)? {
                        return Ok(());
                    }
                }
                wanted.get_or_insert((clause.span, patterns, values));
            }
        }
        Err(self.fail(self.unexpected_result(asked, result, wanted)))
    }

    /// Whether a line of the last answer, or its final result code, matches one of the patterns.
    pub(super) fn answers(&self, patterns: &Alternatives, values: &[Vec<String>]) -> Step<bool> {
        let last = &self.scope.last;
        for (pattern, values) in patterns.iter().zip(values) {
            let matcher = self.matcher(pattern)?;
            if last.lines.iter().any(|line| matcher.matches(&line.bytes, values)) {
                return Ok(true);
            }
            if let Some(result) = &last.result
                && self.ends_as(result, pattern, values)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the pattern means this final result code. `ERROR` means every refusal: with `AT+CMEE` it has another
    /// name.
    pub(super) fn ends_as(&self, result: &ResultCode, pattern: &Pattern, values: &[String]) -> Step<bool> {
        let is_refusal = matches!(result, ResultCode::Error | ResultCode::Equipment(_) | ResultCode::Message(_));
        if is_refusal && is_word(pattern, "ERROR") {
            return Ok(true);
        }
        let matcher = self.matcher(pattern)?;
        if *result == ResultCode::Ok {
            return Ok(matcher.matches(b"OK", values));
        }
        Ok(matcher.matches(result.to_string().as_bytes(), values))
    }

    fn capture_pattern(&self, patterns: &Alternatives, values: &[Vec<String>]) -> Step<Result<Captured, Miss>> {
        let last = &self.scope.last;
        // `CONNECT 115200` and errors hold something; an `OK` where lines should be does not.
        let telling = last.result.as_ref().filter(|result| **result != ResultCode::Ok);
        let result = telling.map(|result| Line { bytes: result.to_string().into_bytes() });
        let mut first_miss = None;
        for line in last.lines.iter().chain(&result) {
            match self.capture_line(patterns, values, line)? {
                Some(Ok(captured)) => return Ok(Ok(captured)),
                Some(Err(miss)) => {
                    first_miss.get_or_insert(miss);
                }
                None => {}
            }
        }
        Ok(Err(first_miss.unwrap_or(Miss::NoMatch)))
    }

    /// What the first pattern that matches the line captures; the holes of the others are empty.
    pub(super) fn capture_line(
        &self,
        patterns: &Alternatives,
        values: &[Vec<String>],
        line: &Line,
    ) -> Step<Option<Result<Captured, Miss>>> {
        for (pattern, values) in patterns.iter().zip(values) {
            let Some(captures) = self.matcher(pattern)?.captures(&line.bytes, values) else { continue };
            let found = match capture::holes(&line.bytes, &captures) {
                Ok(found) => found,
                Err(miss) => return Ok(Some(Err(miss))),
            };
            let mut captured = found;
            for other in patterns.iter().filter(|_| patterns.len() > 1) {
                for hole in self.matcher(other)?.holes() {
                    if !captured.iter().any(|(name, _)| *name == hole.name) {
                        captured.push((hole.name.clone(), Value::text("")));
                    }
                }
            }
            return Ok(Some(Ok(captured)));
        }
        Ok(None)
    }

    pub(super) fn keep(&mut self, captured: Captured) {
        let now = self.conversation.now();
        for (name, value) in captured {
            let shown = self.hearing.mask.value(&value);
            self.hearing.listener.on_event(now, RuntimeEvent::Captured { name: &name, value: &shown });
            self.scope.variables.capture(&name, value);
        }
    }

    #[inline(never)]
    fn unexpected_result(
        &self,
        asked: &Asked,
        result: &ResultCode,
        wanted: Option<(Span, &Alternatives, &Vec<Vec<String>>)>,
    ) -> Problem {
        let shown = self.with_meaning(result.to_string(), &asked.text);
        let mut what = format!("{} answered {shown}", asked.text);
        if let Some((_, patterns, values)) = wanted {
            what.push_str(&format!(", expected {}", self.patterns_text(patterns, values)));
        }
        let span = asked.span;
        let mut problem = self.problem(code::UNEXPECTED_RESULT, span, what).label(format!("answered {shown}"));
        if let Some((clause, ..)) = wanted {
            problem = problem.also(clause, "expected this");
        }
        if let Some(advice) = knowledge::advice(result, self.conversation.module()) {
            problem = problem.help(advice);
        }
        self.with_answer(problem, asked)
    }

    #[inline(never)]
    fn no_match(&self, asked: &Asked, clause: Span, patterns: &Alternatives, values: &[Vec<String>]) -> Problem {
        let wanted = self.patterns_text(patterns, values);
        let answered = self.answered(&asked.text);
        let what = match self.scope.last.lines.len() {
            0 | 1 => format!("{} answered {answered}, expected {wanted}", asked.text),
            _ => format!("{} answered {answered}, none of them {wanted}", asked.text),
        };
        let problem = self.problem(code::NO_MATCH, clause, what).label("expected this");
        self.with_answer(problem.also(asked.span, format!("answered {answered}")), asked)
    }

    /// The last answer in a few words: its only line, or how many there are.
    pub(super) fn answered(&self, command: &str) -> String {
        match (self.scope.last.lines.as_slice(), &self.scope.last.result) {
            ([line], _) => self.with_meaning(line.text(), command),
            ([], Some(result)) => format!("only {result}"),
            ([], None) => "nothing".to_owned(),
            (lines, _) => counted(lines.len(), "line"),
        }
    }

    /// A line of an answer and what it means: `+CME ERROR: 10 (SIM not inserted)`.
    fn with_meaning(&self, line: String, command: &str) -> String {
        match knowledge::meaning(&line, command, self.conversation.module()) {
            Some(meaning) => format!("{line} ({meaning})"),
            None => line,
        }
    }

    fn with_answer(&self, problem: Problem, asked: &Asked) -> Problem {
        let last = &self.scope.last;
        let lines = last.lines.iter().map(Line::text).collect();
        problem.sent(&*asked.text).answer(lines, last.result.as_ref().map(ResultCode::to_string))
    }

    #[inline(never)]
    pub(super) fn missed(&self, asked: Option<&Asked>, clause: Span, miss: Miss) -> End {
        let question = asked.map_or("", |asked| &*asked.text);
        let problem = match miss {
            Miss::NoLine | Miss::NoMatch => {
                let what = format!("{question} answered {}: there is nothing to capture", self.answered(question));
                self.problem(code::CAPTURE_MISSING, clause, what).label("no line to capture from")
            }
            Miss::Missing { line, field } => {
                let what = format!("{line} has no parameter {}", field + 1);
                let help = "a parameter that may be missing is captured as `name?`";
                self.problem(code::CAPTURE_MISSING, clause, what).label("more parameters than the line has").help(help)
            }
            Miss::Convert { line, name, value, convert } => {
                let kind = match convert {
                    Convert::Int => "a decimal number",
                    Convert::Hex => "a hexadecimal number",
                    Convert::Text => "a text",
                };
                let what = format!("`{name}` is to be {kind}, and is \"{value}\" in {line}");
                let problem =
                    self.problem(code::CAPTURE_CONVERT, clause, what).label(format!("`{name}` is \"{value}\""));
                match value.is_empty() {
                    true => problem.help(format!("a parameter that may be empty is captured as `{name}:…?`")),
                    false => problem.help(format!("capture it as text, without a kind: `{name}`")),
                }
            }
        };
        match asked {
            Some(asked) => self.fail(self.with_answer(problem.also(asked.span, "asked here"), asked)),
            None => self.fail(problem),
        }
    }

    /// The patterns as they are written, their values in place.
    pub(super) fn patterns_text(&self, patterns: &Alternatives, values: &[Vec<String>]) -> String {
        let texts = patterns.iter().zip(values).map(|(pattern, values)| match (&pattern.kind, values.as_slice()) {
            (PatternKind::Line(parts), [_, ..]) => expanded(parts, values),
            (PatternKind::Line(_) | PatternKind::Regex { .. }, _) => {
                self.scope.program.source().slice(pattern.span).to_owned()
            }
        });
        texts.collect::<Vec<String>>().join(" or ")
    }
}

fn is_word(pattern: &Pattern, word: &str) -> bool {
    match &pattern.kind {
        PatternKind::Line(parts) => matches!(parts.as_slice(), [PatternPart::Text(text)] if text == word),
        PatternKind::Regex { .. } => false,
    }
}

fn expanded(parts: &[PatternPart], values: &[String]) -> String {
    let mut values = values.iter();
    let mut text = String::from("\"");
    for part in parts {
        match part {
            PatternPart::Text(literal) => text.push_str(literal),
            PatternPart::Value(_) => text.push_str(values.next().map(String::as_str).unwrap_or_default()),
            PatternPart::Hole(field) => {
                text.push('{');
                text.push_str(field.name.as_ref().map(|name| name.value.as_str()).unwrap_or_default());
                text.push('}');
            }
        }
    }
    text.push('"');
    text
}
