/** `tcpdrop reconcile`: the kernel's own drop counters of one namespace beside the drops that were seen. */
import { EXIT, TcpdropError, UsageError } from "../../errors.ts";
import { HeldNetns } from "../../host/enter-netns.ts";
import { ownNetns, parseNetnsArgument } from "../../host/netns.ts";
import { demandRights } from "../../host/trace-rights.ts";
import { DiscardSink } from "../../out/discard-sink.ts";
import type { CounterWatch, WatchResult } from "../../reconcile/counter-watch.ts";
import type { Stage } from "../../run/stage.ts";
import { startRun } from "../../run/start-run.ts";
import { formatReconcileJson, formatReconcileTable, formatVerdict } from "../../sinks/reconcile-text.ts";
import { formatTotalsOnRequest } from "../../sinks/totals-table.ts";
import { openLive } from "../../source/open-live.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { endOfRun } from "../end-of-run.ts";
import { parseBufferSize, parseDuration } from "../flags.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { print, say } from "../print.ts";
import { watchNetns } from "../watch-netns.ts";

/** As commander gives it. */
export interface ReconcileFlags {
  readonly duration: string;
  readonly netns?: string;
  readonly format: string;
  readonly buffer: string;
}

const FORMATTERS: Readonly<Record<string, (result: WatchResult) => string>> = {
  table: formatReconcileTable,
  json: formatReconcileJson,
};
export const RECONCILE_FORMATS: readonly string[] = Object.keys(FORMATTERS);

/** Runs until the time is over or a signal ends it; the exit code. */
export async function runReconcile(flags: ReconcileFlags): Promise<number> {
  const format = FORMATTERS[flags.format];
  if (format === undefined)
    throw new UsageError(`Unknown format "${flags.format}"`, {
      hint: `Formats are ${RECONCILE_FORMATS.join(", ")}`,
    });
  const durationMs = parseDuration(flags.duration);
  const bufferBytes = parseBufferSize(flags.buffer);
  demandRights();
  sayWithoutBlocking();
  using held = HeldNetns.open(
    libcSyscalls,
    flags.netns === undefined ? demandOwnNetns() : parseNetnsArgument(flags.netns),
  );
  const netns = held.inode;
  const ending = endOfRun(undefined);
  let watch: CounterWatch | undefined;
  const live = openLive({ netns: [netns], all: true, stacks: "none", bufferBytes });
  const { source } = live;
  await using run = startRun(source, {
    ...live,
    stages: [watching(() => watch)],
    sinks: [new DiscardSink()],
  });
  try {
    watch = watchNetns(held, source);
    say(
      `Tracing TCP drops of network namespace ${netns}, and reading its counters, for ${durationMs / 1000} s. Ctrl-C ends sooner.\n`,
    );
    ending.onTotals(() => run.attempt(() => say(formatTotalsOnRequest(run.totals(), true))));
    ending.startTimer(durationMs);
    await Promise.race([ending.finished, run.finished]);
    watch.close();
    const { totals, bySite } = await run.end(0);
    if (run.failure !== undefined) throw run.failure.cause;
    const result = watch.result(bySite, totals.refusedSyns);
    // Detached: what waits for the reader of stdout from here on ends by any signal.
    ending.release();
    print(format(result));
    for (const problem of source.problems()) say(`${problem}\n`);
    say(formatVerdict(result, totals.undecodable));
    return EXIT.done;
  } finally {
    ending.release();
  }
}

/** Hands every drop to the watch, once there is one. */
function watching(watch: () => CounterWatch | undefined): Stage {
  return {
    name: "counters",
    apply(event) {
      if (event.kind === "drop") watch()?.observe(event);
    },
    problems: () => [],
  };
}

function demandOwnNetns(): number {
  const own = ownNetns();
  if (own !== undefined) return own;
  throw new TcpdropError(
    "SYSCALL_FAILED",
    "Cannot tell which network namespace this is: /proc/self/ns/net is not there",
    { hint: "Name one with --netns." },
  );
}
