/** Records as the program sends them, and an event maker over them, for tests. */
import assert from "node:assert/strict";
import { findEnum, openKernelBtf } from "../btf/index.ts";
import { encodeRecord, part, type RecordPart } from "../capture/core/encode-record.test.kit.ts";
import { KIND, recordHead } from "../capture/core/record-head.ts";
import { recordLayout } from "../capture/core/record-layout.ts";
import { RecordView } from "../capture/core/record-view.ts";
import { device } from "../capture/sections/device/device.ts";
import { flow } from "../capture/sections/flow/flow.ts";
import { segment } from "../capture/sections/segment/segment.ts";
import { site } from "../capture/sections/site/site.ts";
import { socket } from "../capture/sections/socket/socket.ts";
import { STACK, stackSection } from "../capture/sections/stack/stack.ts";
import { task } from "../capture/sections/task/task.ts";
import { transit } from "../capture/sections/transit/transit.ts";
import { tunnel } from "../capture/sections/tunnel/tunnel.ts";
import { verdict } from "../capture/sections/verdict/verdict.ts";
import { Kallsyms } from "../host/kallsyms.ts";
import { symbolsOf } from "../host/symbol-reader.test.kit.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { DropEvent } from "../model/index.ts";
import { EventMaker, type EventNaming } from "./event-maker.ts";
import { ReasonNames } from "./reason-names.ts";
import { Symbolizer } from "./symbolizer.ts";

const stacks = stackSection({ stacks: "all", callersFor: [] }, true) ?? assert.fail("stacks are wanted");
/** What the program writes where all of it is asked for. */
export const LAYOUT = recordLayout<never>(KIND.drop, [
  site,
  flow,
  device,
  task,
  socket,
  segment,
  verdict,
  stacks,
  transit,
  tunnel,
]);

type ValuesOf<S> = S extends { readonly layout: { encode(values: infer V): unknown } } ? V : never;
/** Fields of the head and of all sections: no two have the same name. */
export type RecordValues = Readonly<
  Parameters<typeof recordHead.encode>[0] &
    ValuesOf<typeof site> &
    ValuesOf<typeof flow> &
    ValuesOf<typeof device> &
    ValuesOf<typeof task> &
    ValuesOf<typeof socket> &
    ValuesOf<typeof segment> &
    ValuesOf<typeof verdict> &
    ValuesOf<typeof transit> &
    ValuesOf<typeof tunnel> &
    ValuesOf<typeof STACK>
>;

const btf = openKernelBtf();

/** This kernel's number for a reason. */
export function codeOf(name: string): number {
  return findEnum(btf, "skb_drop_reason")?.get(`SKB_DROP_REASON_${name}`) ?? assert.fail(name);
}

/** Where a field is in a record. */
export function offsetOf(name: keyof RecordValues): number {
  for (const section of LAYOUT.sections) {
    const field = (section.layout.fields as Readonly<Record<string, { offset: number }>>)[name];
    if (field !== undefined) return (LAYOUT.slotOf(section)?.at ?? 0) + field.offset;
  }
  return recordHead.fields[name as keyof typeof recordHead.fields].offset;
}

/** Tails by the names of their sections; the others have none. */
export type Tails = Readonly<Record<string, Uint8Array>>;

/** Frames behind the sections, and other tails that are given, as the program sends them. */
export function record(values: RecordValues, frames: readonly bigint[] = [], others: Tails = {}): Uint8Array {
  const tails: Tails = { [STACK.name]: new Uint8Array(BigUint64Array.from(frames).buffer), ...others };
  const all = { ipVersion: 4, ...values };
  const of = (fields: object): object =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name in fields));
  const parts = LAYOUT.sections.map(
    (section): RecordPart => part(section, of(section.layout.fields as object), tails[section.name]),
  );
  return encodeRecord(LAYOUT, of(recordHead.fields), parts);
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
    givesReceivingSocket: true,
    givesReasons: true,
    ...more,
  };
}

/** An event maker over records that lie in these bytes. */
export function makerOf(bytes: Uint8Array, named: EventNaming): EventMaker {
  return new EventMaker(new RecordView(bytes), LAYOUT, named);
}

/** An event maker whose records are put into its memory one after the other. */
export class Records {
  readonly maker: EventMaker;
  readonly #ring = new Uint8Array(2 * LAYOUT.mostBytes);
  #lastId = 0;

  constructor(named: EventNaming) {
    this.maker = makerOf(this.#ring, named);
  }

  /** At one offset or another, so that nothing depends on where a record lies. */
  make(values: RecordValues, frames: readonly bigint[] = [], offset = 0, others: Tails = {}): DropEvent {
    const bytes = record(values, frames, others);
    this.#ring.set(bytes, offset);
    this.#lastId += 1;
    const event = this.maker.make(offset, bytes.length, this.#lastId);
    this.#ring.fill(0xff, offset, offset + bytes.length);
    return event;
  }
}
