import * as vscode from "vscode";
import type { LanguageClient, Location, Position } from "vscode-languageclient/node";
import type { TaskKind } from "./commandline";
import { GraphPanel } from "./panel";
import { start } from "./server";
import { task, Tasks } from "./tasks";
import { testExplorer } from "./tests";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const channel = vscode.window.createOutputChannel("RustChain");
  const command = (name: string, run: (...args: unknown[]) => unknown) => vscode.commands.registerCommand(`rustchain.${name}`, run);
  context.subscriptions.push(
    channel,
    vscode.tasks.registerTaskProvider("rustchain", new Tasks()),
    testExplorer(channel),
    command("run", (uri, name) => execute("run", uri, name)),
    command("dryRun", (uri, name) => execute("dry-run", uri, name)),
    command("test", (uri, name) => execute("test", uri, name)),
    command("showGraph", () => {
      const document = vscode.window.activeTextEditor?.document;
      if (document) GraphPanel.show(context, () => client, document);
    }),
    command("showReferences", showReferences),
    command("restart", () => restart(channel)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("rustchain.server") || event.affectsConfiguration("rustchain.yaml")) void restart(channel);
    }),
  );
  await restart(channel);
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function restart(channel: vscode.OutputChannel): Promise<void> {
  const old = client;
  client = undefined;
  await old?.stop().catch((error: unknown) => channel.appendLine(`stopping: ${String(error)}`));
  try {
    client = await start(channel);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const open = "Open Settings";
    const choice = await vscode.window.showErrorMessage(`The RustChain language server did not start: ${text}`, open);
    if (choice === open) await vscode.commands.executeCommand("workbench.action.openSettings", "rustchain.server.path");
  }
}

/** The places behind a lens such as `2 uses`, in the editor's own list. */
async function showReferences(uri: unknown, position: unknown, places: unknown): Promise<void> {
  if (!client || typeof uri !== "string" || !Array.isArray(places)) return;
  const convert = client.protocol2CodeConverter;
  await vscode.commands.executeCommand(
    "editor.action.showReferences",
    convert.asUri(uri),
    convert.asPosition(position as Position),
    places.map((place: Location) => convert.asLocation(place)),
  );
}

/** Runs a task on the given file, or on the one in the active editor: one of its missions, or one of its tests. */
async function execute(kind: TaskKind, uri: unknown, name: unknown): Promise<void> {
  if (!vscode.workspace.isTrusted) return;
  const target = typeof uri === "string" ? vscode.Uri.parse(uri) : uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri;
  if (!target) return;
  const document = vscode.workspace.textDocuments.find((document) => document.uri.toString() === target.toString());
  if (document?.isDirty && !(await document.save())) return;
  const folder = vscode.workspace.getWorkspaceFolder(target);
  const file = folder ? vscode.workspace.asRelativePath(target, false) : target.fsPath;
  const args = kind === "test" && typeof name === "string" ? [`--filter=${name}`] : [];
  const mission = kind !== "test" && typeof name === "string" ? `#${name}` : "";
  await vscode.tasks.executeTask(task(kind, file + mission, folder ?? vscode.TaskScope.Workspace, args));
}
