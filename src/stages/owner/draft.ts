/** What was found out, before numbers get names. */
import type { OwnerBy, OwnerCertainty, OwnerMissing, SocketIdentity } from "../../model/index.ts";
import type { Holder } from "./holder.ts";

export interface Draft {
  readonly by: OwnerBy;
  readonly certainty: OwnerCertainty | undefined;
  readonly missing: OwnerMissing | undefined;
  readonly holder: Holder | undefined;
  /** Of the socket, where it is the one that is meant. */
  readonly uid: number | undefined;
  readonly socketCgroupId: bigint | undefined;
  readonly hint: string | undefined;
}

/** The root cgroup, which has everything that nobody put anywhere; all without cgroup v2. */
const ROOT_CGROUP = 1n;

/** What the record alone says. `missing` is absent where processes are not looked for. */
export function draftOfRecord(
  { cgroupId, uid }: Pick<SocketIdentity, "cgroupId" | "uid">,
  missing: OwnerMissing | undefined,
): Draft {
  const hasCgroup = cgroupId !== undefined && cgroupId > ROOT_CGROUP;
  return {
    by: hasCgroup ? "cgroup" : "none",
    // Whoever created the socket there may have handed it on, or left.
    certainty: hasCgroup ? "likely" : undefined,
    missing,
    holder: undefined,
    uid,
    socketCgroupId: hasCgroup ? cgroupId : undefined,
    hint: undefined,
  };
}

export function draftOfNobody(missing: OwnerMissing, hint?: string): Draft {
  return {
    by: "none",
    certainty: undefined,
    missing,
    holder: undefined,
    uid: undefined,
    socketCgroupId: undefined,
    hint,
  };
}
