import { BOTH, type Scenario } from "../scenario.ts";
import { signedSyn } from "../signed-listener.ts";
import { md5, together } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A SYN with two MD5 signatures",
  families: BOTH,
  paths: ["veth"],
  run: (lab) => {
    const signature = md5(new Uint8Array(16));
    // tcp_parse_auth_options(); up to 6.6 the first one counted.
    return {
      drops: [
        {
          ...signedSyn(lab, together(signature, signature)),
          reason: "TCP_AUTH_HDR",
          reasonBefore: "TCP_MD5UNEXPECTED",
          class: "loss",
        },
      ],
    };
  },
};
