/** Fields of the outer header, where the segment is inside a tunnel packet. */
import { TUNNEL_PROTOCOLS } from "../words.ts";
import { type EventField, inGroup } from "./event-field.ts";
import { U16 } from "./field.ts";

const MOST_VNI = 0xff_ffff;

export const OUTER_FIELDS: readonly EventField[] = inGroup("outer", [
  {
    name: "tunnel_protocol",
    type: "text",
    oneOf: TUNNEL_PROTOCOLS,
    doc:
      "What put the segment into another packet, by the outer header's protocol and UDP port: 4789 and 8472 " +
      "are VXLAN, 6081 is Geneve, other ports are `udp`.",
    kinds: { drop: "sometimes" },
    filter: {
      word: "tunnel",
      form: "tunnel PROTOCOL",
      examples: ["tunnel vxlan"],
      meaning: "the segment is inside such a tunnel packet",
      argument: `a tunnel: ${TUNNEL_PROTOCOLS.join(", ")}`,
      values: TUNNEL_PROTOCOLS,
    },
    get: (event) => event.outer?.protocol,
  },
  {
    name: "outer_saddr",
    type: "address",
    doc: "Source address of the tunnel packet.",
    kinds: { drop: "sometimes" },
    get: (event) => event.outer?.saddr,
  },
  {
    name: "outer_daddr",
    type: "address",
    doc: "Destination address of the tunnel packet.",
    kinds: { drop: "sometimes" },
    filter: {
      word: "outer",
      form: "outer [DIR] host, net, port, portrange",
      examples: ["outer host 10.0.0.1", "outer src net 10.0.0.0/8", "outer dst port 4789"],
      meaning: "the same of the tunnel packet that the segment is inside; its ports are those of UDP",
      argument: "host, net, port or portrange, with src or dst before it: outer host 10.0.0.1",
      values: ["host", "net", "port", "portrange", "src", "dst"],
    },
    get: (event) => event.outer?.daddr,
  },
  {
    name: "outer_sport",
    type: "integer",
    range: U16,
    doc: "UDP source port of the tunnel packet.",
    kinds: { drop: "sometimes" },
    get: (event) => event.outer?.sport,
  },
  {
    name: "outer_dport",
    type: "integer",
    range: U16,
    doc: "UDP destination port of the tunnel packet.",
    kinds: { drop: "sometimes" },
    get: (event) => event.outer?.dport,
  },
  {
    name: "vni",
    type: "integer",
    range: [0, MOST_VNI],
    doc: "VNI of VXLAN or Geneve.",
    kinds: { drop: "sometimes" },
    filter: {
      word: "vni",
      form: "vni NUMBER",
      examples: ["vni 42"],
      meaning: "the VNI of the tunnel packet",
      argument: "a VNI, up to 16777215",
    },
    get: (event) => event.outer?.vni,
  },
]);
