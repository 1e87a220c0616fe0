import { libcSyscalls } from "../../../../src/sys/libc.ts";
import { packetSocket, sendBytes } from "../../../../src/sys/sockets.ts";
import { Tap } from "../../../lab/tap.ts";
import { ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentSyn } from "../sent.ts";
import { BEHIND, connectBehind } from "../tunnel-device.ts";

/** Neither IPv4 nor IPv6: the queue is filled with frames that are not TCP. */
const NONSENSE = new Uint8Array(60);

/**
 * drivers/net/tun.c, tun_net_xmit(): the queue has as many slots as the device's txqueuelen. The skb was
 * detached from its socket before: neither state nor direction is known.
 */
export const scenario: Scenario = {
  title: "The program behind a tun device does not read, and the queue is full",
  families: BOTH,
  paths: ["veth"],
  needs: ["tun"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.own(new Tap(libcSyscalls, hosts.client, "tun0", "tun"));
    ip(hosts.client, "link set tun0 txqueuelen 1");
    using wire = hosts.client.inside(() => packetSocket("tun0", 0));
    // The second has no room; the kernel's queue before the device may reject it or not.
    for (let sent = 0; sent < 2; sent += 1) sendBytes(wire, NONSENSE);
    const sport = connectBehind(hosts, family, "tun0", dport);
    return {
      drops: [
        {
          ...sentSyn(sport, dport),
          direction: "unknown",
          state: undefined,
          daddr: BEHIND[family],
          reason: "FULL_RING",
          class: "loss",
          frame: "tun_net_xmit",
        },
      ],
    };
  },
};
