/** All rules. Of several that match, the first that concludes something has the drops: special ones first. */
import type { Rule } from "../rule.ts";
import { ACCEPT_QUEUE_RULES } from "./accept-queue.ts";
import { BESIDE_RULES } from "./beside.ts";
import { BPF_RULES } from "./bpf.ts";
import { CHECKSUM_RULES } from "./checksum.ts";
import { CONNTRACK_RULES } from "./conntrack.ts";
import { FIREWALL_RULES } from "./firewall.ts";
import { FLAG_PROBES } from "./flag-probes.ts";
import { HANDSHAKE_RULES } from "./handshake.ts";
import { NEXT_HOP_RULES } from "./next-hop.ts";
import { OTHER_DROPS } from "./other-drops.ts";
import { PATH_MTU_RULES } from "./path-mtu.ts";
import { PORT_SCAN } from "./port-scan.ts";
import { QUEUE_RULES } from "./queues.ts";
import { RECEIVING_RULES } from "./receiving.ts";
import { ROUTING_RULES } from "./routing.ts";
import { SEQUENCE_RULES } from "./sequence.ts";
import { SERVICE_RULES } from "./service.ts";
import { SIGNATURE_RULES } from "./signatures.ts";
import { SYN_COOKIES } from "./syn-cookies.ts";

export const RULES: readonly Rule[] = [
  ...ACCEPT_QUEUE_RULES,
  SYN_COOKIES,
  FLAG_PROBES,
  PORT_SCAN,
  ...SERVICE_RULES,
  ...HANDSHAKE_RULES,
  ...CONNTRACK_RULES,
  ...FIREWALL_RULES,
  ...BPF_RULES,
  ...ROUTING_RULES,
  ...PATH_MTU_RULES,
  ...NEXT_HOP_RULES,
  ...CHECKSUM_RULES,
  ...RECEIVING_RULES,
  ...QUEUE_RULES,
  ...SIGNATURE_RULES,
  ...SEQUENCE_RULES,
  ...BESIDE_RULES,
  OTHER_DROPS,
];
