/** Fields of the flow: who sends what to whom. */
import { ADDRESS_SOURCES, DIRECTIONS } from "../words.ts";
import { type EventField, inGroup } from "./event-field.ts";
import { U16 } from "./field.ts";

export const FLOW_FIELDS: readonly EventField[] = inGroup("flow", [
  {
    name: "ip",
    type: "integer",
    range: [4, 6],
    doc:
      "IP version of the addresses: 4 or 6. Where SYNs were counted, that of the listening socket: one of " +
      "version 6 may take connections of version 4 too.",
    kinds: { drop: "always", refused: "sometimes" },
    filter: {
      word: "family",
      form: "family 4, family 6",
      examples: ["family 4", "family inet6"],
      meaning: "`ip`, `ip6`",
      argument: "4 or 6",
      values: ["4", "6"],
    },
    get: (event) => event.flow?.ip,
  },
  {
    name: "saddr",
    type: "address",
    doc: "Source address of the packet; absent where SYNs were counted.",
    kinds: { drop: "always", refused: "sometimes" },
    get: (event) => event.flow?.saddr,
  },
  {
    name: "sport",
    type: "integer",
    range: U16,
    doc: "Source port; absent where no TCP header could be read, and where SYNs were counted.",
    kinds: { drop: "sometimes", refused: "sometimes" },
    get: (event) => event.flow?.sport,
  },
  {
    name: "daddr",
    type: "address",
    doc:
      "Destination address of the packet, or, where SYNs were counted, the address that the socket " +
      "listens on. This and all else of the socket is absent where it was closed too soon, or the ring " +
      "buffer had no room.",
    kinds: { drop: "always", refused: "sometimes" },
    get: (event) => event.flow?.daddr,
  },
  {
    name: "dport",
    type: "integer",
    range: U16,
    doc: "Destination port; absent where no TCP header could be read.",
    kinds: { drop: "sometimes", refused: "sometimes" },
    get: (event) => event.flow?.dport,
  },
  {
    name: "address_source",
    type: "text",
    oneOf: ADDRESS_SOURCES,
    doc:
      "Where the addresses were read: the packet's IP header, the inner header of a tunnel packet, or the " +
      "owning socket.",
    kinds: { drop: "always" },
    get: (event) => event.flow?.addressSource,
  },
  {
    name: "direction",
    type: "text",
    oneOf: DIRECTIONS,
    doc: "Which way the packet was going, seen from its network namespace.",
    kinds: { drop: "always", refused: "unlisted" },
    filter: {
      word: "direction",
      form: "direction WAY",
      examples: ["direction rx", "direction tx"],
      meaning: "`rx`, `tx`, `forwarded` or `unknown`",
      argument: `a direction: ${DIRECTIONS.join(", ")}`,
      values: DIRECTIONS,
    },
    column: {
      title: "DIR",
      width: 3,
      doc: "Direction: rx, tx, fwd, `-` if unknown",
      at: 240,
      rank: 1,
      words: { forwarded: "fwd", unknown: "-" },
    },
    // What a listening socket refuses was received.
    get: (event) => event.flow?.direction ?? (event.kind === "refused" ? "rx" : undefined),
  },
  {
    name: "tunnel",
    type: "boolean",
    doc: "True where the segment is inside a tunnel packet.",
    kinds: { drop: "always" },
    get: (event) => event.flow?.tunnel,
  },
]);
