/** All rules. Of several that match, the first that concludes something has the drops: special ones first. */
import type { Rule } from "../rule.ts";
import { ACCEPT_QUEUE_RULES } from "./accept-queue.ts";
import { CONNTRACK_RULES } from "./conntrack.ts";
import { FIREWALL_RULES } from "./firewall.ts";
import { HANDSHAKE_RULES } from "./handshake.ts";
import { OTHER_DROPS } from "./other-drops.ts";
import { SERVICE_RULES } from "./service.ts";

export const RULES: readonly Rule[] = [
  ...ACCEPT_QUEUE_RULES,
  ...SERVICE_RULES,
  ...HANDSHAKE_RULES,
  ...CONNTRACK_RULES,
  ...FIREWALL_RULES,
  OTHER_DROPS,
];
