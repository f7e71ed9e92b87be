//! Results as one page for people: self-contained, without a network and a framework; readable on a phone, printed, and
//! with scripts switched off.
//!
//! All that comes from a modem is escaped, and the page's own policy forbids any script but its own.

mod conversation;
mod escape;
mod plot;
mod rows;
mod table;
mod timeline;

use std::io::{self, Write};

use super::causes::Causes;
use super::conversation::Meaning;
use super::result::{RunResult, plural};
use crate::notation::seconds;
use crate::runtime::Status;
use escape::Escaped;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// SHA-256 of the script: the only one that may run.
const SCRIPT_HASH: &str = "KOuS+XmxA0OiOjBecatYrjDGzqHiEFO5F1xpKqxA0iA=";

/// What a page is made of.
pub struct Page<'p> {
    pub results: &'p [RunResult],
    /// The transcript of a modem's conversation, if it was kept
    pub record: &'p dyn Fn(&RunResult) -> Option<String>,
    pub meaning: Meaning,
}

impl Page<'_> {
    pub fn write(&self, writer: &mut dyn Write) -> io::Result<()> {
        let script = self.results.first().map_or("no results", |result| result.script.as_str());
        let policy =
            format!("default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{SCRIPT_HASH}'");
        write!(
            writer,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{script} · Hayes</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            script = Escaped(script)
        )?;
        self.head(writer, script)?;
        writer.write_all(self.causes().as_bytes())?;
        writer.write_all(timeline::section(self.results).as_bytes())?;
        writer.write_all(plot::section(self.results).as_bytes())?;
        table::write(self.results, writer)?;
        rows::write(self.results, writer)?;
        self.conversations(writer)?;
        let version = env!("CARGO_PKG_VERSION");
        write!(writer, "<footer>Made by Hayes {version}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
    }

    fn head(&self, writer: &mut dyn Write, script: &str) -> io::Result<()> {
        let started = self.results.iter().map(|result| result.started.as_str()).min().unwrap_or_default();
        let plan = if self.results.iter().any(|result| result.plan) { " · a plan: nothing was changed" } else { "" };
        writeln!(writer, "<header>\n<h1>{}</h1>", Escaped(script))?;
        let all = plural(self.results.len() as u64, "modem");
        let took = timeline::length(self.results).map(|ms| format!(" · {}", seconds(ms))).unwrap_or_default();
        let when = started.get(..19).unwrap_or(started).replace('T', " ");
        writeln!(writer, "<p class=\"sub\">{all} · {} UTC{took}{plan}</p>\n<ul class=\"totals\">", Escaped(&when))?;
        for status in [Status::Passed, Status::Failed, Status::Unreachable, Status::Skipped, Status::Interrupted] {
            let count = self.results.iter().filter(|result| result.status == status).count();
            if count > 0 {
                writeln!(writer, "<li class=\"{status}\"><b>{count}</b> {status}</li>")?;
            }
        }
        let sum = |of: fn(&RunResult) -> u64| self.results.iter().fold(0, |all: u64, r| all.saturating_add(of(r)));
        let (changed, unchanged) = (sum(|result| result.changed), sum(|result| result.unchanged));
        if changed > 0 || unchanged > 0 {
            writeln!(writer, "<li><b>{changed}</b> changed</li>\n<li><b>{unchanged}</b> unchanged</li>")?;
        }
        writeln!(writer, "</ul>\n</header>")
    }

    fn causes(&self) -> String {
        let causes = Causes::of(self.results);
        if causes.is_empty() {
            return String::new();
        }
        let mut text = String::from("<section id=\"causes\">\n<h2>Why modems failed</h2>\n<ol class=\"causes\">\n");
        for cause in causes.by_size() {
            let count = cause.modems.len();
            text.push_str(&format!("<li><b class=\"count\">{count}</b><div><p>{}</p>", Escaped(&cause.message)));
            if let Some(help) = &cause.help {
                text.push_str(&format!("<p class=\"help\">{}</p>", Escaped(help)));
            }
            let modems = plural(count as u64, "modem");
            text.push_str(&format!(
                "<p class=\"code\">{}</p><details><summary>{modems}</summary><p>",
                Escaped(cause.code())
            ));
            for (place, name) in cause.modems.iter().enumerate() {
                let comma = if place > 0 { ", " } else { "" };
                text.push_str(&format!("{comma}<a href=\"#{}\">{}</a>", conversation::anchor(name), Escaped(name)));
            }
            text.push_str("</p></details></div></li>\n");
        }
        text + "</ol>\n</section>\n"
    }

    fn conversations(&self, writer: &mut dyn Write) -> io::Result<()> {
        writeln!(writer, "<section id=\"conversations\">\n<h2>Each modem</h2>")?;
        for result in self.results {
            let record = (self.record)(result);
            writer.write_all(conversation::details(result, record.as_deref(), self.meaning).as_bytes())?;
        }
        writeln!(writer, "</section>")
    }
}

#[cfg(test)]
mod tests;
