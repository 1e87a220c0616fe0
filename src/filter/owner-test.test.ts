import assert from "node:assert/strict";
import { test } from "node:test";
import { ownerOf } from "../../test/owner-facts.ts";
import { parseFilter } from "../filter-language/index.ts";
import type { Owner } from "../model/index.ts";
import { NO, UNKNOWN_ANSWER, YES } from "./answer.ts";
import { NO_FACTS, testSource } from "./packets.test.kit.ts";
import { compileTest } from "./predicate.ts";
import { type Source, UNKNOWN } from "./source.ts";

const ID = "0123456789abcdef".repeat(4);
const NGINX = ownerOf({ pid: 1234, comm: "nginx", unit: "web.service", cgroup: "/system.slice/web.service" });
const POD = ownerOf({
  comm: "nc",
  container: "nc",
  containerId: ID,
  pod: "web",
  podNamespace: "shop",
  podUid: "7a",
});
/** The cgroup is known, and its names are not. */
const UNNAMED = ownerOf({ by: "cgroup", containerId: ID, podUid: "7a", cgroup: "/kubepods" });
const NOT_FOUND = ownerOf({ missing: "not_found" });
const NOBODY = ownerOf({ missing: "no_socket" });
const PLAIN = ownerOf({ comm: "init", cgroup: "/" });

const OPEN = UNKNOWN_ANSWER;

const source: Source<{ readonly owner: Owner | undefined }> = {
  ...(testSource as unknown as Source<{ readonly owner: Owner | undefined }>),
  owner: ({ owner }) => owner ?? UNKNOWN,
};

for (const [text, owner, expected] of [
  ["owner nginx", NGINX, YES],
  ["owner web.service", NGINX, YES],
  ["owner web", NGINX, YES],
  ["owner apache", NGINX, NO],
  ["owner shop/web", POD, YES],
  ["owner nc", UNNAMED, OPEN],
  ["owner nginx", NOT_FOUND, OPEN],
  ["owner nginx", NOBODY, NO],
  ["owner nginx", undefined, OPEN],
  ["not owner nginx", undefined, OPEN],
  ["not owner nginx", NGINX, NO],
  ["not owner nginx", NOBODY, YES],
  ["pid 1234", NGINX, YES],
  ["pid 0x4d2", NGINX, YES],
  ["pid 1", NGINX, NO],
  ["pid 1", NOT_FOUND, OPEN],
  ["pid 1", NOBODY, NO],
  ["unit web", NGINX, YES],
  ["unit web.service", NGINX, YES],
  ["unit web.socket", NGINX, NO],
  ["unit web", PLAIN, NO],
  ["unit web", NOT_FOUND, OPEN],
  ["container nc", POD, YES],
  [`container ${ID}`, POD, YES],
  ["container 0123456789ab", POD, YES],
  ["container 0123456789ac", POD, NO],
  ["container 0123", POD, NO],
  ["container nc", UNNAMED, OPEN],
  ["container 0123456789ab", UNNAMED, YES],
  ["container nc", PLAIN, NO],
  ["pod web", POD, YES],
  ["pod shop/web", POD, YES],
  ["pod 7a", POD, YES],
  ["pod other/web", POD, NO],
  ["pod web", UNNAMED, OPEN],
  ["pod 7a", UNNAMED, YES],
  ["pod web", PLAIN, NO],
] as const)
  test(`"${text}" of ${owner?.process?.comm ?? owner?.missing ?? "nobody yet"} is ${expected}`, () => {
    const { root } = parseFilter(text);
    assert.equal(compileTest(root, source, { text })({ ...NO_FACTS, owner }, 0), expected);
  });
