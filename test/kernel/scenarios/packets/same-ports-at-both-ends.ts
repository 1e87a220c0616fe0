import { addressBytes, CLIENT, SERVER } from "../../../../src/lab/hosts.ts";
import { connectTcp } from "../../../../src/sys/sockets.ts";
import { dropAtDevice, filteredInput } from "../drop-everything.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN with equal ports, dropped before ip_rcv(): the sender's socket is not believed",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft"],
  run: ({ hosts, family }) => {
    dropAtDevice(hosts.server, "ingress", "srv0");
    const port = hosts.newPort();
    const socket = hosts.client.inside(() =>
      connectTcp(
        { address: addressBytes(family, SERVER), port },
        { address: addressBytes(family, CLIENT), port },
      ),
    );
    // Before it can send another.
    socket[Symbol.dispose]();
    return {
      drops: [
        {
          ...filteredInput,
          variant: "nft-device-ingress",
          flags: ["SYN"],
          sport: port,
          dport: port,
          also: { ifname: "srv0" },
        },
      ],
    };
  },
};
