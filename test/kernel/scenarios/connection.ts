/**
 * An open connection between the real client and the server, and segments in the client's name that its stack
 * did not send.
 */
import { type Connection, waitFor } from "../../../src/lab/hosts.ts";
import { check } from "../../../src/sys/errno.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { TIOCOUTQ } from "../../lab/macros.ts";
import { ethernet, type TcpFields, tcpPacket } from "./frames.ts";
import { type Lab, received } from "./scenario.ts";
import { ACK } from "./segments.ts";

export interface Open extends Connection {
  /** The bare ACK that the client could send now: ports and numbers for handmade segments. */
  readonly next: Required<Pick<TcpFields, "sport" | "dport" | "seq" | "ack" | "flags">>;
  /** What drops of the connection at the server have in common. */
  readonly dropped: typeof received & {
    readonly state: "ESTABLISHED";
    readonly sport: number;
    readonly dport: number;
  };
}

export async function open(
  { hosts, family }: Lab,
  listener?: OwnedFd,
  port = hosts.newPort(),
): Promise<Open> {
  const connection = await hosts.establish(family, port, listener);
  const { clientPort: sport, serverPort: dport, clientSeq: seq, serverSeq: ack } = connection;
  return {
    ...connection,
    next: { sport, dport, seq, ack, flags: ACK },
    dropped: { ...received, state: "ESTABLISHED", sport, dport },
  };
}

/** Puts segments from the client to the server on the client's wire. */
export function inject({ hosts, family }: Lab, ...segments: readonly TcpFields[]): void {
  hosts.injectFrames(segments.map((segment) => ethernet(hosts.clientMacs, tcpPacket(family, segment))));
}

/** A sequence number, advanced by this many bytes. */
export function moved(sequence: number, byBytes: number): number {
  return (sequence + byBytes) >>> 0;
}

/** Waits until the peer's stack has acknowledged, and so queued, all that was sent. */
export async function acknowledged(socket: OwnedFd): Promise<void> {
  const left = new Int32Array(1);
  await waitFor(() => {
    check(
      libcSyscalls.ioctl(socket.fd, TIOCOUTQ, new Uint8Array(left.buffer)),
      "ioctl(TIOCOUTQ)",
      "Cannot ask what is not acknowledged",
    );
    return left[0] === 0 ? true : undefined;
  }, "The acknowledgement");
}
