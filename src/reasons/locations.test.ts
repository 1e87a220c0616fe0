import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DROP_CLASSES, TCP_FLAGS, type TcpFlag } from "../event.ts";
import { classify, LOCATION_RULES, REASONS, reasonRow, type Segment } from "./index.ts";

const segment = (state: string | undefined, flags: readonly TcpFlag[] | undefined, payloadLen: number | undefined): Segment => ({ state, flags, payloadLen });
const ACK = segment("CLOSE_WAIT", ["ACK"], 0);

describe("classify", () => {
  const cases: readonly (readonly [string, Parameters<typeof classify>, string])[] = [
    ["the reason decides without a location", ["NETFILTER_DROP", "CORE"], "loss"],
    ["the reason decides at a location without a rule", ["NO_SOCKET", "CORE", "tcp_v4_rcv"], "refused"],
    ["a pure ACK after the peer's FIN is normal", ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process+0x2e1", ACK], "normal"],
    ["so it is where the state is not known", ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process", segment(undefined, ["ACK"], 0)], "normal"],
    ["data there is not", ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process", segment("CLOSE_WAIT", ["ACK"], 1)], "loss"],
    ["nor is a segment without ACK", ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process", segment("SYN_SENT", [], 0)], "loss"],
    ["nor one in another state", ["NOT_SPECIFIED", "CORE", "tcp_drop_reason", segment("ESTABLISHED", ["ACK"], 0)], "loss"],
    ["nor one of which nothing is known", ["NOT_SPECIFIED", "CORE", "tcp_rcv_state_process"], "loss"],
    ["another reason keeps its class there", ["TCP_FLAGS", "CORE", "tcp_rcv_state_process", ACK], "refused"],
    ["what TIME_WAIT answers is normal", ["NOT_SPECIFIED", "CORE", "tcp_v6_rcv", segment("TIME_WAIT", ["FIN", "ACK"], 0)], "normal"],
    ["a SYN to TIME_WAIT is not", ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("TIME_WAIT", ["SYN"], 0)], "loss"],
    ["nor is data", ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("TIME_WAIT", ["ACK"], 10)], "loss"],
    ["nor the last ACK of a handshake", ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment("LISTEN", ["ACK"], 0)], "loss"],
    ["nor a segment without a state", ["NOT_SPECIFIED", "CORE", "tcp_v4_rcv", segment(undefined, ["ACK"], 0)], "loss"],
    ["frag_list members are normal whatever the reason", ["QDISC_DROP", "CORE", "skb_release_data+0x10"], "normal"],
    ["also without a name", [undefined, "CORE", "skb_release_data"], "normal"],
    ["the out-of-order queue at close is normal", ["NOT_SPECIFIED", "CORE", "skb_rbtree_purge+0x4a"], "normal"],
    ["a right SYN cookie at a full accept queue is lost", ["NO_SOCKET", "CORE", "cookie_v6_check+0x2a1"], "loss"],
    ["the queue of a closed socket is normal", ["QUEUE_PURGE", "CORE", "inet_sock_destruct+0x2f"], "normal"],
    ["the queue of a next hop is not", ["QUEUE_PURGE", "CORE", "neigh_flush_dev.isra.0+0x5c"], "loss"],
    ["nor is that of WireGuard", ["QUEUE_PURGE", "CORE", "wg_packet_purge_staged_packets+0x9f [wireguard]"], "loss"],
    ["a capture's copy is a copy before 6.8", ["NOT_SPECIFIED", "CORE", "tpacket_rcv+0x1"], "copy"],
    ["a raw socket's copy is a copy", ["SOCKET_RCVBUFF", "CORE", "raw_rcv_skb"], "copy"],
    ["the same name of another subsystem is another reason", ["NOT_SPECIFIED", "OPENVSWITCH", "skb_rbtree_purge"], "loss"],
    ["a longer name is another function", ["NOT_SPECIFIED", "CORE", "skb_rbtree_purge_all"], "loss"],
  ];
  for (const [title, args, expected] of cases) it(title, () => assert.equal(classify(...args), expected));

  it("gives the reason's own class unless a rule names the function, for any input", () => {
    const name = fc.oneof(fc.constantFrom(...REASONS.map((row) => row.name)), fc.string(), fc.constant(undefined));
    const symbol = fc.oneof(fc.constantFrom(...LOCATION_RULES.flatMap((rule) => rule.symbols)), fc.string());
    const facts = fc.record({
      state: fc.option(fc.constantFrom("LISTEN", "TIME_WAIT", "CLOSE_WAIT"), { nil: undefined }),
      flags: fc.option(fc.subarray([...TCP_FLAGS]), { nil: undefined }),
      payloadLen: fc.option(fc.nat(3), { nil: undefined }),
    });
    fc.assert(
      fc.property(name, symbol, facts, (reason, location, known) => {
        const got = classify(reason, "CORE", location, known);
        const classes = LOCATION_RULES.filter((rule) => rule.symbols.includes(location.replace(/[.+ ].*/s, ""))).map((rule) => rule.class);
        return [...classes, reasonRow(reason).class].includes(got);
      }),
    );
  });
});

describe("LOCATION_RULES", () => {
  it("name reasons that exist, functions, classes and a place with its release", () => {
    for (const rule of LOCATION_RULES) {
      if (rule.reason !== undefined) assert.equal(reasonRow(rule.reason).name, rule.reason);
      for (const symbol of rule.symbols) assert.match(symbol, /^\w+$/);
      assert.ok(DROP_CLASSES.includes(rule.class));
      assert.match(rule.place, /\.c: .*\(v\d+\.\d+\)$/);
    }
  });
});
