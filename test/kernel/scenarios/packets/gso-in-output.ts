import { bigSend, establishForBigSends, sendBigOnce } from "../big-sends.ts";
import { DROP_ONE_SEGMENT, dropAll, filtered } from "../drop-everything.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Five segments in one skb, dropped in the sender's output: one event, five segments",
  families: BOTH,
  paths: ["veth"],
  needs: ["nft"],
  run: async ({ hosts, family }) => {
    const connection = await establishForBigSends(hosts, family);
    dropAll(hosts.client, "output", DROP_ONE_SEGMENT);
    sendBigOnce(connection);
    return {
      drops: [
        {
          ...filtered,
          variant: "nft-output",
          ...bigSend,
          host: "client",
          direction: "tx",
          state: "ESTABLISHED",
          sport: connection.clientPort,
          dport: connection.serverPort,
        },
      ],
    };
  },
};
