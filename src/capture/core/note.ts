/**
 * A note: what a small extra program knows, left for the program that writes the record, on the same CPU and
 * about the same skb (which listener refused it, which rule said drop).
 *
 * A note program may be interrupted by another that leaves its own note: then the first one finds that the
 * generation went on, and leaves none, so that no note is ever a mixture. Whoever reads one compares the skb
 * and the task, since softirqs can be preempted where the kernel is built for real time.
 */
import {
  type Builder,
  type KernelTypes,
  type Label,
  type MapSpec,
  type ProgramSpec,
  type Scalar,
  StructMemory,
} from "../../bpf/index.ts";
import { type Struct, struct, u64 } from "../../bytes/struct.ts";
import * as uapi from "../../sys/uapi.gen.ts";

/** In front of each note. */
const noteHead = struct("note", 24, {
  /** What it is about; 0 where there is none. */
  skb: u64(0),
  /** The task that was running, or that a softirq interrupted. */
  task: u64(8),
  generation: u64(16),
});

/** What a section wants to be left for it. */
export interface Notes<F> {
  readonly layout: Struct<F>;
  /** In the order in which they are attached. They find this CPU's note at `room`. */
  readonly programs: (kernel: KernelTypes, room: NoteRoom) => readonly ProgramSpec[];
}

/** Where notes lie: in the value of a per-CPU array. */
export interface NoteRoom {
  readonly map: MapSpec;
  readonly offset: number;
}

export function noteBytes({ layout }: Pick<Notes<unknown>, "layout">): number {
  return noteHead.size + layout.size;
}

/** This CPU's note of a kind: written by one program, read by another. */
export class NoteMemory<F> {
  readonly #b: Builder;
  readonly #head: StructMemory<(typeof noteHead)["fields"]>;
  readonly #body: StructMemory<F>;

  /** `address`, and `offset` behind it: where the note lies. */
  constructor(b: Builder, layout: Struct<F>, address: Scalar, offset: number) {
    this.#b = b;
    this.#head = new StructMemory(b, noteHead, address, offset);
    this.#body = new StructMemory(b, layout, address, offset + noteHead.size);
  }

  /** In a program of its own: finds the memory, or leaves. */
  static find<F>(b: Builder, layout: Struct<F>, { map, offset }: NoteRoom): NoteMemory<F> {
    const address = b.pin(b.lookupIndex(map, 0), "this CPU's notes");
    b.leaveIf(address.isZero());
    return new NoteMemory(b, layout, address, offset);
  }

  /** Leaves a note about this skb; `write` writes what it says. */
  leave(skb: Scalar, write: (body: StructMemory<F>) => void): void {
    const b = this.#b;
    const head = this.#head;
    head.add("generation", 1);
    const generation = b.keep(head.get("generation"), "generation");
    head.set("skb", 0);
    write(this.#body);
    head.set("task", currentTask(b));
    b.if(head.get("generation").eq(generation), () => head.set("skb", skb));
  }

  /** Takes back what the same task left, if it did. */
  takeBack(): void {
    const task = currentTask(this.#b);
    this.#b.if(this.#head.get("task").eq(task), () => this.#head.set("skb", 0));
  }

  /**
   * Goes to `absent` unless the same task left one, about this skb where it is known. It is gone once it is
   * read; what it says stays until the program ends.
   */
  read(skb: Scalar | undefined, absent: Label): { readonly skb: Scalar; readonly body: StructMemory<F> } {
    const b = this.#b;
    const head = this.#head;
    const noted = b.keep(head.get("skb"), "noted skb");
    b.jumpIf(noted.isZero(), absent);
    if (skb !== undefined) b.jumpIf(noted.ne(skb), absent);
    b.jumpIf(head.get("task").ne(currentTask(b)), absent);
    head.set("skb", 0);
    return { skb: noted, body: this.#body };
  }
}

function currentTask(b: Builder): Scalar {
  return b.call(uapi.BPF_FUNC_get_current_task, [], "get_current_task");
}
