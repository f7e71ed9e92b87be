//! The targets. Each says what must hold for any bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hayes::at::parameters::{groups, parameters as split, split_prefix};
use hayes::at::session::Session;
use hayes::at::{Event, Hearer, PromptPlan, Question, Verdict, Why, result_code};
use hayes::batch::{inventory, journal};
use hayes::catalogue::explain::Context;
use hayes::catalogue::{self, Catalogue, prospect};
use hayes::check::{Program, check};
use hayes::conversation::Conversation;
use hayes::diagnostic::Diagnostic;
use hayes::fleet::bundle::ScriptBundle;
use hayes::fleet::key::{SecretKey, sha256};
use hayes::fleet::message::{self, GatewayResult, Presence};
use hayes::fleet::nkey::KeyKind;
use hayes::import::{Dialect, import as imported};
use hayes::library::Library;
use hayes::port::{Cancel, Device, Memory, Port, Replay, Rfc2217};
use hayes::report::result::RunResult;
use hayes::report::style::Palette;
use hayes::runtime::{Inputs, Listener, RuntimeEvent, Status, run};
use hayes::sim::{Options, Simulator};
use hayes::source::Source;
use hayes::syntax;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request};

use crate::Chance;

/// So many things happen in a script before it is interrupted.
const EVENTS: usize = 20_000;

/// Longer texts find nothing that shorter ones do not, and take longer.
const LONGEST: usize = 16 << 10;

const PLAIN: Palette = Palette { coloured: false };

fn text(data: &[u8]) -> Option<&str> {
    str::from_utf8(data).ok().filter(|text| text.len() <= LONGEST && !text.contains('\0'))
}

/// Every place of a diagnostic is one of the text.
fn in_text(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        for label in &diagnostic.labels {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(diagnostic.source.text.get(start..end).is_some(), "{}: {start}..{end}", diagnostic.code);
        }
    }
}

/// A text is parsed, checked, brought into canonical form and run on the simulated modem. What `check` lets pass is never
/// refused by the run for what `check` looks at; the canonical form stays as it is, and checks as the text does.
pub fn script(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let source = Source::new("fuzz.hayes", text);
    let (_, faults) = syntax::parse(&source);
    in_text(&faults);
    let checked = check(&source, &Library::default());
    in_text(&checked.diagnostics);
    if let Ok(formatted) = syntax::format(&source) {
        let again = Source::new("fuzz.hayes", formatted.as_str());
        assert_eq!(syntax::format(&again).as_deref(), Ok(formatted.as_str()), "the canonical form changes");
        let codes = |diagnostics: &[Diagnostic]| {
            let mut codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
            codes.sort_unstable();
            codes
        };
        let formatted = check(&again, &Library::default());
        assert_eq!(
            codes(&formatted.diagnostics),
            codes(&checked.diagnostics),
            "the canonical form means another thing"
        );
    }
    if let Some(program) = checked.program {
        run_it(&program, text);
    }
}

/// Counts what happens, and interrupts a run that goes on and on.
struct Patience {
    left: usize,
    cancel: Cancel,
}

impl Listener for Patience {
    fn on_event(&mut self, _now: Duration, _event: RuntimeEvent<'_>) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.left = EVENTS;
            self.cancel.cancel();
        }
    }
}

fn run_it(program: &Arc<Program>, text: &str) {
    let cancel = Cancel::new().unwrap();
    let options = Options::parse("boot=0s&register=0s").unwrap();
    let port = Memory::in_virtual_time(Simulator::new("bg96", options).unwrap(), &cancel);
    let mut conversation = Conversation::new(Box::new(port), &Catalogue);
    let mut patience = Patience { left: EVENTS, cancel };
    let inputs = Inputs { yes: true, ..Inputs::default() };
    let outcome = run(program, &mut conversation, &inputs, &mut patience);
    let Some(failure) = &outcome.failure else {
        assert!(matches!(outcome.status, Status::Passed | Status::Skipped), "{:?}", outcome.status);
        return;
    };
    in_text(std::slice::from_ref(&failure.diagnostic));
    // Where a value is put into a text, only the run knows what it is.
    let seen_before = ["hayes::run::needs-unsafe", "hayes::run::pin-in-retry", "hayes::run::no-script"];
    let code = failure.diagnostic.code;
    assert!(text.contains("${") || !seen_before.contains(&code), "check let pass what the run refuses: {}", failure);
}

/// Writes down what it hears.
#[derive(Default)]
struct Heard(Vec<String>);

impl Hearer for Heard {
    fn event(&mut self, _now: Duration, event: &Event<'_>) {
        self.0.push(format!("{event:?}"));
    }

    fn line(&mut self, _line: &[u8]) -> Verdict {
        Verdict::GoOn
    }
}

/// The first line is the question, the rest what comes: whole, byte by byte and cut anywhere it tells the same, and it
/// ends.
pub fn session(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let Ok(asked) = str::from_utf8(&data[..end]) else { return };
    let bytes = data.get(end + 1..).unwrap_or_default();
    if asked.len() > 200 || bytes.len() > LONGEST || asked.chars().any(char::is_control) {
        return;
    }
    let known = prospect(asked, None);
    let prompt = match known.prompt {
        Some(prompt) => PromptPlan::Reply { mark: Some(prompt.mark.to_owned()), bytes: b"hello\x1a".to_vec() },
        None => PromptPlan::Unexpected,
    };
    let question = Arc::new(Question::new(format!("{asked}\r"), known.expected, Duration::from_secs(5), prompt));
    let told = |pieces: &[&[u8]]| {
        let (mut session, mut heard, mut now) = (Session::new(&Catalogue), Heard::default(), Duration::ZERO);
        session.ask(&question, Why::Question, now, &mut heard);
        for piece in pieces {
            session.receive(piece, now, &mut heard);
            while session.output().is_some() {}
        }
        let outcome = loop {
            if let Some(outcome) = session.outcome() {
                break outcome;
            }
            now = session.deadline().unwrap().max(now);
            assert!(now < Duration::from_secs(60), "it does not end");
            session.advance(now, &mut heard);
            while session.output().is_some() {}
        };
        now += Duration::from_secs(1);
        session.advance(now, &mut heard);
        (format!("{outcome:?}"), heard.0)
    };
    let whole = told(&[bytes]);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(told(&single), whole, "byte by byte");
    let cut = Chance::of(data).cut(bytes);
    assert_eq!(told(&cut), whole, "cut: {cut:?}");
}

/// The parts of a line lie in it, one behind the other.
pub fn parameters(data: &[u8]) {
    let line = &data[..data.len().min(LONGEST)];
    let _ = result_code::parse(line);
    let (_, list) = split_prefix(line);
    let mut end = 0;
    for parameter in split(list) {
        assert!(parameter.range.start >= end && parameter.range.end <= list.len(), "{:?}", parameter.range);
        end = parameter.range.end;
        let _ = (parameter.text().len(), parameter.inner().count());
    }
    for group in groups(list) {
        assert!(group.range.end <= list.len());
    }
}

/// A recording that can be read is played; one that cannot says which line is at fault.
pub fn replay(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Replay::new("fuzz.transcript".to_owned(), text) {
        Err((line, why)) => assert!(line <= text.lines().count().max(1) && !why.is_empty(), "{line}: {why}"),
        Ok(recording) => {
            let mut port = Memory::in_virtual_time(recording, &Cancel::new().unwrap());
            let mut buffer = [0; 256];
            for line in ["AT\r", "AT+CSQ\r", "\x1b"] {
                let _ = port.write(line.as_bytes(), Duration::from_secs(1));
                let until = port.now() + Duration::from_secs(60);
                let _ = port.read(&mut buffer, until);
            }
        }
    }
}

/// TOML or CSV: modems, or what is wrong with it. A selection of them is one of them.
pub fn inventory(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for name in ["fuzz.toml", "fuzz.csv"] {
        match inventory::read(&[Source::new(name, text)]) {
            Ok(found) => {
                let names: Vec<&str> = found.modems.iter().map(|modem| &*modem.name).collect();
                assert!(names.iter().all(|name| !name.is_empty()));
            }
            Err(wrong) => {
                assert!(!wrong.is_empty());
                in_text(&wrong);
            }
        }
    }
}

/// Results of a batch are read, whatever stands in them, and shown without a control character.
pub fn results(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let file = scratch("results.jsonl");
    std::fs::write(&file, data).unwrap();
    if let Ok(found) = journal::read(&file) {
        let _ = found.passed().count();
        let shown = found.walk(&mut |result| {
            let shown = [result.summary(PLAIN), result.columns(PLAIN)].concat();
            assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']), "{shown:?}");
            let again: RunResult = serde_json::from_str(&result.json()).unwrap();
            assert_eq!(again.json(), result.json());
            Ok(())
        });
        let _ = shown;
    }
}

/// A file of this process alone, in memory where the system has that.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from("/dev/shm");
    let folder = if folder.is_dir() { folder } else { std::env::temp_dir() };
    folder.join(format!("hayes-fuzz-{}-{name}", std::process::id()))
}

/// The first line is the command, the rest what is explained; and the whole.
pub fn explain(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (command, rest) = text.split_once('\n').map_or((None, text), |(command, rest)| (Some(command), rest));
    for text in [text, rest] {
        for module in [None, catalogue::module("quectel-bg96"), catalogue::module("ublox-sara-r410m")] {
            let explained = catalogue::explain(text, &Context { command, module });
            assert!(!explained.title.is_empty(), "{text:?}");
        }
    }
}

/// A server for serial ports says whatever it likes: the connection comes about or not, and ends.
pub fn rfc2217(data: &[u8]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = listener.local_addr().unwrap().port();
    let said = data[..data.len().min(4096)].to_vec();
    let server = std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let _ = stream.set_read_timeout(Some(Duration::from_millis(2)));
        let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
        let mut heard = [0; 256];
        for piece in Chance::of(&said).cut(&said).chunks(8) {
            let _ = stream.write_all(&piece.concat());
        }
        let _ = stream.read(&mut heard);
    });
    let limit = Duration::from_millis(30);
    if let Ok(mut port) = Rfc2217::connect("127.0.0.1", number, 115_200, limit, &Cancel::new().unwrap()) {
        let mut buffer = [0; 64];
        let _ = port.write(b"AT\r", port.now() + limit);
        for _ in 0..4 {
            let until = port.now() + Duration::from_millis(2);
            let _ = port.read(&mut buffer, until);
        }
    }
    server.join().unwrap();
}

/// A simulated modem is sent anything: what it says does not depend on how that was cut, and does not grow without end.
pub fn simulator(data: &[u8]) {
    let data = &data[..data.len().min(2048)];
    // The first byte chooses the modem.
    let models = ["bg96", "sara-r410m", "sim7080g", "nrf9160", "generic"];
    let model = models[usize::from(data.first().copied().unwrap_or(0)) % models.len()];
    let said = |pieces: &[&[u8]]| {
        // A start takes its time: without, what comes at the instant of a reset is lost or heard as it is cut.
        let mut modem = Simulator::new(model, Options::parse("boot=100ms&register=0s&seed=1").unwrap()).unwrap();
        let (mut out, mut now) = (Vec::new(), Duration::from_secs(1));
        modem.advance(now, &mut out);
        pieces.iter().for_each(|piece| modem.receive(piece, now));
        for _ in 0..200 {
            let Some(next) = modem.next().filter(|next| *next < Duration::from_secs(600)) else { break };
            now = next.max(now + Duration::from_micros(100));
            modem.advance(now, &mut out);
        }
        assert!(out.len() < 8 << 20, "{} bytes for {}", out.len(), data.len());
        out
    };
    let input = data.get(1..).unwrap_or_default();
    let whole = said(&[input]);
    let cut = said(&Chance::of(data).cut(input));
    assert_eq!(String::from_utf8_lossy(&cut), String::from_utf8_lossy(&whole));
}

/// A script of another program: what comes of it is a Hayes script in canonical form that parses.
pub fn import(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for dialect in [Dialect::Chat, Dialect::Comgt, Dialect::Runscript, Dialect::Ttl] {
        let made = imported(dialect, "fuzz", text);
        let source = Source::new("made.hayes", made.text.as_str());
        let (_, faults) = syntax::parse(&source);
        let told: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", fault.code)).collect();
        assert!(faults.is_empty(), "{dialect:?}: {told:?}\n{}", made.text);
        assert_eq!(syntax::format(&source).as_deref(), Ok(made.text.as_str()), "{dialect:?}");
    }
}

/// An editor opens a text and asks everything at a place of it: no answer is a fault of the server's.
pub fn lsp(data: &[u8]) {
    let Some(text) = text(data).filter(|text| text.len() <= 4096) else { return };
    const URI: &str = "file:///fuzz/script.hayes";
    let (server, editor) = Connection::memory();
    let serving = std::thread::Builder::new().stack_size(16 << 20);
    let serving = serving.spawn(move || hayes::lsp::serve_on(server)).unwrap();
    let request = |id: i32, method: &str, params: serde_json::Value| {
        editor.sender.send(Message::Request(Request::new(id.into(), method.to_owned(), params))).unwrap();
    };
    let tell = |method: &str, params: serde_json::Value| {
        editor.sender.send(Message::Notification(Notification::new(method.to_owned(), params))).unwrap();
    };
    request(0, "initialize", serde_json::json!({"capabilities": {}}));
    tell("initialized", serde_json::json!({}));
    tell(
        "textDocument/didOpen",
        serde_json::json!({"textDocument": {"uri": URI, "languageId": "hayes", "version": 1, "text": text}}),
    );
    let mut chance = Chance::of(data);
    let line = chance.below(text.matches('\n').count() + 2);
    let character = chance.below(text.lines().nth(line).map_or(1, str::len) + 2);
    let params = serde_json::json!({
        "textDocument": {"uri": URI},
        "position": {"line": line, "character": character},
        "context": {"includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false},
        "newName": "other_name",
        "options": {"tabSize": 2, "insertSpaces": true},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": line, "character": character}},
    });
    let methods = [
        "hover",
        "completion",
        "signatureHelp",
        "definition",
        "references",
        "prepareRename",
        "rename",
        "documentSymbol",
        "formatting",
        "codeAction",
        "semanticTokens/full",
        "codeLens",
    ];
    for (id, method) in (1..).zip(methods) {
        request(id, &format!("textDocument/{method}"), params.clone());
    }
    request(1000, "shutdown", serde_json::Value::Null);
    for message in &editor.receiver {
        let Message::Response(response) = message else { continue };
        if response.id == 1000.into() {
            break;
        }
        if let Err(error) = response.response_result {
            assert_ne!(error.code, ErrorCode::InternalError as i32, "{}", error.message);
        }
    }
    tell("exit", serde_json::Value::Null);
    serving.join().unwrap().unwrap();
}

/// What a carrier brings: orders, signed by the right key and not, presence, results, bundles. What is read is written again
/// as it was.
pub fn fleet(data: &[u8]) {
    let data = &data[..data.len().min(LONGEST)];
    let key = SecretKey::of_seed(KeyKind::Operator, [7; 32]);
    let operators = [key.public()];
    let _ = message::verified(data, &operators, "fleet", "gateway");
    // Behind a signature that holds.
    let signed = [signature(&key, data).as_bytes(), data].concat();
    if let Ok(order) = message::verified(&signed, &operators, "fleet", "gateway") {
        let again = message::signed(&order, &key);
        assert_eq!(message::verified(&again, &operators, "fleet", "gateway"), Ok(order));
    }
    if let Ok(presence) = serde_json::from_slice::<Presence>(data) {
        assert_eq!(serde_json::from_slice::<Presence>(&message::json(&presence)).unwrap(), presence);
    }
    if let Ok(result) = serde_json::from_slice::<GatewayResult>(data) {
        assert_eq!(serde_json::from_slice::<GatewayResult>(&message::json(&result)).unwrap(), result);
    }
    let _ = ScriptBundle::ready(&sha256(data), data);
}

/// The first line of an order, for these bytes.
fn signature(key: &SecretKey, data: &[u8]) -> String {
    format!("{} {}\n", BASE64.encode(key.sign(data)), key.public())
}
