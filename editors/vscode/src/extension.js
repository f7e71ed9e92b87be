// Runs scripts in a terminal and explains lines; what it knows of the language is asked of the hayes program.
const vscode = require("vscode");
const { execFile } = require("node:child_process");

const setting = (name) => vscode.workspace.getConfiguration("hayes").get(name);

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

function activate(context) {
  const output = vscode.window.createOutputChannel("Hayes");
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("hayes.runOnSimulator", () => run(setting("simulatedModem"))),
    vscode.commands.registerCommand("hayes.runOnPort", runOnPort),
    vscode.commands.registerCommand("hayes.explain", () => explain(output)),
  );
}

module.exports = { activate, deactivate() {} };
