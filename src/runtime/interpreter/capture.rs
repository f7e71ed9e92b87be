//! An answer held against the lines under its question: what `expect` wants, what `capture` takes out of lines.
//!
//! A capture takes parameters by the AT rules, or the holes of a pattern. Of several lines the first that conforms is
//! taken: that has all the parameters, and each of the kind that is asked for. What kept the first line from conforming
//! is what a failure tells.

use std::collections::BTreeSet;
use std::fmt::Display;

use regex::Regex;

use super::{ClauseValues, End, ReadyQuestion, ScriptView, Step, Values};
use crate::at::command::{self, Command, Form};
use crate::at::parameters::{self as at_parameters, Parameter, Written, parameters, prefix_length, split_prefix};
use crate::at::{self, Line, PromptPlan, Question, ResultCode};
use crate::catalogue::command::{needs_radio_off, values};
use crate::catalogue::entry::{FieldKind, KnownField, Usage};
use crate::catalogue::explain::{self, Context, advice, beside, remedy};
use crate::catalogue::{self, Catalogue, meant, result_code, urc};
use crate::check::{
    Evaluate, Hole, Matcher, Program, anywhere, counted, from_text, from_the_beginning, known_line, with_prefix,
};
use crate::guard::{PinAttempt, tries_told};
use crate::notation::{quoted, text};
use crate::port::transcript::MASKED;
use crate::runtime::failure::Failure;
use crate::sms::Coding;
use crate::source::Span;
use crate::syntax::ast::{
    Alternatives, Block, Clause, ClauseKind, Convert, Expression, Field, Pattern, PatternKind, PatternPart, WhenEvent,
};
use crate::value::Value;

pub(super) type Captured = Vec<(String, Value)>;

/// The question that was answered; none for a line that came by itself.
type Posed<'q> = Option<&'q ReadyQuestion>;

#[derive(Debug, PartialEq)]
enum Miss {
    NoLine,
    /// The line has no such parameter: the field's place, from 0
    Missing {
        line: String,
        field: usize,
    },
    /// The parameter is of another kind
    Convert {
        line: String,
        name: String,
        value: String,
        convert: Convert,
    },
    NoMatch,
}

/// A number of an older network in hex, an ESN, has so many.
const FEWEST_DIGITS: usize = 8;

impl ScriptView<'_> {
    pub(super) fn clause_values(&self, clauses: &[Clause]) -> Step<ClauseValues> {
        clauses.iter().map(|clause| self.alternatives_values(clause.patterns())).collect()
    }

    /// Holds the last answer against the clauses: what they capture.
    pub(super) fn judge(&self, asked: &ReadyQuestion, clauses: &[Clause], values: &ClauseValues) -> Step<Captured> {
        self.judge_result(asked, clauses, values)?;
        let mut captured = Vec::new();
        for (clause, values) in clauses.iter().zip(values) {
            captured.extend(self.captured(Some(asked), clause, values)?);
        }
        Ok(captured)
    }

    /// What a clause takes out of the last answer; out of the line that was awaited, where nothing was asked.
    pub(super) fn captured(&self, asked: Option<&ReadyQuestion>, clause: &Clause, values: &Values) -> Step<Captured> {
        let lines = &self.scope.last.lines;
        let question = asked.map(|asked| &*asked.question);
        let captured = match &clause.kind {
            ClauseKind::Expect(patterns) | ClauseKind::ExpectLast(patterns) => {
                let answers = self.answers(asked, clause.span, patterns, values)?;
                if answers { Ok(Captured::new()) } else { Err(Miss::NoMatch) }
            }
            ClauseKind::Capture { fields } => self::fields(fields, lines, question),
            ClauseKind::CaptureAll { fields, record } => {
                all(fields, lines, question).map(|records| vec![(record.value.clone(), records)])
            }
            ClauseKind::CapturePattern(patterns) => self.capture_pattern(lines, patterns, values),
            ClauseKind::CaptureAllPattern { patterns, record } => {
                let rows = lines.iter().filter_map(|line| self.capture_line(patterns, values, line));
                let rows = rows.map(|row| row.map(self::record)).collect::<Result<Vec<Value>, Miss>>();
                rows.map(|rows| vec![(record.value.clone(), Value::list(rows))])
            }
            ClauseKind::ExpectNothing { .. }
            | ClauseKind::ExpectRestart { .. }
            | ClauseKind::Prompt { .. }
            | ClauseKind::When { .. } => Ok(Captured::new()),
        };
        let takes_all = matches!(clause.kind, ClauseKind::CaptureAll { .. } | ClauseKind::CaptureAllPattern { .. });
        if takes_all || captured.is_err() {
            self.is_whole(clause.span)?;
        }
        if let (Ok(captured), Some(asked)) = (&captured, asked)
            && captured.iter().any(|(_, value)| *value != Value::text(""))
        {
            self.has_its_form(asked, clause.span)?;
        }
        match (captured, &clause.kind) {
            (Ok(captured), ClauseKind::Capture { fields }) => {
                let says_so =
                    |line: &Line| conforms(fields, &line.bytes, question).is_ok_and(|other| other == captured);
                self.agreed(asked, clause.span, says_so)?;
                Ok(captured)
            }
            (Ok(captured), ClauseKind::CapturePattern(patterns)) => {
                self.agreed(asked, clause.span, |line| self.says(patterns, line, values, &captured))?;
                Ok(captured)
            }
            (Ok(captured), _) => Ok(captured),
            (
                Err(Miss::NoMatch),
                ClauseKind::Expect(patterns) | ClauseKind::ExpectLast(patterns) | ClauseKind::CapturePattern(patterns),
            ) => Err(self.fail(self.no_match(asked, clause.span, patterns, values))),
            (Err(miss), _) => Err(self.missed(asked, clause.span, miss)),
        }
    }

    /// Fails where the answer is to be an IMEI, an IMSI or an ICCID, as the catalogue tells, and no line has as many
    /// digits. Modems write them in groups too, and numbers of older networks in hex.
    fn has_its_form(&self, asked: &ReadyQuestion, span: Span) -> Step {
        let line = command::parse(&asked.text);
        let Some([only]) = line.as_ref().map(|line| line.commands.as_slice()) else { return Ok(()) };
        let [field] = known_fields(only) else { return Ok(()) };
        if !matches!(field.kind(), FieldKind::Iccid | FieldKind::Imei | FieldKind::Imsi) {
            return Ok(());
        }
        let fewest = if field.kind() == FieldKind::Iccid { 18 } else { 14 };
        let is_one = |line: &Line| {
            let words = line.bytes.split(|byte| !byte.is_ascii_alphanumeric());
            let digits = words.filter(|word| word.iter().all(u8::is_ascii_hexdigit)).collect::<Vec<_>>().concat();
            let is_old = field.kind() == FieldKind::Imei && !digits.iter().all(u8::is_ascii_digit);
            digits.len() >= if is_old { FEWEST_DIGITS } else { fewest }
        };
        if self.scope.last.lines.iter().any(is_one) {
            return Ok(());
        }
        let values: [&dyn Display; 3] = [&asked.text, &self.answered(&asked.text), &field.what];
        Err(self.fail(self.with_answer(self.told("hayes::run::capture-convert form", span, &values), Some(asked))))
    }

    /// The lines of a text, or of the texts of a list: what `capture … from` reads.
    pub(super) fn lines_of(&self, from: &Expression) -> Step<Vec<Line>> {
        let whole = self.evaluate(from)?;
        let lines = |text: &str| text.lines().map(|line| Line { bytes: line.into() }).collect::<Vec<Line>>();
        let wrong = |value: &Value| self.unfit("hayes::run::type lines", from.span, value);
        if let Value::Text(text) = &whole {
            return Ok(lines(text));
        }
        let Value::List(items) = &whole else { return Err(wrong(&whole)) };
        let each =
            items.iter().map(|item| if let Value::Text(text) = item { Ok(lines(text)) } else { Err(wrong(item)) });
        Ok(each.collect::<Step<Vec<_>>>()?.concat())
    }

    /// The block of the first `when` that the last answer, or the awaited line, is of the form of; what its pattern
    /// captures. Of an answer that ended in an error only the error counts.
    pub(super) fn taken<'c>(
        &self,
        asked: Option<&ReadyQuestion>,
        clauses: &'c [Clause],
        values: &ClauseValues,
    ) -> Step<(Captured, &'c Block)> {
        let (mut wanted, mut wanted_values, mut first) = (Alternatives::new(), Vec::new(), None);
        let is_refused = self.scope.last.result.as_ref().is_some_and(|result| !result.is_success());
        let lines = if is_refused { &[] } else { self.scope.last.lines.as_slice() };
        for (clause, values) in clauses.iter().zip(values) {
            let ClauseKind::When { event, body } = &clause.kind else { continue };
            let patterns = match event {
                WhenEvent::Line(patterns) => patterns,
                WhenEvent::Timeout | WhenEvent::Restart => continue,
                WhenEvent::Otherwise => {
                    let is_whole = if first.is_some() && !is_refused { self.is_whole(clause.span) } else { Ok(()) };
                    return is_whole.map(|()| (Captured::new(), body));
                }
            };
            match self.capture_pattern(lines, patterns, values) {
                Ok(captured) if is_refused => return Ok((captured, body)),
                Ok(captured) => {
                    self.agreed(asked, clause.span, |line| self.says(patterns, line, values, &captured))?;
                    return Ok((captured, body));
                }
                Err(Miss::NoMatch) => {
                    let is_answer = || self.answers(asked, clause.span, patterns, values);
                    if self.refused_as(patterns, values) || !is_refused && is_answer()? {
                        // The names of a pattern that a final result code without them has matched
                        let matchers = patterns.iter().filter_map(|pattern| self.scope.program.matcher(pattern));
                        let holes = matchers.flat_map(Matcher::holes);
                        return Ok((holes.map(|hole| (hole.name.clone(), Value::text(""))).collect(), body));
                    }
                }
                Err(miss) => return Err(self.missed(asked, clause.span, miss)),
            }
            first.get_or_insert(clause.span);
            wanted.extend(patterns.iter().cloned());
            wanted_values.extend(values.iter().cloned());
        }
        let span = first.unwrap_or_default();
        match (asked, &self.scope.last.result) {
            (Some(asked), Some(result)) if !result.is_success() => {
                let wanted = first.map(|span| (span, &wanted, &wanted_values));
                Err(self.unexpected_result(asked, result, wanted))
            }
            (Some(asked), _) if first.is_none() => {
                let values: [&dyn Display; 2] = [&asked.text, &self.answered(&asked.text)];
                let failure = self.told("hayes::run::no-match when", asked.span, &values);
                Err(self.fail(self.with_answer(failure, Some(asked))))
            }
            (asked, _) => Err(self.fail(self.no_match(asked, span, &wanted, &wanted_values))),
        }
    }

    /// Without another word an answer must end well; an `expect` may want it to end otherwise.
    fn judge_result(&self, asked: &ReadyQuestion, clauses: &[Clause], values: &ClauseValues) -> Step {
        let refusal = self.scope.last.result.as_ref().filter(|result| !result.is_success());
        let Some(result) = refusal else { return Ok(()) };
        let mut wanted = None;
        for (clause, values) in clauses.iter().zip(values) {
            if let ClauseKind::Expect(patterns) | ClauseKind::ExpectLast(patterns) = &clause.kind {
                if self.refused_as(patterns, values) {
                    return Ok(());
                }
                wanted.get_or_insert((clause.span, patterns, values));
            }
        }
        Err(self.unexpected_result(asked, result, wanted))
    }

    /// Whether a line of the last answer, or its final result code, matches one of the patterns.
    pub(super) fn answers(&self, asked: Posed<'_>, span: Span, patterns: &Alternatives, values: &Values) -> Step<bool> {
        let last = &self.scope.last;
        let known = || patterns.iter().zip(values);
        let of_lines = || known().filter(|(pattern, _)| self.looks_at_lines(pattern));
        let matches = |line: &Line| of_lines().any(|(pattern, values)| self.matches_line(pattern, &line.bytes, values));
        if last.lines.iter().any(matches) {
            return self.agreed(asked, span, matches).map(|()| true);
        }
        let ends = |result: &ResultCode| known().any(|(pattern, values)| self.ends_as(result, pattern, values));
        let is_met = last.result.as_ref().is_some_and(ends);
        if is_met || of_lines().next().is_none() { Ok(is_met) } else { self.is_whole(span).map(|()| false) }
    }

    /// Fails where the last answer was larger than what is kept: what is cut gives no value.
    pub(crate) fn is_whole(&self, span: Span) -> Step {
        let last = &self.scope.last;
        let sent = last.sent.as_deref().filter(|_| last.is_cut);
        sent.map_or(Ok(()), |sent| Err(self.failed("hayes::run::too-large", span, &[&sent])))
    }

    fn says(&self, patterns: &Alternatives, line: &Line, values: &Values, captured: &Captured) -> bool {
        matches!(self.capture_line(patterns, values, line), Some(Ok(other)) if other == *captured)
    }

    /// Fails where the answer is to be one line and another one does not say the same: `+CPIN: SIM PIN` behind
    /// `+CPIN: READY`.
    fn agreed(&self, asked: Option<&ReadyQuestion>, span: Span, says_so: impl Fn(&Line) -> bool) -> Step {
        let (Some(asked), lines @ [_, _, ..]) = (asked, self.scope.last.lines.as_slice()) else { return Ok(()) };
        let mut saying = lines.iter().filter(|line| says_so(line)).peekable();
        let says = saying.peek().copied();
        let said = says.and_then(|line| split_prefix(&line.bytes).0);
        let names: Vec<_> = asked.question.names().collect();
        // An `ensure` asks for what is set. Of a command that nobody knows two values of one thing contradict each
        // other.
        let first = |line: &Line| parameters(split_prefix(&line.bytes).1).next().map(|field| field.value.to_vec());
        let is_of_one = |line: &Line| {
            let is_alone = parameters(split_prefix(&line.bytes).1).nth(1).is_none();
            is_alone || says.map(first) == Some(first(line))
        };
        let is_unknown =
            |name: &[u8]| std::str::from_utf8(name).is_ok_and(|name| catalogue::lookup::command(name).is_none());
        let told: BTreeSet<_> = saying.filter_map(|line| Catalogue::told_of(&line.bytes)).collect();
        let contradicts = |line: &&Line| {
            let (name, form) = match (asked.question.form_of(&line.bytes), names.as_slice()) {
                (Some(form), _) => (&[][..], form),
                (None, [(name, form)]) => (*name, *form),
                (None, _) => return false,
            };
            let prefix = split_prefix(&line.bytes).0;
            let is_alike = prefix == said || prefix.is_none() || said.is_none();
            let is_set_twice = || span == asked.span && prefix.is_some_and(is_unknown) && is_of_one(line);
            let is_again =
                || form != Form::Test && Catalogue::told_of(&line.bytes).is_some_and(|it| told.contains(&it));
            let is_one = Catalogue.answers_once(&line.bytes, name, form) || is_set_twice() || is_again();
            is_alike && is_one && !says_so(line)
        };
        let other = lines.iter().find(contradicts);
        other.map_or(Ok(()), |other| Err(self.contradicts(Some(asked), span, other)))
    }

    #[inline(never)]
    fn contradicts(&self, asked: Option<&ReadyQuestion>, clause: Span, other: &Line) -> End {
        let lines: Vec<String> = self.scope.last.lines.iter().map(Line::text).collect();
        let problem = self.told("hayes::run::no-match twice", clause, &[&lines.join(", and "), &other.text()]);
        self.fail(self.with_answer(problem, asked))
    }

    pub(super) fn refused_as(&self, patterns: &Alternatives, values: &Values) -> bool {
        let refusal = self.scope.last.result.as_ref().filter(|result| !result.is_success());
        let mut patterns = patterns.iter().zip(values);
        refusal.is_some_and(|result| patterns.any(|(pattern, values)| self.ends_as(result, pattern, values)))
    }

    /// Whether the pattern means this final result code. `ERROR` means every refusal: with `AT+CMEE` it has another
    /// name.
    fn ends_as(&self, result: &ResultCode, pattern: &Pattern, values: &[String]) -> bool {
        let is_refusal = matches!(result, ResultCode::Error | ResultCode::Equipment(_) | ResultCode::Message(_));
        if is_refusal && pattern.plain() == Some("ERROR") {
            return true;
        }
        if *result == ResultCode::Ok {
            return self.matches_line(pattern, b"OK", values);
        }
        self.matches_line(pattern, result.to_string().as_bytes(), values)
    }

    /// `OK` and `ERROR` mean how the answer ended, where it has: not a line that begins so.
    fn looks_at_lines(&self, pattern: &Pattern) -> bool {
        self.scope.last.result.is_none() || !matches!(pattern.plain(), Some("OK" | "ERROR"))
    }

    fn capture_pattern(&self, lines: &[Line], patterns: &Alternatives, values: &Values) -> Result<Captured, Miss> {
        let last = &self.scope.last;
        // `CONNECT 115200` and errors hold something; an `OK` where lines should be does not.
        let telling = last.result.as_ref().filter(|result| **result != ResultCode::Ok);
        let result = telling.map(|result| Line { bytes: result.to_string().into_bytes() });
        let mut first_miss = None;
        for line in lines.iter().chain(&result) {
            match self.capture_line(patterns, values, line) {
                Some(Ok(captured)) => return Ok(captured),
                Some(Err(miss)) => {
                    first_miss.get_or_insert(miss);
                }
                None => {}
            }
        }
        Err(first_miss.unwrap_or(Miss::NoMatch))
    }

    /// What the first pattern that matches the line captures; the holes of the others are empty.
    fn capture_line(&self, patterns: &Alternatives, values: &Values, line: &Line) -> Option<Result<Captured, Miss>> {
        let matcher = |pattern| self.scope.program.matcher(pattern);
        let mut known = patterns.iter().zip(values).filter(|(pattern, _)| self.looks_at_lines(pattern));
        let (first, found) = known.find_map(|(pattern, values)| {
            let matcher = matcher(pattern)?;
            let found = matcher.captures(header(&line.bytes), values).or_else(|| matcher.captures(&line.bytes, values));
            Some((matcher, found?))
        })?;
        let mut captured = match holes(&line.bytes, first.holes(), &found) {
            Ok(found) => found,
            Err(miss) => return Some(Err(miss)),
        };
        if patterns.len() > 1 {
            for hole in patterns.iter().filter_map(matcher).flat_map(Matcher::holes) {
                if !captured.iter().any(|(name, _)| *name == hole.name) {
                    captured.push((hole.name.clone(), Value::text("")));
                }
            }
        }
        Some(Ok(captured))
    }

    #[inline(never)]
    fn unexpected_result(
        &self,
        asked: &ReadyQuestion,
        result: &ResultCode,
        wanted: Option<(Span, &Alternatives, &Vec<Vec<String>>)>,
    ) -> End {
        let shown = self.with_meaning(result.to_string(), &asked.text);
        let mut what = format!("{} answered {shown}", asked.text);
        if let Some((_, patterns, values)) = wanted {
            what.push_str(&format!(", expected {}", self.patterns_text(patterns, values)));
        }
        let problem = self.problem("hayes::run::unexpected-result", asked.span, what);
        let mut problem = problem.label(format!("answered {shown}"));
        if let Some((clause, ..)) = wanted {
            problem = problem.also(clause, "expected this");
        }
        let line = command::parse(&asked.text);
        let commands = || line.iter().flat_map(|line| &line.commands);
        // What is masked is not told by what helps against it.
        let advice = || advice(result, self.module).filter(|_| !self.mask.hides(&result.to_string()));
        let last = commands().last().filter(|_| matches!(result, ResultCode::Error));
        let refused = || last.and_then(explain::refused);
        if commands().any(needs_radio_off) {
            problem = problem.help("it is taken only while the radio is off: AT+CFUN=4 before it, AT+CFUN=1 behind it");
        } else if let Some(instead) = commands().find_map(|asked| meant(asked.name)) {
            problem = problem.help(instead);
        } else if asked.stakes.tries_pin && result.to_string() == "ERROR" {
            let told = PinAttempt::of(&asked.line).and_then(|pin| tries_told(&pin.opens, self.module).first().copied());
            let told = told.map(|(line, _)| format!(", and {line} for the tries that are left")).unwrap_or_default();
            let help = format!("the SIM is open, or the PIN wrong and a try lost: ask AT+CPIN?{told}, before another");
            problem = problem.help(help);
        } else if let Some(advice) = too_long(asked).or_else(refused).or_else(|| advice().map(str::to_owned)) {
            problem = problem.help(advice);
        }
        self.fail(self.with_answer(problem, Some(asked)))
    }

    #[inline(never)]
    fn no_match(&self, asked: Posed<'_>, clause: Span, patterns: &Alternatives, values: &Values) -> Box<Failure> {
        let wanted = self.patterns_text(patterns, values);
        let Some(asked) = asked else {
            let what = match self.scope.last.lines.as_slice() {
                [] => format!("there is no line to match {wanted}"),
                [line] => format!("{} does not match {wanted}", line.text()),
                lines => format!("none of {} matches {wanted}", counted(lines.len(), "line")),
            };
            return self.with_answer(self.problem("hayes::run::no-match", clause, what), None);
        };
        let answered = self.answered(&asked.text);
        let what = match self.scope.last.lines.len() {
            0 | 1 => format!("{} answered {answered}, expected {wanted}", asked.text),
            _ => format!("{} answered {answered}, none of them {wanted}", asked.text),
        };
        let mut problem = self.problem("hayes::run::no-match", clause, what).label("expected this");
        let first = wanted.split(if wanted.starts_with('\'') { '\'' } else { '"' }).nth(1).unwrap_or_default();
        let is_known =
            urc(first.as_bytes()).is_some() || result_code(first).is_some_and(|known| !known.commands.is_empty());
        let comes_by_itself = self.scope.last.lines.is_empty() && is_known;
        let later = || match first.split_once([':', '{']) {
            Some((prefix, values)) if values.contains(|it: char| it.is_ascii_alphabetic()) => format!(
                "this line comes by itself, before OK or after it: write `await \"{prefix}:\" within 60s` in a line \
                 below, and this `capture` under it"
            ),
            _ => format!("this line comes by itself, before OK or after it: write `await {wanted}` in a line below"),
        };
        if let Some(help) = self.nearly(patterns, values, &asked.text).or_else(|| comes_by_itself.then(later)) {
            problem = problem.help(help);
        } else if remedy(&first.replace("{}", "0"), &self.context(&asked.text)).is_none() {
            // Who expects a state that is otherwise mended knows what he does.
            self.advise(&mut problem, &asked.text);
            if let Some(help) = self.next_step(patterns, values, &asked.text).filter(|_| problem.meaning.is_none()) {
                problem = problem.help(help);
            }
        }
        self.with_answer(problem.also(asked.span, format!("answered {answered}")), Some(asked))
    }

    /// What to write where a pattern nearly matches: it stands within a line of the answer, ends within a word, is
    /// written in another case.
    fn nearly(&self, patterns: &Alternatives, values: &Values, asked: &str) -> Option<String> {
        let lines: Vec<String> = self.scope.last.lines.iter().map(|line| self.mask.string(line.text())).collect();
        let prefix = |line: &String| line.get(..prefix_length(line.as_bytes())?).map(str::to_owned);
        let prefixes: Vec<String> = lines.iter().filter_map(prefix).collect();
        patterns.iter().zip(values).find_map(|(pattern, values)| {
            let written = self.mask.text(self.scope.program.source().slice(pattern.span));
            if let PatternKind::Line(_) = pattern.kind
                && let Some(whole) = prefixes.iter().find_map(|prefix| with_prefix(&written, prefix))
            {
                return Some(format!("a pattern begins where the line begins: write `{whole}`"));
            }
            match (&pattern.kind, self.shown(pattern, values).as_deref()) {
                (PatternKind::Regex { text, ignore_case, .. }, _) => {
                    let matches =
                        |regex: &str| Regex::new(regex).is_ok_and(|regex| lines.iter().any(|it| regex.is_match(it)));
                    let bare = text.trim_start_matches('^').trim_end_matches('$');
                    if !ignore_case && matches(&format!("(?i){text}")) {
                        return Some(format!("upper and lower case count: write `/{text}/i`"));
                    }
                    let anchored = bare.len() < text.len() && matches(bare);
                    anchored.then(|| format!("`^` and `$` are the line's beginning and end: write `/{bare}/`"))
                }
                (PatternKind::Line(_), Some("OK" | "ERROR")) => None,
                (PatternKind::Line(_), Some(text)) => match lines.iter().find_map(|line| nearly(line, text, asked)) {
                    None if asked.starts_with(text) => Some(
                        "what is echoed is no part of the answer: leave this out, an answer must end in OK".to_owned(),
                    ),
                    found => found,
                },
                (PatternKind::Line(_), None) => None,
            }
        })
    }

    /// The text of a pattern, where it may be told: what is made of a secret would not be masked any more.
    fn shown(&self, pattern: &Pattern, values: &[String]) -> Option<String> {
        plain(pattern, values).filter(|text| !self.mask.hides(text))
    }

    /// What to write for a text that begins no line of the answer, and is not near any: the help, and the pattern.
    fn beginning(&self, patterns: &Alternatives, values: &Values, asked: &str) -> Option<(String, String)> {
        let ([pattern], [values], [first, ..]) = (patterns.as_slice(), values, self.scope.last.lines.as_slice()) else {
            return None;
        };
        let text = self.shown(pattern, values).filter(|text| at::result_code::parse(text.as_bytes()).is_none())?;
        let prefix = prefix_length(&first.bytes).and_then(|length| first.bytes.get(..length))?;
        if text.as_bytes().starts_with(prefix) || text.starts_with(|it: char| !it.is_ascii_alphanumeric()) {
            return None;
        }
        let line = command::parse(asked)?;
        let [command] = line.commands.as_slice() else { return None };
        let whole = known_usage(command).and_then(|usage| known_line(usage, &text));
        let help = from_the_beginning(whole.as_deref(), &text);
        Some((help, whole.unwrap_or_else(|| anywhere(&text))))
    }

    /// What to write behind `ensure` in the place of a pattern that cannot match.
    pub(super) fn meant(&self, patterns: &Alternatives, values: &Values, asked: &str) -> Option<String> {
        self.nearly(patterns, values, asked).or_else(|| Some(self.beginning(patterns, values, asked)?.0))
    }

    /// What to write where no line of an answer holds what was looked for.
    fn next_step(&self, patterns: &Alternatives, values: &Values, asked: &str) -> Option<String> {
        let beginning = self.beginning(patterns, values, asked);
        let [pattern] = patterns.as_slice() else { return None };
        let is_set = reads_what_is_set(asked) && plain(pattern, values.first()?).is_some();
        let source = self.scope.program.source();
        let written = beginning.as_ref().map_or_else(|| source.slice(pattern.span), |(_, written)| written);
        let ensure = is_set.then(|| format!("to set it where it differs: `ensure {asked} answers {written} else {{`"));
        let helps: Vec<String> = beginning.as_ref().map(|(help, _)| help.clone()).into_iter().chain(ensure).collect();
        (!helps.is_empty()).then(|| helps.join("; "))
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

    /// A line of an answer and what it means beside what it says: `+CME ERROR: 10 (SIM not inserted)`. With `AT+CMEE=2`
    /// the modem says it itself.
    fn with_meaning(&self, line: String, command: &str) -> String {
        let line = self.mask.string(line);
        match beside(&line, &self.context(command)) {
            Some(meaning) if !line.to_lowercase().contains(&meaning.to_lowercase()) => format!("{line} ({meaning})"),
            Some(_) | None => line,
        }
    }

    fn context<'c>(&self, command: &'c str) -> Context<'c> {
        Context { command: Some(command), module: self.module }
    }

    /// What usually mends it, where the only line of the last answer is known to be no lasting state.
    pub(super) fn advise(&self, problem: &mut Failure, command: &str) {
        let [line] = self.scope.last.lines.as_slice() else { return };
        // What is tried again already needs no such advice.
        let is_new = |advice: &&str| self.scope.attempt == 0 || !advice.contains("`retry ");
        if let Some(advice) = remedy(&self.mask.text(&line.text()), &self.context(command)).filter(is_new) {
            problem.also_means(advice.to_owned());
        }
    }

    fn with_answer(&self, problem: Box<Failure>, asked: Option<&ReadyQuestion>) -> Box<Failure> {
        let problem = problem.answer(&self.scope.last.lines, self.scope.last.result.as_ref());
        match asked {
            Some(asked) => problem.sent(&*asked.text),
            None => problem,
        }
    }

    #[inline(never)]
    fn missed(&self, asked: Option<&ReadyQuestion>, clause: Span, miss: Miss) -> End {
        let problem = match miss {
            Miss::NoLine | Miss::NoMatch => {
                let what = match asked {
                    Some(ReadyQuestion { text, .. }) => {
                        format!("{text} answered {}: there is nothing to capture", self.answered(text))
                    }
                    None => "there is nothing to capture from: no line".to_owned(),
                };
                self.told("hayes::run::capture-missing", clause, &[&what])
            }
            Miss::Missing { line, field } => {
                let page = match self.scope.last.body.is_empty() {
                    true => "hayes::run::capture-missing field",
                    false => "hayes::run::capture-missing body",
                };
                self.told(page, clause, &[&line, &(field + 1)])
            }
            Miss::Convert { line, name, value, convert } => {
                let kind = match convert {
                    Convert::Int => "a decimal number",
                    Convert::Hex => "a hexadecimal number",
                    Convert::Decimal => "a decimal number such as 3.7",
                    Convert::Text => "a text",
                };
                let page = match value.is_empty() {
                    true => "hayes::run::capture-convert empty",
                    false => "hayes::run::capture-convert",
                };
                // A piece of a secret does not stand in what is shown of the line.
                let value = if self.mask.text(&line).contains(&value) { value } else { MASKED.to_owned() };
                self.told(page, clause, &[&name, &kind, &value, &line])
            }
        };
        match asked {
            Some(asked) => self.fail(self.with_answer(problem.also(asked.span, "asked here"), Some(asked))),
            None => self.fail(problem),
        }
    }

    /// The patterns as they are written, their values in place.
    pub(super) fn patterns_text(&self, patterns: &Alternatives, values: &Values) -> String {
        let texts = patterns.iter().zip(values).map(|(pattern, values)| match (&pattern.kind, values.as_slice()) {
            (PatternKind::Line(parts), [_, ..]) => expanded(parts, values),
            (PatternKind::Line(_) | PatternKind::Regex { .. }, _) => {
                self.scope.program.source().slice(pattern.span).to_owned()
            }
        });
        texts.collect::<Vec<String>>().join(" or ")
    }
}

/// `capture rssi:int, ber`, from the answer to this question; `None` where nothing was asked
fn fields(fields: &[Field], lines: &[Line], question: Option<&Question>) -> Result<Captured, Miss> {
    let mut first_miss = None;
    for line in with_parameters(lines, question) {
        match conforms(fields, &line.bytes, question) {
            Ok(captured) => return Ok(captured),
            Err(miss) => {
                first_miss.get_or_insert(miss);
            }
        }
    }
    match first_miss {
        Some(miss) => Err(miss),
        // A line that may lack all of them may be missing itself: AT+CNUM of a SIM without a number.
        None if fields.iter().all(|field| field.optional) => take(fields, std::iter::empty(), b""),
        None => Err(Miss::NoLine),
    }
}

/// `capture all cid:int, type, apn as contexts`: a record for each line, or for each parenthesised group of one.
fn all(fields: &[Field], lines: &[Line], question: Option<&Question>) -> Result<Value, Miss> {
    let mut records = Vec::new();
    for line in with_parameters(lines, question) {
        let (prefix, list) = split_prefix(&line.bytes);
        if prefix.is_some() && list.trim_ascii().is_empty() {
            continue;
        }
        match parameters(list).next() {
            Some(first) if first.kind == Written::Group && list.iter().all(|byte| b"(), ".contains(byte)) => {}
            Some(first) if first.kind == Written::Group => groups(fields, list, &line.bytes, &mut records)?,
            // `+COPS: ,(2,"A","A","23440",7),,(0-4),(0-2)`: some leave out what stands first, and not its comma.
            Some(first)
                if first.value.is_empty()
                    && list.trim_ascii_start().starts_with(b",(")
                    && at_parameters::groups(list)
                        .next()
                        .is_some_and(|group| group.inner().any(|it| it.kind == Written::Quoted)) =>
            {
                groups(fields, list.trim_ascii_start().get(1..).unwrap_or_default(), &line.bytes, &mut records)?;
            }
            // Behind nothing stand the values that the command takes: `+COPS: ,,(0-4),(0-2)`.
            Some(first) if first.value.is_empty() && at_parameters::groups(list).next().is_some() => {}
            Some(_) | None => records.push(record(conforms(fields, &line.bytes, question)?)),
        }
    }
    Ok(Value::list(records))
}

/// What a `capture secret` takes out of this line, whether or not it is of the kind that is asked for.
pub(super) fn secrets_in(program: &Program, clause: &Clause, values: &Values, line: &[u8]) -> Vec<Value> {
    let texts = |fields: &[Field]| -> Vec<Field> {
        let text = |field: &Field| Field { convert: Convert::Text, optional: true, ..field.clone() };
        fields.iter().map(text).collect()
    };
    if let ClauseKind::Capture { fields } = &clause.kind {
        // A label may stand before the value: `PIN: 1234`.
        let label = line.iter().position(|byte| *byte == b':');
        let rest = label.and_then(|end| line.get(end + 1..));
        let captured =
            [Some(line), rest].into_iter().flatten().filter_map(|part| conforms(&texts(fields), part, None).ok());
        return captured.flatten().map(|(_, value)| value).collect();
    }
    if let ClauseKind::CaptureAll { fields, .. } = &clause.kind {
        return all(&texts(fields), &[Line { bytes: line.into() }], None).into_iter().collect();
    }
    let matchers = clause.patterns().iter().zip(values).filter_map(|(pattern, values)| {
        let found = program.matcher(pattern)?.captures(line, values)?;
        Some(found.into_iter().flatten().map(|value| Value::text(text(value))).collect::<Vec<Value>>())
    });
    matchers.flatten().collect()
}

/// What is wrong with a short message in text mode that is longer than one can be.
fn too_long(asked: &ReadyQuestion) -> Option<String> {
    let PromptPlan::Reply { bytes, .. } = &asked.question.prompt else { return None };
    let length = text(bytes).trim_end_matches('\x1a').chars().count();
    let is_message = asked.text.to_ascii_uppercase().starts_with("AT+CMGS=\"") && length > Coding::Alphabet.most().0;
    let help = "a short message holds 160 characters, 70 where one of them is outside of its alphabet; this one has";
    is_message.then(|| format!("{help} {length}: send it in parts"))
}

fn holes(line: &[u8], holes: &[Hole], found: &[Option<&[u8]>]) -> Result<Captured, Miss> {
    holes
        .iter()
        .zip(found)
        .map(|(hole, found)| {
            let Hole { name, convert, optional } = hole;
            match found {
                None => Ok((name.clone(), Value::text(""))),
                Some(value) => self::convert(value, *convert, *optional)
                    .map(|converted| (name.clone(), converted))
                    .ok_or_else(|| no_conversion(line, name, value, *convert)),
            }
        })
        .collect()
}

/// The lines that carry the question's prefix, where there are any, or else any prefix: others are the text under a
/// header, which may look like anything.
fn with_parameters<'l>(lines: &'l [Line], question: Option<&Question>) -> impl Iterator<Item = &'l Line> {
    let of_question = move |line: &Line| question.is_some_and(|question| question.form_of(&line.bytes).is_some());
    let has_prefix = |line: &Line| prefix_length(&line.bytes).is_some();
    // Of one line there is no choice.
    let is_choice = lines.len() > 1;
    let any_of_question = is_choice && lines.iter().any(of_question);
    let any_prefix = is_choice && !any_of_question && lines.iter().any(has_prefix);
    let is_wanted = move |line: &&Line| match (any_of_question, any_prefix) {
        (true, _) => of_question(line),
        (false, true) => has_prefix(line),
        (false, false) => true,
    };
    lines.iter().filter(is_wanted)
}

fn conforms(fields: &[Field], line: &[u8], question: Option<&Question>) -> Result<Captured, Miss> {
    let line = header(line);
    let (mut prefix, mut list) = split_prefix(line);
    let label_end = if prefix.is_none() { line.iter().position(|byte| *byte == b':') } else { None };
    if let (Some((label, [_colon, rest @ ..])), Some(question)) =
        (label_end.and_then(|end| line.split_at_checked(end)), question)
    {
        let without_sign = |name: &[u8]| name.get(1..).is_some_and(|name| name.eq_ignore_ascii_case(label));
        if question.names().any(|(name, _)| without_sign(name)) {
            (prefix, list) = (Some(label), rest);
        } else if question.names().any(|(name, _)| Catalogue::is_label(label, name)) {
            list = rest;
        }
    }
    // A bare line is a text of its own: `SIMCOM, Incorporated` is one manufacturer.
    if let (None, [field]) = (prefix, fields) {
        let mut only = parameters(list);
        return match (only.next(), only.next()) {
            (Some(parameter), None) => take(fields, std::iter::once(parameter), line),
            (None, _) => take(fields, std::iter::empty(), line),
            (Some(_), Some(_)) => {
                let whole = Parameter { value: list.trim_ascii(), kind: Written::Bare, range: 0..list.len() };
                take(std::slice::from_ref(field), std::iter::once(whole), line)
            }
        };
    }
    take(fields, parameters(list), line)
}

/// What stands before the data that a line counts: `+QIRD: 5`. Within quotes a line may end.
fn header(line: &[u8]) -> &[u8] {
    let mut is_quoted = false;
    let end = line.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && matches!(byte, b'\r' | b'\n')
    });
    line.get(..end.unwrap_or(line.len())).unwrap_or(line)
}

fn take<'l>(fields: &[Field], mut given: impl Iterator<Item = Parameter<'l>>, line: &[u8]) -> Result<Captured, Miss> {
    let mut captured = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let parameter = given.next();
        let value = match &parameter {
            Some(Parameter { value: b"-", kind: Written::Bare, .. }) if field.optional => Some(Value::text("")),
            Some(parameter) => convert(parameter.value, field.convert, field.optional),
            None if field.optional => Some(Value::text("")),
            None => return Err(Miss::Missing { line: text(line).into_owned(), field: index }),
        };
        let Some(name) = &field.name else { continue };
        let Some(value) = value else {
            let value = parameter.map(|parameter| parameter.value).unwrap_or_default();
            return Err(no_conversion(line, &name.value, value, field.convert));
        };
        captured.push((name.value.clone(), value));
    }
    Ok(captured)
}

/// The groups of a line such as `+COPS: (2,"EE","EE","23440",7),(1,…),,(0-4),(0-2)`.
///
/// Behind an empty parameter stand the values that the command takes, no more records (27.007 §7.3). Some modems leave
/// the empty parameter out; then the groups without quotes are not of the kind of the first.
fn groups(fields: &[Field], list: &[u8], line: &[u8], records: &mut Vec<Value>) -> Result<(), Miss> {
    let mut quoted = None;
    for group in parameters(list).take_while(|parameter| parameter.kind == Written::Group) {
        let has_quotes = group.inner().any(|parameter| parameter.kind == Written::Quoted);
        // `+COPS: (0-4),(0-2)`: there is no network in reach.
        let is_number = |text: &str| text.parse::<u32>().is_ok();
        let is_range = group.text().split_once('-').is_some_and(|(from, to)| is_number(from) && is_number(to));
        if *quoted.get_or_insert(has_quotes) && !has_quotes || is_range {
            break;
        }
        records.push(record(take(fields, group.inner(), line)?));
    }
    Ok(())
}

fn record(captured: Captured) -> Value {
    Value::record(captured.into_iter().collect())
}

fn convert(value: &[u8], convert: Convert, optional: bool) -> Option<Value> {
    // A modem that does not know a number says so by `-`.
    if optional && (value.is_empty() || value == b"-" && convert != Convert::Text) {
        return Some(Value::text(""));
    }
    match convert {
        Convert::Text => Some(Value::text(text(value))),
        Convert::Int | Convert::Hex | Convert::Decimal => from_text(std::str::from_utf8(value).ok()?, convert).ok(),
    }
}

fn no_conversion(line: &[u8], name: &str, value: &[u8], convert: Convert) -> Miss {
    Miss::Convert { line: text(line).into_owned(), name: name.to_owned(), value: text(value).into_owned(), convert }
}

/// The text of a pattern without holes, these values in it.
fn plain(pattern: &Pattern, values: &[String]) -> Option<String> {
    let PatternKind::Line(parts) = &pattern.kind else { return None };
    let text = expanded(parts, values);
    let text = text.get(1..text.len() - 1).filter(|text| !text.is_empty() && pattern.holes().next().is_none());
    text.map(str::to_owned)
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

/// Whether the first value of this answer is no more than how the modem was set to report: the `n` of `+CREG`.
fn sets_reports(asked: &str, name: &str) -> bool {
    let line = command::parse(asked);
    let mut commands = line.iter().flat_map(|line| &line.commands).filter(|it| it.is(name));
    commands.any(|it| known_fields(it).first().is_some_and(|first| first.what == "URC"))
}

/// Whether this asks for what the same command sets, value by value: `AT+CGDCONT?`.
fn reads_what_is_set(asked: &str) -> bool {
    let Some(line) = command::parse(asked) else { return false };
    let [command] = line.commands.as_slice() else { return false };
    let set = catalogue::lookup::command_of(command).and_then(|known| known.usage(Form::Set, &[]));
    let read = known_fields(command);
    let is_set =
        |field: &&KnownField| set.is_some_and(|set| set.parameters.fields.iter().any(|it| it.name == field.name));
    command.form == Form::Read && !read.is_empty() && read.iter().all(is_set)
}

/// The values of a line of the answer, as the catalogue knows them.
fn known_fields(asked: &Command<'_>) -> &'static [&'static KnownField] {
    known_usage(asked).and_then(|usage| usage.answers.first()).map_or(&[], |layout| &layout.fields)
}

fn known_usage(asked: &Command<'_>) -> Option<&'static Usage> {
    catalogue::lookup::command_of(asked)?.usage(asked.form, &values(asked))
}

/// Why a line that holds the text does not match it, and what to write.
fn nearly(line: &str, text: &str, asked: &str) -> Option<String> {
    // A pattern ends where a word does.
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let parts = |text: &str| {
        let (name, (_, others)) = text.split_once(':').and_then(|(name, it)| Some((name, it.split_once(',')?)))?;
        Some((name.to_owned(), others.to_owned()))
    };
    if let (Some((name, others)), Some((told, values))) = (parts(text), parts(line))
        && name == told
        && sets_reports(asked, &name)
        && values.strip_prefix(&*others).is_some_and(|rest| !others.is_empty() && !rest.starts_with(is_word))
    {
        let written = quoted(&format!("{name}: {{}},{others}"));
        return Some(format!("the first value alone differs; where it does not matter, write `{written}`"));
    }
    let (line_lower, lower) = (line.to_ascii_lowercase(), text.trim().to_ascii_lowercase());
    let at = line.find(text).or_else(|| line_lower.find(&lower).filter(|_| !lower.is_empty()))?;
    let end = at + if line.get(at..)?.starts_with(text) { text.len() } else { lower.len() };
    let within_word = line.get(..end)?.ends_with(is_word);
    let rest = line.get(end..)?.find(|c: char| !is_word(c)).map_or(line.len(), |length| end + length);
    let whole = line.get(..if within_word { rest } else { end })?;
    let is_quoted = whole.matches('"').count() % 2 == 1 && line.get(whole.len()..)?.starts_with('"');
    let whole = line.get(..whole.len() + usize::from(is_quoted))?;
    let (why, anywhere) = match line.get(at..)?.starts_with(text) {
        true if at > 0 => return Some(from_the_beginning(Some(&quoted(whole)), text)),
        true => ("a pattern ends where a word ends", anywhere(text).replacen('/', "/^", 1)),
        false if line.get(at..)?.starts_with(text.trim()) => ("blanks at its end count", anywhere(text.trim())),
        false => ("upper and lower case count", format!("{}i", anywhere(text.trim()))),
    };
    Some(format!("{why}: write `{}`, or `{anywhere}`", quoted(whole)))
}
