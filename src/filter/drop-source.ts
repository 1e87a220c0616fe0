/** What a DropEvent tells of the drop. Bytes of headers are not in it, nor the length of the packet. */

import { address4Of, address6Of } from "../filter-language/index.ts";
import { type DropEvent, TCP_FLAGS } from "../model/index.ts";
import { fieldsAsked } from "./asked-field.ts";
import { type Source, UNKNOWN } from "./source.ts";

/** The kernel program answers alike: what it does not find, the drop does not have. */
const askedFields = fieldsAsked("drop", undefined);

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
    // The event does not say why it has no ports.
    tcpHeader: ({ flow }) => (flow.sport === undefined ? "missing" : "readable"),
    port: ({ flow }, end) => (end === "src" ? flow.sport : flow.dport) ?? 0,
    flags: ({ packet }) =>
      packet.flags?.reduce((bits, flag) => bits | (1 << TCP_FLAGS.indexOf(flag)), 0) ?? 0,
    numbers: {
      len: undefined,
      payload: ({ packet }) => packet.payloadLen ?? Number.NaN,
      bytes: undefined,
    },
    field: (word) => READ.get(word) ?? askedFields(word),
    owner: ({ owner }) => owner ?? UNKNOWN,
    outer: ({ outer }) => outer,
    reasonCode: ({ site }) => site.reasonCode,
    locationAddress: ({ site }) => site.locationAddress,
  };
}

/** There is one where its index is known. */
function interfaceName({ device }: DropEvent): unknown {
  return device?.ifname ?? (device?.ifindex === undefined ? undefined : UNKNOWN);
}

/** Where records do not say whose the socket is, nobody knows. */
const READ: ReadonlyMap<string, (event: DropEvent) => unknown> = new Map([
  ["iface", interfaceName],
  ["uid", ({ identity }: DropEvent) => (identity === undefined ? UNKNOWN : identity.uid)],
  ["cgroup", ({ identity }: DropEvent) => (identity === undefined ? UNKNOWN : identity.cgroupId)],
]);

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
