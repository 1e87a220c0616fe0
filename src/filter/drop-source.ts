/** What a DropEvent tells of the drop. Bytes of headers are not in it, nor the length of the packet. */
import { type DropEvent, TCP_FLAGS } from "../event.ts";
import { address4Of, address6Of } from "../filter-language/index.ts";
import { type Source, UNKNOWN } from "./source.ts";

/** Addresses that are kept as numbers; the texts are few, and shared. */
const MAX_KEPT = 4096;

/** A source with a memory of its own. */
export function dropSource(): Source<DropEvent> {
  const addresses4 = kept(address4Of);
  const addresses6 = kept(address6Of);
  return {
    family: ({ ip }) => ip,
    address4: ({ saddr, daddr }, end) => addresses4(end === "src" ? saddr : daddr),
    address6: ({ saddr, daddr }, end) => addresses6(end === "src" ? saddr : daddr),
    // The event does not say why it has no ports; for most of those without, nobody could have known them.
    tcpHeader: ({ sport }) => (sport === undefined ? "fragment" : "readable"),
    port: ({ sport, dport }, end) => (end === "src" ? sport : dport) ?? 0,
    flags: ({ flags }) => flags?.reduce((bits, flag) => bits | (1 << TCP_FLAGS.indexOf(flag)), 0) ?? 0,
    len: undefined,
    payload: ({ payloadLen }) => payloadLen ?? Number.NaN,
    bytes: undefined,
    reason: ({ reason }) => reason,
    reasonCode: ({ reasonCode }) => reasonCode,
    class: (drop) => drop.class,
    state: ({ state }) => state,
    direction: ({ direction }) => direction,
    netns: ({ netns }) => netns,
    pid: ({ cpuPid }) => cpuPid,
    comm: ({ cpuComm }) => cpuComm,
    iface: ({ ifname, ifindex }) => ifname ?? (ifindex === undefined ? undefined : UNKNOWN),
    mark: ({ mark }) => mark,
    location: ({ location }) => location,
    locationAddress: ({ locationAddress }) => locationAddress,
  };
}

function kept<V>(make: (text: string) => V): (text: string) => V {
  const known = new Map<string, V>();
  return (text) => {
    const value = known.get(text);
    if (value !== undefined) return value;
    if (known.size >= MAX_KEPT) known.clear();
    const fresh = make(text);
    known.set(text, fresh);
    return fresh;
  };
}
