/** Without Node.js, with an old one, or without npm: a message on what is needed and how to get it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { patient } from "../patience.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const INSTALLED = join(ROOT, "dist/bin/cli/main.cjs");
const folder = mkdtempSync(join(tmpdir(), "tcpdrop-old-node-"));
after(() => rmSync(folder, { recursive: true }));

const GET_NODE = readFileSync(join(ROOT, "tools/get-node.txt"), "utf8");

/** A folder for PATH with these programs; "old-node" is a node that reports release 18. */
function pathWith(name: string, ...programs: readonly string[]): string {
  const path = mkdtempSync(join(folder, `${name}-`));
  for (const program of programs) {
    if (program !== "old-node") {
      const { stdout } = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
      symlinkSync(stdout.trim(), join(path, program));
      continue;
    }
    const pretend = join(path, "pretend.cjs");
    writeFileSync(
      pretend,
      `Object.defineProperty(process, "version", { value: "v18.20.4" });
       Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } });`,
    );
    writeFileSync(
      join(path, "node"),
      `#!/bin/sh
       if [ "$1" = --version ]; then echo v18.20.4; else exec ${process.execPath} -r ${pretend} "$@"; fi`,
      { mode: 0o755 },
    );
  }
  return path;
}

function run(program: string, words: readonly string[], path: string) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: ROOT,
    encoding: "utf8",
    timeout: patient(20_000),
    env: { PATH: path },
  });
  return { status, stdout, stderr };
}

test("the text names the release that package.json requires, and the distributions", () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  assert.ok(GET_NODE.includes(`Node.js ${engines.node.replace(">=", "")} or later`));
  for (const name of ["Debian", "Ubuntu", "Fedora", "npm"]) assert.ok(GET_NODE.includes(name), name);
});

test("the installed command without a node in PATH says how to get one", () => {
  const { status, stdout, stderr } = run(INSTALLED, ["doctor"], pathWith("nothing", "sh"));
  assert.equal(stderr, `tcpdrop: node is not in PATH\n${GET_NODE}`);
  assert.deepEqual([status, stdout], [1, ""]);
});

test("the installed command says which node is too old, and how to get another", () => {
  const { status, stdout, stderr } = run(INSTALLED, ["doctor"], pathWith("old", "old-node", "sh"));
  assert.equal(stderr, `tcpdrop: this is Node.js v18.20.4 (${process.execPath})\n${GET_NODE}`);
  assert.deepEqual([status, stdout], [1, ""]);
});

test("the installed command runs with a node that is new enough", () => {
  const { status, stderr } = run(INSTALLED, ["--version"], pathWith("new", "node", "sh"));
  assert.equal(status, 0, stderr);
});

for (const [title, programs, problem] of [
  ["no node", ["cat"], /^Cannot set up tcpdrop: node is not in PATH\n/],
  ["an old node", ["old-node", "cat"], /^Cannot set up tcpdrop: this is v18\.20\.4 \(\S+\/node\)\n/],
  ["no npm", ["node", "cat"], /^Cannot set up tcpdrop: npm is not in PATH\n/],
] as const)
  test(`the set-up scripts say how to get Node.js and npm if there is ${title}`, () => {
    const { status, stderr } = run(
      "/bin/sh",
      ["-c", ". tools/lib.sh; set_up"],
      pathWith("tools", ...programs),
    );
    assert.match(stderr, problem);
    assert.ok(stderr.endsWith(GET_NODE));
    assert.equal(status, 1);
  });
