/** What fires each rule, and its neighbours, which must not. */
import { BESIDE } from "./cases-beside.test.kit.ts";
import { HANDSHAKE, NUMBERS } from "./cases-connections.test.kit.ts";
import { FIREWALLS } from "./cases-filtering.test.kit.ts";
import { LISTENING } from "./cases-listening.test.kit.ts";
import { RECEIVING } from "./cases-receiving.test.kit.ts";
import { WAYS } from "./cases-ways.test.kit.ts";
import type { RuleCase } from "./rule-case.test.kit.ts";

export const CASES: readonly RuleCase[] = [
  ...LISTENING,
  ...HANDSHAKE,
  ...FIREWALLS,
  ...WAYS,
  ...RECEIVING,
  ...NUMBERS,
  ...BESIDE,
];
