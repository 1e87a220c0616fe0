/** Whether a cgroup is another one, or below it: as cgroup_is_descendant() finds it, include/linux/cgroup.h. */
import {
  array,
  type Builder,
  type Condition,
  type KernelTypes,
  kernelStruct,
  optional,
  pointer,
  type Scalar,
  scalar,
} from "../../../bpf/index.ts";
import { BuildError } from "../../../errors.ts";
import { scratch } from "../../core/bare-address.ts";
import { kernfsNode } from "./owner-structs.ts";

const POINTER_BYTES = 8;

/** Each has its ancestors by level, itself the last: by address since Linux 6.1, before that by id. */
const placedCgroup = kernelStruct("cgroup", {
  level: scalar,
  kn: pointer(() => kernfsNode),
  ancestors: optional(array),
  ancestor_ids: optional(array),
});

/** `address` is that of a struct cgroup, or 0; ids are those of folders, levels count from the root, 0. */
export function isInCgroup(
  { b, kernel }: { readonly b: Builder; readonly kernel: KernelTypes },
  address: Scalar,
  { id, level }: { readonly id: bigint; readonly level: number },
): Condition {
  const at = kernel.point(placedCgroup, address.expression, "probe");
  const [found, next] = [scratch(b, "read"), scratch(b, "net_device")];
  const known = b.label("ancestor_known");
  b.set(next, at.level);
  b.set(found, 0);
  b.jumpIf(next.lt(level), known);
  if (at.ancestors !== undefined) {
    b.set(next, at.ancestors.load(POINTER_BYTES, POINTER_BYTES * level));
    b.set(found, kernel.point(placedCgroup, next.expression, "probe").kn.address);
    b.set(next, kernel.point(kernfsNode, found.expression, "probe").id);
    b.set(found, next);
  } else if (at.ancestor_ids !== undefined) b.set(found, at.ancestor_ids.load(8, 8 * level));
  else throw new BuildError("This kernel's BTF does not have the ancestors of a cgroup");
  b.bind(known);
  return found.eq(id);
}
