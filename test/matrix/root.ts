/** The guests' root: Node, the programs that tests run, their libraries, and this project as it is built. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pack } from "./cpio.ts";
import { foreignPrograms } from "./foreign.ts";
import type { Architecture } from "./machine.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const PROGRAMS = [
  "ip",
  "tc",
  "bridge",
  "nft",
  "iptables-legacy",
  "ip6tables-legacy",
  "unshare",
  "nsenter",
  "setpriv",
  "dash",
  "bash",
  "sysctl",
  "nstat",
  "ss",
];
/** Loaded at run time, so that ldd does not name them. */
const EXTRAS = ["/usr/lib/x86_64-linux-gnu/xtables", "/etc/iproute2", "/usr/lib/tc"];
const PACKAGES = [
  "koffi",
  "commander",
  "smol-toml",
  "ajv",
  "fast-deep-equal",
  "fast-uri",
  "json-schema-traverse",
  "require-from-string",
];

/** The first program in the guest; the kernel's command line becomes its environment. */
const INIT = `#!/bin/sh
export PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/root TZ=UTC
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing; mount -t bpf bpf /sys/fs/bpf; mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/shm /dev/net /run/netns /tmp; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /tmp; mkdir -p /run/netns
ln -s /proc/self/fd /dev/fd 2>/dev/null
modprobe tun; [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip link set lo up
cd /app
node dist/test/matrix/guest.js > /dev/$guest_results 2>&1
echo "GUEST-END rc=$?" > /dev/$guest_results
poweroff -f
`;

/** Makes the archive. `edit` may change the project in it; its argument is the folder with `dist`. */
export function rootArchive(
  archive: string,
  architecture: Architecture,
  cache: string,
  edit: (app: string) => void = () => undefined,
): void {
  const stage = `${archive}.stage`;
  rmSync(stage, { recursive: true, force: true });
  for (const folder of ["bin", "sbin", "proc", "sys", "dev", "root", "app/node_modules"])
    mkdirSync(join(stage, folder), { recursive: true });
  if (architecture === "amd64") addOwnPrograms(stage);
  else addForeignPrograms(stage, foreignPrograms(architecture, cache, PROJECT));
  addShell(stage);
  cpSync(join(PROJECT, "dist"), join(stage, "app/dist"), {
    recursive: true,
    filter: (from) => !from.endsWith(".d.ts") && !from.endsWith(".map"),
  });
  for (const path of ["test/fixtures", "test/golden", "schema", "package.json"])
    cpSync(join(PROJECT, path), join(stage, "app", path), { recursive: true });
  for (const name of PACKAGES) {
    const from = join(PROJECT, "node_modules", name);
    if (existsSync(from)) cpSync(from, join(stage, "app/node_modules", name), { recursive: true });
  }
  edit(join(stage, "app"));
  writeFileSync(join(stage, "init"), INIT, { mode: 0o755 });
  pack(stage, archive);
  rmSync(stage, { recursive: true });
}

/** Programs of this machine. */
function addOwnPrograms(stage: string): void {
  for (const program of [process.execPath, ...PROGRAMS.map(locate)])
    if (program !== undefined) addProgram(stage, program);
  add(stage, "/bin/busybox");
  for (const extra of EXTRAS)
    if (existsSync(extra)) cpSync(extra, join(stage, extra), { recursive: true, dereference: true });
  cpSync(
    join(PROJECT, "node_modules/@koromix/koffi-linux-x64"),
    join(stage, "app/node_modules/@koromix/koffi-linux-x64"),
    { recursive: true },
  );
}

function addForeignPrograms(stage: string, root: string): void {
  for (const folder of readdirSync(root)) {
    const target = folder === "node_modules" ? join(stage, "app/node_modules") : join(stage, folder);
    cpSync(join(root, folder), target, { recursive: true, verbatimSymlinks: true });
  }
}

function locate(program: string): string | undefined {
  try {
    return execFileSync("sh", ["-c", 'command -v "$0"', program], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    }).trim();
  } catch {
    return undefined;
  }
}

/** The program under its own name, and its libraries where the loader looks for them. */
function addProgram(stage: string, path: string): void {
  add(stage, path);
  // Node may live anywhere; scripts find it in PATH.
  if (path === process.execPath && path !== "/usr/bin/node") add(stage, path, "/usr/bin/node");
  for (const library of execFileSync("ldd", [path], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g))
    add(stage, library[1] ?? "");
}

function add(stage: string, from: string, to = from): void {
  const target = join(stage, to);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(from), target);
}

/** /bin/sh is dash: busybox's shell would run its own ip and tc. */
function addShell(stage: string): void {
  const links = [
    "mount",
    "mkdir",
    "ln",
    "mknod",
    "cat",
    "sleep",
    "true",
    "false",
    "env",
    "kill",
    "ls",
    "id",
    "head",
    "seq",
    "timeout",
  ].map((name) => `bin/${name}`);
  for (const applet of [...links, "sbin/modprobe", "sbin/insmod", "sbin/poweroff"])
    link(stage, "/bin/busybox", applet);
  link(stage, existsSync(join(stage, "usr/bin/dash")) ? "/usr/bin/dash" : "/bin/dash", "bin/sh");
}

function link(stage: string, to: string, name: string): void {
  rmSync(join(stage, name), { force: true });
  symlinkSync(to, join(stage, name));
}
