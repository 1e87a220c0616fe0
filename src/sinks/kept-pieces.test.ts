import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Piece } from "../bytes/text-bytes.ts";
import { KeptLists, KeptPieces } from "./kept-pieces.ts";
import { textOf } from "./sink.ts";

const read = (piece: Piece): string => textOf((out) => out.put(piece));

test("KeptPieces gives every text its own piece, whatever shares its places", () => {
  const kept = new KeptPieces((text) => `<${text}>`);
  // Few letters, in front of the end that the place is told by: many texts meet in one place.
  const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 12 }).map((letters) => `${letters.join("")}xyz`);
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.string()), { maxLength: 50 }), (texts) => {
      for (const one of texts) assert.equal(read(kept.get(one)), `<${one}>`);
    }),
  );
});

test("KeptPieces makes what comes again once, and is not filled by a flood", () => {
  let made = 0;
  const kept = new KeptPieces((text) => {
    made += 1;
    return text;
  });
  for (let turn = 0; turn < 100; turn += 1) for (const text of ["eth0", "veth3f2a0c9", ""]) assert.equal(read(kept.get(text)), text);
  assert.equal(made, 3);
  for (let host = 0; host < 20_000; host += 1) kept.get(`2001:db8::${host.toString(16)}`);
  assert.equal(made, 20_003);
  assert.equal(read(kept.get("eth0")), "eth0");
});

test("KeptLists makes the text of a list once, and tells lists apart that look alike", () => {
  let made = 0;
  const kept = new KeptLists((list) => {
    made += 1;
    return list.join("|");
  });
  const [one, other] = [
    ["SYN", "ACK"],
    ["SYN", "ACK"],
  ];
  for (let turn = 0; turn < 3; turn += 1) assert.equal(read(kept.get(one ?? [])), "SYN|ACK");
  assert.equal(made, 1);
  assert.equal(read(kept.get(other ?? [])), "SYN|ACK");
  assert.equal(made, 2);
});
