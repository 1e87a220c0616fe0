/** Who sent and who received: the service is not always here. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FindingNotice } from "../../model/index.ts";
import { type Drops, drops, findingOf, reportOf, rose } from "../incidents.test.kit.ts";

/** What a service sent, on its client's host. */
const DOWNLOAD = {
  saddr: "198.51.100.10",
  sport: 443,
  daddr: "192.0.2.1",
  dport: 40_000,
  flags: ["ACK"],
  payloadLen: 100,
  state: "ESTABLISHED",
} as const;
const UPLOAD = { flags: ["ACK"], payloadLen: 100, state: "ESTABLISHED" } as const;
const CLOSED = { rose: rose({ TcpExtTCPToZeroWindowAdv: 2 }) };
const OLD_DATA = { reason: "TCP_OLD_DATA", location: "tcp_data_queue+0x10" };

function find(rule: string, facts: Drops): FindingNotice {
  return findingOf(reportOf(drops(facts), CLOSED), rule);
}

describe("texts and commands of rules", () => {
  test("on the service's host the client sends, and the socket has the service's port", () => {
    const { text, next } = find("zero-window-reader", { ...OLD_DATA, ...UPLOAD });
    assert.match(text, /^5 segments of 1 client \(192\.0\.2\.1\) came .* window of 198\.51\.100\.10:443 was/);
    assert.equal(next[0], "ip netns exec web ss -tnmp 'sport = :443'");
  });

  test("on the client's host the service sends, and its port is that of the other end", () => {
    const { text, next } = find("zero-window-reader", { ...OLD_DATA, ...DOWNLOAD });
    assert.match(text, /^5 segments of 198\.51\.100\.10:443 came .* window of 1 client \(192\.0\.2\.1\) was/);
    assert.equal(next[0], "ip netns exec web ss -tnmp 'dport = :443'");
  });

  test("on the loopback device either end may have sent", () => {
    const { text, next } = find("zero-window-reader", {
      ...OLD_DATA,
      ...DOWNLOAD,
      ifname: "lo",
      ifindex: 1,
    });
    assert.match(text, /^5 segments between 1 client \(192\.0\.2\.1\) and 198\.51\.100\.10:443 came /);
    assert.match(text, /the receive window of a connection was closed/);
    assert.equal(next[0], "ip netns exec web ss -tnmp 'sport = :443 or dport = :443'");
  });

  const TEXTS: readonly (readonly [rule: string, facts: Drops, text: RegExp])[] = [
    [
      "app-closes-early",
      { reason: "TCP_ABORT_ON_DATA", location: "tcp_rcv_state_process+0x10", ...DOWNLOAD },
      /^5 segments of 198\.51\.100\.10:443 with data came for sockets of 1 client \(192\.0\.2\.1\) that/,
    ],
    [
      "paws-behind-nat",
      { reason: "TCP_RFC7323_PAWS", location: "tcp_validate_incoming+0x10", ...DOWNLOAD },
      /^5 segments from 198\.51\.100\.10:443 to 1 client \(192\.0\.2\.1\) had a TCP timestamp/,
    ],
    [
      "checksum-offload",
      { reason: "TCP_CSUM", location: "tcp_v4_rcv+0x99", ...DOWNLOAD },
      /^5 segments from 198\.51\.100\.10:443 came in by eth0/,
    ],
    [
      "late-segments",
      { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99", ...DOWNLOAD, state: undefined },
      /^5 segments of 198\.51\.100\.10:443 came for connections that this host does not have/,
    ],
    [
      "receive-memory",
      { reason: "PROTO_MEM", location: "tcp_data_queue+0x10", ...DOWNLOAD },
      /^5 segments from 198\.51\.100\.10:443 to 1 client \(192\.0\.2\.1\) were dropped for want of memory/,
    ],
    [
      "other-drops",
      { reason: "XFRM_POLICY", location: "tcp_v4_rcv+0x99", ...DOWNLOAD, state: undefined },
      /^5 segments from 198\.51\.100\.10:443 to 1 client \(192\.0\.2\.1\) were dropped for XFRM_POLICY/,
    ],
    [
      "firewall-rule",
      { reason: "NETFILTER_DROP", location: "nft_do_chain+0x46f", direction: "tx" },
      /dropped 5 segments between 1 client \(192\.0\.2\.1\) and 198\.51\.100\.10:443/,
    ],
  ];
  for (const [rule, facts, text] of TEXTS)
    test(`${rule} on the client's host`, () => assert.match(find(rule, facts).text, text));

  test("the way to a service is looked for at the service's address", () => {
    const facts = { reason: "TCP_RFC7323_PAWS", location: "tcp_validate_incoming+0x10", ...DOWNLOAD };
    assert.match(find("paws-behind-nat", facts).next[0] ?? "", /host 198\.51\.100\.10 and port 443$/);
  });

  test("several services that send wrong checksums are several senders", () => {
    const facts = { reason: "TCP_CSUM", location: "tcp_v4_rcv+0x99", ...DOWNLOAD };
    const events = [...drops(facts), ...drops({ ...facts, saddr: "198.51.100.11" })];
    const netns = { rose: rose({ "eth0.rx_errors": 3 }) };
    assert.equal(findingOf(reportOf(events, netns), "wire-corruption").certainty, "likely");
  });
});
