//! `-l 'prod:&hub-a,!gw-0007'`: which of the modems.

use regex::Regex;

use super::BatchModem;
use crate::diagnostic::Complaint;
use crate::notation::as_counted;

/// Terms between `,` or `:`, in any order: all that match a plain term; of these only those that match each `&` term;
/// of these none that matches a `!` term. A term is a pattern over names, groups and gateways, or `LABEL=PATTERN`.
/// Without a plain term, all modems are meant.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    text: String,
    /// `&`, `!`, or none
    sign: Option<char>,
    label: Option<String>,
    glob: String,
    pattern: NamePattern,
}

/// `gw-*`, `gw[01-20]`: of the whole name; `~gw-(a|b)`: of its beginning, as Ansible has it.
#[derive(Debug, Clone)]
struct NamePattern {
    regex: Regex,
    /// Of the numbers in it: the first, the last, and how many digits, where that is said
    ranges: Vec<(u64, u64, Option<usize>)>,
}

impl NamePattern {
    fn new(text: &str) -> Result<NamePattern, String> {
        let compiled = |regex: String, ranges| match Regex::new(&regex) {
            Ok(regex) => Ok(NamePattern { regex, ranges }),
            Err(error) => Err(error.to_string().lines().last().unwrap_or_default().replace("error: ", "")),
        };
        if let Some(regex) = text.strip_prefix('~') {
            return compiled(format!("^(?:{regex})"), Vec::new());
        }
        let (mut regex, mut ranges, mut rest) = ("^(?s:".to_owned(), Vec::new(), text);
        while let Some((before, behind)) = rest.split_once('[') {
            let range = behind.split_once(']').and_then(|(range, behind)| Some((number_range(range)?, behind)));
            let (range, behind) = range.ok_or("a range is one of numbers, as gw[01-20]")?;
            regex.push_str(&(unranged(before) + "([0-9]+)"));
            ranges.push(range);
            rest = behind;
        }
        compiled(regex + &unranged(rest) + ")$", ranges)
    }

    fn fits(&self, name: &str) -> bool {
        let is_in = |((first, last, digits), number): (&(u64, u64, Option<usize>), regex::Match<'_>)| {
            digits.is_none_or(|digits| number.len() == digits)
                && number.as_str().parse().is_ok_and(|number| (first..=last).contains(&&number))
        };
        self.regex.captures(name).is_some_and(|found| self.ranges.iter().zip(found.iter().skip(1).flatten()).all(is_in))
    }
}

/// `01-20`: with a 0 in front each number has as many digits.
fn number_range(text: &str) -> Option<(u64, u64, Option<usize>)> {
    let (first, last) = text.split_once('-')?;
    let digits = (first.len() > 1 && first.starts_with('0')).then_some(first.len());
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last, digits))
}

/// Between `,` or `:`; those in a regex's brackets are its own.
fn parts(text: &str) -> Vec<String> {
    let is_open = |part: &String| part.matches(['(', '[', '{']).count() > part.matches([')', ']', '}']).count();
    let mut parts: Vec<String> = Vec::new();
    for part in text.split_inclusive([',', ':']) {
        match parts.last_mut().filter(|before| before.contains('~') && is_open(before)) {
            Some(before) => before.push_str(part),
            None => parts.push(part.to_owned()),
        }
    }
    parts.into_iter().map(|part| part.trim_end_matches([',', ':']).trim().to_owned()).collect()
}

impl Selection {
    pub fn parse(texts: &[String]) -> Result<Selection, Complaint> {
        let mut terms = Vec::new();
        // An unset variable in a shell is no wish to have them all.
        if texts.iter().any(|text| text.split([',', ':']).all(|term| term.trim().is_empty())) {
            return Err(Complaint::told("hayes::cli limit-empty", &[]));
        }
        for text in texts.iter().flat_map(|text| parts(text)).filter(|text| !text.is_empty()) {
            let sign = text.chars().next().filter(|first| ['&', '!'].contains(first));
            let rest = text.strip_prefix(['&', '!']).unwrap_or(&text);
            let (label, glob) = match rest.split_once('=').filter(|_| !rest.starts_with('~')) {
                Some((label, glob)) => (Some(label.strip_prefix("label.").unwrap_or(label).to_owned()), glob),
                None => (None, rest),
            };
            if glob.is_empty() || label.as_deref() == Some("") {
                return Err(Complaint::told("hayes::cli limit-term", &[&text]));
            }
            let pattern = NamePattern::new(glob);
            let pattern = pattern.map_err(|why| Complaint::told("hayes::cli limit-pattern", &[&text, &why]))?;
            terms.push(Term { sign, label, glob: glob.to_owned(), pattern, text });
        }
        Ok(Selection { terms })
    }

    pub fn selects(&self, modem: &BatchModem) -> bool {
        let of = |sign| self.terms.iter().filter(move |term| term.sign == sign);
        let any = of(None).next().is_none() || of(None).any(|term| term.matches(modem));
        any && of(Some('&')).all(|term| term.matches(modem)) && !of(Some('!')).any(|term| term.matches(modem))
    }

    /// The terms that match no modem at all, each with what was probably meant.
    pub fn idle(&self, modems: &[BatchModem]) -> Vec<Complaint> {
        let idle = self.terms.iter().filter(|term| !modems.iter().any(|modem| term.matches(modem)));
        let error =
            |term: &Term| Complaint::told("hayes::cli limit-idle", &[&term.text]).did_you_mean(term.nearest(modems));
        idle.map(error).collect()
    }
}

impl Term {
    /// A name, a group or a label's value that is spelled much like it.
    fn nearest<'m>(&self, modems: &'m [BatchModem]) -> Option<&'m str> {
        let known: Vec<&str> = match &self.label {
            Some(label) => {
                modems.iter().filter_map(|modem| modem.labels.get(label.as_str())).map(String::as_str).collect()
            }
            None => {
                let groups =
                    modems.iter().flat_map(|modem| modem.groups.iter().chain(&modem.gateway)).map(|group| &**group);
                groups.chain(modems.iter().map(|modem| modem.name.as_str())).collect()
            }
        };
        // `gw7` is gw-07, and `7` where no other modem has that number.
        let plain = |name: &str| -> String {
            let parts = as_counted(name).map(|(_, number, rest)| format!("{number}{}", rest.to_lowercase()));
            parts.collect::<String>().chars().filter(|c| c.is_alphanumeric()).collect()
        };
        let written = plain(&self.glob);
        let is_number = written.chars().all(|c| c.is_ascii_digit());
        let named =
            |name: &&&str| plain(name).trim_start_matches(|c: char| is_number && !c.is_ascii_digit()) == written;
        match known.iter().filter(named).collect::<Vec<_>>().as_slice() {
            [one] if !written.is_empty() => Some(one),
            _ => super::nearest(&self.glob, &known),
        }
    }

    fn matches(&self, modem: &BatchModem) -> bool {
        match &self.label {
            Some(label) => modem.labels.get(label.as_str()).is_some_and(|value| self.pattern.fits(value)),
            None => {
                self.glob == "all"
                    || self.pattern.fits(&modem.name)
                    || modem.groups.iter().chain(&modem.gateway).any(|name| self.pattern.fits(name))
            }
        }
    }
}

/// `*` is any text, `?` one character.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?s:{})$", unranged(pattern))).is_ok_and(|regex| regex.is_match(text))
}

/// A pattern without ranges as a regex has it.
fn unranged(text: &str) -> String {
    regex::escape(text).replace(r"\*", ".*").replace(r"\?", ".")
}
