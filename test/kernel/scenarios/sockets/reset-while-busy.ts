import { receivedBy, whileBusy } from "../busy-socket.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK, RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "A RST and data arrive while the application holds the lock: the data meets a closed socket",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { hosts, family } = lab;
    const dport = hosts.newPort();
    const { connection, server } = await HandmadePeer.join(lab).open(hosts.listen(family, dport), dport);
    await whileBusy(server, () =>
      receivedBy(hosts, 2, () =>
        connection.send({ flags: RST }, { flags: PSH_ACK, payload: Buffer.from("late") }),
      ),
    );
    return {
      drops: [
        {
          ...connection.dropped,
          reason: "TCP_CLOSE",
          class: "refused",
          state: "CLOSE",
          flags: ["PSH", "ACK"],
          frame: "tcp_rcv_state_process",
        },
      ],
      counters: [{ host: "server", counter: "TcpEstabResets", by: 1 }],
    };
  },
};
