import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { FUZZ_RUNS } from "./fuzz-runs.test.kit.ts";
import {
  counterChange,
  type NetCounters,
  parseDevices,
  parseGroups,
  parseSnmp6,
  parseSoftnet,
  readNetCounters,
} from "./net-counters.ts";

const DEVICES = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    2    3    0     0          0         0      100       1    5    6    0     0       0          0
veth0.7: 1 1 0 18446744073709551615 0 0 0 0 1 1 0 9 0 0 0 0
`;

function parsed(
  parse: (text: string, into: Map<string, bigint>) => void,
  text: string,
): Record<string, bigint> {
  const into = new Map<string, bigint>();
  parse(text, into);
  return Object.fromEntries(into);
}

describe("readNetCounters", () => {
  test("reads the five files and lets those go that are not there", () => {
    using root = fixtureRoot({
      "proc/thread-self/net/snmp": "Tcp: InErrs MaxConn\nTcp: 7 -1\nUdp: InErrors\nUdp: 3\n",
      "proc/thread-self/net/netstat": "TcpExt: ListenDrops\nTcpExt: 6\n",
      "proc/thread-self/net/softnet_stat": "00000010 00000002 00000000\n00000001 ffffffff 00000003\n",
      "proc/thread-self/net/dev": DEVICES,
    });
    const counters = readNetCounters(root.path);
    assert.deepEqual(
      [
        "TcpInErrs",
        "TcpMaxConn",
        "UdpInErrors",
        "TcpExtListenDrops",
        "softnet.dropped",
        "lo.rx_dropped",
        "veth0.7.tx_dropped",
        "Ip6InDiscards",
      ].map((name) => counters.get(name)),
      [7n, -1n, 3n, 6n, 0x1_0000_0001n, 3n, 9n, undefined],
    );
  });

  test("knows every counter of this machine's files by nstat's name", () => {
    const counters = readNetCounters();
    for (const file of ["snmp", "netstat"]) {
      const lines = readFileSync(`/proc/thread-self/net/${file}`, "utf8").trim().split("\n");
      for (let at = 0; at < lines.length; at += 2) {
        const [group = "", ...names] = (lines[at] ?? "").split(" ");
        for (const name of names.filter((one) => one !== ""))
          assert.ok(counters.has(group.replace(":", "") + name), `${group} ${name}`);
      }
    }
    assert.ok(counters.has("softnet.dropped") && counters.has("lo.tx_dropped"));
  });
});

describe("parsers", () => {
  test("parseGroups passes over what is not two lines of one group", () => {
    assert.deepEqual(
      parsed(parseGroups, "A: x y z\nA: 1 2\nB: x\nC: 1\nD: 1 2\nD: 3 4\nE: p q\nE: 1 zwei\n\nF: r"),
      { Ax: 1n, Ay: 2n, Ep: 1n },
    );
  });

  test("parseSnmp6 takes a name and a number", () => {
    assert.deepEqual(parsed(parseSnmp6, "Ip6InDiscards                   \t4\nbroken\nIp6X \t-\n"), {
      Ip6InDiscards: 4n,
    });
  });

  test("parseSoftnet adds up the CPUs", () => {
    assert.deepEqual(
      parsed(parseSoftnet, "0000000a 00000001 00000002 0 0 0 0 0 0 0 00000003\n0000000b 00000001 nonsense\n"),
      {
        "softnet.processed": 21n,
        "softnet.dropped": 2n,
        "softnet.time_squeeze": 2n,
        "softnet.flow_limit_count": 3n,
      },
    );
  });

  test("parseDevices takes the columns of each device, and none of the heading", () => {
    const devices = parsed(parseDevices, DEVICES);
    assert.deepEqual(Object.keys(devices).length, 8);
    assert.deepEqual(
      [devices["lo.rx_errors"], devices["lo.tx_errors"], devices["lo.tx_dropped"]],
      [2n, 5n, 6n],
    );
    assert.equal(devices["veth0.7.rx_dropped"], 0xffff_ffff_ffff_ffffn);
  });

  test("take any text, and give numbers under plain names alone", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        "\n",
        " ",
        ": ",
        "Tcp:",
        "Tcp: ",
        "__proto__",
        "lo:",
        "0",
        "-1",
        "ffffffff",
        "99999999999999999999999",
        "\t",
        "18446744073709551615",
        "\u{10ffff}",
      ),
    );
    const property = fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      for (const parse of [parseGroups, parseSnmp6, parseSoftnet, parseDevices]) {
        const into = new Map<string, bigint>();
        parse(pieces.join(""), into);
        for (const [name, value] of into) {
          assert.match(name, parse === parseDevices ? /^[^\s:]{1,64}\.[rt]x_\w+$/ : /^[\w.]{1,96}$/);
          assert.equal(typeof value, "bigint");
        }
      }
    });
    fc.assert(property, { numRuns: FUZZ_RUNS });
  });

  test("parseGroups reads back whatever was written in the kernel's form", () => {
    const name = fc.stringMatching(/^[A-Za-z]\w{0,12}$/);
    const groups = fc.uniqueArray(
      fc.tuple(
        name,
        fc.uniqueArray(fc.tuple(name, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { selector: ([n]) => n }),
      ),
      {
        selector: ([n]) => n,
      },
    );
    const property = fc.property(groups, (written) => {
      const text = written
        .map(
          ([group, list]) =>
            `${group}: ${list.map(([n]) => n).join(" ")}\n${group}: ${list.map(([, v]) => v).join(" ")}\n`,
        )
        .join("");
      const expected = new Map(
        written.flatMap(([group, list]) => list.map(([n, v]) => [group + n, v] as const)),
      );
      const into = new Map<string, bigint>();
      parseGroups(text, into);
      assert.deepEqual(into, expected);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe("counterChange", () => {
  const map = (value: bigint | undefined, name: string): NetCounters =>
    new Map(value === undefined ? [] : [[name, value]]);
  const cases: readonly (readonly [
    string,
    bigint | undefined,
    bigint | undefined,
    ReturnType<typeof counterChange>,
  ])[] = [
    ["a", 5n, 8n, { kind: "rose", by: 3 }],
    ["a", 5n, 5n, { kind: "rose", by: 0 }],
    ["a", 2n ** 64n - 2n, 2n ** 64n - 1n, { kind: "rose", by: 1 }],
    ["a", 5n, 2n, { kind: "reset" }],
    ["a", undefined, 2n, { kind: "appeared", by: 2 }],
    ["a", 2n, undefined, { kind: "absent" }],
    ["a", 0n, 2n ** 60n, { kind: "rose", by: Number.MAX_SAFE_INTEGER }],
    ["softnet.dropped", 2n ** 32n - 1n, 2n, { kind: "rose", by: 3 }],
    ["softnet.dropped", 2n ** 33n - 1n, 2n ** 32n + 1n, { kind: "rose", by: 2 }],
  ];
  for (const [name, before, after, change] of cases)
    test(`${name} from ${before} to ${after}: ${JSON.stringify(change)}`, () =>
      assert.deepEqual(counterChange(map(before, name), map(after, name), name), change));
});
