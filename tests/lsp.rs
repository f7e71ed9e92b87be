//! `hayes lsp`, driven over its pipe: what it answers to an editor stands in `tests/lsp/*.md`. `‸` is the cursor. And
//! Neovim with the server, where it is installed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::cases::{Case, files, run_files_with};
use crate::folder::Folder;

#[test]
fn what_an_editor_is_told() {
    let ran = run_files_with(&files("tests/lsp"), &|case, number, ran| {
        let block = &case.blocks[number];
        let answer = Open::new(case).answer(&block.info)?;
        ran.told += 1;
        Some(answer)
    });
    assert!(ran.told > 25 || std::env::var_os("CASE").is_some(), "only {ran:?}");
}

#[test]
fn a_request_that_is_not_known_or_is_nonsense_ends_nothing() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.0);
    assert_eq!(server.ask("textDocument/nonsense", &json!({}))["error"]["code"], -32601);
    assert_eq!(server.ask("textDocument/hover", &json!({"textDocument": 5}))["error"]["code"], -32602);
    server.tell("textDocument/didChange", &json!({"no": "change"}));
    let nowhere = json!({"textDocument": {"uri": "file:///nowhere.hayes"}, "position": {"line": 9, "character": 9}});
    assert_eq!(server.ask("textDocument/hover", &nowhere)["result"], Value::Null);
    server.end();
}

/// The server, and an editor's side of its pipe.
pub(crate) struct Server {
    child: Child,
    /// None once it is closed
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_id: u64,
    /// The last diagnostics of each document
    pub(crate) diagnostics: BTreeMap<String, Vec<Value>>,
    /// What else it told
    pub(crate) told: Vec<Value>,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hayes"))
            .args(["lsp", "--stdio"])
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("HAYES_PORT", "/dev/nowhere")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (diagnostics, told) = (BTreeMap::new(), Vec::new());
        let mut server = Server { child, input, output, last_id: 0, diagnostics, told };
        let begun = server.ask("initialize", &json!({"capabilities": {}, "rootUri": uri(folder)}));
        assert_eq!(begun["result"]["serverInfo"]["name"], "hayes", "{begun}");
        server.tell("initialized", &json!({}));
        server
    }

    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    pub(crate) fn tell(&mut self, method: &str, params: &Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The whole answer.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// The next message; diagnostics are kept.
    pub(crate) fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server has ended");
            match line.trim().strip_prefix("Content-Length: ") {
                Some(bytes) => length = bytes.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        if message["method"] == "textDocument/publishDiagnostics" {
            let found = message["params"]["diagnostics"].as_array().unwrap().clone();
            self.diagnostics.insert(message["params"]["uri"].as_str().unwrap().to_owned(), found);
        } else if message["id"].is_null() {
            self.told.push(message.clone());
        }
        message
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "hayes", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}));
        while !self.diagnostics.contains_key(uri) {
            self.read();
        }
    }

    pub(crate) fn end(mut self) {
        assert_eq!(self.ask("shutdown", &Value::Null)["error"], Value::Null);
        self.tell("exit", &Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A case's script, open in a server.
struct Open {
    folder: Folder,
    server: Server,
    text: String,
    /// The cursor: its line, and the UTF-16 units before it.
    cursor: (usize, usize),
}

impl Open {
    fn new(case: &Case) -> Open {
        let folder = Folder::new();
        for block in &case.blocks {
            if let Some(("file", name)) = block.info.split_once(' ') {
                let file = folder.0.join(name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, &block.text).unwrap();
            }
        }
        let marked = case.blocks.iter().find(|block| block.info == "hayes").map_or("", |block| &block.text);
        let before = marked.split('‸').next().unwrap();
        let line = before.rsplit('\n').next().unwrap();
        let cursor = (before.matches('\n').count(), line.encode_utf16().count());
        let text = marked.replace('‸', "");
        std::fs::write(folder.0.join("script.hayes"), &text).unwrap();
        let mut server = Server::start(&folder.0);
        server.open(&uri(&folder.0.join("script.hayes")), &text);
        Open { folder, server, text, cursor }
    }

    fn uri(&self) -> String {
        uri(&self.folder.0.join("script.hayes"))
    }

    fn ask(&mut self, method: &str, more: Value) -> Value {
        let (line, character) = self.cursor;
        let mut params =
            json!({"textDocument": {"uri": self.uri()}, "position": {"line": line, "character": character}});
        for (key, value) in more.as_object().unwrap() {
            params[key] = value.clone();
        }
        let answer = self.server.ask(method, &params);
        if answer["error"].is_null() { answer["result"].clone() } else { answer["error"]["message"].clone() }
    }

    /// The block that begins with this word, as it would have to stand; nothing for what is no question.
    fn answer(&mut self, info: &str) -> Option<String> {
        let text = self.asked(info)?.replace(&*self.folder.0.to_string_lossy(), "FOLDER");
        // How long a run took differs.
        Some(text.split_once(" in 0.").map_or(text.clone(), |(before, rest)| format!("{before}{}", &rest[3..])))
    }

    fn asked(&mut self, info: &str) -> Option<String> {
        let (what, argument) = info.split_once(' ').unwrap_or((info, ""));
        Some(match what {
            "diagnostics" => {
                let found = self.server.diagnostics.remove(&self.uri()).unwrap();
                found.iter().map(|found| self.diagnostic(found)).collect()
            }
            "hover" => {
                let hover = self.ask("textDocument/hover", json!({}));
                let Some(text) = hover["contents"]["value"].as_str() else { return Some("nothing\n".to_owned()) };
                let text = text.strip_prefix("```text\n").unwrap().strip_suffix("```").unwrap();
                format!("{}: {}\n{text}", place(&hover["range"]), self.slice(&hover["range"]))
            }
            "completion" => self.completion(argument),
            "signature" => self.signature(),
            "definition" => {
                let found = self.ask("textDocument/definition", json!({}));
                self.locations(&found)
            }
            "references" => {
                let found = self.ask("textDocument/references", json!({"context": {"includeDeclaration": true}}));
                self.locations(&found)
            }
            "rename" => {
                let may = self.ask("textDocument/prepareRename", json!({}));
                let edit = self.ask("textDocument/rename", json!({"newName": argument}));
                if may.is_string() || edit.is_string() {
                    return Some(format!("{}\n", edit.as_str().or(may.as_str()).unwrap()));
                }
                format!("{}\n{}", may["placeholder"].as_str().unwrap(), self.edited(&edit))
            }
            "actions" => {
                let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}});
                let actions =
                    self.ask("textDocument/codeAction", json!({"range": range, "context": {"diagnostics": []}}));
                let actions = actions.as_array().unwrap().clone();
                let shown =
                    actions.iter().map(|it| format!("{}\n{}", it["title"].as_str().unwrap(), self.edited(&it["edit"])));
                shown.collect()
            }
            "formatted" => {
                let edits =
                    self.ask("textDocument/formatting", json!({"options": {"tabSize": 8, "insertSpaces": false}}));
                let Some(edits) = edits.as_array() else { return Some("nothing\n".to_owned()) };
                apply(&self.text, edits)
            }
            "symbols" => {
                let symbols = self.ask("textDocument/documentSymbol", json!({}));
                let mut text = String::new();
                outline(&symbols, 0, &mut text);
                text
            }
            "colours" => self.colours(),
            "lenses" => {
                let lenses = self.ask("textDocument/codeLens", json!({}));
                let shown =
                    lenses.as_array().unwrap().iter().map(|lens| {
                        format!("{}: {}\n", place(&lens["range"]), lens["command"]["title"].as_str().unwrap())
                    });
                shown.collect()
            }
            "run" => {
                let arguments = json!({"command": "hayes.runSimulated", "arguments": [self.uri()]});
                let begun = self.ask("workspace/executeCommand", arguments);
                if let Some(refused) = begun.as_str() {
                    return Some(format!("{refused}\n"));
                }
                let shown = loop {
                    let told = self.server.read();
                    if told["method"] == "window/showMessage" {
                        break told["params"].clone();
                    }
                };
                format!("{} {}\n", shown["type"], shown["message"].as_str().unwrap())
            }
            _ => return None,
        })
    }

    fn diagnostic(&self, found: &Value) -> String {
        let severity = if found["severity"] == 1 { "error" } else { "warning" };
        let code = found["code"].as_str().unwrap();
        let mut text =
            format!("{} {severity} {code}: {}\n", place(&found["range"]), found["message"].as_str().unwrap());
        for related in found["relatedInformation"].as_array().into_iter().flatten() {
            let file = related["location"]["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let message = related["message"].as_str().unwrap();
            let _ = writeln!(text, "  {file} {}: {message}", place(&related["location"]["range"]));
        }
        text
    }

    /// The first items, or those with a word in them.
    fn completion(&mut self, only: &str) -> String {
        let items = self.ask("textDocument/completion", json!({}));
        let Some(items) = items["items"].as_array() else { return "nothing\n".to_owned() };
        let mut text = String::new();
        let wanted: Vec<&Value> = items.iter().filter(|it| it["label"].as_str().unwrap().contains(only)).collect();
        for item in wanted.iter().take(8) {
            let edited = apply(&self.text, std::slice::from_ref(&item["textEdit"]));
            let line = edited.lines().nth(self.cursor.0).unwrap_or_default();
            let detail = item["detail"].as_str().unwrap_or_default();
            let _ = writeln!(text, "{} | {line} | {detail}", item["label"].as_str().unwrap());
        }
        if wanted.len() > 8 {
            text.push_str("…\n");
        }
        let resolved = wanted.first().map(|first| self.server.ask("completionItem/resolve", first)["result"].clone());
        if let Some(documentation) = resolved.as_ref().and_then(|it| it["documentation"]["value"].as_str()) {
            let _ = writeln!(text, "{}", documentation.lines().nth(1).unwrap());
        }
        if text.is_empty() { "nothing\n".to_owned() } else { text }
    }

    fn signature(&mut self) -> String {
        let help = self.ask("textDocument/signatureHelp", json!({}));
        let Some(signature) = help["signatures"].get(0) else { return "nothing\n".to_owned() };
        let label = signature["label"].as_str().unwrap();
        let active = usize::try_from(help["activeParameter"].as_u64().unwrap()).unwrap();
        let Some(parameter) = signature["parameters"].get(active) else { return format!("{label}\n") };
        let bound = |at: usize| usize::try_from(parameter["label"][at].as_u64().unwrap()).unwrap();
        let about = parameter["documentation"]["value"].as_str().unwrap_or_default();
        let about = about.trim_start_matches("```text\n").trim_end_matches("```");
        format!("{}»{}«{}\n{about}", &label[..bound(0)], &label[bound(0)..bound(1)], &label[bound(1)..])
    }

    fn locations(&self, found: &Value) -> String {
        let Some(found) = found.as_array() else { return format!("{}\n", found.as_str().unwrap_or("nothing")) };
        let shown = found.iter().map(|location| {
            let file = location["uri"].as_str().unwrap().strip_prefix("file://").unwrap();
            let text = std::fs::read_to_string(file).unwrap();
            let line = usize::try_from(location["range"]["start"]["line"].as_u64().unwrap()).unwrap();
            let name = file.strip_prefix(&*self.folder.0.to_string_lossy()).unwrap();
            format!(
                "{} {}: {}\n",
                name.trim_start_matches('/'),
                place(&location["range"]),
                text.lines().nth(line).unwrap()
            )
        });
        shown.collect()
    }

    /// The files that an edit changes, as they are then.
    fn edited(&self, edit: &Value) -> String {
        let mut text = String::new();
        let changes: BTreeMap<&String, &Value> = edit["changes"].as_object().unwrap().iter().collect();
        for (uri, edits) in changes {
            let file = uri.strip_prefix("file://").unwrap();
            let name = file.strip_prefix(&*self.folder.0.to_string_lossy()).unwrap().trim_start_matches('/');
            let old = std::fs::read_to_string(file).unwrap();
            let new = apply(&old, edits.as_array().unwrap());
            new.lines().for_each(|line| writeln!(text, "  {name}: {line}").unwrap());
        }
        text
    }

    fn colours(&mut self) -> String {
        let tokens = self.ask("textDocument/semanticTokens/full", json!({}));
        let kinds = ["keyword", "name", "number", "string", "regex", "command", "comment", "operator", "function"];
        let numbers: Vec<usize> = tokens["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| usize::try_from(it.as_u64().unwrap()).unwrap())
            .collect();
        let (mut line, mut start, mut text) = (0, 0, String::new());
        for token in numbers.chunks(5) {
            line += token[0];
            start = if token[0] == 0 { start + token[1] } else { token[1] };
            let units: Vec<u16> = self.text.lines().nth(line).unwrap().encode_utf16().collect();
            let word = String::from_utf16(&units[start..start + token[2]]).unwrap();
            let _ = writeln!(text, "{}:{} {} {word}", line + 1, start + 1, kinds[token[3]]);
        }
        text
    }

    fn slice(&self, range: &Value) -> String {
        let (start, end) = (offset(&self.text, &range["start"]), offset(&self.text, &range["end"]));
        self.text[start..end].to_owned()
    }
}

/// `line:column-column`, counted from 1.
fn place(range: &Value) -> String {
    let number = |pointer: &str| range.pointer(pointer).unwrap().as_u64().unwrap() + 1;
    let (start, end) = (number("/start/line"), number("/end/line"));
    let end_line = if start == end { String::new() } else { format!("{end}:") };
    format!("{start}:{}-{end_line}{}", number("/start/character"), number("/end/character"))
}

fn offset(text: &str, position: &Value) -> usize {
    let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
    let start: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
    let mut units = 0;
    let line = text[start..].chars().take_while(|character| {
        units += character.len_utf16();
        units <= number("character") && *character != '\n'
    });
    start + line.map(char::len_utf8).sum::<usize>()
}

fn apply(text: &str, edits: &[Value]) -> String {
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| {
            let range = offset(text, &edit["range"]["start"])..offset(text, &edit["range"]["end"]);
            (range, edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    edits.into_iter().rev().for_each(|(range, new)| text.replace_range(range, new));
    text
}

fn outline(symbols: &Value, depth: usize, text: &mut String) {
    for symbol in symbols.as_array().into_iter().flatten() {
        let _ =
            writeln!(text, "{}{} {}", "  ".repeat(depth), place(&symbol["range"]), symbol["name"].as_str().unwrap());
        outline(&symbol["children"], depth + 1, text);
    }
}

#[test]
fn an_editor_says_shutdown_before_it_leaves() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.0);
    server.ask("shutdown", &Value::Null);
    assert_eq!(server.ask("textDocument/hover", &Value::Null)["error"]["code"], -32_600, "InvalidRequest");
    server.tell("exit", &Value::Null);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let mut server = Server::start(&folder.0);
    server.tell("exit", &Value::Null);
    assert_eq!(server.child.wait().unwrap().code(), Some(1));
}

/// How many runs of scripts in this folder go on.
#[cfg(target_os = "linux")]
fn runs_in(folder: &Path) -> usize {
    let of = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("cmdline")).ok();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| of(entry.unwrap()));
    all.filter(|line| line.contains("\0run\0") && line.contains(&*folder.to_string_lossy())).count()
}

#[test]
#[cfg(target_os = "linux")]
fn no_run_outlives_the_editor() {
    let folder = Folder::new();
    let script = folder.0.join("endless.hayes");
    std::fs::write(&script, "repeat for 1h every 1s {\n  AT\n}\n").unwrap();
    let run = |command: &str| json!({"command": command, "arguments": [uri(&script)]});
    let begin = || {
        let mut server = Server::start(&folder.0);
        server.open(&uri(&script), &std::fs::read_to_string(&script).unwrap());
        assert_eq!(server.ask("workspace/executeCommand", &run("hayes.runSimulated"))["error"], Value::Null);
        assert_eq!(runs_in(&folder.0), 1);
        server
    };
    let is_gone = |how: &str| {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while runs_in(&folder.0) > 0 {
            assert!(std::time::Instant::now() < end, "{how}: the run goes on");
            std::thread::yield_now();
        }
    };
    let mut server = begin();
    let lenses = server.ask("textDocument/codeLens", &json!({"textDocument": {"uri": uri(&script)}}));
    assert_eq!(lenses["result"][1]["command"]["title"], "Stop the run");
    // One script runs once.
    server.ask("workspace/executeCommand", &run("hayes.runSimulated"));
    server.ask("workspace/executeCommand", &run("hayes.stopRun"));
    is_gone("stopped");
    assert!(server.ask("workspace/executeCommand", &run("hayes.stopRun"))["error"]["message"].is_string());
    let lenses = server.ask("textDocument/codeLens", &json!({"textDocument": {"uri": uri(&script)}}));
    assert_eq!(lenses["result"].as_array().unwrap().len(), 1);
    drop(server);
    begin().end();
    is_gone("shutdown and exit");
    let mut server = begin();
    server.tell("exit", &Value::Null);
    assert_eq!(server.child.wait().unwrap().code(), Some(1));
    is_gone("exit");
    let mut server = begin();
    server.input = None;
    server.child.wait().unwrap();
    is_gone("closed");
}

#[test]
fn a_script_that_is_closed_is_what_its_file_holds() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("inner.hayes"), "AT\n").unwrap();
    let [outer, inner] = ["outer.hayes", "inner.hayes"].map(|name| uri(&folder.0.join(name)));
    let mut server = Server::start(&folder.0);
    server.open(&inner, "exepct OK\n");
    server.open(&outer, "run \"inner\"\n");
    assert_eq!(server.diagnostics.remove(&outer).unwrap().len(), 1);
    server.tell("textDocument/didClose", &json!({"textDocument": {"uri": inner}}));
    while !server.diagnostics.contains_key(&outer) {
        server.read();
    }
    assert_eq!(server.diagnostics[&outer], Vec::<Value>::new());
    // Another program writes it, and the editor tells of that.
    std::fs::write(folder.0.join("inner.hayes"), "exepct OK\n").unwrap();
    server.diagnostics.clear();
    let changes = json!({"changes": [{"uri": inner, "type": 2}]});
    server.tell("workspace/didChangeWatchedFiles", &changes);
    while !server.diagnostics.contains_key(&outer) {
        server.read();
    }
    assert_eq!(server.diagnostics[&outer].len(), 1);
}

#[test]
fn what_was_typed_just_now_can_be_mended() {
    let folder = Folder::new();
    let script = uri(&folder.0.join("script.hayes"));
    let mut server = Server::start(&folder.0);
    server.open(&script, "AT\n");
    let changes = json!([{"text": "AT\nexepct OK\n"}]);
    server.tell(
        "textDocument/didChange",
        &json!({"textDocument": {"uri": script, "version": 2}, "contentChanges": changes}),
    );
    let place = json!({"line": 1, "character": 0});
    let asked = json!({
        "textDocument": {"uri": script},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
    });
    let fixes = server.ask("textDocument/codeAction", &asked);
    assert_eq!(fixes["result"][0]["title"], "Write `expect`", "{fixes}");
}

/// Neovim with the plugin of `editors/vim`, which starts the server.
#[test]
fn neovim_shows_what_is_wrong() {
    if !crate::peers::installed("nvim") {
        return;
    }
    let (folder, root) = (Folder::new(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let settings = format!(
        "set runtimepath+={}\nlet g:hayes_path = '{}'\nfiletype plugin on\nsyntax on\n",
        root.join("editors/vim").display(),
        env!("CARGO_BIN_EXE_hayes")
    );
    std::fs::write(folder.0.join("init.vim"), settings).unwrap();
    std::fs::write(folder.0.join("x.hayes"), "rety 3 {\nAT+CSQ\n}\n").unwrap();
    let mut neovim = Command::new("nvim");
    neovim.args(["--headless", "-n", "-i", "NONE", "-u", "init.vim", "x.hayes", "-c"]);
    neovim.arg(format!("luafile {}", root.join("tests/lsp/neovim.lua").display())).current_dir(&folder.0);
    for (name, path) in [("HOME", "home"), ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")] {
        neovim.env(name, folder.0.join(path));
    }
    let printed = crate::peers::all(&crate::peers::within(std::time::Duration::from_secs(120), &mut neovim));
    for wanted in [
        "filetype: hayes\n",
        "diagnostic: 1:1 `rety` begins no statement (not known) | help: did you mean `retry`?\n",
        "hover: ```text | AT+CSQ  Signal quality |",
        "completion: AT+CSQ\n",
        "left: 0\n",
        "formatted: retry 3 { |   AT+CSQ | }\n",
        "made: 1:1 `rety` begins no statement\n",
        "kept: rety 3 { | AT+CSQ | }\n",
        "gq: retry 3 { |   AT+CSQ | }\n",
        "omnifunc: v:lua.vim.lsp.omnifunc\n",
        "colour: hayesControl\n",
    ] {
        assert!(printed.contains(wanted), "no {wanted} in\n{printed}");
    }
}
