// The extension beside an editor that is made up: what it registers, which server it starts, what it runs in a terminal.
const assert = require("node:assert");
const Module = require("node:module");
const test = require("node:test");

function loaded() {
  const seen = { commands: {}, terminals: [], errors: [], started: 0 };
  const settings = { path: "/bin/hayes", simulatedModem: "sim:bg96" };
  const document = { languageId: "hayes", fileName: "/x.hayes", save: async () => true };
  const vscode = {
    workspace: { getConfiguration: () => ({ get: (name) => settings[name] }) },
    window: {
      activeTextEditor: { document },
      createOutputChannel: () => ({}),
      createTerminal: (given) => (seen.terminals.push(given), { show() {} }),
      showErrorMessage: (message) => seen.errors.push(message),
      showWarningMessage: (message) => seen.errors.push(message),
    },
    commands: { registerCommand: (name, run) => (seen.commands[name] = run) },
  };
  class LanguageClient {
    constructor(...given) {
      [seen.id, , seen.server, seen.client] = given;
    }
    async start() {
      seen.started += 1;
    }
  }
  const load = Module._load;
  Module._load = (name, ...rest) =>
    name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...rest);
  try {
    delete require.cache[require.resolve("../src/extension.js")];
    return { seen, vscode, extension: require("../src/extension.js") };
  } finally {
    Module._load = load;
  }
}

test("every command of the manifest is there, and the server is started", async () => {
  const { seen, extension } = loaded();
  await extension.activate({ subscriptions: [] });
  const listed = require("../package.json").contributes.commands.map((entry) => entry.command);
  assert.deepStrictEqual(Object.keys(seen.commands).sort(), listed.sort());
  assert.deepStrictEqual(seen.server, { command: "/bin/hayes", args: ["lsp"] });
  assert.strictEqual(seen.started, 1);
});

test("what the server's code lens runs is shown in a terminal", async () => {
  const { seen, extension } = loaded();
  await extension.activate({ subscriptions: [] });
  await seen.client.middleware.executeCommand("hayes.runSimulated", ["file:///x.hayes"], assert.fail);
  assert.deepStrictEqual(seen.terminals[0].shellArgs, ["run", "/x.hayes", "-p", "sim:bg96"]);
  assert.strictEqual(await seen.client.middleware.executeCommand("other", [], () => "next"), "next");
});

test("without a script nothing is run", async () => {
  const { seen, vscode, extension } = loaded();
  vscode.window.activeTextEditor = undefined;
  await extension.activate({ subscriptions: [] });
  await seen.commands["hayes.runOnSimulator"]();
  assert.strictEqual(seen.terminals.length, 0);
  assert.strictEqual(seen.errors.length, 1);
});
