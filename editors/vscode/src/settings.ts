/** What reads a setting: `vscode.workspace.getConfiguration("rustchain")`. */
export interface Settings {
  get<T>(section: string, fallback: T): T;
}

/** The `rustchain` program to start. An empty setting means the one on the PATH. */
export function program(settings: Settings): string {
  return settings.get<string>("server.path", "rustchain").trim() || "rustchain";
}
