import assert from "node:assert/strict";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { ByteWriter } from "../bytes/byte-writer.ts";
import { writeFold } from "./fold-text.ts";

test("writeFold has the interface by which it was to leave, as a row has", () => {
  const event = dropWith(fullDrop, { ifindex: 2, ifname: "r1", outIfindex: 3, outIfname: "r0" });
  const end = { address: undefined, port: undefined };
  const out = new ByteWriter(256);
  const folded = { event, rows: 2, count: 2, source: end, destination: end, owner: undefined };
  writeFold(folded, { colour: false, columns: 200, ms: 1000 }, out);
  assert.match(out.toString(), / r1>r0 /);
});
