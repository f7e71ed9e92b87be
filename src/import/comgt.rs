//! A script of comgt: a BASIC of lines (comgt(1)). `%` is which text of the last `waitfor` came, -1 where none did.

use super::{Deed, Test, Told, control, escaped, literal, named, seconds};

pub(super) fn read(text: &str, told: &mut Told) {
    for line in text.lines() {
        let mut line = line.trim();
        if let Some(comment) = ["#", "//", "rem "].iter().find_map(|sign| line.strip_prefix(sign)) {
            told.deeds.push(Deed::Comment(comment.trim_start_matches(['#', ' ']).to_owned()));
            continue;
        }
        if let Some(label) = line.strip_prefix(':') {
            let (label, rest) = label.split_once(char::is_whitespace).unwrap_or((label, ""));
            told.deeds.push(Deed::Label(label.to_ascii_lowercase()));
            line = rest.trim();
        }
        if !line.is_empty() && command(line, told).is_none() {
            told.unsaid(line);
        }
    }
}

/// One command; none where Hayes has no word for it.
fn command(line: &str, told: &mut Told) -> Option<()> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match word.to_ascii_lowercase().as_str() {
        // The port stands on the command line of Hayes.
        "opengt" => {}
        "waitquiet" => told.remark(line, "Hayes waits for a quiet line before its first command"),
        "flash" => {
            let [off, on] = ["off", "on"].map(|state| Deed::Line(format!("port dtr {state}")));
            told.deeds.extend([off, Deed::Sleep(seconds(rest)?), on]);
        }
        "set" if rest.starts_with("com ") => {
            let form = rest.strip_prefix("com ")?.trim().to_ascii_lowercase();
            told.deeds.push(super::baud(form.strip_suffix("n81").unwrap_or(&form))?);
        }
        "set" if rest.starts_with("comecho ") => told.remark(line, "Hayes shows what comes, unless it is -q"),
        "set" if rest.starts_with("senddelay ") => told.remark(line, "Hayes sends a line at once"),
        "send" => {
            let text = joined(rest, told)?;
            told.deeds.push(super::sent(&text));
        }
        "waitfor" => {
            let (time, texts) = rest.split_once(char::is_whitespace)?;
            let texts = pieces(texts)?.into_iter().map(|piece| value(piece, told)).collect::<Option<Vec<_>>>()?;
            told.wait(texts, Some(seconds(time)?));
        }
        "get" => {
            let name = rest.rsplit(char::is_whitespace).next()?.strip_prefix('$')?;
            told.deeds.push(Deed::Capture(named(name)));
        }
        "print" | "eprint" | "lprint" => {
            let text = joined(rest, told)?;
            told.deeds.push(Deed::Log(text));
        }
        "sleep" => told.deeds.push(Deed::Sleep(seconds(rest)?)),
        "exit" => told.deeds.push(Deed::Exit { passed: matches!(rest, "" | "0") }),
        "abort" => told.deeds.push(Deed::Exit { passed: false }),
        "gosub" => told.deeds.push(Deed::Call(rest.to_ascii_lowercase())),
        "return" => told.deeds.push(Deed::Return),
        "goto" => told.deeds.push(Deed::Go(rest.to_ascii_lowercase())),
        "if" => return branch(rest, told),
        "let" | "set" => {
            let (name, expression) = rest.split_once('=')?;
            let value = if name.starts_with('$') {
                crate::notation::quoted(&joined(expression.trim(), told)?)
            } else {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-*/() ".contains(c);
                Some(expression.trim()).filter(|text| !text.is_empty() && text.chars().all(is_plain))?.to_owned()
            };
            told.deeds.push(Deed::Set(named(name.trim().trim_start_matches('$')), value));
        }
        "inc" | "dec" => {
            let sign = if word.eq_ignore_ascii_case("inc") { '+' } else { '-' };
            told.deeds.push(Deed::Set(named(rest), format!("{} {sign} 1", named(rest))));
        }
        _ => return None,
    }
    Some(())
}

/// `if % = 0 goto LABEL`, `if $s = "x" COMMAND`
fn branch(rest: &str, told: &mut Told) -> Option<()> {
    let start = rest.find(['=', '<', '>', '!'])?;
    let (left, rest) = rest.split_at(start);
    let (operator, rest) = Test::operator(rest)?;
    let rest = rest.trim_start();
    let end = match rest.strip_prefix('"') {
        Some(inside) => inside.find('"')? + 2,
        None => rest.find(char::is_whitespace)?,
    };
    let (right, jump) = rest.split_at(end);
    let test = if left.trim() == "%" {
        Test::Result(operator, right.parse().ok()?)
    } else {
        Test::Value(operand(left.trim(), told)?, operator, operand(right, told)?)
    };
    let jump = jump.trim();
    if let Some(label) = jump.strip_prefix("goto ") {
        told.deeds.push(Deed::If(test, label.trim().to_ascii_lowercase()));
    } else {
        let end = told.own_label();
        told.deeds.push(Deed::If(test.negated(), end.clone()));
        if command(jump, told).is_none() {
            told.unsaid(jump);
        }
        told.deeds.push(Deed::Label(end));
    }
    Some(())
}

/// A side of a comparison: a number, a text, a name.
fn operand(text: &str, told: &mut Told) -> Option<String> {
    if text.parse::<i64>().is_ok() {
        return Some(text.to_owned());
    }
    let value = value(text, told)?;
    let name = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|_| !text.starts_with('"'));
    Some(name.map_or_else(|| crate::notation::quoted(&value), str::to_owned))
}

/// Texts and names in a row, as one text.
fn joined(text: &str, told: &mut Told) -> Option<String> {
    pieces(text)?.into_iter().map(|piece| value(piece, told)).collect()
}

/// `"AT+CGDCONT=",$a` in its pieces, between which a comma, a plus or blanks stand.
fn pieces(text: &str) -> Option<Vec<&str>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut escaped = false;
        let mut is_string = false;
        let end = rest.char_indices().find(|(place, letter)| {
            let is_end = match letter {
                '"' if !escaped => {
                    is_string = !is_string;
                    false
                }
                ',' | '+' | ' ' | '\t' => !is_string && *place > 0,
                _ => false,
            };
            escaped = *letter == '\\' && !escaped;
            is_end
        });
        if end.is_none() && is_string {
            return None;
        }
        let (piece, after) = rest.split_at(end.map_or(rest.len(), |(place, _)| place));
        pieces.push(piece);
        rest = after.trim_start_matches([',', '+', ' ', '\t']);
    }
    Some(pieces)
}

fn value(piece: &str, told: &mut Told) -> Option<String> {
    if let Some(text) = piece.strip_prefix('"') {
        let mut value = String::new();
        let mut letters = text.strip_suffix('"')?.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '^' => value.extend(letters.next().map(control)),
                '\\' => value.push(escaped(letters.next()?, "nrt")),
                other => value.push(other),
            }
        }
        return Some(literal(&value));
    }
    let name = piece.strip_prefix("$env(\"").and_then(|rest| rest.strip_suffix("\")"));
    if let Some(name) = name {
        return Some(told.param(name));
    }
    let name = piece.strip_prefix('$').unwrap_or(piece);
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric());
    is_name.then(|| format!("${{{}}}", named(name)))
}
