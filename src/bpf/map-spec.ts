/** Maps as data: described here, created by maps.ts. */

export type MapKind =
  | "array"
  | "percpu-array"
  | "hash"
  | "percpu-hash"
  | "lru-hash"
  | "lpm-trie"
  | "ring-buffer";

export interface MapSpec {
  /** At most 15 bytes are kept by the kernel. */
  readonly name: string;
  readonly kind: MapKind;
  /**
   * Bytes; 0 for a ring buffer. An lpm-trie's key is a prefix's length in bits, a u32, and as many bytes as
   * the longest has.
   */
  readonly keySize: number;
  /** Bytes of one value on one CPU; 0 for a ring buffer. */
  readonly valueSize: number;
  /** Entries; for a ring buffer its bytes, a power of two of at least one page. */
  readonly maxEntries: number;
}
