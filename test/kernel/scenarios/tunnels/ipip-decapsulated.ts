import type { Scenario } from "../scenario.ts";
import { decapsulated, TUNNELS } from "../tunnels.ts";

export const scenario: Scenario = decapsulated(TUNNELS.ipip);
