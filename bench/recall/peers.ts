/** The peers: how each is started here, and what it reports of a drop. */
import type { DropFacts } from "../../test/drop-facts.ts";
import { inTracefs } from "../in-tracefs.ts";

/** One drop as a peer printed it. */
export interface Sighting {
  readonly reasonCode: number;
  /** Local and remote port, in the peer's order; undefined if it prints none. */
  readonly ports: readonly [number, number] | undefined;
}

export interface Peer {
  readonly name: string;
  /** What is run, for the page. */
  readonly what: string;
  readonly command: readonly string[];
  /** Whether it prints the connection, and so can exclude what is not TCP. */
  readonly showsConnection: boolean;
  /** Printed once it is attached; without it, silence means that it is running. */
  readonly ready?: string;
  readonly parse: (line: string) => Sighting | undefined;
}

/**
 * bpftrace's tools/tcpdrop.bt: its conditions and ports, with BTF in place of its headers, without which it
 * does not start.
 */
const TCPDROP_BT = `BEGIN { printf("Attached\\n"); }
tracepoint:skb:kfree_skb {
  $skb = (struct sk_buff *)args->skbaddr; $sk = (struct sock *)$skb->sk; $family = $sk->__sk_common.skc_family;
  if (args->reason > 2 && ($family == 2 || $family == 10)) {
    $dport = $sk->__sk_common.skc_dport;
    printf("DROP %d %d %d\\n", args->reason, $sk->__sk_common.skc_num, bswap($dport));
  }
}`;

export const PEERS: readonly Peer[] = [
  {
    name: "bpftrace",
    what: "the logic of its tools/tcpdrop.bt (`skb->sk` required), with the kernel's BTF in place of headers",
    command: inTracefs("bpftrace", "-B", "line", "-e", TCPDROP_BT),
    ready: "Attached",
    showsConnection: true,
    parse: (line) => {
      const match = /^DROP (\d+) (\d+) (\d+)$/.exec(line);
      return match === null
        ? undefined
        : { reasonCode: Number(match[1]), ports: [Number(match[2]), Number(match[3])] };
    },
  },
  {
    name: "perf trace",
    what:
      "`perf trace -a -e skb:kfree_skb`: every skb of every protocol, by address, location and code; " +
      "no addresses, ports, flags or state",
    command: inTracefs("perf", "trace", "-a", "-e", "skb:kfree_skb"),
    showsConnection: false,
    parse: (line) => {
      const match = /skb:kfree_skb\(.*reason: (\d+)\)/.exec(line);
      return match === null ? undefined : { reasonCode: Number(match[1]), ports: undefined };
    },
  },
  {
    name: "bcc",
    what: "its tcpdrop (`tcpdrop-bpfcc`)",
    command: ["tcpdrop-bpfcc"],
    ready: "SADDR:SPORT",
    showsConnection: true,
    parse: () => undefined,
  },
  {
    name: "dropwatch",
    what: "`dropwatch -l kas`",
    command: ["sh", "-c", "(echo start; sleep 86400) | dropwatch -l kas"],
    ready: "Kernel monitoring activated",
    showsConnection: false,
    parse: () => undefined,
  },
];

/**
 * Whether a sighting can be this drop. If no ports are printed, the reason must do, which favours the peer.
 */
export function isOf({ reasonCode, ports }: Sighting, drop: DropFacts): boolean {
  if (reasonCode !== drop.reasonCode) return false;
  return ports === undefined || ports.includes(drop.sport ?? -1) || ports.includes(drop.dport ?? -1);
}
