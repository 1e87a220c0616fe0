/** What a DropEvent tells of the drop. Bytes of headers are not in it, nor the length of the packet. */

import { address4Of, address6Of } from "../filter-language/index.ts";
import { FILTER_FIELDS } from "../model/fields/index.ts";
import { type DropEvent, TCP_FLAGS } from "../model/index.ts";
import { type Source, UNKNOWN } from "./source.ts";

/** Addresses that are kept as numbers; the texts are few, and shared. */
const MAX_KEPT = 4096;

/** A source with a memory of its own. */
export function dropSource(): Source<DropEvent> {
  const addresses4 = kept(address4Of);
  const addresses6 = kept(address6Of);
  return {
    family: ({ flow }) => flow.ip,
    address: ({ flow }, end) =>
      (flow.ip === 4 ? addresses4 : addresses6)(end === "src" ? flow.saddr : flow.daddr),
    // The event does not say why it has no ports; for most of those without, nobody could have known them.
    tcpHeader: ({ flow }) => (flow.sport === undefined ? "fragment" : "readable"),
    port: ({ flow }, end) => (end === "src" ? flow.sport : flow.dport) ?? 0,
    flags: ({ packet }) =>
      packet.flags?.reduce((bits, flag) => bits | (1 << TCP_FLAGS.indexOf(flag)), 0) ?? 0,
    numbers: {
      len: undefined,
      payload: ({ packet }) => packet.payloadLen ?? Number.NaN,
      bytes: undefined,
    },
    reason: ({ site }) => site.reason,
    reasonCode: ({ site }) => site.reasonCode,
    field: (drop, word) => FILTER_FIELDS.get(word)?.get(drop),
    state: ({ socket }) => socket?.state,
    direction: ({ flow }) => flow.direction,
    netns: ({ device }) => device?.netns,
    pid: ({ task }) => task.pid,
    comm: ({ task }) => task.comm,
    iface: ({ device }) => device?.ifname ?? (device?.ifindex === undefined ? undefined : UNKNOWN),
    mark: ({ packet }) => packet.mark,
    location: ({ site }) => site.location,
    locationAddress: ({ site }) => site.locationAddress,
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
