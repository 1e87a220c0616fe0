/**
 * Drop records in memory, laid out as in the ring, and what turns them into events: the same in every run.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KernelTypes } from "../src/bpf/index.ts";
import { Btf, findEnum } from "../src/btf/index.ts";
import { be16, HOST_LITTLE_ENDIAN } from "../src/bytes/endian.ts";
import { wordBytes } from "../src/bytes/words.ts";
import { encodeRecord, part } from "../src/capture/core/encode-record.test.kit.ts";
import { ADDRESS_SOURCE, DIRECTION } from "../src/capture/core/facts.ts";
import type { RecordLayout } from "../src/capture/core/record-layout.ts";
import { RecordView } from "../src/capture/core/record-view.ts";
import { dropLayout } from "../src/capture/kinds/drop/drop-sections.ts";
import { PLAIN_REQUEST } from "../src/capture/kinds/drop/request.ts";
import { device } from "../src/capture/sections/device/device.ts";
import { flow } from "../src/capture/sections/flow/flow.ts";
import { segment } from "../src/capture/sections/segment/segment.ts";
import { site } from "../src/capture/sections/site/site.ts";
import { socket } from "../src/capture/sections/socket/socket.ts";
import { STACK } from "../src/capture/sections/stack/stack.ts";
import { task } from "../src/capture/sections/task/task.ts";
import { EventMaker } from "../src/enrich/event-maker.ts";
import { ReasonNames } from "../src/enrich/reason-names.ts";
import { Symbolizer } from "../src/enrich/symbolizer.ts";
import { Kallsyms } from "../src/host/kallsyms.ts";
import { WallClock } from "../src/host/wall-clock.ts";

/** Header before each record in the ring. */
const HEADER_BYTES = 8;
const NS_BETWEEN_DROPS = 1_500;
const FIRST_KTIME_NS = 81_234_567_890_123n;
/** Wall time at 0 of the events' clock. */
const BOOTED_NS = 1_767_323_045_123_456_789n;
const TEXT_AT = 0xffff_ffff_8100_0000n;
const FUNCTION_BYTES = 0x1000n;

/** Innermost first: the functions that drop, with their reasons, then the frames below all of them. */
const LOCATIONS = [
  ["tcp_v4_rcv", "NO_SOCKET"],
  ["tcp_validate_incoming", "TCP_INVALID_SEQUENCE"],
  ["tcp_data_queue", "TCP_OLD_DATA"],
  ["nf_hook_slow", "NETFILTER_DROP"],
  ["__dev_xmit_skb", "QDISC_DROP"],
] as const;
const MACHINERY = ["bpf_trace_run4", "__bpf_trace_kfree_skb", "__traceiter_kfree_skb", "sk_skb_reason_drop"];
const CALLERS =
  "tcp_v4_do_rcv ip_protocol_deliver_rcu ip_local_deliver_finish ip_local_deliver ip_rcv __netif_receive_skb_one_core process_backlog __napi_poll net_rx_action handle_softirqs __irq_exit_rcu".split(
    " ",
  );
const FUNCTIONS = [...MACHINERY, ...LOCATIONS.map(([name]) => name), ...CALLERS];
const THREADS = ["swapper/0", "ksoftirqd/1", "nginx: worker", "redis-server", "node", "kworker/u8:2"];
/** Few that come again, as most storms have; `newFlows` asks for one of each record instead. */
const CONNECTIONS = 64;
const STACKS = 20;
const FLAG_BYTES = [0x02, 0x04, 0x10, 0x14, 0x18, 0x10];
export interface DropRecords {
  readonly layout: RecordLayout<never>;
  readonly data: Uint8Array;
  /** Offset and length of each record. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
}

const btf = Btf.parse(
  readFileSync(fileURLToPath(new URL("../../test/fixtures/btf/6.18.btf", import.meta.url))),
);
const CODES = findEnum(btf, "skb_drop_reason");

export interface RecordsWanted {
  /** With 20 stacks of 16 frames. */
  readonly stacks: boolean;
  /** Each drop is of a connection of its own, as in a flood from forged addresses. */
  readonly newFlows?: boolean;
}

/**
 * `count` consecutive drops, of 64 connections of both families unless something else is wanted. Sequence
 * numbers, lengths and times differ from record to record, as in a storm of many peers.
 */
export function dropRecords(count: number, { stacks, newFlows = false }: RecordsWanted): DropRecords {
  const offsets = new Uint32Array(count);
  const lengths = new Uint32Array(count);
  const layout = dropLayout(new KernelTypes(btf), { ...PLAIN_REQUEST, stacks: stacks ? "all" : "none" });
  const records = Array.from({ length: count }, (_unused, index) =>
    encode(layout, index, { stacks, newFlows }),
  );
  let end = 0;
  for (const [index, record] of records.entries()) {
    offsets[index] = end + HEADER_BYTES;
    lengths[index] = record.length;
    end += HEADER_BYTES + record.length;
  }
  const data = new Uint8Array(end);
  for (const [index, record] of records.entries()) data.set(record, offsets[index]);
  return { layout, data, offsets, lengths };
}

/** Names for these records: the reasons of Linux 6.18, and a kallsyms with the functions of the stacks. */
export function benchEvents({ data, layout }: DropRecords, stacks: boolean): EventMaker {
  const lines = FUNCTIONS.map(
    (name, index) => `${(TEXT_AT + BigInt(index) * FUNCTION_BYTES).toString(16)} T ${name}\n`,
  );
  const symbolizer = new Symbolizer({
    *symbols() {
      yield;
      return { symbols: new Kallsyms(Buffer.from(lines.join(""))), problem: undefined };
    },
    modules: () => undefined,
  });
  const clock = new WallClock({ eventNs: () => 0n, realtimeNs: () => BOOTED_NS });
  return new EventMaker(new RecordView(data), layout, {
    names: new ReasonNames(btf),
    symbolizer,
    clock,
    stacks,
    givesReceivingSocket: true,
    givesReasons: true,
  });
}

function encode(
  layout: RecordLayout<never>,
  index: number,
  { stacks, newFlows }: Required<RecordsWanted>,
): Uint8Array {
  // A multiplier that is coprime to all the counts, so that each list is gone through in an order of its own.
  const mixed = (index * 7919) % 1_000_003;
  const connection = newFlows ? index : mixed % CONNECTIONS;
  const stack = mixed % STACKS;
  const [name, reason] = LOCATIONS[stack % LOCATIONS.length] ?? LOCATIONS[0];
  const ip = connection % 4 === 3 ? 6 : 4;
  const thread = (mixed >>> 3) % THREADS.length;
  const payload = (mixed * 13) % 1449;
  const headers = ip === 6 ? 40 : 20;
  const withSocket = stack % 4 === 1;
  const packetBytes = headers + 32 + payload;
  return encodeRecord(
    layout,
    { ktimeNs: FIRST_KTIME_NS + BigInt(index * NS_BETWEEN_DROPS), cpu: mixed % 4 },
    [
      part(site, { location: addressIn(name, stack), reason: codeOf(reason), hasReason: 1 }),
      part(flow, {
        saddr: address(ip, 1 + connection),
        daddr: address(ip, 200),
        dstInput: withSocket ? addressIn("ip_local_deliver", 0) : 0n,
        sport: be16(32_768 + ((connection * 397) % 28_000)),
        dport: be16(stack % 2 === 0 ? 443 : 8080),
        hasPorts: 1,
        ipVersion: ip,
        addressSource: ADDRESS_SOURCE.packet,
        direction: DIRECTION.rx,
      }),
      part(device, {
        ifname: Buffer.from(connection % 2 === 0 ? "eth0" : "veth3f2a0c9"),
        ifindex: 2 + (connection % 2),
        netnsInum: 0xf000_0000 + (connection % 2),
      }),
      part(task, { comm: Buffer.from(THREADS[thread] ?? ""), tid: thread * 1111, tgid: thread * 1111 }),
      part(socket, withSocket ? { cookie: BigInt(4096 + connection), state: 1 } : {}),
      part(segment, {
        seq: swap32((index * 2_654_435_761) >>> 0),
        ack: swap32((index * 40_503 + connection) >>> 0),
        window: be16((mixed * 31) % 65_536),
        tcpFlags: FLAG_BYTES[stack % FLAG_BYTES.length] ?? 0,
        tcpHeaderLen: 32,
        ipHeaderLen: headers,
        ipTotalLen: packetBytes,
        l3Len: packetBytes,
        skbLen: packetBytes,
        gsoSegs: 1,
        hasTcp: 1,
      }),
      ...(stacks ? [part(STACK, {}, stackBytes(name, stack))] : []),
    ],
  );
}

function stackBytes(location: string, stack: number): Uint8Array {
  const names = [...MACHINERY, location, ...CALLERS];
  return new Uint8Array(
    BigUint64Array.from(names, (name, depth) => addressIn(name, depth === MACHINERY.length ? stack : 0))
      .buffer,
  );
}

/** Each stack leaves the same function at another offset. */
function addressIn(name: string, stack: number): bigint {
  return TEXT_AT + BigInt(FUNCTIONS.indexOf(name)) * FUNCTION_BYTES + BigInt(0x1e4 + 8 * stack);
}

function address(ip: 4 | 6, host: number): Uint8Array {
  return ip === 4
    ? Uint8Array.of(192, host >>> 16, 2 + (host >>> 8), host)
    : Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0x12, host >>> 16, host >>> 8, host);
}

function codeOf(reason: string): number {
  const code = CODES?.get(`SKB_DROP_REASON_${reason}`);
  if (code === undefined) throw new Error(`Linux 6.18 has no drop reason ${reason}`);
  return code;
}

/** A big-endian value as loads on this host see it. */
function swap32(value: number): number {
  return new Uint32Array(wordBytes([value], !HOST_LITTLE_ENDIAN).slice().buffer)[0] ?? 0;
}
