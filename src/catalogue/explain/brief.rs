//! The few words that stand beside an answer: `registered, roaming`; `-79 dBm, good`.

use super::{Context, ExplainedPart, Explanation, Kind, clause, explain};

/// What counts of a line, in a few words; `None` where the line says it all, or where its meaning is not sure.
pub fn brief(line: &str, context: &Context<'_>) -> Option<String> {
    let explained = explain(line, context);
    let kind = explained.kind;
    let is_line = matches!(kind, Kind::Answer | Kind::Urc);
    if let Some(record) = explained.each.first().filter(|each| kind == Kind::Answer && each.kind == Kind::Record) {
        let count = explained.each.len();
        return Some(format!("{count} {}{}", record.title, if count == 1 { "" } else { "s" }));
    }
    if kind == Kind::Urc && !explained.parts.iter().any(|part| part.telling && part.documented) {
        let understood = explained.complete && (explained.parts.is_empty() || meant(&explained).next().is_some());
        return understood.then(|| clause(&explained.title));
    }
    if !explained.each.is_empty() {
        return None;
    }
    let is_error = kind == Kind::Error && explained.source.is_some();
    if is_line { of_values(&explained) } else { is_error.then(|| clause(&explained.title)) }
}

/// As [`brief`], to stand beside the line: what a modem says in words (AT+CMEE=2) needs not be said twice.
pub fn beside(line: &str, context: &Context<'_>) -> Option<String> {
    brief(line, context).filter(|words| !line.to_lowercase().ends_with(&words.to_lowercase()))
}

fn meant(explained: &Explanation) -> impl Iterator<Item = &ExplainedPart> {
    explained.parts.iter().filter(|part| part.documented && part.meaning.is_some())
}

/// The meanings of the telling values; where none is marked so, the only meaning there is.
fn of_values(explained: &Explanation) -> Option<String> {
    let marked = explained.parts.iter().any(|part| part.telling);
    let telling: Vec<&ExplainedPart> = meant(explained).filter(|part| part.telling || !marked).collect();
    if telling.is_empty() || (!marked && (telling.len() > 1 || explained.parts.len() > 2)) {
        return None;
    }
    let is_known = |part: &&&ExplainedPart| part.meaning.as_deref() != Some("not known");
    let known: Vec<String> = telling.iter().filter(is_known).filter_map(|part| in_words(part)).collect();
    if known.is_empty() {
        return telling.first().map(|part| format!("{} not known", part.what));
    }
    Some(known.join(", "))
}

/// A meaning that needs the name of its value to be understood gets it: `roaming on`.
fn in_words(part: &ExplainedPart) -> Option<String> {
    let meaning = part.meaning.as_deref()?;
    Some(match meaning {
        "on" | "off" | "up" | "down" | "yes" | "no" => format!("{} {meaning}", part.what),
        _ => meaning.to_owned(),
    })
}
