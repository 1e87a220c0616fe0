/**
 * An skb that has no IP header yet, because the route was gone before one was written: `network_header` 0 and
 * `protocol` 0.
 *
 * Its socket has the addresses, and they are believed only if the skb holds a TCP header of that socket:
 * then it is on its way out. Anything else without an IP header is not known to be a segment with these
 * addresses, and is counted.
 */
import { all, not } from "../../bpf/index.ts";
import { AF_INET6 } from "../../sys/macros.ts";
import type { PacketContext } from "./context.ts";
import { ADDRESS_SOURCE } from "./facts.ts";
import type { Exits } from "./packet-walk.ts";
import { demandTcp } from "./socket-choice.ts";

/** The four bytes before a v4-mapped address's IPv4 part, as a word: ::ffff:0:0/96, RFC 4291. */
const MAPPED_BYTES = Uint8Array.of(0, 0, 0xff, 0xff);

/** Completes a packet of version 0, or leaves the program. */
export function readFromSocket({ b, owner, facts, tcp }: PacketContext, exits: Exits): void {
  const out = b.label("not_a_tcp_socket");
  const done = b.label("has_addresses");
  b.jumpIf(facts.get("version").notZero(), done);
  demandTcp(b, owner, out);
  b.jumpIf(facts.get("tcpReadable").isZero(), exits.notHeader);
  const { skc_num, skc_family, skc_v6_daddr } = owner.__sk_common;
  b.jumpIf(not(skc_num.eq(tcp.load(2, 0).fromBigEndian(16))), exits.notHeader);
  facts.set("addressSource", ADDRESS_SOURCE.socket);
  facts.set("version", 4);
  if (skc_v6_daddr !== undefined) {
    const mapped = new Uint32Array(MAPPED_BYTES.buffer)[0] ?? 0;
    const isMapped = all(skc_v6_daddr.load(8, 0).isZero(), skc_v6_daddr.load(4, 8).eq(mapped));
    b.if(all(skc_family.eq(AF_INET6), not(isMapped)), () => facts.set("version", 6));
  }
  b.jump(done);
  b.bind(out);
  b.leave();
  b.bind(done);
}
