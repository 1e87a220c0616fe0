import assert from "node:assert/strict";
import { fstatSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { withoutDescriptors } from "../../test/no-descriptors.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { openOwnNetns } from "./enter-netns.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { NetnsFinder } from "./netns-finder.ts";
import { finish } from "./steps.ts";

/** A link as /proc/PID/ns/net is one: its text names the namespace. */
function link(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(text, join(root, path));
}

test("NetnsFinder finds namespaces by processes and names; new ones with findNew, ended ones with findAll", () => {
  using root = fixtureRoot({ "run/netns/left-over": "", "proc/version": "" });
  const own = statSync("/proc/self/ns/net").ino;
  link(root.path, "proc/1/ns/net", "net:[11]");
  link(root.path, "proc/2/ns/net", "net:[11]");
  link(root.path, "proc/3/ns/net", "ipc:[12]");
  link(root.path, "run/netns/blue", "/proc/self/ns/net");
  const finder = new NetnsFinder(undefined, root.path);
  finish(finder.findAllSteps());
  const at = (path: string): string => join(root.path, path);
  assert.deepEqual(Object.fromEntries(finder.paths), {
    11: [at("proc/1/ns/net"), at("proc/2/ns/net")],
    [own]: [at("run/netns/blue")],
  });

  link(root.path, "proc/4/ns/net", "net:[14]");
  rmSync(at("proc/1"), { recursive: true });
  finish(finder.findNewSteps());
  assert.deepEqual(finder.paths.get(14), [at("proc/4/ns/net")]);
  finish(finder.findAllSteps());
  assert.deepEqual(finder.paths.get(11), [at("proc/2/ns/net")]);
  rmSync(at("proc/2"), { recursive: true });
  finish(finder.findAllSteps());
  assert.equal(finder.paths.has(11), false);
});

test("NetnsFinder keeps but a few ways into one namespace", () => {
  using root = fixtureRoot();
  for (let pid = 1; pid <= 20; pid += 1) link(root.path, `proc/${pid}/ns/net`, "net:[11]");
  const finder = new NetnsFinder(undefined, root.path);
  finish(finder.findAllSteps());
  assert.equal(finder.paths.get(11)?.length, 4);
});

test("NetnsFinder looks for what is wanted alone, in descriptors too, and not any more once it is found", () => {
  using root = fixtureRoot();
  using own = openOwnNetns(libcSyscalls);
  const inode = fstatSync(own.fd).ino;
  link(root.path, "proc/1/fd/7", `/proc/self/fd/${own.fd}`);
  link(root.path, "proc/1/ns/net", "net:[11]");
  const held = new NetnsFinder([inode, 1], root.path);
  finish(held.findAllSteps());
  assert.deepEqual(Object.fromEntries(held.paths), { [inode]: [join(root.path, "proc/1/fd/7")] });

  const found = new NetnsFinder([11], root.path);
  finish(found.findAllSteps());
  link(root.path, "proc/2/ns/net", "net:[11]");
  finish(found.findNewSteps());
  assert.deepEqual(found.paths.get(11), [join(root.path, "proc/1/ns/net")]);
});

test("NetnsFinder finds nothing where there is nothing to see", () => {
  using root = fixtureRoot();
  const finder = new NetnsFinder(undefined, root.path);
  finish(finder.findAllSteps());
  finish(finder.findNewSteps());
  assert.equal(finder.paths.size, 0);
});

test("NetnsFinder looks in steps, and has the new paths when the last one is done", () => {
  using root = fixtureRoot();
  for (let pid = 1; pid <= 20; pid += 1) link(root.path, `proc/${pid}/ns/net`, `net:[${10 + pid}]`);
  const finder = new NetnsFinder(undefined, root.path);
  let steps = 0;
  for (const _step of finder.findAllSteps()) {
    assert.equal(finder.paths.size, 0);
    steps += 1;
  }
  assert.equal(steps, 20);
  assert.equal(finder.paths.size, 20);
  link(root.path, "proc/21/ns/net", "net:[31]");
  for (const _step of finder.findNewSteps()) assert.equal(finder.paths.size, 20);
  assert.equal(finder.paths.size, 21);
});

test("NetnsFinder without descriptors to look with fails, and keeps what it had found", () => {
  using root = fixtureRoot();
  link(root.path, "proc/1/ns/net", "net:[11]");
  link(root.path, "run/netns/blue", "/proc/self/ns/net");
  const finder = new NetnsFinder(undefined, root.path);
  finish(finder.findAllSteps());
  const { paths } = finder;
  withoutDescriptors(() => {
    assert.throws(() => finish(finder.findAllSteps()), { code: "EMFILE" });
    assert.throws(() => finish(finder.findNewSteps()), { code: "EMFILE" });
  });
  assert.deepEqual(finder.paths, paths);
});
