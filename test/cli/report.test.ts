/** The report at the end of a run, and `doctor --seconds`, with real drops in a namespace of the test's own. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { waitFor } from "../../src/lab/hosts.ts";
import { RunningCommand, runCommand } from "./command-line.ts";

const NAME = `tcpdrop-report-${process.pid}`;
/** Nobody listens there. */
const PORT = 4;
const CONNECTS = 5;

function ip(...words: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

function connectToNobody(): void {
  const script = `for n in $(seq ${CONNECTS}); do (exec 3<>/dev/tcp/127.0.0.1/${PORT}) 2> /dev/null; done; true`;
  ip("netns", "exec", NAME, "bash", "-c", script);
}

/** Makes the drops, and waits until they are on stdout. */
async function dropsShown(command: RunningCommand): Promise<void> {
  connectToNobody();
  const rows = (): number =>
    command.stdout.match(new RegExp(`127\\.0\\.0\\.1.*\\b${PORT}\\b`, "g"))?.length ?? 0;
  await waitFor(() => (rows() >= CONNECTS ? true : undefined), "The drops");
}

interface Line {
  readonly type: string;
  readonly rule?: string;
  readonly count?: number;
  readonly service?: string;
  readonly netns_name?: string;
  readonly next?: readonly string[];
  readonly headline?: string;
  readonly findings?: number;
}

function linesOf(stdout: string): readonly Line[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe("the report", { concurrency: false }, () => {
  before(() => {
    ip("netns", "add", NAME);
    ip("-n", NAME, "link", "set", "lo", "up");
  });
  after(() => ip("netns", "del", NAME));

  test("--report ends in what is wrong, with the service, the counts and a command to paste", async () => {
    await using command = new RunningCommand(["--netns", NAME, "--report", "--no-stack"]);
    await command.attached();
    await dropsShown(command);
    const { code } = await command.end("SIGINT");
    assert.equal(code, 0, command.stderr);
    assert.match(command.stderr, new RegExp(`127\\.0\\.0\\.1:${PORT} in network namespace ${NAME}`));
    assert.match(command.stderr, new RegExp(`drops {5}${CONNECTS}, of ${CONNECTS} connections, from 1 peer`));
    const next = new RegExp(`next {6}ip netns exec ${NAME} (.*)`).exec(command.stderr)?.[1] ?? "";
    const pasted = spawnSync("sh", ["-c", `ip netns exec ${NAME} ${next}`], { encoding: "utf8" });
    assert.equal(pasted.status, 0, `${next}: ${pasted.stderr}`);
  });

  test("JSON has findings before the summary, which has the headline", async () => {
    await using command = new RunningCommand(["--netns", NAME, "--format", "json", "--no-stack"]);
    await command.attached();
    await dropsShown(command);
    await command.end("SIGINT");
    const lines = linesOf(command.stdout);
    const [summary] = lines.slice(-1);
    const findings = lines.filter(({ type }) => type === "finding");
    assert.equal(summary?.type, "summary");
    assert.equal(summary.findings, findings.length);
    assert.ok((summary.headline ?? "").length > 0);
    const [finding] = findings;
    assert.deepEqual(
      [finding?.count, finding?.service, finding?.netns_name],
      [CONNECTS, `127.0.0.1:${PORT}`, NAME],
    );
  });

  test("SIGUSR1 shows the report so far, and the run goes on", async () => {
    await using command = new RunningCommand(["--netns", NAME, "--no-stack"]);
    await command.attached();
    await dropsShown(command);
    command.process.kill("SIGUSR1");
    const report = new RegExp(`127\\.0\\.0\\.1:${PORT} in network namespace ${NAME}`);
    await waitFor(() => (report.test(command.stderr) ? true : undefined), "The report");
    assert.equal(command.isOver, false);
    await command.end("SIGINT");
  });

  test("doctor --seconds exits with 0 where nothing is wrong, and with 5 where something is", async () => {
    const calm = runCommand("doctor", "--seconds", "0.5", "--netns", NAME);
    assert.equal(calm.status, 0, calm.stderr);
    assert.match(calm.stdout, /No TCP segment was dropped in \d+\.\d s/);
    await using command = new RunningCommand(["doctor", "--seconds", "3", "--json", "--netns", NAME]);
    await waitFor(() => (command.stderr.includes("Looking at TCP drops") ? true : undefined), "The start");
    connectToNobody();
    const { code } = await command.end();
    assert.equal(code, 5, command.stderr);
    assert.deepEqual(
      new Set(linesOf(command.stdout).map(({ type }) => type)),
      new Set(["finding", "summary"]),
    );
  });

  test("doctor --json alone is an error that says what it belongs to", () => {
    const { status, stderr } = runCommand("doctor", "--json");
    assert.equal(status, 2);
    assert.match(stderr, /--seconds/);
  });
});
