//! An explanation as plain text.

use std::fmt;

use super::{Explanation, Kind};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Explanation {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        match self.title.is_empty() {
            true => writeln!(f, "{indent}{}", self.text)?,
            false => writeln!(f, "{indent}{}  {}", self.text, self.title)?,
        }
        if !self.about.is_empty() {
            writeln!(f, "{indent}  {}", self.about)?;
        }
        let width = |text: fn(&super::ExplainedPart) -> &str| {
            self.parts.iter().map(|part| text(part).chars().count()).max().unwrap_or(0).min(32)
        };
        let (texts, whats) = (width(|part| &part.text), width(|part| &part.what));
        for part in &self.parts {
            let meaning = part.meaning.as_deref().unwrap_or("");
            let line = format!("{indent}    {:texts$}  {:whats$}  {meaning}", part.text, part.what);
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{indent}  {note}")?;
        }
        for each in &self.each {
            each.write(f, depth + 1)?;
        }
        match &self.source {
            Some(source) if self.kind != Kind::Record && depth == 0 => {
                let doubt = if self.confirmed { "" } else { " (not confirmed)" };
                writeln!(f, "{indent}  source: {source}{doubt}")
            }
            Some(_) | None => Ok(()),
        }
    }
}
