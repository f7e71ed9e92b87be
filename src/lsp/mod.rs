//! `hayes lsp`: the language server of editors (Language Server Protocol 3.17), over standard input and output.
//!
//! It knows nothing by itself: diagnostics are those of `check`, the words of a hover those of `explain`, completion is
//! that of the interactive mode, colours are the tokens of `syntax`. Whatever half-typed text it is given, it answers.

mod faults;
mod help;
mod mentions;
mod places;
mod run;
#[cfg(test)]
#[path = "../../tests/units/lsp.rs"]
mod tests;
mod whole;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Exit as ExitNotification, Initialized, Notification as Told, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentSymbolRequest, ExecuteCommand, Formatting, GotoDefinition,
    HoverRequest, PrepareRenameRequest, References, RegisterCapability, Rename, Request as Asked,
    ResolveCompletionItem, SemanticTokensFullRequest, Shutdown, SignatureHelpRequest,
};
use lsp_types::{self as lsp, Uri};
use serde_json::json;

use crate::check::{NotFound, Scripts, check};
use crate::diagnostic::Diagnostic;
use crate::library::Library;
use crate::notation::percent_decoded;
use crate::report::sarif;
use crate::source::{Source, Span};
use crate::syntax::ast::Script;
use crate::syntax::{self, Token};
use mentions::Mentions;

/// Serves the editor at standard input and output until it says goodbye.
///
/// # Errors
/// What is wrong with the connection, in words.
pub(crate) fn serve() -> Result<(), String> {
    let (connection, Connection { sender, receiver }) = Connection::memory();
    let writing = std::thread::spawn(move || {
        let mut output = std::io::stdout().lock();
        receiver.into_iter().try_for_each(|message| message.write(&mut output))
    });
    let fault = Arc::new(OnceLock::new());
    let told = Arc::clone(&fault);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            match next_message(&mut input) {
                Ok(Some(message)) => {
                    let is_last =
                        matches!(&message, Message::Notification(it) if it.method == ExitNotification::METHOD);
                    if sender.send(message).is_err() || is_last {
                        return;
                    }
                }
                Ok(None) => return,
                Err(why) => return told.set(why).unwrap_or_default(),
            }
        }
    });
    let served = serve_on(connection);
    let written = writing.join();
    if let Some(why) = fault.get() {
        return Err(why.clone());
    }
    served?;
    written.ok().transpose().map(|_| ()).map_err(|error| error.to_string())
}

/// A message that says it is longer ends the connection.
const LONGEST: u64 = 64 << 20;

/// The next message; none where the editor has closed the connection.
fn next_message(input: &mut impl BufRead) -> Result<Option<Message>, String> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let start = head.len();
        input.by_ref().take(1_000).read_line(&mut head).map_err(|error| error.to_string())?;
        let line = head.get(start..).unwrap_or_default();
        if let Some((_, value)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("Content-Length")) {
            let value = value.trim();
            length = value
                .parse()
                .ok()
                .filter(|length| *length <= LONGEST)
                .ok_or_else(|| format!("a message says that it has {value} bytes; at most {LONGEST} are read"))?;
        } else if line.trim().is_empty() {
            break;
        } else if !line.contains(": ") || head.len() > 8_192 {
            return Err("what came is no message of the language server's protocol".to_owned());
        }
    }
    Message::read(&mut head.as_bytes().chain(input.by_ref().take(length))).map_err(|error| error.to_string())
}

/// Serves one editor over any connection.
///
/// # Errors
/// What is wrong with it, in words.
pub fn serve_on(connection: Connection) -> Result<(), String> {
    Server::begin(connection).map_err(|error| error.to_string())?.run()
}

struct Server {
    connection: Connection,
    workspace: Workspace,
    /// The editor can tell of files that change on the disk.
    may_watch: bool,
    /// The editor has said that it will leave.
    is_shut: bool,
}

impl Server {
    fn begin(connection: Connection) -> Result<Server, ProtocolError> {
        let (id, params) = connection.initialize_start()?;
        let about = json!({
            "capabilities": capabilities(),
            "serverInfo": { "name": "hayes", "version": env!("CARGO_PKG_VERSION") },
        });
        connection.initialize_finish(id, about)?;
        let workspace = Workspace { open: BTreeMap::new(), root: root(&params), runs: run::Runs::default() };
        let may_watch = "/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration";
        let may_watch = params.pointer(may_watch).and_then(serde_json::Value::as_bool).unwrap_or_default();
        Ok(Server { connection, workspace, may_watch, is_shut: false })
    }

    fn run(&mut self) -> Result<(), String> {
        while let Ok(message) = self.connection.receiver.recv() {
            match message {
                Message::Request(request) if self.is_shut => {
                    let message = "after `shutdown` comes `exit`".to_owned();
                    self.send(Response::new_err(request.id, ErrorCode::InvalidRequest as i32, message).into());
                }
                Message::Request(request) if request.method == Shutdown::METHOD => {
                    self.is_shut = true;
                    self.send(Response::new_ok(request.id, ()).into());
                }
                Message::Notification(told) if told.method == ExitNotification::METHOD => {
                    let left = "the editor left without `shutdown`";
                    return if self.is_shut { Ok(()) } else { Err(left.to_owned()) };
                }
                Message::Request(request) => {
                    let (id, method) = (request.id.clone(), request.method.clone());
                    // A fault of ours must not take the editor's server away.
                    let answer = catch_unwind(AssertUnwindSafe(|| self.answer(request)));
                    let answer = answer.unwrap_or_else(|_| {
                        let message = format!("a fault of Hayes, in the answer to {method}: please report it");
                        Response::new_err(id, ErrorCode::InternalError as i32, message)
                    });
                    self.send(answer.into());
                }
                Message::Notification(told) => self.hear(told),
                Message::Response(_) => {}
            }
            // While more is to be read, what is wrong now may be right already.
            if self.connection.receiver.is_empty() {
                self.publish();
            }
        }
        Ok(())
    }

    /// To an editor that has gone nothing can be said.
    fn send(&self, message: Message) {
        let _ = self.connection.sender.send(message);
    }

    /// Nobody waits for an answer to what cannot be read.
    fn hear(&mut self, told: Notification) {
        match told.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let Some(opened) = read::<DidOpenTextDocument>(told) else { return };
                let opened = opened.text_document;
                self.workspace.put(Document::new(opened.uri, opened.version, opened.text));
            }
            DidChangeTextDocument::METHOD => {
                let Some(changed) = read::<DidChangeTextDocument>(told) else { return };
                // Each change is the whole text: the last one is how it is.
                let Some(change) = changed.content_changes.into_iter().next_back() else { return };
                let lsp::VersionedTextDocumentIdentifier { uri, version } = changed.text_document;
                self.workspace.put(Document::new(uri, version, change.text));
            }
            DidCloseTextDocument::METHOD => {
                let Some(closed) = read::<DidCloseTextDocument>(told) else { return };
                let Some(document) = self.workspace.close(&closed.text_document.uri) else { return };
                self.tell(document.uri, None, Vec::new());
            }
            // What a script runs may be another one on the disk now.
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.workspace.doubt_others(),
            Initialized::METHOD if self.may_watch => self.watch(),
            _ => {}
        }
    }

    /// Asks to be told of scripts that are written outside of the editor.
    fn watch(&self) {
        let options = json!({ "watchers": [{ "globPattern": "**/*.hayes" }] });
        let watched = json!({ "id": "scripts", "method": DidChangeWatchedFiles::METHOD, "registerOptions": options });
        let params = json!({ "registrations": [watched] });
        let id = "watch".to_owned().into();
        self.send(Request::new(id, RegisterCapability::METHOD.to_owned(), params).into());
    }

    // ── Diagnostics

    /// Tells what is wrong with the documents that have changed.
    fn publish(&self) {
        for document in self.workspace.open.values().filter(|document| document.found.get().is_none()) {
            let found =
                catch_unwind(AssertUnwindSafe(|| check(&document.source, &self.workspace.scripts()).diagnostics));
            let found = document.found.get_or_init(|| found.unwrap_or_default());
            let shown = found.iter().filter_map(|found| faults::shown(&self.workspace, document, found)).collect();
            self.tell(document.uri.clone(), Some(document.version), shown);
        }
    }

    fn tell(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<lsp::Diagnostic>) {
        let params = lsp::PublishDiagnosticsParams { uri, diagnostics, version };
        self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), params).into());
    }

    // ── Requests

    fn answer(&self, request: Request) -> Response {
        let known = &self.workspace;
        match request.method.as_str() {
            HoverRequest::METHOD => answered::<HoverRequest>(request, |asked| Ok(help::hover(known, &asked))),
            Completion::METHOD => answered::<Completion>(request, |asked| Ok(help::complete(known, &asked))),
            ResolveCompletionItem::METHOD => {
                answered::<ResolveCompletionItem>(request, |item| Ok(help::resolved(item)))
            }
            SignatureHelpRequest::METHOD => {
                answered::<SignatureHelpRequest>(request, |asked| Ok(help::signature(known, &asked)))
            }
            GotoDefinition::METHOD => {
                answered::<GotoDefinition>(request, |asked| Ok(places::definition(known, &asked)))
            }
            References::METHOD => answered::<References>(request, |asked| Ok(places::references(known, &asked))),
            PrepareRenameRequest::METHOD => {
                answered::<PrepareRenameRequest>(request, |asked| places::may_rename(known, &asked))
            }
            Rename::METHOD => answered::<Rename>(request, |asked| places::rename(known, &asked)),
            DocumentSymbolRequest::METHOD => {
                answered::<DocumentSymbolRequest>(request, |asked| Ok(whole::symbols(known, &asked)))
            }
            Formatting::METHOD => answered::<Formatting>(request, |asked| Ok(whole::format(known, &asked))),
            CodeActionRequest::METHOD => {
                // What was typed just now is not checked yet.
                self.publish();
                answered::<CodeActionRequest>(request, |asked| Ok(faults::actions(known, &asked)))
            }
            SemanticTokensFullRequest::METHOD => {
                answered::<SemanticTokensFullRequest>(request, |asked| Ok(whole::semantic_tokens(known, &asked)))
            }
            CodeLensRequest::METHOD => answered::<CodeLensRequest>(request, |asked| Ok(whole::lenses(known, &asked))),
            ExecuteCommand::METHOD => {
                answered::<ExecuteCommand>(request, |asked| run::execute(known, &self.connection, &asked))
            }
            other => {
                let message = format!("{other} is not answered");
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }
}

fn read<N: Told>(told: Notification) -> Option<N::Params> {
    serde_json::from_value(told.params).ok()
}

/// The answer to a request of this kind, or why there is none.
fn answered<R: Asked>(request: Request, answer: impl FnOnce(R::Params) -> Result<R::Result, String>) -> Response {
    let (id, wrong) = (request.id, |message| (ErrorCode::InvalidParams as i32, message));
    let params = serde_json::from_value(request.params).map_err(|error| wrong(error.to_string()));
    match params.and_then(|params| answer(params).map_err(wrong)) {
        Ok(result) => Response::new_ok(id, result),
        Err((code, message)) => Response::new_err(id, code, message),
    }
}

fn root(params: &serde_json::Value) -> Option<PathBuf> {
    let folder = params.pointer("/workspaceFolders/0/uri").or_else(|| params.pointer("/rootUri"))?;
    path_of(&folder.as_str()?.parse().ok()?)
}

fn capabilities() -> lsp::ServerCapabilities {
    let letters = |signs: &[&str]| Some(signs.iter().map(|sign| (*sign).to_owned()).collect());
    let none = lsp::WorkDoneProgressOptions::default();
    lsp::ServerCapabilities {
        position_encoding: Some(lsp::PositionEncodingKind::UTF16),
        text_document_sync: Some(lsp::TextDocumentSyncKind::FULL.into()),
        hover_provider: Some(true.into()),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: letters(&["+", "=", ",", "\"", "{", ".", "/", ";", "&"]),
            resolve_provider: Some(true),
            ..lsp::CompletionOptions::default()
        }),
        signature_help_provider: Some(lsp::SignatureHelpOptions {
            trigger_characters: letters(&["=", ",", "("]),
            ..lsp::SignatureHelpOptions::default()
        }),
        definition_provider: Some(lsp::OneOf::Left(true)),
        references_provider: Some(lsp::OneOf::Left(true)),
        rename_provider: Some(lsp::OneOf::Right(lsp::RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: none,
        })),
        document_symbol_provider: Some(lsp::OneOf::Left(true)),
        document_formatting_provider: Some(lsp::OneOf::Left(true)),
        code_action_provider: Some(true.into()),
        code_lens_provider: Some(lsp::CodeLensOptions { resolve_provider: None }),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: vec![run::RUN_COMMAND.to_owned(), run::STOP_COMMAND.to_owned()],
            work_done_progress_options: none,
        }),
        semantic_tokens_provider: Some(
            lsp::SemanticTokensOptions {
                legend: whole::legend(),
                full: Some(lsp::SemanticTokensFullOptions::Bool(true)),
                ..lsp::SemanticTokensOptions::default()
            }
            .into(),
        ),
        ..lsp::ServerCapabilities::default()
    }
}

// ── What the editor has open

struct Workspace {
    /// The scripts that are open, by the name of their source.
    open: BTreeMap<String, Document>,
    /// The folder that is open in the editor.
    root: Option<PathBuf>,
    runs: run::Runs,
}

impl Workspace {
    /// What is wrong with the others may have changed too, where they run it.
    fn put(&mut self, document: Document) {
        // What it was before is not looked at again.
        self.open.remove(&document.source.name);
        self.doubt_others();
        self.open.insert(document.source.name.clone(), document);
    }

    /// From here on the script is what its file holds.
    fn close(&mut self, uri: &Uri) -> Option<Document> {
        self.doubt_others();
        self.open.remove(&name_of(uri))
    }

    fn doubt_others(&mut self) {
        for other in self.open.values_mut().filter(|other| !other.mentions().runs.is_empty()) {
            other.found.take();
        }
    }

    fn document(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(&name_of(uri))
    }

    /// The document and the place in it that a request is about.
    fn place(&self, at: &lsp::TextDocumentPositionParams) -> Option<(&Document, usize)> {
        let document = self.document(&at.text_document.uri)?;
        Some((document, document.offset(at.position)))
    }

    fn scripts(&self) -> OpenScripts<'_> {
        OpenScripts { library: Library::new(false), open: &self.open }
    }
}

/// As [`Library`], with the text of what is open, saved or not.
struct OpenScripts<'a> {
    library: Library,
    open: &'a BTreeMap<String, Document>,
}

impl Scripts for OpenScripts<'_> {
    fn find(&self, name: &str, from: &Source) -> Result<Arc<Source>, NotFound> {
        let found = self.library.find(name, from)?;
        Ok(self.open.get(&found.name).map_or(found, |document| Arc::clone(&document.source)))
    }
}

/// A script that is open in an editor. What is known of it is found out when it is first asked for.
struct Document {
    uri: Uri,
    version: i32,
    source: Arc<Source>,
    found: OnceCell<Vec<Diagnostic>>,
    tree: OnceCell<Script>,
    mentions: OnceCell<Mentions>,
    tokens: OnceCell<Vec<Token>>,
}

impl Document {
    fn new(uri: Uri, version: i32, text: String) -> Document {
        let source = Source::new(name_of(&uri), text);
        Document { version, ..Document::of(uri, source) }
    }

    /// One that no editor has open.
    fn of(uri: Uri, source: Arc<Source>) -> Document {
        Document {
            uri,
            version: 0,
            source,
            found: OnceCell::new(),
            tree: OnceCell::new(),
            mentions: OnceCell::new(),
            tokens: OnceCell::new(),
        }
    }

    /// What of it parses.
    fn tree(&self) -> &Script {
        self.tree.get_or_init(|| syntax::parse(&self.source).0)
    }

    fn mentions(&self) -> &Mentions {
        self.mentions.get_or_init(|| Mentions::of(self.tree()))
    }

    fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| syntax::tokens(&self.source.text))
    }

    /// The token at a place, or the one that ends there.
    fn token_at(&self, offset: usize) -> Option<Token> {
        let touches = |token: &&Token| token.span.start as usize <= offset && offset <= token.span.end as usize;
        let mut touching = self.tokens().iter().filter(touches);
        let first = touching.next();
        touching.next().or(first).copied()
    }

    fn offset(&self, position: lsp::Position) -> usize {
        offset(&self.source, position)
    }

    fn range(&self, span: Span) -> lsp::Range {
        range(&self.source, span)
    }

    /// The line up to this place.
    fn line_before(&self, offset: usize) -> &str {
        let start = self.source.line_start(self.source.line_of(offset));
        self.source.text.get(start..offset).unwrap_or_default()
    }
}

/// A place behind the end of a line is its end.
fn offset(source: &Source, position: lsp::Position) -> usize {
    let start = source.line_start(position.line as usize + 1);
    let line = source.text.get(start..).unwrap_or_default();
    let line = line.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let mut units = 0;
    let before = line.chars().take_while(|character| {
        units += character.len_utf16();
        units <= position.character as usize
    });
    start + before.map(char::len_utf8).sum::<usize>()
}

fn range(source: &Source, span: Span) -> lsp::Range {
    let position = |offset: u32| {
        let line = source.line_of(offset as usize);
        let before = source.slice(Span { end: offset, ..Span::new(source.line_start(line), 0) });
        let units: usize = before.chars().map(char::len_utf16).sum();
        lsp::Position::new(unit(line.saturating_sub(1)), unit(units))
    };
    lsp::Range::new(position(span.start), position(span.end))
}

fn unit(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A source's name: the path of a file, else the whole URI.
fn name_of(uri: &Uri) -> String {
    path_of(uri).map_or_else(|| uri.as_str().to_owned(), |path| path.display().to_string())
}

/// The file of a URI (RFC 8089).
fn path_of(uri: &Uri) -> Option<PathBuf> {
    let path = uri.as_str().strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    let path = percent_decoded(path)?;
    // `/c:/scripts` on Windows
    let is_drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if is_drive { path.trim_start_matches('/') } else { &path }))
}

fn uri_of(path: &Path) -> Option<Uri> {
    let path = sarif::uri(&path.display().to_string());
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{path}").parse().ok()
}
