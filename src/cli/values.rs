//! What may stand behind a flag: durations, factors, shares, files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::batch::schedule::Share;

/// A duration as scripts write it: `500ms`, `5s`, `2min`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "" => return Err(format!("it has no unit: write {text}s or {text}ms")),
        _ => return Err("a duration is a whole number and ms, s, min or h: 500ms, 5s, 2min".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "a duration starts with a whole number: 500ms, 5s".to_owned())?;
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(|| "that is too long".to_owned())
}

/// A duration in which something can happen.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|time| if time.is_zero() { Err("in no time nothing can happen".to_owned()) } else { Ok(time) })
}

/// How many a wave has.
pub(super) fn wave(text: &str) -> Result<Share, String> {
    let share = Share::parse(text)?;
    let is_none = matches!(share, Share::Count(0) | Share::Percent(0));
    if is_none { Err("a wave of none would never end".to_owned()) } else { Ok(share) }
}

/// `5s`, `500ms~2s`
pub(super) fn delay(text: &str) -> Result<(Duration, Duration), String> {
    match text.split_once('~') {
        Some((delay, jitter)) => Ok((duration(delay)?, duration(jitter)?)),
        None => Ok((duration(text)?, Duration::ZERO)),
    }
}

/// What is no stream.
pub(super) fn file(path: PathBuf) -> Result<PathBuf, String> {
    if path == Path::new("-") {
        return Err("this needs a file: standard output is for results (--json)".to_owned());
    }
    Ok(path)
}

/// By what every timeout is multiplied.
pub(super) fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.01..=1000.0).contains(&factor) => Ok(factor),
        Ok(_) | Err(_) => Err("a factor is a number from 0.01 to 1000: 0.5, 2".to_owned()),
    }
}
