import { bigSend, establishForBigSends, sendBigOnce } from "../big-sends.ts";
import { DROP_ONE_SEGMENT, dropAll, filtered } from "../drop-everything.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Five segments in one skb from a neighbour on the same machine, dropped in input",
  families: BOTH,
  paths: ["veth", "forwarded"],
  needs: ["nft"],
  run: async ({ hosts, family }) => {
    const connection = await establishForBigSends(hosts, family);
    dropAll(hosts.server, "input", DROP_ONE_SEGMENT);
    sendBigOnce(connection);
    return {
      // Early demux has found the connection before the hook.
      drops: [
        {
          ...received,
          ...filtered,
          variant: "nft-input",
          ...bigSend,
          state: "ESTABLISHED",
          sport: connection.clientPort,
          dport: connection.serverPort,
        },
      ],
    };
  },
};
