//! Writes another program's steps in Hayes: a line that is sent and what is waited for behind it are one question.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Deed, Imported, Onward, Told, WAIT, Wait, is_failure, named};
use crate::at::{Shape, result_code};
use crate::catalogue::prospect;
use crate::check::check;
use crate::library::Library;
use crate::notation::{self, ExactDuration, quoted};
use crate::source::Source;
use crate::syntax;

/// How long Hayes waits unless it is told otherwise.
const USUAL: Duration = Duration::from_secs(5);

/// A command that was sent, and what is expected of its answer.
struct Question {
    command: String,
    within: Option<Duration>,
    clauses: Vec<String>,
    /// It has waited for the `>` that asks for data.
    prompts: bool,
    /// Its result code was waited for.
    is_over: bool,
}

#[derive(Default)]
struct Writing {
    lines: Vec<String>,
    question: Option<Question>,
    /// Names whose value begins a command
    commands: Vec<String>,
    unsaid: usize,
    /// The answer to what was sent last is over: nothing more of it comes.
    has_answered: bool,
    /// It says how long an answer may take.
    has_timeout: bool,
    /// Texts whose line is part of the result, and whether one was asked for
    reports: Vec<(String, bool)>,
}

pub(super) fn script(title: &str, told: &Told) -> Imported {
    let mut writing = Writing::default();
    writing.lines.push(format!("# {title} In Hayes an error or a timeout ends the script."));
    for deed in &told.deeds {
        writing.deed(deed);
    }
    writing.end_question();
    for (text, _) in std::mem::take(&mut writing.reports).iter().filter(|(_, is_asked)| !is_asked) {
        writing.not_said(&format!("REPORT {text}"));
    }
    let Writing { mut lines, mut unsaid, .. } = writing;
    // A value that no line gives comes from outside.
    let said: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.trim_start().starts_with('#')).collect();
    let text = said.join("\n");
    let without_own = text.replace("$${", "");
    let holes = without_own.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let holes = holes.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let given = |name: &str| [format!("set {name} = "), format!("capture {name}"), format!("for {name} in ")];
    let is_given = |name: &str| given(name).iter().any(|line| text.contains(line.as_str()));
    let names: BTreeSet<&str> =
        told.params.iter().map(String::as_str).chain(holes.filter(|name| !is_given(name))).collect();
    let word = |name: &str| if told.secrets.contains(name) { "secret" } else { "param" };
    let params = names.into_iter().map(|name| format!("{} {name}", word(name)));
    lines.splice(1..1, params.chain([String::new()]));
    // What is no Hayes after all (a pattern or a name that it cannot have), and what uses a name that is not imported,
    // is a comment too; with its block, which would be done without its condition.
    let is_unsaid = |code: &str| code.starts_with("hayes::syntax::") || code == "hayes::check::unknown-name";
    loop {
        let source = Source::new("imported", lines.join("\n") + "\n");
        let wrong = check(&source, &Library::default()).diagnostics;
        let mut wrong = wrong.iter().filter(|wrong| is_unsaid(wrong.code));
        let place = wrong.find_map(|wrong| Some(source.line_of(wrong.span()?.start as usize)));
        let (is_said, from) = (|line: &str| !line.trim_start().starts_with('#'), place.map(|at| at.saturating_sub(1)));
        let Some(from) = from.filter(|at| lines.get(*at).is_some_and(|line| is_said(line))) else {
            let text = syntax::format(&source).unwrap_or_else(|_| source.text.clone());
            return Imported { text, unsaid };
        };
        let mut depth = 0;
        for line in lines.iter_mut().skip(from).filter(|line| is_said(line)) {
            depth += i32::from(line.ends_with('{')) - i32::from(line.trim_start().starts_with('}'));
            *line = format!("# not imported: {}", line.trim());
            unsaid += 1;
            if depth <= 0 {
                break;
            }
        }
    }
}

impl Writing {
    fn deed(&mut self, deed: &Deed) {
        match deed {
            Deed::Send(text) => self.send(text, "\r"),
            Deed::Bare(text) => self.send(text, ""),
            Deed::Wait(wait) => self.wait(wait),
            Deed::Capture(name) => match &mut self.question {
                // The lines of the answer, as one text
                Some(_) => {
                    self.line(format!("set {name} = join(response, \"\\n\")"));
                    self.has_answered = true;
                }
                None => self.line(format!("capture {name} from /(?<{name}>.*)/")),
            },
            Deed::Sleep(time) => self.line(format!("sleep {}", ExactDuration(*time))),
            // How long the answer may take that is waited for next
            Deed::Timeout(time) => {
                if self.question.as_ref().is_some_and(|question| question.is_over || question.prompts) {
                    self.end_question();
                }
                self.has_timeout = true;
                self.lines.push(format!("timeout {}", ExactDuration(*time)));
            }
            Deed::Abort(text) if text == "ERROR" => {}
            Deed::Abort(text) => self.line(format!("abort on {}", pattern(text))),
            Deed::Log(text) if text.trim().is_empty() => {}
            Deed::Log(text) => self.line(format!("log {}", quoted(text.trim()))),
            Deed::Report(text) => self.reports.push((text.trim().to_owned(), false)),
            Deed::Set(name, value) => {
                if value.get(1..3).is_some_and(|start| start.eq_ignore_ascii_case("at")) {
                    self.commands.push(format!("{name}}}"));
                }
                self.line(format!("set {name} = {value}"));
            }
            Deed::Line(line) => self.line(line.clone()),
            Deed::Label(name) => self.line(format!("# {name}:")),
            Deed::Exit { passed: true } => self.line("stop".to_owned()),
            Deed::Exit { passed: false } => {
                self.end_question();
                let said = self.lines.last().and_then(|last| last.strip_prefix("log ")).map(str::to_owned);
                if said.is_some() {
                    self.lines.pop();
                }
                self.line(format!("fail {}", said.as_deref().unwrap_or("\"the script ends as failed\"")));
            }
            Deed::Comment(text) => self.line(format!("# {text}")),
            Deed::Go(_) | Deed::If(..) | Deed::Call(_) | Deed::Loop(..) => self.not_said(&deed.line()),
            Deed::Return => self.not_said("return"),
            Deed::Untold(deed) => {
                self.end_question();
                let mut apart = Writing::default();
                apart.deed(deed);
                apart.end_question();
                for line in &apart.lines {
                    self.not_said(line.trim_start_matches("# not imported: "));
                }
            }
            Deed::Unsaid(line) => self.not_said(line),
        }
    }

    fn not_said(&mut self, line: &str) {
        self.unsaid += 1;
        let line = format!("# not imported: {}", line.replace('\r', "^M").replace(['\n', '\x1A'], " "));
        match &mut self.question {
            // It stands in the middle of an answer.
            Some(question) => question.clauses.push(line),
            None => self.lines.push(line),
        }
    }

    fn line(&mut self, line: String) {
        self.end_question();
        self.lines.push(line);
    }

    fn end_question(&mut self) {
        let Some(question) = self.question.take() else { return };
        self.has_answered = true;
        let within = question.within.filter(|time| *time != USUAL);
        let within = within.map(|time| format!(" within {}", ExactDuration(time))).unwrap_or_default();
        let (command, awaited) = (question.command.clone(), question.clauses.join("\n"));
        self.lines.push(question.command + &within);
        self.lines.extend(question.clauses.into_iter().map(|clause| format!("  {clause}")));
        self.report(&command, &awaited);
    }

    /// What takes the lines that are reported out of an answer: where its text is waited for, or begins the answer.
    fn report(&mut self, command: &str, awaited: &str) {
        let mut names = Vec::new();
        for (text, is_asked) in &mut self.reports {
            let asked = command.strip_prefix("AT").unwrap_or_default();
            let answers = !asked.is_empty() && asked.trim_end_matches('?') == text.trim_end_matches(':');
            if !text.is_empty() && (answers || awaited.contains(&*pattern(text))) {
                let name = named(text.trim_matches(|sign: char| !sign.is_ascii_alphanumeric()));
                self.lines.push(format!("  capture /(?<{name}>{}.*)/", regex::escape(text).replace('/', "\\/")));
                names.push(format!("report {name}"));
                *is_asked = true;
            }
        }
        self.lines.extend(names);
    }

    fn send(&mut self, text: &str, line_end: &str) {
        if let Some(question) = self.question.as_mut().filter(|question| question.prompts) {
            question.prompts = false;
            let (text, end) = match text.trim_end_matches('\r').strip_suffix('\x1A') {
                Some(text) => (text, "ctrl-z"),
                None if line_end.is_empty() => (text, "nothing"),
                None => (text, "cr"),
            };
            question.clauses.push(format!("prompt \">\" reply {} then {end}", quoted(text)));
            return;
        }
        if let Some(behind) =
            text.strip_prefix("+++").filter(|behind| behind.is_empty() || at_command(behind).is_some())
        {
            self.has_answered = true;
            self.line("port escape".to_owned());
            // Of an empty line nothing is written.
            return self.send(behind, "\r");
        }
        let is_command =
            self.commands.iter().any(|name| text.strip_prefix("${").is_some_and(|rest| rest.starts_with(name)));
        let command = if is_command { Some(text.to_owned()) } else { at_command(text) };
        match command.filter(|_| !line_end.is_empty()) {
            Some(command) => {
                self.end_question();
                self.has_answered = false;
                let (within, clauses) = (None, Vec::new());
                self.question = Some(Question { command, within, clauses, prompts: false, is_over: false });
            }
            // An empty line asks nothing.
            None if text.is_empty() => {}
            None => {
                self.line(format!("send raw {}", quoted(&format!("{text}{line_end}"))));
                self.has_answered = false;
            }
        }
    }

    fn wait(&mut self, wait: &Wait) {
        let is_block = |then: &Onward| matches!(then, Onward::Block(_));
        if wait.late.is_some() || wait.wanted.iter().any(|wanted| is_block(&wanted.then)) {
            return self.branches(wait);
        }
        if self.has_answered && wait.wanted.iter().any(|it| matches!(it.text.trim(), "OK" | "ERROR")) {
            return;
        }
        let onward = |wanted: &&super::Wanted| matches!(wanted.then, Onward::Next);
        let texts: Vec<&str> = wait.wanted.iter().filter(onward).map(|wanted| wanted.text.trim()).collect();
        let good: Vec<&str> = texts.iter().copied().filter(|text| !is_failure(text)).collect();
        // It goes on behind an error that it waits for.
        let goes_on = good.len() < texts.len();
        let or = |texts: &[&str]| texts.iter().map(|text| pattern(text)).collect::<Vec<_>>().join(" or ");
        // What comes by itself, later: a command that is answered by OK alone holds no such line.
        let is_later = |question: &Question| {
            let expected = prospect(&question.command, None).expected;
            let is_code = |text: &&str| matches!(*text, "" | ">") || result_code::parse(text.as_bytes()).is_some();
            expected.shape == Shape::None && !question.prompts && !good.iter().any(is_code)
        };
        if !good.is_empty() && self.question.as_ref().is_some_and(|question| !question.is_over && is_later(question)) {
            self.end_question();
            return self.wait(&Wait { within: wait.within.or((!self.has_timeout).then_some(WAIT)), ..wait.clone() });
        }
        if self.question.as_ref().is_some_and(|question| !question.is_over && goes_on && !good.contains(&">")) {
            return self.branches(wait);
        }
        if let Some(question) = self.question.as_mut().filter(|question| !question.is_over) {
            question.within = question.within.max(wait.within);
            question.prompts |= good.contains(&">");
            let ends = |text: &&str| matches!(*text, "" | "OK" | "0") || text.starts_with("CONNECT");
            question.is_over = good.iter().any(ends);
            let is_plain = good.iter().any(|text| matches!(*text, "" | "OK" | ">"));
            if !is_plain && !good.is_empty() {
                question.clauses.push(format!("expect {}", or(&good)));
                return;
            }
            let mut failures = Vec::new();
            for wanted in &wait.wanted {
                if let (Onward::Fail(why), false) = (&wanted.then, is_failure(&wanted.text)) {
                    let why = if why.trim().is_empty() { wanted.text.as_str() } else { why.trim() };
                    failures.push(format!("when {} {{ fail {} }}", pattern(wanted.text.trim()), quoted(why)));
                }
            }
            if !failures.is_empty() {
                question.clauses.append(&mut failures);
                question
                    .clauses
                    .push(format!("when {} {{ }}", if good.is_empty() { "OK".to_owned() } else { or(&good) }));
            }
            return;
        }
        let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        let Some(first) = texts.first() else { return };
        let within = wait.within.map(|time| format!(" within {}", ExactDuration(time))).unwrap_or_default();
        // What asks a person for a word ends in no line end.
        let asks = first.ends_with([':', '>', '?', '$', '%', '#']) && texts.len() == 1 && !first.starts_with('+');
        if asks {
            self.line(format!("await prompt {}{within}", quoted(first)));
        } else {
            self.line(format!("await {}{within}", or(&texts)));
            self.report("", &or(&texts));
        }
    }

    /// What each answer leads to. Hayes takes the first `when` that any line is of: result codes stand last.
    fn branches(&mut self, wait: &Wait) {
        let within = wait.within.map(|time| format!(" within {}", ExactDuration(time)));
        match &mut self.question {
            Some(question) if !question.is_over => question.within = question.within.max(wait.within),
            _ => self.line(format!("await{}", within.unwrap_or_else(|| " within 1min".to_owned()))),
        }
        self.end_question();
        let is_result = |text: &str| text == "OK" || text.starts_with("CONNECT") || is_failure(text);
        let mut branches: Vec<(Vec<String>, Vec<String>, bool)> = Vec::new();
        for wanted in &wait.wanted {
            let text = wanted.text.trim();
            let pattern = if text == "ERROR" { "/ERROR/".to_owned() } else { pattern(text) };
            // An error without a word ends it by itself.
            let is_told = !matches!(&wanted.then, Onward::Fail(why) if why.trim().is_empty()) || wait.late.is_some();
            if is_failure(text) && !is_told {
                continue;
            }
            let block = self.under(&wanted.then, text);
            match branches.iter_mut().find(|(_, other, result)| *other == block && *result == is_result(text)) {
                Some((patterns, ..)) => patterns.push(pattern),
                None => branches.push((vec![pattern], block, is_result(text))),
            }
        }
        branches.sort_by_key(|(.., is_result)| *is_result);
        let late = wait.late.as_ref().map(|late| self.under(late, "no answer"));
        for (patterns, block, _) in
            branches.into_iter().filter(|(_, block, is_result)| !is_result || Some(block) != late.as_ref())
        {
            let head = format!("when {} {{", patterns.join(" or "));
            match block.as_slice() {
                [] => self.lines.push(head + " }"),
                block => self.lines.extend([&head].into_iter().chain(block).chain([&"}".to_owned()]).cloned()),
            }
        }
        for (head, end) in late.iter().flat_map(|_| [("when timeout {", None), ("} else {", Some("}"))]) {
            self.lines.push(head.to_owned());
            self.lines.extend(late.iter().flatten().cloned().chain(end.map(str::to_owned)));
        }
        self.has_answered = true;
    }

    /// The lines of a branch.
    fn under(&mut self, then: &Onward, text: &str) -> Vec<String> {
        let mut apart = Writing { commands: self.commands.clone(), has_answered: true, ..Writing::default() };
        match then {
            Onward::Block(deeds) => deeds.iter().for_each(|deed| apart.deed(deed)),
            Onward::Fail(why) => {
                let why = if why.trim().is_empty() { text } else { why.trim() };
                apart.line(format!("fail {}", quoted(why)));
            }
            Onward::Next | Onward::Label(_) => {}
        }
        apart.end_question();
        self.unsaid += apart.unsaid;
        apart.lines
    }
}

/// The text as an AT command of Hayes: blanks stand in its strings only.
fn at_command(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.get(..2)?.eq_ignore_ascii_case("at") || text.chars().any(char::is_control) {
        return None;
    }
    let is_said = |number: usize, c: char| number % 2 == 1 || !c.is_whitespace();
    let parts = text.split('"').enumerate().map(|(number, part)| part.replace(|c| !is_said(number, c), ""));
    let command = parts.collect::<Vec<_>>().join("\"");
    Some(command.strip_prefix("at").map(|rest| format!("AT{rest}")).unwrap_or(command))
}

/// What a line must look like. These programs find a text anywhere; a string in Hayes is the beginning of a line, a
/// regex is anywhere.
fn pattern(text: &str) -> String {
    let begins = text.starts_with(['+', '^', '#', '*']) && text.contains(':');
    if begins || is_failure(text) || text == "OK" || text.starts_with("CONNECT") || text.contains("${") {
        let mut braces = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(place);
            braces.push_str(before);
            let hole = from.find('}').filter(|_| before.ends_with('$')).map_or(1, |end| end + 1);
            let (brace, after) = from.split_at(hole);
            braces.push_str(&if hole == 1 { brace.repeat(2) } else { brace.to_owned() });
            rest = after;
        }
        return quoted(&(braces + rest));
    }
    format!("/{}/", notation::without_controls(&regex::escape(text).replace('/', "\\/")))
}
