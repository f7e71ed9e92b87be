//! How long an editor waits for the language server on a script of 1,000 lines: a letter is typed, so the whole text is
//! sent, read and checked anew, and then something is asked.
//!
//! `cargo bench --bench lsp`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and may stop where it cannot"
)]

mod limits;

use std::fmt::Write as _;
use std::io::BufReader;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use limits::Limits;
use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

const LINES: usize = 1_000;
const ROUNDS: usize = 21;
const URI: &str = "file:///bench/script.hayes";

/// Twenty lines, after which the last number is another one.
fn block(number: usize) -> String {
    format!(
        r#"# Wait for the network.
AT+CMEE=2
AT+CPIN?
  expect "+CPIN: READY"

ensure AT+CGDCONT? answers '+CGDCONT: 1,"IP","${{apn}}"' else {{
  AT+CGDCONT=1,"IP","${{apn}}"
}}
retry for 10min every 5s {{
  AT+CREG?
    capture _, stat{number}:int
  assert stat{number} in [1, 5], "not registered: ${{stat{number}}}"
}} else {{
  fail "no network"
}}
AT+CSQ within 2s  # signal
  capture rssi{number}:int, _
report signal{number} = dbm(rssi{number})
log "signal ${{dbm(rssi{number})}} dBm"

"#
    )
}

fn script() -> String {
    let mut text = "param apn = \"super\"  \"Access Point Name\"\n".to_owned();
    for number in 0..LINES / 20 {
        text += &block(number);
    }
    text
}

/// The requests of an editor while one writes, and where in the last block they are asked.
fn requests(lines: usize) -> Vec<(&'static str, Value)> {
    let document = json!({"uri": URI});
    // `report signal… = dbm(…)`
    let at =
        |character: usize| json!({"textDocument": document, "position": {"line": lines - 3, "character": character}});
    let with = |more: Value| {
        let mut asked = json!({"textDocument": document});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}});
    let mut references = at(25);
    references["context"] = json!({"includeDeclaration": true});
    let mut rename = at(25);
    rename["newName"] = json!("strength");
    vec![
        ("textDocument/hover", at(19)),
        ("textDocument/completion", at(21)),
        ("textDocument/signatureHelp", at(22)),
        ("textDocument/definition", at(25)),
        ("textDocument/references", references),
        ("textDocument/rename", rename),
        ("textDocument/documentSymbol", with(json!({}))),
        ("textDocument/semanticTokens/full", with(json!({}))),
        ("textDocument/codeLens", with(json!({}))),
        ("textDocument/codeAction", with(json!({"range": whole, "context": {"diagnostics": []}}))),
        ("textDocument/formatting", with(json!({"options": {"tabSize": 2, "insertSpaces": true}}))),
    ]
}

fn main() {
    let (mut server, mut limits) = (Server::start(), Limits::default());
    let text = script();
    let lines = text.lines().count();
    let document = json!({"uri": URI, "languageId": "hayes", "version": 1, "text": text});
    server.tell("textDocument/didOpen", &json!({"textDocument": document}));
    println!("a letter is typed in a script of {lines} lines, and the editor asks:");
    for (method, asked) in requests(lines) {
        let mut took: Vec<Duration> = (0..ROUNDS).map(|_| server.typed_and_asked(&text, method, &asked)).collect();
        took.sort();
        limits.hold(&format!("  {method}"), took[ROUNDS / 2].as_secs_f64() * 1e3, 20.0, " ms");
    }
    limits.end();
}

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    number: i32,
}

impl Server {
    fn start() -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        let mut child = command.args(["lsp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Server { child, input, output, number: 1 };
        server.ask("initialize", &json!({"capabilities": {}}));
        server.tell("initialized", &json!({}));
        server
    }

    fn typed_and_asked(&mut self, text: &str, method: &str, asked: &Value) -> Duration {
        self.number += 1;
        let mut typed = text.to_owned();
        writeln!(typed, "# {}", self.number).unwrap();
        let change = json!({
            "textDocument": {"uri": URI, "version": self.number},
            "contentChanges": [{"text": typed}],
        });
        let started = Instant::now();
        self.tell("textDocument/didChange", &change);
        let answer = self.ask(method, asked);
        let elapsed = started.elapsed();
        assert!(!answer["result"].is_null(), "{method}: {answer}");
        elapsed
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.number += 1;
        let id = RequestId::from(self.number);
        self.write(Request::new(id.clone(), method.to_owned(), params));
        loop {
            match Message::read(&mut self.output).unwrap().expect("the server has ended") {
                Message::Response(answer) if answer.id == id => {
                    return serde_json::to_value(answer).unwrap();
                }
                Message::Response(_) | Message::Request(_) | Message::Notification(_) => {}
            }
        }
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.write(Notification::new(method.to_owned(), params));
    }

    fn write(&mut self, message: impl Into<Message>) {
        message.into().write(&mut self.input).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
