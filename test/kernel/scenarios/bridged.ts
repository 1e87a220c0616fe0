/** A bridge in the server, between its cable and its stack, with one more port that is unconnected. */
import { type Hosts, SERVER_MAC, waitFor } from "../../../src/lab/hosts.ts";
import { macText } from "../../../src/lab/topology.ts";
import { ip } from "./rules.ts";

/**
 * The server's addresses move to the bridge: br0 has ports srv0 and far0. No answers go through it.
 */
export async function bridge(hosts: Hosts): Promise<void> {
  ip(
    hosts.server,
    `link add br0 address ${macText(SERVER_MAC)} type bridge`,
    "link add far0 type veth peer name far1",
    "link set srv0 master br0",
    "link set far0 master br0",
    "addr add 192.0.2.2/24 dev br0",
    "addr add 2001:db8::2/64 dev br0 nodad",
    ...["far1", "far0", "br0"].map((device) => `link set ${device} up`),
  );
  // A port forwards once a worker has noticed the carrier of its device: linkwatch_event().
  await waitFor(
    () =>
      [...hosts.server.run("bridge", ["link", "show"]).matchAll(/state forwarding/g)].length === 2
        ? true
        : undefined,
    "Both ports forward",
  );
}
