// Bundles the extension (Node, for the editor) and the graph page (for the panel's webview).
import { copyFile } from "node:fs/promises";
import { build } from "esbuild";

const production = process.argv.includes("--production");
const shared = { bundle: true, minify: production, sourcemap: !production, target: "es2022", logLevel: "warning" };

await Promise.all([
  build({ ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node", format: "cjs", external: ["vscode"] }),
  build({ ...shared, entryPoints: ["src/graph/page.ts"], outfile: "dist/graph.js", platform: "browser", format: "iife" }),
]);
if (production) {
  for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) await copyFile(`../../${name}`, name);
}
