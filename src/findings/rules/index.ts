/** All rules. Of several that match, the first that concludes something has the drops: special ones first. */
import type { Rule } from "../rule.ts";
import { OTHER_DROPS } from "./other-drops.ts";
import { SERVICE_RULES } from "./service.ts";

export const RULES: readonly Rule[] = [...SERVICE_RULES, OTHER_DROPS];
