/** Records to events: how sites, stacks, directions and classes are named. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DIRECTION } from "../capture/core/facts.ts";
import { Kallsyms } from "../host/kallsyms.ts";
import { readsSymbols } from "../host/symbol-reader.test.kit.ts";
import type { DropEvent } from "../model/index.ts";
import { reasonRow, VARIANTS } from "../reasons/index.ts";
import { codeOf, naming, Records, type RecordValues } from "./records.test.kit.ts";
import { Symbolizer } from "./symbolizer.ts";

const AT = 0xffff_ffff_8100_0000n;
const TCP_V4_RCV = AT;
const IP_FORWARD = AT + 0x100n;
const IP6_FORWARD = AT + 0x200n;
const LOCAL_DELIVER = AT + 0x300n;
const PURGE_REASON = AT + 0x400n;
const PACKET_RELEASE = AT + 0x500n;
const DESTRUCT = AT + 0x600n;
const PACKET_RCV = AT + 0x700n;
const SYMBOLS =
  "ffffffff81000400 T skb_queue_purge_reason\nffffffff81000500 T packet_release\nffffffff81000600 T inet_sock_destruct\n" +
  "ffffffff81000700 t packet_rcv\t[af_packet]\n" +
  "ffffffff81000000 T tcp_v4_rcv\nffffffff81000100 T ip_forward\nffffffff81000200 T ip6_forward\nffffffff81000300 T ip_local_deliver\n";

/** A SYN without payload, for a port that is closed. */
const PLAIN: RecordValues = {
  ktimeNs: 5_000n,
  hasReason: 1,
  hasPorts: 1,
  daddr: Uint8Array.of(192, 0, 2, 1),
  reason: codeOf("NO_SOCKET"),
  location: TCP_V4_RCV + 0x1en,
  direction: DIRECTION.rx,
  tcpFlags: 0x02,
  tcpHeaderLen: 20,
  hasTcp: 1,
  ipHeaderLen: 20,
  ipTotalLen: 40,
  l3Len: 40,
  skbLen: 40,
};
const PURGED = { ...PLAIN, reason: codeOf("QUEUE_PURGE") };

test("a site has the reason by name, its advice, and the location; a stack has its frames", () => {
  const records = new Records(naming(SYMBOLS));
  const { site, class: dropClass, stack } = records.make(PLAIN, [TCP_V4_RCV + 0x1en, LOCAL_DELIVER + 5n]);
  const row = VARIANTS.find(({ id }) => id === "no-socket/syn") ?? assert.fail("no-socket/syn");
  assert.deepEqual(site, {
    source: "kfree_skb",
    reason: "NO_SOCKET",
    reasonCode: codeOf("NO_SOCKET"),
    reasonSubsystem: "CORE",
    reasonInferred: false,
    variant: "no-socket/syn",
    meaning: row.meaning,
    advice: row.advice,
    location: "tcp_v4_rcv+0x1e",
    locationAddress: TCP_V4_RCV + 0x1en,
  });
  assert.equal(dropClass, row.class);
  assert.deepEqual(stack, ["tcp_v4_rcv+0x1e", "ip_local_deliver+0x5"]);
});

test("what was received is rx or forwarded by the route's input function, or by a function that only forwards", () => {
  const [named, bare] = [new Records(naming(SYMBOLS)), new Records(naming(undefined))];
  const cases = [
    [{}, "rx", "rx"],
    [{ location: IP_FORWARD + 0x10n }, "forwarded", "rx"],
    [{ location: IP6_FORWARD + 0x10n }, "forwarded", "rx"],
    [{ dstInput: IP_FORWARD }, "forwarded", "unknown"],
    [{ dstInput: IP6_FORWARD }, "forwarded", "unknown"],
    [{ dstInput: LOCAL_DELIVER }, "rx", "unknown"],
    [{ dstInput: IP_FORWARD + 1n }, "rx", "unknown"],
    [{ direction: DIRECTION.tx, dstInput: IP_FORWARD }, "tx", "tx"],
    [{ direction: DIRECTION.unknown, dstInput: IP_FORWARD }, "unknown", "unknown"],
  ] as const;
  for (const [values, expected, withoutSymbols] of cases) {
    assert.equal(named.make({ ...PLAIN, ...values }).flow.direction, expected);
    assert.equal(bare.make({ ...PLAIN, ...values }).flow.direction, withoutSymbols);
  }
});

describe("the class", () => {
  test("is copy for a tap's copy, whatever the reason", () => {
    const records = new Records(naming(SYMBOLS));
    assert.equal(records.make({ ...PLAIN, copy: 1 }).class, "copy");
    assert.equal(records.make(PLAIN).class, reasonRow("NO_SOCKET", "CORE").class);
  });

  test("is decided by the caller, also where stacks are left out of the events", () => {
    const values = { ...PURGED, skbLen: 60, location: PURGE_REASON + 4n };
    for (const stacks of [true, false]) {
      const records = new Records(naming(SYMBOLS, { stacks }));
      assert.equal(records.make(values).class, "loss");
      const event = records.make(values, [PURGE_REASON + 4n, PACKET_RELEASE + 4n]);
      assert.equal(event.class, "copy");
      assert.equal(event.stack !== undefined, stacks);
    }
  });

  test("follows rules for older kernels on those alone", () => {
    const fin = { ...PLAIN, reason: codeOf("NOT_SPECIFIED"), tcpFlags: 0x11 };
    assert.equal(new Records(naming(SYMBOLS)).make(fin).class, "loss");
    const older = naming(SYMBOLS, { givesReceivingSocket: false });
    assert.equal(new Records(older).make(fin).class, "normal");
  });

  test("is known of a whole site only where it is that of everything dropped there", () => {
    const records = new Records(naming(SYMBOLS));
    const ofAll = (values: RecordValues): string | undefined =>
      records.maker.classOfAll(records.make(values).site);
    assert.equal(ofAll({ ...PURGED, location: DESTRUCT + 4n }), "normal", "a closed socket's queue");
    assert.equal(ofAll({ ...PURGED, location: PURGE_REASON + 4n }), undefined, "the caller decides");
    assert.equal(ofAll(PLAIN), "refused", "the reason decides");
    const timeWait = { ...PLAIN, reason: codeOf("NOT_SPECIFIED"), state: 6 };
    assert.equal(ofAll(timeWait), undefined, "the segment decides");
    const inModule = { ...PLAIN, reason: codeOf("NOT_SPECIFIED"), location: PACKET_RCV + 4n };
    assert.equal(records.make(inModule).class, "copy");
    assert.equal(ofAll(inModule), undefined, "a module may go, and another come");
  });
});

test("a site of the totals has the variant that all drops there are of, and else says that there are several", () => {
  const records = new Records(naming(SYMBOLS));
  const total = (reason: string, copy: number) =>
    records.maker.site({
      locationLow: Number((TCP_V4_RCV + 0x1en) & 0xffff_ffffn),
      locationHigh: Number(TCP_V4_RCV >> 32n),
      reasonCode: codeOf(reason),
      ip: 4,
      copy,
    });
  const short = ({ class: dropClass, variant, advice }: ReturnType<typeof total>) =>
    [dropClass, variant, /tcpdrop explain (\w+)$/.exec(advice)?.[1]] as const;
  assert.deepEqual(short(total("TCP_CSUM", 0)), ["loss", "tcp-csum", undefined]);
  assert.deepEqual(short(total("NOT_SPECIFIED", 0)), ["loss", undefined, "NOT_SPECIFIED"]);
  assert.deepEqual(short(total("QUEUE_PURGE", 1)), ["copy", "any/copy", undefined]);
  assert.deepEqual(short(total("NOT_SPECIFIED", 2)), ["copy", "any/timestamp-clone", undefined]);
});

test("a code that no kernel has is a loss without a name", () => {
  const { site, class: dropClass } = new Records(naming(SYMBOLS)).make({ ...PLAIN, reason: 0xffff });
  assert.deepEqual([site.reason, site.reasonSubsystem, dropClass], [undefined, "CORE", "loss"]);
});

test("EventMaker.startBatch measures wall time again", () => {
  const records = new Records(naming(SYMBOLS));
  const first = records.make(PLAIN).timeNs;
  assert.equal(records.make(PLAIN).timeNs, first);
  records.maker.startBatch();
  assert.ok(records.make(PLAIN).timeNs > first);
});

test("EventMaker.problems has what could not be named", () => {
  const fine = new Records(naming(SYMBOLS));
  fine.make(PLAIN);
  assert.deepEqual(fine.maker.problems, []);
  const hidden = new Records(naming(undefined));
  assert.deepEqual(hidden.maker.problems, []);
  hidden.make({ ...PLAIN, reason: 0x7fff_0001 });
  assert.equal(hidden.maker.problems[0], "symbols are hidden");
  assert.match(hidden.maker.problems[1] ?? "", /subsystem 32767/);
});

describe("where the kernel gives no reason", () => {
  const symbols =
    "ffffffff81000000 T nf_hook_slow\nffffffff81000100 T tcp_v4_rcv\nffffffff81000200 T packet_rcv\n" +
    "ffffffff81000300 T kfree_skb_list\nffffffff81000400 T __dev_xmit_skb\n";
  const old = (): Records =>
    new Records(naming(symbols, { givesReceivingSocket: false, givesReasons: false }));
  const without = { ...PLAIN, hasReason: 0 };
  const short = ({ site, class: dropClass }: DropEvent) => {
    const { reason, reasonCode, reasonSubsystem, reasonInferred, advice } = site;
    return { reason, reasonCode, reasonSubsystem, reasonInferred, class: dropClass, advice };
  };
  const COPY_ADVICE = VARIANTS.find(({ id }) => id === "not-specified/packet-socket-full")?.advice;
  const nothing = {
    reason: undefined,
    reasonCode: undefined,
    reasonSubsystem: undefined,
    reasonInferred: false,
    class: "loss",
    advice: reasonRow(undefined).advice,
  };

  test("the location makes it certain where it can, and nothing is made up where not", () => {
    const records = old();
    const at = (offset: bigint) => short(records.make({ ...without, location: AT + offset }));
    const firewall = VARIANTS.find(({ id }) => id === "netfilter-drop/hook") ?? assert.fail("a row");
    assert.deepEqual(at(0x10n), {
      reason: "NETFILTER_DROP",
      reasonCode: undefined,
      reasonSubsystem: "CORE",
      reasonInferred: true,
      class: firewall.class,
      advice: firewall.advice,
    });
    assert.deepEqual(at(0x110n), nothing);
    assert.deepEqual(at(0x210n), { ...nothing, class: "copy", advice: COPY_ADVICE });
    assert.deepEqual(records.maker.problems, [], "names that no drop has are not missed");
  });

  test("the stack makes it certain where the location alone does not", () => {
    const records = old();
    const values = { ...without, location: AT + 0x310n };
    for (let times = 0; times < 2; times += 1) {
      assert.deepEqual(short(records.make(values)), nothing);
      const { site } = records.make(values, [AT + 0x310n, AT + 0x410n]);
      assert.deepEqual([site.reason, site.reasonInferred], ["QDISC_DROP", true]);
    }
  });
});

test("sites and stacks are named anew once the symbols were read anew", () => {
  let nowMs = 0;
  const files = [SYMBOLS, `${SYMBOLS}ffffffff82000000 t new_rcv\t[new]\n`];
  const read = (): Kallsyms => new Kallsyms(Buffer.from((files.length > 1 ? files.shift() : files[0]) ?? ""));
  const symbolizer = new Symbolizer(readsSymbols(read), () => nowMs);
  const records = new Records(naming(SYMBOLS, { symbolizer }));
  const drop = (location: bigint): DropEvent =>
    records.make({ ...PLAIN, location }, [0xffff_ffff_8200_0004n]);
  const bare = drop(0xffff_ffff_8200_0004n);
  assert.deepEqual([bare.site.location, bare.stack], ["0xffffffff82000004", ["0xffffffff82000004"]]);
  nowMs = 60_000;
  drop(0xffff_ffff_8200_0008n);
  const named = drop(0xffff_ffff_8200_0004n);
  assert.deepEqual([named.site.location, named.stack], ["new_rcv+0x4 [new]", ["new_rcv+0x4 [new]"]]);
});

test("sites are kept apart, however many there are", () => {
  const records = new Records(naming(SYMBOLS));
  const codes = [codeOf("NO_SOCKET"), codeOf("TCP_CSUM"), undefined];
  for (let turn = 0; turn < 2; turn += 1)
    for (let offset = 0; offset < 0x800; offset += 1)
      for (const reasonCode of codes) {
        const { site } = records.make({
          ...PLAIN,
          hasReason: reasonCode === undefined ? 0 : 1,
          reason: reasonCode ?? 1,
          location: AT + BigInt(offset),
        });
        assert.equal(site.locationAddress, AT + BigInt(offset));
        assert.equal(
          /\+0x([0-9a-f]+)/.exec(site.location)?.[1],
          (offset % 0x100).toString(16),
          site.location,
        );
        assert.equal(site.reasonCode, reasonCode);
      }
});

test("drops with one stack share one list of frames", () => {
  const records = new Records(naming(SYMBOLS));
  const frames = [TCP_V4_RCV + 0x1en];
  const first = records.make(PLAIN, frames);
  assert.equal(records.make(PLAIN, frames).stack, first.stack);
});
