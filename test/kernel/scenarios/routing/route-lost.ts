import { BOTH, type Scenario } from "../scenario.ts";
import { sendWithoutRoute } from "../unrouted.ts";

const NETWORK = { 4: "192.0.2.0/24", 6: "2001:db8::/64" } as const;

export const scenario: Scenario = {
  title: "The client's route is removed under an open connection",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) =>
    sendWithoutRoute(hosts, family, ["route", "del", NETWORK[family], "dev", "cli0"]),
};
