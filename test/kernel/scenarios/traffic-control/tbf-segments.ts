import { sendBytes } from "../../../../src/sys/sockets.ts";
import { vanish } from "../one-shot.ts";
import { fill, LARGEST_BYTES, stopped } from "../queues.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sentData } from "../sent.ts";

/**
 * Each segment is dropped, and then the skb from which they were made, which by then has no socket:
 * net/sched/sch_tbf.c, tbf_segment(), since Linux 6.13 and in the stable branches of that time.
 */
export const scenario: Scenario = {
  title: "A shaper splits a large skb for its bucket, and its queue has no room for the segments",
  families: BOTH,
  paths: ["veth"],
  needs: ["tbf"],
  run: async ({ hosts, family }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    stopped(hosts, "", LARGEST_BYTES);
    fill(hosts);
    sendBytes(client, new Uint8Array(4_000));
    vanish(client);
    const segment = {
      ...sentData(sport, dport),
      reason: "QDISC_DROP",
      class: "loss",
      frame: "__dev_queue_xmit",
    } as const;
    return {
      drops: [
        { ...segment, flags: ["ACK"], count: 2 },
        segment,
        {
          ...segment,
          flags: ["PSH", "ACK"],
          reason: "NOT_SPECIFIED",
          variant: "tbf-segmented",
          class: "normal",
          direction: "unknown",
          state: undefined,
          segments: 3,
          frame: ["tbf_enqueue", "tbf_segment"],
        },
      ],
    };
  },
};
