//! The HTML report in a real browser: it renders, sorts, filters, opens a conversation, and runs nothing of what a
//! modem says. Left out, with a word about it, where chromedriver is not installed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};

/// Tries to run in every place where a browser runs something.
const HOSTILE: &str =
    "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>\"' onclick=\"window.pwned=1\u{1b}[2J";

#[test]
fn the_policy_lets_the_page_s_own_script_run() {
    let page = include_str!("../src/report/html.rs");
    // Base64 over SHA-256 of what stands between the tags, as a browser computes it.
    let Ok(mut sum) = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "sha256sum is missing");
    };
    sum.stdin.take().unwrap().write_all(include_bytes!("../src/report/html/script.js")).unwrap();
    let digits = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect();
    let hash = base64::prelude::BASE64_STANDARD.encode(bytes);
    assert!(page.contains(&format!("SCRIPT_HASH: &str = \"{hash}\"")), "the script has changed: its hash is {hash}");
}

#[test]
fn the_report_works_in_a_browser() {
    let Some(mut browser) = Browser::start() else {
        assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "chromedriver is missing");
        println!("left out: chromedriver is not installed");
        return;
    };
    let folder = std::env::temp_dir().join(format!("hayes-html-{}", std::process::id()));
    fs::create_dir_all(folder.join("records")).unwrap();
    let page = report(&folder);
    browser.open(&format!("file://{}", page.display()));

    assert_eq!(browser.run("return document.title"), "supersim/setup · Hayes");
    assert_eq!(browser.run("return document.querySelectorAll('#modems tbody tr').length"), 12);
    assert_eq!(browser.run("return document.querySelectorAll('#plots figure').length"), 2, "time and signal");
    assert_eq!(browser.run("return document.querySelectorAll('#timeline rect').length"), 12);
    let causes = "return [...document.querySelectorAll('.causes .count')].map((count) => count.textContent)";
    assert_eq!(browser.run(causes), json!(["2", "1"]));

    // What failed comes first, then as people count; the cause stands where it is seen without scrolling.
    let first = "return [...document.querySelectorAll('#modems tbody tr')].map((row) => row.cells[0].textContent)";
    let first = browser.run(first);
    assert_eq!(
        (&first[0], &first[1], &first[2], &first[3]),
        (&json!("gw-9"), &json!("gw-10"), &json!("gw-11"), &json!("gw-0"))
    );
    let seen = "const box = document.querySelectorAll('#modems .why')[1].getBoundingClientRect(); return box.right <= innerWidth";
    browser.size(1280, 900);
    assert_eq!(browser.run(seen), true);
    assert_eq!(browser.run("return document.querySelector('.passing b').textContent"), "75 %");
    let axis = "return document.querySelector('#plots figure:nth-child(2) .axis').textContent";
    assert_eq!(browser.run(axis), "-110\u{a0}dBmmedian -102\u{a0}dBm-94\u{a0}dBm");

    // Numbers sort as numbers, names as people count, and what is empty stays at the end.
    let column = |n: usize| {
        format!("return [...document.querySelectorAll('#modems tbody tr')].map((row) => row.cells[{n}].textContent)")
    };
    let click = |name: &str| {
        format!("[...document.querySelectorAll('#modems th button')].find((b) => b.textContent === '{name}').click()")
    };
    browser.run(&click("signal"));
    assert_eq!(
        browser.run(&column(3)),
        json!(["-110", "-108", "-106", "-104", "-102", "-100", "-98", "-96", "-94", "", "", ""])
    );
    browser.run(&click("signal"));
    assert_eq!(browser.run(&column(3))[0], "-94");
    assert_eq!(browser.run(&column(3))[11], "");
    browser.run(&click("Modem"));
    let names = browser.run(&column(0));
    assert_eq!((&names[9], &names[10], &names[11]), (&json!("gw-9"), &json!("gw-10"), &json!("gw-11")));

    // Filtering by words, and by status.
    let shown =
        "return [...document.querySelectorAll('#modems tbody tr')].filter((row) => row.checkVisibility()).length";
    browser.run("const input = document.querySelector('#filter input'); input.value = 'GW-1 passed'; input.dispatchEvent(new Event('input'))");
    assert_eq!(browser.run(shown), 1, "gw-1; gw-10 and gw-11 failed");
    browser.run("const input = document.querySelector('#filter input'); input.value = ''; input.dispatchEvent(new Event('input'))");
    browser.run("document.querySelector('.chips .failed').click()");
    assert_eq!(browser.run(shown), 3);
    assert_eq!(browser.run("return document.querySelector('#filter output').textContent"), "3 of 12");

    // A modem's name opens its conversation.
    let visible = "return document.querySelector('#m-gw-3 .said').checkVisibility()";
    assert_eq!(browser.run(visible), false);
    browser.run("[...document.querySelectorAll('#modems a')].find((a) => a.textContent === 'gw-3').click()");
    browser.run("return new Promise((done) => setTimeout(done, 50))");
    assert_eq!(browser.run(visible), true);
    assert_eq!(browser.run("return document.querySelector('#m-gw-3 .said .sent code').textContent"), "AT+CSQ");

    // What a modem says is text, all of it.
    assert_eq!(
        browser.run("document.querySelectorAll('details').forEach((d) => d.open = true); return window.pwned ?? null"),
        Value::Null
    );
    assert_eq!(browser.run("return document.querySelectorAll('img, [onclick], [onerror]').length"), 0);
    assert_eq!(browser.run("return document.querySelectorAll('script').length"), 1);
    assert_eq!(browser.run("return document.body.textContent.includes('window.pwned=1')"), true);
    assert_eq!(browser.run("return /[\\u0000-\\u0008\\u000b-\\u001f]/.test(document.body.textContent)"), false);

    // A phone: nothing but the table's own box scrolls sideways.
    browser.size(360, 740);
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= innerWidth"), true);
    assert_eq!(browser.run(seen), true);
    if let Some(file) = std::env::var_os("HAYES_TEST_SCREENSHOT") {
        browser.screenshot(&PathBuf::from(file));
    }
    fs::remove_dir_all(folder).unwrap();
}

fn report(folder: &std::path::Path) -> PathBuf {
    let mut text = String::new();
    for n in 0..12 {
        let name = format!("gw-{n}");
        let record = format!("records/{name}.txt");
        fs::write(
            folder.join(&record),
            format!("# hayes transcript 1\n0.000 > AT+CSQ\\r\n0.010 < +CSQ: 18,99\\r\\n\n0.011 < {HOSTILE}\n"),
        )
        .unwrap();
        let failure = match n {
            9 => {
                json!({"code": "hayes::run::fail", "message": HOSTILE, "sent": HOSTILE, "answer": [HOSTILE], "result": HOSTILE, "help": HOSTILE})
            }
            10 | 11 => {
                json!({"code": "hayes::run::timeout", "message": format!("no answer within {n} s"), "answer": [], "result": null, "help": null})
            }
            _ => Value::Null,
        };
        let report = if n < 9 { json!({"signal": -110 + 2 * n, "operator": HOSTILE}) } else { json!({}) };
        let line = json!({
            "modem": name, "port": HOSTILE, "script": "supersim/setup",
            "status": if n < 9 { "passed" } else { "failed" },
            "started": format!("2026-11-22T10:00:{n:02}.000Z"), "elapsed_ms": 1000 + 100 * n, "exchanges": 3,
            "changed": 0, "unchanged": 1, "report": report, "record": record, "failure": failure,
        });
        text.push_str(&format!("{line}\n"));
    }
    fs::write(folder.join("results.jsonl"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    let status = command.args(["report", "results.jsonl", "--html", "report.html"]).current_dir(folder).status();
    assert!(status.unwrap().success());
    folder.join("report.html")
}

/// Chromium without a window, by the WebDriver protocol (https://www.w3.org/TR/webdriver2).
struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    fn start() -> Option<Browser> {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = |line: String| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok();
        let port = lines.into_iter().find_map(started).expect("chromedriver names its port");
        let mut browser = Browser { driver, port, session: String::new() };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,900",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}});
        let answer = browser.ask("POST", "/session", &wanted);
        browser.session = answer["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    fn open(&mut self, address: &str) {
        self.command("url", &json!({"url": address}));
    }

    /// What a piece of JavaScript returns.
    fn run(&mut self, script: &str) -> Value {
        self.command("execute/sync", &json!({"script": script, "args": []}))
    }

    fn size(&mut self, width: u32, height: u32) {
        self.command("window/rect", &json!({"width": width, "height": height}));
    }

    fn screenshot(&mut self, file: &std::path::Path) {
        let path = format!("/session/{}/screenshot", self.session);
        let picture = self.ask("GET", &path, &Value::Null);
        fs::write(file.with_extension("base64"), picture.as_str().unwrap()).unwrap();
    }

    fn command(&mut self, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        self.ask("POST", &path, body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
        stream
            .write_all(format!("{head}Content-Type: application/json\r\nConnection: close\r\n\r\n{body}").as_bytes())
            .unwrap();
        // It keeps the connection open, whatever is asked: the length tells where the answer ends.
        let mut reader = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some((_, number)) = line.to_ascii_lowercase().split_once("content-length:") {
                length = number.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        assert!(value["value"]["error"].is_null(), "{method} {path} {body}\n{value}");
        value["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask("DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
