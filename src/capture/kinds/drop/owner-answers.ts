/**
 * What user space has answered of owners, in the kernel: once it has found whose a socket is, the program rejects
 * drops of the same owner by itself, for a quarter of a second. It lets pass what it does not know: user space decides then.
 */
import type { BpfMap, MapSpec } from "../../../bpf/index.ts";
import { struct, u64 } from "../../../bytes/struct.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { scratch } from "../../core/bare-address.ts";
import { eventClockNs } from "../../core/event-clock.ts";
import { owner } from "../../sections/owner/owner.ts";
import type { DropContext } from "./context.ts";
import type { ProbeRequest } from "./request.ts";

/** By what owners are told apart: the inode of the socket's file, or its cgroup. Neither is ever 0. */
export type OwnerKey = NonNullable<ProbeRequest["answersBy"]>;

/** Owners whose answers are kept; more push out those that were asked for longest ago. */
const MAX_OWNERS = 16_384;

const answersOf = struct("owner_answers", 16, {
  /** CLOCK_BOOTTIME; no answer holds for longer. */
  untilNs: u64(0),
  /** Bits of ANSWER. */
  answers: u64(8),
});

export const ANSWERS_MAP: MapSpec = Object.freeze({
  name: "owner_answers",
  kind: "lru-hash",
  keySize: 8,
  valueSize: answersOf.size,
  maxEntries: MAX_OWNERS,
});

/** Asks the map for the drop's owner, into this CPU's memory. */
export function readAnswers(drop: DropContext, map: MapSpec, by: OwnerKey): void {
  const { b, cpu, record } = drop;
  const key = record.demand(owner, drop).addressOf(by);
  const done = b.label("answers_known");
  const [found, now] = [scratch(b, "read"), scratch(b, "net_device")];
  cpu.set("answers", 0);
  b.set(now, eventClockNs(b));
  b.set(found, b.call(uapi.BPF_FUNC_map_lookup_elem, [map, key], "map_lookup_elem owner_answers"));
  b.jumpIf(found.isZero(), done);
  const { untilNs, answers } = answersOf.fields;
  b.jumpIf(b.loadFrom(8, found, untilNs.offset, "answers.untilNs").lt(now), done);
  cpu.set("answers", b.loadFrom(8, found, answers.offset, "answers.answers"));
  b.bind(done);
}

/** Where the map has no room the program goes on to ask. */
export function writeAnswers(
  map: BpfMap,
  key: bigint,
  { untilNs, answers }: { readonly untilNs: bigint; readonly answers: bigint },
): void {
  map.update(
    Uint8Array.from(new Uint8Array(BigUint64Array.of(key).buffer)),
    answersOf.encode({ untilNs, answers }),
  );
}
