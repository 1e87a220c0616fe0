/**
 * The library: the TCP drops of the next seconds, as objects.
 *
 *     sudo node dist/examples/library.js [SECONDS]
 */
import { TcpdropError, traceDrops } from "tcpdrop";

const seconds = Number(process.argv[2] ?? 5);

try {
  for await (const event of traceDrops({ signal: AbortSignal.timeout(seconds * 1000), stacks: "none" })) {
    if (event.kind === "drop") {
      const { flow, site } = event;
      const owner = event.owner?.process?.comm ?? event.owner?.workload?.unit;
      console.log(
        `${flow.saddr}:${flow.sport ?? "-"} > ${flow.daddr}:${flow.dport ?? "-"} ${site.reason ?? site.reasonCode} at ${site.location}`,
      );
      if (owner !== undefined) console.log(`    of ${owner}, ${event.owner?.certainty}`);
      if (event.class === "loss") console.log(`    ${site.advice}`);
    } else if (event.kind === "refused") {
      const { flow, site, detail } = event;
      console.log(
        `${detail.count} SYNs refused by ${flow?.daddr ?? "a listener"}:${flow?.dport ?? "-"} ${site.reason}`,
      );
    } else if (event.kind === "lost") {
      console.log(`${event.count} drops found no room in the ring buffer`);
    } else if (event.kind === "summary") {
      console.log(`seen ${event.totals.seen}, shown ${event.totals.shown}, lost ${event.totals.lost}`);
    }
  }
} catch (failure) {
  if (!(failure instanceof TcpdropError)) throw failure;
  console.error(failure.hint === undefined ? failure.message : `${failure.message}\n${failure.hint}`);
  process.exitCode = failure.exitCode;
}
