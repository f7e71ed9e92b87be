//! "Run on the simulated modem": the script in a process of its own, and the editor is told what came of it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lsp_server::{Connection, Message, Notification};
use lsp_types as lsp;
use lsp_types::notification::{LogMessage, Notification as Told, ShowMessage};

use super::{Workspace, path_of};

/// The commands that the server offers.
pub(super) const RUN_COMMAND: &str = "hayes.runSimulated";
pub(crate) const STOP_COMMAND: &str = "hayes.stopRun";

type Running = Arc<Mutex<Child>>;

/// The scripts that run, each once. None outlives the server.
#[derive(Default)]
pub(crate) struct Runs(Mutex<BTreeMap<PathBuf, Running>>);

impl Runs {
    /// Ends the run of this script, where one goes on; its thread tells of the end.
    fn stop(&self, path: &PathBuf) -> bool {
        locked(&self.0).remove(path).is_some_and(|run| is_running(&run) && locked(&run).kill().is_ok())
    }

    pub(crate) fn goes_on(&self, uri: &lsp::Uri) -> bool {
        path_of(uri).is_some_and(|path| locked(&self.0).get(&path).is_some_and(is_running))
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        locked(&self.0).values().for_each(|run| _ = locked(run).kill());
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_running(run: &Running) -> bool {
    locked(run).try_wait().is_ok_and(|status| status.is_none())
}

/// Begins the run; what came of it is told when it has ended.
pub(super) fn execute(
    workspace: &Workspace,
    connection: &Connection,
    asked: &lsp::ExecuteCommandParams,
) -> Result<Option<serde_json::Value>, String> {
    let uri = asked.arguments.first().and_then(|uri| uri.as_str()).and_then(|uri| uri.parse::<lsp::Uri>().ok());
    let (true, Some(uri)) = ([RUN_COMMAND, STOP_COMMAND].contains(&&*asked.command), uri) else {
        return Err(format!("`{}` is no command with a script", asked.command));
    };
    let path = path_of(&uri).ok_or("save the script first: only a file can be run")?;
    if asked.command == STOP_COMMAND {
        return if workspace.runs.stop(&path) { Ok(None) } else { Err("this script does not run".to_owned()) };
    }
    let on_disk = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if workspace.document(&uri).is_some_and(|document| document.source.text != on_disk) {
        return Err("save the script first: what is in the file is run".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    // HAYES_PORT and a setting may name a real modem.
    command.args(["run", "--port", crate::connect::SIMULATED, "--color", "never"]).arg(&path).stdin(Stdio::null());
    let could_not = |error: std::io::Error| format!("the script could not be run: {error}");
    let (mut output, both) = std::io::pipe().map_err(could_not)?;
    let child = command.stderr(both.try_clone().map_err(could_not)?).stdout(both).spawn().map_err(could_not)?;
    // With its own ends of the pipe open the output would never end.
    drop(command);
    let run = Arc::new(Mutex::new(child));
    workspace.runs.stop(&path);
    locked(&workspace.runs.0).insert(path, Arc::clone(&run));
    let sender = connection.sender.clone();
    let tell = move || {
        let mut printed = Vec::new();
        let _ = output.read_to_end(&mut printed);
        let text = String::from_utf8_lossy(&printed).into_owned();
        let (kind, gist) = match locked(&run).wait() {
            Ok(status) if status.success() => (lsp::MessageType::INFO, gist(&text)),
            // A signal has ended it: ours.
            Ok(status) if status.code().is_none() => (lsp::MessageType::INFO, "the run was stopped".to_owned()),
            Ok(_) => (lsp::MessageType::ERROR, gist(&text)),
            Err(error) => (lsp::MessageType::ERROR, could_not(error)),
        };
        // An editor that has gone hears nothing.
        let log = lsp::LogMessageParams { typ: kind, message: text };
        let _ = sender.send(message::<LogMessage>(log));
        let _ = sender.send(message::<ShowMessage>(lsp::ShowMessageParams { typ: kind, message: gist }));
    };
    std::thread::Builder::new().name("run".to_owned()).spawn(tell).map_err(could_not)?;
    Ok(None)
}

/// What came of a run, in a line: the first mistake, else how it passed and what it reports.
fn gist(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut mistake = lines.iter().skip_while(|line| !line.starts_with('×')).peekable();
    if mistake.peek().is_some() {
        let of_it = mistake.map_while(|line| line.strip_prefix(['×', '│']).map(str::trim));
        return of_it.collect::<Vec<_>>().join(" ");
    }
    let end = lines.iter().rposition(|line| line.contains(" passed in ")).unwrap_or(lines.len().saturating_sub(1));
    lines.get(end..).unwrap_or_default().join(" · ")
}

fn message<N: Told>(params: N::Params) -> Message {
    Notification::new(N::METHOD.to_owned(), params).into()
}
