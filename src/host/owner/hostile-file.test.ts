/** What may lie where a runtime's file is expected: nothing blocks, throws, or is believed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureRoot } from "../fixture-root.test.kit.ts";
import { readContainerNames } from "./container-names.ts";
import { addProcess, type FakeProcess, OWN_UID } from "./fake-processes.test.kit.ts";
import { readStart, readTrusted } from "./hostile-file.ts";
import type { ContainerNames } from "./names-on-disk.ts";
import { readProcessFacts } from "./process-facts.ts";
import { Users } from "./users.ts";

const MIB = 1024 * 1024;
const run = (...[program = "", ...words]: string[]): void =>
  assert.equal(spawnSync(program, words).status, 0);

interface Plant {
  readonly what: string;
  /** Puts it where a good file was. */
  readonly put: (path: string) => void;
}

const written = (what: string, content: string): Plant => ({
  what,
  put: (path) => writeFileSync(path, content),
});
/** For root alone. */
const OF_ROOT: readonly Plant[] = [
  {
    what: "an endless device",
    put: (path) => {
      rmSync(path);
      run("mknod", path, "c", "1", "5");
    },
  },
  { what: "another user's file", put: (path) => chownSync(path, OWN_UID + 1, -1) },
];
const PLANTS: readonly Plant[] = [
  ...(OWN_UID === 0 ? OF_ROOT : []),
  {
    what: "a FIFO",
    put: (path) => {
      rmSync(path);
      run("mkfifo", path);
    },
  },
  {
    what: "a link to the good file",
    put: (path) => {
      renameSync(path, `${path}.elsewhere`);
      symlinkSync(`${path}.elsewhere`, path);
    },
  },
  {
    what: "a link to itself",
    put: (path) => {
      rmSync(path);
      symlinkSync(path, path);
    },
  },
  {
    what: "a folder",
    put: (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  },
  { what: "a file that all may write", put: (path) => chmodSync(path, 0o666) },
  { what: "a file that may not be read", put: (path) => chownOrHide(path) },
  written("nothing", ""),
  written("no JSON", '{"annotations":'),
  written("other JSON", '"text"'),
  written("null", "null"),
  written("half a million open brackets", "[".repeat(MIB / 2)),
  written("half a million levels", "[".repeat(MIB / 2) + "]".repeat(MIB / 2)),
  written("half of an open object a hundred thousand times", '{"annotations":'.repeat(65_000)),
  written("a file that is too large", `{}${" ".repeat(MIB)}`),
  written("bytes that are no text", "\0\ufffd".repeat(1000)),
];

/** Root may read everything: there it is made another's. */
function chownOrHide(path: string): void {
  chmodSync(path, 0);
  if (OWN_UID === 0) chownSync(path, OWN_UID + 1, -1);
}

const ID = "c1d0f0a87b89842f444bb1a3dfe0c62b678369b3c6bdeb4d8c6534feaf27a3fa";
const shim = (namespace: string): Partial<FakeProcess> => ({
  comm: "containerd-shim",
  cmdline: ["containerd-shim", "-namespace", namespace, "-id", ID],
  cwd: `b/${ID}`,
});
const conmon: Partial<FakeProcess> = {
  comm: "conmon",
  cmdline: ["conmon", "-c", ID, "-b", `/s/${ID}/userdata`, "-n", "web"],
};
const PLACES: readonly { file: string; content: string; keeper: Partial<FakeProcess> }[] = [
  {
    file: `b/${ID}/config.json`,
    content: '{"ociVersion":"1.0.2","annotations":{"io.kubernetes.cri.sandbox-name":"p"}}',
    keeper: shim("k8s.io"),
  },
  { file: `var/lib/docker/containers/${ID}/config.v2.json`, content: `{"ID":"${ID}"}`, keeper: shim("moby") },
  {
    file: `s/${ID}/userdata/config.json`,
    content: '{"annotations":{"io.kubernetes.pod.name":"p"}}',
    keeper: conmon,
  },
  { file: "s/containers.json", content: `[{"id":"${ID}"}]`, keeper: conmon },
];

for (const { file, content, keeper } of PLACES)
  for (const { what, put } of [{ what: "the good file", put: undefined }, ...PLANTS])
    test(`readContainerNames finds ${what} at ${file.replace(ID, "ID")}`, () => {
      using root = fixtureRoot({ [file]: content });
      mkdirSync(join(root.path, `b/${ID}`), { recursive: true });
      addProcess(root.path, { pid: 100, ppid: 1, ...keeper });
      addProcess(root.path, { pid: 300, ppid: 100, cgroup: `/${ID}` });
      put?.(join(root.path, file));
      const wanted = { containerId: ID, podUid: undefined, containerFolder: `/${ID}`, lastPart: ID };
      const read: ContainerNames = readContainerNames(wanted, 300, { root: root.path, ownerUid: OWN_UID });
      assert.equal(read.isComplete, put === undefined);
      if (put !== undefined) assert.deepEqual([read.names.pod, read.names.image], [undefined, undefined]);
    });

test("readStart reads the start, and no FIFO, link or folder", () => {
  using root = fixtureRoot({ file: "abcdef", empty: "" });
  const path = join(root.path, "file");
  assert.equal(readStart(path, 4), "abcd");
  assert.equal(readStart(path, 6), "abcdef");
  assert.equal(readStart(join(root.path, "empty"), 6), "");
  assert.equal(readStart(root.path, 6), undefined);
  assert.equal(readStart(`${path}\0`, 6), undefined);
  run("mkfifo", join(root.path, "fifo"));
  assert.equal(readStart(join(root.path, "fifo"), 6), undefined);
  symlinkSync(path, join(root.path, "link"));
  assert.equal(readStart(join(root.path, "link"), 6), undefined);
  // A file of /proc says that it is empty, and is longer than one page.
  const maps = readStart("/proc/self/smaps", 100_000);
  assert.ok((maps?.length ?? 0) > 8192);
});

test("readTrusted takes a file of just the size, and none that is longer", () => {
  using root = fixtureRoot({ file: "x".repeat(5000) });
  const path = join(root.path, "file");
  assert.equal(readTrusted(path, 5000, OWN_UID)?.length, 5000);
  assert.equal(readTrusted(path, 4999, OWN_UID), undefined);
  assert.equal(readTrusted(path, 5000, OWN_UID + 1), undefined);
});

for (const { what, put } of PLANTS)
  test(`/proc and /etc/passwd with ${what} are read to no end`, () => {
    using root = fixtureRoot({ "etc/passwd": "a:x:7:7:\n" });
    put(join(root.path, "etc/passwd"));
    assert.equal(new Users(root.path, OWN_UID).nameOf(7), undefined);
    for (const name of ["stat", "status", "cgroup", "cmdline", "mountinfo"]) {
      rmSync(join(root.path, "proc"), { recursive: true, force: true });
      addProcess(root.path, { pid: 7, ppid: 1 });
      put(join(root.path, "proc/7", name));
      const facts = readProcessFacts(7, root.path);
      assert.ok(facts === undefined || facts.pid === 7);
    }
  });
