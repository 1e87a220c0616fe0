/** Fields of the packet itself. */
import { TCP_FLAGS } from "../words.ts";
import { type EventField, inGroup } from "./event-field.ts";
import { U16, U32 } from "./field.ts";

export const PACKET_FIELDS: readonly EventField[] = inGroup("packet", [
  {
    name: "flags",
    type: "words",
    oneOf: TCP_FLAGS,
    doc: "TCP flags, lowest bit first.",
    kinds: { drop: "sometimes", refused: "unlisted" },
    filter: {
      word: "flags",
      form: "flags FLAGS",
      examples: ["flags syn,!ack", "flags rst"],
      meaning: "all of these TCP flags are set, and none of those after `!`",
      argument: "TCP flags with commas between, each after ! that must not be set: syn,!ack",
      values: TCP_FLAGS.flatMap((flag) => [flag.toLowerCase(), `!${flag.toLowerCase()}`]),
    },
    get: (event) => event.packet?.flags,
  },
  {
    name: "seq",
    type: "integer",
    range: U32,
    doc: "Sequence number in the TCP header.",
    kinds: { drop: "sometimes" },
    get: (event) => event.packet?.seq,
  },
  {
    name: "ack",
    type: "integer",
    range: U32,
    doc: "Acknowledgement number in the TCP header.",
    kinds: { drop: "sometimes" },
    get: (event) => event.packet?.ack,
  },
  {
    name: "window",
    type: "integer",
    range: U16,
    doc: "Window in the TCP header, not scaled.",
    kinds: { drop: "sometimes" },
    get: (event) => event.packet?.window,
  },
  {
    name: "payload_len",
    type: "integer",
    range: U32,
    doc: "Bytes of TCP payload in the whole skb.",
    kinds: { drop: "sometimes" },
    column: { title: "LEN", width: 5, doc: "Bytes of TCP payload", at: 260, rank: 3 },
    get: (event) => event.packet?.payloadLen,
  },
  {
    name: "skb_len",
    type: "integer",
    range: U32,
    doc: "Length of the skb in bytes, as the kernel had it at the drop.",
    kinds: { drop: "always" },
    get: (event) => event.packet?.skbLen,
  },
  {
    name: "gso_segs",
    type: "integer",
    range: [1, U16[1]],
    doc: "How many wire segments the skb stands for; at least 1.",
    kinds: { drop: "always" },
    column: { title: "SEGS", width: 4, doc: "Wire segments that this drop stands for", at: 270, rank: 6 },
    get: (event) => event.packet?.gsoSegs,
  },
  {
    name: "mark",
    type: "integer",
    range: U32,
    doc: "Mark of the skb.",
    kinds: { drop: "sometimes", refused: "unlisted" },
    filter: {
      word: "mark",
      form: "mark VALUE[/MASK]",
      examples: ["mark 0x10/0xff", "mark 1"],
      meaning: "the skb's mark has this value, in the bits of MASK",
      argument: "a mark, or a mark and a mask: 0x10 or 0x10/0xff",
    },
    get: (event) => event.packet?.mark,
  },
]);
