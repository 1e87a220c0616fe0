import assert from "node:assert/strict";
import { waitFor } from "../../../../src/lab/hosts.ts";
import { readCounters } from "../counters.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN, SYN_ACK } from "../segments.ts";

const SYNS = 8;

export const scenario: Scenario = {
  title: "SYNs meet a full SYN queue, with SYN cookies off",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { server } = lab.hosts;
    lab.hosts.setSysctl(server, "ipv4/tcp_syncookies", "0");
    const dport = lab.hosts.newPort();
    lab.hosts.listen(lab.family, dport, 2);
    const peer = HandmadePeer.join(lab);
    let answers = 0;
    for (let index = 0; index < SYNS; index += 1) {
      peer.send({ sport: 2000 + index, dport, ack: 0, flags: SYN });
      const refused = (): number => readCounters(server).get("TcpExtTCPReqQFullDrop") ?? 0;
      await waitFor(() => {
        if (peer.poll(({ flags }) => flags === SYN_ACK) !== undefined) answers += 1;
        return answers + refused() === index + 1 ? true : undefined;
      }, "An answer, or a refusal");
    }
    // Some kernels accept as many as the backlog, others one more: reqsk_queue_is_full()
    assert(answers === 2 || answers === 3, `${answers} SYNs were answered`);
    return {
      // Refused without kfree_skb: tcp_conn_request() counts it, and tcp_rcv_state_process() frees the SYN as
      // consumed.
      drops: [],
      refused: [{ host: "server", dport, cause: "SYN_QUEUE_FULL", count: SYNS - answers }],
      counters: [
        { host: "server", counter: "TcpExtTCPReqQFullDrop", by: SYNS - answers },
        { host: "server", counter: "TcpExtListenDrops", by: SYNS - answers },
      ],
    };
  },
};
