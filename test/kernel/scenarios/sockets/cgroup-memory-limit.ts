import assert from "node:assert/strict";
import { waitFor } from "../../../../src/lab/hosts.ts";
import { acceptTcp, peekBytes } from "../../../../src/sys/sockets.ts";
import { Cgroup } from "../cgroup.ts";
import { readCounters } from "../counters.ts";
import { HandmadePeer } from "../handmade-peer.ts";
import { passiveOpens } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

const LIMIT_BYTES = 32_768;
/** How many fit differs between kernels: some count up to twice as much memory for each. */
const SEGMENT_BYTES = 8_000;
const MOST_SEGMENTS = 5;

export const scenario: Scenario = {
  title: "The server's cgroup has little memory for TCP, and queued data uses it up",
  families: BOTH,
  paths: ["veth"],
  needs: ["cgroup-tcp-limit"],
  run: async (lab) => {
    const { hosts, family } = lab;
    const cgroup = hosts.own(new Cgroup("memory"));
    // The limit must be set before the socket gets its cgroup: mem_cgroup_sk_alloc(), memcg->tcpmem_active
    cgroup.write("memory.kmem.tcp.limit_in_bytes", String(LIMIT_BYTES));
    const dport = hosts.newPort();
    const listener = hosts.listen(family, dport);
    const connection = await HandmadePeer.join(lab).begin(dport);
    connection.send({});
    await passiveOpens(lab, 1);
    const server = cgroup.inside(() => acceptTcp(listener));
    assert(server !== undefined, "a connection waits");
    hosts.own(server);
    const refused = (): boolean => readCounters(hosts.server).get("TcpExtTCPRcvQDrop") === 1;
    let seq = connection.seq;
    for (let queued = 0; !refused(); queued += SEGMENT_BYTES, seq += SEGMENT_BYTES) {
      assert(queued < MOST_SEGMENTS * SEGMENT_BYTES, `${queued} bytes were queued`);
      connection.send({ seq, flags: PSH_ACK, payload: new Uint8Array(SEGMENT_BYTES) });
      // After the first rejection the window is closed, and later drops are of another kind.
      await waitFor(
        () => (refused() || peekBytes(server, 100_000)?.length === queued + SEGMENT_BYTES ? true : undefined),
        "A segment",
      );
    }
    return {
      // tcp_try_rmem_schedule(), __sk_mem_raise_allocated(), mem_cgroup_charge_skmem()
      drops: [
        {
          ...connection.dropped,
          reason: "PROTO_MEM",
          class: "loss",
          state: "ESTABLISHED",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${family}_do_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPRcvQDrop", by: 1 }],
    };
  },
};
