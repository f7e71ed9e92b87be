//! One modem: what it reported, why it failed, what was said and what that means.

use super::Escaped;
use crate::catalogue::entry::Module;
use crate::catalogue::module_named_by;
use crate::catalogue::prospect;
use crate::notation::seconds;
use crate::port::transcript::{Said, Who, events};
use crate::report::causes::place;
use crate::report::conversation::Meaning;
use crate::report::result::RunResult;

/// What links to a modem: its name, where it is more than letters and digits in hex.
pub(super) fn anchor(modem: &str) -> String {
    let mut anchor = String::from("m-");
    for byte in modem.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => anchor.push(char::from(byte)),
            other => anchor.push_str(&format!("_{other:02x}")),
        }
    }
    anchor
}

/// A block that opens: with scripts by a click on the modem's name, without them by a click on itself.
pub(super) fn details(result: &RunResult, record: Option<&str>, meaning: Meaning) -> String {
    let mut text = format!(
        "<details class=\"modem\" id=\"{}\">\n<summary><b>{}</b> <span class=\"status {status}\">{status}</span> \
         <span class=\"sub\">{} · {}</span></summary>\n",
        anchor(&result.modem),
        Escaped(&result.modem),
        Escaped(&result.port),
        seconds(result.elapsed_ms),
        status = result.status
    );
    if let Some(why) = &result.skipped {
        text.push_str(&format!("<p>{}</p>\n", Escaped(why)));
    }
    if let Some(failure) = &result.failure {
        let place = place(failure).map(|place| format!(" <span class=\"sub\">{}</span>", Escaped(&place)));
        text.push_str(&format!("<p class=\"why\">{}{}</p>\n", Escaped(&failure.message), place.unwrap_or_default()));
        if let Some(help) = &failure.help {
            text.push_str(&format!("<p class=\"help\">{}</p>\n", Escaped(help)));
        }
    }
    if !result.report.is_empty() {
        text.push_str("<dl>");
        for (name, value) in &result.report {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>", Escaped(name), Escaped(&shown)));
        }
        text.push_str("</dl>\n");
    }
    text.push_str(&said(result, record, meaning));
    text + "</details>\n"
}

fn said(result: &RunResult, record: Option<&str>, meaning: Meaning) -> String {
    let mut lines = String::new();
    match (record, &result.failure) {
        (Some(record), _) => {
            let mut sent = String::new();
            let mut names_module = false;
            let mut module = None;
            for said in events(record) {
                match said.who {
                    Who::Computer => {
                        sent = said.line().to_owned();
                        names_module = prospect(&sent, module).names_module;
                    }
                    Who::Modem if names_module => module = module_named_by(said.line()).or(module),
                    Who::Modem | Who::Note => {}
                }
                lines.push_str(&line(&said, &sent, module, meaning));
            }
        }
        // Without a record, what the failure itself holds.
        (None, Some(failure)) => {
            let sent = failure.sent.clone().unwrap_or_default();
            if !sent.is_empty() {
                lines.push_str(&line(&Said { at: "", who: Who::Computer, text: &sent }, &sent, None, meaning));
            }
            for answer in failure.answer.iter().chain(&failure.result) {
                lines.push_str(&line(&Said { at: "", who: Who::Modem, text: answer }, &sent, None, meaning));
            }
        }
        (None, None) => {}
    }
    if lines.is_empty() {
        return "<p class=\"sub\">The conversation was not kept; --record FOLDER keeps all.</p>\n".to_owned();
    }
    format!("<ol class=\"said\">\n{lines}</ol>\n")
}

fn line(said: &Said<'_>, sent: &str, module: Option<&'static Module>, meaning: Meaning) -> String {
    let (Said { at, who, .. }, text) = (*said, said.line());
    let class = match who {
        Who::Computer => "sent",
        Who::Modem => "got",
        Who::Note => "note",
    };
    // An echo means nothing of its own.
    let meaning = (who == Who::Modem && text != sent).then(|| meaning(text, sent, module)).flatten();
    let beside = meaning.map(|words| format!(" <i>{}</i>", Escaped(&words))).unwrap_or_default();
    format!("<li class=\"{class}\"><time>{}</time><code>{}</code>{beside}</li>\n", Escaped(at), Escaped(text))
}
