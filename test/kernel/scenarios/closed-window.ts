/** A connection with a closed receive window: its buffer is small, and nothing reads. */
import { waitFor } from "../../../src/lab/hosts.ts";
import { peekBytes, setOption } from "../../../src/sys/sockets.ts";
import { SO_RCVBUF, SOL_SOCKET } from "../../lab/macros.ts";
import { type HandmadeConnection, HandmadePeer } from "./handmade-peer.ts";
import type { Lab } from "./scenario.ts";
import { PSH_ACK } from "./segments.ts";

export async function closedWindow(
  lab: Lab,
): Promise<{ readonly connection: HandmadeConnection; readonly seq: number }> {
  const dport = lab.hosts.newPort();
  const listener = lab.hosts.listen(lab.family, dport);
  // SOCK_MIN_RCVBUF, 2304 bytes. The connection inherits it, and one segment fills it.
  setOption(listener, SOL_SOCKET, SO_RCVBUF, 1);
  const { connection, server } = await HandmadePeer.join(lab).open(listener, dport);
  connection.send({ flags: PSH_ACK, payload: new Uint8Array(connection.window) });
  await waitFor(() => peekBytes(server, 1), "What fills the window");
  return { connection, seq: connection.seq + connection.window };
}
