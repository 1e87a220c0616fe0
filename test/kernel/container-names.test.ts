/**
 * Names of containers, by processes that are called like the keepers of container runtimes, in cgroups that are
 * called like containers. Processes, cgroups and mounts are real.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findCgroupMount } from "../../src/host/owner/cgroup-mount.ts";
import { readProcessFacts } from "../../src/host/owner/process-facts.ts";
import { Workloads } from "../../src/host/owner/workloads.ts";
import type { Workload } from "../../src/model/owner.ts";

const ID = "c1d0f0a87b89842f444bb1a3dfe0c62b678369b3c6bdeb4d8c6534feaf27a3fa";
const SANDBOX = "10ec3c89629f71226b227e6510b2d465168b24005bbdcc5d7940517080830635";
const POD_UID = "aaaabbbb-1111-2222-3333-444455556666";
const MOUNT = findCgroupMount("/proc/self/mountinfo") ?? "";
const OWN = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "";

const SLEEP = "(echo ready; exec sleep 60)";

interface Keeper {
  /** Name of the program, and its arguments. */
  readonly program: string;
  readonly words: readonly string[];
  /** Below the folder of the test. */
  readonly cwd?: string;
  /** Starts what runs in the container, which prints a line; `$FOLDER` is the folder of the test. */
  readonly command: string;
}

/** What is known of a container whose cgroup has this path below ours, with such a keeper and such files. */
async function workloadOf(
  cgroup: string,
  keeper: Keeper,
  files: (folder: string) => Readonly<Record<string, string>>,
): Promise<Workload | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "tcpdrop-keeper-"));
  const top = `${MOUNT}${OWN}/tcpdrop-test-${process.pid}`;
  const parts = cgroup.split("/").slice(1);
  const cgroups = [top, ...parts.map((_, at) => join(top, ...parts.slice(0, at + 1)))];
  let started: ChildProcess | undefined;
  let pid: number | undefined;
  try {
    for (const [name, content] of Object.entries(files(folder))) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    for (const each of cgroups) mkdirSync(each);
    symlinkSync("/bin/sh", join(folder, keeper.program));
    writeFileSync(join(folder, "keep.sh"), `${keeper.command} &\necho $!\nwait\n`);
    const words = keeper.words.map((word) => word.replace("$FOLDER", folder));
    started = spawn(join(folder, keeper.program), [join(folder, "keep.sh"), ...words], {
      cwd: join(folder, keeper.cwd ?? ""),
      env: { ...process.env, FOLDER: folder },
      stdio: ["ignore", "pipe", "inherit"],
    });
    pid = await pidInContainer(started);
    writeFileSync(`${cgroups.at(-1)}/cgroup.procs`, String(pid));
    return new Workloads().ofCgroup(readProcessFacts(pid)?.cgroup ?? "", pid);
  } finally {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    if (started !== undefined && started.exitCode === null) await once(started, "exit");
    for (const each of cgroups.reverse()) removeFolder(each);
    rmSync(folder, { recursive: true });
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== "ENOENT") throw failure;
  }
}

/** The process in the container, once it says that it is ready. */
async function pidInContainer({ stdout }: ChildProcess): Promise<number> {
  let text = "";
  for await (const block of stdout ?? []) {
    text += String(block);
    const pid = /^(\d+)\n/m.exec(text)?.[1];
    if (pid !== undefined && text.includes("ready\n")) return Number(pid);
  }
  throw new Error(`The keeper ended: ${text}`);
}

test("a pod's container is named by the bundle in which its shim works", async () => {
  const cri = "io.kubernetes.cri.";
  const spec = (type: string): string =>
    JSON.stringify({
      ociVersion: "1.0.2",
      annotations: {
        [`${cri}container-type`]: type,
        [`${cri}sandbox-name`]: "web-7d9f",
        [`${cri}sandbox-namespace`]: "shop",
        [`${cri}sandbox-uid`]: POD_UID,
        ...(type === "container" && {
          [`${cri}container-name`]: "web",
          [`${cri}image-name`]: "example.test/web:1",
        }),
      },
    });
  const slice = `kubepods-burstable-pod${POD_UID.replaceAll("-", "_")}.slice`;
  const shim = {
    program: "containerd-shim-runc-v2",
    words: ["-namespace", "k8s.io", "-id", SANDBOX, "-address", "/run/containerd/containerd.sock"],
    cwd: `k8s.io/${SANDBOX}`,
    command: SLEEP,
  };
  const files = () => ({
    [`k8s.io/${SANDBOX}/config.json`]: spec("sandbox"),
    [`k8s.io/${ID}/config.json`]: spec("container"),
  });
  const found = await workloadOf(`/kubepods.slice/${slice}/cri-containerd-${ID}.scope`, shim, files);
  assert.deepEqual(found, {
    unit: undefined,
    runtime: "containerd",
    containerId: ID,
    container: "web",
    image: "example.test/web:1",
    containerOuter: undefined,
    pod: "web-7d9f",
    podNamespace: "shop",
    podUid: POD_UID,
  });
});

test("podman's container is named by conmon and containers/storage", async () => {
  const conmon = {
    program: "conmon",
    words: [
      "--api-version",
      "1",
      "-c",
      ID,
      "-b",
      `$FOLDER/overlay-containers/${ID}/userdata`,
      "-n",
      "shop-web",
    ],
    command: SLEEP,
  };
  const row = { id: ID, names: ["shop-web"], metadata: '{"image-name":"example.test/web:1"}' };
  const found = await workloadOf(`/machine.slice/libpod-${ID}.scope`, conmon, () => ({
    "overlay-containers/containers.json": JSON.stringify([row]),
  }));
  assert.deepEqual(
    [found?.runtime, found?.container, found?.image],
    ["podman", "shop-web", "example.test/web:1"],
  );
});

test("Docker's container is named by the folder from which its /etc/hostname is mounted", async () => {
  const shim = {
    program: "containerd-shim-runc-v2",
    words: ["-namespace", "moby", "-id", ID],
    cwd: `moby/${ID}`,
    command: `exec unshare -m sh -c '
      mount --bind "$FOLDER/containers/${ID}/hostname" /etc/hostname && echo ready && exec sleep 60'`,
  };
  const config = { ID, Name: "/shop-web-1", Config: { Image: "example.test/web:1" } };
  const found = await workloadOf(`/docker/${ID}`, shim, () => ({
    [`moby/${ID}/config.json`]: '{"ociVersion":"1.0.2"}',
    [`containers/${ID}/hostname`]: "",
    [`containers/${ID}/config.v2.json`]: JSON.stringify(config),
  }));
  assert.deepEqual(
    [found?.runtime, found?.container, found?.image],
    ["docker", "shop-web-1", "example.test/web:1"],
  );
});

test("a process inside of the container that calls itself a keeper is none", async () => {
  // It moves itself there before it starts the process.
  const conmon = {
    program: "conmon",
    words: ["-c", ID, "-b", `$FOLDER/overlay-containers/${ID}/userdata`, "-n", "evil"],
    command: `echo $$ > '${MOUNT}${OWN}/tcpdrop-test-${process.pid}/libpod-${ID}/cgroup.procs'; ${SLEEP}`,
  };
  const found = await workloadOf(`/libpod-${ID}`, conmon, () => ({}));
  assert.deepEqual([found?.containerId, found?.container], [ID, undefined]);
});
