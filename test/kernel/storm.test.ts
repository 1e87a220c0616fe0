/** A million drops at full speed: every one is seen, and accounted for exactly. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import type { Totals } from "../../src/index.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import type { FloodRequest } from "../lab/flood.ts";
import { FloodProcess, receivedSegments } from "../lab/flood-process.ts";
import { checkIdentity } from "./identity.ts";
import { Witness } from "./witness.ts";

const MILLION = 1_000_000;
const LIMIT = { timeout: 180_000 };
/** The kernel may skip a nested run occasionally, but not in each of this many runs. */
const TRIES = 3;

interface Run {
  readonly sent: number;
  readonly totals: Pick<Totals, "seen" | "filtered" | "undecodable" | "missed">;
}

/**
 * Each drop that was sent was seen. Foreign drops of this machine are filtered or undecodable; a drop of ours
 * among them would be missing here.
 *
 * False if the kernel skipped runs of the program: then `missed` bounds what was not seen.
 */
function sawAll(t: TestContext, { sent, totals: { seen, filtered, undecodable, missed } }: Run): boolean {
  const ours = seen - filtered - undecodable;
  if (missed === 0) {
    assert.equal(ours, sent, "seen is what was sent");
    return true;
  }
  t.diagnostic(`the kernel skipped ${missed} runs of the program: seen ${ours} of ${sent}`);
  assert(ours <= sent && ours + missed >= sent, `seen ${ours} of ${sent}, missed at most ${missed}`);
  return false;
}

async function untilNothingMissed(t: TestContext, run: () => Promise<Run>): Promise<void> {
  for (let tries = 1; !sawAll(t, await run()); tries += 1)
    assert(tries < TRIES, `runs were skipped in each of ${TRIES} runs`);
}

/** Simultaneous floods, traced from before the first drop until after the last. */
async function flooded(
  requests: readonly (Partial<FloodRequest> & { count: number })[],
  options: Parameters<typeof Witness.open>[2],
  waitForAll = false,
): Promise<{ sent: number; totals: Totals }> {
  using hosts = new Hosts(libcSyscalls);
  await using stack = new AsyncDisposables();
  const floods: FloodProcess[] = [];
  for (const request of requests) floods.push(stack.use(await FloodProcess.start(hosts, request)));
  const before = receivedSegments(hosts.server);
  await using witness = await Witness.open(
    hosts,
    floods.map(({ request }) => request),
    options,
  );
  for (const flood of floods) flood.go();
  const results = await Promise.all(floods.map((flood) => flood.done()));
  const sent = results.reduce((sum, result) => sum + result.sent, 0);
  assert.equal(receivedSegments(hosts.server) - before, sent, "the kernel received what the sender counted");
  if (waitForAll) await witness.caughtUp(sent);
  return { sent, totals: await witness.finish() };
}

class AsyncDisposables implements AsyncDisposable {
  readonly #resources: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources.toReversed()) await resource[Symbol.asyncDispose]();
  }
}

for (const stacks of ["none", "all"] as const)
  for (const family of [4, 6] as const)
    test(`IPv${family}, stacks ${stacks}: 1,000,000 drops are seen, and accounted for`, LIMIT, (t) =>
      untilNothingMissed(t, async () => {
        const result = await flooded([{ count: MILLION, family, sourcePorts: 64 }], {
          stacks,
        });
        assert.equal(result.sent, MILLION);
        const { shown, lost, unread, missed } = result.totals;
        t.diagnostic(`shown ${shown}, lost ${lost}, unread ${unread}, missed at most ${missed}`);
        return result;
      }),
    );

test("a ring of 256 MB holds 1,000,000 drops without stacks: each is shown once", LIMIT, (t) =>
  untilNothingMissed(t, async () => {
    const result = await flooded([{ count: MILLION }], { stacks: "none", bufferBytes: 256 << 20 }, true);
    const { shown, lost, unread, missed } = result.totals;
    assert.deepEqual({ lost, unread }, { lost: 0, unread: 0 });
    // The witness checks off each sequence number, and accepts none twice.
    if (missed === 0) assert.equal(shown, MILLION);
    return result;
  }),
);

test("a ring of 4096 bytes holds few, and exactly what does not fit is reported as lost", LIMIT, (t) =>
  untilNothingMissed(t, async () => {
    const result = await flooded([{ count: MILLION }], { stacks: "none", bufferBytes: 4096 }, true);
    const { shown, lost, unread, missed } = result.totals;
    assert(lost > MILLION / 2, `lost ${lost}`);
    assert(shown > 0, "what fitted is shown");
    if (missed === 0) assert.equal(shown + lost + unread, MILLION);
    return result;
  }),
);

test("two senders at once: the drops of both are seen", LIMIT, (t) =>
  untilNothingMissed(t, async () => {
    const count = MILLION / 2;
    const senders = [
      { count, sourcePort: 40_000 },
      { count, sourcePort: 50_000, firstSeq: 2_000_000_000, source: 7, family: 6 as const },
    ];
    const result = await flooded(senders, { stacks: "none" });
    assert.equal(result.sent, MILLION);
    return result;
  }),
);

for (const format of ["table", "json"])
  test(`SIGINT in the middle, ${format}: what was sent before is accounted for`, LIMIT, (t) =>
    untilNothingMissed(t, async () => {
      using hosts = new Hosts(libcSyscalls);
      await using flood = await FloodProcess.start(hosts, { count: 100 * MILLION });
      await using command = new RunningCommand([
        "--netns",
        String(hosts.server.inode),
        "--no-stack",
        "--format",
        format,
      ]);
      await command.attached();
      flood.go();
      await waitFor(
        () => (flood.sent > 0 && command.stdout.length > 100_000 ? true : undefined),
        "The storm's drops",
      );
      const sentBefore = flood.sent;
      const { code, ms } = await command.end("SIGINT");
      flood.stop();
      const { sent } = await flood.done();
      assert.equal(code, EXIT.done, command.stderr);
      const totals = checkIdentity(command.stderr);
      const ours = totals.seen - totals.filtered - totals.undecodable;
      t.diagnostic(
        `ended ${Math.round(ms)} ms after SIGINT; sent ${sentBefore} before it, ${sent} in total; seen ${ours}, shown ${totals.shown}, lost ${totals.lost}`,
      );
      assert(ours < sent, "it ended while drops were made");
      const rows = command.stdout.split("\n").slice(0, -1);
      const isDrop = (row: string): boolean =>
        format === "json" ? row.startsWith('{"type":"drop"') : row.includes("NO_SOCKET");
      assert.equal(rows.filter(isDrop).length, totals.shown, "what was shown is on stdout");
      // Drops between the last report and the detachment are seen, but their number is unknown.
      return { sent: Math.max(sentBefore, ours), totals };
    }),
  );

test("a sender keeps its rate and its time", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using paced = await FloodProcess.start(hosts, { count: 20_000, perSecond: 50_000 });
  paced.go();
  const { sent, tookMs } = await paced.done();
  assert.equal(sent, 20_000);
  assert(tookMs >= 390, `the last one was due after 400 ms, and was sent after ${tookMs}`);
  await using endless = await FloodProcess.start(hosts, { count: 1e12, limitMs: 100 });
  endless.go();
  const cut = await endless.done();
  assert(cut.sent > 0 && cut.tookMs >= 100, `${cut.sent} in ${cut.tookMs} ms`);
  assert.equal(receivedSegments(hosts.server), sent + cut.sent);
});
