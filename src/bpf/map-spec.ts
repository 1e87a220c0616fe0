/** Maps as plain data, created by maps.ts. */

export type MapKind =
  | "array"
  | "percpu-array"
  | "hash"
  | "percpu-hash"
  | "lru-hash"
  | "lpm-trie"
  | "ring-buffer";

export interface MapSpec {
  /** The kernel keeps at most 15 bytes. */
  readonly name: string;
  readonly kind: MapKind;
  /**
   * Bytes; 0 for a ring buffer. The key of an lpm-trie is the prefix length in bits (u32), then the bytes of
   * the longest prefix.
   */
  readonly keySize: number;
  /** Bytes of one value, on one CPU; 0 for a ring buffer. */
  readonly valueSize: number;
  /** Entries; for a ring buffer its size in bytes, a power of two of at least one page. */
  readonly maxEntries: number;
}
