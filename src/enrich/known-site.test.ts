/** What a site keeps of the variants that it matched, against matching each drop by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { COPY, HINT } from "../capture/core/facts.ts";
import { TCP_STATES } from "../capture/core/tcp-states.ts";
import { TCP_FLAGS } from "../model/index.ts";
import {
  isNotUnicast,
  REASONS,
  RECEIVING_SOCKET,
  type Segment,
  VARIANTS,
  variantOf,
  variantsAt,
} from "../reasons/index.ts";
import { KnownSite } from "./known-site.ts";
import { NOT_UNICAST, segmentFacts } from "./segment-facts.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 5_000);
/** Drops at one site: enough that some are alike. */
const DROPS = 40;

const NEWEST = new Set([...REASONS.map(({ name }) => name), RECEIVING_SOCKET]);
/** The variants of each row's sites, on new kernels and on such as have nothing that rows depend on; each once. */
const SITES = [
  ...new Map(
    VARIANTS.flatMap(({ reasons = ["NO_SOCKET"], symbols = ["kfree_skb"] }) =>
      reasons.flatMap((reason) =>
        symbols.flatMap((symbol) =>
          [NEWEST, new Set<string>()].map((kernel) => variantsAt(reason, "CORE", symbol, kernel)),
        ),
      ),
    ).map((variants) => [variants.map(({ id }) => id).join(" "), variants]),
  ).values(),
];
const CALLERS = [
  ...new Set(VARIANTS.flatMap(({ callers = [], nearest }) => [...callers, ...(nearest?.among ?? [])])),
];
const STACKS: readonly (readonly string[] | undefined)[] = [
  undefined,
  ["kfree_skb", "tcp_v4_rcv"],
  ...CALLERS.map((caller) => ["kfree_skb", `${caller}+0x2`]),
];

const drop = fc.record({
  flagBits: fc.constantFrom(256, 0, 0x02, 0x12, 0x10, 0x18, 0x04, 0x14, 0x11, 0xff),
  state: fc.nat({ max: 14 }),
  payloadLen: fc.constantFrom(undefined, 0, 1, 2, 1448),
  skbLen: fc.constantFrom(0, 1, 2, 1500),
  copy: fc.constantFrom(COPY.none, COPY.none, COPY.socket, COPY.timestamp),
  hints: fc.constantFrom(0, HINT.acksNewData, HINT.windowClosed, HINT.acksNewData | HINT.windowClosed),
  ownMac: fc.boolean(),
  daddr: fc.constantFrom("192.0.2.1", "224.0.0.1", "255.255.255.255", "ff02::1"),
  stack: fc.nat({ max: STACKS.length - 1 }),
});

test("KnownSite keeps for drops that are alike what each of them would match", () => {
  let kept = 0;
  const property = fc.property(
    fc.constantFrom(...SITES),
    fc.array(drop, { minLength: DROPS, maxLength: DROPS }),
    (variants, drops) => {
      const site = new KnownSite(FACTS, variants);
      for (const of of drops) {
        const segment = segmentOf(of);
        const facts = factsOf(of);
        const known = site.known(facts, segment.stack);
        if (known !== undefined) kept += 1;
        const { variant } = (known ?? site.match(facts, segment)).site;
        assert.equal(variant, variantOf(variants, segment).id);
      }
    },
  );
  fc.assert(property, { numRuns: RUNS });
  assert.ok(kept > RUNS, `${kept} of ${DROPS * RUNS} drops were known`);
});

test("segmentFacts() keeps lengths of 0 and 1 apart, and no row asks for others", () => {
  const lengths = VARIANTS.flatMap(({ payloadLen = 0, skbLen = 0 }) => [payloadLen, skbLen]);
  assert.deepEqual(
    lengths.filter((length) => length > 1),
    [],
  );
});

type Drop = typeof drop extends fc.Arbitrary<infer D> ? D : never;

function segmentOf({
  flagBits,
  state,
  payloadLen,
  skbLen,
  copy,
  hints,
  ownMac,
  daddr,
  stack,
}: Drop): Segment {
  return {
    state: state === 0 ? undefined : (TCP_STATES[state] ?? String(state)),
    flags: flagBits === 256 ? undefined : TCP_FLAGS.filter((_flag, bit) => (flagBits >> bit) & 1),
    payloadLen,
    skbLen,
    ownMac,
    copy: ([undefined, "socket", "timestamp"] as const)[copy],
    daddr,
    acksNewData: (hints & HINT.acksNewData) !== 0,
    windowClosed: (hints & HINT.windowClosed) !== 0,
    stack: STACKS[stack],
  };
}

function factsOf({ flagBits, state, payloadLen, skbLen, copy, hints, ownMac, daddr }: Drop): number {
  const facts = segmentFacts(flagBits, state, payloadLen, skbLen, copy, hints, ownMac);
  return isNotUnicast(daddr) ? facts | NOT_UNICAST : facts;
}

const FACTS = {
  source: "kfree_skb",
  reason: "NO_SOCKET",
  reasonCode: 3,
  reasonSubsystem: "CORE",
  reasonInferred: false,
  location: "kfree_skb+0x1",
  locationAddress: 1n,
} as const;
