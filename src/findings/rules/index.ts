/** All rules. Of several that match, the first that concludes something has the drops: special ones first. */
import type { Rule } from "../rule.ts";
import { ACCEPT_QUEUE_RULES } from "./accept-queue.ts";
import { CONNTRACK_RULES } from "./conntrack.ts";
import { FIREWALL_RULES } from "./firewall.ts";
import { HANDSHAKE_RULES } from "./handshake.ts";
import { NEXT_HOP_RULES } from "./next-hop.ts";
import { OTHER_DROPS } from "./other-drops.ts";
import { PATH_MTU_RULES } from "./path-mtu.ts";
import { ROUTING_RULES } from "./routing.ts";
import { SERVICE_RULES } from "./service.ts";

export const RULES: readonly Rule[] = [
  ...ACCEPT_QUEUE_RULES,
  ...SERVICE_RULES,
  ...HANDSHAKE_RULES,
  ...CONNTRACK_RULES,
  ...FIREWALL_RULES,
  ...ROUTING_RULES,
  ...PATH_MTU_RULES,
  ...NEXT_HOP_RULES,
  OTHER_DROPS,
];
