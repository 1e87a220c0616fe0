import { libcSyscalls } from "../../../../src/sys/libc.ts";
import { setOffload } from "../../../lab/offload.ts";
import { bigSend, establishForBigSends, sendBigOnce } from "../big-sends.ts";
import { DROP_ONE_SEGMENT, dropAll, filtered } from "../drop-everything.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Five segments, merged by GRO, are dropped in input as one",
  families: BOTH,
  paths: ["veth"],
  needs: ["veth-gro", "nft"],
  run: async ({ hosts, family }) => {
    // veth_xmit() uses the peer's NAPI, and so GRO, for a sender that segments by itself:
    // veth_skb_is_eligible_for_gro().
    setOffload(libcSyscalls, hosts.server, "srv0", "gro", true);
    setOffload(libcSyscalls, hosts.client, "cli0", "tso", false);
    const connection = await establishForBigSends(hosts, family);
    dropAll(hosts.server, "input", DROP_ONE_SEGMENT);
    sendBigOnce(connection);
    return {
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
