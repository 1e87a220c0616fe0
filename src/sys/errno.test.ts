import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SyscallError } from "../errors.ts";
import { check, ERRNO, errnoName, syscallError } from "./errno.ts";
import { libcSyscalls } from "./libc.ts";

describe("errno", () => {
  test("errnoName names what the headers name, and bpf(2)'s own ENOTSUPP", () => {
    assert.equal(errnoName(1), "EPERM");
    assert.equal(errnoName(524), "ENOTSUPP");
    assert.equal(errnoName(4000), "errno 4000");
  });

  test("check passes results of 0 or more through", () => {
    assert.equal(check(0, "close", "x"), 0);
    assert.equal(check(7, "open", "x"), 7);
  });

  test("check throws a SyscallError that says what was tried, with which call, and the hint", () => {
    assert.throws(
      () => check(-ERRNO.EPERM, "bpf(BPF_MAP_CREATE)", "Cannot create the map x", { hint: "Run as root." }),
      (error) => {
        assert.ok(error instanceof SyscallError);
        assert.deepEqual(
          [error.message, error.call, error.errno, error.errnoName, error.hint, error.code, error.exitCode],
          [
            "Cannot create the map x: operation not permitted (bpf(BPF_MAP_CREATE): EPERM)",
            "bpf(BPF_MAP_CREATE)",
            ERRNO.EPERM,
            "EPERM",
            "Run as root.",
            "SYSCALL_FAILED",
            1,
          ],
        );
        return true;
      },
    );
  });

  test("syscallError has words for a number that nobody knows", () => {
    assert.equal(syscallError(4000, "x", "Cannot y").message, "Cannot y: error 4000 (x: errno 4000)");
  });

  test("a real call that fails returns minus errno, and throws nothing", () => {
    assert.equal(libcSyscalls.close(-1), -ERRNO.EBADF);
    assert.equal(libcSyscalls.open("/nonexistent/file", 0), -ERRNO.ENOENT);
    assert.equal(libcSyscalls.bpf(9999, new Uint8Array(8)), -ERRNO.EINVAL);
    assert.ok(libcSyscalls.clockGettimeNs(12345) < 0n);
  });
});
