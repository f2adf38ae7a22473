import { spawn } from "node:child_process";
import * as vscode from "vscode";
import { readReport, testBlocks, type TestResult } from "./report";
import { program } from "./settings";

const FILES = "**/*.mission";

/** The test explorer: one item a file, one below it for each `test` block. */
export function testExplorer(channel: vscode.OutputChannel): vscode.Disposable {
  const controller = vscode.tests.createTestController("rustchain", "RustChain missions");
  const watcher = vscode.workspace.createFileSystemWatcher(FILES);

  const read = async (uri: vscode.Uri): Promise<void> => {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    const text = open ? open.getText() : new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    list(controller, uri, text);
  };
  const tried = (uri: vscode.Uri) => read(uri).catch((error: unknown) => channel.appendLine(`${uri.fsPath}: ${String(error)}`));

  controller.resolveHandler = async (item) => {
    if (item) return;
    const uris = await vscode.workspace.findFiles(FILES, "**/{node_modules,target,.git}/**", 2000);
    await Promise.all(uris.map(tried));
  };
  controller.createRunProfile("Run", vscode.TestRunProfileKind.Run, (request, cancelled) => run(controller, request, cancelled), true);
  return vscode.Disposable.from(
    controller,
    watcher,
    watcher.onDidCreate(tried),
    watcher.onDidChange(tried),
    watcher.onDidDelete((uri) => controller.items.delete(uri.toString())),
    vscode.workspace.onDidOpenTextDocument((document) => { if (document.languageId === "mission") void tried(document.uri); }),
  );
}

function list(controller: vscode.TestController, uri: vscode.Uri, text: string): void {
  const blocks = testBlocks(text);
  if (blocks.length === 0) return controller.items.delete(uri.toString());
  const file = controller.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
  for (const block of blocks) {
    const item = controller.createTestItem(`${uri.toString()}#${block.title}`, block.title, uri);
    item.range = new vscode.Range(block.line, 0, block.line, 0);
    file.children.add(item);
  }
  controller.items.add(file);
}

async function run(controller: vscode.TestController, request: vscode.TestRunRequest, cancelled: vscode.CancellationToken): Promise<void> {
  const session = controller.createTestRun(request);
  const chosen = request.include ?? [...controller.items].map(([, item]) => item);
  const excluded = new Set(request.exclude?.map((item) => item.id));
  const byFile = new Map<string, vscode.TestItem[]>();
  for (const item of chosen) {
    const leaves = item.children.size > 0 ? [...item.children].map(([, child]) => child) : [item];
    for (const leaf of leaves.filter((leaf) => !excluded.has(leaf.id) && !excluded.has(item.id))) {
      const path = leaf.uri?.fsPath ?? "";
      byFile.set(path, [...(byFile.get(path) ?? []), leaf]);
      session.enqueued(leaf);
    }
  }
  for (const [path, items] of byFile) {
    if (cancelled.isCancellationRequested) break;
    items.forEach((item) => session.started(item));
    try {
      const results = await test(path, items.length === 1 ? items[0]?.label : undefined, session, cancelled);
      items.forEach((item) => report(session, item, results));
    } catch (error) {
      items.forEach((item) => session.errored(item, new vscode.TestMessage(error instanceof Error ? error.message : String(error))));
    }
  }
  session.end();
}

function report(session: vscode.TestRun, item: vscode.TestItem, results: TestResult[]): void {
  const result = results.find((result) => result.title === item.label);
  if (!result) return session.errored(item, new vscode.TestMessage("the file does not compile, or has no such test"));
  if (result.passed) return session.passed(item);
  const message = new vscode.TestMessage(result.failures.join("\n") || "failed");
  if (item.uri) message.location = new vscode.Location(item.uri, new vscode.Position(Math.max(result.line - 1, 0), 0));
  session.failed(item, message);
}

function test(path: string, title: string | undefined, session: vscode.TestRun, cancelled: vscode.CancellationToken): Promise<TestResult[]> {
  const command = program(vscode.workspace.getConfiguration("rustchain"));
  const args = ["test", "--format", "json", ...(title === undefined ? [] : [`--filter=${title}`]), "--", path];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const stop = cancelled.onCancellationRequested(() => child.kill());
    let out = "";
    let problems = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      problems += text;
      session.appendOutput(text.replace(/\r?\n/g, "\r\n"));
    });
    child.on("error", (error) => { stop.dispose(); reject(new Error(`cannot start \`${command}\`: ${error.message}`)); });
    child.on("close", () => {
      stop.dispose();
      try {
        resolve(readReport(out));
      } catch (error) {
        reject(problems.trim() ? new Error(problems.trim()) : error);
      }
    });
  });
}
