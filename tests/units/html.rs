//! Tests of `src/report/html.rs` from within: what is private there.

use super::*;
use crate::catalogue::entry::Module;

#[test]
fn what_is_said_of_the_module_holds_from_the_answer_that_names_it() {
    const RECORDING: &str = "0.000 > AT+CEREG?\\r\n0.001 < +CEREG: 5\\r\\n\n0.002 > AT+CGMM\\r\n0.003 < BG96\\r\\n\n\
                          0.004 < OK\\r\\n\n0.005 > AT+CEREG?\\r\n0.006 < +CEREG: 5\\r\\n\n";
    let meaning = |_: &str, _: &str, module: Option<&'static Module>| module.map(|module| module.id.to_owned());
    let started = "2026-11-22T10:00:00.000Z".to_owned();
    let text = details(&RunResult::empty("a", "a", "s", started, Status::Passed), Some(RECORDING), meaning);
    assert_eq!(text.matches("<code>+CEREG: 5</code></li>").count(), 1, "{text}");
    assert_eq!(text.matches("<code>+CEREG: 5</code> <i>quectel-bg96</i>").count(), 1, "{text}");
}
