import { closing } from "../closing.ts";
import { moved } from "../connection.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A closed connection gets ACKs of unsent data, and of data that is too old",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, ack } = await closing(lab);
    connection.send({ ack: moved(ack, 1000) }, { ack: moved(ack, -1000) });
    const drop = {
      ...connection.dropped,
      state: "FIN_WAIT1",
      flags: ["ACK"],
      frame: "tcp_rcv_state_process",
    } as const;
    return {
      drops: [
        { ...drop, reason: "TCP_ACK_UNSENT_DATA", class: "loss", also: { ack: moved(ack, 1000) } },
        { ...drop, reason: "TCP_TOO_OLD_ACK", class: "loss", also: { ack: moved(ack, -1000) } },
      ],
      // A second challenge within half a second is not sent: __tcp_oow_rate_limited().
      counters: [
        { host: "server", counter: "TcpExtTCPChallengeACK", by: 1 },
        { host: "server", counter: "TcpExtTCPACKSkippedChallenge", by: 1 },
      ],
    };
  },
};
