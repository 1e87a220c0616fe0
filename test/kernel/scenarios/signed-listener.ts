/** A listener that requires signatures, and a SYN to it from a peer without a stack. */
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { HandmadePeer } from "./handmade-peer.ts";
import type { ExpectedDrop, Lab } from "./scenario.ts";
import { NO_STACK_PORT, SYN } from "./segments.ts";

/** Sends a SYN with these options; returns what its drop must show, except the reason. */
export function signedSyn(
  lab: Lab,
  options: Uint8Array,
  demand?: (listener: OwnedFd, peer: Uint8Array) => void,
): Omit<ExpectedDrop, "reason" | "class"> {
  const dport = lab.hosts.newPort();
  const listener = lab.hosts.listen(lab.family, dport);
  const peer = HandmadePeer.join(lab);
  demand?.(listener, peer.addressBytes);
  peer.send({ sport: NO_STACK_PORT, dport, ack: 0, flags: SYN, options });
  return {
    ...peer.dropped,
    sport: NO_STACK_PORT,
    dport,
    state: "LISTEN",
    flags: ["SYN"],
    frame: `tcp_v${lab.family}_rcv`,
  };
}
