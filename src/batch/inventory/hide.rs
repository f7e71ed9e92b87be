//! An inventory as diagnostics show it: with the values of `vars` hidden, for one of them may be a secret. Nobody can tell
//! which: the script may not even have been found.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{csv, is_csv};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// The same diagnostics, of sources whose values are hidden. Each place stays what it was.
pub(super) fn values(diagnostics: &mut [Diagnostic]) {
    let mut hidden: Vec<(Arc<Source>, Arc<Source>)> = Vec::new();
    for diagnostic in diagnostics {
        let known = hidden.iter().find(|(source, _)| Arc::ptr_eq(source, &diagnostic.source));
        let shown = match known {
            Some((_, shown)) => Arc::clone(shown),
            None => {
                let shown = without_values(&diagnostic.source);
                hidden.push((Arc::clone(&diagnostic.source), Arc::clone(&shown)));
                shown
            }
        };
        diagnostic.source = shown;
    }
}

fn without_values(source: &Source) -> Arc<Source> {
    let spans = if is_csv(source) { csv::values(source) } else { of_toml(&source.text) };
    let mut text = source.text.clone();
    for span in spans {
        let range = std::ops::Range::<usize>::from(span);
        let Some(value) = text.get(range.clone()) else { continue };
        // As many bytes as before, so that what stands behind it stays where it is.
        let stars = value.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect::<String>();
        text.replace_range(range, &stars);
    }
    Source::new(source.name.as_str(), text)
}

fn of_toml(text: &str) -> Vec<Span> {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut spans = Vec::new();
    in_table(table.get_ref(), false, &mut spans);
    // What does not parse is in no table.
    let mut start = 0;
    let mut is_vars = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        if words.starts_with('[') {
            is_vars = words.contains("vars");
        }
        if let Some(sign) =
            line.find('=').filter(|sign| is_vars || line.get(..*sign).is_some_and(|key| key.contains("vars")))
        {
            spans.push(Span::new(start + sign + 1, start + line.trim_end().len().max(sign + 1)));
        }
        start += line.len();
    }
    spans
}

/// `hides`: the table is one of `vars`, or stands in one.
fn in_table(table: &DeTable<'_>, hides: bool, spans: &mut Vec<Span>) {
    for (key, value) in table {
        in_value(value, hides || key.get_ref() == "vars", spans);
    }
}

fn in_value(value: &Spanned<DeValue<'_>>, hides: bool, spans: &mut Vec<Span>) {
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, hides, spans),
        DeValue::Array(array) => array.iter().for_each(|value| in_value(value, hides, spans)),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            if hides {
                spans.push(Span::new(value.span().start, value.span().end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, text: &str) -> String {
        let shown = without_values(&Source::new(name, text));
        assert_eq!(shown.text.len(), text.len());
        shown.text.clone()
    }

    #[test]
    fn values_of_toml_are_hidden_and_nothing_else() {
        let text = "[[modem]]\nname = \"a\"\nvars = { pw = \"hunter2\", n = 7 }\n[group.x.vars]\npw = 'geheim'\n[[modem]]\nname = \"b\"\nvars.pw = \"w\u{fc}\"\n";
        let hidden = shown("i.toml", text);
        for secret in ["hunter2", "7", "geheim", "w\u{fc}"] {
            assert!(!hidden.contains(secret), "{hidden}");
        }
        assert!(hidden.contains("name = \"a\"") && hidden.contains("name = \"b\""), "{hidden}");
        let broken = shown("i.toml", "[[modem]\nname = \"a\"\nvars = { pw = \"hunter2\"\n");
        assert!(!broken.contains("hunter2") && broken.contains("name = \"a\""), "{broken}");
    }

    #[test]
    fn values_of_csv_are_hidden_and_nothing_else() {
        let text = "# modems\nname,var.pw,port,label.rack\na,\"hun,ter2\",sim:bg96,A3\nb,hunter2,x,y,z\n";
        let hidden = shown("i.csv", text);
        assert!(!hidden.contains("ter2") && hidden.contains("sim:bg96,A3\nb,"), "{hidden}");
        assert!(
            !hidden.contains("x,y,z"),
            "of a row with another number of fields nobody knows which is which: {hidden}"
        );
        assert!(!shown("i.csv", "name;vars.pw\na;hunter2\n").contains("hunter2"));
    }
}
