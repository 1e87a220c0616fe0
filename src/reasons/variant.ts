/**
 * What a drop means, which its reason alone may not say: the form of the tables in variants-*.ts.
 *
 * A *variant* of a reason is a row with conditions. Meaning, class and advice are decided together, by the
 * first row that matches (variants.ts); where none does, the reason's own row is the variant.
 */
import type { DropClass, TcpFlag } from "../model/index.ts";

/** What a drop means, and what to do about it. */
export interface Variant {
  /** Like "no-socket/syn-cookie-accept-queue-full"; it never changes its meaning. */
  readonly id: string;
  readonly class: DropClass;
  /** What happened: plain sentences, no more than the conditions prove. */
  readonly meaning: string;
  /** What to check or do next: one line of at most 100 characters. */
  readonly advice: string;
  /** What justifies it: file and function of the kernel, and the release that was read. */
  readonly kernelSource: string;
  /** The counter that rises with it, as `nstat` prints it. */
  readonly counter?: string | undefined;
}

/** Whose copy of a packet an skb is. */
export type CopyOf = "socket" | "timestamp";

/** What is known about the segment; absent is undefined, as in DropEvent. */
export interface Segment {
  readonly state: string | undefined;
  readonly flags: readonly TcpFlag[] | undefined;
  /** Bytes. */
  readonly payloadLen: number | undefined;
  /** Bytes of the skb, without the headers that were removed. */
  readonly skbLen?: number | undefined;
  /** Frames, innermost first, possibly with offset and module. */
  readonly stack?: readonly string[] | undefined;
  /** The frame was sent to the interface on which it arrived; known for OTHERHOST only. */
  readonly ownMac?: boolean | undefined;
  /** A packet or raw socket's copy, or a clone made for a time stamp. */
  readonly copy?: CopyOf | undefined;
  /** The destination. */
  readonly daddr?: string | undefined;
  /** The receiving socket has sent, and not had acknowledged, what it acknowledges; known for TCP_OLD_SEQUENCE. */
  readonly acksNewData?: boolean | undefined;
  /** The receive window of the socket was closed at the drop; known for TCP_OLD_DATA. */
  readonly windowClosed?: boolean | undefined;
}

/**
 * Conditions on the segment and its callers. All must hold; one that cannot be evaluated does not hold, unless
 * it says so.
 */
export interface SegmentConditions {
  readonly states?: readonly string[];
  /** No socket has the segment: its state is unknown. */
  readonly withoutState?: true;
  /** An unknown state also matches. */
  readonly stateMayBeUnknown?: boolean;
  /** Exactly these. */
  readonly flags?: readonly TcpFlag[];
  readonly withFlag?: TcpFlag;
  /** None of these. */
  readonly withoutFlags?: readonly TcpFlag[];
  readonly payloadLen?: number;
  readonly skbLen?: number;
  readonly ownMac?: boolean;
  /** The destination is a multicast address, 0.0.0.0 or 255.255.255.255. */
  readonly notUnicast?: true;
  readonly copy?: CopyOf;
  readonly acksNewData?: true;
  readonly windowClosed?: true;
  /** One of these functions is on the stack. */
  readonly callers?: readonly string[];
  /** Of the functions `among`, the innermost on the stack is one of `callers`. */
  readonly nearest?: { readonly callers: readonly string[]; readonly among: readonly string[] };
}

/** Conditions that hold, or not, for all that a kernel drops at one site. */
export interface SiteConditions {
  /** Names in CORE; undefined for any reason of any subsystem. */
  readonly reasons?: readonly string[];
  /**
   * Functions that may contain the call: the function itself, and callers into which it may be inlined.
   * Undefined for any.
   */
  readonly symbols?: readonly string[];
  /** Only for kernels without this: the name of a reason, or RECEIVING_SOCKET. */
  readonly kernelWithout?: string;
  /** Only for kernels with all of these. */
  readonly kernelWith?: readonly string[];
  /**
   * Also holds where the kernel gives no reasons (before 5.17): kfree_skb() frees nothing else there.
   */
  readonly withoutReasons?: true;
}

export interface VariantRow extends Variant, SiteConditions, SegmentConditions {}

/** What this kernel has that rows may depend on: names of core reasons, and RECEIVING_SOCKET. */
export type KernelHas = ReadonlySet<string>;

/**
 * The subsystem on kernels that give no reasons, which is not the same as a code without a name.
 */
export const NO_REASONS = "NONE";

/**
 * Stands for the tracepoint's argument rx_sk, since 6.11: without it, the state of a receiving socket is
 * usually unknown.
 */
export const RECEIVING_SOCKET = "rx_sk";
