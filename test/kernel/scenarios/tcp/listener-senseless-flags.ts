import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN, SYN } from "../segments.ts";

const SEGMENTS = [
  { flags: 0, names: [] },
  { flags: FIN, names: ["FIN"] },
  { flags: SYN | FIN, names: ["FIN", "SYN"] },
  { flags: 0x29, names: ["FIN", "PSH", "URG"] },
] as const;

export const scenario: Scenario = {
  title: "What port scanners send to a listening port: no flags, FIN, SYN with FIN, and Xmas",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => {
    const dport = lab.hosts.newPort();
    lab.hosts.listen(lab.family, dport);
    const peer = HandmadePeer.join(lab);
    const segments = SEGMENTS.map((segment, index) => ({ ...segment, sport: 1000 + index, dport }));
    peer.send(...segments);
    const dropped = {
      ...peer.dropped,
      reason: "TCP_FLAGS",
      class: "refused",
      state: "LISTEN",
      frame: `tcp_v${lab.family}_do_rcv`,
    } as const;
    return {
      drops: segments.map(({ names, sport }) => ({ ...dropped, flags: names, sport, dport })),
      counters: [{ host: "server", counter: "TcpOutRsts", by: 0 }],
    };
  },
};
