import { ADDRESS } from "../../../../src/lab/hosts.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { sendWithoutRoute } from "../unrouted.ts";

export const scenario: Scenario = {
  title: "A blackhole route is set for the peer of an open connection",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) =>
    sendWithoutRoute(hosts, family, [
      "route",
      "add",
      "blackhole",
      `${ADDRESS.server[family]}/${family === 4 ? 32 : 128}`,
    ]),
};
