//! A script of chat, as pppd calls it: pairs of what is expected and what is sent (chat(8)).

use std::time::Duration;

use super::{Deed, Told, control, literal, question, seconds, unescaped};

pub(super) fn read(text: &str, told: &mut Told) {
    let mut words = Vec::new();
    for line in text.lines() {
        match line.trim_start().strip_prefix('#') {
            Some(comment) => words.push(Word::Comment(comment.trim().to_owned())),
            None => cut(line, &mut words),
        }
    }
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
            let value = words.by_ref().find_map(|word| match word {
                Word::Text(text) => Some(text),
                Word::Comment(_) | Word::Unclosed(_) => None,
            });
            let value = value.unwrap_or_default();
            let deed = match keyword {
                "ABORT" => Deed::Abort(said(&value, told)),
                "SAY" => Deed::Log(said(&value, told)),
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
    let Some(end) = unescaped(word, '-') else {
        let text = said(word, told);
        return told.wait([text], None);
    };
    let (first, rest) = word.split_at(end);
    let rest = rest.get(1..).unwrap_or_default();
    let (again, then) = rest.split_at(unescaped(rest, '-').unwrap_or(rest.len()));
    // What was sent is tried, with the command whose prompt it answered.
    let start = question(&told.deeds);
    told.deeds.insert(start, Deed::Line("try {".to_owned()));
    let text = said(first, told);
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
    if word.contains(r"\q") {
        told.unsaid(r"\q: chat keeps the next line out of its log; a value of a `secret` is masked");
    }
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
                Some('r') => text.push('\r'),
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('s') => text.push(' '),
                Some('b') => text.push('\x08'),
                Some('T') => text.push_str(&told.param("number")),
                Some('U') => text.push_str(&told.param("number_2")),
                Some('N') => text.push('\0'),
                Some('q') | None => {}
                Some(digit @ '0'..='7') => {
                    let mut digits = digit.to_string();
                    digits.extend(std::iter::from_fn(|| letters.next_if(|next| next.is_digit(8))).take(2));
                    text.extend(u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32));
                }
                Some(other) => text.push(other),
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
