/**
 * Exact totals by cgroup, kept in the kernel where a request asks for them: what the filter leaves is counted
 * there, whatever becomes of the records. Whose a cgroup is, is found out from its id later.
 */
import { type BpfMap, type MapSpec, Scalar } from "../../../bpf/index.ts";
import { struct, u64 } from "../../../bytes/struct.ts";
import type { OwnerTotal } from "../../../model/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { scratch } from "../../core/bare-address.ts";
import { owner } from "../../sections/owner/owner.ts";
import type { DropContext } from "./context.ts";

/** Cgroups with a total of their own; a host of Kubernetes has some thousands. */
const MAX_CGROUPS = 16_384;

const cgroupKey = struct("cgroup_key", 8, { id: u64(0) });
const cgroupTotal = struct("cgroup_total", 8, { count: u64(0) });

/** No cgroup has these ids: of drops without a socket that says one, and of all that found the map full. */
const UNKNOWN = 0n;
const REST = 0xffff_ffff_ffff_ffffn;

export const OWNERS_MAP: MapSpec = Object.freeze({
  name: "owners",
  kind: "percpu-hash",
  keySize: cgroupKey.size,
  valueSize: cgroupTotal.size,
  maxEntries: MAX_CGROUPS + 2,
});

/** The two entries that are there before any drop. */
export function prepareOwners(owners: BpfMap): void {
  for (const id of [UNKNOWN, REST]) owners.update(cgroupKey.encode({ id }), cgroupTotal.encode({}));
}

/** Counts the drop by its socket's cgroup. */
export function countOwner(drop: DropContext, owners: MapSpec): void {
  const { b, record } = drop;
  const memory = record.demand(owner, drop);
  const key = memory.addressOf("cgroupId");
  const found = b.label("owner_found");
  // The stack has room for little more.
  const entry = scratch(b, "read");
  const lookUp = (id: Scalar): void => {
    b.set(entry, b.call(uapi.BPF_FUNC_map_lookup_elem, [owners, id], "map_lookup_elem owners"));
    b.jumpIf(entry.notZero(), found);
  };
  lookUp(key);
  const word = b.buffer(cgroupTotal.size);
  b.store(8, word.address, 0, 0, "new total =");
  b.call(
    uapi.BPF_FUNC_map_update_elem,
    [owners, key, word.address, uapi.BPF_NOEXIST],
    "map_update_elem owners",
  );
  lookUp(key);
  b.store(8, word.address, 0, Scalar.constant(REST), "cgroup.id = rest");
  lookUp(word.address);
  // It is there since before the program ran; but the verifier wants to know.
  drop.count.add("lost", 1);
  b.leave();
  b.bind(found);
  b.store(8, entry, 0, b.loadFrom(8, entry, 0, "owner's total").add(1), "owner's total +=");
}

/** In no order; a cgroup that is first met meanwhile may be missing. */
export function readOwnerTotals(owners: BpfMap): readonly OwnerTotal[] {
  return [...owners.keys()].flatMap((key): readonly OwnerTotal[] => {
    const { id } = cgroupKey.decode(key);
    const count = (owners.lookup(key) ?? []).reduce(
      (sum, cpu) => sum + cpu.u64AsNumber(cgroupTotal.fields.count.offset),
      0,
    );
    if (count === 0) return [];
    if (id === UNKNOWN || id === REST)
      return [Object.freeze({ of: id === REST ? "rest" : "unknown", cgroupId: undefined, count })];
    return [Object.freeze({ of: "cgroup", cgroupId: id, count })];
  });
}
