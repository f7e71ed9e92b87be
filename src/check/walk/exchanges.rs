//! Questions, what is said of their answers, and the patterns that compare or capture.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Checker, Ended, Role, constant, lints, within};
use crate::at::result_code;
use crate::catalogue;
use crate::check::{Matcher, Type, anywhere};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};
use crate::syntax::ast::{
    Clause, ClauseKind, Exchange, Expression, ExpressionKind, Field, Pattern, PatternKind, PatternPart, PromptEnd,
    Send, WhenEvent,
};
use crate::value::ValueKind as Kind;

/// A name in braces in what is sent or compared: it may be meant, and so no fix is written
const SENT_AS_TEXT: &str = "hayes::check::value-as-text sent";

impl Checker<'_, '_, '_> {
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> Ended {
        self.send(&exchange.send, &exchange.clauses, Role::Question);
        self.clauses(&exchange.clauses)
    }

    /// What goes out; `clauses` is what is said of its answer.
    pub(super) fn send(&mut self, send: &Send, clauses: &[Clause], role: Role) {
        self.within(send.within.as_deref());
        lints::lint(self, send, clauses, role);
        for (name, _) in &self.lines.told_values {
            self.names.look_up(name);
        }
        self.template_for(&send.text, SENT_AS_TEXT);
    }

    fn within(&mut self, within: Option<&Expression>) {
        within.iter().for_each(|within| self.duration(within, "what stands behind `within`"));
    }

    /// Where all `when` lines end the script, nothing behind the question is reached.
    pub(super) fn clauses(&mut self, clauses: &[Clause]) -> Ended {
        self.lines.hides = clauses.iter().any(|clause| clause.is_secret);
        self.told_nothing(clauses);
        self.judged_twice(clauses);
        let (mut prompts, mut branches, mut earlier) = (0, Vec::new(), HashSet::new());
        for clause in clauses {
            match &clause.kind {
                ClauseKind::Expect(alternatives) | ClauseKind::ExpectLast(alternatives) => {
                    alternatives.iter().for_each(|pattern| self.comparing_pattern(pattern, "`expect`"));
                }
                ClauseKind::ExpectNothing { within } => self.duration(within, "what stands behind `within`"),
                ClauseKind::ExpectRestart { within } => self.within(within.as_ref()),
                ClauseKind::Capture { fields } => self.capture(clause, fields),
                ClauseKind::CapturePattern(alternatives) => self.capture_pattern(clause, alternatives),
                ClauseKind::CaptureAll { fields, record } => {
                    self.captured_names(clause, fields);
                    self.bind(record, Type::List(Arc::new(Type::record_of(fields))), None);
                }
                ClauseKind::CaptureAllPattern { patterns, record } => {
                    let fields = self.holes(patterns);
                    if fields.as_ref().is_some_and(Vec::is_empty) {
                        self.captures_nothing(clause);
                    }
                    let fields = fields.unwrap_or_default().into_iter().map(|(name, kind)| (name.value, kind));
                    self.bind(record, Type::List(Arc::new(Type::Record(fields.collect()))), None);
                }
                ClauseKind::Prompt { mark, within, reply } => {
                    mark.iter().for_each(|mark| self.template(mark));
                    self.within(within.as_ref());
                    reply.iter().for_each(|(text, end)| self.reply(text, *end));
                }
                ClauseKind::When { event, body } => {
                    if self.never_taken(event, &mut earlier) {
                        self.findings.tell("hayes::check::never-taken", clause.span, &[]);
                    }
                    let opened = self.names.open();
                    self.bind_holes(event.patterns());
                    let ended = self.inner(body, self.place);
                    branches.push((ended, Some(self.names.close(opened))));
                }
            }
            prompts += usize::from(clause.is_prompt());
            if prompts == 2 && clause.is_prompt() {
                self.findings.tell("hayes::check::two-prompts", clause.span, &[]);
            }
        }
        // A question that none of them takes fails.
        if branches.is_empty() { None } else { self.merge(branches) }
    }

    /// Whether an earlier `when` takes all that this one is for. `earlier`: what those before it are for, as it is
    /// written.
    fn never_taken(&self, event: &WhenEvent, earlier: &mut HashSet<String>) -> bool {
        let written: Vec<String> = match event {
            WhenEvent::Line(patterns) => {
                patterns.iter().map(|pattern| self.script.source.slice(pattern.span).to_owned()).collect()
            }
            WhenEvent::Timeout => vec!["timeout".to_owned()],
            WhenEvent::Restart => vec!["restart".to_owned()],
            WhenEvent::Otherwise => vec!["else".to_owned()],
        };
        let never = earlier.contains("else") || written.iter().all(|word| earlier.contains(word));
        earlier.extend(written);
        never
    }

    /// The text that an expression certainly yields, and where it is written.
    fn known_text(&self, expression: &Expression) -> Option<(Arc<str>, Span)> {
        if let ExpressionKind::Variable(name) = &expression.kind {
            return self.names.known(name).constant.clone();
        }
        constant(expression)
    }

    fn capture(&mut self, clause: &Clause, fields: &[Field]) {
        self.captured_names(clause, fields);
        for field in fields {
            if let Some(name) = &field.name {
                self.bind(name, Type::of_capture(field.convert, field.optional), None);
            }
        }
    }

    /// Names that a line gives: each once, and one at least.
    fn captured_names(&mut self, clause: &Clause, fields: &[Field]) {
        let names = fields.iter().filter_map(|field| field.name.as_ref());
        let names: Vec<(&str, Span)> = names.map(|name| (name.value.as_str(), name.span)).collect();
        self.captured_twice(&names);
        if names.is_empty() {
            self.captures_nothing(clause);
        }
    }

    fn captures_nothing(&mut self, clause: &Clause) {
        self.findings.tell("hayes::check::captures-nothing", clause.span, &[]);
    }

    fn capture_pattern(&mut self, clause: &Clause, alternatives: &[Pattern]) {
        // What stands for a value in other languages is told where it stands.
        let is_told = alternatives.iter().any(|pattern| {
            let written = self.script.source.slice(pattern.span);
            written.contains("${") || written.split([',', ':']).skip(1).any(|it| is_placeholder(bare(it)))
        });
        if !self.bind_holes(alternatives) && !is_told {
            self.captures_nothing(clause);
        }
    }

    /// What the patterns of a `capture` or a `when` give a value; false where that is certainly nothing.
    fn bind_holes(&mut self, alternatives: &[Pattern]) -> bool {
        let captured = self.holes(alternatives);
        let binds = captured.as_ref().is_none_or(|captured| !captured.is_empty());
        for (name, kind) in captured.unwrap_or_default() {
            self.bind(&name, kind, None);
        }
        binds
    }

    /// The names in these patterns and what they capture; `None` where a pattern is wrong and nothing else has a name.
    fn holes(&mut self, alternatives: &[Pattern]) -> Option<Vec<(Name, Type)>> {
        for pattern in alternatives.iter() {
            self.pattern(pattern);
            self.never_matches(pattern);
        }
        let mut captured: Vec<(Name, Type)> = Vec::new();
        let mut is_sound = true;
        for pattern in alternatives {
            let Some(matcher) = self.program.matcher(pattern) else {
                is_sound = false;
                continue;
            };
            for hole in matcher.holes() {
                // What only one of the alternatives captures may be empty.
                let everywhere = alternatives.len() == 1 && !hole.optional || matcher.is_regex();
                let name = Name { value: hole.name.clone(), span: pattern.span };
                captured.push((name, Type::of_capture(hole.convert, !everywhere)));
            }
        }
        (is_sound || !captured.is_empty()).then_some(captured)
    }

    fn reply(&mut self, text: &Expression, end: Option<PromptEnd>) {
        let kinds = [Kind::Text, Kind::Bytes, Kind::Int];
        self.wants(text, &kinds, "hayes::check::wrong-type reply");
        let Some((reply, _)) = self.known_text(text) else { return };
        // What is counted, or ends with what stands in it, may hold anything.
        let is_counted = self.lines.counted.is_some_and(|(count, is_sure)| is_sure || count == reply.len());
        if end == Some(PromptEnd::Nothing) || end.is_none() && is_counted {
            return;
        }
        let character = reply.chars().find_map(|character| match character {
            '\u{1A}' => Some("Ctrl-Z (0x1A)"),
            '\u{1B}' => Some("ESC (0x1B)"),
            _ => None,
        });
        if let Some(character) = character {
            let escapes = ["\\x1A", "\\x1a", "\\x1B", "\\x1b", "\\u{1A}", "\\u{1a}", "\\u{1B}", "\\u{1b}"];
            self.findings.tell("hayes::check::data-ends-early", self.place_in(text.span, &escapes), &[&character]);
        }
    }

    /// Where `when` lines judge an answer, no `expect` and no `capture` does.
    fn judged_twice(&mut self, clauses: &[Clause]) {
        if !clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::When { .. })) {
            return;
        }
        for clause in clauses.iter().filter(|clause| !matches!(clause.kind, ClauseKind::ExpectNothing { .. })) {
            match clause.word() {
                "expect" => self.findings.tell("hayes::check::when-and-more", clause.span, &[]),
                "capture" => self.findings.tell("hayes::check::when-and-more capture", clause.span, &[]),
                _ => {}
            }
        }
    }

    fn told_nothing(&mut self, clauses: &[Clause]) {
        if !clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::ExpectNothing { .. })) {
            return;
        }
        let other = clauses.iter().find(|clause| !matches!(clause.kind, ClauseKind::ExpectNothing { .. }));
        if let Some(clause) = other {
            self.findings.tell("hayes::check::nothing-and-more", clause.span, &[&clause.word()]);
        }
    }

    /// A pattern that only compares: `expect`, `answers`, `matches`. `place` is how it is called.
    pub(super) fn comparing_pattern(&mut self, pattern: &Pattern, place: &'static str) {
        self.pattern(pattern);
        // A text may hold several lines.
        if place != "`matches`" {
            self.never_matches(pattern);
        }
        if let Some((name, span)) = self.first_hole(pattern) {
            let hole = Span { start: span.start.saturating_sub(1), end: span.end + 1 };
            if self.names.known(&name).is_set && self.script.source.slice(hole).starts_with('{') {
                self.names.look_up(&name);
                let fault = self.findings.fault("hayes::check::hole-in-expect known", span, &[&name, &place]);
                return self.findings.report(fault.mended_at(hole, format!("${{{name}}}")));
            }
            let page = match place {
                "`expect`" => "hayes::check::hole-in-expect",
                _ => "hayes::check::hole-in-expect elsewhere",
            };
            self.findings.tell(page, span, &[&name, &place]);
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        if self.program.matcher(pattern).is_none() {
            match Matcher::new(pattern, &mut self.names.states_left) {
                Ok(matcher) => {
                    if let Some(place) = self.program.matchers.get_mut(pattern.id as usize) {
                        *place = Some(matcher);
                    }
                }
                Err(_) if self.value_in_regex(pattern) => {}
                Err((reason, place)) => {
                    let inner = match &pattern.kind {
                        PatternKind::Regex { inner, .. } => *inner,
                        PatternKind::Line(_) => pattern.span,
                    };
                    self.findings.tell("hayes::check::bad-regex", self.in_regex(inner, place), &[&reason]);
                }
            }
        }
        match &pattern.kind {
            PatternKind::Line(parts) => self.line_pattern(pattern, parts),
            PatternKind::Regex { text, inner, .. } if text.is_empty() => {
                self.findings.tell("hayes::check::empty-pattern", inner.to(pattern.span), &[]);
            }
            PatternKind::Regex { .. } => {}
        }
    }

    /// A regex that is held against lines, and matches none.
    fn never_matches(&mut self, pattern: &Pattern) {
        if let PatternKind::Regex { inner, .. } = &pattern.kind
            && self.program.matcher(pattern).is_some_and(Matcher::never_matches)
        {
            self.findings.tell("hayes::check::never-matches", *inner, &[]);
        }
    }

    /// Whether a regex was meant to hold a value; tells so.
    fn value_in_regex(&mut self, pattern: &Pattern) -> bool {
        let PatternKind::Regex { text, inner, .. } = &pattern.kind else { return false };
        let Some(value) = text.find("${").and_then(|at| text.get(at..=at + text.get(at..)?.find('}')?)) else {
            return false;
        };
        let place = self.place_in(*inner, &[value]);
        self.findings.tell("hayes::check::bad-regex value", place, &[&value]);
        true
    }

    fn captured_twice(&mut self, names: &[(&str, Span)]) {
        let mut earlier = HashSet::with_capacity(names.len());
        for (name, span) in names {
            if !earlier.insert(name) {
                self.findings.tell("hayes::check::two-captures", *span, &[&name]);
            }
        }
    }

    fn line_pattern(&mut self, pattern: &Pattern, parts: &[PatternPart]) {
        let mut names = Vec::new();
        let (mut after_hole, mut has_values) = (false, false);
        for part in parts {
            let is_hole = matches!(part, PatternPart::Hole(_));
            match part {
                PatternPart::Text(text) => {
                    if self.value_as_text(text, pattern.span, SENT_AS_TEXT) {
                        has_values = true;
                    } else {
                        self.literal_text(pattern, text);
                    }
                }
                PatternPart::Value(value) => {
                    self.expression(value);
                }
                PatternPart::Hole(field) => {
                    if after_hole {
                        self.findings.tell("hayes::check::adjacent-holes", field.span, &[]);
                    }
                    names.extend(field.name.as_ref().map(|name| (name.value.as_str(), name.span)));
                }
            }
            after_hole = is_hole;
        }
        self.captured_twice(&names);
        if !has_values {
            self.wildcard(pattern);
        }
        let is_blank = |part: &PatternPart| matches!(part, PatternPart::Text(text) if text.trim().is_empty());
        if parts.iter().all(is_blank) {
            self.findings.tell("hayes::check::empty-pattern", pattern.span, &[]);
        }
    }

    /// What stands for anything elsewhere, and for itself here: `+CREG: *`, `+CSQ: %d,%d`, `+CREG: <n>`, `BG9*`.
    fn wildcard(&mut self, pattern: &Pattern) {
        const CODE: &str = "hayes::check::regex-in-text wildcard";
        let source = &self.script.source;
        let written = source.slice(pattern.span);
        let captures = super::captures(source, pattern.span);
        let (mut mended, mut told, mut end) = (String::new(), None::<Diagnostic>, 0);
        for (number, piece) in written.split_inclusive([',', ':']).enumerate() {
            let parameter = bare(piece);
            let start = end + piece.find(parameter).unwrap_or(0);
            end += piece.len();
            let is_placeholder = number > 0 && is_placeholder(parameter);
            // In a `capture`, what it stands for has a name.
            let name = parameter.trim_matches(['<', '>']).to_lowercase().replace([' ', '-'], "_");
            let hole = match parameter.chars().next().filter(|_| captures) {
                Some('<') => format!("{{{name}}}"),
                Some('%') if parameter.ends_with('s') => format!("{{value{number}}}"),
                Some('%') => format!("{{value{number}:int}}"),
                _ => "{}".to_owned(),
            };
            mended.push_str(&if is_placeholder { piece.replacen(parameter, &hole, 1) } else { piece.to_owned() });
            if is_placeholder {
                let place = within(pattern.span, Span::new(start, start + parameter.len()));
                told = Some(match told {
                    Some(fault) => fault.at(place, "here too"),
                    None => Diagnostic::told(CODE, source, place, &[&parameter, &hole]),
                });
            }
        }
        if let Some(fault) = told {
            return self.findings.report(fault.mended_at(pattern.span, mended));
        }
        // `"/CREG/"`
        let inner = pattern.plain().filter(|text| text.len() > 2 && text.starts_with('/') && text.ends_with('/'));
        if let Some(regex) = inner {
            return self.findings.tell(CODE, pattern.span, &[&"/", &regex]);
        }
        if let Some(regex) = pattern.plain().filter(|text| regex_sign(text).is_none()).and_then(wildcard_regex) {
            self.findings.tell(CODE, pattern.span, &[&"*", &regex]);
        }
    }

    fn literal_text(&mut self, pattern: &Pattern, text: &str) {
        if text.contains(['\r', '\n']) {
            let span = self.place_in(pattern.span, &["\\r", "\\n"]);
            return self.findings.tell("hayes::check::line-end", span, &[]);
        }
        let negated = text.strip_prefix('!').map(str::trim_start);
        if let Some(code) = negated.filter(|code| result_code::parse(code.as_bytes()).is_some()) {
            return self.findings.tell("hayes::check::never-begins negated", pattern.span, &[&text, &code]);
        }
        // `"+CREG: 0,1|+CREG: 0,5"`, `"+CREG: 0,1 or 5"`
        let prefix = text.split_once(": ").map(|(prefix, _)| prefix).filter(|it| catalogue::command(it).is_some());
        let choice = [" or ", " || ", "|"].into_iter().find_map(|sign| {
            let (first, behind) =
                text.split_once(sign).map(|(first, behind)| (first.trim_end(), behind.trim_start()))?;
            let begins = first.trim_end_matches(|it: char| it.is_ascii_digit());
            let is_number = begins != first && behind.starts_with(|it: char| it.is_ascii_digit());
            let second = if is_number { format!("{begins}{behind}") } else { behind.to_owned() };
            second.starts_with(prefix?).then(|| (sign, first.to_owned(), second))
        });
        if let Some((sign, first, second)) = choice.filter(|_| !text.contains('(')) {
            let span = self.place_in(pattern.span, &[sign]);
            return self.findings.tell("hayes::check::regex-in-text choice", span, &[&sign.trim(), &first, &second]);
        }
        if let Some(found) = regex_sign(text) {
            let span = self.place_in(pattern.span, &[found]);
            // `+` begins a prefix; `1|5` would be two lines.
            let sign = if text.starts_with(['+', '*', '$']) { "\\" } else { "" };
            let regex = format!("{sign}{}", text.replacen("^+", "^\\+", 1).replace('/', "\\/"));
            let is_choice = found.contains('|') && !text.contains('(');
            let holds = pattern.plain().is_some() && !is_choice && regex_syntax::parse(&regex).is_ok();
            let regex = if holds { format!("/{regex}/") } else { "/…/".to_owned() };
            self.findings.tell("hayes::check::regex-in-text", span, &[&found, &regex]);
        }
        if text.strip_suffix(" OK").is_some_and(|line| line.contains(':')) {
            let span = self.place_in(pattern.span, &[" OK"]);
            let fault = Diagnostic::told("hayes::check::codes-in-one line", &self.script.source, span, &[]);
            self.findings.report(fault.mended_by(""));
        }
        let lines: Vec<String> =
            text.split(" or ").map(|line| format!("\"{}\"", line.trim_matches(['"', ' ']))).collect();
        if lines.len() > 1 && lines.iter().all(|line| line.starts_with("\"+") || line == "\"OK\"") {
            return self.findings.tell("hayes::check::codes-in-one or", pattern.span, &[&lines.join(" or ")]);
        }
        let codes: Vec<&str> = text.split([',', '|']).map(str::trim).collect();
        if codes.len() > 1 && codes.iter().all(|code| result_code::parse(code.as_bytes()).is_some()) {
            let written =
                codes.iter().map(|code| if code.contains(' ') { format!("\"{code}\"") } else { (*code).to_owned() });
            let written = written.collect::<Vec<_>>().join(" or ");
            self.findings.tell("hayes::check::codes-in-one", pattern.span, &[&codes.join(" or "), &written]);
        }
    }

    /// A place in a regex's text as a place in the source, where `/` is written `\/`.
    fn in_regex(&self, inner: Span, fault: Span) -> Span {
        let written = self.script.source.slice(inner);
        let place = |offset: u32| {
            let mut place = offset as usize;
            for (slash, _) in written.match_indices("\\/") {
                place += usize::from(slash < place);
            }
            place
        };
        let (start, end) = (place(fault.start), place(fault.end));
        // At the end there is nothing to point at but the character before.
        let start =
            if start < written.len() { start } else { written.char_indices().next_back().map_or(0, |(at, _)| at) };
        within(inner, Span::new(start, end))
    }

    fn first_hole(&self, pattern: &Pattern) -> Option<(String, Span)> {
        match &pattern.kind {
            PatternKind::Line(_) => pattern.holes().find_map(|it| Some((it.name.as_ref()?.value.clone(), it.span))),
            PatternKind::Regex { .. } => {
                let matcher = self.program.matcher(pattern)?;
                let name = matcher.holes().first()?.name.clone();
                let (opening, short) = (format!("(?<{name}>"), format!("(?P<{name}>"));
                let span = self.place_in(pattern.span, &[&opening, &short]);
                Some((name, span))
            }
        }
    }
}

/// A parameter without what stands around it
fn bare(piece: &str) -> &str {
    piece.trim_matches([' ', '"', '\'', '\\', '(', ')', ',', ':'])
}

/// What only a regex has: `.*`, `\d`, `[15]`, `(1|5)`, `^+CREG`, `READY$`.
fn regex_sign(text: &str) -> Option<&str> {
    const SIGNS: [&str; 12] = [".*", ".+", "\\d", "\\w", "\\s", "\\+", "\\.", "\\(", "[0-9]", "[^", "(?", "^+"];
    let sign = SIGNS.into_iter().find(|sign| text.contains(sign));
    let choice = || {
        let inner = |open: char, close: char| text.split_once(open)?.1.split_once(close).map(|(inner, _)| inner);
        let is_choice = |inner: &&str| {
            let chosen = inner.split(['|', '-']).all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            chosen && !inner.is_empty()
        };
        let digits = |inner: &&str| inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let bar = |inner: &&str| inner.contains('|');
        inner('[', ']').filter(is_choice).filter(digits).or_else(|| inner('(', ')').filter(is_choice).filter(bar))
    };
    let numbers = || {
        let mut parameters = text.split([',', ':', ' ']);
        parameters.find(|it| it.contains('|') && it.bytes().all(|byte| byte.is_ascii_digit() || byte == b'|'))
    };
    let end = || text.strip_suffix('$').filter(|before| before.ends_with(|last: char| last.is_ascii_alphanumeric()));
    sign.or_else(choice).or_else(numbers).or_else(|| end().map(|_| "$"))
}

/// `*`, `?`, `%d`, `<stat>`: what stands for any parameter in other languages and in manuals.
fn is_placeholder(parameter: &str) -> bool {
    let named = parameter.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let printed = parameter.strip_prefix('%').map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    matches!(parameter, "*" | "?" | "_" | "." | "..." | "…")
        || named.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
        || matches!(printed, Some("s" | "d" | "i" | "u" | "x"))
}

/// The regex that `RDY*`, `*READY*` are meant to be. A real `*` begins a line: `*PSUTTZ: …`.
fn wildcard_regex(text: &str) -> Option<String> {
    let rest = text.strip_prefix('*').filter(|rest| {
        rest.ends_with('*') || rest.starts_with(['+', '^']) || result_code::parse(rest.as_bytes()).is_some()
    });
    let written = rest.unwrap_or(text).trim_end_matches('*');
    let regex = anywhere(written);
    let regex = if rest.is_some() { regex } else { regex.replacen('/', "/^", 1) };
    let is_short = written.len() < text.len();
    is_short.then(|| if written.is_empty() { String::from("/./") } else { regex })
}
