/** Healthy connections, one after another: opened, closed by the client and then by the server, in order. */
import { setImmediate } from "node:timers/promises";
import { addressBytes, type Family, type Hosts, SERVER } from "../../src/lab/hosts.ts";
import { acceptTcp, connectTcp, peekBytes } from "../../src/sys/sockets.ts";

/** The event loop takes a turn after every `atOnce` connections. */
export async function churn(
  hosts: Hosts,
  family: Family,
  connections: number,
  atOnce: number,
): Promise<void> {
  const port = hosts.newPort();
  using listener = hosts.listen(family, port, 128);
  const to = { address: addressBytes(family, SERVER), port };
  for (let made = 0; made < connections; made += 1) {
    const client = hosts.client.inside(() => connectTcp(to));
    const server = acceptTcp(listener);
    if (server === undefined) throw new Error("The connection is not there");
    client[Symbol.dispose]();
    // The end of what the client sends.
    if (peekBytes(server, 1)?.length !== 0) throw new Error("The client's FIN is not there");
    server[Symbol.dispose]();
    if (made % atOnce === atOnce - 1) await setImmediate();
  }
}
