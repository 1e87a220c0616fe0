/** A listener that demands signatures, and a SYN of a peer without a stack to it. */
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { HandmadePeer } from "./handmade-peer.ts";
import type { ExpectedDrop, Lab } from "./scenario.ts";
import { NO_STACK_PORT, SYN } from "./segments.ts";

/** Sends a SYN with these options, and tells what its drop must show but for the reason. */
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
