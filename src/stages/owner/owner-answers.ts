/** Drafts with names: the Owner that events get. */
import type { Owner, OwnerProcess, Workload } from "../../model/index.ts";
import type { Draft } from "./draft.ts";
import type { Holder } from "./holder.ts";
import { cgroupOfProcess, type OwnerNames } from "./owner-names.ts";

/** A frozen object. `before` is given back where it says the same: sinks encode each object once. */
export function ownerOf(draft: Draft, names: OwnerNames, before?: Owner): Owner {
  const owner = make(draft, names);
  return before !== undefined && isSame(before, owner) ? before : Object.freeze(owner);
}

function make(draft: Draft, names: OwnerNames): Owner {
  const { by, certainty, missing, holder, hint, socketCgroupId } = draft;
  // Of one that is remembered the number may be another's by now: `process` knows by the start.
  const isNow = by !== "remembered" && by !== "former_listener";
  const seen = holder === undefined ? undefined : names.process({ ...holder, isNow });
  const ofSocket = socketCgroupId === undefined ? undefined : names.cgroupPath(socketCgroupId);
  const ofProcess = holder === undefined ? undefined : cgroupOfProcess(names, holder.cgroupId, seen);
  const cgroup = ofProcess ?? ofSocket;
  const livePid = seen === undefined ? undefined : holder?.pid;
  const workload = cgroup === undefined ? undefined : names.workload(cgroup, livePid);
  const uid = holder?.uid ?? draft.uid;
  const holders = holder?.holders;
  return {
    by,
    certainty,
    missing,
    process: holder === undefined ? undefined : processOf(holder, seen?.exe),
    holders: holders !== undefined && holders > 1 ? holders : undefined,
    uid,
    user: uid === undefined || isContainer(workload) ? undefined : names.user(uid),
    cgroup,
    socketCgroup: ofSocket === cgroup || holder?.cgroupId === socketCgroupId ? undefined : ofSocket,
    workload,
    hint,
  };
}

function processOf({ pid, startNs, comm }: Holder, exe: string | undefined): OwnerProcess {
  return Object.freeze({ pid, startNs, comm, exe });
}

function isContainer(workload: Workload | undefined): boolean {
  return workload?.containerId !== undefined || workload?.container !== undefined;
}

function isSame(a: Owner, b: Owner): boolean {
  return (
    a.process?.pid === b.process?.pid &&
    a.process?.startNs === b.process?.startNs &&
    a.process?.comm === b.process?.comm &&
    a.process?.exe === b.process?.exe &&
    a.workload === b.workload &&
    OTHERS.every((field) => a[field] === b[field])
  );
}

const OTHERS = [
  "by",
  "certainty",
  "missing",
  "holders",
  "uid",
  "user",
  "cgroup",
  "socketCgroup",
  "hint",
] as const;
