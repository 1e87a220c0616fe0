/** XDP programs run on the running kernel, on frames that they drop: nothing reaches the network stack. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Builder } from "../../src/bpf/builder.ts";
import { attach } from "../../src/bpf/links.ts";
import type { MapSpec } from "../../src/bpf/map-spec.ts";
import { BpfMap, indexKey } from "../../src/bpf/maps.ts";
import { Program } from "../../src/bpf/program.ts";
import { listing, type ProgramSpec } from "../../src/bpf/program-spec.ts";
import { kernelBtf, needsRoot, sys } from "../../src/bpf/run-program.test.kit.ts";
import { BuildError, SyscallError } from "../../src/errors.ts";
import { ERRNO } from "../../src/sys/errno.ts";
import { fakeSyscalls } from "../../src/sys/fake.test.kit.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";
import { receiveFrames } from "./receive-frames.ts";

const LOOPBACK = 1;
const FRAME = Uint8Array.from({ length: 64 }, (_unused, index) => index);
/** Runs, and the last byte of the last frame. */
const results: MapSpec = { name: "results", kind: "array", keySize: 4, valueSize: 16, maxEntries: 1 };

/** Counts its runs, adds 1 to the frame's last byte, and drops it. */
function counting(): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const action = b.variable("action");
  b.set(action, uapi.XDP_ABORTED);
  const memory = b.pin(b.lookupIndex(results, 0), "results");
  b.leaveIf(memory.isZero());
  const data = b.pin(b.loadFrom(4, context, uapi.xdpMd.fields.data.offset, "data"), "data");
  const end = b.pin(b.loadFrom(4, context, uapi.xdpMd.fields.dataEnd.offset, "data_end"), "data_end");
  b.leaveIf(data.add(FRAME.length).gt(end));
  b.store(8, memory, 0, b.loadFrom(8, memory, 0, "runs").add(1), "runs");
  b.store(8, memory, 8, b.loadFrom(1, data, FRAME.length - 1, "last"), "last");
  b.store(1, data, FRAME.length - 1, b.loadFrom(1, data, FRAME.length - 1, "last").add(1), "last");
  b.set(action, uapi.XDP_DROP);
  return { name: "counting", attach: { kind: "xdp" }, ...b.finish(action), license: "Dual MIT/GPL" };
}

describe("receiveFrames", { skip: needsRoot }, () => {
  for (const [repeat, batchSize] of [
    [1, undefined],
    [1000, undefined],
    [1001, 256],
    [3, 1],
  ] as const)
    test(`runs the program ${repeat} times, ${batchSize ?? "as many as the kernel likes"} in a batch`, () => {
      using map = BpfMap.create(sys, results, 1);
      using program = Program.load(sys, counting(), kernelBtf, new Map([[results, map]]));
      const ns = receiveFrames(sys, program, {
        frame: FRAME,
        ifindex: LOOPBACK,
        repeat,
        ...(batchSize === undefined ? {} : { batchSize }),
      });
      assert.ok(ns !== undefined && ns > 0, `a frame takes time: ${ns} ns`);
      const [value] = map.lookup(indexKey(0)) ?? [];
      assert.equal(value?.u64AsNumber(0), repeat);
      // The frame that was given, or one that was written into before.
      assert.ok(value.u64AsNumber(8) >= FRAME.length - 1);
    });

  test("a device that is not there, and a program that is not XDP, are SyscallErrors", () => {
    using map = BpfMap.create(sys, results, 1);
    using program = Program.load(sys, counting(), kernelBtf, new Map([[results, map]]));
    assert.throws(
      () => receiveFrames(sys, program, { frame: FRAME, ifindex: 2 ** 30, repeat: 1 }),
      (error) =>
        error instanceof SyscallError &&
        error.message.includes("Cannot run counting on frames of the device with index 1073741824"),
    );
    const raw = {
      name: "raw",
      attach: { kind: "raw_tp", tracepoint: "sched_switch" },
      ...new Builder().finish(),
      license: "Dual MIT/GPL",
    } as const;
    using other = Program.load(sys, raw, kernelBtf, new Map());
    assert.throws(
      () => receiveFrames(sys, other, { frame: FRAME, ifindex: LOOPBACK, repeat: 1 }),
      SyscallError,
    );
  });

  test("a signal cuts it short: undefined, and no error", () => {
    using map = BpfMap.create(sys, results, 1);
    using program = Program.load(sys, counting(), kernelBtf, new Map([[results, map]]));
    assert.equal(
      receiveFrames(fakeSyscalls({ bpf: () => -ERRNO.EINTR }).sys, program, {
        frame: FRAME,
        ifindex: LOOPBACK,
        repeat: 1,
      }),
      undefined,
    );
  });

  test("an XDP program is not attached: a BuildError says what to do with it", () => {
    using map = BpfMap.create(sys, results, 1);
    using program = Program.load(sys, counting(), kernelBtf, new Map([[results, map]]));
    assert.throws(() => attach(sys, program), BuildError);
  });
});

test("listing names an XDP program, and what it returns", () => {
  const text = listing(counting());
  assert.match(text, /^; counting: xdp, Dual MIT\/GPL\n/);
  assert.match(text, /r0 = \*\(u64 \*\)\(r10 - 8\) +; return\n.*: exit\n$/);
});
