//! PINs that are tried: which a line tries, how many tries the modem has left, and what became of one.

use super::ledger::Book;
use crate::at::command::{Command, CommandLine, parse};
use crate::at::parameters::{parameters, split_prefix};
use crate::at::{Form, Line, ResultCode};
use crate::catalogue::command::values;
use crate::catalogue::entry::{Danger, DangerKind, ErrorCode, Module, Series};
use crate::catalogue::{self, command_of, commands, error_by_text, pin_in};

/// A PIN that is tried.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PinAttempt {
    /// What it opens: `SC` is the SIM, as in `AT+CLCK="SC"`, `P2` what needs the PIN2; `PUK` and `PUK2` open these
    pub(crate) opens: String,
    pub(crate) code: String,
    /// The one that holds afterwards
    pub(crate) new: Option<String>,
    /// Who tells whether it was right: the SIM's status, where it is asked itself, or nobody, of what is dialled
    told_by_sim: Option<bool>,
}

impl PinAttempt {
    /// The first PIN that a line tries.
    pub(crate) fn of(line: &str) -> Option<PinAttempt> {
        let line = parse(line)?;
        let (asked, danger) = lock_of(&line)?;
        let tried = values(asked);
        // The shortest PIN has four digits; modes and classes have one, or two.
        let is_code = |value: &str| value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_digit());
        if let Some((opens, codes, by_sim)) = tried.iter().find_map(|value| pin_in(value)) {
            let mut codes = codes.into_iter().filter(|code| is_code(code));
            let code = codes.next().unwrap_or_else(|| tried.join(","));
            return Some(PinAttempt { opens: opens.to_owned(), code, new: codes.next(), told_by_sim: Some(by_sim) });
        }
        let mut codes = tried.iter().filter(|code| is_code(code)).map(|code| (*code).to_owned());
        let named = || tried.first().filter(|first| !is_code(first)).map(|first| first.to_ascii_uppercase());
        let (code, new) = (codes.next().unwrap_or_else(|| tried.join(",")), codes.next());
        let known = Some(danger.pin.to_owned()).filter(|pin| !pin.is_empty());
        Some(PinAttempt {
            opens: known.or_else(named).unwrap_or_else(|| "SC".to_owned()),
            code,
            new,
            told_by_sim: None,
        })
    }

    /// Whether it was right, and how many tries are left, as far as an answer tells; false where it was not tried.
    pub(crate) fn judged(&self, lines: &[Line], result: &ResultCode) -> (Option<bool>, Option<u64>) {
        if !result.is_success() {
            return (was_not_tried(result).then_some(false), None);
        }
        let Some(by_sim) = self.told_by_sim else { return (Some(true), None) };
        let last = lines.iter().filter_map(|line| parameters(split_prefix(&line.bytes).1).last()).next_back();
        let answer = last.filter(|_| by_sim).map(|last| last.text().to_ascii_uppercase()).unwrap_or_default();
        let status = answer.len().checked_sub(4).and_then(|at| answer.get(at..)).unwrap_or_default();
        match (status.get(..2), status.strip_prefix("63C")) {
            (Some("90" | "91"), _) => (Some(true), None),
            // It did not understand, or does not know that PIN.
            (Some("67" | "68" | "6A" | "6B" | "6D" | "6E"), _) => (Some(false), None),
            (_, left) => {
                (None, left.and_then(|left| u64::from_str_radix(left, 16).ok()).or((status == "6983").then_some(0)))
            }
        }
    }

    /// As people call what it tries
    pub(crate) fn name(&self) -> &str {
        match &*self.opens {
            "P2" => "PIN2",
            unblocks if unblocks.starts_with("PUK") => unblocks,
            _ => "PIN",
        }
    }

    /// It was right, or was not tried at all.
    pub(super) fn settle(&self, book: &mut Book, sim: &str, was_right: bool) {
        let mark = book.mark(&self.opens, &self.code);
        // Behind a PUK stands a PIN.
        let opens = match &*self.opens {
            "PUK" => "SC",
            "PUK2" => "P2",
            other => other,
        };
        let new = self.new.as_ref().map(|new| book.mark(opens, new));
        let history = book.sim(sim);
        history.failed.remove(&mark);
        if was_right {
            history.in_a_row.remove(&self.opens);
            history.in_a_row.remove(opens);
            new.map(|new| history.failed.remove(&new));
        } else if let Some(failed) = history.in_a_row.get_mut(&self.opens) {
            *failed = failed.saturating_sub(1);
        }
    }
}

/// The first command of a line, as it will be sent, that uses up attempts of a PIN or a password: `AT+CPIN=`. It must
/// not be sent again by itself; where values were put into the line, only the last look can tell.
pub fn tries_pin(line: &str) -> Option<String> {
    let line = parse(line)?;
    let (asked, _) = lock_of(&line)?;
    Some(format!("AT{}{}", asked.name.to_ascii_uppercase(), if asked.form == Form::Set { "=" } else { "" }))
}

fn lock_of<'l, 'a>(line: &'l CommandLine<'a>) -> Option<(&'l Command<'a>, &'static Danger)> {
    line.commands.iter().find_map(|asked| {
        let values = values(asked);
        let danger = command_of(asked)?.dangers(asked.form, &values).find(|danger| danger.kind == DangerKind::Lock)?;
        Some((asked, danger))
    })
}

/// The lines that ask how many tries are left of what opens this, the module's own first, and which value of each
/// answer that is.
pub(crate) fn tries_told(opens: &str, module: Option<&Module>) -> Vec<(&'static str, usize)> {
    let is_own = |vendor: &&str| module.is_some_and(|module| module.distance(vendor).is_some());
    let asks = |known: &'static catalogue::entry::CommandEntry| {
        let (_, line, index) = known.pin_tries.iter().find(|(pin, ..)| *pin == opens)?;
        Some((known, (*line, *index)))
    };
    let mut told: Vec<_> = commands().filter_map(asks).collect();
    told.retain(|(known, _)| known.vendors.iter().any(|vendor| *vendor == "3GPP" || is_own(vendor)));
    told.sort_by_key(|(known, _)| !known.vendors.iter().any(is_own));
    told.into_iter().map(|(_, told)| told).collect()
}

/// The count that stands at this place of the answer to such a line: in the line of it that is of what was asked.
pub(crate) fn tries_in(lines: &[Line], asked: &str, index: usize) -> Option<u64> {
    let of = asked.split('"').nth(1);
    lines.iter().find_map(|line| {
        let mut values = parameters(split_prefix(&line.bytes).1).map(|value| value.text().trim().to_owned());
        let is_it = of.is_none_or(|of| values.clone().next().is_some_and(|first| first.eq_ignore_ascii_case(of)));
        values.nth(index).filter(|_| is_it)?.parse().ok()
    })
}

/// A PIN that the modem has not tried: there is no SIM, it is busy, or does not ask for one.
pub(crate) fn was_not_tried(result: &ResultCode) -> bool {
    let ResultCode::Equipment(error) = result else { return false };
    let code = error
        .code
        .and_then(|code| catalogue::error(Series::Equipment, code))
        .or_else(|| error_by_text(Series::Equipment, &error.text).next());
    code.is_some_and(|ErrorCode { code, .. }| matches!(code, 3 | 4 | 10 | 14))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::prospect;

    /// Each line, what it opens and with which code; the PIN that holds afterwards.
    #[test]
    fn pins_that_a_line_tries() {
        for (line, expected) in [
            ("AT+CPIN=1234", "SC 1234"),
            ("at+cpin=\"1234\"", "SC 1234"),
            ("AT+CMEE=2;+CPIN=\"1234\"", "SC 1234"),
            ("AT+CPIN=\"12345678\",\"0000\"", "PUK 12345678 0000"),
            ("AT+CLCK=\"SC\",0,\"1234\"", "SC 1234"),
            ("AT+CLCK=\"PN\",0,\"12345678\",7", "PN 12345678"),
            ("AT+CPWD=\"sc\",\"0000\",\"1234\"", "SC 0000 1234"),
            ("AT+CPWD=\"P2\",\"0000\",\"1234\"", "P2 0000 1234"),
            ("AT+CLCK=\"FD\",1,\"1234\"", "P2 1234"),
            ("AT^SLCK=\"FD\",0,\"1234\"", "P2 1234"),
            ("AT^SPWD=\"SC\",\"1234\",\"0000\"", "SC 1234 0000"),
            ("AT+CPIN2=\"1234\"", "P2 1234"),
            ("AT+CPIN2=\"12345678\",\"0000\"", "PUK2 12345678 0000"),
            ("AT^CPIN=\"12345678\",\"0000\"", "PUK 12345678 0000"),
            ("ATD0412341234;", ""),
            ("ATD**04*0000*1234*1234#;", "SC 0000 1234"),
            ("ATDT**042*0000*1234*1234#", "P2 0000 1234"),
            ("ATD**052*12345678*1234*1234#;", "PUK2 12345678 1234"),
            ("ATD**21*1234#;", ""),
            ("ATD*99***1#", ""),
            ("AT+CUSD=1,\"**05*12345678*1234*1234#\",15", "PUK 12345678 1234"),
            (
                "AT+CUSD=1,\"002A002A00300034002A0030003000300030002A0031003200330034002A00310032003300340023\"",
                "SC 0000 1234",
            ),
            ("AT+CUSD=1,\"*100#\",15", ""),
            ("AT+CUSD=1,\"AA180C3602\",15", ""),
            ("AT+CSIM=26,\"002000010831323334FFFFFFFF\"", "SC 1234"),
            ("AT+CSIM=26,\"002000810831323334FFFFFFFF\"", "P2 1234"),
            ("AT+CSIM=26,A02000020831323334FFFFFFFF", "P2 1234"),
            ("AT+CGLA=1,42,\"002c000110313233343536373830303030FFFFFFFF\"", "PUK 12345678 0000"),
            ("AT+CSIM=42,\"002400011031323334FFFFFFFF30303030FFFFFFFF\"", "SC 1234 0000"),
            ("AT+CSIM=26,\"0020000A084142434445464748\"", "ADM 26,0020000A084142434445464748"),
            ("AT+CSIM=10,\"0020000100\"", ""),
            ("AT+CSIM=14,\"00A40004023F00\"", ""),
            ("AT+CLCK=\"SC\",2", ""),
            ("AT+CPIN?", ""),
            ("AT+CSQ", ""),
        ] {
            let attempt: Option<Vec<String>> =
                PinAttempt::of(line).map(|it| [Some(it.opens), Some(it.code), it.new].into_iter().flatten().collect());
            assert_eq!(attempt.unwrap_or_default().join(" "), expected, "{line}");
            assert_eq!(prospect(line, None).stakes.tries_pin, !expected.is_empty(), "{line}");
        }
    }
}
