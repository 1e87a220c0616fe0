/**
 * The library: the TCP drops of the next seconds, as objects.
 *
 *     sudo node dist/examples/library.js [SECONDS]
 */
import { TcpdropError, traceDrops } from "tcpdrop";

const seconds = Number(process.argv[2] ?? 5);

try {
  for await (const event of traceDrops({ signal: AbortSignal.timeout(seconds * 1000), stacks: "none" })) {
    if (event.type === "drop") {
      console.log(
        `${event.saddr}:${event.sport ?? "-"} > ${event.daddr}:${event.dport ?? "-"} ${event.reason ?? event.reasonCode} at ${event.location}`,
      );
      if (event.class === "loss") console.log(`    ${event.advice}`);
    } else if (event.type === "refused") {
      console.log(
        `${event.count} SYNs refused by ${event.listener?.daddr ?? "a listener"}:${event.listener?.dport ?? "-"} ${event.cause}`,
      );
    } else if (event.type === "lost") {
      console.log(`${event.count} drops found no room in the ring buffer`);
    } else if (event.type === "summary") {
      console.log(`seen ${event.totals.seen}, shown ${event.totals.shown}, lost ${event.totals.lost}`);
    }
  }
} catch (failure) {
  if (!(failure instanceof TcpdropError)) throw failure;
  console.error(failure.hint === undefined ? failure.message : `${failure.message}\n${failure.hint}`);
  process.exitCode = failure.exitCode;
}
