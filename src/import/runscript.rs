//! A script of minicom's runscript (runscript(1)).

use super::{Deed, Onward, Test, Told, Wait, Wanted, control, escaped, named, seconds, unescaped};

pub(super) fn read(text: &str, told: &mut Told) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            told.deeds.push(Deed::Comment(comment.trim().to_owned()));
        } else if let Some(opened) = line.strip_prefix("expect").map(str::trim).filter(|rest| rest.starts_with('{')) {
            let mut inside = opened.trim_start_matches('{').trim();
            // Several patterns stand on lines of their own; what would go on here is not known.
            if inside.ends_with('}') && inside.matches('"').count() > 2 {
                told.unsaid(line);
                told.deeds.push(Deed::Exit { passed: false });
                continue;
            }
            let mut wait = Wait::default();
            let mut then = Vec::new();
            while !inside.ends_with('}') {
                wanted(inside, &mut wait, &mut then, told);
                let Some(next) = lines.next() else {
                    told.unsaid("expect { (it is not closed)");
                    break;
                };
                inside = next.trim();
            }
            // The brace stands on a line of its own, or behind the last pattern.
            if let Some(last) = inside.strip_suffix('}') {
                wanted(last.trim(), &mut wait, &mut then, told);
            }
            told.deeds.push(Deed::Wait(wait));
            commands(then, told);
        } else if let Some(label) = line.strip_suffix(':').filter(|label| !label.contains(char::is_whitespace)) {
            told.deeds.push(Deed::Label(label.to_owned()));
        } else if !line.is_empty() && command(line, told).is_none() {
            told.unsaid(line);
        }
    }
}

/// A line of an `expect` block: a pattern and what is done then, or `timeout 5` and what. `then` are the commands that
/// lead elsewhere by a label of their own.
fn wanted(line: &str, wait: &mut Wait, then: &mut Vec<(String, String)>, told: &mut Told) {
    if line.is_empty() || line.starts_with('#') {
        return;
    }
    let (text, mut rest) = word(line, told);
    let is_timeout = text == "timeout" && !line.starts_with('"');
    if is_timeout {
        let (time, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        wait.within = seconds(time);
        rest = behind.trim();
        // Without a word it ends the script.
        if rest.is_empty() {
            return;
        }
    }
    let statement = rest.split_once(char::is_whitespace).map(|(first, rest)| (first, rest.trim()));
    let onward = match (rest, statement) {
        ("" | "break", _) => Onward::Next,
        (_, Some(("goto", label))) => Onward::Label(label.to_owned()),
        ("exit", _) => Onward::Fail(String::new()),
        (_, Some(("exit", status))) if status != "0" => Onward::Fail(String::new()),
        _ => {
            let label = told.own_label();
            then.push((label.clone(), rest.to_owned()));
            Onward::Label(label)
        }
    };
    if is_timeout {
        wait.late = Some(onward);
    } else {
        wait.wanted.push(Wanted { text, then: onward });
    }
}

/// The commands of an `expect` block behind it; each goes on behind all of them.
fn commands(then: Vec<(String, String)>, told: &mut Told) {
    if then.is_empty() {
        return;
    }
    let end = told.own_label();
    told.deeds.push(Deed::Go(end.clone()));
    for (label, line) in then {
        told.deeds.push(Deed::Label(label));
        if command(&line, told).is_none() {
            told.unsaid(&line);
            told.deeds.push(Deed::Exit { passed: false });
        }
        told.deeds.push(Deed::Go(end.clone()));
    }
    told.deeds.push(Deed::Label(end));
}

fn command(line: &str, told: &mut Told) -> Option<()> {
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match first {
        "send" => {
            let (text, _) = if rest.starts_with('"') { word(rest, told) } else { (said(rest, told), "") };
            told.deeds.push(match text.strip_suffix('\0') {
                Some(bare) => Deed::Bare(bare.to_owned()),
                None => Deed::Send(text),
            });
        }
        "expect" => {
            let (text, _) = word(rest, told);
            told.wait([text], None);
        }
        "print" => {
            let text = if rest.starts_with('"') { word(rest, told).0 } else { said(rest, told) };
            told.deeds.push(Deed::Log(text.trim_end_matches('\0').to_owned()));
        }
        "sleep" => told.deeds.push(Deed::Sleep(seconds(rest)?)),
        // Without a status it is 1.
        "exit" => told.deeds.push(Deed::Exit { passed: rest == "0" }),
        "goto" => told.deeds.push(Deed::Go(rest.to_owned())),
        "gosub" => told.deeds.push(Deed::Call(rest.to_owned())),
        "return" => told.deeds.push(Deed::Return),
        "if" => {
            let [left, operator, right, jump]: [&str; 4] =
                rest.splitn(4, char::is_whitespace).collect::<Vec<_>>().try_into().ok()?;
            let value = |text: &str| if text.parse::<i64>().is_ok() { text.to_owned() } else { named(text) };
            let (operator, _) = Test::operator(operator)?;
            let end = told.own_label();
            told.deeds.push(Deed::If(Test::Value(value(left), operator, value(right)).negated(), end.clone()));
            if command(jump.trim(), told).is_none() {
                told.unsaid(jump);
            }
            told.deeds.push(Deed::Label(end));
        }
        "set" => {
            let (name, value) = rest.split_once(char::is_whitespace)?;
            let value = value.trim();
            let value = if value.parse::<i64>().is_ok() { value.to_owned() } else { named(value) };
            told.deeds.push(Deed::Set(named(name), value));
        }
        "inc" | "dec" => {
            let sign = if first == "inc" { '+' } else { '-' };
            told.deeds.push(Deed::Set(named(rest), format!("{} {sign} 1", named(rest))));
        }
        "timeout" => told.remark(line, "of the whole script; Hayes has one for each exchange"),
        "verbose" => told.remark(line, "Hayes shows what comes, unless it is -q"),
        "break" => {}
        _ => return None,
    }
    Some(())
}

/// The first word or quoted text of a line, and what stands behind it.
fn word<'l>(line: &'l str, told: &mut Told) -> (String, &'l str) {
    let Some(inside) = line.strip_prefix('"') else {
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        return (said(first, told), rest.trim());
    };
    let end = unescaped(inside, '"');
    let (text, rest) = inside.split_at(end.unwrap_or(inside.len()));
    (said(text, told), rest.trim_start_matches('"').trim())
}

/// A text with its escapes done. `\c`, which keeps the CR away, is a NUL at its end.
fn said(text: &str, told: &mut Told) -> String {
    let mut said = String::new();
    let mut is_bare = false;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        let next = after.chars().next();
        rest = after;
        if let Some((name, behind)) =
            after.strip_prefix('(').filter(|_| letter == '$').and_then(|it| it.split_once(')'))
        {
            said.push_str(&told.param(name));
            rest = behind;
        } else if let Some(next) = next.filter(|_| matches!(letter, '\\' | '^')) {
            rest = after.get(next.len_utf8()..).unwrap_or_default();
            match (letter, next) {
                ('^', next) => said.push(control(next)),
                (_, 'c') => is_bare = true,
                (_, '0'..='7') => {
                    let digits = after.find(|c: char| !c.is_digit(8)).unwrap_or(after.len()).min(4);
                    let (digits, behind) = after.split_at(digits);
                    said.extend(u32::from_str_radix(digits, 8).ok().and_then(char::from_u32));
                    rest = behind;
                }
                (_, other) => said.push(escaped(other, "nrabf")),
            }
        } else {
            // A `${` of its own
            said.extend((letter == '$' && after.starts_with('{')).then_some('$'));
            said.push(letter);
        }
    }
    if is_bare { said + "\0" } else { said }
}
