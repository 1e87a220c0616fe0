/**
 * The examples of docs/filters.md, each run as written: a trace that ends by itself, or an explanation.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { MAIN } from "../cli/command-line.ts";
import { patient } from "../patience.ts";

/** dist/test/kernel/ is three levels below the root. */
const page = readFileSync(new URL("../../../docs/filters.md", import.meta.url), "utf8");
const examples = (page.split("\n## Examples\n")[1] ?? "")
  .split("\n")
  .flatMap((line) => (line.startsWith("    tcpdrop ") ? [line.trim()] : []));

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-examples-"));
writeFileSync(
  join(folder, "networks.txt"),
  "net 10.0.0.0/8\nor net 192.0.2.0/24 # tests\nor net 2001:db8::/32\n",
);
const hosts = new Hosts(libcSyscalls);
after(() => {
  hosts[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

test("there are more than twenty examples", () => assert(examples.length > 20, `${examples.length}`));

const givesReasons = kfreeSkbArguments(new KernelTypes(openKernelBtf())).reason !== undefined;

for (const example of examples)
  test(example, { timeout: patient(15_000) }, (t) => {
    if (example.includes("reason") && !givesReasons)
      return t.skip("this kernel gives no drop reasons (since Linux 5.17)");
    const explains = example.includes("--explain-filter");
    // In our own namespaces, without foreign drops.
    const script = `tcpdrop() { exec "$NODE" "$MAIN" "$@"; }\n${example}${explains ? "" : ` --duration 200ms --netns ${hosts.server.inode}`}`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", script], {
      encoding: "utf8",
      cwd: folder,
      env: { ...process.env, NODE: process.execPath, MAIN },
    });
    assert.equal(status, 0, stderr);
    if (explains) assert.match(stdout, /^plan$/m);
    else assert.match(stderr, /seen \d+ = shown \d+ .*filtered/);
    return undefined;
  });
