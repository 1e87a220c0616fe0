import { bigSend, establishForBigSends, sendBigOnce } from "../big-sends.ts";
import { DROP_ONE_SEGMENT, dropAtDevice, filtered } from "../drop-everything.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Five segments in one skb, dropped at egress: one event, five segments",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft-egress"],
  run: async ({ hosts, family }) => {
    const connection = await establishForBigSends(hosts, family);
    dropAtDevice(hosts.client, "egress", "cli0", DROP_ONE_SEGMENT);
    sendBigOnce(connection);
    return {
      drops: [
        {
          ...filtered,
          variant: "nft-device-egress",
          ...bigSend,
          host: "client",
          direction: "tx",
          state: "ESTABLISHED",
          sport: connection.clientPort,
          dport: connection.serverPort,
          also: { ...bigSend.also, ifname: "cli0", addressSource: "packet" },
        },
      ],
    };
  },
};
