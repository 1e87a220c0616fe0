import { SOL_TCP } from "../../../../src/sys/macros.ts";
import { setOption } from "../../../../src/sys/sockets.ts";
import { TCP_FASTOPEN } from "../../../lab/macros.ts";
import { EARLY, SERVER_TAKES_COOKIES } from "../fast-open.ts";
import { halfOpen } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN } from "../segments.ts";
import { fastOpen } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "Not a drop: a SYN with a wrong TCP Fast Open cookie is answered, and its data ignored",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    lab.hosts.setSysctl(lab.hosts.server, "ipv4/tcp_fastopen", String(SERVER_TAKES_COOKIES));
    await halfOpen(lab, (listener) => setOption(listener, SOL_TCP, TCP_FASTOPEN, 16), {
      flags: SYN,
      payload: EARLY,
      options: fastOpen(new Uint8Array(8).fill(7)),
    });
    return {
      drops: [],
      counters: [{ host: "server", counter: "TcpExtTCPFastOpenPassiveFail", by: 1 }],
      unexplained: [
        {
          host: "server",
          counter: "TcpExtTCPFastOpenPassiveFail",
          why: "tcp_try_fastopen(): the SYN is answered without its data, and no skb is dropped",
        },
      ],
    };
  },
};
