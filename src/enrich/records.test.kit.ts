/** Records as the program sends them, and an event maker over them, for tests. */
import assert from "node:assert/strict";
import { findEnum, openKernelBtf } from "../btf/index.ts";
import { dropRecord, FIXED_BYTES, PRESENT } from "../capture/core/record.ts";
import { Kallsyms } from "../host/kallsyms.ts";
import { symbolsOf } from "../host/symbol-reader.test.kit.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { DropEvent } from "../model/index.ts";
import { EventMaker, type EventNaming } from "./event-maker.ts";
import { ReasonNames } from "./reason-names.ts";
import { Symbolizer } from "./symbolizer.ts";

export type RecordValues = Parameters<typeof dropRecord.encode>[0];

const btf = openKernelBtf();

/** All that a record can have. */
export const ALL_PRESENT = Object.values(PRESENT).reduce((bits, bit) => bits | bit, 0);

/** This kernel's number for a reason. */
export function codeOf(name: string): number {
  return findEnum(btf, "skb_drop_reason")?.get(`SKB_DROP_REASON_${name}`) ?? assert.fail(name);
}

/** Frames behind the fixed part, and nothing further, as the program sends them. */
export function record(values: RecordValues, frames: readonly bigint[] = []): Uint8Array {
  const stack = new Uint8Array(BigUint64Array.from(frames).buffer);
  return dropRecord
    .encode({ ipVersion: 4, stackBytes: stack.length, ...values, stack })
    .subarray(0, FIXED_BYTES + stack.length);
}

/** `symbols` are lines of kallsyms; without them it says why there are none. */
export function naming(symbols: string | undefined, more: Partial<EventNaming> = {}): EventNaming {
  let wall = 1_000_000n;
  return {
    names: new ReasonNames(btf),
    symbolizer: new Symbolizer(
      symbolsOf(symbols === undefined ? "symbols are hidden" : new Kallsyms(Buffer.from(symbols))),
    ),
    clock: new WallClock({ eventNs: () => 0n, realtimeNs: () => wall++ }),
    stacks: true,
    tellsReceivingSocket: true,
    tellsReasons: true,
    ...more,
  };
}

/** An event maker whose records are put into its memory one after the other. */
export class Records {
  readonly maker: EventMaker;
  readonly #ring = new Uint8Array(2 * dropRecord.size);

  constructor(named: EventNaming) {
    this.maker = new EventMaker(this.#ring, named);
  }

  /** At one offset or another, so that nothing depends on where a record lies. */
  make(values: RecordValues, frames: readonly bigint[] = [], offset = 0): DropEvent {
    const bytes = record(values, frames);
    this.#ring.set(bytes, offset);
    const event = this.maker.make(offset, bytes.length);
    this.#ring.fill(0xff, offset, offset + bytes.length);
    return event;
  }
}
