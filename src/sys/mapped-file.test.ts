import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERRNO } from "./errno.ts";
import { fakeSyscalls } from "./fake.test.kit.ts";
import { libcSyscalls } from "./libc.ts";
import { mapForever } from "./mapped-file.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";

test("mapForever gives the bytes of the file, and the same ones when asked again", () => {
  const bytes = mapForever(libcSyscalls, VMLINUX);
  // Before Linux 6.16 the kernel does not map it.
  if (bytes !== undefined) assert.ok(readFileSync(VMLINUX).equals(bytes));
  assert.equal(mapForever(libcSyscalls, VMLINUX), bytes);
});

test("mapForever closes a file that the kernel does not map, and gives nothing", () => {
  const { sys, calls } = fakeSyscalls({ mmap: () => BigInt(-ERRNO.ENODEV) });
  assert.equal(mapForever(sys, "/proc/self/exe"), undefined);
  assert.deepEqual(
    calls.map(({ name }) => name),
    ["open", "mmap", "close"],
  );
});
