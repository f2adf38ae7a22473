import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { html } from "./graph/html";
import type { Graph, ToExtension, ToPanel } from "./graph/model";
import { innermost } from "./select";

const PAUSE_MS = 120;

/** The graph of one file, drawn beside its text and again after each change. */
export class GraphPanel {
  private static readonly open = new Map<string, GraphPanel>();
  private readonly listeners: vscode.Disposable[] = [];
  private graph: Graph | undefined;
  private mission: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;

  static show(context: vscode.ExtensionContext, client: () => LanguageClient | undefined, document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const shown = GraphPanel.open.get(key);
    if (shown) return shown.panel.reveal();
    const media = [vscode.Uri.joinPath(context.extensionUri, "dist"), vscode.Uri.joinPath(context.extensionUri, "media")];
    const panel = vscode.window.createWebviewPanel(
      "rustchain.graph",
      `Graph: ${vscode.workspace.asRelativePath(document.uri)}`,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: media, retainContextWhenHidden: false },
    );
    GraphPanel.open.set(key, new GraphPanel(context, client, document.uri, panel));
  }

  private constructor(
    context: vscode.ExtensionContext,
    private readonly client: () => LanguageClient | undefined,
    private readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
  ) {
    const at = (...path: string[]) => panel.webview.asWebviewUri(vscode.Uri.joinPath(context.extensionUri, ...path)).toString();
    panel.webview.html = html({
      script: at("dist", "graph.js"),
      style: at("media", "graph.css"),
      source: panel.webview.cspSource,
      nonce: randomBytes(16).toString("hex"),
    });
    this.listeners.push(
      panel.webview.onDidReceiveMessage((message: ToExtension) => this.receive(message)),
      vscode.workspace.onDidChangeTextDocument((event) => { if (this.mine(event.document)) this.soon(); }),
      vscode.window.onDidChangeTextEditorSelection((event) => { if (this.mine(event.textEditor.document)) this.select(event.textEditor); }),
    );
    panel.onDidDispose(() => {
      clearTimeout(this.timer);
      vscode.Disposable.from(...this.listeners).dispose();
      GraphPanel.open.delete(uri.toString());
    });
  }

  private mine(document: vscode.TextDocument): boolean {
    return document.uri.toString() === this.uri.toString();
  }

  private post(message: ToPanel): void {
    void this.panel.webview.postMessage(message);
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), PAUSE_MS);
  }

  private async refresh(): Promise<void> {
    const ask = ++this.asked;
    const client = this.client();
    if (!client) return this.post({ kind: "problem", text: "The language server does not run." });
    try {
      const graph = await client.sendRequest<Graph | null>("rustchain/graph", {
        textDocument: { uri: this.uri.toString() },
        ...(this.mission === undefined ? {} : { mission: this.mission }),
      });
      if (ask !== this.asked) return;
      if (!graph) return this.post({ kind: "problem", text: "No mission that compiles. The last drawing stays." });
      this.graph = graph;
      this.mission = graph.mission;
      this.post({ kind: "graph", graph });
    } catch (error) {
      if (ask === this.asked) this.post({ kind: "problem", text: error instanceof Error ? error.message : String(error) });
    }
  }

  private select(editor: vscode.TextEditor): void {
    if (this.graph) this.post({ kind: "select", id: innermost(this.graph.nodes, editor.selection.active) });
  }

  private async receive(message: ToExtension): Promise<void> {
    switch (message.kind) {
      case "ready": return this.refresh();
      case "mission":
        this.mission = message.name;
        return this.refresh();
      case "open": {
        const { start, end } = message.range;
        const range = new vscode.Range(start.line, start.character, end.line, end.character);
        const shown = vscode.window.visibleTextEditors.find((editor) => this.mine(editor.document));
        const column = shown?.viewColumn ?? vscode.ViewColumn.One;
        const editor = await vscode.window.showTextDocument(this.uri, { viewColumn: column });
        editor.selection = new vscode.Selection(range.start, range.start);
        editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      }
    }
  }
}
