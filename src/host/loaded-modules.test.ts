import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { FUZZ_RUNS } from "./fuzz-runs.test.kit.ts";
import { addressKey } from "./kallsyms-index.ts";
import { LoadedModules } from "./loaded-modules.ts";

const key = (low: number): number => addressKey(low, 0xffff_ffff);
const FILE = [
  "nf_tables 376832 120 nft_ct,nft_counter, Live 0xffffffffc0900000",
  "veth 45056 0 - Live 0xffffffffc0300000",
  "zfs 6000000 4 - Live 0xffffffffc1000000 (POE)",
  "going 4096 0 - Unloading 0xffffffffc0700000 (O-)",
  "coming 4096 1 - Loading 0xffffffffc0800000 (+)",
  "",
].join("\n");

test("LoadedModules.parse reads what the kernel writes, in any state and with any taint", () => {
  const modules = LoadedModules.parse(FILE);
  const name = (low: number): string | undefined => modules?.at(key(low))?.name;
  assert.equal(name(0xc02f_ffff), undefined);
  assert.equal(name(0xc030_0000), "veth");
  assert.equal(name(0xc030_afff), "veth");
  assert.equal(name(0xc030_b000), undefined, "45056 bytes are 0xb000");
  assert.equal(name(0xc090_0000), "nf_tables");
  assert.equal(name(0xc100_0001), "zfs");
  assert.equal(name(0xc070_0001), "going");
  assert.equal(name(0xc080_0001), "coming");
  assert.equal(name(0xffff_ffff), undefined);
});

test("LoadedModules.parse knows nothing where addresses are hidden, and no module where none is loaded", () => {
  assert.equal(LoadedModules.parse("veth 45056 0 - Live 0x0000000000000000\n"), undefined);
  assert.equal(LoadedModules.parse("")?.at(key(0xc030_0000)), undefined);
  const broken = LoadedModules.parse("veth\nveth x 0 - Live 0xffffffffc0300000\nveth 4096 0 - Live 12\n");
  assert.equal(broken?.at(key(0xc030_0000)), undefined);
});

test("LoadedModules.equals compares names and addresses, and not what uses them", () => {
  const parse = (text: string): LoadedModules => LoadedModules.parse(text) ?? assert.fail("hidden");
  const modules = parse(FILE);
  assert.ok(modules.equals(parse(FILE.replace(" 120 nft_ct,", " 119 "))));
  assert.ok(modules.equals(parse(FILE.split("\n").toReversed().join("\n"))));
  assert.ok(!modules.equals(parse(FILE.replace("veth", "vetch"))));
  assert.ok(!modules.equals(parse(FILE.replace("c0300000", "c0310000"))));
  assert.ok(!modules.equals(parse(FILE.replace("45056", "49152"))));
  assert.ok(!modules.equals(parse(`${FILE}new 4096 0 - Live 0xffffffffc2000000\n`)));
});

test("LoadedModules.parse takes any text", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat({ max: FILE.length }), (text, at) => {
      const modules = LoadedModules.parse(FILE.slice(0, at) + text + FILE.slice(at));
      modules?.at(key(0xc030_0000));
    }),
    { numRuns: FUZZ_RUNS },
  );
});

const file = "/proc/modules";
test("LoadedModules.parse reads the running kernel's modules", {
  skip: existsSync(file) ? false : "a kernel without CONFIG_MODULES has no /proc/modules",
}, () => {
  const text = readFileSync(file, "latin1");
  const lines = text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "");
  const modules = LoadedModules.parse(text);
  assert.ok(modules !== undefined, "needs root: without CAP_SYSLOG the kernel shows no addresses");
  for (const line of lines) {
    const [name, , , , , address = ""] = line.split(" ");
    const [high, low] = [address.slice(2, 10), address.slice(10)].map((part) => Number.parseInt(part, 16));
    assert.equal(modules.at(addressKey(low ?? 0, high ?? 0))?.name, name);
  }
});
