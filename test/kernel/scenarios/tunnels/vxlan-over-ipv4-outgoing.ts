import type { Scenario } from "../scenario.ts";
import { outgoing, TUNNELS } from "../tunnels.ts";

export const scenario: Scenario = outgoing(TUNNELS.vxlan4);
