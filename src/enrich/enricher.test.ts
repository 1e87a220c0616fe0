import assert from "node:assert/strict";
import { test } from "node:test";
import { findEnum, openKernelBtf } from "../btf/index.ts";
import type { RawDrop } from "../decode/raw-drop.ts";
import { Kallsyms } from "../host/kallsyms.ts";
import { steps } from "../host/steps.test.kit.ts";
import { WallClock } from "../host/wall-clock.ts";
import { reasonRow } from "../reasons/index.ts";
import type { EnricherOptions } from "./enricher.ts";
import { Enricher } from "./enricher.ts";
import { ReasonNames } from "./reason-names.ts";
import { Symbolizer } from "./symbolizer.ts";

const HIGH = 0xffff_ffff;
const SYMBOLS =
  "ffffffff81000400 T skb_queue_purge_reason\nffffffff81000500 T packet_release\nffffffff81000600 T inet_sock_destruct\n" +
  "ffffffff81000700 t packet_rcv\t[af_packet]\n" +
  "ffffffff81000000 T tcp_v4_rcv\nffffffff81000100 T ip_forward\nffffffff81000200 T ip6_forward\nffffffff81000300 T ip_local_deliver\n";
const IP_FORWARD = 0x8100_0100;
const routedTo = (dstInputLow: number): { dstInputLow: number; dstInputHigh: number } => ({
  dstInputLow,
  dstInputHigh: HIGH,
});
const btf = openKernelBtf();
const codeOf = (name: string): number =>
  findEnum(btf, "skb_drop_reason")?.get(`SKB_DROP_REASON_${name}`) ?? assert.fail(name);

const RAW: RawDrop = {
  source: "kfree_skb",
  ktimeNs: 5_000n,
  cpu: 1,
  cpuPid: 0,
  cpuTid: 0,
  cpuComm: "swapper/1",
  ip: 4,
  saddr: "192.0.2.1",
  daddr: "192.0.2.2",
  sport: 1,
  dport: 2,
  addressSource: "packet",
  direction: "received",
  dstInputLow: 0,
  dstInputHigh: 0,
  tunnel: false,
  copy: false,
  ownMac: false,
  filterTold: 0,
  stackOmitted: false,
  state: undefined,
  flags: ["SYN"],
  seq: 1,
  ack: 0,
  window: 1024,
  payloadLen: 0,
  skbLen: 40,
  gsoSegs: 1,
  reasonCode: codeOf("NO_SOCKET"),
  locationLow: 0x8100_001e,
  locationHigh: HIGH,
  stack: undefined,
  netns: 4_026_531_840,
  ifindex: 1,
  ifname: "lo",
  skCookie: undefined,
  mark: 0,
};

function enricher(
  problem?: string,
  options: EnricherOptions = { stacks: true, tellsReceivingSocket: true, tellsReasons: true },
): Enricher {
  let wall = 1_000_000n;
  const clock = new WallClock({ monotonicNs: () => 0n, realtimeNs: () => wall++ });
  return new Enricher(
    new ReasonNames(btf),
    new Symbolizer(() =>
      steps({ symbols: problem === undefined ? new Kallsyms(Buffer.from(SYMBOLS)) : undefined, problem }),
    ),
    clock,
    options,
  );
}

test("Enricher.enrich names reason, class, advice, location and stack", () => {
  const event = enricher().enrich({ ...RAW, stack: Uint32Array.of(0x8100_001e, HIGH, 0x8100_0305, HIGH) });
  const row = reasonRow("NO_SOCKET", "CORE");
  assert.deepEqual(
    {
      reason: event.reason,
      subsystem: event.reasonSubsystem,
      class: event.class,
      advice: event.advice,
      location: event.location,
      address: event.locationAddress,
      stack: event.stack,
    },
    {
      reason: "NO_SOCKET",
      subsystem: "CORE",
      class: row.class,
      advice: row.advice,
      location: "tcp_v4_rcv+0x1e",
      address: 0xffff_ffff_8100_001en,
      stack: ["tcp_v4_rcv+0x1e", "ip_local_deliver+0x5"],
    },
  );
});

test("Enricher.enrich passes on what needs no name, and invents nothing that is absent", () => {
  const it = enricher();
  const event = it.enrich({ ...RAW, sport: undefined, flags: undefined, netns: undefined });
  for (const name of [
    "cpu",
    "cpuComm",
    "saddr",
    "daddr",
    "dport",
    "seq",
    "skbLen",
    "gsoSegs",
    "ifname",
    "reasonCode",
    "mark",
    "ktimeNs",
  ] as const)
    assert.deepEqual(event[name], RAW[name], name);
  for (const name of ["sport", "flags", "netns", "stack", "state", "skCookie"] as const)
    assert.equal(event[name], undefined, name);
});

test("Enricher.enrich tells rx from forwarded by the route's input function", () => {
  const it = enricher();
  const hidden = enricher("symbols are hidden");
  const cases = [
    { raw: { direction: "received" }, named: "rx", bare: "rx" },
    { raw: { direction: "received", locationLow: 0x8100_0110 }, named: "forwarded", bare: "rx" },
    { raw: { direction: "received", locationLow: 0x8100_0210 }, named: "forwarded", bare: "rx" },
    { raw: { direction: "received", ...routedTo(IP_FORWARD) }, named: "forwarded", bare: "unknown" },
    { raw: { direction: "received", ...routedTo(IP_FORWARD + 0x100) }, named: "forwarded", bare: "unknown" },
    { raw: { direction: "received", ...routedTo(IP_FORWARD + 0x200) }, named: "rx", bare: "unknown" },
    { raw: { direction: "received", ...routedTo(IP_FORWARD + 1) }, named: "rx", bare: "unknown" },
    { raw: { direction: "tx", ...routedTo(IP_FORWARD) }, named: "tx", bare: "tx" },
    { raw: { direction: "unknown", ...routedTo(IP_FORWARD) }, named: "unknown", bare: "unknown" },
  ] as const;
  for (const { raw, named, bare } of cases) {
    assert.equal(it.enrich({ ...RAW, ...raw }).direction, named);
    assert.equal(hidden.enrich({ ...RAW, ...raw }).direction, bare);
  }
});

test("Enricher.enrich calls a tap's copy a copy, whatever the reason", () => {
  const it = enricher();
  assert.equal(it.enrich({ ...RAW, copy: true }).class, "copy");
  assert.equal(it.enrich(RAW).class, reasonRow("NO_SOCKET", "CORE").class);
});

/** 4 bytes into the function at this place of SYMBOLS. */
const inside = (functionAt: number): { locationLow: number; locationHigh: number } => ({
  locationLow: functionAt + 4,
  locationHigh: HIGH,
});
const PURGE = { ...RAW, reasonCode: codeOf("QUEUE_PURGE") };

test("Enricher.enrich tells the class by the caller, also where stacks are left out of the events", () => {
  const purged = { ...PURGE, ...inside(0x8100_0400) };
  const stack = Uint32Array.of(0x8100_0404, HIGH, 0x8100_0504, HIGH);
  for (const stacks of [true, false]) {
    const it = enricher(undefined, { stacks, tellsReceivingSocket: true, tellsReasons: true });
    assert.equal(it.enrich(purged).class, "loss");
    const event = it.enrich({ ...purged, stack });
    assert.equal(event.class, "copy");
    assert.equal(event.stack !== undefined, stacks);
  }
});

test("Enricher.enrich applies rules for older kernels to those alone", () => {
  const fin: RawDrop = { ...RAW, reasonCode: codeOf("NOT_SPECIFIED"), flags: ["FIN", "ACK"] };
  assert.equal(enricher().enrich(fin).class, "loss");
  assert.equal(
    enricher(undefined, { stacks: true, tellsReceivingSocket: false, tellsReasons: true }).enrich(fin).class,
    "normal",
  );
});

test("Enricher.classOfPlace tells a class only where it is that of everything dropped there", () => {
  const it = enricher();
  const classOf = (raw: RawDrop): string | undefined => it.classOfPlace(it.enrich(raw));
  assert.equal(classOf({ ...PURGE, ...inside(0x8100_0600) }), "normal", "a closed socket's queue");
  assert.equal(classOf({ ...PURGE, ...inside(0x8100_0400) }), undefined, "the caller tells");
  assert.equal(classOf(RAW), undefined, "the reason tells");
  assert.equal(
    classOf({ ...RAW, reasonCode: codeOf("NOT_SPECIFIED"), state: "TIME_WAIT" }),
    undefined,
    "the segment tells",
  );
  const inModule = { ...RAW, reasonCode: codeOf("NOT_SPECIFIED"), ...inside(0x8100_0700) };
  assert.equal(it.enrich(inModule).class, "copy");
  assert.equal(classOf(inModule), undefined, "a module may go, and another come");
});

test("Enricher.enrich shows a code that no kernel has as a loss without a name", () => {
  const event = enricher().enrich({ ...RAW, reasonCode: 0xffff });
  assert.deepEqual([event.reason, event.reasonSubsystem, event.class], [undefined, "CORE", "loss"]);
});

test("Enricher.startBatch measures wall time again", () => {
  const it = enricher();
  const first = it.enrich(RAW).timeNs;
  assert.equal(it.enrich(RAW).timeNs, first);
  it.startBatch();
  assert.ok(it.enrich(RAW).timeNs > first);
});

test("Enricher.problems tells what could not be named", () => {
  const fine = enricher();
  fine.enrich(RAW);
  assert.deepEqual(fine.problems, []);
  const hidden = enricher("symbols are hidden");
  assert.deepEqual(hidden.problems, []);
  hidden.enrich({ ...RAW, reasonCode: 0x7fff_0001 });
  assert.equal(hidden.problems[0], "symbols are hidden");
  assert.match(hidden.problems[1] ?? "", /subsystem 32767/);
});

test("where the kernel tells no reason, the location tells it where it can, and nothing is made up where not", () => {
  const symbols =
    "ffffffff81000000 T nf_hook_slow\nffffffff81000100 T tcp_v4_rcv\nffffffff81000200 T packet_rcv\n";
  const clock = new WallClock({ monotonicNs: () => 0n, realtimeNs: () => 0n });
  const symbolizer = new Symbolizer(() =>
    steps({ symbols: new Kallsyms(Buffer.from(symbols)), problem: undefined }),
  );
  const of = new Enricher(new ReasonNames(btf), symbolizer, clock, {
    stacks: true,
    tellsReceivingSocket: false,
    tellsReasons: false,
  });
  const at = (locationLow: number) => {
    const {
      reason,
      reasonCode,
      reasonSubsystem,
      reasonInferred,
      class: dropClass,
      advice,
    } = of.enrich({ ...RAW, reasonCode: undefined, locationLow });
    return { reason, reasonCode, reasonSubsystem, reasonInferred, class: dropClass, advice };
  };
  const firewall = reasonRow("NETFILTER_DROP");
  assert.deepEqual(at(0x8100_0010), {
    reason: "NETFILTER_DROP",
    reasonCode: undefined,
    reasonSubsystem: "CORE",
    reasonInferred: true,
    class: firewall.class,
    advice: firewall.advice,
  });
  const nothing = {
    reason: undefined,
    reasonCode: undefined,
    reasonSubsystem: undefined,
    reasonInferred: false,
    class: "loss",
    advice: reasonRow(undefined).advice,
  };
  assert.deepEqual(at(0x8100_0110), nothing);
  assert.deepEqual(at(0x8100_0210), { ...nothing, class: "copy" });
  assert.deepEqual(of.problems, [], "names that no drop has are not missed");
});

test("Enricher.enrich names frames anew once the symbols were read anew", () => {
  let nowMs = 0;
  const clock = new WallClock({ monotonicNs: () => 0n, realtimeNs: () => 0n });
  const files = [SYMBOLS, `${SYMBOLS}ffffffff82000000 t new_rcv\t[new]\n`];
  const read = (): Kallsyms => new Kallsyms(Buffer.from((files.length > 1 ? files.shift() : files[0]) ?? ""));
  const symbolizer = new Symbolizer(
    () => steps({ symbols: read(), problem: undefined }),
    () => nowMs,
  );
  const it = new Enricher(new ReasonNames(btf), symbolizer, clock, {
    stacks: true,
    tellsReceivingSocket: true,
    tellsReasons: true,
  });
  const drop = (locationLow: number): RawDrop => ({ ...RAW, locationLow, stack });
  const stack = Uint32Array.of(0x8200_0004, HIGH);
  const bare = it.enrich(drop(0x8200_0004));
  assert.deepEqual([bare.location, bare.stack], ["0xffffffff82000004", ["0xffffffff82000004"]]);
  nowMs = 60_000;
  it.enrich(drop(0x8200_0008));
  const named = it.enrich(drop(0x8200_0004));
  assert.deepEqual([named.location, named.stack], ["new_rcv+0x4 [new]", ["new_rcv+0x4 [new]"]]);
});

test("Enricher.enrich keeps places apart, however many there are", () => {
  const it = enricher();
  const codes = [codeOf("NO_SOCKET"), codeOf("TCP_CSUM"), undefined];
  for (let turn = 0; turn < 2; turn += 1)
    for (let low = 0x8100_0000; low < 0x8100_0800; low += 1)
      for (const reasonCode of codes) {
        const {
          locationAddress,
          location,
          reasonCode: code,
        } = it.enrich({ ...RAW, locationLow: low, reasonCode });
        assert.equal(locationAddress, (0xffff_ffffn << 32n) | BigInt(low));
        assert.equal(/\+0x([0-9a-f]+)/.exec(location)?.[1], (low % 0x100).toString(16), location);
        assert.equal(code, reasonCode);
      }
});

test("Enricher.enrich gives drops with one stack one list of frames", () => {
  const it = enricher();
  const stack = Uint32Array.of(0x8100_001e, HIGH);
  const first = it.enrich({ ...RAW, stack });
  assert.equal(it.enrich({ ...RAW, stack }).stack, first.stack);
  assert.equal(it.enrich({ ...RAW, stack: stack.slice() }).stack, first.stack);
});
