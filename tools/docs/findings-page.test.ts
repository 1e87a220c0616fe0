import assert from "node:assert/strict";
import { test } from "node:test";
import { RULES } from "../../src/findings/index.ts";
import { findingsPage } from "./findings-page.ts";

const page = findingsPage();

test("findingsPage has a section for each rule, in their order, with all that is known of it", () => {
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, id]) => id);
  assert.deepEqual(
    headings,
    RULES.map(({ id }) => id),
  );
  const prose = page.replaceAll(/\n +/g, " ");
  for (const { id, signs, against, refute, advice, sources } of RULES)
    for (const text of [signs, against, refute, ...advice.map(({ action }) => action), ...sources])
      assert.ok(prose.includes(text), `${id}: ${text}`);
});

test("findingsPage keeps prose within 110 columns, and ends with one newline", () => {
  assert.match(page, /[^\n]\n$/);
  for (const line of page.split("\n"))
    if (!line.startsWith("|")) assert.ok(line.length <= 110 || !line.includes(" "), line);
});
