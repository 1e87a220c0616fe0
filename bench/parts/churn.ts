/**
 * What healthy connections cost: opened, unused, and closed in order. The kernel frees the last FIN of each
 * as a drop, so the program runs for it; nothing is shown, and nothing should be sent.
 */
import { Hosts } from "../../src/lab/hosts.ts";
import { discardSink } from "../../src/out/callback-sink.ts";
import { startRun } from "../../src/run/start-run.ts";
import { openLive } from "../../src/source/open-live.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { churn } from "../../test/kernel/churn.ts";
import { atMost, type Findings, markdownTable, type Part } from "../part.ts";
import { formatNumber, formatSpread, median } from "../statistics.ts";

const CONNECTIONS = 10_000;
const CONNECTIONS_OF_A_TRY = 500;
/** Not measured: learning what is harmless, and warming up. */
const WARM_UP = 500;
/** Connections between turns of the event loop, in which the trace drains. */
const AT_ONCE = 50;

interface Churned {
  /** All per connection. */
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
  const live = openLive({ netns: [hosts.server.inode, hosts.client.inode], cost: true });
  await using run = startRun(live.source, { ...live, sinks: [discardSink()] });
  const read = () => ({
    programRuns: 0,
    programNs: 0,
    ...live.source.cost(),
    sent: live.source.counts().drop.sent,
  });
  await churn(hosts, 4, WARM_UP, AT_ONCE);
  const before = read();
  const beganMs = performance.now();
  await churn(hosts, 4, connections, AT_ONCE);
  const tookMs = performance.now() - beganMs;
  const after = read();
  await run.end();
  return {
    runs: (after.programRuns - before.programRuns) / connections,
    programNs: (after.programNs - before.programNs) / connections,
    sent: (after.sent - before.sent) / connections,
    perSecond: (connections / tookMs) * 1000,
  };
}

function findings(results: readonly Churned[]): Findings {
  const of = (what: keyof Churned): readonly number[] => results.map((result) => result[what]);
  return {
    lines: [
      `${formatNumber(CONNECTIONS)} connections over veth, one after another; \`tcpdrop\` with its defaults, in`,
      `the same process, after ${formatNumber(WARM_UP)} connections to warm up. For each connection:`,
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
