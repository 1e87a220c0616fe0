/**
 * Which socket to believe, and what it says.
 *
 * `rx_sk` (since Linux 6.11) is the socket that the protocol had found. `skb->sk` is the sender's own on the
 * way out; on the way in it is the receiver's after early demux, but the *sender's* until ip_rcv() orphans
 * the skb (veth hands skbs over with their owner). So on the way in it is believed only where its ports
 * mirror those of the packet.
 */

import { all, any, type Builder, type Condition, type Label, not, type Pointer } from "../../bpf/index.ts";
import { AF_INET, AF_INET6, AF_PACKET, SOCK_RAW, SOCK_STREAM } from "../../sys/macros.ts";
import type { sock } from "./kernel-structs.ts";
import { IPPROTO_TCP, type IpPacket, type Ports } from "./packet-walk.ts";
import { TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from "./tcp-states.ts";

export type SockPointer = Pointer<typeof sock>;

/**
 * The socket's end is where the packet goes: its port is the packet's dport, and its peer is where the packet
 * comes from, unless it listens. Ports alone do not tell: both ends may use the same. A socket in CLOSE has
 * given its own port back (__inet_put_port(), net/ipv4/inet_hashtables.c) and knows its peer still.
 */
export function isReceiver(sk: SockPointer, ports: Ports, { ip, walk }: IpPacket): Condition {
  const { skc_num, skc_dport, skc_state, skc_daddr, skc_v6_daddr } = sk.__sk_common;
  const v4 = all(walk.get("version").eq(4), skc_daddr.eq(ip.load(4, 12)));
  const v6 =
    skc_v6_daddr === undefined
      ? []
      : [
          all(
            walk.get("version").eq(6),
            skc_v6_daddr.load(8, 0).eq(ip.load(8, 8)),
            skc_v6_daddr.load(8, 8).eq(ip.load(8, 16)),
          ),
        ];
  return all(
    ports.readable.notZero(),
    any(skc_num.eq(ports.tcp.load(2, 2).fromBigEndian(16)), all(skc_state.eq(TCP_CLOSE), skc_num.isZero())),
    any(skc_state.eq(TCP_LISTEN), all(skc_dport.eq(ports.tcp.load(2, 0)), any(v4, ...v6))),
  );
}

/**
 * True for full TCP sockets (a raw socket for TCP has its protocol too, but another type) and the small ones
 * that TCP makes: request sockets and timewait sockets, of which only sock_common may be read.
 */
export function isTcp(sk: SockPointer): Condition {
  const { skc_family, skc_state } = sk.__sk_common;
  return all(
    any(skc_family.eq(AF_INET), skc_family.eq(AF_INET6)),
    any(
      skc_state.eq(TCP_TIME_WAIT),
      skc_state.eq(TCP_NEW_SYN_RECV),
      all(sk.sk_protocol.eq(IPPROTO_TCP), sk.sk_type.eq(SOCK_STREAM)),
    ),
  );
}

/** A packet socket, or a raw one: each gets a copy of its own. */
export function isPacketOrRaw(sk: SockPointer): Condition {
  const { skc_family } = sk.__sk_common;
  return any(
    skc_family.eq(AF_PACKET),
    all(any(skc_family.eq(AF_INET), skc_family.eq(AF_INET6)), sk.sk_type.eq(SOCK_RAW)),
  );
}

/** Goes to `no` unless the pointer is a TCP socket. */
export function demandTcp(b: Builder, sk: SockPointer, no: Label): void {
  b.jumpIf(sk.address.isZero(), no);
  b.jumpIf(not(isTcp(sk)), no);
}
