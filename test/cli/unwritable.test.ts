/** If stdout or stderr takes nothing: lost data is an error, lost messages are not. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

/** Every write to it fails with ENOSPC. */
function withFull<T>(use: (full: number) => T): T {
  const full = openSync("/dev/full", "w");
  try {
    return use(full);
  } finally {
    closeSync(full);
  }
}

for (const words of [
  ["--help"],
  ["--version"],
  ["explain"],
  ["explain", "NO_SOCKET"],
  ["doctor"],
  ["doctor", "--program"],
  ["demo", "--help"],
])
  test(`data that cannot be written is an error: tcpdrop ${words.join(" ")}`, () => {
    const { status, stderr } = withFull((full) =>
      spawnSync(process.execPath, [MAIN, ...words], {
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
        timeout: patient(20_000),
      }),
    );
    assert.equal(status, EXIT.failed, stderr);
    assert.match(stderr, /^tcpdrop: Cannot write the output: no space left on device/m);
    assert.doesNotMatch(stderr, /^\s+at /m, "no stack trace");
  });

test("messages that cannot be written do not change the exit code", () => {
  for (const [words, expected] of [
    [["explain", "NO_SUCH"], EXIT.usage],
    [["--frobnicate"], EXIT.usage],
    [["--duration", "20ms", "--netns", "pid:self", "--format", "json"], EXIT.done],
  ] as const) {
    const { status, stdout } = withFull((full) =>
      spawnSync(process.execPath, [MAIN, ...words], {
        stdio: ["ignore", "pipe", full],
        encoding: "utf8",
        timeout: patient(20_000),
      }),
    );
    assert.equal(status, expected, words.join(" "));
    if (expected === EXIT.done) assert.match(stdout, /^\{"type":"summary"/m, "what goes to stdout is there");
  }
});

test("data is complete if stdout is a non-blocking pipe that is full for a while", () => {
  // All processes that share the end of the pipe share its flags; Node would restore them at exit. The reader
  // starts late, so that the data meets a full pipe.
  const fill = `
    process.stdout._handle.setBlocking(false);
    try { for (;;) require("node:fs").writeSync(1, "-".repeat(4096)); } catch {}
    process.kill(process.pid, "SIGKILL");`;
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", '{ "$0" -e "$1"; "$0" "$2" explain; } | { sleep 0.7; cat; }', process.execPath, fill, MAIN],
    {
      encoding: "utf8",
      timeout: patient(20_000),
    },
  );
  const whole = spawnSync(process.execPath, [MAIN, "explain"], {
    encoding: "utf8",
    timeout: patient(20_000),
  }).stdout;
  assert.match(stdout, /^-{4096}/, "the pipe was filled");
  assert.equal(stdout.replace(/^-+/, ""), whole, stderr);
});
