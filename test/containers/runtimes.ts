/** Real container runtimes, each with one container that sleeps. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Workload } from "../../src/model/owner.ts";
import { callCri, message, stringMap } from "./cri.ts";
import { IMAGE, PAUSE } from "./image.ts";

export interface Running {
  /** A process in the container. */
  readonly pid: number;
  /** What must be known of it. */
  readonly expected: Partial<Workload>;
  stop(): Promise<void>;
}

/** `folder` is empty, `archive` the image. */
export type Runtime = (folder: string, archive: string) => Promise<Running>;

const NAME = "shop-web";
/** A machine may allow no more of each. */
const RUN = ["run", "-d", "--name", NAME, "--network", "none", "--ulimit", "nofile=1024:1024"];
const LIMITS = ["--ulimit", "nproc=1024:1024", IMAGE];
const NAMED = { container: NAME, image: IMAGE };

const podman: Runtime = async (folder, archive) => {
  const words = ["--root", `${folder}/graph`, "--runroot", `${folder}/run`, "--tmpdir", `${folder}/tmp`];
  words.push("--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file");
  const run = (...more: string[]): string => command("podman", ...words, "--runtime", "runc", ...more);
  run("load", "-i", archive);
  return ofCommand(run, { runtime: "podman", ...NAMED }, () => Promise.resolve());
};

const docker: Runtime = async (folder, archive) => {
  const socket = `unix://${folder}/docker.sock`;
  const words = ["--data-root", `${folder}/data`, "--exec-root", `${folder}/exec`, "--host", socket];
  words.push("--pidfile", `${folder}/pid`, "--storage-driver", "vfs", "--iptables=false", "--bridge=none");
  const daemon = startDaemon(folder, "dockerd", words);
  const run = (...more: string[]): string => command("/usr/bin/docker", "-H", socket, ...more);
  await untilIt(daemon, folder, () => run("version"));
  run("load", "-i", archive);
  return ofCommand(run, { runtime: "docker", ...NAMED }, () => end(daemon));
};

async function ofCommand(
  run: (...words: string[]) => string,
  expected: Partial<Workload>,
  stop: () => Promise<void>,
): Promise<Running> {
  const containerId = run(...RUN, ...LIMITS);
  return {
    pid: Number(run("inspect", "-f", "{{.State.Pid}}", NAME)),
    expected: { ...expected, containerId },
    stop: async () => {
      run("rm", "-f", NAME);
      await stop();
    },
  };
}

const POD = { podNamespace: "shop", pod: "web-7d9f", podUid: "aaaabbbb-1111-2222-3333-444455556666" };
const HOST_NETWORK = message({ 1: message({ 1: 2 }) });

const containerd: Runtime = async (folder, archive) => {
  const socket = `${folder}/containerd.sock`;
  writeFileSync(`${folder}/config.toml`, containerdConfig(folder, socket));
  const daemon = startDaemon(folder, "containerd", ["--config", `${folder}/config.toml`]);
  const ctr = (...words: string[]): string => command("ctr", "-a", socket, "-n", "k8s.io", ...words);
  await untilIt(daemon, folder, () => ctr("version"));
  ctr("images", "import", archive);
  const call = (method: string, request: Parameters<typeof message>[0]): Promise<string> =>
    callCri(socket, method, message(request));
  const labels = {
    "io.kubernetes.pod.name": POD.pod,
    "io.kubernetes.pod.namespace": POD.podNamespace,
    "io.kubernetes.pod.uid": POD.podUid,
  };
  // PodSandboxConfig: metadata, log_directory, labels, linux with cgroup_parent and security_context.
  const config = message({
    1: message({ 1: POD.pod, 2: POD.podUid, 3: POD.podNamespace }),
    3: `${folder}/logs`,
    6: stringMap(labels),
    8: message({ 1: `/kubepods/burstable/pod${POD.podUid}`, 2: HOST_NETWORK }),
  });
  const sandbox = await call("RunPodSandbox", { 1: config });
  // ContainerConfig: metadata, image, labels, log_path.
  const container = message({
    1: message({ 1: "web" }),
    2: message({ 1: IMAGE }),
    9: stringMap({ ...labels, "io.kubernetes.container.name": "web" }),
    11: "web.log",
  });
  const containerId = await call("CreateContainer", { 1: sandbox, 2: container, 3: config });
  await call("StartContainer", { 1: containerId });
  const task = ctr("tasks", "list")
    .split("\n")
    .find((line) => line.startsWith(containerId));
  return {
    pid: Number(task?.split(/\s+/)[1]),
    expected: { runtime: "containerd", containerId, container: "web", image: IMAGE, ...POD },
    stop: async () => {
      await call("StopPodSandbox", { 1: sandbox });
      await call("RemovePodSandbox", { 1: sandbox });
      await end(daemon);
    },
  };
};

function containerdConfig(folder: string, socket: string): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${PAUSE}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
[plugins."io.containerd.internal.v1.opt"]
path = "${folder}/opt"
`;
}

export const RUNTIMES: Readonly<Record<string, Runtime>> = { podman, docker, containerd };

function command(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function startDaemon(folder: string, program: string, words: readonly string[]): ChildProcess {
  const log = openSync(join(folder, "log"), "w");
  return spawn(program, words, { stdio: ["ignore", log, log] });
}

/** Until the daemon answers. */
async function untilIt(daemon: ChildProcess, folder: string, answers: () => unknown): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      answers();
      return;
    } catch {
      if (daemon.exitCode !== null) break;
      await sleep(200);
    }
  }
  const log = join(folder, "log");
  throw new Error(`No answer. ${existsSync(log) ? readFileSync(log, "utf8").slice(-2000) : ""}`);
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  const exit = once(daemon, "exit");
  daemon.kill("SIGTERM");
  await exit;
}
