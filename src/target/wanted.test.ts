import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { parseWanted, type Wanted } from "./wanted.ts";

const NAMES = ["unit", "container", "pod"] as const;

const CASES: Readonly<Record<string, Wanted>> = {
  "1234": { kind: "running", kinds: ["pid", ...NAMES], name: "1234" },
  nginx: { kind: "running", kinds: NAMES, name: "nginx" },
  "nginx.service": { kind: "running", kinds: ["unit"], name: "nginx.service" },
  "a:b@c.service": { kind: "running", kinds: ["unit"], name: "a:b@c.service" },
  "shop/web-7d9f": { kind: "running", kinds: ["pod"], name: "shop/web-7d9f" },
  "pid:12": { kind: "running", kinds: ["pid"], name: "12" },
  "unit:12": { kind: "running", kinds: ["unit"], name: "12" },
  "container:a:80": { kind: "running", kinds: ["container"], name: "a:80" },
  "pod:web": { kind: "running", kinds: ["pod"], name: "web" },
  "www.example.com:https": { kind: "endpoint", host: "www.example.com", port: "https" },
  "192.0.2.1:443": { kind: "endpoint", host: "192.0.2.1", port: "443" },
  "[2001:db8::1]:443": { kind: "endpoint", host: "2001:db8::1", port: "443" },
  "host:pod:80": { kind: "endpoint", host: "pod", port: "80" },
};

test("parseWanted tells apart what its form tells", () => {
  for (const [text, wanted] of Object.entries(CASES)) assert.deepEqual(parseWanted(text), wanted, text);
});

test("parseWanted refuses what has no such form, and says why", () => {
  assert.throws(() => parseWanted("2001:db8::1:443"), /stands in brackets/);
  assert.throws(() => parseWanted("pid:nginx"), /names no process/);
  for (const text of ["", ":80", "web:", "[::1]", "unit:", "a:b:c", "host:web", "x".repeat(1000)])
    assert.throws(() => parseWanted(text), UsageError, text);
});

test("parseWanted gives something or a UsageError, and shows nothing raw, for any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        parseWanted(text);
      } catch (failure) {
        assert.ok(failure instanceof UsageError);
        assert.match(failure.message, /^[\x20-\x7e]*$/);
      }
    }),
  );
});
