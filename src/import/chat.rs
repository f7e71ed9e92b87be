//! A script of chat, as pppd calls it: pairs of what is expected and what is sent (chat(8)).

use std::time::Duration;

use super::{Deed, Onward, Told, Wait, Wanted, control, literal, seconds};

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
            Word::Text(word) => word,
        };
        let keyword = word.as_str();
        let takes_one =
            matches!(keyword, "ABORT" | "TIMEOUT" | "REPORT" | "SAY" | "ECHO" | "CLR_ABORT" | "CLR_REPORT" | "HANGUP");
        if takes_one {
            let value = words.by_ref().find_map(|word| match word {
                Word::Text(text) => Some(text),
                Word::Comment(_) => None,
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
}

/// The words of a line: quotes hold blanks together, a backslash stays for later.
fn cut(line: &str, words: &mut Vec<Word>) {
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if first == '"' || first == '\'' {
            let inside = rest.get(1..).unwrap_or_default();
            inside.split_once(first).unwrap_or((inside, ""))
        } else {
            rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()))
        };
        words.push(Word::Text(word.to_owned()));
        rest = after.trim_start();
    }
}

/// `OK`, and `OK-AT-OK`: where OK does not come, AT is sent, and OK is expected again.
fn expect(word: &str, told: &mut Told) {
    let mut parts = word.split('-');
    let (first, again) = (parts.next().unwrap_or_default(), parts.collect::<Vec<_>>());
    let text = said(first, told);
    match again.as_slice() {
        [] => told.wait([text], None),
        [_, second] if second == &first && !matches!(told.deeds.last(), Some(Deed::Wait(_)) | None) => {
            // The sub-send is the line that was sent: it is tried again.
            let asked = told.deeds.pop();
            told.deeds.push(Deed::Line("retry 2 {".to_owned()));
            told.deeds.extend(asked);
            told.wait([text], None);
            told.deeds.push(Deed::Line("}".to_owned()));
        }
        _ => {
            told.deeds.push(Deed::Wait(Wait { wanted: vec![Wanted { text, then: Onward::Next }], within: None }));
            told.unsaid(&format!("{word} (what is sent where {first} does not come)"));
        }
    }
}

fn send(word: &str, told: &mut Told) {
    if word == "EOT" || word == "BREAK" {
        return told.deeds.push(match word {
            "EOT" => Deed::Bare("\x04".to_owned()),
            _ => Deed::Line("port break 250ms".to_owned()),
        });
    }
    let mut word = word;
    // Pauses before and behind the text.
    while let Some(rest) = word.strip_prefix("\\d").or_else(|| word.strip_prefix("\\p")) {
        let pause = if word.starts_with("\\d") { 1000 } else { 100 };
        told.deeds.push(Deed::Sleep(Duration::from_millis(pause)));
        word = rest;
    }
    let bare = word.ends_with("\\c");
    let text = said(word.trim_end_matches("\\c"), told);
    told.deeds.push(if bare { Deed::Bare(text) } else { Deed::Send(text) });
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
                // Pauses inside of a word, and what only concerns chat's log
                Some('d' | 'p' | 'q' | 'c' | 'K' | 'N') | None => {}
                Some(digit @ '0'..='7') => {
                    let mut value = digit.to_digit(8).unwrap_or(0);
                    for _ in 0..2 {
                        let Some(digit) = letters.peek().and_then(|next| next.to_digit(8)) else { break };
                        value = value * 8 + digit;
                        letters.next();
                    }
                    text.extend(char::from_u32(value));
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
