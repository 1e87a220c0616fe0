/**
 * Programs of another architecture than this machine's: Debian's packages, and Node and koffi from npm,
 * fetched once into the cache.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openApt } from "./apt.ts";
import type { Architecture } from "./machine.ts";

/** With their dependencies, a root for chroot. */
const PACKAGES = [
  "iproute2",
  "nftables",
  "iptables",
  "util-linux",
  "bash",
  "dash",
  "procps",
  "busybox-static",
  "libstdc++6",
];
/** Not needed in a guest, and large. */
const LEFT_OUT = /\/(usr\/share|var|boot|usr\/lib\/[\w-]+\/(perl|gconv|systemd|security))$/;

/** A folder with bin, lib, usr, and with node_modules of that architecture. */
export function foreignPrograms(architecture: Architecture, cache: string, project: string): string {
  const root = join(cache, `programs-${architecture}`);
  if (existsSync(root)) return root;
  const partial = `${root}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const unpacked = join(partial, "unpacked");
  mkdirSync(unpacked, { recursive: true });
  for (const deb of openApt(undefined, cache, architecture).downloadAll(PACKAGES))
    execFileSync("dpkg-deb", ["-x", deb, unpacked]);
  for (const folder of ["bin", "sbin", "lib", "usr", "etc"])
    cpSync(join(unpacked, folder), join(partial, folder), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from) => !LEFT_OUT.test(from),
    });
  rmSync(unpacked, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(project, "node_modules/koffi/package.json"), "utf8")) as {
    version: string;
  };
  fromNpm(
    `@koromix/koffi-linux-${architecture}@${version}`,
    join(partial, "node_modules/@koromix", `koffi-linux-${architecture}`),
  );
  const node = join(partial, "node");
  fromNpm(`node-linux-${architecture}@${process.versions.node}`, node);
  renameSync(join(node, "bin/node"), join(partial, "usr/bin/node"));
  rmSync(node, { recursive: true });
  renameSync(partial, root);
  return root;
}

/** Unpacks a package without running anything of it. */
function fromNpm(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = execFileSync("npm", ["pack", "--silent", name], { cwd: folder, encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", file, "--strip-components=1"], { cwd: folder });
  rmSync(join(folder, file));
}
