/**
 * What healthy connections cost: opened, used by nobody, and closed in order. The kernel frees the last FIN
 * of each as a drop, so the program runs for it; nothing is shown, and nothing should be sent.
 */
import { enableRunStatistics } from "../../src/bpf/index.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { openTrace } from "../../src/trace.ts";
import { churn } from "../../test/kernel/churn.ts";
import { atMost, type Findings, markdownTable, type Part } from "../part.ts";
import { formatNumber, formatSpread, median } from "../statistics.ts";

const CONNECTIONS = 10_000;
const CONNECTIONS_OF_A_TRY = 500;
/** Learning what is harmless, and warming up, is not part of it. */
const WARM_UP = 500;
/** The event loop gets its turn after so many: the trace drains. */
const AT_ONCE = 50;

interface Churned {
  /** Each for one connection. */
  readonly runs: number;
  readonly programNs: number;
  readonly sent: number;
  readonly perSecond: number;
}

export const churnPart: Part = {
  name: "churn",
  title: "What healthy connections cost",
  async run({ quick, rounds, progress }) {
    const results: Churned[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`churn: round ${round + 1}`);
      results.push(await measure(quick ? CONNECTIONS_OF_A_TRY : CONNECTIONS));
    }
    return findings(results);
  },
};

async function measure(connections: number): Promise<Churned> {
  using hosts = new Hosts(sys);
  const { session } = openTrace(
    { netns: [hosts.server.inode, hosts.client.inode] },
    { event: () => true, flush: () => undefined, isFull: () => false, complete: () => undefined },
  );
  using _session = session;
  await churn(hosts, 4, WARM_UP, AT_ONCE);
  using _statistics = enableRunStatistics(sys);
  const { tracer } = session;
  const [info, counters] = [tracer.program.info(), tracer.counters()];
  const beganMs = performance.now();
  await churn(hosts, 4, connections, AT_ONCE);
  const tookMs = performance.now() - beganMs;
  const [infoAfter, countersAfter] = [tracer.program.info(), tracer.counters()];
  await session.end();
  return {
    runs: Number(infoAfter.runCount - info.runCount) / connections,
    programNs: Number(infoAfter.runTimeNs - info.runTimeNs) / connections,
    sent: (countersAfter.sent - counters.sent) / connections,
    perSecond: (connections / tookMs) * 1000,
  };
}

function findings(results: readonly Churned[]): Findings {
  const of = (what: keyof Churned): readonly number[] => results.map((result) => result[what]);
  return {
    lines: [
      `${formatNumber(CONNECTIONS)} connections over veth, one after another; \`tcpdrop\` as it runs by itself, in the same process, after ${formatNumber(WARM_UP)} of them. Each for one connection:`,
      "",
      ...markdownTable(
        ["runs of the program", "its ns", "records sent", "connections/s"],
        [
          [
            formatSpread(of("runs"), 2),
            formatSpread(of("programNs")),
            formatSpread(of("sent"), 3),
            formatNumber(median(of("perSecond"))),
          ],
        ],
      ),
    ],
    checks: [atMost("records sent for each connection", median(of("sent")), 0.01, 3)],
  };
}
