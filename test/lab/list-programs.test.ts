import assert from "node:assert/strict";
import { test } from "node:test";
import { SyscallError } from "../../src/errors.ts";
import { ERRNO } from "../../src/sys/errno.ts";
import { fakeSyscalls } from "../../src/sys/fake.test.kit.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";
import { listPrograms } from "./list-programs.ts";

const IDS = [3, 7, 9];

/** A kernel with the programs IDS, of which 7 vanishes between being listed and being opened. */
function kernelWithThree() {
  return fakeSyscalls({
    bpf: (command, attr) => {
      const { id } = uapi.bpfAttrObjectId.decode(attr);
      if (command === uapi.BPF_PROG_GET_FD_BY_ID) return id === 7 ? -ERRNO.ENOENT : 100 + id;
      if (command === uapi.BPF_OBJ_GET_INFO_BY_FD) return 0;
      const next = IDS.find((candidate) => candidate > id);
      if (next === undefined) return -ERRNO.ENOENT;
      attr.set(uapi.bpfAttrObjectId.encode({ id, nextId: next }));
      return 0;
    },
  });
}

test("listPrograms walks the ids, leaves out what vanished, and closes what it opened", () => {
  const { sys, calls } = kernelWithThree();
  const before = openDescriptors();
  assert.deepEqual(
    listPrograms(sys).map(({ id }) => id),
    [3, 9],
  );
  assert.equal(openDescriptors(), before);
  assert.deepEqual(
    calls.filter(({ name }) => name === "close").map((call) => call.arguments[0]),
    [103, 109],
  );
});

test("listPrograms says what was not permitted", () => {
  const { sys } = fakeSyscalls({ bpf: () => -ERRNO.EPERM });
  assert.throws(
    () => listPrograms(sys),
    (failure) => failure instanceof SyscallError && failure.errnoName === "EPERM",
  );
});
