/**
 * The drop program on a function of TCP, like tcp_drop() of kernels before 5.18. No kernel that can be booted
 * here has tcp_drop() as a function, so one with the same arguments stands in for it: it "drops" each segment
 * that arrives on an open connection.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { haveTracing } from "../../src/bpf/features.ts";
import { attach, BpfMap, KernelTypes, Program, RingBuffer } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { RecordView } from "../../src/capture/core/record-view.ts";
import { ringMap } from "../../src/capture/core/ring-map.ts";
import { tcpDropHook } from "../../src/capture/kinds/drop/drop-hook.ts";
import { dropDesign } from "../../src/capture/kinds/drop/drop-program.ts";
import { PLAIN_REQUEST } from "../../src/capture/kinds/drop/request.ts";
import { EventMaker } from "../../src/enrich/event-maker.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { Symbolizer } from "../../src/enrich/symbolizer.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { HeldSymbols } from "../../src/host/symbol-reader.ts";
import { WallClock } from "../../src/host/wall-clock.ts";
import { ADDRESS, type Family, Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Scope } from "../../src/sys/scope.ts";
import { sendBytes } from "../../src/sys/sockets.ts";
import { type DropFacts, factsOf } from "../drop-facts.ts";
import { patient } from "../patience.ts";

const STAND_IN = "tcp_rcv_established";
const btf = openKernelBtf();
const feature = haveTracing(sys, btf, "fentry", STAND_IN);
const skip = feature.kind === "present" ? false : `fentry/${STAND_IN}: ${feature.why}`;

for (const family of [4, 6] satisfies Family[])
  test(`fentry, IPv${family}: addresses, state and the caller as location`, {
    skip,
    timeout: patient(30_000),
  }, async () => {
    using scope = new Scope();
    const hosts = scope.own(new Hosts(sys));
    const kernel = new KernelTypes(btf);
    const request = { ...PLAIN_REQUEST, netns: [hosts.server.inode] };
    const { maps, layout, program: specOf } = dropDesign(kernel, request, ringMap(1 << 16));
    const created = BpfMap.createAll(sys, scope, Object.values(maps), possibleCpus());
    const hook = tcpDropHook(kernel, STAND_IN);
    const program = scope.own(Program.load(sys, specOf("probe", hook), btf, created));
    const ring = scope.own(
      new RingBuffer(sys, created.get(maps.ring) ?? assert.fail("no ring"), sys.pageSize()),
    );
    const connection = await hosts.establish(family, hosts.newPort());
    const link = scope.own(attach(sys, program));
    sendBytes(connection.client, new Uint8Array(100));
    const drops: DropFacts[] = [];
    const events = new EventMaker(new RecordView(ring.data), layout, {
      names: ReasonNames.of(btf),
      symbolizer: new Symbolizer(scope.own(HeldSymbols.open())),
      clock: WallClock.of(sys),
      stacks: true,
      givesReceivingSocket: false,
      givesReasons: false,
    });
    await waitFor(() => {
      ring.drain((offset, length) => drops.push(factsOf(events.make(offset, length, drops.length))));
      return drops.find(({ payloadLen }) => payloadLen === 100);
    }, "The segment");
    link[Symbol.dispose]();
    for (const drop of drops) {
      assert.deepEqual(
        [
          drop.source,
          drop.ip,
          drop.saddr,
          drop.daddr,
          drop.sport,
          drop.dport,
          drop.state,
          drop.reasonCode,
          drop.netns,
        ],
        [
          "tcp_drop",
          family,
          ADDRESS.client[family],
          ADDRESS.server[family],
          connection.clientPort,
          connection.serverPort,
          "ESTABLISHED",
          undefined,
          hosts.server.inode,
        ],
      );
      assert.match(drop.location, new RegExp(`^tcp_v${family}_do_rcv\\+`));
      assert.equal(drop.stack?.[0], drop.location, "the stack begins with the location");
    }
  });
