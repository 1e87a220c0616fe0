import type { Scenario } from "../scenario.ts";
import { incoming, TUNNELS } from "../tunnels.ts";

export const scenario: Scenario = incoming(TUNNELS.ip6tnl);
