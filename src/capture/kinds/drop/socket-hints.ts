/** What the receiving socket says of a segment that came too late: two bits of the site's section. */
import { all, type Scalar } from "../../../bpf/index.ts";
import { HINT } from "../../core/facts.ts";
import { tcpSock } from "../../core/kernel-structs.ts";
import { TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from "../../core/tcp-states.ts";
import type { DropContext } from "./context.ts";
import { isReason } from "./copies.ts";
import type { ProbeRequest } from "./request.ts";

/** Sets `facts.hints`, for reasons whose variants ask for them. */
export function markSocketHints(drop: DropContext, { codes }: ProbeRequest): void {
  const { b, kernel, reason, socket, hasSocket, facts } = drop;
  const { oldSequence, oldData } = codes;
  if (reason === undefined || kernel.btf.find("tcp_sock", "struct") === undefined) return;
  const { skc_state } = socket.__sk_common;
  const isFull = [TCP_LISTEN, TCP_TIME_WAIT, TCP_NEW_SYN_RECV].map((state) => skc_state.ne(state));
  const tcp = kernel.point(tcpSock, socket.address.expression, "probe");
  if (oldSequence !== undefined)
    b.if(all(isReason(reason, oldSequence), hasSocket, facts.get("tcpReadable").notZero(), ...isFull), () => {
      const ack = b.keep(drop.tcp.load(4, 8).fromBigEndian(32), "acknowledgement");
      const una = b.keep(tcp.snd_una, "snd_una");
      const next = b.keep(tcp.snd_nxt, "snd_nxt");
      // after(ack, snd_una) and not after(ack, snd_nxt)
      b.if(all(ack.ne(una), isPositive(ack, una), isPositive(next, ack)), () =>
        facts.set("hints", HINT.acksNewData),
      );
    });
  if (oldData !== undefined)
    b.if(all(isReason(reason, oldData), hasSocket, ...isFull), () => {
      const edge = b.keep(tcp.rcv_wup, "rcv_wup").add(b.keep(tcp.rcv_wnd, "rcv_wnd"));
      const next = b.keep(tcp.rcv_nxt, "rcv_nxt");
      // tcp_receive_window() is 0 where the edge is not after rcv_nxt.
      b.if(isPositive(next, edge), () => facts.set("hints", HINT.windowClosed));
    });
}

/** `a - b` is not negative, as a difference of sequence numbers. */
function isPositive(a: Scalar, b: Scalar) {
  return a.sub(b).and(0x8000_0000n).isZero();
}
