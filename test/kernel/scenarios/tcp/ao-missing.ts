import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { demandAuthentication } from "../signing.ts";

export const scenario: Scenario = {
  title: "A SYN without a TCP-AO signature, where the listener demands one",
  families: BOTH,
  paths: ["veth"],
  needs: ["tcp-ao"],
  run: (lab) => ({
    drops: [
      { ...signedSyn(lab, new Uint8Array(0), demandAuthentication), reason: "TCP_AONOTFOUND", class: "loss" },
    ],
    counters: [{ host: "server", counter: "TcpExtTCPAORequired", by: 1 }],
  }),
};
