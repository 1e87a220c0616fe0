/**
 * What nobody can see on this kernel by tp_btf/kfree_skb: sentences for doctor, for the start of a trace and
 * for its summary.
 *
 * tcp_drop() was TCP's own way to drop until Linux 5.18: it counts in sk_drops and calls __kfree_skb(), which
 * has no tracepoint (net/ipv4/tcp_input.c of 5.10). Since then tcp_drop_reason() calls kfree_skb_reason();
 * the reasons that came with it say, as the functions may be inlined, and releases may be anything. Where
 * tcp_drop() is a function of its own, it is probed (drop-hook.ts).
 */
import type { KernelTypes } from "../../../bpf/index.ts";
import { canNameByIndex } from "../../sections/device/interface-name.ts";
import { tcpUsesTracepoint } from "./drop-hook.ts";
import { kfreeSkbArguments } from "./tracepoint-arguments.ts";

export interface Asked {
  /** How tcp_drop() is traced: "traced", or why it is not; undefined where nobody tried. */
  readonly tcpDrop?: string | undefined;
  /** Whether drops of some network namespaces alone are wanted. */
  readonly byNetns?: boolean;
}

export function blindSpots(kernel: KernelTypes, { tcpDrop, byNetns = false }: Asked = {}): readonly string[] {
  const spots: string[] = [];
  const { reason, rxSk } = kfreeSkbArguments(kernel);
  const dataIsTraced = tcpUsesTracepoint(kernel);
  if (reason === undefined)
    spots.push(
      "this kernel gives no drop reasons: the location says where, and a reason marked as inferred follows from it alone.",
    );
  if (!dataIsTraced && tcpDrop !== "traced") spots.push(insideTcp(kernel, tcpDrop));
  if (byNetns && rxSk === undefined)
    spots.push(
      `this kernel does not give the network namespace of ${untold(dataIsTraced)}: with --netns it counts as filtered.`,
    );
  if (!canNameByIndex(kernel))
    spots.push(
      "this kernel's BTF does not have what finds an interface by its index: what TCP itself drops has the index of its interface and no name, and a filter on interfaces shows it.",
    );
  return Object.freeze(spots);
}

/**
 * tcp_v4_rcv() clears skb->dev, and tcp_data_queue() and tcp_add_backlog() let go of the route (v6.1).
 * tcp_drop() has the socket, where it is traced.
 */
function untold(dataIsTraced: boolean): string {
  return dataIsTraced
    ? "most data that TCP drops (sent twice, beyond the window, too much for the buffer or the backlog)"
    : "what is too much for a socket's backlog";
}

function insideTcp({ btf }: KernelTypes, why = "tcp_drop() is not probed"): string {
  const how = btf.find("tcp_drop", "func") === undefined ? "tcp_drop() is inlined" : why;
  return `what TCP drops of its connections (old data, out of window, PAWS, a wrong ACK, ...) frees the skb without a tracepoint on this kernel, and ${how}: nstat counts it.`;
}
