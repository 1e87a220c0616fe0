/** What the drop program keeps for each CPU, and the maps that it uses. */
import type { MapSpec } from "../../../bpf/index.ts";
import { bytes, struct, u32, u64 } from "../../../bytes/struct.ts";
import { facts } from "../../core/facts.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { recordRoom } from "../../core/record-writer.ts";
import { guard } from "../../core/recursion-guard.ts";
import { transitDevice } from "../../core/transit.ts";

/** Reasons with their own hidden counter; codes beyond share the last. */
export const COUNTED_REASONS = 256;

/** What the program counts on each CPU; every TCP drop ends in exactly one of those behind `seen`. */
export const counters = struct("counters", 72, {
  seen: u64(0),
  sent: u64(8),
  hiddenNormal: u64(16),
  hiddenCopy: u64(24),
  filtered: u64(32),
  lost: u64(40),
  /** The IP or TCP header is not in the linear part of the skb. */
  notLinear: u64(48),
  /** The header is not set yet, or does not hold what skb->protocol says. */
  notHeader: u64(56),
  /** Seen, and no event wanted: sampling, a rate limit, totals alone. */
  limited: u64(64),
});

/** A site, for one family: `kind` is the IP version, and COPY_KIND more for a copy. */
export const siteKey = struct("site_key", 16, { location: u64(0), reason: u32(8), kind: u32(12) });
export const COPY_KIND = 1 << 8;

/** A site, for the sockets of one cgroup: see owner-totals.ts. */
export const ownerKey = struct("owner_key", 8 + siteKey.size, {
  cgroupId: u64(0),
  location: u64(8),
  reason: u32(16),
  kind: u32(20),
});

/**
 * What one CPU counted at a site, how many of its stacks were walked in the second that began at
 * `stacksSinceNs`, and what the map of harmless sites said of it at `askedNs` (0 where it is not in there).
 * Times are CLOCK_BOOTTIME.
 */
export const siteTotal = struct("site_total", 48, {
  count: u64(0),
  lastNs: u64(8),
  stacksSinceNs: u64(16),
  stacks: u64(24),
  askedNs: u64(32),
  harmless: u32(40),
});
/** Distinct sites with a total of their own. 6.18 has some 500 that drop; a busy host shows a few dozen. */
const MAX_SITES = 1024;

/** A site that a CPU found by its address, without a search: see sites.ts. */
export const siteSlot = struct("site_slot", siteKey.size + siteTotal.size, {
  key: bytes(0, siteKey.size),
  total: bytes(siteKey.size, siteTotal.size),
});
/** A power of two. */
export const SITE_SLOTS = 64;

/** A site where all is harmless: the key of the map of these, and its values. */
export const harmlessKey = struct("harmless_site", 16, { location: u64(0), reason: u64(8) });
export const HARMLESS = { normal: 1, copy: 2 } as const;
export const MAX_HARMLESS_SITES = 256;

/** All CPUs' events in the second that began at `sinceNs`. */
export const pace = struct("pace", 16, { sinceNs: u64(0), count: u64(8) });

const HIDDEN_AT = counters.size;
const HIDDEN_BYTES = 8 * COUNTED_REASONS;
const FACTS_AT = HIDDEN_AT + 2 * HIDDEN_BYTES;
const GUARD_AT = FACTS_AT + facts.size;
const TRANSIT_AT = GUARD_AT + guard.size;
const SAMPLE_AT = TRANSIT_AT + transitDevice.size;
const SOCKET_AT = SAMPLE_AT + 8;
const OWNER_KEY_AT = SOCKET_AT + 32;
const SITES_AT = OWNER_KEY_AT + ownerKey.size;

/** One CPU's memory; the record that is being written follows it. */
export const cpuMemory = struct("per_cpu", SITES_AT + SITE_SLOTS * siteSlot.size, {
  counters: bytes(0, counters.size),
  hiddenNormalByReason: bytes(HIDDEN_AT, HIDDEN_BYTES),
  hiddenCopyByReason: bytes(HIDDEN_AT + HIDDEN_BYTES, HIDDEN_BYTES),
  facts: bytes(FACTS_AT, facts.size),
  guard: bytes(GUARD_AT, guard.size),
  transit: bytes(TRANSIT_AT, transitDevice.size),
  /** Drops that are passed over until the next one is sent, where one of several is. */
  sampleLeft: u64(SAMPLE_AT),
  /** Where owners are wanted: address of the believed socket, cookie of the namespace; or 0. */
  believed: u64(SOCKET_AT),
  netnsCookie: u64(SOCKET_AT + 8),
  /** Where a filter asks for it: address of the socket's cgroup, or 0. */
  cgroup: u64(SOCKET_AT + 16),
  /** The same: what user space answered for the owner. */
  answers: u64(SOCKET_AT + 24),
  /** Where drops are counted by cgroup: what this one is counted under. */
  ownerKey: bytes(OWNER_KEY_AT, ownerKey.size),
  siteSlots: bytes(SITES_AT, SITE_SLOTS * siteSlot.size),
});

export interface DropMaps {
  readonly perCpu: MapSpec;
  readonly ring: MapSpec;
  /** Sites of which all is harmless; see hidden.ts. */
  readonly harmless: MapSpec;
  /** What was dropped where; see sites.ts. */
  readonly sites: MapSpec;
  /** How many were sent in this second; see limits.ts. */
  readonly pace: MapSpec;
  /** What was dropped whose, where that is asked for; see owner-totals.ts. */
  readonly owners?: MapSpec;
  /** Where the filter asks for owners: see owner-answers.ts. */
  readonly answers?: MapSpec;
}

export function dropMaps(ring: MapSpec, layout: RecordLayout<never>): DropMaps {
  return {
    ring,
    perCpu: {
      name: "per_cpu",
      kind: "percpu-array",
      keySize: 4,
      valueSize: cpuMemory.size + recordRoom(layout),
      maxEntries: 1,
    },
    harmless: {
      name: "harmless_sites",
      kind: "hash",
      keySize: harmlessKey.size,
      valueSize: 4,
      maxEntries: MAX_HARMLESS_SITES,
    },
    sites: {
      name: "sites",
      kind: "percpu-hash",
      keySize: siteKey.size,
      valueSize: siteTotal.size,
      maxEntries: MAX_SITES,
    },
    pace: { name: "pace", kind: "array", keySize: 4, valueSize: pace.size, maxEntries: 1 },
  };
}
