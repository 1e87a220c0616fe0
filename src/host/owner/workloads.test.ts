import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type FixtureRoot, fixtureRoot } from "../fixture-root.test.kit.ts";
import { addProcess, OWN_UID } from "./fake-processes.test.kit.ts";
import { Workloads } from "./workloads.ts";

const ID = "55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c";
const POD_UID = "aaaabbbb-1111-2222-3333-444455556666";
const STORAGE = "var/lib/containers/storage/overlay-containers";
const PODMAN = `/machine.slice/libpod-${ID}.scope`;
const ROW = { id: ID, names: ["shop-web"], metadata: '{"image-name":"example.test/web:1"}' };

/** A container of podman's, whose process is 300. */
function podman(): FixtureRoot {
  const root = fixtureRoot();
  const cmdline = ["conmon", "-c", ID, "-n", "shop-web", "-b", `/${STORAGE}/${ID}/userdata`];
  addProcess(root.path, { pid: 100, ppid: 1, comm: "conmon", cmdline });
  addProcess(root.path, { pid: 300, ppid: 100, cgroup: PODMAN });
  return root;
}

function write(root: FixtureRoot, file: string, content: string): void {
  const path = join(root.path, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** With a clock that the test sets. */
function open(root: FixtureRoot): { workloads: Workloads; clock: { nowMs: number } } {
  const clock = { nowMs: 0 };
  const options = { root: root.path, ownerUid: OWN_UID, nowMs: () => clock.nowMs };
  return { workloads: new Workloads(options), clock };
}

test("Workloads.ofCgroup says what the path says, where there is nothing else", () => {
  using root = fixtureRoot();
  const { workloads } = open(root);
  assert.equal(workloads.ofCgroup("/"), undefined);
  assert.equal(workloads.ofCgroup("/system.slice", 7), undefined);
  const ssh = workloads.ofCgroup("/system.slice/ssh.service", 7);
  assert.equal(ssh?.unit, "ssh.service");
  assert.ok(Object.isFrozen(ssh));
  assert.equal(workloads.ofCgroup("/system.slice/ssh.service"), ssh);
  assert.deepEqual(workloads.ofCgroup("/lxc/mysql", 7)?.container, "mysql");
});

test("Workloads.ofCgroup adds names, in one frozen object for each path", () => {
  using root = podman();
  write(root, `${STORAGE}/containers.json`, JSON.stringify([ROW]));
  const { workloads } = open(root);
  const first = workloads.ofCgroup(PODMAN, 300);
  assert.deepEqual(first, {
    unit: undefined,
    runtime: "podman",
    containerId: ID,
    container: "shop-web",
    image: "example.test/web:1",
    containerOuter: undefined,
    pod: undefined,
    podNamespace: undefined,
    podUid: undefined,
  });
  assert.ok(Object.isFrozen(first));
  // Known now, whoever asks, and whatever became of the files.
  write(root, `${STORAGE}/containers.json`, "[]");
  assert.equal(workloads.ofCgroup(PODMAN), first);
  assert.equal(workloads.ofCgroup(PODMAN, 999), first);
  assert.equal(workloads.ofCgroup(`${PODMAN}/container`)?.image, "example.test/web:1");
});

test("Workloads.ofCgroup keeps names by the container's own cgroup, not by an id that anybody may write", () => {
  using root = podman();
  write(root, `${STORAGE}/containers.json`, JSON.stringify([ROW]));
  const { workloads } = open(root);
  assert.equal(workloads.ofCgroup(PODMAN, 300)?.container, "shop-web");
  assert.equal(workloads.ofCgroup(`/user.slice/libpod-${ID}.scope`)?.container, undefined);
});

test("Workloads.ofCgroup reads names again a second later, three times", () => {
  using root = podman();
  const { workloads, clock } = open(root);
  const image = (): string | undefined => workloads.ofCgroup(PODMAN, 300)?.image;
  assert.equal(image(), undefined);
  write(root, `${STORAGE}/containers.json`, JSON.stringify([ROW]));
  clock.nowMs = 999;
  assert.equal(image(), undefined);
  clock.nowMs = 1000;
  assert.equal(image(), "example.test/web:1");

  const late = open(root);
  write(root, `${STORAGE}/containers.json`, "[]");
  for (const second of [0, 1, 2, 3]) {
    late.clock.nowMs = 1000 * second;
    assert.equal(late.workloads.ofCgroup(PODMAN, 300)?.image, undefined);
  }
  write(root, `${STORAGE}/containers.json`, JSON.stringify([ROW]));
  late.clock.nowMs = 60_000;
  assert.equal(late.workloads.ofCgroup(PODMAN, 300)?.image, undefined);
  // What is known without it stays.
  assert.equal(late.workloads.ofCgroup(PODMAN, 300)?.container, "shop-web");
});

test("Workloads.ofCgroup looks at once when a process is known, however often it had none", () => {
  using root = podman();
  write(root, `${STORAGE}/containers.json`, JSON.stringify([ROW]));
  const { workloads, clock } = open(root);
  for (; clock.nowMs < 10_000; clock.nowMs += 500) assert.equal(workloads.ofCgroup(PODMAN)?.image, undefined);
  assert.equal(workloads.ofCgroup(PODMAN, 300)?.image, "example.test/web:1");
});

test("Workloads.ofCgroup finds a pod's name by its folder of logs, but not for a user's own cgroup", () => {
  using root = fixtureRoot({ [`var/log/pods/shop_web-1_${POD_UID}/web/0.log`]: "" });
  const { workloads } = open(root);
  const path = `/kubepods/pod${POD_UID}/${ID}`;
  const found = workloads.ofCgroup(path);
  assert.deepEqual([found?.podNamespace, found?.pod, found?.container], ["shop", "web-1", "web"]);
  assert.equal(workloads.ofCgroup(`/kubepods/pod${POD_UID}`)?.pod, "web-1");
  const users = workloads.ofCgroup(`/user.slice/user-1000.slice${path}`);
  assert.deepEqual([users?.pod, users?.podUid], [undefined, POD_UID]);
});

test("Workloads.ofCgroup looks for no names of conmon itself", () => {
  using root = podman();
  const { workloads } = open(root);
  const conmon = workloads.ofCgroup(`/machine.slice/libpod-conmon-${ID}.scope`, 300);
  assert.deepEqual([conmon?.containerId, conmon?.container], [undefined, undefined]);
});

test("Workloads.ofCgroup reads the names of so many containers in a second", () => {
  using root = fixtureRoot({ [`var/log/pods/shop_web-1_${POD_UID}/web/0.log`]: "" });
  const { workloads, clock } = open(root);
  const named = (from: number): number => {
    let count = 0;
    for (let at = from; at < from + 200; at += 1) {
      const id = String(at).padStart(64, "0");
      if (workloads.ofCgroup(`/kubepods/pod${POD_UID}/${id}`)?.pod !== undefined) count += 1;
    }
    return count;
  };
  assert.equal(named(0), 50);
  assert.equal(named(200), 0);
  // Three seconds are for the first ones, which are tried again.
  for (const [at, count] of [50, 50, 50, 100, 100].entries()) {
    clock.nowMs = 1000 * (at + 1);
    assert.equal(named(0), count);
  }
});

test("Workloads.ofCgroup keeps a bounded number of containers, those asked for last", () => {
  using root = podman();
  write(root, `${STORAGE}/containers.json`, JSON.stringify([ROW]));
  const { workloads, clock } = open(root);
  const first = workloads.ofCgroup(PODMAN, 300);
  const others = (count: number): void => {
    for (let at = 0; at < count; at += 1) workloads.ofCgroup(`/docker/${String(at).padStart(64, "0")}`);
  };
  others(2047);
  assert.equal(workloads.ofCgroup(PODMAN), first);
  others(4097);
  clock.nowMs = 0;
  assert.equal(workloads.ofCgroup(PODMAN)?.image, undefined);
});
