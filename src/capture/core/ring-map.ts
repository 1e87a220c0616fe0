/** The one ring through which records of all kinds come, in the order in which they got room there. */
import type { MapSpec } from "../../bpf/index.ts";

/** `bytes`: a power of two, at least one page. */
export function ringMap(bytes: number): MapSpec {
  return { name: "records", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: bytes };
}
