//! Results as JUnit's XML, for CI: a test case a modem; of several scripts on one modem, a case a script. What could
//! not be reached or was interrupted is an error, what a script refused a failure.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::markup::Escaped;
use super::result::{FailureReport, RunResult, Walk, shown};
use super::tally::{STATUSES, Tally, place};
use crate::runtime::Status;

/// What a file begins with that this has written
pub(crate) const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hayes\">\n";

pub fn write(walk: &Walk<'_>, mut writer: impl Write) -> io::Result<()> {
    let (mut tally, mut first, mut is_one_modem) = (Tally::default(), None, true);
    walk(&mut |result| {
        tally.add(result);
        let (modem, _) = first.get_or_insert_with(|| (result.modem.clone(), result.script.clone()));
        is_one_modem &= *modem == result.modem;
        Ok(())
    })?;
    let by_script = is_one_modem && tally.count(&STATUSES) > 1;
    let suite = first.map(|(modem, script)| if by_script { modem } else { script });
    let totals = format!(
        "name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        Escaped(suite.as_deref().unwrap_or("hayes")),
        tally.count(&STATUSES),
        tally.count(&[Status::Failed]),
        tally.count(&[Status::Unreachable, Status::Interrupted]),
        tally.count(&[Status::Skipped]),
        seconds(tally.elapsed_ms)
    );
    writeln!(writer, "{HEAD}  <testsuite {totals}>")?;
    walk(&mut |result| writer.write_all(case(result, by_script).as_bytes()))?;
    writeln!(writer, "  </testsuite>\n</testsuites>")?;
    writer.flush()
}

fn case(result: &RunResult, by_script: bool) -> String {
    let (name, class) = (&result.modem, &result.script);
    let (name, class) = if by_script { (class, name) } else { (name, class) };
    let mut text = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\" timestamp=\"{}\">\n",
        Escaped(name),
        Escaped(class),
        seconds(result.elapsed_ms),
        Escaped(&result.started)
    );
    let mut properties = vec![("port", result.port.clone())];
    properties.extend(result.labels.iter().map(|(name, value)| (name.as_str(), value.clone())));
    properties.extend(result.report.iter().map(|(name, value)| (name.as_str(), shown(value))));
    text.push_str("      <properties>\n");
    for (name, value) in properties {
        let (name, value) = (Escaped(name), Escaped(&value));
        let _ = writeln!(text, "        <property name=\"{name}\" value=\"{value}\"/>");
    }
    text.push_str("      </properties>\n");
    match result.status {
        Status::Passed => {}
        Status::Skipped => {
            let why = Escaped(result.skipped.as_deref().unwrap_or_default());
            let _ = writeln!(text, "      <skipped message=\"{why}\"/>");
        }
        Status::Failed => text.push_str(&of_result("failure", result)),
        Status::Unreachable | Status::Interrupted => text.push_str(&of_result("error", result)),
    }
    // As Maven's Surefire writes them, and CI servers read them.
    let element = if result.status == Status::Passed { "flakyFailure" } else { "rerunFailure" };
    text.extend(result.earlier.iter().map(|earlier| failure(element, earlier)));
    text.push_str("    </testcase>\n");
    text
}

fn of_result(element: &str, result: &RunResult) -> String {
    let unsaid = || format!("      <{element} message=\"{}\"/>\n", result.status);
    result.failure.as_ref().map_or_else(unsaid, |why| failure(element, why))
}

fn failure(element: &str, failure: &FailureReport) -> String {
    let mut body: Vec<String> = Vec::new();
    body.extend(place(failure));
    body.extend(failure.sent.as_ref().map(|sent| format!("> {sent}")));
    body.extend(failure.answer.iter().map(|line| format!("< {line}")));
    body.extend(failure.result.as_ref().map(|line| format!("< {line}")));
    body.extend(failure.help.as_ref().map(|help| format!("help: {help}")));
    format!(
        "      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n",
        Escaped(&failure.code),
        Escaped(&failure.message),
        Escaped(&body.join("\n"))
    )
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}
