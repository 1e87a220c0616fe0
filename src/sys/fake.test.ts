import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ERRNO } from "./errno.ts";
import { fakeSyscalls } from "./fake.test.kit.ts";
import { libcSyscalls } from "./libc.ts";

describe("fakeSyscalls", () => {
  test("has every call of the real ones", () => {
    assert.deepEqual(Object.keys(fakeSyscalls().sys).sort(), Object.keys(libcSyscalls).sort());
  });

  test("records calls in order, with buffers as they were at the call", () => {
    const { sys, calls } = fakeSyscalls({
      bpf: (_command, attr) => {
        attr[0] = 9;
        return 3;
      },
    });
    const attr = Uint8Array.of(1, 2);
    assert.equal(sys.bpf(5, attr), 3);
    sys.close(3);
    assert.deepEqual(calls, [
      { name: "bpf", arguments: [5, Uint8Array.of(1, 2)] },
      { name: "close", arguments: [3] },
    ]);
    assert.equal(attr[0], 9);
  });

  test("succeeds unless set otherwise, with descriptors that differ", () => {
    const { sys } = fakeSyscalls({ close: () => -ERRNO.EINTR });
    assert.notEqual(sys.bpf(0, new Uint8Array()), sys.open("x", 0));
    assert.equal(sys.unshare(0), 0);
    assert.equal(sys.close(1), -ERRNO.EINTR);
  });
});
