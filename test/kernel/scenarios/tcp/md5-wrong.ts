import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { demandMd5 } from "../signing.ts";
import { md5 } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN with a wrong MD5 signature",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => ({
    drops: [
      { ...signedSyn(lab, md5(new Uint8Array(16)), demandMd5), reason: "TCP_MD5FAILURE", class: "loss" },
    ],
    counters: [{ host: "server", counter: "TcpExtTCPMD5Failure", by: 1 }],
  }),
};
