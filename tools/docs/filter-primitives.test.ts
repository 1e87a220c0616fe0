import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/filter-language/index.ts";
import { FALSE_PROTOCOLS, OPENING_WORDS } from "../../src/filter-language/vocabulary.ts";
import { EVENT_PRIMITIVES, PACKET_PRIMITIVES } from "./filter-primitives.ts";

const ROWS = [...PACKET_PRIMITIVES, ...EVENT_PRIMITIVES];

test("every example of a primitive is a filter", () => {
  for (const { examples } of ROWS) for (const example of examples) parseFilter(example);
});

test("every word that begins a primitive is in a form or an example", () => {
  const words = new Set(
    ROWS.flatMap(({ form, examples, meaning }) =>
      `${form} ${examples.join(" ")} ${meaning}`.split(/[^a-z0-9-]+/),
    ),
  );
  // Of the protocols that are never true, the form has these two and an ellipsis.
  const unwritten = FALSE_PROTOCOLS.filter((word) => !["arp", "rarp"].includes(word));
  assert.deepEqual(
    OPENING_WORDS.filter((word) => !words.has(word) && word !== "not"),
    unwritten,
  );
});
