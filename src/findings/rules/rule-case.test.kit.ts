/** A case of a rule, and the drops that several have in common. */
import type { Event, FindingNotice, SummaryNotice } from "../../model/index.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { drops } from "../incidents.test.kit.ts";

export interface RuleCase {
  readonly rule: string;
  readonly title: string;
  readonly events: readonly Event[];
  readonly netns?: Partial<NetnsEvidence>;
  readonly summary?: Partial<SummaryNotice>;
  /** What the finding has, where it fires. */
  readonly is?: Partial<FindingNotice>;
  readonly text?: RegExp;
  readonly evidence?: RegExp;
  readonly next?: RegExp;
  /** The rules that fire instead: then this one must not. */
  readonly instead?: readonly string[];
}

export const RCV = "tcp_v4_rcv+0x99";
export const NFT = "nft_do_chain+0x46f [nf_tables]";
export const NFT_POLICY = "nft_do_chain+0x637 [nf_tables]";
export const SLOW = "nf_hook_slow+0x7d";
export const SYN_ACK = ["SYN", "ACK"] as const;
export const DATA = { flags: ["PSH", "ACK"], payloadLen: 100, state: "ESTABLISHED" } as const;
export const ACK = { flags: ["ACK"], payloadLen: 0 } as const;

export const nobody = { reason: "NO_SOCKET", location: RCV };
export const overflow = { reason: "TCP_LISTEN_OVERFLOW", location: RCV, state: "LISTEN", ...ACK };
export const cookie = { reason: "NO_SOCKET", location: "cookie_v4_check+0x54d", state: "LISTEN", ...ACK };
export const listening = { reason: "TCP_FLAGS", location: "tcp_v4_do_rcv+0x10", state: "LISTEN" } as const;
export const cookies = { TcpExtTCPReqQFullDoCookies: 284, TcpExtSyncookiesSent: 284 };
export const netfilter = { reason: "NETFILTER_DROP", location: NFT };
export const legacy = { reason: "NETFILTER_DROP", location: SLOW };
export const scan = Array.from({ length: 12 }, (_, at) =>
  drops({ ...nobody, count: 1, dport: 20 + at }),
).flat();
export const links = (rtc0 = 1500): NetnsEvidence["links"] => [
  { ifindex: 1, name: "lo", mtu: 65_536, isUp: true, hasCarrier: true },
  { ifindex: 2, name: "eth0", mtu: 1500, isUp: true, hasCarrier: true },
  { ifindex: 3, name: "rtc0", mtu: rtc0, isUp: true, hasCarrier: true },
];
export const listener = { address: "198.51.100.10", port: 443, takesIpv4: true, acceptQueue: 5, backlog: 4 };

export const csum = { reason: "TCP_CSUM", location: RCV, ...DATA, state: undefined };
