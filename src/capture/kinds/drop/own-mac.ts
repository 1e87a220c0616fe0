/**
 * Frames that the kernel takes for another host's although they were sent to this interface: they are in a
 * VLAN that no device here is in (__netif_receive_skb_core(), net/core/dev.c, check_vlan_id). Their reason is
 * that of frames for other hosts.
 */
import { all, not } from "../../../bpf/index.ts";
import type { DropContext } from "./context.ts";
import type { ProbeRequest } from "./request.ts";

const MAC_BYTES = 6;
/** skb->mac_header before it is set: ~0 in 16 bits, include/linux/skbuff.h. */
const UNSET = 0xffff;

/** Sets `facts.ownMac`. */
export function markOwnMac(
  { b, skb, facts, device, reason }: DropContext,
  { otherHost }: ProbeRequest,
): void {
  if (otherHost === undefined || reason === undefined) return;
  b.if(all(reason.eq(otherHost), not(device.address.isZero()), skb.mac_header.ne(UNSET)), () => {
    const destination = b.buffer(8);
    const own = b.buffer(8);
    for (const buffer of [destination, own]) b.store(8, buffer.address, 0, 0, "MAC =");
    b.probeReadKernel(destination, MAC_BYTES, skb.head.add(skb.mac_header), "destination MAC");
    b.probeReadKernel(own, MAC_BYTES, device.dev_addr, "dev->dev_addr");
    const same = b
      .loadFrom(8, destination.address, 0, "destination MAC")
      .eq(b.loadFrom(8, own.address, 0, "dev->dev_addr"));
    b.if(same, () => facts.set("ownMac", 1));
  });
}
