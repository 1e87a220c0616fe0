/**
 * Each setting once: what it means, its flags, its rule, its default, and which commands take it. Its key in a
 * configuration file is the row's name, its environment variable that in capitals (environmentName). Help,
 * docs/usage.md and bash's completion are made from these rows.
 */
import {
  DEFAULT_BUFFER_BYTES,
  DEFAULT_OWNER_BUDGET_PERCENT,
  DEFAULT_OWNER_WAIT_MS,
  DEFAULT_STACKS_PER_SECOND,
  OWNER_POLICIES,
} from "./request.ts";
import * as rule from "./values.ts";

export type CommandName = "trace" | "demo" | "doctor" | "reconcile" | "explain";

/** The words after --format; the first is the default. */
export const FORMATS = ["table", "bcc", "json"] as const;
const RECONCILE_FORMATS = ["table", "json"] as const;
/** The words after --sort; the first is the default. */
export const SORT_KEYS = ["total", "rate", "last", "class", "reason", "location", "owner"] as const;

/** One way to give a setting on the command line. */
export interface FlagForm {
  /** As commander takes it. */
  readonly flags: string;
  /** Where it differs from the setting's. */
  readonly doc?: string;
  /** The value that a flag without an argument stands for; "true" without this. */
  readonly means?: string;
  /** What stands before its argument where the setting's other forms write it out. */
  readonly prefix?: string;
}

/** What is different where another command takes the setting. */
export interface InCommand {
  readonly doc?: string;
  readonly default?: string;
  readonly otherwise?: string;
  readonly choices?: readonly string[];
  readonly forms?: readonly FlagForm[];
}

export interface Setting<T = unknown> {
  readonly rule: rule.TextRule<T>;
  readonly doc: string;
  readonly forms: readonly FlagForm[];
  readonly commands: Readonly<Partial<Record<CommandName, InCommand>>>;
  readonly choices?: readonly string[];
  /** As text, read by the rule. */
  readonly default?: string;
  /** What holds without it, for docs alone: where no value stands for that. */
  readonly otherwise?: string;
  /** Each time it is given adds to a list. */
  readonly repeats?: true;
  /** What the forms of one setting are, where two of them contradict each other. */
  readonly contradiction?: string;
  /** A question of one call, and no setting of the environment or a file. */
  readonly commandLineOnly?: true;
}

const EVERYWHERE = { trace: {}, demo: {}, doctor: {}, reconcile: {} } as const;

export const SETTINGS = {
  family: {
    rule: rule.FAMILY,
    doc: "trace one family of addresses only: 4 or 6",
    forms: [
      { flags: "-4, --ipv4", means: "4", doc: "trace IPv4 only" },
      { flags: "-6, --ipv6", means: "6", doc: "trace IPv6 only" },
    ],
    contradiction: "leave nothing to trace",
    commands: { trace: {} },
    otherwise: "both",
  },
  filter: {
    rule: rule.TEXT,
    doc: "which drops, as one text instead of words after the options",
    forms: [{ flags: "--filter <text>" }],
    commands: { trace: {} },
  },
  "filter-file": {
    rule: rule.FILE,
    doc: "which drops, from a file; - is standard input",
    forms: [{ flags: "-F, --filter-file <file>" }],
    commands: { trace: {} },
    commandLineOnly: true,
  },
  for: {
    rule: rule.TARGET,
    doc: "what belongs to PID, a UNIT, CONTAINER or POD, or HOST:PORT; pid:, unit:, container:, pod: say which",
    forms: [{ flags: "--for <what>" }],
    commands: { trace: {} },
    commandLineOnly: true,
  },
  "explain-filter": {
    rule: rule.SWITCH,
    doc: "print how the filter is split between kernel and user space, and exit",
    forms: [{ flags: "--explain-filter" }],
    commands: { trace: {} },
    commandLineOnly: true,
  },
  all: {
    rule: rule.SWITCH,
    doc: "also show harmless drops and copies for packet and raw sockets",
    forms: [{ flags: "-a, --all" }],
    commands: { trace: {} },
  },
  format: {
    rule: rule.oneOf(FORMATS),
    doc: "how events are written",
    forms: [{ flags: "--format <name>" }],
    commands: {
      trace: {},
      demo: {},
      reconcile: { doc: "output format", choices: RECONCILE_FORMATS },
      explain: {
        doc: "output format; json has an object a line for each reason",
        choices: RECONCILE_FORMATS,
        forms: [
          { flags: "--format <name>" },
          { flags: "--json", means: "json", doc: "the same as --format json" },
        ],
      },
    },
    choices: FORMATS,
    default: FORMATS[0],
  },
  stacks: {
    rule: rule.STACKS,
    doc: `kernel stacks: all, none, or at most N/s per site and CPU (auto: ${DEFAULT_STACKS_PER_SECOND})`,
    forms: [
      { flags: "--stacks <policy>" },
      { flags: "--no-stack", means: "none", doc: "the same as --stacks none" },
    ],
    commands: {
      trace: {},
      demo: { forms: [{ flags: "--no-stack", means: "none", doc: "show no kernel stacks" }] },
    },
    default: "auto",
  },
  columns: {
    rule: rule.COLUMNS,
    doc: "the columns of the table, in this order, like time,src,dst,reason (tcpdrop help columns)",
    forms: [{ flags: "--columns <list>" }],
    commands: { trace: {}, demo: {} },
    otherwise: "as many as fit",
  },
  color: {
    rule: rule.oneOf(["auto", "always", "never"]),
    doc: "colours: on a terminal that has them (auto), always, or never",
    forms: [{ flags: "--color <when>" }],
    commands: { trace: {}, demo: {} },
    choices: ["auto", "always", "never"],
    default: "auto",
  },
  fold: {
    rule: rule.oneOf(["auto", "never"]),
    doc: "count equal rows once a second: on a terminal (auto), or never",
    forms: [
      { flags: "--fold <when>" },
      { flags: "--no-fold", means: "never", doc: "show each row on a terminal too" },
    ],
    commands: { trace: {} },
    choices: ["auto", "never"],
    default: "auto",
  },
  write: {
    rule: rule.listOf(rule.FILE, "drops.ndjson"),
    doc: "also write events to a file, in the format of its suffix (.ndjson); repeatable",
    forms: [{ flags: "-w, --write <file>" }],
    commands: { trace: {} },
    repeats: true,
  },
  summary: {
    rule: rule.SUMMARY,
    doc:
      "print totals instead of events, by site or by owner, every second or as often as said (owner,5s); " +
      "aggregated in the kernel",
    forms: [{ flags: "--summary [by,interval]", means: "1s" }],
    commands: { trace: {} },
  },
  report: {
    rule: rule.SWITCH,
    doc: "end with the report: what is wrong, how that is known, what to do",
    forms: [{ flags: "--report" }],
    commands: { trace: {}, demo: {} },
    otherwise: "where stderr is a terminal",
  },
  sort: {
    rule: rule.oneOf(SORT_KEYS),
    doc: "the order of totals in the table; by owner: total, rate, class or owner",
    forms: [{ flags: "--sort <key>" }],
    commands: { trace: {} },
    choices: SORT_KEYS,
    default: SORT_KEYS[0],
  },
  reconcile: {
    rule: rule.SWITCH,
    doc: "end with the kernel's own drop counters beside the drops; needs --netns, takes no filter",
    forms: [{ flags: "--reconcile" }],
    commands: { trace: {} },
  },
  "max-events": {
    rule: rule.RATE,
    doc: "rate limit: show at most N events/s, like 1000/s; the rest count as limited",
    forms: [{ flags: "--max-events <rate>" }],
    commands: { trace: {} },
    otherwise: "all",
  },
  sample: {
    rule: rule.FRACTION,
    doc: "show one event of N, like 1/100; the rest count as limited",
    forms: [{ flags: "--sample <fraction>" }],
    commands: { trace: {} },
    otherwise: "all",
  },
  quiet: {
    rule: rule.SWITCH,
    doc: "say nothing at the start and at the end; losses and failures are still said",
    forms: [{ flags: "-q, --quiet" }],
    commands: { trace: {}, demo: {} },
  },
  stats: {
    rule: rule.SWITCH,
    doc: "measure and report what tracing itself costs",
    forms: [{ flags: "--stats" }],
    commands: { trace: {} },
  },
  owners: {
    rule: rule.oneOf(OWNER_POLICIES),
    doc: "whose drops are: not at all (none), by cgroup alone, or also by process",
    forms: [{ flags: "--owners <how>" }],
    commands: { trace: {}, demo: {} },
    choices: OWNER_POLICIES,
    default: "none",
  },
  "owner-wait": {
    rule: rule.WAIT_MS,
    doc: "how many ms a row waits at most for its owner; 0: not at all",
    forms: [{ flags: "--owner-wait <ms>" }],
    commands: { trace: {} },
    default: String(DEFAULT_OWNER_WAIT_MS),
  },
  "owner-memory": {
    rule: rule.SWITCH,
    doc: "remember who opens connections, for drops of closed ones; some 3 us for each connection",
    forms: [{ flags: "--owner-memory" }],
    commands: { trace: {} },
  },
  "owner-budget": {
    rule: rule.PERCENT,
    doc: "how many percent of a CPU looking for owners may take",
    forms: [{ flags: "--owner-budget <percent>" }],
    commands: { trace: {} },
    default: String(DEFAULT_OWNER_BUDGET_PERCENT),
  },
  listeners: {
    rule: rule.LISTENERS,
    doc: "report refused SYNs one by one where probes are allowed (auto), as counts (count), or not (none)",
    forms: [
      { flags: "--listeners <how>" },
      { flags: "--no-listeners", means: "none", doc: "do not report SYNs refused by listening sockets" },
    ],
    commands: { trace: {} },
    choices: ["auto", "count", "none"],
    default: "auto",
  },
  buffer: {
    rule: rule.BUFFER_SIZE,
    doc: "size of the ring buffer, like 64M; rounded up to a power of two",
    forms: [{ flags: "--buffer <size>" }],
    commands: { trace: {}, reconcile: {} },
    default: `${DEFAULT_BUFFER_BYTES >> 20}M`,
  },
  interface: {
    rule: rule.TEXT,
    doc: "only drops on this interface, as the filter iface NAME beside the rest of the filter; any: all",
    forms: [{ flags: "-i, --interface <name>" }],
    commands: { trace: {} },
    otherwise: "all",
  },
  numeric: {
    rule: rule.SWITCH,
    doc: "taken because tcpdump has it: addresses and ports are always numbers here",
    forms: [{ flags: "-n, --numeric" }],
    commands: { trace: {} },
    commandLineOnly: true,
  },
  netns: {
    rule: rule.NETNS,
    doc: "network namespace: INODE, inode:INODE, NAME under /run/netns, PATH, pid:PID or pid:self; repeatable",
    forms: [
      { flags: "--netns <which>" },
      { flags: "--netns-id <inode>", prefix: "inode:", doc: "the same as --netns inode:INODE, as in bcc" },
      { flags: "--pid-netns <pid>", prefix: "pid:", doc: "the same as --netns pid:PID, as in bcc" },
    ],
    commands: {
      trace: {},
      reconcile: {
        doc: "another network namespace: INODE, inode:INODE, NAME under /run/netns, PATH, or pid:PID",
        forms: [{ flags: "--netns <which>" }],
        otherwise: "its own",
      },
      doctor: {
        doc: "with --seconds: network namespace; repeatable",
        forms: [{ flags: "--netns <which>" }],
        otherwise: "all",
      },
    },
    repeats: true,
  },
  btf: {
    rule: rule.FILE,
    doc: "file with this kernel's BTF",
    forms: [{ flags: "--btf <file>" }],
    commands: { trace: {}, doctor: { doc: "file with this kernel's BTF; with --program, any kernel's" } },
    otherwise: "/sys/kernel/btf/vmlinux",
  },
  count: {
    rule: rule.COUNT,
    doc: "end after n shown events",
    forms: [{ flags: "-c, --count <n>" }],
    commands: { trace: {} },
  },
  duration: {
    rule: rule.TIME,
    doc: "end after this time, like 10s, 500ms, 5m, 1h",
    forms: [{ flags: "--duration <time>" }],
    commands: { trace: {}, reconcile: { doc: "how long, like 10s, 500ms, 5m", default: "10s" } },
  },
  seconds: {
    rule: rule.TIME,
    doc: "trace for so long, and print what is wrong; exit code 5 if anything is",
    forms: [{ flags: "--seconds <time>" }],
    commands: { doctor: {} },
    commandLineOnly: true,
  },
  json: {
    rule: rule.SWITCH,
    doc: "with --seconds: findings and the summary as lines of JSON",
    forms: [{ flags: "--json" }],
    commands: { doctor: {} },
    commandLineOnly: true,
  },
  program: {
    rule: rule.SWITCH,
    doc: "print the generated program",
    forms: [{ flags: "--program" }],
    commands: {
      doctor: {},
      trace: { doc: "with --explain-filter: also its BPF code" },
    },
    commandLineOnly: true,
  },
  rights: {
    rule: rule.SWITCH,
    doc: "list which capability is needed for what, when, and what is missing without it",
    forms: [{ flags: "--rights" }],
    commands: { doctor: {} },
    commandLineOnly: true,
  },
  config: {
    rule: rule.FILE,
    doc: "read settings from a TOML file; none is read without this",
    forms: [{ flags: "--config <file>" }],
    commands: EVERYWHERE,
    commandLineOnly: true,
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof SETTINGS;
type RowOf<K extends SettingKey> = (typeof SETTINGS)[K];

type ValueOf<R> = R extends { readonly rule: rule.TextRule<infer T> } ? T : never;
type Defaulted = { readonly default: string };
type InCommandOf<R, C extends CommandName> = R extends { readonly commands: Readonly<Record<C, infer I>> }
  ? I
  : unknown;

/** What a command gets: undefined where a setting has no default and was not given. */
export type SettingValues<C extends CommandName> = {
  readonly [K in SettingKey]: RowOf<K> extends Defaulted
    ? ValueOf<RowOf<K>>
    : InCommandOf<RowOf<K>, C> extends Defaulted
      ? ValueOf<RowOf<K>>
      : ValueOf<RowOf<K>> | undefined;
};

/** A row as one command has it; undefined where the command does not take the setting. */
export interface SettingIn extends Setting {
  readonly key: SettingKey;
}

export function settingsIn(command: CommandName): readonly SettingIn[] {
  return Object.entries<Setting>(SETTINGS).flatMap(([key, row]) => {
    const here = row.commands[command];
    return here === undefined ? [] : [{ ...row, ...here, key: key as SettingKey }];
  });
}

/** "max-events" is TCPDROP_MAX_EVENTS. */
export function environmentName(key: string): string {
  return `TCPDROP_${key.toUpperCase().replaceAll("-", "_")}`;
}
