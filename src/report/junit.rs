//! Results as JUnit's XML, for CI: a test case a modem. What could not be reached or was interrupted is an error, what
//! a script refused a failure.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::causes::place;
use super::result::RunResult;
use crate::notation::{is_harmful, spelled};
use crate::runtime::Status;

pub fn write(results: &[RunResult], mut writer: impl Write) -> io::Result<()> {
    let count = |statuses: &[Status]| results.iter().filter(|result| statuses.contains(&result.status)).count();
    let suite = results.first().map_or("hayes", |result| result.script.as_str());
    let time: u64 = results.iter().fold(0, |time: u64, result| time.saturating_add(result.elapsed_ms));
    let totals = format!(
        "name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        escaped(suite),
        results.len(),
        count(&[Status::Failed]),
        count(&[Status::Unreachable, Status::Interrupted]),
        count(&[Status::Skipped]),
        seconds(time)
    );
    writeln!(writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite {totals}>")?;
    for result in results {
        writer.write_all(case(result).as_bytes())?;
    }
    writeln!(writer, "  </testsuite>\n</testsuites>")?;
    writer.flush()
}

fn case(result: &RunResult) -> String {
    let mut text = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\" timestamp=\"{}\">\n",
        escaped(&result.modem),
        escaped(&result.script),
        seconds(result.elapsed_ms),
        escaped(&result.started)
    );
    let mut properties = vec![("port", result.port.clone())];
    properties.extend(result.labels.iter().map(|(name, value)| (name.as_str(), value.clone())));
    properties.extend(result.report.iter().map(|(name, value)| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.as_str(), shown)
    }));
    text.push_str("      <properties>\n");
    for (name, value) in properties {
        let (name, value) = (escaped(name), escaped(&value));
        let _ = writeln!(text, "        <property name=\"{name}\" value=\"{value}\"/>");
    }
    text.push_str("      </properties>\n");
    match result.status {
        Status::Passed => {}
        Status::Skipped => {
            let why = escaped(result.skipped.as_deref().unwrap_or_default());
            let _ = writeln!(text, "      <skipped message=\"{why}\"/>");
        }
        Status::Failed => text.push_str(&failure("failure", result)),
        Status::Unreachable | Status::Interrupted => text.push_str(&failure("error", result)),
    }
    text.push_str("    </testcase>\n");
    text
}

fn failure(element: &str, result: &RunResult) -> String {
    let Some(failure) = &result.failure else {
        return format!("      <{element} message=\"{}\"/>\n", result.status);
    };
    let mut body: Vec<String> = Vec::new();
    body.extend(place(failure));
    body.extend(failure.sent.as_ref().map(|sent| format!("> {sent}")));
    body.extend(failure.answer.iter().map(|line| format!("< {line}")));
    body.extend(failure.result.as_ref().map(|line| format!("< {line}")));
    body.extend(failure.help.as_ref().map(|help| format!("help: {help}")));
    format!(
        "      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n",
        escaped(&failure.code),
        escaped(&failure.message),
        escaped(&body.join("\n"))
    )
}

/// Text for XML 1.0, which has no way at all to write most control characters.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '"' => shown.push_str("&quot;"),
            '\n' => shown.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            control if control.is_control() => _ = write!(shown, "\\x{:02X}", u32::from(control)),
            turning if is_harmful(turning) => shown.push_str(&spelled(turning)),
            plain => shown.push(plain),
        }
    }
    shown
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{failed, passed};
    use super::*;

    #[test]
    fn a_test_case_a_modem() {
        let mut lost = failed("c", "hayes::run::lost", "the port \u{1b}was <lost>", None);
        lost.status = Status::Unreachable;
        let mut skipped = passed("d");
        skipped.status = Status::Skipped;
        skipped.skipped = Some("no SIM & no modem".to_owned());
        let results = [passed("a"), failed("b", "hayes::run::refused", "refused", Some("ERROR")), lost, skipped];
        let mut text = Vec::new();
        write(&results, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let head =
            "<testsuite name=\"supersim/setup\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"17.284\">";
        assert!(text.contains(head), "{text}");
        assert!(text.contains("<property name=\"signal\" value=\"-79\"/>"));
        assert!(text.contains(
            "<failure type=\"hayes::run::refused\" message=\"refused\">supersim/setup:7&#10;&gt; AT+CPIN?&#10;\
             &lt; +CPIN: SIM PUK&#10;&lt; ERROR&#10;help: ask the SIM's owner for the PUK</failure>"
        ));
        assert!(text.contains("<error type=\"hayes::run::lost\" message=\"the port \\x1Bwas &lt;lost&gt;\">"));
        assert!(text.contains("<skipped message=\"no SIM &amp; no modem\"/>"));
    }
}
