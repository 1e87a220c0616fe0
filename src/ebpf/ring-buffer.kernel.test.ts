/**
 * The ring buffer as an async iterator, filled by a program in the kernel that runs when the test says so.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapSpec } from "../bpf/index.ts";
import { needsRoot, runnable, sys } from "../bpf/run-program.test.kit.ts";
import { struct, u64 } from "../bytes/struct.ts";
import { ERRNO } from "../sys/errno.ts";
import { openDescriptors } from "../sys/fd.ts";
import { openMappings } from "../sys/mapping.ts";
import { Scope } from "../sys/scope.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { createMap } from "./maps.ts";
import { RingBuffer } from "./ring-buffer.ts";

const LIMIT = { timeout: 20_000 };
const RECORD = struct("record", 8, { number: u64(0) });
const spec: MapSpec = {
  name: "records",
  kind: "ring-buffer",
  keySize: 0,
  valueSize: 0,
  maxEntries: sys.pageSize(),
};

class Sender implements Disposable {
  readonly #scope = new Scope();
  readonly #map = this.#scope.own(createMap(spec));
  readonly ring = this.#scope.own(new RingBuffer(this.#map));
  readonly #program = this.#scope.own(
    runnable(
      1,
      ({ b, input, store }) => {
        const buffer = b.buffer(RECORD.size);
        b.memory(RECORD, buffer.address).set("number", input[0] ?? 0);
        const call = [this.#map.spec, buffer.address, RECORD.size, 0] as const;
        store(0, b.call(uapi.BPF_FUNC_ringbuf_output, call, "ringbuf_output"));
      },
      new Map([[this.#map.spec, this.#map]]),
    ),
  );

  /** False where the ring has no room. */
  send(number: number): boolean {
    const result = BigInt.asIntN(64, this.#program.run([BigInt(number)])[0] ?? -1n);
    assert.ok(result === 0n || result === BigInt(-ERRNO.EAGAIN), String(result));
    return result === 0n;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

const numberOf = (record: Uint8Array): number => Number(RECORD.decode(record).number);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function take(records: AsyncIterator<Uint8Array>, count: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < count) {
    const { done, value } = await records.next();
    if (done === true) break;
    taken.push(numberOf(value));
  }
  return taken;
}

describe("RingBuffer as an async iterator", { skip: needsRoot }, () => {
  test("gives what is there and what comes later, oldest first, and copies", LIMIT, async () => {
    using sender = new Sender();
    const records = sender.ring.records();
    for (const number of [1, 2]) sender.send(number);
    const first = await records.next();
    assert.deepEqual(await take(records, 1), [2]);
    const later = take(records, 2);
    await turn();
    sender.send(3);
    await turn();
    sender.send(4);
    assert.deepEqual(await later, [3, 4]);
    // A page holds 256 records: the first one's room was written again.
    for (let number = 5; number < 600; number += 1) {
      assert.ok(sender.send(number));
      assert.deepEqual(await take(records, 1), [number]);
    }
    assert.equal(numberOf(first.value ?? assert.fail("no record")), 1);
  });

  test("drains nothing while its consumer is busy, and takes one record at a time", LIMIT, async () => {
    using sender = new Sender();
    let sent = 0;
    while (sender.send(sent)) sent += 1;
    const records = sender.ring.records();
    assert.deepEqual(await take(records, 1), [0]);
    await turn();
    assert.deepEqual([sender.send(sent), sender.send(sent)], [true, false], "room for one was freed");
    assert.deepEqual(
      await take(records, sent),
      Array.from({ length: sent }, (_unused, index) => index + 1),
    );
    assert.equal(sender.ring.pendingBytes, 0);
  });

  test("ends with break, and leaves what was not taken to the next reader", LIMIT, async () => {
    using sender = new Sender();
    for (const number of [1, 2, 3]) sender.send(number);
    for await (const record of sender.ring) {
      assert.equal(numberOf(record), 1);
      break;
    }
    assert.deepEqual(await take(sender.ring.records(), 2), [2, 3]);
  });

  test("ends with the signal: before it began, while it waits, and within its loop", LIMIT, async () => {
    using sender = new Sender();
    sender.send(1);
    assert.deepEqual(await take(sender.ring.records({ signal: AbortSignal.abort() }), 1), []);
    const waiting = new AbortController();
    const records = sender.ring.records({ signal: waiting.signal });
    assert.deepEqual(await take(records, 1), [1]);
    const none = take(records, 1);
    await turn();
    waiting.abort();
    assert.deepEqual(await none, []);
    for (const number of [2, 3]) sender.send(number);
    const busy = new AbortController();
    const seen: number[] = [];
    for await (const record of sender.ring.records({ signal: busy.signal })) {
      seen.push(numberOf(record));
      busy.abort();
    }
    assert.deepEqual(seen, [2]);
  });

  test("ends where the ring buffer is disposed, and leaves nothing open", LIMIT, async () => {
    const before = [openDescriptors(), openMappings()];
    const sender = new Sender();
    const both = [take(sender.ring.records(), 1), take(sender.ring.records(), 1)];
    await turn();
    sender[Symbol.dispose]();
    assert.deepEqual(await Promise.all(both), [[], []]);
    assert.deepEqual([openDescriptors(), openMappings()], before);
    assert.deepEqual(await take(sender.ring.records(), 1), []);
    assert.deepEqual(
      sender.ring.drain(() => assert.fail()),
      { records: 0, caughtUp: true },
    );
  });

  test("gives each record to one of two readers", LIMIT, async () => {
    using sender = new Sender();
    const both = [take(sender.ring.records(), 2), take(sender.ring.records(), 2)];
    await turn();
    for (const number of [1, 2, 3, 4]) sender.send(number);
    assert.deepEqual(
      (await Promise.all(both)).flat().toSorted((one, other) => one - other),
      [1, 2, 3, 4],
    );
  });

  test("lets timers run, however many records wait", LIMIT, async () => {
    using sender = new Sender();
    for (let number = 0; number < 100; number += 1) sender.send(number);
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 1);
    let taken = 0;
    for await (const _record of sender.ring) {
      taken += 1;
      for (const until = performance.now() + 1; performance.now() < until; );
      if (fired) break;
    }
    assert.ok(taken < 100, String(taken));
  });
});

test("RingBuffer.drain hands out copies, and as many as it is asked for", { skip: needsRoot }, () => {
  using sender = new Sender();
  for (const number of [1, 2, 3]) sender.send(number);
  const records: Uint8Array[] = [];
  assert.deepEqual(
    sender.ring.drain((record) => void records.push(record), 2),
    { records: 2, caughtUp: false },
  );
  assert.deepEqual(
    sender.ring.drain((record) => void records.push(record)),
    { records: 1, caughtUp: true },
  );
  assert.equal(sender.ring.sizeBytes, sys.pageSize());
  assert.deepEqual(records.map(numberOf), [1, 2, 3]);
});
