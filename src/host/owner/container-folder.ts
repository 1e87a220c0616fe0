/** Which folder of a cgroup path is a container's, and of which runtime: a table of patterns. */

export interface ContainerFolder {
  /** Absent where several runtimes name theirs so. */
  readonly runtime: string | undefined;
  readonly id: string;
  /** Where the folder has it. */
  readonly name: string | undefined;
}

/** What stands before the id, to the runtime. */
const PREFIXES: Readonly<Record<string, string>> = {
  docker: "docker",
  "cri-containerd": "containerd",
  containerd: "containerd",
  nerdctl: "containerd",
  crio: "cri-o",
  libpod: "podman",
  "libpod-payload": "podman",
  buildkit: "buildkit",
};
const NAMES = Object.keys(PREFIXES).join("|");
/** docker-ID.scope, libpod-ID, and runc's SLICE:PREFIX:ID where a cgroupfs driver got a systemd path. */
const PREFIXED = new RegExp(`^(?:(${NAMES})-|.*:(${NAMES}):)([0-9a-f]{64})(?:\\.scope)?$`);
const BARE = /^[0-9a-f]{64}$/;
/** AWS Fargate: task, and number of the container. */
const ECS = /^[0-9a-f]{32}-\d{1,20}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NOMAD = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(.+)\.scope$/;
const MACHINE = /^machine-(.+)\.scope$/;

/** What `parts[depth]` is; undefined where it is no container. */
export function containerIn(parts: readonly string[], depth: number): ContainerFolder | undefined {
  const part = parts[depth] ?? "";
  const parent = parts[depth - 1];
  const [, dashed, colon, id] = PREFIXED.exec(part) ?? [];
  if (id !== undefined) return unnamed(PREFIXES[dashed ?? colon ?? ""], id);
  if (BARE.test(part)) return unnamed(bareRuntime(parts, parent), part);
  if (parts[0] === "ecs" && ECS.test(part)) return unnamed("ecs", part);
  if (parent === "garden" && UUID.test(part)) return unnamed("garden", part);
  if (parts[0] === "nomad.slice") {
    const [, allocation, task] = NOMAD.exec(part) ?? [];
    return allocation === undefined ? undefined : { runtime: "nomad", id: allocation, name: task };
  }
  return machineIn(part, parent);
}

/** Of containers and machines that are known by a name alone. */
function machineIn(part: string, parent: string | undefined): ContainerFolder | undefined {
  if (part.startsWith("lxc.payload.")) return named("lxc", part.slice("lxc.payload.".length));
  if (parent === "lxc" || parent === "lxc.payload") return named("lxc", part);
  const machine = MACHINE.exec(part)?.[1];
  if (machine === undefined) return undefined;
  const name = unescaped(machine);
  // libvirt registers qemu-NUMBER-NAME with systemd-machined.
  const [, domain] = /^qemu-\d{1,10}-(.+)$/s.exec(name) ?? [];
  return domain === undefined ? named("nspawn", name) : named("qemu", domain);
}

function bareRuntime(parts: readonly string[], parent: string | undefined): string | undefined {
  if (parent === "docker" || parent === "docker.slice") return "docker";
  return parts[0] === "ecs" ? "ecs" : undefined;
}

function unnamed(runtime: string | undefined, id: string): ContainerFolder {
  return { runtime, id, name: undefined };
}

function named(runtime: string, name: string): ContainerFolder | undefined {
  return name === "" ? undefined : { runtime, id: name, name };
}

/** systemd's "\x2d" in what it made a unit's name of (systemd.unit(5)): ASCII here. */
function unescaped(name: string): string {
  return name.replace(/\\x([2-7][0-9a-f])/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
