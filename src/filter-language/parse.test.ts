import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FilterError } from "../errors.ts";
import { MAX_DEPTH, MAX_NODES, MAX_TEXT } from "./limits.ts";
import { parseFilter } from "./parse.ts";
import { printFilter } from "./print.ts";
import { anyTree, bare } from "./trees.test.kit.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 10;

/** What is written, and all that it stands for. */
const MEANINGS: readonly (readonly [string, string])[] = [
  ["tcp port 80 or 443", "tcp port 80 or tcp port 443"],
  ["host 10.0.0.1 or 10.0.0.2 and port 80", "(host 10.0.0.1 or host 10.0.0.2) and port 80"],
  ["port 80 and host 1.2.3.4 or host 5.6.7.8", "(port 80 and host 1.2.3.4) or host 5.6.7.8"],
  ["port 80 or host 1.2.3.4 and ip", "(port 80 or host 1.2.3.4) and ip"],
  ["not port 80 and ip", "not port 80 and ip"],
  ["not (port 80 and ip)", "not (port 80 and ip)"],
  ["! tcp && ip || ip6", "(not tcp and ip) or ip6"],
  ["!!ip", "not not ip"],
  ["src or dst port 80", "port 80"],
  ["dst or src host 1.2.3.4", "host 1.2.3.4"],
  ["src and dst port 80", "src and dst port 80"],
  ["src && dst net 10", "src and dst net 10.0.0.0/8"],
  ["src 10.0.0.1", "src host 10.0.0.1"],
  ["src port 80 or dst port 443", "src port 80 or dst port 443"],
  ["port (80 or 443)", "port 80 or port 443"],
  ["port not 80", "not port 80"],
  ["port 80 or not 443", "port 80 or not port 443"],
  ["port 80 or (443 or 8080)", "port 80 or (port 443 or port 8080)"],
  ["port 80 or (ip) or 443", "port 80 or ip or port 443"],
  ["port 80 or (443) == len", "port 80 or 443 == len"],
  ["port (80)", "port 80"],
  [
    "tcp dst port http or https or portrange 8000-8100",
    "tcp dst port 80 or tcp dst port 443 or portrange 8000-8100",
  ],
  ["tcp dport 80 or 443", "tcp dst port 80 or tcp dst port 443"],
  ["not (sport ssh)", "not src port 22"],
  ["port 1 or dport 2", "port 1 or dst port 2"],
  ["portrange 90-80", "portrange 80-90"],
  ["portrange ftp-data-ssh", "portrange 20-22"],
  ["portrange 80", "port 80"],
  ["net 10", "net 10.0.0.0/8"],
  ["net 10.1", "net 10.1.0.0/16"],
  ["net 172.16.1", "net 172.16.1.0/24"],
  ["net 10/8 or 11/8", "net 10.0.0.0/8 or net 11.0.0.0/8"],
  ["net 10/8 or (11/8) or 12", "net 10.0.0.0/8 or net 11.0.0.0/8 or net 12.0.0.0/8"],
  ["net 10/8 or 88/8 == len", "net 10.0.0.0/8 or 88 / 8 == len"],
  ["net 10/8 or (88/8) == len", "net 10.0.0.0/8 or 88 / 8 == len"],
  ["net 2570", "net 10.10.0.0/16"],
  ["net 10.0.0.0", "host 10.0.0.0"],
  ["net 10.0.0.0 mask 255.0.0.0", "net 10.0.0.0/8"],
  ["net 10.0.0.0 mask 255.0.255", "net 10.0.0.0 mask 255.0.255.0"],
  ["host 10.1", "net 10.1.0.0/16"],
  ["ip6 net 2001:db8::/32", "net 2001:db8::/32"],
  ["ip6 host ::ffff:1.2.3.4", "host ::ffff:1.2.3.4"],
  ["ip proto \\tcp", "ip proto 6"],
  ["proto tcp or 17", "proto 6 or proto 17"],
  ["ip6 proto icmp6", "ip6 proto 58"],
  ["ip multicast or ip6 multicast", "ip multicast or ip6 multicast"],
  ["less 100 or greater 0x5dc", "len <= 100 or len >= 1500"],
  ["length > 010", "len > 8"],
  ["tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "tcp[13] & (2 | 16) == 2"],
  ["tcp[13] & 2 != 0", "tcp[13] & 2 != 0"],
  ["ip[8] < 5", "ip[8] < 5"],
  ["ip[2:2] = 40", "ip[2:2] == 40"],
  ["ip6[6]=6", "ip6[6] == 6"],
  ["((ip[0] & 0xf) << 2) == 20", "(ip[0] & 15) << 2 == 20"],
  ["1 + 2 * 3 - 4 == len", "(1 + (2 * 3)) - 4 == len"],
  ["len & 1 + 2 | 4 << 1 == 0", "(len & (1 + 2)) | (4 << 1) == 0"],
  ["- len * 2 == 0", "(-len) * 2 == 0"],
  ["len * 2 % 3 + 1 == 0", "len * (2 % (3 + 1)) == 0"],
  ["-len ^ 3 == 0", "-(len ^ 3) == 0"],
  ["tcp[(tcp[12] >> 4) * 4]==0x47", "tcp[(tcp[12] >> 4) * 4] == 71"],
  ["reason NO_SOCKET or tcp_csum", "reason NO_SOCKET or reason TCP_CSUM"],
  ["reason TCP_* or *OFO*", "reason TCP_* or reason *OFO*"],
  ["reason SKB_DROP_REASON_NO_SOCKET", "reason NO_SOCKET"],
  ["reason 0x3 or 4", "reason 3 or reason 4"],
  ["reason X or len>5", "reason X or len > 5"],
  ["reason X or tcp[13]==2", "reason X or tcp[13] == 2"],
  ["reason X or 5 == len", "reason X or 5 == len"],
  ["reason (A or B) and port 80", "(reason A or reason B) and port 80"],
  ["reason X&&port 80", "reason X and port 80"],
  ["class loss or refused", "class loss or class refused"],
  ["cause accept-queue-full or LISTEN_DROP", "cause ACCEPT_QUEUE_FULL or cause LISTEN_DROP"],
  ["state established or syn-sent", "state ESTABLISHED or state SYN_SENT"],
  ["flags syn,!ack", "flags syn,!ack"],
  ["flags RST or !PUSH", "flags rst or not flags psh"],
  ["direction rx", "direction rx"],
  ["netns pid:1 or blue or 4026531840", "netns pid:1 or netns blue or netns 4026531840"],
  ["netns blue or pid:1", "netns blue or netns pid:1"],
  ["netns blue or cpu-pid 1", "netns blue or cpu-pid 1"],
  ["cpu-pid 1 or 2", "cpu-pid 1 or cpu-pid 2"],
  ["cpu-pid 010 or 0x10", "cpu-pid 8 or cpu-pid 16"],
  ["mark 010", "mark 0x8"],
  ["cpu-comm a or 'port forward' or \"port\"", 'cpu-comm a or cpu-comm "port forward" or cpu-comm port'],
  ["cpu-comm a or tcp-relay", "cpu-comm a or cpu-comm tcp-relay"],
  ["cpu-comm a or tcp-syn == len", "cpu-comm a or 2 == len"],
  ["iface '!lo' or 'eth*'", 'iface "!lo" or iface "eth*"'],
  ["host ::1/128", "host ::1"],
  ["udp port ntp or tcp port 80", "udp port 123 or tcp port 80"],
  ["cpu-comm nginx or 'a b'", 'cpu-comm nginx or cpu-comm "a b"'],
  ["iface eth0.5", "iface eth0.5"],
  ["mark 16 or 0x10/0xff", "mark 0x10 or mark 0x10/0xff"],
  ["location tcp_v4_rcv", "location tcp_v4_rcv"],
  ["outer host 10.0.0.1 and host 10.1.1.1", "outer host 10.0.0.1 and host 10.1.1.1"],
  ["outer src net 10.0.0.0/8 or outer dst port 4789", "outer src net 10.0.0.0/8 or outer dst port 4789"],
  ["not outer host 2001:db8::1", "not outer host 2001:db8::1"],
  ["tunnel VXLAN and vni 42 and out-iface eth0", "tunnel vxlan and vni 42 and out-iface eth0"],
  ["family 4 or inet6", "ip or ip6"],
  ["loopback and payload > 0", "loopback and payload > 0"],
  ["true or false", "true or false"],
  ["port 80 # the web\nor 443", "port 80 or port 443"],
];

describe("parseFilter", () => {
  for (const [text, meaning] of MEANINGS)
    test(`reads ${JSON.stringify(text)}`, () => {
      const { root } = parseFilter(text);
      assert.equal(printFilter(root), meaning);
      assert.deepEqual(bare(parseFilter(meaning).root), bare(root));
    });

  test("says where in the text each node stands", () => {
    const text = "tcp port 80 or 443";
    const { root } = parseFilter(text);
    assert.equal(root.kind, "or");
    const parts = root.kind === "or" ? root.of.map(({ at }) => text.slice(at.start, at.end)) : [];
    assert.deepEqual(parts, ["tcp port 80", "443"]);
    assert.deepEqual(root.at, { start: 0, end: text.length });
  });

  test("freezes the whole tree", () => {
    const walk = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      assert(Object.isFrozen(value), JSON.stringify(value));
      for (const part of Object.values(value)) walk(part);
    };
    walk(
      parseFilter(
        "(src net 10/8 or ::1/128) and not portrange 1-2 and tcp[tcp[12] - 1:2] & 3 == -1 and flags syn " +
          "and mark 1/1 and netns x",
      ),
    );
  });

  test("printed trees parse to the same tree", () => {
    const property = fc.property(anyTree, (tree) => {
      const text = printFilter(tree);
      assert.deepEqual(bare(parseFilter(text).root), bare(tree), text);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  test("throws nothing but FilterErrors, whose positions are in the text", () => {
    const word = fc.constantFrom(
      ..."and or not ! ( ) src dst host net port portrange tcp ip ip6 udp proto 10 10.0.0.1 ::1 80 0x 1:2 1:2:3 [ ] : 13 & | == < - * / len less reason A* state flags syn,!ack vlan mask".split(
        " ",
      ),
      ...["\\", "\u{1f600}", "#", "\n", "'", '"', "08", "4294967296", "::", ":::", "port", "9999999"],
    );
    const property = fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), { maxLength: 12 }),
      fc.constantFrom(" ", ""),
      (words, between) => {
        const text = words.join(between);
        try {
          parseFilter(text);
        } catch (failure) {
          assert(failure instanceof FilterError, String(failure));
          const { start, end } = failure.fault;
          assert(start >= 0 && start <= end && end <= text.length, `${start}-${end} in ${text.length}`);
        }
      },
    );
    fc.assert(property, { numRuns: RUNS * 5 });
  });
});

describe("limits", () => {
  const tooMuch = (text: string, message: RegExp): void =>
    assert.throws(() => parseFilter(text), { name: "FilterError", message });

  test("MAX_DEPTH parentheses, nots and operators in turns", () => {
    const deep = MAX_DEPTH - 2;
    assert.equal(parseFilter(`${"(".repeat(deep)}ip${")".repeat(deep)}`).root.kind, "protocol");
    parseFilter(`${"!".repeat(deep)}ip`);
    parseFilter(`len${" + 1".repeat(deep - 1)} == 0`);
    const message = /nested more than 100 levels deep/;
    tooMuch(`${"(".repeat(100_000)}ip`, message);
    tooMuch(`${"!".repeat(100_000)}ip`, message);
    tooMuch(`${"-".repeat(100_000)}1 == len`, message);
    tooMuch(`${"tcp[".repeat(100_000)}1 == len`, message);
    tooMuch(`len${" + 1".repeat(MAX_DEPTH)} == 0`, message);
    tooMuch(`ip${" and ip or ip".repeat(MAX_DEPTH)}`, message);
  });

  test("MAX_NODES parts, in a list as long as that", () => {
    const list = parseFilter(`net 1/8${" or 1/8".repeat(MAX_NODES - 2)}`).root;
    assert.equal(list.kind === "or" ? list.of.length : 0, MAX_NODES - 1);
    tooMuch(`net 1/8${" or 1/8".repeat(MAX_NODES - 1)}`, /more than 250000 parts/);
  });

  test("MAX_TEXT characters", () => {
    parseFilter(`ip${" ".repeat(MAX_TEXT - 2)}`);
    tooMuch(`ip${" ".repeat(MAX_TEXT - 1)}`, /at most 4194304/);
  });
});
