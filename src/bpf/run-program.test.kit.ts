/**
 * Runs a program that is built in a test on the running kernel, by BPF_PROG_TEST_RUN, and returns what it
 * stored.
 */
import assert from "node:assert/strict";
import { openKernelBtf } from "../btf/index.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { Scope } from "../sys/scope.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { Builder } from "./builder.ts";
import { Scalar } from "./expression.ts";
import type { MapSpec } from "./map-spec.ts";
import { BpfMap, indexKey } from "./maps.ts";
import { Program } from "./program.ts";

export const sys = libcSyscalls;
export const kernelBtf = openKernelBtf();
/** A reason to skip, for everything that loads programs. */
export const needsRoot: string | false =
  process.getuid?.() === 0 ? false : "needs root, to load BPF programs";

/** struct bpf_raw_tracepoint_args: the kernel takes at most 12 arguments. */
const ARGUMENTS = 6;

export interface Workbench {
  readonly b: Builder;
  /** Unknown 64-bit values: what `run` is given. */
  readonly input: readonly Scalar[];
  /** Stores a result. */
  readonly store: (index: number, value: Scalar | number) => void;
}

export interface Runnable extends Disposable {
  readonly program: Program;
  /** What was stored, 0 where nothing was. */
  run(input: readonly bigint[]): bigint[];
}

export function testRun(program: Program, input: readonly bigint[]): void {
  const context = new BigUint64Array(ARGUMENTS);
  context.set(input.slice(0, ARGUMENTS));
  const bytes = new Uint8Array(context.buffer);
  const attr = uapi.bpfAttrTestRun.encode({
    progFd: program.fd,
    ctxSizeIn: bytes.byteLength,
    ctxIn: sys.addressOf(bytes),
  });
  assert.equal(sys.bpf(uapi.BPF_PROG_TEST_RUN, attr), 0);
  assert.equal(uapi.bpfAttrTestRun.decode(attr).retval, 0);
}

/** Builds and loads a program; other maps that it uses are given by `maps`. */
export function runnable(
  resultCount: number,
  write: (bench: Workbench) => void,
  maps: ReadonlyMap<MapSpec, BpfMap> = new Map(),
): Runnable {
  const results: MapSpec = {
    name: "results",
    kind: "array",
    keySize: 4,
    valueSize: 8 * resultCount,
    maxEntries: 1,
  };
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const memory = b.pin(b.lookupIndex(results, 0), "results");
  b.leaveIf(memory.isZero());
  const input = Array.from(
    { length: ARGUMENTS },
    (_unused, index) =>
      new Scalar(
        { kind: "load", base: context.expression, offset: 8 * index, size: 8, comment: `input ${index}` },
        64,
      ),
  );
  write({ b, input, store: (index, value) => b.store(8, memory, 8 * index, value, `result ${index}`) });
  const spec = {
    name: "test",
    attach: { kind: "raw_tp", tracepoint: "sched_switch" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  } as const;
  const scope = new Scope();
  try {
    const map = scope.own(BpfMap.create(sys, results, 1));
    const program = scope.own(Program.load(sys, spec, kernelBtf, new Map([...maps, [results, map]])));
    return {
      program,
      run(values) {
        map.update(indexKey(0), new Uint8Array(8 * resultCount));
        testRun(program, values);
        const [value] = map.lookup(indexKey(0)) ?? [];
        return Array.from({ length: resultCount }, (_unused, index) => value?.u64(8 * index) ?? 0n);
      },
      [Symbol.dispose]: () => scope[Symbol.dispose](),
    };
  } catch (failure) {
    scope[Symbol.dispose]();
    throw failure;
  }
}
