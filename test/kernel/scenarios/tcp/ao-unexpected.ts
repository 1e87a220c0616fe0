import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { AO_KEY_ID, AO_SIGNATURE_BYTES } from "../signing.ts";
import { authentication } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN with a TCP-AO signature, where the listener has no key",
  families: BOTH,
  paths: ["veth"],
  needs: ["tcp-ao"],
  run: (lab) => ({
    drops: [
      {
        ...signedSyn(lab, authentication(AO_KEY_ID, AO_KEY_ID, new Uint8Array(AO_SIGNATURE_BYTES))),
        reason: "TCP_AOUNEXPECTED",
        class: "loss",
      },
    ],
    counters: [{ host: "server", counter: "TcpExtTCPAOKeyNotFound", by: 1 }],
  }),
};
