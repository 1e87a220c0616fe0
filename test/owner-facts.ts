/** Owners for tests: each is what its few facts say. */
import type { Owner, OwnerProcess, Workload } from "../src/model/index.ts";

export type OwnerFacts = Omit<Owner, "process" | "workload"> & OwnerProcess & Workload;

export const NO_WORKLOAD: Workload = {
  unit: undefined,
  runtime: undefined,
  containerId: undefined,
  container: undefined,
  image: undefined,
  containerOuter: undefined,
  pod: undefined,
  podNamespace: undefined,
  podUid: undefined,
};

/** Of a process where `comm` or `pid` is among the facts, in a workload where one of its facts is. */
export function ownerOf(facts: Partial<OwnerFacts> = {}): Owner {
  const { pid, comm, startNs, exe, ...rest } = facts;
  const hasProcess = pid !== undefined || comm !== undefined;
  const process = hasProcess ? { pid: pid ?? 1234, comm: comm ?? "nginx", startNs, exe } : undefined;
  const ofWorkload = Object.entries(facts).filter(([name]) => name in NO_WORKLOAD);
  const workload =
    ofWorkload.length === 0 ? undefined : { ...NO_WORKLOAD, ...Object.fromEntries(ofWorkload) };
  const { by = hasProcess ? "socket" : "none" } = rest;
  return Object.freeze({
    by,
    certainty: rest.certainty ?? (by === "none" ? undefined : "certain"),
    missing: rest.missing ?? (hasProcess ? undefined : "not_found"),
    process,
    holders: rest.holders,
    uid: rest.uid,
    user: rest.user,
    cgroup: rest.cgroup,
    socketCgroup: rest.socketCgroup,
    workload,
    hint: rest.hint,
  });
}
