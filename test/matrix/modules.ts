/** The modules that the guests may need, with their dependencies, as a cpio archive. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pack } from "./cpio.ts";
import type { Kernel } from "./kernels.ts";

/** All of these folders below kernel/, for tc, nft, iptables and ip. */
const FOLDERS = [
  "net/sched",
  "net/netfilter",
  "net/ipv4",
  "net/ipv6",
  "net/bridge",
  "net/8021q",
  "net/802",
  "net/llc",
  "net/xfrm",
  "net/core",
  "net/key",
  "net/mptcp",
];
const NAMES = [
  "veth",
  "vxlan",
  "geneve",
  "bareudp",
  "dummy",
  "tun",
  "tap",
  "macvlan",
  "ipvlan",
  "wireguard",
  "ifb",
  "vrf",
  "af_packet",
  "sch_ingress",
  "cls_bpf",
  "act_mirred",
  "esp4",
  "esp6",
  "xfrm_user",
  "authenc",
  "cbc",
  "sha256_generic",
  "hmac",
  "drop_monitor",
];

/** Packs once per kernel, beside it in the cache. */
export function modulesArchive({ root, release }: Kernel): string {
  const archive = `${root}.modules.cpio`;
  if (existsSync(archive) && statSync(archive).mtimeMs > statSync(import.meta.filename).mtimeMs)
    return archive;
  const modules = join(root, "lib/modules", release);
  execFileSync("depmod", ["-b", root, release], { stdio: "ignore" });
  const names = [...NAMES, ...FOLDERS.flatMap((folder) => moduleNames(join(modules, "kernel", folder)))];
  const stage = `${root}.stage`;
  rmSync(stage, { recursive: true, force: true });
  for (const file of new Set(names.flatMap((name) => withDependencies(root, release, name))))
    copy(file, join(stage, file.slice(root.length)));
  for (const list of ["modules.builtin", "modules.order", "modules.builtin.modinfo"])
    if (existsSync(join(modules, list)))
      copyFileSync(join(modules, list), join(stage, "lib/modules", release, list));
  execFileSync("depmod", ["-b", stage, release], { stdio: "ignore" });
  pack(stage, archive);
  rmSync(stage, { recursive: true });
  return archive;
}

function moduleNames(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.ko(\.\w+)?$/.test(file),
  );
  return files.map((file) => basename(file).replace(/\.ko(\.\w+)?$/, ""));
}

/** Files of a module and of its dependencies; none if it is built in, or does not exist. */
function withDependencies(root: string, release: string, name: string): readonly string[] {
  try {
    const lines = execFileSync("modprobe", ["-d", root, "-S", release, "--show-depends", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return [...lines.matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? "");
  } catch {
    return [];
  }
}

/** busybox loads modules that are not compressed. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  if (to.endsWith(".xz")) execFileSync("xz", ["-d", "-f", to]);
}
