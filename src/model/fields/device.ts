/** Fields of the interface and its network namespace. */
import { type EventField, inGroup } from "./event-field.ts";
import { U32 } from "./field.ts";

export const DEVICE_FIELDS: readonly EventField[] = inGroup("device", [
  {
    name: "netns",
    type: "integer",
    range: U32,
    doc: "Inode number of the network namespace.",
    kinds: { drop: "sometimes", refused: "sometimes" },
    filter: {
      word: "netns",
      form: "netns WHICH",
      examples: ["netns 4026531840", "netns pid:1"],
      meaning: "the network namespace: its inode number, its name in /run/netns, or `pid:PID`",
      argument: "a network namespace: its inode number, its name under /run/netns, or pid:PID",
    },
    column: { title: "NETNS", width: 10, doc: "Inode of the network namespace", at: 280, rank: 5 },
    get: (event) => event.device?.netns,
  },
  {
    name: "ifindex",
    type: "integer",
    range: U32,
    doc: "Index of the interface that it came by; of what this host sends, of the one it was to leave by.",
    kinds: { drop: "sometimes" },
    get: (event) => event.device?.ifindex,
  },
  {
    name: "ifname",
    type: "text",
    doc: "Name of that interface at the drop; absent where it is gone by then, or cannot be found.",
    kinds: { drop: "sometimes", refused: "unlisted" },
    filter: {
      word: "iface",
      form: "iface NAME",
      examples: ["iface eth0"],
      meaning: "an interface that it came by, or was to leave by: its name at the drop",
      argument: "the name of an interface, of at most 15 bytes",
    },
    get: (event) => event.device?.ifname,
  },
  {
    name: "out_ifindex",
    type: "integer",
    range: U32,
    doc:
      "Index of the interface that it was to leave by: of what this host sends, `ifindex` again; of what is " +
      "forwarded, known from its route, or once it has reached that interface.",
    kinds: { drop: "sometimes" },
    get: (event) => event.device?.outIfindex,
  },
  {
    name: "out_ifname",
    type: "text",
    doc: "Name of that interface at the drop.",
    kinds: { drop: "sometimes" },
    filter: {
      word: "out-iface",
      form: "out-iface NAME",
      examples: ["out-iface eth1"],
      meaning: "the interface that it was to leave by, where that is known",
      argument: "the name of an interface",
    },
    get: (event) => event.device?.outIfname,
  },
  {
    name: "mtu",
    type: "integer",
    range: U32,
    doc:
      "MTU that a forwarded packet is compared with: its route's, else that of the interface that it was to " +
      "leave by. Absent where a path MTU was learned, or the route encapsulates.",
    kinds: { drop: "sometimes" },
    get: (event) => event.device?.mtu,
  },
]);
