//! The functions that expressions may call. Each takes one argument.

use std::fmt::{self, Write};
use std::fs::File;
use std::path::{Component, Path};

use super::expression::LONGEST;
use super::interpreter::Run;
use super::problem::{End, Step, code};
use super::value::Value;
use crate::source::{Span, Spanned, Unreadable, read_text};
use crate::syntax::ast::{Expression, Function};

impl Run<'_> {
    pub(super) fn call(&self, function: &Spanned<Function>, arguments: &[Expression], span: Span) -> Step<Value> {
        let [argument] = arguments else {
            let what = format!("`{}` takes one argument", name(function.value));
            return Err(self.fail(self.problem(code::TYPE, span, what)));
        };
        let value = self.evaluate(argument)?;
        let span = argument.span;
        let text = || self.argument_text(function.value, &value, span);
        match function.value {
            Function::Len => match &value {
                Value::Text(text) => Ok(length(text.chars().count())),
                Value::List(items) => Ok(length(items.len())),
                Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::Record(_) => {
                    let what = format!(
                        "`len` counts a text's characters or a list's items, and this is {}",
                        self.shown(&value)
                    );
                    Err(self.fail(self.problem(code::TYPE, span, what)))
                }
            },
            Function::Int => Ok(Value::Int(self.argument_int(function.value, &value, span)?)),
            Function::Text => self.fitting(text_length(&value), span, || value.to_string()),
            Function::Upper => {
                let text = text()?;
                let length = text.chars().flat_map(char::to_uppercase).map(char::len_utf8).sum();
                self.fitting(length, span, || text.to_uppercase())
            }
            Function::Lower => {
                let text = text()?;
                let length = text.chars().flat_map(char::to_lowercase).map(char::len_utf8).sum();
                self.fitting(length, span, || text.to_lowercase())
            }
            Function::Trim => Ok(Value::text(text()?.trim())),
            Function::Dbm => {
                let rssi = self.argument_int(function.value, &value, span)?;
                dbm(rssi).ok_or_else(|| {
                    let what = format!("{rssi} is no signal strength of +CSQ");
                    self.fail(self.problem(code::VALUE, span, what).help("it is 0 to 31, or 99 where it is not known"))
                })
            }
            Function::Luhn => Ok(Value::Bool(luhn(&value.to_string()))),
            Function::Ucs2 => {
                let text = text()?;
                self.fitting(text.encode_utf16().count().saturating_mul(4), span, || ucs2(text))
            }
            Function::Gsm7 => {
                let text = text()?;
                match text.chars().find(|character| !is_gsm7(*character)) {
                    None => Ok(value.clone()),
                    Some(character) => {
                        let what = format!("the GSM 7-bit alphabet has no {character:?}");
                        let help = "leave it out, or send the text as UCS2: `AT+CSCS=\"UCS2\"` and `ucs2(text)`";
                        Err(self.fail(self.problem(code::VALUE, span, what).help(help)))
                    }
                }
            }
            Function::File => self.file(text()?, span),
        }
    }

    /// A text of this length in bytes, which is not made where it would be too long.
    fn fitting(&self, length: usize, span: Span, text: impl FnOnce() -> String) -> Step<Value> {
        self.fits(length, span)?;
        Ok(Value::text(text()))
    }

    fn argument_text<'v>(&self, function: Function, value: &'v Value, span: Span) -> Step<&'v str> {
        match value {
            Value::Text(text) => Ok(text),
            Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => {
                let what = format!("`{}` takes a text, and this is {}", name(function), self.shown(value));
                Err(self.fail(self.problem(code::TYPE, span, what).help("`text(x)` makes a text of any value")))
            }
        }
    }

    fn argument_int(&self, function: Function, value: &Value, span: Span) -> Step<i64> {
        match value {
            Value::Int(number) => Ok(*number),
            Value::Text(text) => text.trim().parse().map_err(|_| {
                let what = format!("{} is no number", self.shown(value));
                self.fail(self.problem(code::VALUE, span, what))
            }),
            Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => {
                let what = format!("`{}` takes a number, and this is {}", name(function), self.shown(value));
                Err(self.fail(self.problem(code::TYPE, span, what)))
            }
        }
    }

    /// A file beside the script. The name may come from anywhere, so it does not lead out of that folder.
    fn file(&self, name: &str, span: Span) -> Step<Value> {
        let refuse = |what: String, help: &str| -> End { self.fail(self.problem(code::FILE, span, what).help(help)) };
        let path = Path::new(name);
        if name.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(refuse(
                format!("`{name}` does not stand beside the script"),
                "name a file in the script's folder, or in a folder in it",
            ));
        }
        let Some(folder) = &self.inputs.folder else {
            return Err(refuse(
                format!("there is no folder to find `{name}` in"),
                "this script is not a file, so no file stands beside it",
            ));
        };
        let path = folder.join(path);
        match File::open(&path).map_err(Unreadable::Io).and_then(|file| read_text(file, LONGEST as u64)) {
            Ok(text) => Ok(Value::text(text)),
            Err(error) => {
                let help = match error {
                    Unreadable::Io(_) => "see that it is there, and yours to read",
                    Unreadable::TooLarge { .. } => "a value holds no more than that",
                    Unreadable::NoText { .. } => "a file must be UTF-8",
                };
                Err(refuse(format!("{} {error}", path.display()), help))
            }
        }
    }
}

fn name(function: Function) -> &'static str {
    match function {
        Function::Len => "len",
        Function::Int => "int",
        Function::Text => "text",
        Function::Upper => "upper",
        Function::Lower => "lower",
        Function::Trim => "trim",
        Function::Dbm => "dbm",
        Function::Luhn => "luhn",
        Function::Ucs2 => "ucs2",
        Function::Gsm7 => "gsm7",
        Function::File => "file",
    }
}

/// How long a value is as text, which is not made for that.
fn text_length(value: &Value) -> usize {
    struct Length(usize);
    impl fmt::Write for Length {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.saturating_add(text.len());
            Ok(())
        }
    }
    let mut length = Length(0);
    // Counting does not fail.
    let _ = write!(length, "{value}");
    length.0
}

fn length(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// `+CSQ`'s rssi to dBm (27.007 §8.5); empty where it is not known (99, 199). 100 to 191 are the received signal code
/// power that some modems give there.
fn dbm(rssi: i64) -> Option<Value> {
    match rssi {
        0..=31 => Some(Value::Int(-113 + 2 * rssi)),
        100..=191 => Some(Value::Int(-116 + (rssi - 100))),
        99 | 199 => Some(Value::text("")),
        _ => None,
    }
}

/// ISO/IEC 7812-1, annex B: IMEIs and ICCIDs end in such a check digit.
fn luhn(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().rev().map(|character| character.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() > 1) else { return false };
    let doubled = |(place, digit): (usize, &u32)| match place % 2 {
        0 => *digit,
        _ if *digit > 4 => digit * 2 - 9,
        _ => digit * 2,
    };
    digits.iter().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

fn ucs2(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("{unit:04X}")).collect()
}

/// The default alphabet and its extension table (23.038 §6.2.1).
fn is_gsm7(character: char) -> bool {
    const BESIDE_ASCII: &str = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà€";
    match character {
        '\n' | '\r' | '\x0C' | ' '..='_' | 'a'..='~' => true,
        _ => BESIDE_ASCII.contains(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signal_in_dbm() {
        assert_eq!(dbm(0), Some(Value::Int(-113)));
        assert_eq!(dbm(17), Some(Value::Int(-79)));
        assert_eq!(dbm(31), Some(Value::Int(-51)));
        assert_eq!(dbm(99), Some(Value::text("")));
        assert_eq!(dbm(191), Some(Value::Int(-25)));
        assert_eq!(dbm(32), None);
        assert_eq!(dbm(-1), None);
    }

    #[test]
    fn check_digits() {
        assert!(luhn("490154203237518"));
        assert!(luhn("79927398713"));
        assert!(!luhn("490154203237519"));
        assert!(!luhn("49015420323751F"));
        assert!(!luhn(""));
        assert!(!luhn("0"));
    }

    #[test]
    fn ucs2_is_utf_16_in_hex() {
        assert_eq!(ucs2("Aé"), "004100E9");
        assert_eq!(ucs2("😀"), "D83DDE00");
    }

    #[test]
    fn gsm7_knows_its_alphabet() {
        for character in "@£$ÄÖ ^{}\\[~]|€\nàz?".chars() {
            assert!(is_gsm7(character), "{character:?}");
        }
        for character in "`çê😀\u{1b}\t\u{7f}".chars() {
            assert!(!is_gsm7(character), "{character:?}");
        }
    }
}
