//! What one value means: its word, its quantity with the unit, its time.

use crate::at::parameters::{Parameter, Written};
use crate::catalogue::entry::{FieldKind, KnownField, KnownValue, Module, Unit, pair};
use crate::catalogue::layout::Fit;
use crate::catalogue::modules;
use crate::psm::{self, GprsTimer};

use super::ExplainedPart;

pub(super) fn part(field: Option<&KnownField>, parameter: &Parameter<'_>, module: Option<&Module>) -> ExplainedPart {
    let Some(field) = field else {
        let beyond = Some("a further value, not known to Hayes".to_owned());
        return ExplainedPart { documented: false, ..ExplainedPart::new(written(parameter), "", "not known", beyond) };
    };
    let (documented, words) = meaning(field, parameter, module)
        .map_or_else(|remark| (false, (!remark.is_empty()).then_some(remark)), |words| (true, Some(words)));
    let part = ExplainedPart::new(written(parameter), field.name, field.what, words);
    let known = field.meaning(parameter.text().trim()).filter(|_| !field.advice.is_empty());
    let advised = |known: KnownValue| field.advice.iter().map(|it| pair(it)).find(|(value, _)| *value == known.value());
    let advice = known.and_then(advised).map(|(_, advice)| advice);
    ExplainedPart { telling: field.brief, documented, advice, ..part }
}

pub(super) fn written(parameter: &Parameter<'_>) -> String {
    let text = parameter.text();
    match parameter.kind {
        Written::Bare => text.trim().to_owned(),
        Written::Quoted => format!("\"{text}\""),
        Written::Group => format!("({text})"),
    }
}

/// What the value means; else a remark, or why it means nothing that is documented; empty: the value says it all.
fn meaning(field: &KnownField, parameter: &Parameter<'_>, module: Option<&Module>) -> Result<String, String> {
    let text = parameter.text();
    let text = text.trim();
    if text.is_empty() || text == "-" && parameter.kind == Written::Bare {
        return Err("not given".to_owned());
    }
    if field.fit(parameter) == Fit::No {
        return Err("not of the form that is documented".to_owned());
    }
    if let Some(known) = field.meaning(text) {
        return Ok(word(field, known, module));
    }
    // The status of a SIM stands at the end of what it answers.
    let end = text.len().checked_sub(4).and_then(|end| text.get(end..)).filter(|_| field.kind() == FieldKind::Hex);
    if let Some((end, known)) = end.and_then(|end| Some((end, field.meaning(end)?))) {
        return Ok(format!("at its end {end}: {}", word(field, known, module)));
    }
    let undocumented = || "not a value that Hayes knows".to_owned();
    if let Some(unit) = field.unit() {
        return text.parse().ok().and_then(|raw| quantity(unit, raw)).ok_or_else(undocumented);
    }
    if field.is_closed() {
        return Err(undocumented());
    }
    if field.name == "apn" {
        return Err(apn(text));
    }
    let words = match field.kind() {
        FieldKind::Timer2 => timer(text, &psm::ACTIVE),
        FieldKind::Timer3 => timer(text, &psm::PERIODIC),
        FieldKind::Time => time(text),
        FieldKind::Zone => zone(text),
        FieldKind::Iccid if text.ends_with(['F', 'f']) => return Err("the last F is padding".to_owned()),
        FieldKind::Network => text.split_at_checked(3).map(|(mcc, mnc)| format!("MCC {mcc}, MNC {mnc}")),
        FieldKind::Any
        | FieldKind::Number
        | FieldKind::Decimal
        | FieldKind::Hex
        | FieldKind::Area
        | FieldKind::Text
        | FieldKind::Quoted
        | FieldKind::Word
        | FieldKind::Address
        | FieldKind::Iccid
        | FieldKind::Imei
        | FieldKind::Imsi => None,
    };
    words.ok_or_else(String::new)
}

pub(super) fn word(field: &KnownField, known: KnownValue, module: Option<&Module>) -> String {
    if field.name == "act" && known.value() == "8" && module.is_some_and(|module| module.act_8_is_lte_m) {
        return "LTE-M".to_owned();
    }
    let meaning = match module.zip(whose(known.meaning())) {
        Some((module, (meaning, whose))) if whose.split(", ").any(|scope| module.distance(scope).is_some()) => meaning,
        Some((_, (meaning, whose))) => return format!("not known of this module; {meaning} on {whose}"),
        None => known.meaning(),
    };
    if known.is_confirmed() { meaning.to_owned() } else { format!("{meaning} (recalled, not confirmed)") }
}

/// `factory test (SIMCom, Huawei)` holds for these vendors or families.
fn whose(meaning: &'static str) -> Option<(&'static str, &'static str)> {
    let (meaning, whose) = meaning.strip_suffix(')')?.rsplit_once(" (")?;
    let is_scope = |scope: &str| modules().any(|module| module.distance(scope).is_some());
    whose.split(", ").all(is_scope).then_some((meaning, whose))
}

/// `-79 dBm, good`; `-113 dBm or less, very poor`; `3.863 V`.
fn quantity(unit: &Unit, raw: i64) -> Option<String> {
    let thousandths = unit.thousandths(raw)?;
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, rest) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    let decimals = format!("{rest:03}");
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    let end = match unit.open_ends {
        true if raw == unit.range.0 => " or less",
        true if raw == unit.range.1 => " or more",
        _ => "",
    };
    let grade = unit.grades().find(|(least, _)| thousandths >= *least).map(|(_, word)| word);
    let grade = grade.map(|word| format!(", {word}")).unwrap_or_default();
    Some(format!("{sign}{whole}{point}{decimals} {}{end}{grade}", unit.symbol))
}

fn timer(bits: &str, timer: &GprsTimer) -> Option<String> {
    Some(timer.read(bits)?.map_or_else(|| "off".to_owned(), |duration| span(duration.as_secs())))
}

fn span(seconds: u64) -> String {
    match seconds {
        0 => "0 s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// `26/04/13,17:12:58+36`
fn time(text: &str) -> Option<String> {
    let (date, zone) = text.split_at_checked(17)?;
    let (year, rest) = date.split_at_checked(2)?;
    // A clock that was never set starts in 1970 or 1980.
    let century = if year.parse::<u8>().ok()? >= 70 { "19" } else { "20" };
    let rest = rest.strip_prefix('/')?.replace('/', "-").replace(',', " ");
    let zone = self::zone(zone).map(|zone| format!(", {zone}")).unwrap_or_default();
    let unset = if century == "19" { "; the clock is not set" } else { "" };
    Some(format!("{century}{year}-{rest}{zone}{unset}"))
}

/// `+08` → `UTC+2:00`; no zone is further than 14 hours from UTC.
fn zone(quarters: &str) -> Option<String> {
    let quarters: i32 = quarters.parse().ok().filter(|quarters: &i32| quarters.abs() <= 56)?;
    let (sign, minutes) = (if quarters < 0 { '-' } else { '+' }, quarters.abs() * 15);
    Some(format!("UTC{sign}{}:{:02}", minutes / 60, minutes % 60))
}

/// A remark on an access point's name; empty where there is none.
fn apn(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let ending = lower.split_once(".mnc").filter(|_| lower.ends_with(".gprs"));
    let whose = (ending.map_or(lower.as_str(), |(name, _)| name) == "super").then_some("a Super SIM's");
    let added = ending.map(|_| "the network added what begins with .mnc");
    whose.into_iter().chain(added).collect::<Vec<_>>().join("; ")
}
