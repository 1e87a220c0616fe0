/** Maps as the running kernel keeps them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { BuildError, SyscallError } from "../errors.ts";
import { openDescriptors } from "../sys/fd.ts";
import * as uapi from "../sys/uapi.gen.ts";
import type { MapKind, MapSpec } from "./map-spec.ts";
import { BpfMap, indexKey, objectName } from "./maps.ts";
import { needsRoot, runnable, sys } from "./run-program.test.kit.ts";

/** The last number of "0-3": CPUs count from 0. */
const POSSIBLE_CPUS =
  1 + Number(/\d+\s*$/.exec(readFileSync("/sys/devices/system/cpu/possible", "utf8"))?.[0]);

const spec = (kind: MapKind, maxEntries: number, valueSize = 8): MapSpec => ({
  name: `test_${kind}`,
  kind,
  keySize: 4,
  valueSize,
  maxEntries,
});
const create = (of: MapSpec): BpfMap => BpfMap.create(sys, of, POSSIBLE_CPUS);
const value = (number: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(number).buffer);
const numbers = (keys: Iterable<Uint8Array>): number[] =>
  [...keys].map((key) => new Uint32Array(key.slice().buffer)[0] ?? Number.NaN).sort((a, b) => a - b);

describe("BpfMap", { skip: needsRoot }, () => {
  for (const kind of ["hash", "lru-hash"] as const) {
    test(`${kind}: what was put is found, listed, replaced and deleted`, () => {
      using map = create(spec(kind, 64));
      assert.deepEqual([...map.keys()], []);
      assert.equal(map.lookup(indexKey(1)), undefined);
      for (let key = 0; key < 10; key += 1) map.update(indexKey(key), value(BigInt(key) << 40n));
      assert.equal(map.lookup(indexKey(7))?.[0]?.u64(0), 7n << 40n);
      assert.deepEqual(numbers(map.keys()), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      map.update(indexKey(7), value(1n));
      assert.equal(map.lookup(indexKey(7))?.[0]?.u64(0), 1n);
      assert.equal(map.delete(indexKey(7)), true);
      assert.equal(map.delete(indexKey(7)), false);
      assert.equal(map.lookup(indexKey(7)), undefined);
    });
  }

  test("lpm-trie: the longest prefix that holds the key is found", () => {
    using map = create({ name: "test_trie", kind: "lpm-trie", keySize: 8, valueSize: 8, maxEntries: 8 });
    const key = (prefix: number, ...address: number[]): Uint8Array =>
      Uint8Array.from([...new Uint8Array(Uint32Array.of(prefix).buffer), ...address]);
    map.update(key(8, 10, 0, 0, 0), value(8n));
    map.update(key(16, 10, 1, 0, 0), value(16n));
    const found = (...address: number[]): bigint | undefined => map.lookup(key(32, ...address))?.[0]?.u64(0);
    assert.deepEqual([found(10, 1, 2, 3), found(10, 2, 2, 3), found(11, 1, 2, 3)], [16n, 8n, undefined]);
  });

  test("hash: a full one refuses the next key", () => {
    using map = create(spec("hash", 2));
    map.update(indexKey(1), value(1n));
    map.update(indexKey(2), value(2n));
    assert.throws(
      () => map.update(indexKey(3), value(3n)),
      (error) => error instanceof SyscallError && error.errnoName === "E2BIG",
    );
  });

  test("lru-hash: a full one forgets old keys and takes new ones", () => {
    using map = create(spec("lru-hash", 128));
    for (let key = 0; key < 1000; key += 1) map.update(indexKey(key), value(BigInt(key)));
    const keys = numbers(map.keys());
    assert.ok(keys.length > 0 && keys.length <= 128, `${keys.length} keys`);
    assert.equal(map.lookup(indexKey(999))?.[0]?.u64(0), 999n);
  });

  test("array: is there from the start, and has an end", () => {
    using map = create(spec("array", 2));
    assert.equal(map.lookup(indexKey(1))?.[0]?.u64(0), 0n);
    map.update(indexKey(1), value(5n));
    assert.equal(map.lookup(indexKey(1))?.[0]?.u64(0), 5n);
    assert.equal(map.lookup(indexKey(2)), undefined);
  });

  for (const kind of ["percpu-array", "percpu-hash"] as const) {
    test(`${kind}: has a value for each possible CPU, padded to a multiple of 8 bytes`, () => {
      using map = create(spec(kind, 4, 12));
      using program = runnable(
        1,
        ({ b, input, store }) => {
          const key = b.buffer(4);
          b.store(4, key.address, 0, 2, "key");
          if (kind === "percpu-hash") {
            const fresh = b.buffer(16);
            for (const at of [0, 8]) b.store(8, fresh.address, at, 0, "fresh");
            b.call(
              uapi.BPF_FUNC_map_update_elem,
              [map.spec, key.address, fresh.address, 0],
              "map_update_elem",
            );
          }
          const found = b.keep(
            b.call(uapi.BPF_FUNC_map_lookup_elem, [map.spec, key.address], "map_lookup_elem"),
            "found",
          );
          b.leaveIf(found.isZero());
          b.store(4, found, 8, input[0] ?? 0, "mark");
          store(0, 1);
        },
        new Map([[map.spec, map]]),
      );
      assert.deepEqual(program.run([0x1234_5678n]), [1n]);
      const readers = map.lookup(indexKey(2)) ?? [];
      assert.equal(readers.length, POSSIBLE_CPUS);
      assert.deepEqual(
        readers.map(({ length }) => length),
        readers.map(() => 12),
      );
      assert.equal(
        readers.reduce((sum, reader) => sum + reader.u32(8), 0),
        0x1234_5678,
      );
      map.update(indexKey(2), new Uint8Array(12).fill(7));
      const written = map.lookup(indexKey(2)) ?? [];
      assert.deepEqual(
        written.map((reader) => reader.u32(8)),
        Array.from({ length: POSSIBLE_CPUS }, () => 0x0707_0707),
      );
    });
  }

  test("refuses keys and values of the wrong size, which the kernel would read or write beyond", () => {
    using map = create(spec("hash", 4));
    const short = new Uint8Array(3);
    assert.throws(() => map.lookup(short), new BuildError("The map test_hash has keys of 4 bytes, not 3"));
    assert.throws(() => map.delete(short), BuildError);
    assert.throws(() => map.update(short, value(1n)), BuildError);
    assert.throws(
      () => map.update(indexKey(1), short),
      new BuildError("The map test_hash has values of 8 bytes, not 3"),
    );
  });

  test("says which map could not be made, and closes what it opened", () => {
    const before = openDescriptors();
    assert.throws(
      () => create({ name: "odd", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: 5000 }),
      (error) =>
        error instanceof SyscallError &&
        error.message ===
          "Cannot create the ring-buffer map odd: invalid argument (bpf(BPF_MAP_CREATE): EINVAL)",
    );
    create(spec("hash", 1))[Symbol.dispose]();
    assert.equal(openDescriptors(), before);
  });
});

test("objectName keeps what the kernel takes: 15 bytes of letters, digits, '_' and '.'", () => {
  const text = (name: string): string => new TextDecoder().decode(objectName(name));
  assert.equal(text("drops.v1_x"), "drops.v1_x");
  assert.equal(text("a-b c/é"), "a_b_c__");
  assert.equal(text("x".repeat(40)).length, 15);
});
