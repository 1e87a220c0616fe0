import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { describe, test } from "node:test";
import { fakeSyscalls } from "./fake.test.kit.ts";
import { OwnedFd, openDescriptors } from "./fd.ts";
import { libcSyscalls } from "./libc.ts";

describe("OwnedFd", () => {
  test("closes its descriptor once, and counts", () => {
    const { sys, calls } = fakeSyscalls();
    const before = openDescriptors();
    const owned = new OwnedFd(sys, 7, "map x");
    assert.equal(owned.fd, 7);
    assert.equal(owned.isOpen, true);
    assert.equal(openDescriptors(), before + 1);
    owned[Symbol.dispose]();
    owned[Symbol.dispose]();
    assert.equal(owned.isOpen, false);
    assert.equal(openDescriptors(), before);
    assert.deepEqual(calls, [{ name: "close", arguments: [7] }]);
  });

  test("throws where a closed one is used: the number may be somebody else's by then", () => {
    const owned = new OwnedFd(fakeSyscalls().sys, 7, "map x");
    owned[Symbol.dispose]();
    assert.throws(() => owned.fd, { message: "map x is closed" });
  });

  test("closes a real descriptor", () => {
    const fd = openSync("/dev/null", "r");
    fstatSync(fd);
    new OwnedFd(libcSyscalls, fd, "/dev/null")[Symbol.dispose]();
    assert.throws(() => closeSync(fd), { code: "EBADF" });
  });
});
