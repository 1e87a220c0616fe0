/** `tcpdrop reconcile`: compares the drop counters of one namespace with the drops that were seen. */
import { EXIT, TcpdropError, UsageError } from "../../errors.ts";
import { ownNetns } from "../../host/netns.ts";
import { demandRights } from "../../host/trace-rights.ts";
import { discardSink } from "../../out/callback-sink.ts";
import type { CounterWatch } from "../../reconcile/counter-watch.ts";
import { startRun } from "../../run/start-run.ts";
import { plainText } from "../../sinks/plain-text.ts";
import { formatReconcileJson, formatReconcileTable, formatVerdict } from "../../sinks/reconcile-text.ts";
import { openLive } from "../../source/open-live.ts";
import type { Stage } from "../../stages/stage.ts";
import { endBudget, endOfRun } from "../end-of-run.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { netnsOf } from "../netns-setting.ts";
import { print, say } from "../print.ts";
import { sayTotals } from "../say-totals.ts";
import type { Settings } from "../settings.ts";
import { holdNetns, watchNetns } from "../watch-netns.ts";

/** Runs until the time is up or a signal ends it; returns the exit code. */
export async function runReconcile(settings: Settings<"reconcile">): Promise<number> {
  const { values } = settings;
  const { duration: durationMs, buffer: bufferBytes } = values;
  const format = values.format === "json" ? formatReconcileJson : formatReconcileTable;
  demandRights();
  sayWithoutBlocking();
  const netns = onlyNetns(settings) ?? demandOwnNetns();
  const ending = endOfRun(undefined);
  let watch: CounterWatch | undefined;
  const live = openLive({ netns: [netns], all: true, stacks: "none", bufferBytes });
  const { source } = live;
  await using run = startRun(source, {
    ...live,
    stages: [watching(() => watch)],
    sinks: [discardSink()],
  });
  try {
    using held = holdNetns(netns, live);
    watch = watchNetns(held, source);
    say(
      `Tracing TCP drops of network namespace ${netns} and its counters for ${durationMs / 1000} s. ` +
        "Ctrl-C ends earlier.\n",
    );
    ending.onTotals(() => run.attempt(() => sayTotals(run, { all: true })));
    ending.startTimer(durationMs);
    await Promise.race([ending.finished, run.finished]);
    watch.close();
    const { totals, bySite, problems } = await run.end(endBudget());
    if (run.failure !== undefined) throw run.failure.cause;
    const result = watch.result(bySite, totals.refusedSyns);
    // Detached. From here on only the reader of stdout can delay the end, and any signal ends that.
    ending.release();
    print(format(result));
    for (const problem of problems) say(`${plainText(problem)}\n`);
    say(formatVerdict(result, totals.undecodable));
    return EXIT.done;
  } finally {
    ending.release();
  }
}

/** Passes every drop to the watch, once there is one. */
function watching(watch: () => CounterWatch | undefined): Stage {
  return {
    name: "counters",
    apply(event) {
      if (event.kind === "drop") watch()?.observe(event);
    },
    problems: () => [],
  };
}

/** Counters belong to one namespace. */
function onlyNetns(settings: Settings<"reconcile">): number | undefined {
  const [inode, second] = netnsOf(settings) ?? [];
  if (second === undefined) return inode;
  throw new UsageError("reconcile compares the counters of one network namespace, and several were given", {
    hint: "Run it once for each.",
  });
}

function demandOwnNetns(): number {
  const own = ownNetns();
  if (own !== undefined) return own;
  throw new TcpdropError(
    "SYSCALL_FAILED",
    "Cannot determine the network namespace of this process: /proc/self/ns/net does not exist",
    { hint: "Name one with --netns." },
  );
}
