/** Missing rights of each kind: the message, and the exit code. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

const SECCOMP = new URL("./refuse-bpf.js", import.meta.url).href;

function run(
  program: string,
  ...words: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(program, words, { encoding: "utf8", timeout: patient(20_000) });
}

/** A trace that ends by itself, if it can start. */
const TRACE = [process.execPath, MAIN, "--duration", "100ms"];

describe("without capabilities", () => {
  for (const [lost, named, other] of [
    ["bpf", "CAP_BPF", "CAP_PERFMON"],
    ["perfmon", "CAP_PERFMON", "CAP_BPF"],
  ] as const)
    test(`${named} is missing: it is named, and how to get it`, () => {
      const { status, stdout, stderr } = run("setpriv", "--bounding-set", `-sys_admin,-${lost}`, ...TRACE);
      assert.equal(status, EXIT.notPermitted, stderr);
      assert.match(stderr, new RegExp(`Cannot trace: ${named} missing`));
      assert.doesNotMatch(stderr, new RegExp(`${other} missing|and ${other} missing`));
      assert.match(stderr, /Run as root: sudo tcpdrop/);
      assert.match(stderr, /AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_SYSLOG$/m);
      assert.equal(stdout, "");
    });

  test("CAP_BPF and CAP_PERFMON suffice for a trace", () => {
    const { status, stderr } = run("setpriv", "--bounding-set", "-all,+bpf,+perfmon,+syslog", ...TRACE);
    assert.equal(status, EXIT.done, stderr);
  });

  test("the setpriv line of the message is one that works", () => {
    const { stderr } = run("setpriv", "--bounding-set", "-sys_admin,-bpf", ...TRACE);
    const line = /^ +(setpriv .*) tcpdrop$/m.exec(stderr)?.[1] ?? "";
    const words = line
      .replace("USER", "65534")
      .replace("GROUP", "65534")
      .replace("--init-groups", "--clear-groups");
    const [program = "", ...options] = words.split(" ");
    const { status, stderr: said } = run(program, ...options, ...TRACE, "--no-listeners");
    assert.equal(status, EXIT.done, said);
  });

  test("a user without any", () => {
    const { status, stderr } = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...TRACE);
    assert.equal(status, EXIT.notPermitted, stderr);
    assert.match(stderr, /Cannot trace: CAP_BPF and CAP_PERFMON missing/);
  });
});

test("in a user namespace all capabilities exist and none counts: the namespace is named", () => {
  const { status, stdout, stderr } = run("unshare", "--user", "--map-root-user", ...TRACE);
  assert.equal(status, EXIT.notPermitted, stderr);
  assert.match(stderr, /although no capability is missing: this process is in a user namespace/);
  assert.equal(stdout, "");
  assert.match(
    run("unshare", "--user", "--map-root-user", process.execPath, MAIN, "doctor").stdout,
    /restrictions +this process is in a user namespace/,
  );
});

test("a seccomp filter that refuses bpf(2), as in container runtimes, is named", () => {
  const { status, stderr } = run(process.execPath, "--import", SECCOMP, ...TRACE.slice(1));
  assert.equal(status, EXIT.notPermitted, stderr);
  assert.match(stderr, /although no capability is missing: a seccomp filter is on this process/);
});

describe("doctor --rights", () => {
  const listed = (bounding: string): { status: number | null; marks: object; stdout: string } => {
    const { status, stdout } = run(
      "setpriv",
      "--bounding-set",
      bounding,
      process.execPath,
      MAIN,
      "doctor",
      "--rights",
    );
    const rows = [...stdout.matchAll(/^(\S+) +(\w+) +CAP_/gm)];
    return { status, stdout, marks: Object.fromEntries(rows.map(([, mark, name]) => [name, mark])) };
  };

  test("says of each need whether this process may, and attaches nothing", () => {
    const { status, marks, stdout } = listed("-all,+bpf,+perfmon,+syslog");
    assert.equal(status, EXIT.done, stdout);
    assert.deepEqual(marks, {
      trace: "yes",
      memory: "no",
      maps: "yes",
      symbols: "yes",
      statistics: "no",
      enter: "no",
      find: "no",
      programs: "no",
      cgroups: "no",
    });
    assert.match(stdout, /CAP_SYSLOG: until it is attached/);
  });

  test("without the rights to trace has another exit code", () => {
    const { status, marks } = listed("-all");
    assert.equal(status, EXIT.notPermitted);
    assert.deepEqual(new Set(Object.values(marks)), new Set(["no"]));
  });
});

test("--stats without the right to measure names it, and attaches nothing", () => {
  const { status, stderr } = run(
    "setpriv",
    "--bounding-set",
    "-all,+bpf,+perfmon,+syslog",
    ...TRACE,
    "--stats",
  );
  assert.equal(status, EXIT.notPermitted, stderr);
  assert.match(stderr, /Cannot measure what tracing costs: CAP_SYS_ADMIN missing/);
  assert.match(stderr, /leave out --stats/);
});
