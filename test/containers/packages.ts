/** Container runtimes out of Debian's packages: downloaded and unpacked, not installed. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openApt } from "../matrix/apt.ts";

/** With the libraries that a machine may lack. */
const PACKAGES = [
  "podman",
  "conmon",
  "runc",
  "containerd",
  "docker.io",
  "golang-github-containers-common",
  "golang-github-containers-image",
  "libassuan0",
  "libdevmapper1.02.1",
  "libglib2.0-0",
  "libgpg-error0",
  "libgpgme11",
  "libpcre2-8-0",
  "libseccomp2",
  "libselinux1",
  "libsubid4",
  "libsystemd0",
  "libudev1",
  "tini",
];

/** The folder with `usr` and `etc` of all packages; some 80 MB are downloaded where it is not there yet. */
export function unpackRuntimes(cache: string): string {
  const folder = join(cache, "runtimes");
  if (existsSync(folder)) return folder;
  const debs = join(cache, "debs");
  const unfinished = `${folder}.unfinished`;
  for (const each of [debs, unfinished]) rmSync(each, { recursive: true, force: true });
  mkdirSync(debs, { recursive: true });
  const apt = openApt(undefined, cache);
  for (const name of PACKAGES) apt.download(name, debs);
  for (const deb of readdirSync(debs)) execFileSync("dpkg-deb", ["-x", join(debs, deb), unfinished]);
  // Debian 12 packs some files outside of /usr.
  for (const name of ["lib", "sbin", "bin"]) {
    if (!existsSync(join(unfinished, name))) continue;
    cpSync(join(unfinished, name), join(unfinished, "usr", name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  renameSync(unfinished, folder);
  rmSync(debs, { recursive: true });
  return folder;
}
