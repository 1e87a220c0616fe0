import { HandmadePeer } from "../handmade-peer.ts";
import { senselessToListener } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { ACK, FIN, PSH_ACK, RST_ACK, SYN_ACK } from "../segments.ts";

const SEGMENTS = [
  { flags: ACK, names: ["ACK"] },
  { flags: SYN_ACK, names: ["SYN", "ACK"] },
  { flags: FIN | ACK, names: ["FIN", "ACK"] },
  { flags: PSH_ACK, names: ["PSH", "ACK"] },
] as const;
/** Dropped alike, but a RST is not answered. */
const RESET = { flags: RST_ACK, names: ["RST", "ACK"] } as const;

export const scenario: Scenario = {
  title: "Segments with ACK to a listening port, as for connections that the server has lost",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => {
    const dport = lab.hosts.newPort();
    lab.hosts.listen(lab.family, dport);
    const peer = HandmadePeer.join(lab);
    const segments = [...SEGMENTS, RESET].map((segment, index) => ({
      ...segment,
      sport: 1000 + index,
      dport,
    }));
    peer.send(...segments);
    const dropped = { ...peer.dropped, ...senselessToListener(lab), state: "LISTEN" } as const;
    return {
      drops: segments.map(({ names, sport }) => ({ ...dropped, flags: names, sport, dport })),
      counters: [{ host: "server", counter: "TcpOutRsts", by: SEGMENTS.length }],
    };
  },
};
