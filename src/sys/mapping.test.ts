import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SyscallError } from "../errors.ts";
import { ERRNO } from "./errno.ts";
import { fakeSyscalls } from "./fake.test.kit.ts";
import { OwnedFd } from "./fd.ts";
import { libcSyscalls } from "./libc.ts";
import { MAP_SHARED, O_RDWR, PROT_READ, PROT_WRITE } from "./macros.ts";
import { Mapping, openMappings } from "./mapping.ts";
import type { Fd } from "./syscalls.ts";

const fd = 5 as Fd;

describe("Mapping", () => {
  test("asks for the protection that was wanted, and unmaps once", () => {
    const { sys, calls } = fakeSyscalls();
    const before = openMappings();
    for (const access of ["read", "read-write"] as const) {
      const mapping = Mapping.open(sys, fd, 8192, 4096, access, "a test");
      assert.equal(mapping.view.byteLength, 8192);
      assert.equal(openMappings(), before + 1);
      mapping[Symbol.dispose]();
      mapping[Symbol.dispose]();
      assert.equal(openMappings(), before);
    }
    const mmaps = calls.filter(({ name }) => name === "mmap").map((call) => call.arguments);
    assert.deepEqual(mmaps, [
      [8192, PROT_READ, MAP_SHARED, 5, 4096],
      [8192, PROT_READ | PROT_WRITE, MAP_SHARED, 5, 4096],
    ]);
    assert.deepEqual(calls.filter(({ name }) => name === "munmap").length, 2);
  });

  test("refuses its view once it is gone: reading it would kill the process", () => {
    const mapping = Mapping.open(fakeSyscalls().sys, fd, 4096, 0, "read", "a test");
    mapping[Symbol.dispose]();
    assert.throws(() => mapping.view, { message: "The mapping is closed" });
  });

  test("says what could not be mapped, and counts nothing", () => {
    const before = openMappings();
    const { sys } = fakeSyscalls({ mmap: () => BigInt(-ERRNO.ENOMEM) });
    assert.throws(
      () => Mapping.open(sys, fd, 4096, 0, "read", "the ring"),
      (error) =>
        error instanceof SyscallError &&
        error.errnoName === "ENOMEM" &&
        error.message === "Cannot map the ring: not enough memory (mmap: ENOMEM)",
    );
    assert.equal(openMappings(), before);
  });

  test("maps a real file, shared", () => {
    const folder = mkdtempSync(join(tmpdir(), "tcpdrop-mapping-"));
    try {
      const path = join(folder, "page");
      const size = libcSyscalls.pageSize();
      writeFileSync(path, Buffer.alloc(size, 0x5a));
      using owned = new OwnedFd(libcSyscalls, libcSyscalls.open(path, O_RDWR), path);
      using first = Mapping.open(libcSyscalls, owned.fd, size, 0, "read-write", path);
      using second = Mapping.open(libcSyscalls, owned.fd, size, 0, "read", path);
      const written = new Uint8Array(first.view);
      assert.equal(written[size - 1], 0x5a);
      written[3] = 7;
      assert.equal(new Uint8Array(second.view)[3], 7);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
