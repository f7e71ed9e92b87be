//! Scripts, and what is said of them.

mod manuals;
mod mistakes;
mod names;
mod pages;

use super::{Checked, NotFound, Scripts, check};
use crate::source::Source;
use std::sync::Arc;

/// A few scripts to run.
struct Shelf;

impl Scripts for Shelf {
    fn find(&self, name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        let text = match name {
            "modem/identify" => "AT+CGMM\n  capture model\nAT+CGSN\n  capture imei\n",
            "supersim/set-apn" => "param apn = \"super\"\nAT+CGDCONT=1,\"IP\",\"${apn}\"\n",
            "net/login" => "param user\nparam port:int = 23\nlog \"${user} ${port}\"\n",
            "circle" => "run \"circle\"\n",
            "sim/unlock" => "secret pin\n# allow hayes::check::danger: this SIM's own PIN\nAT+CPIN=\"${pin}\"\n",
            "broken" => "AT+CMEE=2;AT+CSQ\nlog \"${nothing}\"\n",
            _ => {
                let known = ["modem/identify", "supersim/set-apn", "net/login"];
                let near = known.into_iter().filter(|known| strsim::levenshtein(known, name) < 3);
                return Err(NotFound::Nowhere { suggestions: near.map(str::to_owned).collect() });
            }
        };
        Ok(Source::new(name, text))
    }
}

fn checked(text: &str) -> Checked {
    check(&Source::new("test.hayes", text), &Shelf)
}

/// `line:column code` of each diagnostic; with its words behind it where `words` is set.
fn told(text: &str, words: bool) -> Vec<String> {
    let shown = |diagnostic: &crate::diagnostic::Diagnostic| {
        let span = diagnostic.span().expect("every diagnostic of a script has a place");
        let position = diagnostic.source.position(span.start as usize);
        let place = format!("{}:{} {}", position.line, position.column, diagnostic.code);
        let help = diagnostic.help.as_deref().unwrap_or("(no help)");
        if words { format!("{place}: {} ({help})", diagnostic.message) } else { place }
    };
    checked(text).diagnostics.iter().map(shown).collect()
}

fn assert_nothing(text: &str) {
    assert_eq!(told(text, true), Vec::<String>::new(), "in\n{text}");
}
