use super::super::samples::{failed, passed};
use super::*;
use crate::catalogue::entry::Module;

fn page(results: &[RunResult], record: &dyn Fn(&RunResult) -> Option<String>) -> String {
    let meaning = |line: &str, sent: &str, module: Option<&'static Module>| match (line, module.map(|module| module.id))
    {
        ("+CREG: 0,5", _) if sent.starts_with("AT+CREG?") => Some("roaming".to_owned()),
        ("+CEREG: 5", Some(id)) => Some(format!("as {id} says it")),
        _ => None,
    };
    let mut bytes = Vec::new();
    Page { results, record, meaning }.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn nothing_that_a_modem_says_is_markup() {
    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=\"alert(2)\">'\u{1b}[2J\u{202e}\0";
    let mut odd = failed(HOSTILE, HOSTILE, HOSTILE, Some(HOSTILE));
    odd.report.insert(HOSTILE.to_owned(), HOSTILE.into());
    odd.labels.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
    odd.port = HOSTILE.to_owned();
    odd.script = HOSTILE.to_owned();
    odd.started = HOSTILE.to_owned();
    odd.skipped = Some(HOSTILE.to_owned());
    let record = |_: &RunResult| Some(format!("0.000 > {HOSTILE}\n0.001 < {HOSTILE}\n0.001 ! {HOSTILE}\n"));
    let text = page(&[odd, passed("b")], &record);
    assert_eq!(text.matches("<script>").count(), 1, "only the page's own script");
    assert!(!text.contains("<img"));
    assert!(!text.contains("onerror=\""));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']));
}

#[test]
fn a_conversation_stands_with_its_meaning() {
    const RECORD: &str = "# hayes transcript 1\n0.000 > AT+CREG?\\r\n0.012 < +CREG: 0,5\\r\\n\n";
    let record = |result: &RunResult| (result.modem == "a").then(|| RECORD.to_owned());
    let text = page(&[passed("a"), passed("b")], &record);
    assert!(text.contains("<li class=\"sent\"><time>0.000</time><code>AT+CREG?</code></li>"), "{text}");
    assert!(text.contains("<code>+CREG: 0,5</code> <i>roaming</i>"));
    assert!(text.contains("The conversation was not kept"));
}

#[test]
fn what_is_said_of_the_module_holds_from_the_answer_that_names_it() {
    const RECORD: &str = "0.000 > AT+CEREG?\\r\n0.001 < +CEREG: 5\\r\\n\n0.002 > AT+CGMM\\r\n0.003 < BG96\\r\\n\n\
                          0.004 < OK\\r\\n\n0.005 > AT+CEREG?\\r\n0.006 < +CEREG: 5\\r\\n\n";
    let text = page(&[passed("a")], &|_| Some(RECORD.to_owned()));
    assert!(text.contains("<code>+CEREG: 5</code></li>"), "{text}");
    assert_eq!(text.matches("<code>+CEREG: 5</code> <i>as quectel-bg96 says it</i>").count(), 1, "{text}");
}

#[test]
fn a_column_of_numbers_has_a_plot() {
    let with_signal = |n: i64| {
        let mut result = passed(&format!("m{n}"));
        result.report.insert("signal".to_owned(), (-80 - n % 5).into());
        result
    };
    let results: Vec<RunResult> = (0..20).map(with_signal).collect();
    let text = page(&results, &|_| None);
    assert!(text.contains("<figcaption>signal</figcaption>"));
    assert!(text.contains("from -84 to -80, median -82"));
    assert!(!text.contains("<figcaption>Time in seconds"), "all took as long");
}

#[test]
fn the_policy_lets_the_page_s_own_script_run() {
    // Base64 over SHA-256 of what stands between the tags, as a browser computes it.
    use std::process::{Command, Stdio};
    let Ok(mut sum) = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "sha256sum is missing");
    };
    sum.stdin.take().unwrap().write_all(SCRIPT.as_bytes()).unwrap();
    let digits = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    let bytes: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).unwrap()).collect();
    assert_eq!(SCRIPT_HASH, base64(&bytes), "the script has changed: the right-hand side is its new hash");
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { char::from(sign) });
        }
    }
    text
}
