/**
 * The examples of the documentation compile against the package and print what they promise: those of each
 * export, and those of the README and of docs/. Each runs in its own process and its own network namespace,
 * without listeners.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { Netns } from "../../src/lab/netns.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { collectExamples, compileExamples } from "../doc-examples.ts";
import { patient } from "../patience.ts";

const examples = collectExamples();
const { complaints, programs } = compileExamples(examples);

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function runAlone(program: string): Promise<Outcome> {
  using netns = Netns.create(libcSyscalls);
  netns.run("ip", ["link", "set", "lo", "up"]);
  const child = netns.inside(() =>
    spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "pipe"], timeout: patient(20_000) }),
  );
  const status = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr };
}

test("the examples compile", () => {
  assert.equal(complaints, "");
  assert.ok(examples.length > 80);
});

describe("an example prints what it promises", { concurrency: 2 }, () => {
  for (const { title, prints } of examples)
    test(title, { timeout: patient(60_000) }, async () => {
      assert.notEqual(prints, "", "an example shows what it prints");
      const outcome = await runAlone(programs.get(title) ?? assert.fail(title));
      assert.deepEqual(outcome, { status: 0, stdout: prints, stderr: "" });
    });
});
