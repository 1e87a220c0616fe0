import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { FIN_ACK } from "../segments.ts";

export const scenario: Scenario = {
  title: "Bare ACKs after the peer's FIN: processed, and freed as if dropped",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const dport = lab.hosts.newPort();
    const listener = lab.hosts.listen(lab.family, dport);
    const peer = HandmadePeer.join(lab);
    // tcp_rcv_state_process(), `if (!queued)`
    const drop = {
      reason: "NOT_SPECIFIED",
      variant: "ack-after-fin",
      class: "normal",
      flags: ["ACK"],
      frame: "tcp_rcv_state_process",
    } as const;

    const { connection: passive, server: closesLast } = await peer.open(listener, dport);
    const { seq, ack } = passive;
    passive.send({ flags: FIN_ACK });
    await passive.receive((segment) => segment.ack === seq + 1, "The ACK of the FIN");
    passive.send({ seq: seq + 1 });
    closesLast[Symbol.dispose]();
    await passive.receive(({ flags }) => flags === FIN_ACK, "The server's FIN");
    passive.send({ seq: seq + 1 });

    const { connection: crossing, server: closesToo } = await peer.open(listener, dport, { sport: 1001 });
    closesToo[Symbol.dispose]();
    await crossing.receive(({ flags }) => flags === FIN_ACK, "The server's FIN");
    crossing.send({ flags: FIN_ACK }, { seq: crossing.seq + 1 });
    return {
      drops: [
        { ...passive.dropped, ...drop, state: "CLOSE_WAIT", also: { ack } },
        { ...passive.dropped, ...drop, state: "LAST_ACK", also: { ack } },
        { ...crossing.dropped, ...drop, state: "CLOSING" },
      ],
    };
  },
};
