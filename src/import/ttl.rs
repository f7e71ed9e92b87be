//! A macro of Tera Term (TTL). `result` is which text of the last `wait` came, from 1 on; 0 where none did in time.

use std::time::Duration;

use super::{Deed, Test, Told, literal, named, seconds};

pub(super) fn read(text: &str, told: &mut Told) {
    let mut reading = Ttl { told, within: None, blocks: Vec::new(), boxes: 0, has_result: false };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (line, comment) = without_comment(line);
        if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
            reading.told.deeds.push(Deed::Comment(comment.to_owned()));
        }
        if line.is_empty() || reading.command(line).is_some() {
            continue;
        }
        reading.told.unsaid(line);
        reading.has_result &= ["beep", "connect", "setsync", "showtt"].contains(&first_word(line).as_str());
        // A block whose first line cannot be said is not said.
        let mut open = Vec::from_iter(end_of(line));
        while let Some(end) = open.last() {
            let Some((line, _)) = lines.next().map(without_comment) else { break };
            if first_word(line) == *end {
                open.pop();
            } else {
                open.extend(end_of(line));
            }
            reading.told.unsaid(line);
        }
    }
}

fn first_word(line: &str) -> String {
    line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase()
}

/// The word that ends the block which this line begins.
fn end_of(line: &str) -> Option<&'static str> {
    match first_word(line).as_str() {
        "if" => line.to_ascii_lowercase().ends_with("then").then_some("endif"),
        "for" => Some("next"),
        "while" => Some("endwhile"),
        "until" => Some("enduntil"),
        "do" => Some("loop"),
        _ => None,
    }
}

struct Ttl<'t> {
    told: &'t mut Told,
    /// `timeout = 5`: how long each `wait` may take
    within: Option<Duration>,
    blocks: Vec<Block>,
    /// `inputbox` and `passwordbox`
    boxes: usize,
    /// `result` is which text of a `wait` came, and not what another command has put there.
    has_result: bool,
}

/// A block that is open: the word that ends it, and labels of its own.
struct Block {
    ends: &'static str,
    /// The beginning of a loop, or the next branch of an `if`
    again: String,
    behind: String,
}

impl Ttl<'_> {
    fn command(&mut self, line: &str) -> Option<()> {
        let line = &line.replace("inputstr", &self.input());
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if let Some(label) = line.strip_prefix(':') {
            self.told.deeds.push(Deed::Label(label.trim().to_owned()));
            self.has_result = true;
            return Some(());
        }
        let deed = match first.to_ascii_lowercase().as_str() {
            "sendln" => Deed::Send(texts(rest)?.concat()),
            "send" => super::sent(&texts(rest)?.concat()),
            "wait" | "waitln" => {
                self.told.wait(texts(rest)?, self.within);
                self.has_result = true;
                return Some(());
            }
            "pause" => Deed::Sleep(seconds(rest)?),
            "mpause" => Deed::Sleep(Duration::from_millis(rest.parse().ok()?)),
            "messagebox" | "statusbox" | "dispstr" => Deed::Log(texts(rest)?.first()?.clone()),
            "end" | "exit" => Deed::Exit { passed: true },
            "sendbreak" => Deed::Line("port break 250ms".to_owned()),
            "setdtr" | "setrts" => {
                let state = if rest.parse::<u32>().ok()? == 0 { "off" } else { "on" };
                Deed::Line(format!("port {} {state}", first.to_ascii_lowercase().trim_start_matches("set")))
            }
            "setbaud" | "setspeed" => super::baud(rest)?,
            "flushrecv" => Deed::Line("port flush".to_owned()),
            "goto" => Deed::Go(rest.to_owned()),
            "call" => {
                self.has_result = true;
                Deed::Call(rest.to_owned())
            }
            "return" => Deed::Return,
            "break" => Deed::Go(self.innermost()?.behind.clone()),
            "continue" => Deed::Go(self.innermost()?.again.clone()),
            "if" | "elseif" | "else" | "while" | "until" | "do" | "loop" | "next" | "endif" | "endwhile"
            | "enduntil" | "for" => return self.block(&first.to_ascii_lowercase(), rest),
            "strconcat" => {
                let (name, text) = rest.split_once(char::is_whitespace)?;
                let text = format!("${{{}}}{}", named(name), texts(text)?.concat());
                Deed::Set(named(name), crate::notation::quoted(&text))
            }
            "inputbox" | "passwordbox" => {
                self.boxes += 1;
                self.told.param(&self.input());
                if first.eq_ignore_ascii_case("passwordbox") {
                    self.told.secrets.insert(self.input());
                }
                return Some(());
            }
            _ => {
                let (name, value) = line.split_once('=')?;
                let name = name.trim();
                if name.eq_ignore_ascii_case("timeout") {
                    self.within = Some(seconds(value.trim())?);
                    return Some(());
                }
                let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                if !is_name || name.is_empty() {
                    return None;
                }
                let value = value.trim();
                let is_sum = |c: char| c.is_ascii_alphanumeric() || "_+-*/%() ".contains(c);
                let is_number = value.parse::<i64>().is_ok() || value.contains(['+', '*']) && value.chars().all(is_sum);
                let value = if is_number {
                    value.to_ascii_lowercase()
                } else {
                    crate::notation::quoted(&texts(value)?.concat())
                };
                Deed::Set(named(name), value)
            }
        };
        self.told.deeds.push(deed);
        Some(())
    }

    /// What `inputstr` holds has a name for each box.
    fn input(&self) -> String {
        if self.boxes < 2 { "inputstr".to_owned() } else { format!("inputstr_{}", self.boxes) }
    }

    fn innermost(&self) -> Option<&Block> {
        self.blocks.iter().rev().find(|block| block.ends != "endif")
    }

    /// A line that begins, parts or ends a block, or `if` with a command.
    fn block(&mut self, word: &str, rest: &str) -> Option<()> {
        let then = rest
            .len()
            .checked_sub(4)
            .filter(|start| rest.get(*start..).is_some_and(|end| end.eq_ignore_ascii_case("then")));
        let [again, behind] = [self.told.own_label(), self.told.own_label()];
        match (word, then.and_then(|start| rest.get(..start))) {
            ("if", None) => {
                let (tests, command) = self.conditions(rest)?;
                self.unless(&tests, &again);
                if self.command(command).is_none() {
                    self.told.unsaid(command);
                }
                self.told.deeds.push(Deed::Label(again));
            }
            ("if", Some(condition)) => {
                let (tests, _) = self.conditions(condition)?;
                self.unless(&tests, &again);
                self.blocks.push(Block { ends: "endif", again, behind });
            }
            ("else" | "elseif", condition) => {
                let tests = condition.and_then(|it| self.conditions(it));
                if tests.is_none() && word == "elseif" {
                    return None;
                }
                let block = self.blocks.last_mut().filter(|block| block.ends == "endif")?;
                let here = std::mem::replace(&mut block.again, again.clone());
                self.told.deeds.extend([Deed::Go(block.behind.clone()), Deed::Label(here)]);
                if let Some((tests, _)) = tests {
                    self.unless(&tests, &again);
                }
            }
            ("for", _) => {
                let [name, from, to]: [&str; 3] = rest.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
                let counts_up = || Some(from.parse::<i64>().ok()? <= to.parse().ok()?);
                counts_up().filter(|up| *up)?;
                let head = format!("for {} in {from}..{to}", named(name));
                self.told.deeds.extend([Deed::Label(again.clone()), Deed::Loop(head, behind.clone())]);
                self.blocks.push(Block { ends: "next", again, behind });
            }
            ("while" | "until" | "do", _) => {
                let (kind, condition) = match rest.split_once(char::is_whitespace).filter(|_| word == "do") {
                    Some((kind, condition)) => (kind, condition),
                    None => (word, rest),
                };
                let tests = if condition.is_empty() { None } else { Some(self.conditions(condition)?.0) };
                self.told.deeds.push(Deed::Label(again.clone()));
                if let Some(tests) = tests {
                    self.goes_on(kind, &tests, &behind)?;
                }
                self.blocks.push(Block { ends: end_of(word)?, again, behind });
            }
            _ => {
                self.blocks.last().filter(|block| block.ends == word)?;
                let Block { again, behind, .. } = self.blocks.pop()?;
                if word == "endif" {
                    self.told.deeds.push(Deed::Label(again));
                } else {
                    if let Some((kind, condition)) = rest.split_once(char::is_whitespace) {
                        let (tests, _) = self.conditions(condition)?;
                        self.goes_on(kind, &tests, &behind)?;
                    }
                    self.told.deeds.push(Deed::Go(again));
                }
                self.told.deeds.push(Deed::Label(behind));
            }
        }
        Some(())
    }

    /// A jump to `label` where a loop's condition ends it.
    fn goes_on(&mut self, kind: &str, tests: &Conditions, label: &str) -> Option<()> {
        match kind.to_ascii_lowercase().as_str() {
            "while" => self.unless(tests, label),
            "until" => {
                let over = self.told.own_label();
                self.unless(tests, &over);
                self.told.deeds.extend([Deed::Go(label.to_owned()), Deed::Label(over)]);
            }
            _ => return None,
        }
        Some(())
    }

    /// A jump to `label` where the conditions do not hold.
    fn unless(&mut self, (is_any, tests): &Conditions, label: &str) {
        let Some((last, tests)) = tests.split_last() else { return };
        let yes = self.told.own_label();
        for test in tests {
            let (test, to) = if *is_any { (test.clone(), yes.as_str()) } else { (test.negated(), label) };
            self.told.deeds.push(Deed::If(test, to.to_owned()));
        }
        self.told.deeds.extend([Deed::If(last.negated(), label.to_owned()), Deed::Label(yes)]);
    }

    /// `result = 1 or i > 3`, and what stands behind it.
    fn conditions<'l>(&self, text: &'l str) -> Option<(Conditions, &'l str)> {
        let mut rest = text.trim();
        let mut tests = Vec::new();
        let mut joined = None;
        loop {
            let inside = rest.strip_prefix('(').unwrap_or(rest).trim_start();
            let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            let (name, behind) = inside.split_at(end);
            let (operator, behind) = Test::operator(behind.trim_start())?;
            let behind = behind.trim_start();
            let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
            let (value, behind) = behind.split_at(end);
            let value = Some(value).filter(|value| !value.is_empty())?.to_ascii_lowercase();
            tests.push(match name {
                name if name.eq_ignore_ascii_case("result") && self.has_result => {
                    Test::Result(operator, value.parse::<i64>().ok()? - 1)
                }
                name if name.eq_ignore_ascii_case("result") => return None,
                name => {
                    Test::Value(named(name), operator, if value.parse::<i64>().is_ok() { value } else { named(&value) })
                }
            });
            rest = behind.trim_start();
            rest = rest.strip_prefix(')').unwrap_or(rest).trim_start();
            let words = [("or ", true), ("|| ", true), ("and ", false), ("&& ", false)];
            let Some((is_any, behind)) = words.iter().find_map(|(word, any)| Some((*any, rest.strip_prefix(word)?)))
            else {
                return Some(((joined == Some(true), tests), rest));
            };
            if joined.replace(is_any).is_some_and(|before| before != is_any) {
                return None;
            }
            rest = behind.trim_start();
        }
    }
}

/// Conditions, and whether one of them is enough
type Conditions = (bool, Vec<Test>);

/// A line without its `; comment`, and the comment.
fn without_comment(line: &str) -> (&str, Option<&str>) {
    let mut quote = None;
    let start = line.find(|letter: char| {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ';') => return true,
            (None | Some(_), _) => {}
        }
        false
    });
    let (line, comment) = line.split_at(start.unwrap_or(line.len()));
    (line.trim(), start.map(|_| comment.trim_start_matches(';').trim()))
}

/// The texts of a line: `'AT'#13 apn "x"`. What stands without a blank between is one.
fn texts(line: &str) -> Option<Vec<String>> {
    let mut texts: Vec<String> = Vec::new();
    let mut rest = line.trim();
    let mut is_new = true;
    while let Some(first) = rest.chars().next() {
        let (text, after) = match first {
            '\'' | '"' => {
                let (text, after) = rest.get(1..)?.split_once(first)?;
                (literal(text), after)
            }
            '#' => {
                let digits = rest.get(1..)?;
                let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
                let (number, after) = digits.split_at(end);
                (char::from_u32(number.parse().ok()?)?.to_string(), after)
            }
            letter if letter.is_ascii_alphabetic() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                (format!("${{{}}}", named(name)), after)
            }
            _ => return None,
        };
        match texts.last_mut().filter(|_| !is_new) {
            Some(last) => last.push_str(&text),
            None => texts.push(text),
        }
        is_new = after.starts_with(char::is_whitespace);
        rest = after.trim_start();
    }
    Some(texts)
}
