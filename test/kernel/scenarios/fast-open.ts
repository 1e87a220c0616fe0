/** TCP Fast Open: a handmade peer sends data in its SYN, and the server accepts it without a cookie. */
import { waitFor } from "../../../src/lab/hosts.ts";
import { SOL_TCP } from "../../../src/sys/macros.ts";
import { acceptTcp, setOption } from "../../../src/sys/sockets.ts";
import { TCP_FASTOPEN } from "../../lab/macros.ts";
import { halfOpen } from "./handshakes.ts";
import type { Lab } from "./scenario.ts";
import { SYN } from "./segments.ts";

/** Bits of net.ipv4.tcp_fastopen, include/net/tcp.h: TFO_SERVER_ENABLE, TFO_SERVER_COOKIE_NOT_REQD. */
export const SERVER_TAKES_COOKIES = 0x2;
const SERVER_NEEDS_NONE = 0x200;

export const EARLY = Buffer.from("early");

/** A connection in SYN_RECV, already with data, whose handshake lacks its last ACK. */
export async function fastOpened(lab: Lab) {
  lab.hosts.setSysctl(
    lab.hosts.server,
    "ipv4/tcp_fastopen",
    String(SERVER_TAKES_COOKIES | SERVER_NEEDS_NONE),
  );
  const { listener, connection } = await halfOpen(
    lab,
    (socket) => setOption(socket, SOL_TCP, TCP_FASTOPEN, 16),
    { flags: SYN, payload: EARLY },
  );
  const server = lab.hosts.own(await waitFor(() => acceptTcp(listener), "The connection"));
  // The peer's next sequence number is after its data.
  return {
    connection,
    server,
    seq: (connection.seq + EARLY.length) >>> 0,
    dropped: { ...connection.dropped, state: "SYN_RECV" },
  } as const;
}
