/** CPU lists as the kernel writes them: "0-3,8,10-11". */
import { readFileSync } from "node:fs";
import { DecodeError } from "../errors.ts";

/**
 * How many CPUs can ever be: per-CPU maps have a value for each.
 *
 * @example
 * ```ts
 * import { createMap, indexKey, possibleCpus } from "tcpdrop/ebpf";
 *
 * using map = createMap({ name: "hits", kind: "percpu-array", keySize: 4, valueSize: 8, maxEntries: 1 });
 * console.log(map.lookup(indexKey(0))?.length === possibleCpus());
 * // prints: true
 * ```
 */
export function possibleCpus(root = "/"): number {
  return parseCpuList(readFileSync(`${root.replace(/\/$/, "")}/sys/devices/system/cpu/possible`, "utf8"));
}

/** The number of CPUs in a list; a DecodeError where it is none. */
export function parseCpuList(text: string): number {
  let count = 0;
  for (const part of text.trim().split(",")) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part);
    if (match === null) throw new DecodeError("cpu list", 0, `"${part}" is not a CPU or a range of CPUs`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) throw new DecodeError("cpu list", 0, `the range ${part} runs backwards`);
    count += last - first + 1;
  }
  return count;
}
