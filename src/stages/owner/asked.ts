/** The lookup of owners, for the runs that ask for it: others do not even load it. */
import { type TraceRequest, wantsOwners } from "../../settings/request.ts";
import type { OpenLive } from "../../source/open-live.ts";
import type { Lookup } from "../lookup.ts";
import type { CgroupOwnersOfHost } from "./cgroup-owners.ts";

/** What a run looks up beside its events. Closes the source where this fails. */
export type OpenLookups = (live: OpenLive) => readonly Lookup[];

/** To be called before anything is attached: loading takes some milliseconds. */
export async function lookupsOf(request: TraceRequest): Promise<OpenLookups> {
  if (!wantsOwners(request)) return () => [];
  const { ownerLookups } = await import("./open-owner-lookup.ts");
  return (live) => ownerLookups(request, live);
}

/** What names totals by owner, for the runs that want these; to be called before anything is attached. */
export async function cgroupOwnersOf({
  ownerTotals,
}: TraceRequest): Promise<(() => CgroupOwnersOfHost) | undefined> {
  if (ownerTotals !== true) return undefined;
  const { CgroupOwnersOfHost: Owners } = await import("./cgroup-owners.ts");
  return () => new Owners();
}
