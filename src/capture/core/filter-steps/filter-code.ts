/** What the parts of a filter's code share while they are written. */

import { type Builder, type Condition, Scalar, type Size, type StackBuffer } from "../../../bpf/index.ts";
import { FilterError } from "../../../errors.ts";
import type {
  AddressNode,
  CgroupGroup,
  FilterNode,
  OwnerNode,
  Span,
} from "../../../filter-language/index.ts";
import type { PacketContext } from "../context.ts";
import type { NetworkMaps } from "./network-maps.ts";

/** What a filter may be evaluated on, in the program that it stands in. */
export interface FilterContext extends PacketContext {
  /** Undefined where the kernel gives none. */
  readonly reason: Scalar | undefined;
  /** Counts an event that the filter rejects. */
  readonly countFiltered: () => void;
  /** Parts of the record that filters read: each is written where it is asked for first. */
  readonly asked: {
    readonly addresses: () => { getBytes(field: "saddr" | "daddr", size: Size, at: number): Scalar };
    readonly state: () => Scalar;
    /** A name that begins with a zero is not known; an index of 0 is none. */
    readonly interface: () => {
      get(field: "ifindex"): Scalar;
      getBytes(field: "ifname", size: Size, at: number): Scalar;
    };
    /** Of who made the socket; means something where `isKnown` holds. */
    readonly uid: () => { readonly uid: Scalar; readonly isKnown: Condition };
    /** Whether the socket was made in this cgroup, or in one below; `uid` was asked before. */
    readonly isInCgroup: (group: Pick<CgroupGroup, "id" | "level">) => Condition;
    /** What user space answered for this owner, in the bits of ANSWER; 0 where it has not. */
    readonly answers: () => Scalar;
    /** The device that it was to leave by, where `facts.transit` is not 0. */
    readonly transit: () => { getBytes(field: "ifname", size: Size, at: number): Scalar };
  };
}

/** A filter as the program is made from it: plain data. All trees are simplified. */
export interface KernelFilter {
  /** What the user wrote: for errors. */
  readonly text: string;
  /** Asked as soon as the packet is known, before sockets and interfaces are looked at. */
  readonly early: FilterNode | undefined;
  /** Asked when all is known. */
  readonly late: FilterNode | undefined;
  /**
   * As `late`, but what was asked for and is not there rejects nothing: user space asks the whole question.
   */
  readonly weak: FilterNode | undefined;
  /**
   * What `weak` asks of owners: the program knows of each owner what user space has answered before, and lets
   * pass what it does not know.
   */
  readonly answers: readonly OwnerNode[];
  /** Evaluated into two bits of the record each, for user space: the result, and whether it was a rejection. */
  readonly told: readonly FilterNode[];
  /** User space can ask all of the filter, if the kernel does not take it. */
  readonly optional: boolean;
  /** For lists of networks that are too long for jumps. */
  readonly maps: ReadonlyMap<AddressNode, NetworkMaps>;
}

/** As many questions as a record has bits for. */
export const MAX_TOLD = 16;
/** As many questions for owners as a word has bits for. */
export const MAX_ANSWERS = 32;

/** What is known of question number `at`: one of these bits, or none of them. */
export const ANSWER = {
  yes: (at: number): bigint => 1n << BigInt(2 * at),
  no: (at: number): bigint => 2n << BigInt(2 * at),
} as const;

export function isSameQuestion(one: OwnerNode, other: OwnerNode): boolean {
  return one.word === other.word && one.value === other.value;
}
/** Values of arithmetic that are kept at once. */
export const MAX_KEPT_VALUES = 8;

export class FilterCode {
  readonly b: Builder;
  readonly event: FilterContext;
  readonly text: string;
  readonly maps: ReadonlyMap<AddressNode, NetworkMaps>;
  readonly answers: readonly OwnerNode[];
  /** A register for what is searched for in a list. */
  readonly searched: Scalar;
  readonly #slots: Scalar[] = [];
  readonly #buffers = new Map<number, StackBuffer>();

  constructor(event: FilterContext, { text, maps, answers }: KernelFilter, searched: Scalar) {
    this.b = event.b;
    this.event = event;
    this.text = text;
    this.maps = maps;
    this.answers = answers;
    this.searched = searched;
  }

  /** A variable for a value of arithmetic; all of the filter share them. */
  slot(index: number, at: Span): Scalar {
    if (index >= MAX_KEPT_VALUES)
      throw new FilterError({
        text: this.text,
        ...at,
        problem: `This arithmetic keeps more than ${MAX_KEPT_VALUES} values at once`,
        expected: "fewer parentheses on the right",
      });
    this.#slots[index] ??= this.b.variable(`filter value ${index}`);
    return this.#slots[index] ?? Scalar.constant(0);
  }

  /** Bytes on the stack, which all that ask for as many share. */
  key(sizeBytes: number): StackBuffer {
    const known = this.#buffers.get(sizeBytes);
    if (known !== undefined) return known;
    const buffer = this.b.buffer(sizeBytes);
    this.#buffers.set(sizeBytes, buffer);
    return buffer;
  }
}
