/** What a task does with a file. */
export type TaskKind = "check" | "run" | "dry-run" | "test";

/** The arguments after `rustchain`. */
export function arguments_of(command: TaskKind, file: string, args: string[] = []): string[] {
  const path = file.startsWith("-") ? `./${file}` : file;
  switch (command) {
    case "check": return ["check", "--format", "short", ...args, path];
    case "run": return ["run", ...args, path];
    case "dry-run": return ["run", "--dry-run", ...args, path];
    case "test": return ["test", ...args, path];
  }
}
