/** The program's own guard against itself, run by the kernel; and the kernel's, found in BTF. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BpfMap, indexKey, KernelTypes, type MapSpec } from "../../bpf/index.ts";
import { needsRoot, runnable, sys } from "../../bpf/run-program.test.kit.ts";
import { Btf } from "../../btf/index.ts";
import { guard, guardRecursion, kernelGuardsRecursion } from "./recursion-guard.ts";

describe("guardRecursion", { skip: needsRoot }, () => {
  /** Runs once with the CPU marked as busy or not; with `leave`, the program leaves in its middle. */
  function run(
    busy: bigint,
    leave: boolean,
  ): { ran: bigint; busyInside: bigint; busyAfter: bigint; missed: bigint } {
    const spec: MapSpec = { name: "guard", kind: "array", keySize: 4, valueSize: guard.size, maxEntries: 1 };
    using map = BpfMap.create(sys, spec, 1);
    map.update(indexKey(0), guard.encode({ busy, missed: 5n }));
    using program = runnable(
      3,
      ({ b, input: [first], store }) => {
        const address = b.pin(b.lookupIndex(spec, 0), "guard");
        b.leaveIf(address.isZero());
        const memory = b.memory(guard, address);
        guardRecursion(b, memory);
        store(0, 1);
        store(1, memory.get("busy"));
        if (first !== undefined) b.leaveIf(first.notZero());
        store(2, 1);
      },
      new Map([[spec, map]]),
    );
    const [ran = 0n, busyInside = 0n, toEnd] = program.run([leave ? 1n : 0n]);
    if (ran === 1n) assert.equal(toEnd, leave ? 0n : 1n);
    const after = map.lookup(indexKey(0))?.[0];
    assert(after !== undefined);
    return {
      ran,
      busyInside,
      busyAfter: after.u64(guard.fields.busy.offset),
      missed: after.u64(guard.fields.missed.offset),
    };
  }

  for (const leave of [false, true]) {
    test(`marks the CPU while the program runs, and no longer, ${leave ? "where it leaves early" : "to its end"}`, () => {
      assert.deepEqual(run(0n, leave), { ran: 1n, busyInside: 1n, busyAfter: 0n, missed: 5n });
    });
  }
  test("a nested run is counted and does nothing; the outer one's mark stays", () => {
    assert.deepEqual(run(1n, false), { ran: 0n, busyInside: 0n, busyAfter: 1n, missed: 6n });
  });
});

describe("kernelGuardsRecursion", () => {
  const fixture = (release: string) =>
    new KernelTypes(
      Btf.parse(
        readFileSync(fileURLToPath(new URL(`../../../../test/fixtures/btf/${release}.btf`, import.meta.url))),
      ),
    );
  for (const [release, guards] of [
    ["5.10", false],
    ["6.1", true],
    ["6.12", true],
    ["6.18", true],
  ] as const)
    test(`Linux ${release}: ${guards}`, () => assert.equal(kernelGuardsRecursion(fixture(release)), guards));
});
