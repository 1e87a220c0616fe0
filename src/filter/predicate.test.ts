import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FilterError } from "../errors.ts";
import { parseFilter, printFilter, simplify } from "../filter-language/index.ts";
import { packetBytes } from "../filter-language/packet-bytes.test.kit.ts";
import { anyTree, COMMON_NAMES } from "../filter-language/trees.test.kit.ts";
import { DIRECTIONS, DROP_CLASSES, TCP_STATES } from "../model/index.ts";
import { mayBeYes, REJECTED } from "./answer.ts";
import { type EventFacts, NO_FACTS, packet, readPacket, testSource } from "./packets.test.kit.ts";
import { compilePredicate, compileTest } from "./predicate.ts";
import { UNKNOWN } from "./source.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 10;

function accepts(text: string, bytes: Uint8Array, facts: Partial<EventFacts> = {}): boolean {
  const { root } = parseFilter(text);
  return compilePredicate(root, testSource, { text })({
    ...NO_FACTS,
    ...facts,
    ...readPacket({ bytes, totalLength: totalLength(bytes) }),
  });
}

/** As the IP header says it. */
function totalLength(bytes: Uint8Array): number {
  const at = (index: number): number => ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  return bytes[0] === 0x45 ? at(2) : 40 + at(4);
}

const V4 = packetBytes({
  saddr: "10.0.0.1",
  daddr: "192.168.1.1",
  sport: 40_000,
  dport: 443,
  flags: ["SYN"],
  payload: 7,
});
const V6 = packetBytes({ saddr: "2001:db8::1", daddr: "::1", sport: 22, dport: 5000, flags: ["RST", "ACK"] });
const LATER = packetBytes({ saddr: "10.0.0.1", daddr: "10.0.0.2", sport: 1, dport: 2, fragment: 100 });
const CUT = V4.subarray(0, 20 + 12);

/** What accepts a packet, and what does not. */
const PACKETS: readonly (readonly [string, Uint8Array, readonly string[], readonly string[]])[] = [
  [
    "an IPv4 segment",
    V4,
    [
      ...[
        "ip",
        "tcp",
        "proto 6",
        "ip proto tcp",
        "host 10.0.0.1",
        "src 10.0.0.1",
        "dst net 192.168",
        "net 10",
        "port 443",
        "dst port https",
        "src portrange 39999-40001",
      ],
      ...[
        "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
        "tcp[13] & 2 != 0",
        "flags syn,!ack",
        "ip[8] == 64",
        "len == 47",
        "payload == 7",
        "ip[2:2] = 47",
        "tcp[0:2] == 40000",
      ],
      ...[
        "greater 47",
        "less 47",
        "not udp",
        "not arp",
        "ip[0] & 0xf == 5",
        "src net 10 and dst port 443",
        "not (host 10.0.0.2 or port 22)",
        "tcp[-1] == 1",
        "tcp[-20] >> 4 == 4",
      ],
    ],
    [
      ...[
        "ip6",
        "udp",
        "host 10.0.0.2",
        "dst 10.0.0.1",
        "src and dst net 10",
        "port 80",
        "src port 443",
        "udp port 443",
        "flags ack",
        "tcp[13] & 4 != 0",
        "payload > 7",
        "len < 47",
      ],
      ...["ip6[6] == 6", "ip multicast", "not tcp", "src or dst host 1.2.3.4", "loopback", "portrange 1-442"],
    ],
  ],
  [
    "an IPv6 segment",
    V6,
    [
      "ip6",
      "tcp",
      "ip6 proto tcp",
      "host 2001:db8::1",
      "src net 2001:db8::/32",
      "dst host ::1",
      "loopback",
      "port 22",
      "ip6[6] == 6",
      "tcp[13] == 0x14",
      "flags rst",
      "len == 60",
      "ip6[7] == 64",
    ],
    [
      "ip",
      "ip[8] == 64",
      "not ip[8] != 64 and ip",
      "host ::2",
      "dst net 2001:db8::/32",
      "ip6 multicast",
      "net 0.0.0.0/0",
      "payload > 0",
    ],
  ],
  [
    "a later fragment, which has no ports",
    LATER,
    ["ip", "not port 1", "not tcp[13] == 0", "not flags syn", "net 10", "not payload > 0"],
    ["port 1", "src port 1", "portrange 0-65535", "tcp[13] >= 0", "flags !syn"],
  ],
  [
    "a segment whose header is cut off, which is rejected by all that asks for it",
    CUT,
    ["ip", "host 10.0.0.1", "ip or port 443", "len == 47", "not udp"],
    [
      "port 443",
      "not port 443",
      "port 443 or ip",
      "flags syn",
      "not flags syn",
      "payload >= 0",
      "tcp[13] >= 0",
      "not tcp[13] >= 0 or ip",
      "not (port 1 or ip)",
    ],
  ],
  [
    "what asks for bytes behind the end, or divides by zero",
    V4,
    ["ip or ip[999] == 1"],
    ["ip[999] == 1", "not ip[999] == 1", "ip[999] == 1 or ip", "len / (len - 47) == 1 or ip", "tcp[27] >= 0"],
  ],
];

/** What a drop's event tells. */
const FACTS: EventFacts = {
  reason: "NO_SOCKET",
  reasonCode: 3,
  class: "refused",
  state: "ESTABLISHED",
  direction: "rx",
  netns: 4_026_531_840,
  "cpu-pid": 42,
  "cpu-comm": "nginx",
  uid: 0,
  cgroup: 7n,
  iface: "eth0",
  "out-iface": "eth1",
  mark: 0x11,
  location: "tcp_v4_rcv.isra.0+0x1e4 [tcp_mod]",
  locationAddress: 0xffffffff81000010n,
};
const EVENT_ACCEPTED = [
  ...[
    "reason NO_SOCKET",
    "reason no_socket",
    "reason NO_*",
    "reason *SOCKET",
    "reason ?O_SOCKET",
    "reason 3",
    "reason TCP_CSUM or NO_SOCKET",
    "class refused",
    "state ESTABLISHED",
    "direction rx",
    "cpu-pid 42",
  ],
  ...[
    "cpu-comm nginx",
    "iface eth0",
    "iface eth1",
    "mark 0x11",
    "mark 0x10/0xf0",
    "mark 0/2",
    "location tcp_v4_rcv",
    "location tcp_v4_rcv.isra.0",
    "location 0xffffffff81000010",
    "class refused and port 443",
    "true",
  ],
];
const EVENT_REFUSED = [
  ...[
    "reason SOCKET",
    "reason NO_?",
    "reason 4",
    "class loss",
    "state LISTEN",
    "direction tx",
    "cpu-pid 4",
    "cpu-comm ngin",
    "iface eth",
    "mark 0x10",
    "location tcp_v4",
    "location 0xffffffff81000011",
    "false",
  ],
  ...["not reason NO_SOCKET", "class refused and port 80"],
];

describe("compilePredicate", () => {
  for (const [what, bytes, yes, no] of PACKETS)
    test(what, () => {
      for (const text of yes) assert(accepts(text, bytes), `${text} accepts it`);
      for (const text of no) assert(!accepts(text, bytes), `${text} does not accept it`);
    });

  test("primitives over the event", () => {
    for (const text of EVENT_ACCEPTED) assert(accepts(text, V4, FACTS), `${text} accepts it`);
    for (const text of EVENT_REFUSED) assert(!accepts(text, V4, FACTS), `${text} does not accept it`);
  });

  test("what is not known matches nothing", () => {
    for (const text of ["reason *", "state CLOSE", "iface lo", "reason 0"]) assert(!accepts(text, V4), text);
  });

  test("what has an answer that nobody knows is rejected by neither answer", () => {
    const of = { ...FACTS, iface: UNKNOWN };
    const may = [
      "iface lo",
      "not iface lo",
      "not not iface lo",
      "iface lo and class refused",
      "not (iface lo or class loss)",
      "not (iface lo and class refused)",
      "class loss or iface lo",
    ];
    for (const text of may) assert(accepts(text, V4, of), `${text} may mean it`);
    const surelyNot = [
      "iface lo and class loss",
      "not (iface lo or class refused)",
      "not iface lo and class loss",
    ];
    for (const text of surelyNot) assert(!accepts(text, V4, of), `${text} does not mean it`);
    for (const text of ["iface lo", "iface eth0"]) assert(!accepts(text, V4), `${text}: it has no interface`);
    assert(accepts("not iface lo", V4));
  });

  test("a namespace that nobody looked for is a FilterError", () => {
    assert.throws(() => accepts("netns blue", V4), { name: "FilterError", message: /Nobody has looked/ });
    assert.throws(() => accepts("netns blue", V4), FilterError);
  });

  test("what the kernel told is read from its bits", () => {
    const { root } = parseFilter("class refused or len > 5");
    const length = root.kind === "or" ? root.of[1] : undefined;
    assert(length !== undefined);
    const predicate = compilePredicate(root, testSource, { text: "", told: new Map([[length, 4]]) });
    const of = { ...NO_FACTS, ...readPacket({ bytes: V4, totalLength: 3 }) };
    assert.deepEqual(
      [
        predicate(of, 0),
        predicate(of, 1 << 4),
        predicate(of, 2 << 4),
        predicate({ ...of, class: "refused" }, 2 << 4),
      ],
      [false, true, false, true],
    );
  });

  const facts: fc.Arbitrary<EventFacts> = fc.record({
    reason: fc.constantFrom(undefined, "NO_SOCKET", "TCP_CSUM", "TCP_OFOMERGE"),
    reasonCode: fc.constantFrom(undefined, 3, 4),
    class: fc.constantFrom(...DROP_CLASSES),
    state: fc.constantFrom(...TCP_STATES),
    direction: fc.constantFrom(...DIRECTIONS),
    netns: fc.constantFrom(undefined, 4_026_531_840),
    "cpu-pid": fc.nat({ max: 3 }),
    "cpu-comm": fc.constantFrom(...COMMON_NAMES),
    uid: fc.constantFrom(undefined, 0, 1),
    cgroup: fc.constantFrom(undefined, 7n),
    iface: fc.constantFrom(undefined, UNKNOWN, ...COMMON_NAMES),
    "out-iface": fc.constantFrom(undefined, ...COMMON_NAMES),
    mark: fc.nat({ max: 0xffff_ffff }),
    location: fc.constantFrom("tcp_v4_rcv+0x5", "0xffffffff81000000"),
    locationAddress: fc.constantFrom(0xffffffff81000000n, 1n),
  });

  test("a simplified tree answers as the tree itself, rejections included", () => {
    let [accepted, rejected] = [0, 0];
    const property = fc.property(
      anyTree,
      fc.array(fc.tuple(packet, facts), { minLength: 5, maxLength: 5 }),
      (tree, drops) => {
        const options = { text: printFilter(tree) };
        fc.pre(!/netns|cgroup/.test(options.text));
        const [whole, simple] = [
          compileTest(tree, testSource, options),
          compileTest(simplify(tree), testSource, options),
        ];
        for (const [segment, beside] of drops) {
          const of = { ...segment, ...beside };
          const answer = whole(of, 0);
          accepted += mayBeYes(answer) ? 1 : 0;
          rejected += answer === REJECTED ? 1 : 0;
          assert.equal(simple(of, 0), answer, `${options.text}\n${printFilter(simplify(tree))}`);
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
    assert(
      accepted > RUNS / 2 && rejected > RUNS / 20,
      `${accepted} accepted, ${rejected} rejected of ${5 * RUNS}: too few to show anything`,
    );
  });
});
