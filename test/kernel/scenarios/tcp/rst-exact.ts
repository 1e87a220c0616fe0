import { inject, open } from "../connection.ts";
import { hasEnded } from "../one-shot.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { RST } from "../segments.ts";

export const scenario: Scenario = {
  title: "Not a drop: an exact RST is accepted",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { server, next } = await open(lab);
    inject(lab, { ...next, flags: RST });
    await hasEnded(server, "ECONNRESET");
    return { drops: [], counters: [{ host: "server", counter: "TcpEstabResets", by: 1 }] };
  },
};
