//! `-l 'prod:&hub-a,!gw-0007'`: which of the modems.

use super::BatchModem;
use crate::diagnostic::Complaint;

/// Terms between `,` or `:`, in any order: all that match a plain term; of these only those that match each `&` term;
/// of these none that matches a `!` term. A term is a glob over names, groups and gateways, or `LABEL=GLOB`. Without a
/// plain term, all modems are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    text: String,
    /// `&`, `!`, or none
    sign: Option<char>,
    label: Option<String>,
    glob: String,
}

impl Selection {
    pub fn parse(texts: &[String]) -> Result<Selection, Complaint> {
        let mut terms = Vec::new();
        // An unset variable in a shell is no wish to have them all.
        if texts.iter().any(|text| text.split([',', ':']).all(|term| term.trim().is_empty())) {
            let help = "leave -l out for all modems; is the variable set that stands there?";
            return Err(Complaint::new("an empty --limit selects nothing").help(help));
        }
        for text in texts.iter().flat_map(|text| text.split([',', ':'])).map(str::trim).filter(|text| !text.is_empty())
        {
            let sign = text.chars().next().filter(|first| ['&', '!'].contains(first));
            let rest = text.strip_prefix(['&', '!']).unwrap_or(text);
            let (label, glob) = match rest.split_once('=') {
                Some((label, glob)) => (Some(label.strip_prefix("label.").unwrap_or(label).to_owned()), glob),
                None => (None, rest),
            };
            if glob.is_empty() || label.as_deref() == Some("") {
                let help = "a term is a name, a group or LABEL=VALUE, with * and ?: 'prod:&hub-a,!gw-0007'";
                return Err(Complaint::new(format!("`{text}` selects nothing")).help(help));
            }
            terms.push(Term { text: text.to_owned(), sign, label, glob: glob.to_owned() });
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
        let error = |term: &Term| {
            let complaint =
                Complaint::new(format!("`{}` in --limit matches no modem, group, gateway or label", term.text));
            complaint.help(match term.nearest(modems) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`--list` without -l shows all there are".to_owned(),
            })
        };
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
        super::nearest(&self.glob, &known)
    }

    fn matches(&self, modem: &BatchModem) -> bool {
        match &self.label {
            Some(label) => modem.labels.get(label.as_str()).is_some_and(|value| glob(&self.glob, value)),
            None => {
                self.glob == "all"
                    || glob(&self.glob, &modem.name)
                    || modem.groups.iter().chain(&modem.gateway).any(|name| glob(&self.glob, name))
            }
        }
    }
}

/// `*` is any text, `?` one character. Takes time in proportion to the two lengths' product at most.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // For each beginning of the text, the shortest first: whether what was read of the pattern matches it.
    let mut fits: Vec<bool> = (0..=text.len()).map(|length| length == 0).collect();
    for sign in pattern.chars() {
        fits = match sign {
            '*' => {
                let first = fits.iter().position(|fit| *fit).unwrap_or(fits.len());
                (0..fits.len()).map(|length| length >= first).collect()
            }
            sign => {
                let longer = fits.iter().zip(&text).map(|(fit, next)| *fit && (sign == '?' || sign == *next));
                std::iter::once(false).chain(longer).collect()
            }
        };
    }
    fits.last() == Some(&true)
}
