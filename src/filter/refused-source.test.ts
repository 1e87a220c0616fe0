import assert from "node:assert/strict";
import { test } from "node:test";
import { refused } from "../../test/golden/sample-events.ts";
import { parseFilter, resolveFilter, simplify } from "../filter-language/index.ts";
import type { RefusedEvent } from "../model/index.ts";
import { compilePredicate } from "./predicate.ts";
import { refusedSource } from "./refused-source.ts";

const FLOW = refused.flow ?? assert.fail("no flow");
const EVENT: RefusedEvent = {
  ...refused,
  flow: { ...FLOW, daddr: "10.0.0.1", dport: 443 },
  device: {
    netns: 7,
    ifindex: undefined,
    ifname: undefined,
    outIfindex: undefined,
    outIfname: undefined,
    mtu: undefined,
  },
};
const ANYWHERE: RefusedEvent = { ...EVENT, flow: { ...FLOW, ip: 6, daddr: "::", dport: 443 } };
const GONE: RefusedEvent = { ...EVENT, flow: undefined };

function shows(text: string, event: RefusedEvent): boolean {
  const lookups = {
    reasons: () => new Map([[3, "NO_SOCKET"]]),
    inferredReasons: [],
    netns: Number,
    cgroup: () => ({ id: 7n, level: 1, inside: [8n], outside: [1n] }),
  };
  const { root } = resolveFilter(parseFilter(text), lookups);
  return compilePredicate(simplify(root), refusedSource, { text })(event);
}

test("a filter accepts the refused SYNs that it may mean", () => {
  const meant = [
    ...[
      "port 443",
      "dst port 443",
      "dst host 10.0.0.1",
      "net 10",
      "host 10.0.0.1 and port 443",
      "ip",
      "class loss",
      "state LISTEN",
      "direction rx",
      "flags syn,!ack",
      "netns 7",
      "not reason NO_SOCKET",
      "not location tcp_v4_rcv",
      "cause ACCEPT_QUEUE_FULL",
      "not cause LISTEN_DROP",
    ],
    // Nobody knows.
    ...[
      "src port 5",
      "src host 1.2.3.4",
      "port 80",
      "host 1.2.3.4",
      "len > 60",
      "tcp[13] == 2",
      "cpu-comm nginx",
      "not src port 5",
      "src and dst port 443",
      "flags psh",
      "not cpu-comm nginx",
      "cpu-pid 1",
      "mark 1",
      "iface eth0",
      "not iface eth0",
      "ip[8] < 5",
      "not ip[8] < 5",
    ],
  ];
  for (const text of meant) assert(shows(text, EVENT), text);
});

test("a filter leaves out refused SYNs that are surely something else", () => {
  const others = [
    ...[
      "dst port 80",
      "src and dst port 80",
      "dst host 10.0.0.2",
      "dst net 192.168",
      "ip6",
      "class normal",
      "state ESTABLISHED",
      "direction tx",
      "flags ack",
      "flags rst",
      "netns 8",
    ],
    ...[
      "reason NO_SOCKET",
      "reason *",
      "reason 3",
      "location tcp_v4_rcv",
      "location 0xffffffff81000000",
      "cause LISTEN_DROP",
      "not cause ACCEPT_QUEUE_FULL",
      "ip6[7] < 5",
      "not port 443",
      "not class loss",
      "src port 5 and dst port 80",
      "not (dst port 443 or src port 1)",
    ],
  ];
  for (const text of others) assert(!shows(text, EVENT), text);
});

test("a filter knows less of a listener at any address, and nothing of one that is gone", () => {
  for (const text of ["ip", "ip6", "dst host 10.0.0.2", "dst net 2001:db8::/32", "dst port 443"])
    assert(shows(text, ANYWHERE), text);
  assert(!shows("dst port 80", ANYWHERE));
  for (const text of ["dst port 80", "dst host 1.2.3.4", "ip6"]) assert(shows(text, GONE), text);
  for (const text of ["netns 8", "not netns 8", "ip6[7] < 5", "not ip6[7] < 5", "ip[8] < 5"])
    assert(shows(text, { ...GONE, device: undefined }), text);
  assert(!shows("class refused", GONE));
});

test("a filter knows more of a SYN that was reported by itself", () => {
  const each: RefusedEvent = {
    ...EVENT,
    flow: { ...FLOW, daddr: "10.0.0.1", saddr: "192.168.0.1", sport: 5000, addressSource: "packet" },
  };
  for (const text of [
    "src port 5000",
    "src net 192.168",
    "ip",
    "net 192.168 and port 443",
    "src and dst net 0.0.0.0/0",
    "len > 5",
  ])
    assert(shows(text, each), text);
  for (const text of [
    "src port 443",
    "port 80",
    "src host 10.0.0.1",
    "host 1.2.3.4",
    "src and dst net 10",
    "ip6",
  ])
    assert(!shows(text, each), text);
  const each6: RefusedEvent = {
    ...ANYWHERE,
    flow: {
      ...FLOW,
      ip: 6,
      saddr: "2001:db8::1",
      sport: 5000,
      daddr: "2001:db8::2",
      addressSource: "packet",
    },
  };
  for (const text of ["ip6", "src host 2001:db8::1", "net 2001:db8::/32"]) assert(shows(text, each6), text);
  for (const text of ["ip", "net 10", "src host ::1", "host ::1"]) assert(!shows(text, each6), text);
});
