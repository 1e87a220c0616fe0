import { ETH_P_ALL } from "../../../src/sys/macros.ts";
import { getOption, packetSocket } from "../../../src/sys/sockets.ts";
import { PACKET_STATISTICS, SOL_PACKET } from "../../lab/macros.ts";
import type { Incident } from "../incident.ts";

export const incident: Incident = {
  title: "Nothing is wrong: a capture runs beside ordinary traffic, and nobody reads it",
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    await lab.readyLoad();
  },
  run: async (lab) => {
    using capture = lab.server.inside(() => packetSocket("srv0", ETH_P_ALL));
    await lab.load({ kind: "fetch", path: "/100", connections: 6, atOnce: 1, limitMs: 5000 });
    // tp_packets, the first number of struct tpacket_stats. It is closed now, with all of them unread.
    return { drops: {}, copies: getOption(capture, SOL_PACKET, PACKET_STATISTICS) };
  },
  // A busy machine has read the kernel's symbols by then: they name the place of the copies.
  quietMs: 2000,
  expected: {
    drops: {},
    answers: {
      findings: ["capture-beside"],
      headline: /^Nothing is wrong: \d+ drops, all of them harmless/,
      what: /^\d+ copies of segments for a packet or raw socket/,
      severity: "info",
      isOver: true,
    },
  },
};
