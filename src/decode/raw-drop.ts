/** A record as it came from the kernel: numbers and bytes, nothing named yet. enrich/ makes a DropEvent of it. */
import type { AddressSource, TcpFlag } from "../event.ts";

export interface RawDrop {
  readonly ktimeNs: bigint;
  readonly cpu: number;
  readonly cpuPid: number;
  readonly cpuTid: number;
  readonly cpuComm: string;
  readonly ip: 4 | 6;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  readonly addressSource: AddressSource;
  /** What the program could tell; "received" becomes rx or forwarded by the route's input function. */
  readonly direction: "unknown" | "received" | "tx";
  /** dst_entry.input of a received skb, 0n without a route. */
  readonly dstInput: bigint;
  readonly tunnel: boolean;
  /** A packet or raw socket's copy. */
  readonly copy: boolean;
  readonly state: string | undefined;
  readonly flags: readonly TcpFlag[] | undefined;
  readonly seq: number | undefined;
  readonly ack: number | undefined;
  readonly window: number | undefined;
  readonly payloadLen: number | undefined;
  readonly skbLen: number;
  readonly gsoSegs: number;
  readonly reasonCode: number;
  /** Two 32-bit halves, low first. */
  readonly locationLow: number;
  readonly locationHigh: number;
  /** Frames as pairs of 32-bit halves, low first, innermost frame first. */
  readonly stack: Uint32Array | undefined;
  readonly netns: number | undefined;
  readonly ifindex: number | undefined;
  readonly ifname: string | undefined;
  readonly skCookie: bigint | undefined;
  readonly mark: number;
}
