import { closing } from "../closing.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A segment without ACK, SYN or RST on a connection that the server has closed",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection } = await closing(lab);
    connection.send({ flags: 0 });
    return {
      drops: [
        {
          ...connection.dropped,
          reason: "TCP_FLAGS",
          class: "refused",
          state: "FIN_WAIT1",
          flags: [],
          frame: "tcp_rcv_state_process",
        },
      ],
    };
  },
};
