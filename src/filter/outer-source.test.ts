/** Filters for the outer header of a tunnel packet. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { minimalDrop, tunnelDrop } from "../../test/golden/sample-events.ts";
import { parseFilter } from "../filter-language/index.ts";
import type { DropEvent } from "../model/index.ts";
import { dropSource } from "./drop-source.ts";
import { compilePredicate } from "./predicate.ts";

const accepts = (text: string, drop: DropEvent): boolean =>
  compilePredicate(parseFilter(text).root, dropSource(), { text })(drop);

describe("compilePredicate on outer headers", () => {
  // The sample's outer header is 203.0.113.1:51000 > 203.0.113.2:4789, VXLAN, VNI 42.
  for (const text of [
    "outer host 203.0.113.1",
    "outer host 203.0.113.2",
    "outer dst host 203.0.113.2",
    "outer net 203.0.113.0/24",
    "outer port 4789",
    "outer src portrange 50000-52000",
    "tunnel vxlan",
    "vni 42",
    "not outer host 192.0.2.66",
  ])
    test(`accepts ${text}`, () => assert(accepts(text, tunnelDrop)));
  for (const text of [
    "outer src host 203.0.113.2",
    "outer host 192.0.2.66",
    "outer net 2001:db8::/32",
    "outer dst port 51000",
    "tunnel gre",
    "vni 41",
    "host 203.0.113.1",
  ])
    test(`does not accept ${text}`, () => assert(!accepts(text, tunnelDrop)));

  test("accepts nothing of what is in no tunnel, nor ports where there is no UDP", () => {
    for (const text of ["outer net 0.0.0.0/0", "outer port 4789", "tunnel vxlan", "vni 42"])
      assert(!accepts(text, minimalDrop), text);
    const outer = { saddr: "203.0.113.1", daddr: "203.0.113.2", protocol: "gre" } as const;
    const gre = { ...tunnelDrop, outer: { ...outer, sport: undefined, dport: undefined, vni: undefined } };
    assert(accepts("outer host 203.0.113.1", gre));
    assert(!accepts("outer portrange 0-65535", gre));
  });
});
