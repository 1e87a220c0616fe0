/**
 * The bundle runs with any file as its code cache, and without one: a cache that this Node cannot use is
 * rejected, and the code compiled again.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileBundle, encodeCodeCache, readCodeCache } from "../../src/cli/code-cache.ts";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BUNDLE = join(ROOT, "dist/bin/cli");

/** A copy of the installed files, whose cache may be corrupted. */
function withCopy(use: (folder: string, cache: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "tcpdrop-bundle-"));
  try {
    const folder = join(root, "dist/bin/cli");
    cpSync(BUNDLE, folder, { recursive: true });
    cpSync(join(ROOT, "package.json"), join(root, "package.json"));
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    use(folder, join(folder, "tcpdrop.cache"));
  } finally {
    rmSync(root, { recursive: true });
  }
}

function answers(folder: string, nodeOptions: readonly string[] = []): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeOptions, join(folder, "main.cjs"), "doctor", "--program"],
    {
      encoding: "utf8",
      timeout: patient(20_000),
    },
  );
  assert.equal(status, EXIT.done, stderr);
  assert.match(stdout, /^ *\d+: exit$/m);
}

test("the cache of the build is used by the Node that built it", () => {
  const file = join(BUNDLE, "tcpdrop.cjs");
  assert.equal(compileBundle(file, readCodeCache(join(BUNDLE, "tcpdrop.cache"))).cachedDataRejected, false);
  const ofAnother = Buffer.from(readCodeCache(join(BUNDLE, "tcpdrop.cache")) ?? assert.fail("no cache"));
  // The second word of V8's header is a hash of V8's version (SerializedCodeData,
  // src/snapshot/code-serializer.h).
  ofAnother.writeUInt32LE((ofAnother.readUInt32LE(4) ^ 1) >>> 0, 4);
  assert.equal(compileBundle(file, ofAnother).cachedDataRejected, true);
});

test("a cache of another release, architecture or build of Node is not used", () => {
  withCopy((_folder, cache) => {
    const code = readCodeCache(cache) ?? assert.fail("no cache");
    const { version, arch, config } = process;
    writeFileSync(cache, encodeCodeCache(code, { version, arch, config }));
    assert.deepEqual(readCodeCache(cache), code);
    const others = [
      { version: "v20.0.0", arch, config },
      { version, arch: "mips" as const, config },
      { version, arch, config: { ...config, variables: { ...config.variables, icu_ver_major: "1" } } },
    ];
    for (const build of others) {
      writeFileSync(cache, encodeCodeCache(code, build));
      assert.equal(readCodeCache(cache), undefined);
    }
  });
});

const SPOILED: readonly (readonly [title: string, spoil: (cache: string) => void])[] = [
  ["missing", (cache) => rmSync(cache)],
  ["empty", (cache) => truncateSync(cache)],
  ["cut off", (cache) => truncateSync(cache, 5000)],
  ["something else", (cache) => writeFileSync(cache, "no code of V8's ".repeat(1000))],
];

for (const [title, spoil] of SPOILED)
  test(`the bundle runs where its cache is ${title}`, () => {
    withCopy((folder, cache) => {
      spoil(cache);
      answers(folder);
    });
  });

test("the bundle runs if V8 rejects the cache because of its flags", () => answers(BUNDLE, ["--jitless"]));
