//! The few words that stand beside an answer: `registered, roaming`; `-79 dBm, good`.

use super::{Context, ExplainedPart, Explanation, Kind, clause, explain};

/// What counts of a line, in a few words; `None` where the line says it all, or where its meaning is not sure.
pub fn brief(line: &str, context: &Context<'_>) -> Option<String> {
    let explained = explain(line, context);
    match explained.kind {
        Kind::Answer if explained.each.first().is_some_and(|each| each.kind == Kind::Record) => {
            let record = explained.each.first().map_or("", |each| each.title.as_str());
            Some(match explained.each.len() {
                1 => format!("1 {record}"),
                count => format!("{count} {record}s"),
            })
        }
        Kind::Urc if !explained.parts.iter().any(|part| part.telling && part.documented) => {
            let understood = explained.complete && (explained.parts.is_empty() || meant(&explained).next().is_some());
            understood.then(|| clause(&explained.title))
        }
        Kind::Answer | Kind::Urc if explained.each.is_empty() => of_values(&explained),
        Kind::Error if explained.source.is_some() && explained.each.is_empty() => Some(clause(&explained.title)),
        Kind::Answer
        | Kind::Urc
        | Kind::Error
        | Kind::Command
        | Kind::Ranges
        | Kind::Result
        | Kind::Prompt
        | Kind::Record
        | Kind::Body
        | Kind::Cause
        | Kind::Module
        | Kind::Several
        | Kind::Unknown => None,
    }
}

/// The same, to stand beside the line: what a modem says in words (AT+CMEE=2) needs not be said twice.
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
