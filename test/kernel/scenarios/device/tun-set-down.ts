import { ETHERNET_BYTES, frame } from "../../../../src/lab/packet.ts";
import { libcSyscalls } from "../../../../src/sys/libc.ts";
import { Tap } from "../../../lab/tap.ts";
import { syn, synDrop } from "../one-shot.ts";
import { ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/**
 * drivers/net/tun.c, tun_get_user(): the skb was made and has not been received yet; its owner is the
 * device's own socket.
 */
export const scenario: Scenario = {
  title: "The program behind a tun device writes a SYN while the device is down",
  families: BOTH,
  paths: ["veth"],
  needs: ["tun"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const tun = hosts.own(new Tap(libcSyscalls, hosts.server, "tun0", "tun"));
    ip(hosts.server, "link set tun0 down");
    try {
      tun.receive(frame(syn(family, dport), hosts.clientMacs).subarray(ETHERNET_BYTES));
    } catch (refusal) {
      if (!(refusal instanceof Error) || !("code" in refusal) || refusal.code !== "EIO") throw refusal;
    }
    return {
      drops: [
        {
          ...synDrop(dport),
          host: "server",
          direction: "unknown",
          reason: "DEV_READY",
          class: "loss",
          frame: "tun_get_user",
        },
      ],
    };
  },
};
