//! Results for tests.

use super::result::{FailureReport, RunResult};
use crate::runtime::Status;

pub(super) fn passed(modem: &str) -> RunResult {
    let mut report = serde_json::Map::new();
    report.insert("imei".to_owned(), "351234561234567".into());
    report.insert("signal".to_owned(), (-79).into());
    RunResult {
        modem: modem.to_owned(),
        port: format!("/dev/{modem}"),
        simulated: false,
        labels: [("rack".to_owned(), "A3".to_owned())].into(),
        script: "supersim/setup".to_owned(),
        plan: false,
        status: Status::Passed,
        started: "2026-11-22T10:00:00.000Z".to_owned(),
        elapsed_ms: 4321,
        exchanges: 14,
        changed: 1,
        unchanged: 2,
        report,
        rows: Vec::new(),
        skipped: None,
        record: None,
        failure: None,
    }
}

pub(super) fn failed(modem: &str, code: &str, message: &str, result: Option<&str>) -> RunResult {
    RunResult {
        status: Status::Failed,
        report: serde_json::Map::new(),
        failure: Some(FailureReport {
            code: code.to_owned(),
            message: message.to_owned(),
            script: Some("supersim/setup".to_owned()),
            line: Some(7),
            column: Some(1),
            sent: Some("AT+CPIN?".to_owned()),
            answer: vec!["+CPIN: SIM PUK".to_owned()],
            result: result.map(str::to_owned),
            help: Some("ask the SIM's owner for the PUK".to_owned()),
        }),
        ..passed(modem)
    }
}
