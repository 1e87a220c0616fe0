/**
 * Which socket to believe, and which way the packet went: docs/adr/0003-what-is-a-drop.md.
 *
 * `rx_sk` (since Linux 6.11) is the socket that the protocol had found. `skb->sk` is the sender's own on the
 * way out; on the way in it is the receiver's after early demux, but the *sender's* until ip_rcv() orphans
 * the skb (veth hands skbs over with their owner). So on the way in it is believed only where its ports
 * mirror those of the packet.
 */

import { all, any, type Builder, type Condition, type Label, not, type Scalar } from "../../bpf/index.ts";
import { AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC, SOCK_RAW, SOCK_STREAM } from "../../sys/macros.ts";
import type { PacketContext } from "./context.ts";
import { DIRECTION } from "./facts.ts";
import type { SockPointer } from "./kernel-structs.ts";
import { IPPROTO_TCP } from "./packet-walk.ts";
import { TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from "./tcp-states.ts";

export interface SocketContext extends PacketContext {
  /** skb_iif: not 0 if the skb came from a device. */
  readonly receivedOn: Scalar;
  /** The socket that the protocol had found; undefined where the kernel does not say. */
  readonly rxSk: SockPointer | undefined;
  /** A variable: the address of the socket that is believed, or 0. */
  readonly believed: Scalar;
}

/** rx where the skb came from a device, tx where it is on the way from the socket that has it. */
export function decideDirection({ b, facts, owner, receivedOn, rxSk }: SocketContext): void {
  // What a program writes into a tun device belongs to that device's own socket, of no family:
  // drivers/net/tun.c, tun_chr_open().
  const isSent = all(
    ...(rxSk === undefined ? [] : [rxSk.address.isZero()]),
    not(owner.address.isZero()),
    owner.__sk_common.skc_family.ne(AF_UNSPEC),
  );
  b.if(
    receivedOn.notZero(),
    () => facts.set("direction", DIRECTION.rx),
    () => b.if(isSent, () => facts.set("direction", DIRECTION.tx)),
  );
}

/** Sets `believed`, and `facts.copy` where this is a tap's copy. */
export function chooseSocket(context: SocketContext): void {
  const { b, facts, owner, receivedOn, rxSk, believed } = context;
  const chosen = b.label("socket_chosen");
  b.set(believed, 0);
  if (rxSk !== undefined) {
    const noRxSk = b.label("no_rx_sk");
    b.jumpIf(rxSk.address.isZero(), noRxSk);
    b.if(isTcp(rxSk), () => {
      b.set(believed, rxSk.address);
      b.jump(chosen);
    });
    // A UDP socket may be the end of a tunnel, and what it drops is lost to TCP.
    b.if(isPacketOrRaw(rxSk), () => facts.set("copy", 1));
    b.jump(chosen);
    b.bind(noRxSk);
  }
  b.jumpIf(owner.address.isZero(), chosen);
  b.jumpIf(not(isTcp(owner)), chosen);
  b.jumpIf(all(receivedOn.notZero(), not(isReceiver(owner, context))), chosen);
  b.set(believed, owner.address);
  b.bind(chosen);
}

/**
 * The socket's end is where the packet goes: its port is the packet's dport, and its peer is where the packet
 * comes from, unless it listens. Ports alone do not decide: both ends may use the same. A socket in CLOSE has
 * given its own port back (__inet_put_port(), net/ipv4/inet_hashtables.c) and knows its peer still.
 */
function isReceiver(sk: SockPointer, { facts, ip, tcp }: PacketContext): Condition {
  const { skc_num, skc_dport, skc_state, skc_daddr, skc_v6_daddr } = sk.__sk_common;
  const v4 = all(facts.get("version").eq(4), skc_daddr.eq(ip.load(4, 12)));
  const v6 =
    skc_v6_daddr === undefined
      ? []
      : [
          all(
            facts.get("version").eq(6),
            skc_v6_daddr.load(8, 0).eq(ip.load(8, 8)),
            skc_v6_daddr.load(8, 8).eq(ip.load(8, 16)),
          ),
        ];
  return all(
    facts.get("tcpReadable").notZero(),
    any(skc_num.eq(tcp.load(2, 2).fromBigEndian(16)), all(skc_state.eq(TCP_CLOSE), skc_num.isZero())),
    any(skc_state.eq(TCP_LISTEN), all(skc_dport.eq(tcp.load(2, 0)), any(v4, ...v6))),
  );
}

/**
 * True for full TCP sockets (a raw socket for TCP has its protocol too, but another type) and the small ones
 * that TCP makes: request sockets and timewait sockets, of which only sock_common may be read.
 */
function isTcp(sk: SockPointer): Condition {
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
function isPacketOrRaw(sk: SockPointer): Condition {
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
