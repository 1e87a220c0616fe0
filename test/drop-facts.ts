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

type Own = Pick<DropEvent, "id" | "timeNs" | "ktimeNs" | "class" | "outer" | "stack">;

export type DropFacts = Own & PacketFlow & DropSite & Device & Socket & Task & Packet & DropDetail;

export function factsOf(drop: DropEvent): DropFacts {
  const { id, timeNs, ktimeNs, class: dropClass, outer, stack } = drop;
  return {
    id,
    timeNs,
    ktimeNs,
    class: dropClass,
    outer,
    stack,
    ...drop.flow,
    ...drop.site,
    ...(drop.device ?? NO_DEVICE),
    ...(drop.socket ?? NO_SOCKET),
    ...drop.task,
    ...drop.packet,
    ...drop.detail,
  };
}

/** The same drop, with these facts instead of its own. */
export function dropWith(drop: DropEvent, facts: Partial<DropFacts>): DropEvent {
  const { id, timeNs, ktimeNs, class: dropClass, outer, stack } = { ...factsOf(drop), ...facts };
  return {
    kind: "drop",
    id,
    timeNs,
    ktimeNs,
    class: dropClass,
    outer,
    flow: withOwn(drop.flow, facts),
    site: withOwn(drop.site, facts),
    device: unlessEmpty(withOwn(drop.device ?? NO_DEVICE, facts)),
    socket: unlessEmpty(withOwn(drop.socket ?? NO_SOCKET, facts)),
    task: withOwn(drop.task, facts),
    packet: withOwn(drop.packet, facts),
    stack,
    detail: withOwn(drop.detail, facts),
  };
}

const NO_DEVICE: Device = {
  netns: undefined,
  ifindex: undefined,
  ifname: undefined,
  outIfindex: undefined,
  outIfname: undefined,
  mtu: undefined,
};
const NO_SOCKET: Socket = { state: undefined, skCookie: undefined };

/** The group, with those of the facts that it has. */
function withOwn<G extends object>(group: G, facts: Partial<G>): G {
  const own = Object.entries(facts).filter(([name]) => name in group);
  return { ...group, ...Object.fromEntries(own) };
}

function unlessEmpty<G extends object>(group: G): G | undefined {
  return Object.values(group).every((value) => value === undefined) ? undefined : group;
}
