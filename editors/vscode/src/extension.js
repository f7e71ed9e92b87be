// Starts the language server, runs scripts in a terminal and explains lines; what it knows of the language is asked of the
// hayes program.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { execFile } = require("node:child_process");

const setting = (name) => vscode.workspace.getConfiguration("hayes").get(name);

let client;

/** The server tells what is wrong, completes and explains; what its code lens runs is shown in a terminal here. */
async function startServer() {
  const server = { command: setting("path"), args: ["lsp"] };
  client = new LanguageClient("hayes", "Hayes", server, {
    documentSelector: [{ language: "hayes" }],
    middleware: {
      executeCommand: (command, given, next) =>
        command === "hayes.runSimulated" ? run(setting("simulatedModem")) : next(command, given),
    },
  });
  try {
    await client.start();
  } catch (error) {
    vscode.window.showWarningMessage(`The hayes program could not be started (setting hayes.path): ${error.message}`);
  }
}

/** Runs the open script in a terminal: what it prints is shown there as it goes. */
async function run(port) {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.languageId !== "hayes") {
    return vscode.window.showErrorMessage("Open a Hayes script first.");
  }
  await editor.document.save();
  const terminal = vscode.window.createTerminal({
    name: "Hayes",
    shellPath: setting("path"),
    shellArgs: ["run", editor.document.fileName, "-p", port],
  });
  terminal.show();
}

async function runOnPort() {
  const ports = await new Promise((done) => {
    execFile(setting("path"), ["ports"], (error, printed) => done(error ? [] : printed.split("\n").filter(Boolean)));
  });
  const chosen = await vscode.window.showQuickPick([...ports, "another…"], { placeHolder: "The modem's port" });
  const port = chosen === "another…" ? await vscode.window.showInputBox({ prompt: "The modem's port" }) : chosen;
  if (port) {
    await run(port.trim().split(/\s/)[0]);
  }
}

function explain(output) {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return;
  }
  const { document, selection } = editor;
  const text = selection.isEmpty ? document.lineAt(selection.active.line).text.trim() : document.getText(selection);
  execFile(setting("path"), ["explain", "--", text], { env: { ...process.env, NO_COLOR: "1" } }, (error, out, err) => {
    output.clear();
    output.append(out || err || String(error));
    output.show(true);
  });
}

async function activate(context) {
  const output = vscode.window.createOutputChannel("Hayes");
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("hayes.runOnSimulator", () => run(setting("simulatedModem"))),
    vscode.commands.registerCommand("hayes.runOnPort", runOnPort),
    vscode.commands.registerCommand("hayes.explain", () => explain(output)),
  );
  await startServer();
}

module.exports = { activate, deactivate: () => client?.stop() };
