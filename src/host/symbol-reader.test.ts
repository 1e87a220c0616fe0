import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { finish } from "./steps.ts";
import { HeldSymbols, openKallsyms } from "./symbol-reader.ts";

const KALLSYMS = "ffffffff81000040 T tcp_v4_rcv\n";
const MODULES = "veth 40960 0 - Live 0xffffffffc0300000\n";

test("HeldSymbols reads its files again from the beginning, as they are then", () => {
  using root = fixtureRoot({ "proc/kallsyms": KALLSYMS, "proc/modules": MODULES });
  using held = HeldSymbols.open(root.path);
  const [one, other] = [held.symbols(), held.symbols()];
  for (const steps of [one, other]) assert.equal(finish(steps).symbols?.size, 1);
  writeFileSync(join(root.path, "proc/kallsyms"), `${KALLSYMS}ffffffffc0300000 t veth_xmit\t[veth]\n`);
  assert.equal(finish(held.symbols()).symbols?.size, 2);
  const loaded = held.modules();
  assert.ok(loaded !== undefined);
  writeFileSync(join(root.path, "proc/modules"), "");
  assert.equal(held.modules()?.equals(loaded), false);
});

test("HeldSymbols says that there are no modules where there is no file of them, and nothing where it is hidden", () => {
  using without = fixtureRoot({ "proc/kallsyms": KALLSYMS });
  using hidden = fixtureRoot({ "proc/modules": "veth 40960 0 - Live 0x0000000000000000\n" });
  using folder = fixtureRoot({ "proc/modules/x": "" });
  const modulesOf = (path: string): ReturnType<HeldSymbols["modules"]> => {
    using held = HeldSymbols.open(path);
    return held.modules();
  };
  assert.equal(modulesOf(without.path)?.at(1), undefined);
  assert.notEqual(modulesOf(without.path), undefined);
  assert.equal(modulesOf(hidden.path), undefined);
  assert.equal(modulesOf(folder.path), undefined);
});

test("HeldSymbols that is closed reads nothing, whose ever its descriptor is by then", () => {
  using root = fixtureRoot({ "proc/kallsyms": KALLSYMS, "proc/modules": MODULES });
  const held = HeldSymbols.open(root.path);
  const begun = held.symbols();
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  assert.match(finish(begun).problem ?? "", /kallsyms is closed/);
  assert.equal(held.modules(), undefined);
});

/** Reads the descriptor it is given, without any right. */
const READ_BARE = `
  const { HeldSymbols } = await import(process.argv[1]);
  const { finish } = await import(process.argv[2]);
  const own = HeldSymbols.open();
  console.log(finish(own.symbols()).symbols === undefined ? "hidden" : "shown");
  const { readSync } = await import("node:fs");
  const block = Buffer.alloc(4096);
  const length = readSync(3, block, 0, block.length, 0);
  console.log(/^0{16} /.test(block.toString("latin1", 0, length)) ? "hidden" : "shown");`;

test("a file of symbols that was opened with the right to see addresses shows them when that is gone", {
  skip: process.getuid?.() === 0 ? false : "needs root: without CAP_SYSLOG the kernel shows no addresses",
}, () => {
  const { symbols, problem } = openKallsyms();
  assert.ok(symbols !== undefined, problem);
  const fd = openSync("/proc/kallsyms", "r");
  try {
    readSync(fd, Buffer.alloc(16), 0, 16, 0);
    const module = (name: string): string => new URL(name, import.meta.url).href;
    const { stdout, stderr } = spawnSync(
      "setpriv",
      [
        ...["--inh-caps=-all", "--bounding-set=-all"],
        ...[process.execPath, "--input-type=module", "-e", READ_BARE],
        ...[module("./symbol-reader.js"), module("./steps.js")],
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe", fd], timeout: 20_000 },
    );
    assert.equal(stdout, "hidden\nshown\n", stderr);
  } finally {
    closeSync(fd);
  }
});
