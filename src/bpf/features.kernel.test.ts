import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ERRNO } from "../sys/errno.ts";
import { fakeSyscalls } from "../sys/fake.test.kit.ts";
import { openDescriptors } from "../sys/fd.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { haveMap, haveProgram, haveTracing } from "./features.ts";
import { kernelBtf, needsRoot, sys } from "./run-program.test.kit.ts";

const GEOMETRY = { keySize: 4, valueSize: 4, maxEntries: 1 };

describe("features of the running kernel", { skip: needsRoot }, () => {
  test("what is there is present, and nothing stays open", () => {
    const before = openDescriptors();
    assert.deepEqual(haveMap(sys, uapi.BPF_MAP_TYPE_HASH, GEOMETRY), { kind: "present" });
    assert.deepEqual(haveProgram(sys, uapi.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0), { kind: "present" });
    assert.deepEqual(haveTracing(sys, kernelBtf, "tp_btf", "kfree_skb"), { kind: "present" });
    assert.deepEqual(haveTracing(sys, kernelBtf, "iter", "tcp"), { kind: "present" });
    assert.equal(openDescriptors(), before);
  });

  test("what no kernel has is absent, with a reason", () => {
    assert.deepEqual(haveMap(sys, 9999, GEOMETRY), { kind: "absent", why: "the kernel does not know it" });
    assert.deepEqual(haveProgram(sys, 9999, 0, 0), { kind: "absent", why: "the kernel does not know it" });
    for (const kind of ["tp_btf", "fentry", "fexit", "iter"] as const) {
      assert.deepEqual(haveTracing(sys, kernelBtf, kind, "no_such_name"), {
        kind: "absent",
        why: "the kernel's BTF has no no_such_name",
      });
    }
  });
});

describe("features, found by errno", () => {
  const answer = (result: number) =>
    haveMap(fakeSyscalls({ bpf: () => result }).sys, uapi.BPF_MAP_TYPE_HASH, GEOMETRY);
  for (const [name, kind] of [
    ["EINVAL", "absent"],
    ["E2BIG", "absent"],
    ["EPERM", "unknown"],
    ["ENOMEM", "unknown"],
  ] as const) {
    test(`${name} is ${kind}`, () => assert.equal(answer(-ERRNO[name]).kind, kind));
  }

  test("a descriptor is present, and closed", () => {
    const { sys: fake, calls } = fakeSyscalls({ bpf: () => 7 });
    assert.deepEqual(haveMap(fake, uapi.BPF_MAP_TYPE_HASH, GEOMETRY), { kind: "present" });
    assert.deepEqual(calls.at(-1), { name: "close", arguments: [7] });
  });
});
