import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { AO_KEY_ID, AO_SIGNATURE_BYTES, demandAuthentication } from "../signing.ts";
import { authentication } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN with a wrong TCP-AO signature",
  families: BOTH,
  paths: ["veth"],
  needs: ["tcp-ao"],
  run: (lab) => ({
    drops: [
      {
        ...signedSyn(
          lab,
          authentication(AO_KEY_ID, AO_KEY_ID, new Uint8Array(AO_SIGNATURE_BYTES)),
          demandAuthentication,
        ),
        reason: "TCP_AOFAILURE",
        class: "loss",
      },
    ],
    counters: [{ host: "server", counter: "TcpExtTCPAOBad", by: 1 }],
  }),
};
