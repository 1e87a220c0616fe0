/** Each program in examples/ runs as a user would run it, and prints what it should. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import { Netns } from "../../src/lab/netns.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { connectTcp } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";

const FOLDER = join(import.meta.dirname, "../../examples");
const CLOSED_PORT = 9;
const netns = Netns.create(libcSyscalls);
netns.run("ip", ["link", "set", "lo", "up"]);
after(() => netns[Symbol.dispose]());

interface Expectation {
  /** Repeated while the example runs. */
  readonly provoke: () => void;
  readonly check: (lines: readonly string[]) => void;
}

const EXAMPLES: Readonly<Record<string, Expectation>> = {
  "library.js": {
    provoke: () => {
      netns.inside(() =>
        connectTcp({ address: Uint8Array.of(127, 0, 0, 1), port: CLOSED_PORT })[Symbol.dispose](),
      );
    },
    check: (lines) => {
      const drop = /^127\.0\.0\.1:\d+ > 127\.0\.0\.1:9 NO_SOCKET at tcp_v4_rcv\+0x[0-9a-f]+$/;
      assert.ok(lines.some((line) => drop.test(line)));
      assert.match(lines.at(-1) ?? "", /^seen [1-9]\d*, shown [1-9]\d*, lost \d+$/);
    },
  },
  "programs-started.js": {
    provoke: () => void spawnSync("true"),
    check: (lines) => {
      const start = new RegExp(`^true {12} pid [1-9]\\d*, parent ${process.pid}$`);
      assert.ok(lines.some((line) => start.test(line)));
    },
  },
  "switches-by-name.js": {
    provoke: () => undefined,
    check: (lines) => {
      assert.ok(lines.length > 0 && lines.length <= 10);
      const counts = lines.map((line) => Number(/^ *([1-9]\d*) {2}\P{Cc}+$/u.exec(line)?.[1]));
      assert.deepEqual(
        counts,
        counts.toSorted((one, other) => other - one),
      );
    },
  },
};

test("each program in examples/ is expected to print something", () => {
  const programs = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));
  assert.deepEqual(programs, Object.keys(EXAMPLES));
});

describe("examples/", () => {
  for (const [name, { provoke, check }] of Object.entries(EXAMPLES))
    test(`${name} prints what it should`, { timeout: patient(30_000) }, async () => {
      const child = spawn(process.execPath, [join(FOLDER, name), String(patient(2))], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      const timer = setInterval(provoke, 50);
      try {
        const ended = once(child, "close");
        const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
        const [status] = (await ended) as [number | null];
        assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
        const lines = stdout.trimEnd().split("\n");
        try {
          check(lines);
        } catch (failure) {
          throw new Error(`It printed:\n${stdout}`, { cause: failure });
        }
      } finally {
        clearInterval(timer);
      }
    });
});
