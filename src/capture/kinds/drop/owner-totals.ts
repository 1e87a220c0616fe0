/**
 * Exact totals by cgroup and site, kept in the kernel where a request asks for them: what the filter leaves is
 * counted there, whatever becomes of the records. Whose a cgroup is, is found out from its id later; how much
 * the drops hurt, from the site.
 */
import { type BpfMap, type MapSpec, Scalar } from "../../../bpf/index.ts";
import { struct, u64 } from "../../../bytes/struct.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { scratch } from "../../core/bare-address.ts";
import { owner } from "../../sections/owner/owner.ts";
import type { DropContext } from "./context.ts";
import { ownerKey } from "./cpu-memory.ts";
import { type KernelSite, siteOf } from "./site-totals.ts";
import { siteKind } from "./sites.ts";

/** What was dropped at one site of the sockets of one cgroup: exact, as totals by site are. In skbs. */
export interface KernelOwnerTotal {
  /** 0 without a socket that says one; undefined for what came when the map was full. */
  readonly cgroupId: bigint | undefined;
  /** Undefined for what came when the map was full. */
  readonly site: KernelSite | undefined;
  readonly count: number;
}

/** Sites of cgroups with a total of their own; a host of Kubernetes has some thousands of cgroups. */
const MAX_TOTALS = 16_384;

const ownerTotal = struct("owner_total", 8, { count: u64(0) });

/** No cgroup has this id: it stands for all that found the map full. */
const REST = 0xffff_ffff_ffff_ffffn;

export const OWNERS_MAP: MapSpec = Object.freeze({
  name: "owners",
  kind: "percpu-hash",
  keySize: ownerKey.size,
  valueSize: ownerTotal.size,
  maxEntries: MAX_TOTALS + 1,
});

/** The entry that is there before any drop. */
export function prepareOwners(owners: BpfMap): void {
  owners.update(ownerKey.encode({ cgroupId: REST }), ownerTotal.encode({}));
}

/** Counts the drop by its socket's cgroup. */
export function countOwner(drop: DropContext, owners: MapSpec): void {
  const { b, cpu, facts, location, reason, record } = drop;
  const key = cpu.inside("ownerKey", ownerKey);
  key.set("cgroupId", record.demand(owner, drop).get("cgroupId"));
  key.set("location", location);
  key.set("reason", reason ?? 0);
  key.set("kind", siteKind(facts));
  const found = b.label("owner_found");
  // The stack has room for little more.
  const entry = scratch(b, "read");
  const lookUp = (): void => {
    b.set(
      entry,
      b.call(uapi.BPF_FUNC_map_lookup_elem, [owners, cpu.addressOf("ownerKey")], "map_lookup_elem owners"),
    );
    b.jumpIf(entry.notZero(), found);
  };
  lookUp();
  const word = b.buffer(ownerTotal.size);
  b.store(8, word.address, 0, 0, "new total =");
  b.call(
    uapi.BPF_FUNC_map_update_elem,
    [owners, cpu.addressOf("ownerKey"), word.address, uapi.BPF_NOEXIST],
    "map_update_elem owners",
  );
  lookUp();
  key.clear();
  key.set("cgroupId", Scalar.constant(REST));
  lookUp();
  // It is there since before the program ran; but the verifier wants to know.
  drop.count.add("lost", 1);
  b.leave();
  b.bind(found);
  b.store(8, entry, 0, b.loadFrom(8, entry, 0, "owner's total").add(1), "owner's total +=");
}

/** In no order; what is first met meanwhile may be missing. `hasReasons`: the kernel gives a reason. */
export function readOwnerTotals(owners: BpfMap, hasReasons: boolean): readonly KernelOwnerTotal[] {
  return [...owners.keys()].flatMap((bytes): readonly KernelOwnerTotal[] => {
    const key = ownerKey.decode(bytes);
    const count = (owners.lookup(bytes) ?? []).reduce(
      (sum, cpu) => sum + cpu.u64AsNumber(ownerTotal.fields.count.offset),
      0,
    );
    if (count === 0) return [];
    const { cgroupId } = key;
    if (cgroupId === REST) return [{ cgroupId: undefined, site: undefined, count }];
    return [{ cgroupId, site: siteOf(key, hasReasons), count }];
  });
}
