/**
 * The kernel's own counters of a network namespace: SNMP (`nstat`'s names), softnet_stat, and those of
 * devices.
 *
 *     TcpExtListenDrops, TcpInErrs, IpInDiscards, Ip6InDiscards     /proc/net/{netstat,snmp,snmp6,xfrm_stat}
 *     softnet.dropped                                               /proc/net/softnet_stat: the machine's, whatever the namespace
 *     srv0.tx_dropped                                               /proc/net/dev
 *
 * Values are bigint: they are u64 in the kernel, and octets do pass 2^53. How much one rose is a number
 * (`counterChange`).
 */
import { belowRoot, readWhole } from "./below-root.ts";

export type NetCounters = ReadonlyMap<string, bigint>;

/** Of the thread, since a namespace belongs to it. */
const DIRECTORY = "proc/thread-self/net";
const GUESS_BYTES = 8192;
/** 10,000 devices take 2 MB. */
const MAX_BYTES = 32 << 20;

const NAME = /^\w{1,64}$/;
/** TcpMaxConn is -1. */
const DECIMAL = /^-?\d{1,20}$/;
const HEX = /^[0-9a-f]{8,16}$/i;

/**
 * Columns of softnet_stat: softnet_seq_show() in net/core/net-procfs.c. Each is 32 bits wide and counts for
 * one CPU.
 */
const SOFTNET_COLUMNS: readonly (readonly [column: number, name: string])[] = [
  [0, "processed"],
  [1, "dropped"],
  [2, "time_squeeze"],
  [10, "flow_limit_count"],
];

/**
 * Columns of /proc/net/dev after the name: dev_seq_printf_stats() in net/core/net-procfs.c, which adds up
 * some of struct rtnl_link_stats64.
 */
const DEVICE_COLUMNS: readonly (readonly [column: number, name: string])[] = [
  [2, "rx_errors"],
  /** rx_dropped and rx_missed_errors. */
  [3, "rx_dropped"],
  [10, "tx_errors"],
  [11, "tx_dropped"],
];

/**
 * Reads the counters of the namespace that this thread is in. A file that is not there (snmp6 without IPv6)
 * gives none.
 *
 * @example
 * ```ts
 * import { readNetCounters } from "tcpdrop/reconcile";
 *
 * console.log(typeof readNetCounters().get("TcpExtListenDrops"));
 * // prints: bigint
 * ```
 */
export function readNetCounters(root = "/"): NetCounters {
  const counters = new Map<string, bigint>();
  const read = (file: string, parse: (text: string, into: Map<string, bigint>) => void): void => {
    const bytes = readIfThere(belowRoot(root, `${DIRECTORY}/${file}`));
    if (bytes !== undefined) parse(bytes.toString("utf8"), counters);
  };
  read("snmp", parseGroups);
  read("netstat", parseGroups);
  read("snmp6", parseSnmp6);
  // Lines as in snmp6; not there without IPsec.
  read("xfrm_stat", parseSnmp6);
  read("softnet_stat", parseSoftnet);
  read("dev", parseDevices);
  return counters;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readWhole(path, GUESS_BYTES, MAX_BYTES);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failure;
  }
}

/**
 * snmp and netstat, two lines a group: "Tcp: RtoAlgorithm ...", then "Tcp: 1 ...". What is not so is passed
 * over.
 */
export function parseGroups(text: string, into: Map<string, bigint>): void {
  const lines = text.split("\n").map((line) => line.split(" "));
  for (const [at, names] of lines.entries()) {
    const group = /^(\w{1,32}):$/.exec(names[0] ?? "")?.[1];
    const values = lines[at + 1];
    if (group === undefined || values === undefined || values[0] !== names[0]) continue;
    for (let column = 1; column < Math.min(names.length, values.length); column += 1) {
      const name = names[column] ?? "";
      // A line of values is no line of names for the one after it.
      if (!DECIMAL.test(name)) put(into, NAME.test(name) ? group + name : undefined, values[column]);
    }
  }
}

/** "Ip6InDiscards                   	0" */
export function parseSnmp6(text: string, into: Map<string, bigint>): void {
  for (const line of text.split("\n")) {
    const [name = "", value] = line.split(/[ \t]+/, 2);
    put(into, NAME.test(name) ? name : undefined, value);
  }
}

/** A line of hexadecimal numbers for each CPU. */
export function parseSoftnet(text: string, into: Map<string, bigint>): void {
  const sums = new Map<string, bigint>();
  for (const line of text.split("\n")) {
    const columns = line.split(" ");
    for (const [column, name] of SOFTNET_COLUMNS) {
      const value = columns[column];
      if (value !== undefined && HEX.test(value))
        sums.set(name, (sums.get(name) ?? 0n) + BigInt(`0x${value}`));
    }
  }
  for (const [name, sum] of sums) into.set(`softnet.${name}`, sum);
}

/**
 * "  eth0: 1 2 3 ...": a device's name has neither white space nor a colon, dev_valid_name() in
 * net/core/dev.c.
 */
export function parseDevices(text: string, into: Map<string, bigint>): void {
  for (const line of text.split("\n")) {
    const [, device, numbers] = /^ *([^\s:]{1,64}): *(.*)$/.exec(line) ?? [];
    if (device === undefined || numbers === undefined) continue;
    const columns = numbers.split(/ +/);
    for (const [column, name] of DEVICE_COLUMNS) put(into, `${device}.${name}`, columns[column]);
  }
}

function put(into: Map<string, bigint>, name: string | undefined, value: string | undefined): void {
  if (name !== undefined && value !== undefined && DECIMAL.test(value)) into.set(name, BigInt(value));
}

/** How a counter moved between two readings. */
export type CounterChange =
  | { readonly kind: "rose"; readonly by: number }
  /** It was not there before: a device that came; what it counts may be older than its coming. */
  | { readonly kind: "appeared"; readonly by: number }
  /** It fell: a device that was made anew, or whose driver began again. */
  | { readonly kind: "reset" }
  | { readonly kind: "absent" };

/**
 * How much `name` rose from `before` to `after`. softnet counters are 32 bits wide and wrap; the others are
 * 64 wide, where a fall is no wrap. A rise of more than 2^53 is given as 2^53 - 1.
 *
 * @example
 * ```ts
 * import { counterChange } from "tcpdrop/reconcile";
 *
 * console.log(counterChange(new Map([["TcpInErrs", 3n]]), new Map([["TcpInErrs", 5n]]), "TcpInErrs"));
 * // prints: { kind: 'rose', by: 2 }
 * ```
 */
export function counterChange(before: NetCounters, after: NetCounters, name: string): CounterChange {
  const then = before.get(name);
  const now = after.get(name);
  if (now === undefined) return { kind: "absent" };
  if (then === undefined) return { kind: "appeared", by: safeNumber(now) };
  if (now >= then) return { kind: "rose", by: safeNumber(now - then) };
  // The sum of several CPUs falls by 2^32 for each that wraps.
  if (name.startsWith("softnet.")) return { kind: "rose", by: safeNumber(BigInt.asUintN(32, now - then)) };
  return { kind: "reset" };
}

function safeNumber(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
