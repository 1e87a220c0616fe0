import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { demandMd5 } from "../signing.ts";

export const scenario: Scenario = {
  title: "A SYN without an MD5 signature, where the listener demands one",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => ({
    drops: [{ ...signedSyn(lab, new Uint8Array(0), demandMd5), reason: "TCP_MD5NOTFOUND", class: "loss" }],
    counters: [{ host: "server", counter: "TcpExtTCPMD5NotFound", by: 1 }],
  }),
};
