import { bigSend, establishForBigSends, sendBigOnce } from "../big-sends.ts";
import { DROP_ONE_SEGMENT, dropAll, filtered } from "../drop-everything.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Five segments in one skb, dropped by a router",
  families: BOTH,
  paths: ["forwarded"],
  needs: ["nft"],
  run: async ({ hosts, family }) => {
    const { router } = hosts;
    if (router === undefined) throw new Error("the forwarded path has a router");
    const connection = await establishForBigSends(hosts, family);
    dropAll(router, "forward", DROP_ONE_SEGMENT);
    sendBigOnce(connection);
    return {
      drops: [
        {
          ...filtered,
          variant: "nft-forward",
          ...bigSend,
          host: "router",
          direction: "forwarded",
          state: undefined,
          sport: connection.clientPort,
          dport: connection.serverPort,
        },
      ],
    };
  },
};
