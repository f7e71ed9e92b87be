//! "Run on the simulated modem": the script in a process of its own, and the editor is told what came of it.

use std::process::{Command, Output, Stdio};

use lsp_server::{Connection, Message, Notification};
use lsp_types as lsp;
use lsp_types::notification::{LogMessage, Notification as Told, ShowMessage};

use super::{Workspace, path_of};

/// The command that the server offers.
pub(super) const RUN_COMMAND: &str = "hayes.runSimulated";

/// Begins the run; what came of it is told when it has ended.
pub(super) fn execute(
    workspace: &Workspace,
    connection: &Connection,
    asked: &lsp::ExecuteCommandParams,
) -> Result<Option<serde_json::Value>, String> {
    let uri = asked.arguments.first().and_then(|uri| uri.as_str()).and_then(|uri| uri.parse::<lsp::Uri>().ok());
    let (true, Some(uri)) = (asked.command == RUN_COMMAND, uri) else {
        return Err(format!("`{}` is no command with a script", asked.command));
    };
    let path = path_of(&uri).ok_or("save the script first: only a file can be run")?;
    let on_disk = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if workspace.document(&uri).is_some_and(|document| document.source.text != on_disk) {
        return Err("save the script first: what is in the file is run".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    // HAYES_PORT may name a real modem.
    command.args(["run", "--port", "sim:generic", "--color", "never"]).arg(&path).stdin(Stdio::null());
    let sender = connection.sender.clone();
    let run = move || {
        let (kind, text) = told(command.output());
        let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
        // An editor that has gone hears nothing.
        let log = lsp::LogMessageParams { typ: kind, message: text };
        let _ = sender.send(message::<LogMessage>(log));
        let _ = sender.send(message::<ShowMessage>(lsp::ShowMessageParams { typ: kind, message: last }));
    };
    std::thread::Builder::new().name("run".to_owned()).spawn(run).map_err(|error| error.to_string())?;
    Ok(None)
}

fn told(output: std::io::Result<Output>) -> (lsp::MessageType, String) {
    match output {
        Ok(output) => {
            let kind = if output.status.success() { lsp::MessageType::INFO } else { lsp::MessageType::ERROR };
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (kind, text(&output.stderr) + &text(&output.stdout))
        }
        Err(error) => (lsp::MessageType::ERROR, format!("the script could not be run: {error}")),
    }
}

fn message<N: Told>(params: N::Params) -> Message {
    Notification::new(N::METHOD.to_owned(), params).into()
}
