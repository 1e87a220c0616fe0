import { TCP_FLAGS } from "../../../../src/model/index.ts";
import { dropInput, filteredInput } from "../drop-everything.ts";
import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** Each flag alone, none, and all. */
const FLAGS = [...TCP_FLAGS.map((_, bit) => 1 << bit), 0, 0xff];

export const scenario: Scenario = {
  title: "Segments with each of the eight flags alone, with none, and with all",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    dropInput(hosts);
    const dport = hosts.newPort();
    hosts.injectFrames(
      FLAGS.map((flags, index) =>
        ethernet(hosts.clientMacs, tcpPacket(family, { sport: 1000 + index, dport, flags })),
      ),
    );
    return {
      drops: FLAGS.map((bits, index) => ({
        ...filteredInput,
        flags: TCP_FLAGS.filter((_, bit) => (bits >> bit) & 1),
        sport: 1000 + index,
        dport,
      })),
    };
  },
};
