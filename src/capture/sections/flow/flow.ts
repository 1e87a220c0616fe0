/** Who sends what to whom: addresses, ports, and which way. */
import type { Builder } from "../../../bpf/index.ts";
import { bytes, struct, u8, u16, u64 } from "../../../bytes/struct.ts";
import { ADDRESS_SOURCE, DIRECTION, type Facts } from "../../core/facts.ts";
import type { HeaderView } from "../../core/header-reader.ts";
import type { SockPointer } from "../../core/kernel-structs.ts";
import type { Part, Section } from "../../core/section.ts";
import { type RouteEvent, routeInput } from "./route-input.ts";

export interface FlowEvent extends RouteEvent {
  readonly b: Builder;
  readonly facts: Facts;
  readonly ip: HeaderView;
  readonly tcp: HeaderView;
  /** skb->sk: the addresses are its own where there is no IP header yet. Undefined where there always is one. */
  readonly owner: SockPointer | undefined;
  /** True: it is known to be for this host, whatever the route. */
  readonly isLocal?: true;
}

export const flowLayout = struct("flow", 48, {
  /** IPv4 addresses are in the first 4 bytes. */
  saddr: bytes(0, 16),
  daddr: bytes(16, 16),
  /** dst_entry.input of a received skb: says whether it was to be forwarded. 0 without a route. */
  dstInput: u64(32),
  /** In network order, as they lie in the packet. */
  sport: u16(40),
  dport: u16(42),
  /** 4 or 6. */
  ipVersion: u8(44),
  /** One of ADDRESS_SOURCE. */
  addressSource: u8(45),
  /** One of DIRECTION. */
  direction: u8(46),
  /** Not 0: the ports could be read. */
  hasPorts: u8(47),
});
type Fields = (typeof flowLayout)["fields"];

export const flow: Section<FlowEvent, Fields> = {
  name: "flow",
  layout: flowLayout,
  write: (event, { memory }) => {
    const { b, facts, tcp } = event;
    memory.set("ipVersion", facts.get("version"));
    memory.set("addressSource", facts.get("addressSource"));
    memory.set("direction", facts.get("direction"));
    memory.set("hasPorts", facts.get("tcpReadable"));
    b.if(facts.get("tcpReadable").notZero(), () => {
      memory.set("sport", tcp.load(2, 0));
      memory.set("dport", tcp.load(2, 2));
    });
    writeAddresses(event, memory);
    memory.set("dstInput", 0);
    if (event.isLocal) return;
    b.if(facts.get("direction").eq(DIRECTION.rx), () =>
      routeInput(event, (input) => memory.set("dstInput", input)),
    );
  },
};

type Memory = Part<Fields>["memory"];

/** From the IP header, or from the socket where there is no header yet. */
function writeAddresses(event: FlowEvent, memory: Memory): void {
  const { b, facts, owner } = event;
  const done = b.label("addresses_written");
  if (owner !== undefined)
    b.if(facts.get("addressSource").eq(ADDRESS_SOURCE.socket), () => {
      // It is there, or readFromSocket() had left; the verifier does not remember that.
      b.jumpIf(owner.address.isZero(), done);
      writeSocketAddresses(event, owner, memory);
      b.jump(done);
    });
  const v6 = b.label("v6_addresses");
  b.jumpIf(facts.get("version").eq(6), v6);
  memory.setBytes("saddr", 4, 0, event.ip.load(4, 12));
  memory.setBytes("daddr", 4, 0, event.ip.load(4, 16));
  b.jump(done);
  b.bind(v6);
  for (const half of [0, 8]) {
    memory.setBytes("saddr", 8, half, event.ip.load(8, 8 + half));
    memory.setBytes("daddr", 8, half, event.ip.load(8, 24 + half));
  }
  b.bind(done);
}

/** Such an skb is on its way out: the socket's own address is the source. */
function writeSocketAddresses({ b, facts }: FlowEvent, owner: SockPointer, memory: Memory): void {
  const { skc_rcv_saddr, skc_daddr, skc_v6_rcv_saddr, skc_v6_daddr } = owner.__sk_common;
  b.if(facts.get("version").eq(4), () => {
    memory.setBytes("saddr", 4, 0, skc_rcv_saddr);
    memory.setBytes("daddr", 4, 0, skc_daddr);
  });
  if (skc_v6_rcv_saddr === undefined || skc_v6_daddr === undefined) return;
  b.if(facts.get("version").eq(6), () => {
    for (const half of [0, 8] as const) {
      memory.setBytes("saddr", 8, half, skc_v6_rcv_saddr.load(8, half));
      memory.setBytes("daddr", 8, half, skc_v6_daddr.load(8, half));
    }
  });
}
