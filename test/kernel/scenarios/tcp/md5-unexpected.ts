import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { md5 } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN with an MD5 signature, where the listener has no key",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => ({
    drops: [{ ...signedSyn(lab, md5(new Uint8Array(16))), reason: "TCP_MD5UNEXPECTED", class: "loss" }],
    counters: [{ host: "server", counter: "TcpExtTCPMD5Unexpected", by: 1 }],
  }),
};
