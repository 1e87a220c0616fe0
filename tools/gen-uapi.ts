/**
 * Writes src/sys/uapi.gen.ts from the running kernel's BTF. `--check` compares instead: a kernel may have
 * more or less than the file, but what both have must be equal.
 *
 *     node dist/tools/gen-uapi.js [--check]
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openKernelBtf } from "../src/btf/index.ts";
import { differences, renderUapi } from "./uapi-render.ts";

const OUTPUT = fileURLToPath(new URL("../../src/sys/uapi.gen.ts", import.meta.url));

const btf = openKernelBtf();
if (process.argv.includes("--check")) {
  const wrong = differences(btf, await import("../src/sys/uapi.gen.ts"));
  for (const line of wrong) process.stderr.write(`src/sys/uapi.gen.ts: ${line}\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} else {
  writeFileSync(OUTPUT, renderUapi(btf));
}
