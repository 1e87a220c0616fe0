/** Which kernels are booted, and how their packages are fetched: once, into a cache. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface KernelRow {
  /** As people call it, and as the command line takes it. */
  readonly version: string;
  /** The package to fetch: a meta-package, or one by pattern. ABI names change with every update, so they are asked of apt. */
  readonly package: string;
  /** Must be there, and pass. */
  readonly required: boolean;
}

export const KERNELS: readonly KernelRow[] = [
  { version: "6.1", package: "linux-image-cloud-amd64", required: true },
  { version: "6.12", package: "linux-image-6.12-cloud-amd64", required: true },
];

/** Files of a kernel that has been unpacked. */
export interface Kernel {
  readonly row: KernelRow;
  /** Like "6.1.0-56-cloud-amd64". */
  readonly release: string;
  /** Root of the unpacked package: below it boot/vmlinuz-RELEASE and lib/modules/RELEASE. */
  readonly root: string;
}

export const CACHE = process.env["TCPDROP_MATRIX_CACHE"] ?? join(homedir(), ".cache", "tcpdrop-matrix");

/** Fetches and unpacks what is not in the cache. Throws where apt does not have it. */
export function fetchKernel(row: KernelRow): Kernel {
  const image = imagePackage(row.package);
  const release = image.replace(/^linux-image-/, "").replace(/-unsigned$/, "");
  const root = join(CACHE, image);
  if (!existsSync(root)) unpack(image, root);
  return { row, release, root };
}

/** The package that a meta-package depends on. */
function imagePackage(meta: string): string {
  const depends = execFileSync("apt-cache", ["depends", meta], { encoding: "utf8" });
  const image = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (image === undefined) throw new Error(`apt knows no kernel behind ${meta}`);
  return image;
}

function unpack(image: string, root: string): void {
  const partial = `${root}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  execFileSync("apt-get", ["download", "-q", image], { cwd: partial, stdio: "ignore" });
  const [deb] = readdirSync(partial);
  if (deb === undefined) throw new Error(`apt-get download ${image} left no file`);
  execFileSync("dpkg-deb", ["-x", deb, "."], { cwd: partial });
  rmSync(join(partial, deb));
  // Whole or not at all: an interrupted run leaves nothing that looks done.
  renameSync(partial, root);
}
