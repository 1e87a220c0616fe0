import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "./parse.ts";
import { EVENT_PRIMITIVES, PACKET_PRIMITIVES } from "./primitives.ts";
import { OPENING_WORDS } from "./vocabulary.ts";

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
  // Protocols that are never true are only some of them written out.
  const rare = [
    "atalk",
    "aarp",
    "decnet",
    "lat",
    "moprc",
    "mopdl",
    "sca",
    "iso",
    "esis",
    "isis",
    "clnp",
    "stp",
    "ipx",
    "netbeui",
  ];
  assert.deepEqual(
    OPENING_WORDS.filter((word) => !words.has(word) && word !== "not"),
    rare,
  );
});
