import { XDP_REDIRECT } from "../../../../src/sys/uapi.gen.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver } from "../rules.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { GENERIC_XDP, runAtDevice } from "../xdp.ts";

/**
 * The program gives no device: net/core/filter.c, xdp_do_generic_redirect(); net/core/dev.c,
 * do_xdp_generic(), out_redir.
 */
export const scenario: Scenario = {
  title: "A generic XDP program redirects a SYN to nowhere",
  families: BOTH,
  paths: EVERY_PATH,
  run: ({ hosts, family, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    runAtDevice(hosts, host, device, "generic", XDP_REDIRECT);
    hosts.inject(syn(family, dport));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          reason: "XDP",
          class: "loss",
          also: { ifname: device },
          frame: GENERIC_XDP,
        },
      ],
    };
  },
};
