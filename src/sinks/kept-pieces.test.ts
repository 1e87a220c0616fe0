import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KeptLists, KeptPieces } from "./kept-pieces.ts";
import { textOf } from "./sink.ts";

const made = (kept: KeptPieces, text: string): string => textOf((out) => kept.write(text, out));

test("KeptPieces gives every text its own piece, whatever shares its places", () => {
  const kept = new KeptPieces((text) => text.replaceAll(/[^ -~]/g, "?"), "<", ">");
  // Few letters, in front of the end that the place is told by: many texts meet in one place.
  const text = fc
    .array(fc.constantFrom("a", "b"), { maxLength: 12 })
    .map((letters) => `${letters.join("")}xyz`);
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.string()), { maxLength: 50 }), (texts) => {
      for (const one of texts) assert.equal(made(kept, one), `<${one.replaceAll(/[^ -~]/g, "?")}>`);
    }),
  );
});

test("KeptPieces makes what comes again no more than twice, and a flood once each", () => {
  let count = 0;
  const kept = new KeptPieces((text) => {
    count += 1;
    return text;
  });
  for (let turn = 0; turn < 100; turn += 1)
    for (const text of ["eth0", "veth3f2a0c9", ""]) assert.equal(made(kept, text), text);
  assert.equal(count, 6);
  for (let host = 0; host < 20_000; host += 1) made(kept, `2001:db8::${host.toString(16)}`);
  assert.equal(count, 20_006);
  assert.equal(made(kept, "eth0"), "eth0");
});

test("KeptLists makes the text of a list once, and tells lists apart that look alike", () => {
  let count = 0;
  const kept = new KeptLists((list) => {
    count += 1;
    return list.join("|");
  });
  const one = ["SYN", "ACK"];
  for (let turn = 0; turn < 3; turn += 1)
    assert.equal(
      textOf((out) => kept.write(one, out)),
      "SYN|ACK",
    );
  assert.equal(count, 1);
  assert.equal(
    textOf((out) => kept.write([...one], out)),
    "SYN|ACK",
  );
  assert.equal(count, 2);
});
