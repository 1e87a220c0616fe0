/** Kernel functions that programs call, on the running kernel. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Btf } from "../btf/index.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { Builder } from "./builder.ts";
import { Scalar } from "./expression.ts";
import { KernelTypes, kernelStruct, scalar } from "./kernel-struct.ts";
import { readOnlyCast } from "./kfunc.ts";
import { kernelBtf, needsRoot, runnable } from "./run-program.test.kit.ts";

const needsCast =
  kernelBtf.find("bpf_rdonly_cast", "func") === undefined
    ? "bpf_rdonly_cast() is there since Linux 6.2"
    : false;
const task = kernelStruct("task_struct", { tgid: scalar });

test("readOnlyCast reads a struct at a bare address, and 0 where there is no memory", {
  skip: needsRoot || needsCast,
}, () => {
  const kernel = new KernelTypes(kernelBtf);
  using program = runnable(2, ({ b, input: [nowhere], store }) => {
    const current = readOnlyCast(
      b,
      kernel,
      task,
      b.call(uapi.BPF_FUNC_get_current_task, [], "get_current_task"),
    );
    const none = nowhere && readOnlyCast(b, kernel, task, nowhere);
    assert.ok(current && none);
    store(0, current.tgid);
    store(1, none.tgid);
  });
  assert.deepEqual(program.run([8n]), [BigInt(process.pid), 0n]);
});

test("readOnlyCast is undefined where the kernel has no such function", () => {
  const old = new KernelTypes(
    Btf.parse(readFileSync(fileURLToPath(new URL("../../../test/fixtures/btf/6.1.btf", import.meta.url)))),
  );
  assert.equal(readOnlyCast(new Builder(), old, task, Scalar.constant(8)), undefined);
});
