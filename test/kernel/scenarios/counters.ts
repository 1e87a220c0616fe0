/** The kernel's counters of a namespace, by their nstat names. */
import { existsSync, readFileSync } from "node:fs";
import type { Netns } from "../../../src/lab/netns.ts";

const DIRECTORY = "/proc/thread-self/net";

export function readCounters(host: Netns): ReadonlyMap<string, number> {
  const [snmp, netstat, snmp6, xfrm] = host.inside(() => ["snmp", "netstat", "snmp6", "xfrm_stat"].map(read));
  const counters = new Map<string, number>();
  for (const line of `${snmp6}\n${xfrm}`.split("\n")) {
    const [name = "", value] = line.split(/\s+/);
    counters.set(name, Number(value));
  }
  for (const text of [snmp, netstat]) readGroups(text ?? "", counters);
  return counters;
}

/** A kernel without IPsec, for instance, has no such file. */
function read(file: string): string {
  const path = `${DIRECTORY}/${file}`;
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Two lines a group: "Tcp: RtoAlgorithm ...", then "Tcp: 1 ...". */
function readGroups(text: string, into: Map<string, number>): void {
  const lines = text.split("\n").map((line) => line.split(" "));
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [group = "", ...names] = lines[at] ?? [];
    for (const [index, name] of names.entries()) into.set(group.replace(":", "") + name, Number(lines[at + 1]?.[index + 1]));
  }
}
