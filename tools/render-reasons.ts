/**
 * Renders docs/reasons.md from the tables in src/reasons/.
 *
 *     node dist/tools/render-reasons.js           writes it
 *     node dist/tools/render-reasons.js --check   exits with 1 if it is stale
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reasonsPage } from "./docs/reasons-page.ts";

/** dist/tools/ is two levels below the root. */
const path = fileURLToPath(new URL("../../docs/reasons.md", import.meta.url));
const page = reasonsPage();

if (!existsSync(path) || readFileSync(path, "utf8") !== page) {
  if (process.argv.includes("--check")) {
    process.stderr.write("docs/reasons.md is stale: run node dist/tools/render-reasons.js\n");
    process.exitCode = 1;
  } else {
    writeFileSync(path, page);
  }
}
