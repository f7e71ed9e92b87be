//! A macro of Tera Term (TTL). `result` is which text of the last `wait` came, from 1 on; 0 where none did in time.

use std::time::Duration;

use super::{Deed, Onward, Told, literal, named, seconds};

pub(super) fn read(text: &str, told: &mut Told) {
    let mut reading = Ttl { told, within: None, loops: 0, boxes: 0 };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (line, comment) = without_comment(line);
        if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
            reading.told.deeds.push(Deed::Comment(comment.to_owned()));
        }
        if line.is_empty() {
            continue;
        }
        // `if result <> 1 then` … `endif`
        if let Some(condition) = line.strip_prefix("if ").and_then(|rest| rest.strip_suffix("then")) {
            let body: Vec<&str> =
                lines.by_ref().map(|line| without_comment(line).0).take_while(|line| *line != "endif").collect();
            if reading.block(condition, &body).is_none() {
                for line in [line].into_iter().chain(body).chain(["endif"]) {
                    reading.told.unsaid(line);
                }
            }
        } else if reading.command(line).is_none() {
            reading.told.unsaid(line);
        }
    }
}

struct Ttl<'t> {
    told: &'t mut Told,
    /// `timeout = 5`: how long each `wait` may take
    within: Option<Duration>,
    /// How many `for` are open
    loops: usize,
    /// `inputbox` and `passwordbox`
    boxes: usize,
}

impl Ttl<'_> {
    fn command(&mut self, line: &str) -> Option<()> {
        let line = &line.replace("inputstr", &self.input());
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if let Some(label) = line.strip_prefix(':') {
            self.told.deeds.push(Deed::Label(label.trim().to_owned()));
            return Some(());
        }
        let deed = match first.to_ascii_lowercase().as_str() {
            "sendln" => Deed::Send(texts(rest)?.concat()),
            "send" => super::sent(&texts(rest)?.concat()),
            "wait" | "waitln" => {
                self.told.wait(texts(rest)?, self.within);
                return Some(());
            }
            "pause" => Deed::Sleep(seconds(rest)?),
            "mpause" => Deed::Sleep(Duration::from_millis(rest.parse().ok()?)),
            "messagebox" | "statusbox" | "dispstr" => Deed::Log(texts(rest)?.first()?.clone()),
            "end" | "exit" => Deed::Exit { passed: true },
            "goto" => Deed::Go(rest.to_owned()),
            "if" => return self.jump(rest),
            "inputbox" | "passwordbox" => {
                self.boxes += 1;
                self.told.param(&self.input());
                if first.eq_ignore_ascii_case("passwordbox") {
                    self.told.secrets.insert(self.input());
                }
                return Some(());
            }
            "for" => {
                let [name, from, to]: [&str; 3] = rest.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
                let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
                self.loops += 1;
                Deed::Line(format!("for {} in {from}..{to} {{", named(name)))
            }
            "next" if self.loops > 0 => {
                self.loops -= 1;
                Deed::Line("}".to_owned())
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
                let number = value.parse::<i64>().is_ok();
                let value = if number { value.to_owned() } else { super::writing::quoted(&texts(value)?.concat()) };
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

    /// `if result = 2 goto failed`
    fn jump(&mut self, rest: &str) -> Option<()> {
        let (condition, label) = rest.split_once("goto ")?;
        branch(self.told, condition, &Onward::Label(label.trim().to_owned()))
    }

    /// A block that ends the macro, behind a `wait`: those answers fail.
    fn block(&mut self, condition: &str, body: &[&str]) -> Option<()> {
        let (last, told) = body.split_last()?;
        let ends = matches!(*last, "end" | "exit") || last.starts_with("goto ");
        let says = |line: &str| line.is_empty() || line.starts_with("messagebox") || line.starts_with("statusbox");
        if !ends || !told.iter().all(|line| says(line)) {
            return None;
        }
        let said = told.iter().filter_map(|line| texts(line.split_once(' ')?.1)?.into_iter().next());
        let then = match last.strip_prefix("goto ") {
            Some(label) => Onward::Label(label.trim().to_owned()),
            None => Onward::Fail(said.collect::<Vec<_>>().join(" ")),
        };
        branch(self.told, condition, &then)
    }
}

/// Where the texts go on that this condition on `result` holds for.
fn branch(told: &mut Told, condition: &str, then: &Onward) -> Option<()> {
    let start = condition.find(['=', '<', '>', '!'])?;
    let (name, rest) = condition.split_at(start);
    let (operator, number) = rest.split_at(rest.find(|c| !matches!(c, '=' | '<' | '>' | '!'))?);
    let (name, number) = (name.trim(), number.trim());
    let number: usize = number.parse().ok().filter(|_| name == "result")?;
    let is_equal = match operator {
        "=" | "==" => true,
        "<>" | "!=" => false,
        _ => return None,
    };
    for (place, wanted) in (1..).zip(&mut told.last_wait()?.wanted) {
        if (place == number) == is_equal && wanted.then == Onward::Next {
            wanted.then = then.clone();
        }
    }
    // A timeout, which is 0, ends a Hayes script.
    if let (Onward::Label(label), true) = (then, (number == 0) == is_equal) {
        told.late(label);
    }
    Some(())
}

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
    match start {
        Some(place) => {
            let (line, comment) = line.split_at(place);
            (line.trim(), Some(comment.trim_start_matches(';').trim()))
        }
        None => (line.trim(), None),
    }
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
