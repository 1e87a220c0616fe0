/**
 * Counters of connection tracking in the namespace of this thread: /proc/net/stat/nf_conntrack, a line of
 * hexadecimal numbers for each CPU under a line of names (ct_cpu_seq_show(),
 * net/netfilter/nf_conntrack_standalone.c). Not there without conntrack, or without CONFIG_NF_CONNTRACK_PROCFS.
 */
import { readSmall } from "./below-root.ts";

const FILE = "proc/thread-self/net/stat/nf_conntrack";
const COUNTERS = ["drop", "early_drop", "insert_failed", "invalid"] as const;
const HEX = /^[0-9a-f]{1,16}$/i;

/** "conntrack.drop" and so on; empty where the file is not there. */
export function readConntrackCounters(root = "/"): ReadonlyMap<string, bigint> {
  const [names = "", ...cpus] = (readSmall(root, FILE) ?? "").split("\n");
  const columns = names.trim().split(/\s+/);
  const sums = new Map<string, bigint>();
  for (const name of COUNTERS) {
    const column = columns.indexOf(name);
    if (column < 0) continue;
    const values = cpus.map((line) => line.trim().split(/\s+/)[column] ?? "");
    const numbers = values.filter((value) => HEX.test(value)).map((value) => BigInt(`0x${value}`));
    sums.set(
      `conntrack.${name}`,
      numbers.reduce((sum, value) => sum + value, 0n),
    );
  }
  return sums;
}
