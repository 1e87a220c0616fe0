/** The consumer against memory that a test writes as the kernel would, and against a real ring. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { UnsupportedError } from "../errors.ts";
import { ERRNO } from "../sys/errno.ts";
import { fakeSyscalls } from "../sys/fake.test.kit.ts";
import { openDescriptors } from "../sys/fd.ts";
import { openMappings } from "../sys/mapping.ts";
import * as uapi from "../sys/uapi.gen.ts";
import type { MapSpec } from "./map-spec.ts";
import { BpfMap } from "./maps.ts";
import { RingBuffer } from "./ring-buffer.ts";
import { needsRoot, runnable, sys } from "./run-program.test.kit.ts";

const PAGE = 4096;
const SIZE = PAGE;
const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;

const spec = (sizeBytes: number): MapSpec => ({
  name: "ring",
  kind: "ring-buffer",
  keySize: 0,
  valueSize: 0,
  maxEntries: sizeBytes,
});

/** Producer and ring; the data lies twice in a row, as the kernel maps it. */
class FakeRing implements Disposable {
  readonly ring: RingBuffer;
  readonly #consumer = new ArrayBuffer(PAGE);
  readonly #producer = new ArrayBuffer(PAGE + 2 * SIZE);

  constructor(startAt = 0n) {
    const memory = [this.#consumer, this.#producer];
    const { sys: fake } = fakeSyscalls({ viewMemory: () => memory.shift() ?? new ArrayBuffer(0) });
    this.ring = new RingBuffer(fake, BpfMap.create(fake, spec(SIZE), 1), PAGE);
    new BigUint64Array(this.#consumer)[0] = startAt;
    this.produced = startAt;
  }

  get consumed(): bigint {
    return new BigUint64Array(this.#consumer)[0] ?? 0n;
  }
  get produced(): bigint {
    return new BigUint64Array(this.#producer)[0] ?? 0n;
  }
  set produced(position: bigint) {
    new BigUint64Array(this.#producer)[0] = position;
  }

  /** Reserves a record and fills it with `fill`; returns where its header is. */
  produce(length: number, flags = 0, fill = 0x5a): bigint {
    const at = this.produced;
    this.mark(at, length, flags);
    for (let index = 0; index < length; index += 1) this.#put(at + 8n + BigInt(index), fill);
    this.produced = at + BigInt(Math.ceil((length + 8) / 8) * 8);
    return at;
  }

  mark(at: bigint, length: number, flags: number): void {
    for (const [index, byte] of new Uint8Array(Uint32Array.of(length | flags, 0).buffer).entries())
      this.#put(at + BigInt(index), byte);
  }

  #put(position: bigint, byte: number): void {
    const data = new Uint8Array(this.#producer, PAGE);
    const offset = Number(position % BigInt(SIZE));
    data[offset] = byte;
    data[offset + SIZE] = byte;
  }

  /** What a drain hands over: the bytes of each record. */
  drain(maxRecords?: number): { records: number[][]; caughtUp: boolean } {
    const records: number[][] = [];
    const result = this.ring.drain(
      (offset, length) => records.push([...this.ring.data.subarray(offset, offset + length)]),
      maxRecords,
    );
    assert.equal(result.records, records.length);
    return { records, caughtUp: result.caughtUp };
  }

  [Symbol.dispose](): void {
    this.ring[Symbol.dispose]();
  }
}

const filled = (length: number, fill: number): number[] => Array.from({ length }, () => fill);

describe("RingBuffer", () => {
  test("hands over records in order, and gives their bytes back", () => {
    using fake = new FakeRing();
    fake.produce(3, 0, 1);
    fake.produce(16, 0, 2);
    assert.equal(fake.ring.pendingBytes, 16 + 24);
    assert.deepEqual(fake.drain(), { records: [filled(3, 1), filled(16, 2)], caughtUp: true });
    assert.equal(fake.consumed, fake.produced);
    assert.equal(fake.ring.pendingBytes, 0);
    assert.deepEqual(fake.drain(), { records: [], caughtUp: true });
  });

  test("stops at a record that is still being written, and goes on from there", () => {
    using fake = new FakeRing();
    fake.produce(8, 0, 1);
    const busy = fake.produce(8, BUSY, 2);
    fake.produce(8, 0, 3);
    assert.deepEqual(fake.drain(), { records: [filled(8, 1)], caughtUp: false });
    assert.equal(fake.consumed, busy);
    fake.mark(busy, 8, 0);
    assert.deepEqual(fake.drain(), { records: [filled(8, 2), filled(8, 3)], caughtUp: true });
  });

  test("passes over discarded records", () => {
    using fake = new FakeRing();
    fake.produce(40, DISCARD);
    fake.produce(8, 0, 3);
    fake.produce(8, DISCARD);
    assert.deepEqual(fake.drain(), { records: [filled(8, 3)], caughtUp: true });
    assert.equal(fake.consumed, fake.produced);
  });

  test("reads a record that wraps around in one piece", () => {
    using fake = new FakeRing(BigInt(SIZE - 16));
    fake.produce(100, 0, 7);
    assert.deepEqual(fake.drain(), { records: [filled(100, 7)], caughtUp: true });
  });

  for (const start of [2n ** 31n - 16n, 2n ** 32n - 8n, 2n ** 40n]) {
    test(`positions beyond 32 bits are no trouble: ${start}`, () => {
      using fake = new FakeRing(start);
      for (let fill = 1; fill < 5; fill += 1) fake.produce(8, 0, fill);
      assert.deepEqual(fake.drain().records, [filled(8, 1), filled(8, 2), filled(8, 3), filled(8, 4)]);
    });
  }

  test("reads at most so many, and says that there is more", () => {
    using fake = new FakeRing();
    for (let fill = 1; fill < 4; fill += 1) fake.produce(8, 0, fill);
    assert.deepEqual(fake.drain(2), { records: [filled(8, 1), filled(8, 2)], caughtUp: false });
    assert.deepEqual(fake.drain(2), { records: [filled(8, 3)], caughtUp: true });
  });

  test("reads what was there when the drain began: a busy producer cannot hold it for ever", () => {
    using fake = new FakeRing();
    fake.produce(8);
    let calls = 0;
    fake.ring.drain(() => {
      calls += 1;
      fake.produce(8);
    });
    assert.equal(calls, 1);
    assert.equal(fake.drain().records.length, 1);
  });

  test("gives a record's bytes back only after it was handled", () => {
    using fake = new FakeRing();
    fake.produce(8);
    fake.ring.drain(() => assert.equal(fake.consumed, 0n));
    assert.equal(fake.consumed, fake.produced);
  });

  test("any sequence of records comes out as it went in", () => {
    const step = fc.record({
      length: fc.nat({ max: 300 }),
      flags: fc.constantFrom(0, DISCARD),
      drain: fc.boolean(),
    });
    const property = fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 511 }), (steps, start) => {
      using fake = new FakeRing(8n * BigInt(start));
      const wanted: number[][] = [];
      const got: number[][] = [];
      for (const [index, { length, flags, drain }] of steps.entries()) {
        const full = fake.ring.pendingBytes > SIZE - 400;
        if (drain || full) got.push(...fake.drain().records);
        fake.produce(length, flags, index);
        if (flags === 0) wanted.push(filled(length, index));
      }
      got.push(...fake.drain().records);
      assert.deepEqual(got, wanted);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("is quiet once it is closed, and leaves no mapping", () => {
    const before = openMappings();
    const fake = new FakeRing();
    assert.equal(openMappings(), before + 2);
    fake.produce(8);
    fake.ring[Symbol.dispose]();
    fake.ring[Symbol.dispose]();
    assert.equal(openMappings(), before);
    assert.deepEqual(fake.drain(), { records: [], caughtUp: true });
    assert.equal(fake.ring.pendingBytes, 0);
  });

  test("refuses sizes that the kernel would not make", () => {
    const { sys: fake } = fakeSyscalls();
    for (const size of [5000, 2048, 12288])
      assert.throws(() => new RingBuffer(fake, BpfMap.create(fake, spec(size), 1), PAGE), UnsupportedError);
  });

  test("unmaps the first page where the second cannot be mapped", () => {
    const before = openMappings();
    let calls = 0;
    const { sys: fake } = fakeSyscalls({ mmap: () => (calls++ === 0 ? 0x1000n : BigInt(-ERRNO.ENOMEM)) });
    assert.throws(
      () => new RingBuffer(fake, BpfMap.create(fake, spec(SIZE), 1), PAGE),
      /Cannot map the ring buffer's data/,
    );
    assert.equal(openMappings(), before);
  });
});

describe("RingBuffer on the kernel", { skip: needsRoot }, () => {
  test("reads what a program sends, wrapping many times, and nothing is lost", () => {
    const descriptors = openDescriptors();
    const mappings = openMappings();
    {
      using map = BpfMap.create(sys, spec(sys.pageSize()), 1);
      using ring = new RingBuffer(sys, map, sys.pageSize());
      using program = runnable(
        1,
        ({ b, input, store }) => {
          const record = b.buffer(24);
          for (const at of [0, 8, 16]) b.store(8, record.address, at, input[at / 8] ?? 0, "record");
          store(0, b.call(uapi.BPF_FUNC_ringbuf_output, [map.spec, record.address, 24, 0], "ringbuf_output"));
        },
        new Map([[map.spec, map]]),
      );
      const got: bigint[] = [];
      for (let index = 0n; index < 2000n; index += 1n) {
        assert.deepEqual(program.run([index, index << 32n, ~index & 0xffff_ffff_ffff_ffffn]), [0n]);
        if (index % 64n !== 63n && index !== 1999n) continue;
        const { caughtUp } = ring.drain((offset, length) => {
          assert.equal(length, 24);
          const words = new BigUint64Array(ring.data.slice(offset, offset + length).buffer);
          assert.equal(words[1], (words[0] ?? 0n) << 32n);
          got.push(words[0] ?? -1n);
        });
        assert.equal(caughtUp, true);
      }
      assert.deepEqual(
        got,
        Array.from({ length: 2000 }, (_unused, index) => BigInt(index)),
      );
      // A full ring refuses, and takes again once it was drained.
      const results = Array.from({ length: 200 }, () => program.run([1n, 2n, 3n])[0]);
      assert.equal(BigInt.asIntN(64, results.at(-1) ?? 0n), BigInt(-ERRNO.EAGAIN));
      const kept = results.filter((result) => result === 0n).length;
      assert.equal(ring.drain(() => undefined).records, kept);
      assert.deepEqual(program.run([1n, 2n, 3n]), [0n]);
    }
    assert.equal(openDescriptors(), descriptors);
    assert.equal(openMappings(), mappings);
  });
});
