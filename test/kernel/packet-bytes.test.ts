/** The bytes of dropped packets, as they were sent: beside stacks, and without. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { RecordView } from "../../src/capture/core/record-view.ts";
import { PLAIN_REQUEST, type ProbeRequest } from "../../src/capture/kinds/drop/request.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { type PacketBytes, packetDecoder } from "../../src/capture/sections/packet/decode-packet.ts";
import { MAX_SNAPLEN } from "../../src/capture/sections/packet/packet.ts";
import { Tracer } from "../../src/capture/tracer.ts";
import { EventMaker } from "../../src/enrich/event-maker.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { Symbolizer } from "../../src/enrich/symbolizer.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { symbolsOf } from "../../src/host/symbol-reader.test.kit.ts";
import { WallClock } from "../../src/host/wall-clock.ts";
import { type Family, Hosts, waitFor } from "../../src/lab/hosts.ts";
import { frame } from "../../src/lab/packet.ts";
import { PSH_ACK, segmentToServer } from "../../src/lab/segments.ts";
import type { DropEvent } from "../../src/model/index.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";

const LIMIT = { timeout: patient(60_000) };
const ETHERNET_BYTES = 14;
const CLOSED_PORT = 81;
const HEADER_BYTES = { 4: 20 + 20, 6: 40 + 20 } as const;
const btf = openKernelBtf();
/** Where the kernel gives no reasons, callers are sent for those that follow from them. */
const givesReasons = kfreeSkbArguments(new KernelTypes(btf)).reason !== undefined;

interface Captured {
  readonly drop: DropEvent;
  readonly packet: PacketBytes | undefined;
}

/** One segment with so much payload, dropped at a closed port, as this request has it. */
async function dropOne(
  family: Family,
  payload: number,
  request: Partial<ProbeRequest>,
): Promise<{ readonly sent: Buffer; readonly captured: Captured }> {
  using hosts = new Hosts(sys);
  using tracer = Tracer.open(sys, btf, {
    request: { ...PLAIN_REQUEST, netns: [hosts.server.inode], ...request },
    ringBytes: 1 << 16,
    possibleCpus: possibleCpus(),
  });
  const bytes = Buffer.from(Array.from({ length: payload }, (_unused, index) => index % 251));
  const segment = {
    ...segmentToServer(family, 40_000, CLOSED_PORT),
    seq: 7,
    flags: PSH_ACK,
    payload: bytes,
  };
  const [destination, source] = hosts.clientMacs;
  const sent = Buffer.from(frame(segment, [source, destination]).subarray(ETHERNET_BYTES));
  hosts.inject(segment);
  const { data } = tracer.ring;
  const drops = new EventMaker(new RecordView(data), tracer.layouts.drop, {
    names: ReasonNames.of(btf),
    symbolizer: new Symbolizer(symbolsOf("frames are counted, not named")),
    clock: WallClock.of(sys),
    stacks: true,
    givesReceivingSocket: true,
    givesReasons: true,
  });
  const packets = packetDecoder(data, tracer.layouts.drop);
  const captured = await waitFor(() => {
    const found: Captured[] = [];
    tracer.ring.drain((offset, length) =>
      found.push({ drop: drops.make(offset, length, found.length), packet: packets(offset, length) }),
    );
    return found.find(({ drop }) => drop.flow.dport === CLOSED_PORT && drop.flow.sport === 40_000);
  }, "The drop");
  return { sent, captured };
}

for (const family of [4, 6] satisfies Family[])
  for (const stacks of ["all", "none"] as const)
    test(
      `IPv${family}, stacks ${stacks}: headers alone, a part, and as much as there is`,
      LIMIT,
      async () => {
        const headers = HEADER_BYTES[family];
        for (const [snaplen, bytes] of [
          ["headers", headers],
          [30, 30],
          [headers + 33, headers + 33],
          [MAX_SNAPLEN, headers + 100],
        ] as const) {
          const { sent, captured } = await dropOne(family, 100, { stacks, snaplen });
          const { drop, packet } = captured;
          assert.equal(packet?.length, sent.length, `snaplen ${snaplen}: the packet's own length`);
          assert.deepEqual(Buffer.from(packet?.bytes ?? []), sent.subarray(0, bytes), `snaplen ${snaplen}`);
          assert((drop.stack?.length ?? 0) > 0 === (stacks === "all") || !givesReasons);
          assert.deepEqual([drop.packet.payloadLen, drop.packet.seq], [100, 7]);
        }
      },
    );

test("nothing is captured of packets where nobody asks for it", LIMIT, async () => {
  const { captured } = await dropOne(4, 10, { stacks: "none" });
  assert.equal(captured.packet, undefined);
});
