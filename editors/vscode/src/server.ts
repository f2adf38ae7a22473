import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";
import { program } from "./settings";

/** Starts the language server; what it says goes to the output channel. */
export async function start(channel: vscode.OutputChannel): Promise<LanguageClient> {
  const settings = vscode.workspace.getConfiguration("rustchain");
  const server: ServerOptions = { command: program(settings), args: ["lsp"] };
  const selector: LanguageClientOptions["documentSelector"] = [{ language: "mission" }];
  if (settings.get<boolean>("yaml.enable", true)) {
    for (const pattern of ["**/*.mission.{yaml,yml}", "**/missions/**/*.{yaml,yml}"]) {
      selector.push({ language: "yaml", scheme: "file", pattern });
    }
  }
  const client = new LanguageClient("rustchain", "RustChain", server, {
    documentSelector: selector,
    outputChannel: channel,
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.mission,rustchain.toml,*.policy}") },
  });
  await client.start();
  return client;
}
