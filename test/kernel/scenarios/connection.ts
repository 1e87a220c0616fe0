/** An open connection between the real client and the server, and segments of the client's that its stack has not sent. */
import type { Connection } from "../../../src/lab/hosts.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { ethernet, type TcpFields, tcpPacket } from "./frames.ts";
import { type Lab, received } from "./scenario.ts";
import { ACK } from "./segments.ts";

export interface Open extends Connection {
  /** The bare ACK that the client could send now: ports and numbers for what is put together by hand. */
  readonly next: Required<Pick<TcpFields, "sport" | "dport" | "seq" | "ack" | "flags">>;
  /** What drops of the connection at the server have in common. */
  readonly dropped: typeof received & { readonly state: "ESTABLISHED"; readonly sport: number; readonly dport: number };
}

export async function open({ hosts, family }: Lab, listener?: OwnedFd, port = hosts.newPort()): Promise<Open> {
  const connection = await hosts.establish(family, port, listener);
  const { clientPort: sport, serverPort: dport, clientSeq: seq, serverSeq: ack } = connection;
  return { ...connection, next: { sport, dport, seq, ack, flags: ACK }, dropped: { ...received, state: "ESTABLISHED", sport, dport } };
}

/** Puts segments from the client to the server on the client's wire. */
export function inject({ hosts, family }: Lab, ...segments: readonly TcpFields[]): void {
  hosts.injectFrames(segments.map((segment) => ethernet(hosts.clientMacs, tcpPacket(family, segment))));
}

/** A sequence number, moved by so many bytes. */
export function moved(sequence: number, byBytes: number): number {
  return (sequence + byBytes) >>> 0;
}
