import * as vscode from "vscode";
import { arguments_of, type TaskKind } from "./commandline";
import { program } from "./settings";

interface Definition extends vscode.TaskDefinition {
  command: TaskKind;
  file: string;
  args?: string[];
}

const KINDS: TaskKind[] = ["check", "run", "dry-run", "test"];

/** A task that runs `rustchain` on a file. Arguments are passed as a vector: no shell reads them. */
export function task(command: TaskKind, file: string, scope: vscode.WorkspaceFolder | vscode.TaskScope, args: string[] = []): vscode.Task {
  const definition: Definition = args.length > 0
    ? { type: "rustchain", command, file, args }
    : { type: "rustchain", command, file };
  const run = new vscode.ProcessExecution(program(vscode.workspace.getConfiguration("rustchain")), arguments_of(command, file, args));
  const made = new vscode.Task(definition, scope, `${command} ${file}`, "rustchain", run, ["$rustchain"]);
  if (command === "test") made.group = vscode.TaskGroup.Test;
  return made;
}

/** Offers `check` for the workspace and completes tasks that `tasks.json` names. */
export class Tasks implements vscode.TaskProvider {
  async provideTasks(): Promise<vscode.Task[]> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return folders.map((folder) => task("check", ".", folder));
  }

  resolveTask(asked: vscode.Task): vscode.Task | undefined {
    const { command, file, args } = asked.definition as Partial<Definition>;
    if (!command || !KINDS.includes(command) || typeof file !== "string") return undefined;
    const made = task(command, file, asked.scope ?? vscode.TaskScope.Workspace, args ?? []);
    made.definition = asked.definition;
    return made;
  }
}
