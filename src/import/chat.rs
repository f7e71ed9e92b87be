//! A script of chat, as pppd calls it: pairs of what is expected and what is sent (chat(8)).

use std::time::Duration;

use super::{Deed, Told, WAIT, control, escaped, literal, named, question, seconds, unescaped};
use crate::at::result_code;
use crate::notation::ExactDuration;

pub(super) fn read(text: &str, told: &mut Told) {
    // A shell goes on behind a backslash at the end of a line.
    let whole = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let calls = || whole.lines().filter_map(|line| Some((line, called(line)?)));
    let is_last = |line: &str| line.trim_start().starts_with("disconnect");
    let Some((dialling, dial)) = calls().find(|(line, _)| !is_last(line)).or_else(|| calls().next()) else {
        let mut words = Vec::new();
        for line in text.lines() {
            match line.trim_start().strip_prefix('#') {
                Some(comment) => words.push(Word::Comment(comment.trim().to_owned())),
                None => cut(line, &mut words),
            }
        }
        return follow(words, told);
    };
    // pppd's options may have a script for each end of a connection.
    let last = calls().find(|(line, _)| is_last(line) && !std::ptr::eq(*line, dialling));
    let is_call = |line: &str| {
        [Some(dialling), last.as_ref().map(|(line, _)| *line)].iter().flatten().any(|call| std::ptr::eq(*call, line))
    };
    for line in whole.lines().filter(|line| !is_call(line) && !line.trim().is_empty()) {
        match line.trim_start().strip_prefix('#') {
            Some(comment) if comment.starts_with('!') => {}
            Some(comment) => told.deeds.push(Deed::Comment(comment.trim().to_owned())),
            None => told.unsaid(line),
        }
    }
    if let Some((_, hang_up)) = last {
        let head = "# Both scripts of pppd: with -V job=disconnect it hangs up, else it dials";
        told.params.insert("job = \"connect\"".to_owned());
        let known = "assert job in [\"connect\", \"disconnect\"]";
        told.deeds.extend([head, known, "if job == \"disconnect\" {"].map(|line| Deed::Line(line.to_owned())));
        follow(without_options(hang_up, told), told);
        told.deeds.extend(["stop", "}"].map(|line| Deed::Line(line.to_owned())));
    }
    follow(without_options(dial, told), told);
}

fn follow(words: Vec<Word>, told: &mut Told) {
    let mut expects = true;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let word = match word {
            Word::Comment(comment) => {
                told.deeds.push(Deed::Comment(comment));
                continue;
            }
            Word::Unclosed(line) => {
                told.unsaid(&format!("{line} (a quote is not closed)"));
                told.deeds.push(Deed::Exit { passed: false });
                return;
            }
            Word::Text(word) => word,
        };
        let keyword = word.as_str();
        let takes_one = expects
            && matches!(
                keyword,
                "ABORT" | "TIMEOUT" | "REPORT" | "SAY" | "ECHO" | "CLR_ABORT" | "CLR_REPORT" | "HANGUP"
            );
        if takes_one {
            let text = |word| if let Word::Text(text) = word { Some(text) } else { None };
            let value = words.by_ref().find_map(text).unwrap_or_default();
            let deed = match keyword {
                // A line end around the text only says that it is a line.
                "ABORT" => match said(&value, told).trim() {
                    lines if lines.contains(['\r', '\n']) => Deed::Unsaid(format!("{keyword} {value}")),
                    line => Deed::Abort(line.to_owned()),
                },
                "SAY" => Deed::Log(said(&value, told)),
                "REPORT" => Deed::Report(said(&value, told)),
                "ECHO" | "HANGUP" if value == if keyword == "ECHO" { "OFF" } else { "ON" } => continue,
                "TIMEOUT" => match seconds(&value) {
                    Some(time) => Deed::Timeout(time),
                    None => Deed::Unsaid(format!("TIMEOUT {value}")),
                },
                _ => Deed::Unsaid(format!("{keyword} {value}")),
            };
            told.deeds.push(deed);
        } else if expects {
            expect(&word, told);
            expects = false;
        } else {
            send(&word, told);
            expects = true;
        }
    }
}

/// What stands behind `chat` in a line that calls it: of a shell, or pppd's `connect "/usr/sbin/chat …"`.
fn called(line: &str) -> Option<String> {
    let is_chat = |text: &str| text.rsplit('/').next() == Some("chat");
    let mut place = 0;
    // In a script of chat itself the word may be one of a text.
    let mut begins = true;
    for word in line.trim().split_inclusive(char::is_whitespace).take(4) {
        place += word.len();
        let name = word.trim();
        let quote = name.chars().next().filter(|first| matches!(first, '"' | '\''));
        let bare = name.trim_start_matches(['"', '\'']);
        if is_chat(bare) && (begins || bare.contains('/')) {
            let behind = line.trim().get(place..).unwrap_or_default();
            let whole = quote.and_then(|quote| behind.trim_end().strip_suffix(quote)).unwrap_or(behind);
            let call = whole.split_inclusive(char::is_whitespace).take_while(|word| !is_of_the_shell(word));
            return Some(call.collect::<String>().trim().to_owned());
        }
        if name.starts_with('#') {
            return None;
        }
        begins = matches!(bare, "connect" | "disconnect" | "exec" | "sudo" | "if" | "while" | "until" | "!");
    }
    None
}

/// What ends a call in a shell's line: where its input and output are, and what is done behind it.
fn is_of_the_shell(word: &str) -> bool {
    word.trim_start_matches(|letter: char| letter.is_ascii_digit()).starts_with(['<', '>', '|', '&', ';'])
}

/// The words of chat's script behind the options of its command line.
fn without_options(call: String, told: &mut Told) -> Vec<Word> {
    let mut words = Vec::new();
    cut(&call, &mut words);
    let mut rest = words.into_iter().peekable();
    let is_option = |word: &Word| matches!(word, Word::Text(text) if text.len() > 1 && text.starts_with('-'));
    while let Some(Word::Text(option)) = rest.next_if(is_option) {
        let Some(place) = option.find(['t', 'T', 'U', 'f', 'r']) else { continue };
        let (letter, joined) = option.get(place..).unwrap_or_default().split_at(1);
        let value = if joined.is_empty() {
            rest.next().and_then(|word| if let Word::Text(text) = word { Some(text) } else { None })
        } else {
            Some(joined.to_owned())
        };
        let value = value.unwrap_or_default();
        match (letter, seconds(&value)) {
            ("t", Some(time)) => told.deeds.push(Deed::Timeout(time)),
            ("T", _) => told.numbers[0] = Some(value),
            ("U", _) => told.numbers[1] = Some(value),
            ("f", _) => told.unsaid(&format!("-f {value}: the script stands there; `hayes import {value}` reads it")),
            _ => told.unsaid(&format!("-{letter} {value}")),
        }
    }
    rest.collect()
}

enum Word {
    Text(String),
    Comment(String),
    Unclosed(String),
}

/// The words of a line: quotes hold blanks together, a backslash stays for later.
fn cut(line: &str, words: &mut Vec<Word>) {
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if first == '"' || first == '\'' {
            let inside = rest.get(1..).unwrap_or_default();
            let Some(end) = unescaped(inside, first) else {
                words.push(Word::Unclosed(line.to_owned()));
                return;
            };
            let (word, after) = inside.split_at(end);
            (word, after.get(1..).unwrap_or_default())
        } else {
            rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()))
        };
        words.push(Word::Text(word.to_owned()));
        rest = after.trim_start();
    }
}

/// `OK`, and `OK-AT-OK`: where OK does not come, AT is sent, and OK is expected again.
fn expect(word: &str, told: &mut Told) {
    // Of several lines the last one ends the wait.
    let line = |word: &str, told: &mut Told| said(word, told).trim().lines().last().unwrap_or_default().to_owned();
    let Some(end) = unescaped(word, '-') else {
        let text = line(word, told);
        return told.wait([text], None);
    };
    let (first, rest) = word.split_at(end);
    // The same question again and again: `+CREG: 0,1-AT+CREG?-+CREG: 0,1`.
    let parts: Vec<&str> = word.split('-').collect();
    let last = if let Some(Deed::Send(last)) = told.deeds.last() { Some(last.clone()) } else { None };
    let is_poll = parts.iter().step_by(2).all(|part| *part == first && result_code::parse(part.as_bytes()).is_none())
        && parts.iter().skip(1).step_by(2).all(|part| Some(*part) == last.as_deref());
    if is_poll && parts.len() % 2 == 1 {
        let told_time = |deed: &Deed| if let Deed::Timeout(time) = deed { Some(*time) } else { None };
        let time = told.deeds.iter().rev().find_map(told_time).unwrap_or(WAIT);
        let tries = u32::try_from(parts.len().div_ceil(2)).unwrap_or(1);
        let head = format!("retry for {} every 2s {{", ExactDuration(time * tries));
        told.deeds.insert(question(&told.deeds), Deed::Line(head));
        let text = line(first, told);
        told.wait([text], None);
        return told.deeds.push(Deed::Line("}".to_owned()));
    }
    let rest = rest.get(1..).unwrap_or_default();
    let (again, then) = rest.split_at(unescaped(rest, '-').unwrap_or(rest.len()));
    // What was sent is tried, with the command whose prompt it answered.
    let start = question(&told.deeds);
    told.deeds.insert(start, Deed::Line("try {".to_owned()));
    let text = line(first, told);
    told.wait([text], None);
    told.deeds.push(Deed::Line("} else {".to_owned()));
    send(if again.is_empty() { r"\r\c" } else { again }, told);
    if let Some(then) = then.strip_prefix('-') {
        expect(then, told);
    }
    told.deeds.push(Deed::Line("}".to_owned()));
}

fn send(word: &str, told: &mut Told) {
    let word = match word {
        "EOT" => r"^D\c",
        "BREAK" => r"\K\c",
        other => other,
    };
    if let Some(file) = word.strip_prefix('@') {
        told.deeds.push(Deed::Comment(format!("the text of the file {file}")));
        let text = told.param(file.rsplit('/').next().unwrap_or(file));
        return told.deeds.push(Deed::Send(text));
    }
    let secret;
    let word = match word.split_once(r"\q") {
        // What chat keeps out of its log is no text of a script.
        Some((before, after)) if after.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '$') => {
            let end = after.find('\\').unwrap_or(after.len());
            let (hidden, behind) = after.split_at(end);
            if let Some(name) = hidden.strip_prefix('$') {
                told.secrets.insert(named(name.trim_matches(['{', '}'])));
                secret = format!("{before}{after}");
            } else {
                let comment = r"chat keeps this text out of its log (\q): it is given as a secret";
                told.deeds.push(Deed::Comment(comment.to_owned()));
                let mut names = ["password", "password_2", "password_3"].into_iter();
                let name = names.find(|name| !told.params.contains(*name)).unwrap_or("password_4");
                secret = format!("{before}${{{name}}}{behind}");
            }
            secret.as_str()
        }
        _ => word,
    };
    let (word, is_bare) = word.strip_suffix(r"\c").map_or((word, false), |word| (word, true));
    // Pauses and breaks part the text.
    let (mut text, mut rest) = (String::new(), word);
    while let Some(place) = rest.find('\\') {
        let (before, from) = rest.split_at(place);
        let length = from.chars().take(2).map(char::len_utf8).sum();
        let (escape, after) = from.split_at(length);
        let parting = [r"\d", r"\p", r"\K"].iter().position(|parting| *parting == escape);
        let Some(parting) = parting else {
            text = text + before + escape;
            rest = after;
            continue;
        };
        text += before;
        if !text.is_empty() {
            let part = said(&std::mem::take(&mut text), told);
            told.deeds.push(Deed::Bare(part));
        }
        told.deeds.push(match parting {
            0 => Deed::Sleep(Duration::from_secs(1)),
            1 => Deed::Sleep(Duration::from_millis(100)),
            _ => Deed::Line("port break 250ms".to_owned()),
        });
        rest = after;
    }
    text += rest;
    let text = said(&text, told);
    told.deeds.push(if is_bare { Deed::Bare(text) } else { Deed::Send(text) });
}

/// A word with its escapes done, and the environment's values by name.
fn said(word: &str, told: &mut Told) -> String {
    let mut text = String::new();
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('s') => text.push(' '),
                Some(which @ ('T' | 'U')) => {
                    let [first, second] = &told.numbers;
                    let number = if which == 'U' { second.clone() } else { first.clone() };
                    let name = match which {
                        _ if text.to_ascii_uppercase().contains("CGDCONT") => "apn",
                        'T' => "number",
                        _ => "number_2",
                    };
                    let value = number.map_or_else(|| told.param(name), |number| literal(&number));
                    text.push_str(&value);
                }
                Some('N') => text.push('\0'),
                Some('q') | None => {}
                Some(digit @ '0'..='7') => {
                    let mut digits = digit.to_string();
                    digits.extend(std::iter::from_fn(|| letters.next_if(|next| next.is_digit(8))).take(2));
                    text.extend(u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32));
                }
                Some(other) => text.push(escaped(other, "nrtb")),
            },
            '^' => text.extend(letters.next().map(control)),
            // `AT$QCPWRDN` is a command.
            '$' if !text.eq_ignore_ascii_case("at") => {
                let mut name = String::new();
                while let Some(next) =
                    letters.next_if(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '{' | '}'))
                {
                    name.push(next);
                }
                let name = name.trim_matches(['{', '}']);
                if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    text.push_str(&told.param(name));
                } else {
                    text.push_str(&literal(&format!("${name}")));
                }
            }
            other => {
                // A `${` of its own
                text.extend((other == '$' && letters.peek() == Some(&'{')).then_some('$'));
                text.push(other);
            }
        }
    }
    text
}
