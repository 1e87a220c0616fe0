/** Creates maps on this machine. */
import { BpfMap, type MapSpec } from "../bpf/index.ts";
import { possibleCpus } from "../host/cpus.ts";
import { libcSyscalls } from "../sys/libc.ts";
import type { SyscallOptions } from "./options.ts";

export interface MapOptions extends SyscallOptions {
  /**
   * How many values an entry of a per-CPU map has: by default one for each CPU that this machine can have.
   */
  readonly possibleCpus?: number | undefined;
}

/**
 * Creates a map. Disposing closes it; it lives on while a program uses it.
 *
 * @example
 * ```ts
 * import { createMap, indexKey, struct, u64 } from "tcpdrop/ebpf";
 *
 * const counter = struct("counter", 8, { hits: u64(0) });
 * using map = createMap({ name: "hits", kind: "array", keySize: 4, valueSize: counter.size, maxEntries: 2 });
 * map.update(indexKey(1), counter.encode({ hits: 7n }));
 * const [value] = map.lookup(indexKey(1)) ?? [];
 * console.log(value?.u64(0));
 * // prints: 7n
 * ```
 */
export function createMap(spec: MapSpec, options: MapOptions = {}): BpfMap {
  const { sys = libcSyscalls, possibleCpus: cpus = possibleCpus() } = options;
  return BpfMap.create(sys, spec, cpus);
}
