import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { RST, SYN } from "../segments.ts";

export const scenario: Scenario = {
  title: "RSTs to a listening port, where there is no connection to reset",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => {
    const dport = lab.hosts.newPort();
    lab.hosts.listen(lab.family, dport);
    const peer = HandmadePeer.join(lab);
    peer.send({ flags: RST, sport: 1000, dport }, { flags: RST | SYN, sport: 1001, dport });
    const dropped = {
      ...peer.dropped,
      reason: "TCP_RESET",
      class: "refused",
      state: "LISTEN",
      dport,
      frame: `tcp_v${lab.family}_do_rcv`,
    } as const;
    return {
      drops: [
        { ...dropped, flags: ["RST"], sport: 1000 },
        { ...dropped, flags: ["SYN", "RST"], sport: 1001 },
      ],
    };
  },
};
