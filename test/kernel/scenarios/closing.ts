/** A connection of a handmade peer that the server has closed. */
import type { OwnedFd } from "../../../src/sys/fd.ts";
import type { TcpFields } from "./frames.ts";
import { type HandmadeConnection, HandmadePeer } from "./handmade-peer.ts";
import { givesSocket } from "./reasons.ts";
import type { ExpectedDrop, Lab } from "./scenario.ts";
import { FIN, FIN_ACK } from "./segments.ts";

export interface Closing {
  readonly connection: HandmadeConnection;
  /** The segment that acknowledges the server's FIN. */
  readonly ack: number;
  readonly listener: OwnedFd;
}

/** The server has closed, and its FIN has arrived; the socket is in FIN_WAIT1. */
export async function closing(
  lab: Lab,
  prepare: (server: OwnedFd) => void = () => undefined,
  syn: Partial<TcpFields> = {},
): Promise<Closing> {
  const dport = lab.hosts.newPort();
  const listener = lab.hosts.listen(lab.family, dport);
  const { connection, server } = await HandmadePeer.join(lab).open(
    listener,
    dport,
    syn,
    syn.options === undefined ? {} : { options: syn.options },
  );
  prepare(server);
  server[Symbol.dispose]();
  const { seq } = await connection.receive(({ flags }) => (flags & FIN) !== 0, "The server's FIN");
  return { connection, ack: (seq + 1) >>> 0, listener };
}

/**
 * Segments that a TIME_WAIT socket rejects: tcp_v4_rcv(), do_time_wait, sets no reason, whatever
 * tcp_timewait_state_process() returns. Without the socket it looks like any other drop there.
 */
export function refusedInTimeWait(
  { family }: Lab,
  { dropped }: HandmadeConnection,
  variant: "time-wait-data" | "time-wait-syn" = "time-wait-data",
) {
  return {
    ...dropped,
    reason: "NOT_SPECIFIED",
    variant,
    class: givesSocket ? "refused" : "loss",
    state: "TIME_WAIT",
    frame: `tcp_v${family}_rcv`,
  } as const;
}

/**
 * Server and peer have closed, in this order: a socket in TIME_WAIT is left. The peer's next sequence number
 * is one higher. Its FIN is the first drop: it is in the queue of the destroyed socket.
 */
export async function timeWait(
  lab: Lab,
  syn: Partial<TcpFields> = {},
): Promise<Closing & { readonly seq: number; readonly purged: ExpectedDrop }> {
  const { connection, ack, listener } = await closing(lab, undefined, syn);
  const seq = (connection.seq + 1) >>> 0;
  // Its FIN also acknowledges the server's, so that no half-closed socket is left to answer.
  connection.send({ flags: FIN_ACK, ack, ...(syn.options === undefined ? {} : { options: syn.options }) });
  await connection.receive((segment) => segment.ack === seq, "The last ACK");
  // tcp_fin() destroys the socket, in whose receive queue the FIN is: sk_stream_kill_queues()
  const frame = ["inet_csk_destroy_sock", "tcp_data_queue"];
  const purged = {
    ...connection.dropped,
    reason: "QUEUE_PURGE",
    class: "normal",
    variant: "closed-socket",
    state: "CLOSE",
    flags: ["FIN", "ACK"],
    frame,
  } as const;
  return { connection, ack, seq, listener, purged };
}
