/**
 * Exact totals by site (reason, location, family, and whether it is a copy), kept in the kernel, so that they
 * stay right whatever becomes of the records.
 *
 * A CPU has some slots of its own, each for the first site whose address leads to it: a storm comes from few
 * sites, and these cost no search. All others are in a map, which is bounded and has its entries made before
 * they are needed; what comes when it is full is counted under one key of zeros, which no site has, since each
 * has a location.
 */
import {
  all,
  type Builder,
  type Label,
  type MapSpec,
  type Scalar,
  type StackBuffer,
  StructMemory,
} from "../../../bpf/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import type { DropContext, TotalMemory } from "./context.ts";
import { COPY_KIND, SITE_SLOTS, siteKey, siteSlot, siteTotal } from "./cpu-memory.ts";
import { SECOND_NS } from "./limits.ts";

const LOCATION_AT = siteKey.fields.location.offset;
const REASON_AT = siteKey.fields.reason.offset;
const TOTAL_AT = siteSlot.fields.total.offset;
const SLOT_SHIFT = Math.log2(siteSlot.size);

/** Counts the drop, and sets the variable that `drop.total` is read by. */
export function countSite(drop: DropContext, entry: Scalar, sites: MapSpec): void {
  const { b, facts, location, reason, total, nowNs } = drop;
  const key = b.buffer(siteKey.size);
  b.store(8, key.address, LOCATION_AT, location, "site.location =");
  b.store(4, key.address, REASON_AT, reason ?? 0, "site.reason =");
  b.store(4, key.address, siteKey.fields.kind.offset, siteKind(facts), "site.kind =");
  const found = b.label("site_found");
  findSlot(drop, key, entry, found);
  findInMap(drop, key, entry, sites, found);
  b.bind(found);
  total.add("count", 1);
  total.set("lastNs", nowNs);
}

/** The part of a site's key that says family and copy. */
export function siteKind(facts: DropContext["facts"]): Scalar {
  return facts.get("version").or(facts.get("copy").shiftLeft(Math.log2(COPY_KIND)));
}

/** Goes to `found` where the site has a slot on this CPU, or gets one. */
function findSlot({ b, cpu }: DropContext, key: StackBuffer, entry: Scalar, found: Label): void {
  const [location, rest] = [key.load(8, LOCATION_AT), key.load(8, REASON_AT)];
  const another = b.label("no_slot");
  // None: the caller of a traced function that could not be found.
  b.jumpIf(location.isZero(), another);
  const index = location
    .xor(location.shiftRight(SLOT_SHIFT))
    .xor(rest)
    .and(SITE_SLOTS - 1);
  const slot = b.keep(cpu.addressOf("siteSlots").add(index.shiftLeft(SLOT_SHIFT)), "site's slot");
  const at = (offset: number): Scalar => b.loadFrom(8, slot, offset, "site's slot");
  b.set(entry, slot.add(TOTAL_AT));
  b.jumpIf(all(at(LOCATION_AT).eq(location), at(REASON_AT).eq(rest)), found);
  b.jumpIf(at(LOCATION_AT).notZero(), another);
  b.store(8, slot, LOCATION_AT, location, "slot.location =");
  b.store(8, slot, REASON_AT, rest, "slot.reason, slot.kind =");
  b.jump(found);
  b.bind(another);
}

/** Goes to `found` with the site's entry of the map, or leaves the program. */
function findInMap(
  { b, count }: DropContext,
  key: StackBuffer,
  entry: Scalar,
  sites: MapSpec,
  found: Label,
): void {
  const lookUp = (): void => {
    b.set(entry, b.lookup(sites, key));
    b.jumpIf(entry.notZero(), found);
  };
  lookUp();
  const fresh = b.buffer(siteTotal.size);
  for (let at = 0; at < siteTotal.size; at += 8) b.store(8, fresh.address, at, 0, "new total =");
  b.call(
    uapi.BPF_FUNC_map_update_elem,
    [sites, key.address, fresh.address, uapi.BPF_NOEXIST],
    "map_update_elem sites",
  );
  lookUp();
  for (let at = 0; at < siteKey.size; at += 8) b.store(8, key.address, at, 0, "site's key =");
  lookUp();
  // User space has made that one before the program ran; but the verifier wants to know.
  count.add("lost", 1);
  b.leave();
}

/** The memory of an entry that countSite() will set. */
export function totalAt(b: Builder, entry: Scalar): TotalMemory {
  return new StructMemory(b, siteTotal, entry);
}

/** Takes one of so many stacks that the site may have in a second on this CPU; else goes on with `omit`. */
export function takeStack({ b, total, nowNs }: DropContext, perSecond: number, omit: Label): void {
  b.if(nowNs.sub(total.get("stacksSinceNs")).ge(SECOND_NS), () => {
    total.set("stacksSinceNs", nowNs);
    total.set("stacks", 0);
  });
  b.jumpIf(total.get("stacks").ge(perSecond), omit);
  total.add("stacks", 1);
}
