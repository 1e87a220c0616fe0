import assert from "node:assert/strict";
import { test } from "node:test";
import { wrapMarkdown } from "./wrap-markdown.ts";

const WORDS = Array.from({ length: 40 }, (_unused, index) => `word${index}`).join(" ");
const TABLE = `| ${WORDS} |`;

test("wrapMarkdown wraps paragraphs and items at 110 columns, and nothing else", () => {
  const lines = wrapMarkdown(["### Title", "", WORDS, "more of it.", "", TABLE, "", `- ${WORDS}`, "- short"]);
  for (const line of lines) assert.ok(line.length <= 110 || line === TABLE, line);
  assert.deepEqual(lines.slice(0, 2), ["### Title", ""]);
  const text = lines.join("\n");
  assert.ok(text.includes(TABLE) && text.endsWith("\n- short"));
  assert.equal(text.replaceAll(/\n(?: {2})?/g, " ").split("word39").length, 4);
  const items = lines.slice(lines.indexOf(TABLE) + 2, -1);
  assert.deepEqual(
    [items[0]?.slice(0, 2), ...items.slice(1).map((line) => line.slice(0, 2))],
    ["- ", "  ", "  "],
  );
});

test("wrapMarkdown changes nothing the second time", () => {
  const once = wrapMarkdown([WORDS, "", `- ${WORDS}`, `- ${WORDS}`, "", TABLE]);
  assert.deepEqual(wrapMarkdown(once), once);
});
