/** The facts of a drop without groups: for tests that compare many, or make drops that differ in a few. */
import type {
  Device,
  DropDetail,
  DropEvent,
  DropSite,
  Packet,
  PacketFlow,
  Socket,
  Task,
} from "../src/model/index.ts";

type Own = Pick<DropEvent, "id" | "timeNs" | "ktimeNs" | "class" | "stack">;

export type DropFacts = Own & PacketFlow & DropSite & Device & Socket & Task & Packet & DropDetail;

export function factsOf(drop: DropEvent): DropFacts {
  const { id, timeNs, ktimeNs, class: dropClass, stack } = drop;
  return {
    id,
    timeNs,
    ktimeNs,
    class: dropClass,
    stack,
    ...drop.flow,
    ...drop.site,
    ...(drop.device ?? { netns: undefined, ifindex: undefined, ifname: undefined }),
    ...(drop.socket ?? { state: undefined, skCookie: undefined }),
    ...drop.task,
    ...drop.packet,
    ...drop.detail,
  };
}

/** The same drop, with these facts instead of its own. */
export function dropWith(drop: DropEvent, facts: Partial<DropFacts>): DropEvent {
  const all = { ...factsOf(drop), ...facts };
  const { id, timeNs, ktimeNs, class: dropClass, stack } = all;
  const { ip, saddr, sport, daddr, dport, addressSource, direction, tunnel } = all;
  const { source, reason, reasonCode, reasonSubsystem, reasonInferred, advice, location, locationAddress } =
    all;
  const { netns, ifindex, ifname, state, skCookie, cpu, pid, tid, comm } = all;
  const { flags, seq, ack, window, payloadLen, skbLen, gsoSegs, mark, stackOmitted, filterBits } = all;
  const hasDevice = netns !== undefined || ifindex !== undefined || ifname !== undefined;
  const hasSocket = state !== undefined || skCookie !== undefined;
  return {
    kind: "drop",
    id,
    timeNs,
    ktimeNs,
    class: dropClass,
    flow: { ip, saddr, sport, daddr, dport, addressSource, direction, tunnel },
    site: { source, reason, reasonCode, reasonSubsystem, reasonInferred, advice, location, locationAddress },
    device: hasDevice ? { netns, ifindex, ifname } : undefined,
    socket: hasSocket ? { state, skCookie } : undefined,
    task: { cpu, pid, tid, comm },
    packet: { flags, seq, ack, window, payloadLen, skbLen, gsoSegs, mark },
    stack,
    detail: { stackOmitted, filterBits },
  };
}
