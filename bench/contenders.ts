/** The contenders of a storm: no tool, the peers that start here, and ours with several options. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { inTracefs } from "./in-tracefs.ts";
import { OurTool } from "./our-tool.ts";
import { ToolProcess } from "./tool-process.ts";

export interface Running {
  readonly netns: number;
  /** A file for its output. */
  readonly file: string;
  /** Where its rows go; default: discarded. */
  readonly stdout?: number | undefined;
}

/** Drops that a peer reported, from its output file and its messages. */
export type CountKept = (file: string, said: string) => number | Promise<number>;

export interface Contender {
  readonly name: string;
  /** For the page. */
  readonly what: string;
  /** Compared among themselves: rows with stacks, rows without, totals only. */
  readonly kind: "stacks" | "rows" | "totals";
  readonly ours?: boolean;
  /** The contender that the others of its kind are compared with. */
  readonly reference?: boolean;
  readonly countKept?: CountKept;
  readonly start: (running: Running) => Promise<ToolProcess>;
}

/**
 * tcpdrop's columns. Less than bpftrace's own tools/tcpdrop.bt, and for IPv4 only, but also for drops without
 * a socket, which these are.
 */
function columnsScript(stack: "kstack" | undefined): string {
  return `BEGIN { printf("Attached\\n"); }
tracepoint:skb:kfree_skb /args->reason > 2 && args->protocol == 0x0800/ {
  $skb = (struct sk_buff *)args->skbaddr;
  $ip = (struct iphdr *)($skb->head + $skb->network_header);
  if ($ip->protocol == 6) {
    $tcp = (struct tcphdr *)($skb->head + $skb->transport_header);
    $sk = $skb->sk; $state = 0;
    if ($sk != 0) { $state = $sk->__sk_common.skc_state; }
    time("%H:%M:%S ");
    printf("%-8d %-16s %s:%d > %s:%d %d (%d)\\n${stack === undefined ? "" : "%s\\n"}", pid, comm, ntop($ip->saddr), bswap($tcp->source), ntop($ip->daddr), bswap($tcp->dest), $state, args->reason${stack === undefined ? "" : `, ${stack}`});
  }
}`;
}

const COUNT_SCRIPT = "tracepoint:skb:kfree_skb { @[args->reason] = count(); }";
export const BPFTRACE_STACKS = columnsScript("kstack");
export const BPFTRACE_ROWS = columnsScript(undefined);

async function startPeer(command: readonly string[], { stdout }: Running): Promise<ToolProcess> {
  const tool = new ToolProcess({ command, stdout });
  await tool.holdsPerfEvents();
  return tool;
}

const bpftrace =
  (script: string) =>
  (running: Running): Promise<ToolProcess> =>
    startPeer(inTracefs("bpftrace", "-e", script), running);

const ours =
  (...options: readonly string[]) =>
  async ({ netns, stdout }: Running): Promise<ToolProcess> =>
    await OurTool.start(netns, options, stdout);

/** Line by line: the stacks do not fit into one string. */
const linesLike =
  (pattern: RegExp): CountKept =>
  async (file) => {
    let count = 0;
    for await (const line of createInterface({ input: createReadStream(file, "latin1") }))
      if (pattern.test(line)) count += 1;
    return count;
  };

const samples: CountKept = (_file, said) => Number(/\((\d+) samples\)/.exec(said)?.[1] ?? Number.NaN);

export const CONTENDERS: readonly Contender[] = [
  {
    name: "bpftrace, stacks",
    what: "tcpdrop's columns and `kstack`, printed",
    kind: "stacks",
    reference: true,
    countKept: linesLike(/ > 192\.0\.2\.2:81 /),
    start: bpftrace(BPFTRACE_STACKS),
  },
  {
    name: "perf trace, stacks",
    what: "`perf trace -a -e skb:kfree_skb --call-graph fp`: address, location and code",
    kind: "stacks",
    countKept: linesLike(/ skb:kfree_skb\(/),
    // By default it writes to stderr.
    start: (running) =>
      startPeer(
        inTracefs("perf", "trace", "-a", "-e", "skb:kfree_skb", "--call-graph", "fp", "-o", "/dev/stdout"),
        running,
      ),
  },
  {
    name: "perf record -g",
    what: "`perf record -a -g -e skb:kfree_skb`: written, not yet read; nothing of the packet",
    kind: "stacks",
    countKept: samples,
    start: (running) =>
      startPeer(inTracefs("perf", "record", "-a", "-g", "-e", "skb:kfree_skb", "-o", running.file), running),
  },
  {
    name: "bcc",
    what: "its tcpdrop (`tcpdrop-bpfcc`)",
    kind: "stacks",
    start: (running) => startPeer(["tcpdrop-bpfcc"], running),
  },
  {
    name: "tcpdrop --stacks all",
    what: "every drop with its stack",
    kind: "stacks",
    ours: true,
    start: ours("--stacks", "all"),
  },
  { name: "tcpdrop", what: "with its default, `--stacks auto`", kind: "rows", ours: true, start: ours() },
  {
    name: "bpftrace, no stacks",
    what: "the same columns without the stack",
    kind: "rows",
    reference: true,
    countKept: linesLike(/ > 192\.0\.2\.2:81 /),
    start: bpftrace(BPFTRACE_ROWS),
  },
  {
    name: "tcpdrop --stacks none",
    what: "every drop, without stacks",
    kind: "rows",
    ours: true,
    start: ours("--stacks", "none"),
  },
  {
    name: "bpftrace, counting",
    what: "`@[args->reason] = count()`: every protocol, without reading packets",
    kind: "totals",
    reference: true,
    start: bpftrace(COUNT_SCRIPT),
  },
  {
    name: "tcpdrop --summary",
    what: "totals by reason, location, family and class, once a second",
    kind: "totals",
    ours: true,
    start: ours("--summary"),
  },
];
