/** What a predicate asks of a thing that is filtered: a drop's event, or a packet. */

import type { BytesNode, Family } from "../filter-language/index.ts";
import type { Outer, Owner } from "../model/index.ts";
import type { Answer } from "./answer.ts";

/** `told` has what the kernel answered. */
export type Test<T> = (of: T, told: number) => Answer;

/** Which end's address or port. */
export type OneEnd = "src" | "dst";

/**
 * `missing`: it is one of the last two, and nobody knows which.
 *
 * - `readable`: ports, flags and the rest are there
 * - `fragment`: a later fragment has no TCP header, and what asks for one is false
 * - `unreadable`: its 20 bytes are not all there; what asks for any of them rejects the packet
 */
export type TcpHeader = "readable" | "fragment" | "unreadable" | "missing";

/** There may be one, and nobody knows which: it may be what is asked for, and may not be. */
export interface Unknown {
  readonly isUnknown: true;
}
export const UNKNOWN: Unknown = Object.freeze({ isUnknown: true });

/** Of headers. Numbers are without sign. */
export interface PacketSource<T> {
  readonly family: (of: T) => Family | Unknown;
  /** A number for IPv4; for IPv6 four 32-bit words, the first first. */
  readonly address: (of: T, end: OneEnd) => number | readonly number[] | Unknown;
  readonly tcpHeader: (of: T) => TcpHeader;
  /** Asked where the TCP header is readable; and so are the flags. */
  readonly port: (of: T, end: OneEnd) => number | Unknown;
  readonly flags: (of: T) => number;
  /** The flags that are known; all, unless it says otherwise. */
  readonly knownFlags?: number;
  /** Undefined where nobody knows numbers of headers: comparisons have no answer then. */
  readonly numbers: NumberSource<T> | undefined;
}

export interface NumberSource<T> {
  /** Bytes from the IP header on, as that says. Undefined where it is not kept. */
  readonly len: ((of: T) => number) | undefined;
  /** Bytes of TCP payload; NaN where they are not known. */
  readonly payload: (of: T) => number;
  /**
   * Bytes from a header on, in network order; NaN where they are behind the end. As in pcap-filter, where
   * they are is a sum of 32 bits: tcp[-1] is the byte before TCP's header. Undefined where headers are not
   * kept.
   */
  readonly bytes: ((of: T, header: BytesNode["header"], offset: number, size: number) => number) | undefined;
}

/** Of the event. Undefined is what it does not have, and matches nothing. */
export interface EventSource<T> {
  /**
   * What a word asks for: a reason by its name, a location as a function's name with an offset behind "+" and
   * a module behind a space, or as an address.
   */
  readonly field: (word: string) => (of: T) => unknown;
  /** Whose it is; UNKNOWN where it is not known yet, or was not looked for. */
  readonly owner: (of: T) => Owner | undefined | Unknown;
  /** The header around a tunnel packet. */
  readonly outer: (of: T) => Outer | undefined;
  readonly reasonCode: (of: T) => number | undefined | Unknown;
  readonly locationAddress: (of: T) => bigint | undefined | Unknown;
}

export type Source<T> = PacketSource<T> & EventSource<T>;
