/**
 * Exact totals by cgroup, kept in the kernel where a request asks for them: what the filter leaves is counted
 * there, whatever becomes of the records. Whose a cgroup is, is found out from its id later.
 */
import { type BpfMap, type MapSpec, Scalar } from "../../../bpf/index.ts";
import { struct, u64 } from "../../../bytes/struct.ts";
import type { OwnerTotal } from "../../../model/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
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
  const key = b.buffer(cgroupKey.size);
  b.store(8, key.address, 0, memory.get("cgroupId"), "cgroup.id =");
  const found = b.label("owner_found");
  const entry = b.variable("owner's total");
  const lookUp = (): void => {
    b.set(entry, b.lookup(owners, key));
    b.jumpIf(entry.notZero(), found);
  };
  lookUp();
  const fresh = b.buffer(cgroupTotal.size);
  b.store(8, fresh.address, 0, 0, "new total =");
  b.call(
    uapi.BPF_FUNC_map_update_elem,
    [owners, key.address, fresh.address, uapi.BPF_NOEXIST],
    "map_update_elem owners",
  );
  lookUp();
  b.store(8, key.address, 0, Scalar.constant(REST), "cgroup.id = rest");
  lookUp();
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
