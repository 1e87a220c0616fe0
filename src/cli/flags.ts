/** The flags of every command, once: the parser, the help and the tables of docs/usage.md come from these. */
import { UsageError } from "../errors.ts";
import type { StackPolicy } from "../source/open-live.ts";

export interface Flag {
  /** As commander takes it. */
  readonly flags: string;
  readonly doc: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  /** Each time it is given adds to a list. */
  readonly repeats?: true;
  /** What holds without it, for docs alone: where no value stands for that. */
  readonly otherwise?: string;
}

/** Those that tracing has beside its own. */
export const VERSION_FLAG = {
  flags: "-V, --version",
  doc: "output the version number",
} as const satisfies Flag;
export const HELP_FLAG = { flags: "-h, --help", doc: "display help for command" } as const satisfies Flag;

export const TRACE_FLAGS: readonly Flag[] = [
  { flags: "-4, --ipv4", doc: "trace IPv4 family only" },
  { flags: "-6, --ipv6", doc: "trace IPv6 family only" },
  { flags: "--filter <text>", doc: "which drops, as one text instead of words behind the options" },
  { flags: "-F, --filter-file <file>", doc: "which drops, from a file; - is standard input" },
  { flags: "--explain-filter", doc: "trace nothing: say what is asked where, and print the program's part" },
  { flags: "-a, --all", doc: "show harmless drops and copies for taps too" },
  {
    flags: "--format <name>",
    doc: "how drops are written",
    choices: ["table", "bcc", "json"],
    fallback: "table",
  },
  {
    flags: "--stacks <policy>",
    doc: "kernel stacks: all, none, so many a second for each reason and location on each CPU, or auto, which is 100",
    fallback: "auto",
  },
  { flags: "--no-stack", doc: "the same as --stacks none" },
  {
    flags: "-w, --write <file>",
    doc: "also write events to a file, in the format of its suffix: .ndjson; may be given several times",
    repeats: true,
  },
  {
    flags: "--summary [interval]",
    doc: "show no drops, only totals by reason and location, every 1s or so often; counted in the kernel",
  },
  {
    flags: "--max-events <rate>",
    doc: "show so many a second at most, like 1000/s; the others are counted",
    otherwise: "all",
  },
  {
    flags: "--sample <fraction>",
    doc: "show one of so many, like 1/100; the others are counted",
    otherwise: "all",
  },
  { flags: "--stats", doc: "measure what tracing itself costs, and say it at the end" },
  {
    flags: "--listeners <how>",
    doc: "SYNs that listening sockets refuse without a trace: auto shows each where the kernel lets its functions be probed, count only counts them",
    choices: ["auto", "count"],
    fallback: "auto",
  },
  { flags: "--no-listeners", doc: "say nothing of them" },
  {
    flags: "--buffer <size>",
    doc: "ring buffer's size, like 64M; rounded up to a power of two",
    fallback: "16M",
  },
  { flags: "--netns <which>", doc: "one network namespace: INODE, NAME under /run/netns, or pid:PID" },
  { flags: "--btf <file>", doc: "file with this kernel's BTF", otherwise: "/sys/kernel/btf/vmlinux" },
  { flags: "--count <n>", doc: "end after n shown drops" },
  { flags: "--duration <time>", doc: "end after this long, like 10s, 500ms, 5m, 1h" },
];

export const DEMO_FLAGS: readonly Flag[] = [
  {
    flags: "--format <name>",
    doc: "how drops are written",
    choices: ["table", "bcc", "json"],
    fallback: "table",
  },
  { flags: "--no-stack", doc: "show no kernel stacks" },
];

export const DOCTOR_FLAGS: readonly Flag[] = [
  { flags: "--program", doc: "print the generated program" },
  {
    flags: "--btf <file>",
    doc: "file with this kernel's BTF; with --program, any kernel's",
    otherwise: "/sys/kernel/btf/vmlinux",
  },
];

export const RECONCILE_FLAGS: readonly Flag[] = [
  { flags: "--duration <time>", doc: "how long, like 10s, 500ms, 5m", fallback: "10s" },
  {
    flags: "--netns <which>",
    doc: "another network namespace: INODE, NAME under /run/netns, or pid:PID",
    otherwise: "the own one",
  },
  {
    flags: "--format <name>",
    doc: "how the answer is written",
    choices: ["table", "json"],
    fallback: "table",
  },
  { flags: "--buffer <size>", doc: "ring buffer's size, like 64M", fallback: "16M" },
];

const SIZE = /^(\d{1,15})([KMG]?)(?:i?B)?$/i;
const UNIT: Readonly<Record<string, number>> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };
const MIN_BUFFER = 1 << 12;
/** Positions in the ring are masked with 31-bit arithmetic. */
const MAX_BUFFER = 1 << 30;

/** "64M" to bytes, rounded up to a power of two. */
export function parseBufferSize(text: string): number {
  const match = SIZE.exec(text);
  const bytes = Number(match?.[1]) * (UNIT[(match?.[2] ?? "").toUpperCase()] ?? 1);
  if (match === null || bytes < MIN_BUFFER || bytes > MAX_BUFFER)
    throw new UsageError(`--buffer ${text} is no size from 4K to 1G`, {
      hint: "Give bytes, or a number with K, M or G: --buffer 64M",
    });
  return 2 ** Math.ceil(Math.log2(bytes));
}

const DURATION = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?$/;
const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** A timer of Node takes no more. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** "10s" to milliseconds; bare numbers are seconds. */
export function parseDuration(text: string, flag = "--duration"): number {
  const match = DURATION.exec(text);
  const ms = Math.round(Number(match?.[1]) * (MS[match?.[2] ?? "s"] ?? 0));
  if (match === null || ms < 1 || ms > MAX_DURATION_MS)
    throw new UsageError(
      `${flag} ${text} is no time from 1ms to ${Math.floor(MAX_DURATION_MS / 3_600_000)}h`,
      {
        hint: `Give a number with ms, s, m or h: ${flag} 10s`,
      },
    );
  return ms;
}

/** More would be no limit, and does not fit an instruction. */
const MOST = 2 ** 31 - 1;

export function parseStacks(text: string): StackPolicy {
  if (text === "auto" || text === "all" || text === "none") return text;
  const perSecond = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (perSecond < 0 || perSecond > MOST)
    throw new UsageError(`--stacks ${text} is no policy`, {
      hint: `Give auto, all, none, or how many a second for each reason and location on each CPU, ${MOST} at most: --stacks 100`,
    });
  return perSecond === 0 ? "none" : perSecond;
}

/** "1000/s", or "1000": drops a second. */
export function parseMaxEvents(text: string): number {
  const perSecond = Number(/^(\d{1,10})(?:\/s)?$/.exec(text)?.[1] ?? 0);
  if (perSecond < 1 || perSecond > MOST)
    throw new UsageError(`--max-events ${text} is no rate of at least 1/s`, {
      hint: "Give drops a second: --max-events 1000/s",
    });
  return perSecond;
}

/** "1/100" to 100. */
export function parseSample(text: string): number {
  const oneOf = Number(/^1\/(\d{1,10})$/.exec(text)?.[1] ?? 0);
  if (oneOf < 1 || oneOf > MOST)
    throw new UsageError(`--sample ${text} is no fraction like 1/100`, {
      hint: "Give 1/N, for one drop of N: --sample 1/100",
    });
  return oneOf;
}

export function parseCount(text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new UsageError(`--count ${text} is no number of at least 1`);
  return count;
}
