import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { readServices } from "./services.ts";

const SERVICES =
  "# all\nhttp\t\t80/tcp\t\twww # the web\nhttp 8080/tcp\ndomain 53/udp\nodd 99999/tcp\n\nnoport\nssh  22/tcp\n";

test("readServices has names and aliases of TCP services, the first line of each, and apart those of others", () => {
  using root = fixtureRoot({ "etc/services": SERVICES });
  const tcp = new Map([
    ["http", 80],
    ["www", 80],
    ["ssh", 22],
  ]);
  const expected = { tcp, other: new Map([["domain", 53]]) };
  assert.deepEqual(readServices(root.path), expected);
});

test("readServices knows nothing without the file, or without a TCP service in it", () => {
  using empty = fixtureRoot();
  using other = fixtureRoot({ "etc/services": "domain 53/udp\n" });
  assert.deepEqual([readServices(empty.path), readServices(other.path)], [undefined, undefined]);
});
