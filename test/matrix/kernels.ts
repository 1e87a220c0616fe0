/** Which kernels are booted, and how their packages are fetched: once, into a cache. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Apt, openApt } from "./apt.ts";
import type { Architecture } from "./machine.ts";

export interface KernelRow {
  /** Its name on the command line. */
  readonly version: string;
  /** Debian's suite; default: the machine's own. */
  readonly suite?: string;
  /** Default: amd64. */
  readonly architecture?: Architecture;
  /** Must be available, and pass. */
  readonly required: boolean;
}

/** The machine's own kernel, which is not booted. */
export const OWN: KernelRow = { version: "own", required: true };

export const KERNELS: readonly KernelRow[] = [
  OWN,
  { version: "6.1", required: true },
  { version: "6.12", required: true },
  { version: "5.10", suite: "bullseye-security", required: false },
  { version: "6.16", suite: "trixie-backports", required: false },
  { version: "6.17", suite: "trixie-backports", required: false },
  { version: "6.18", suite: "trixie-backports", required: false },
  { version: "7.3", suite: "trixie-backports", required: false },
  { version: "6.12-arm64", architecture: "arm64", required: false },
];

/** Files of a kernel that has been unpacked. */
export interface Kernel {
  readonly row: KernelRow;
  /** Like "6.1.0-56-cloud-amd64". */
  readonly release: string;
  /** Root of the unpacked packages: below it lib/modules/RELEASE. */
  readonly root: string;
  readonly image: string;
}

export const CACHE = process.env["TCPDROP_MATRIX_CACHE"] ?? join(homedir(), ".cache", "tcpdrop-matrix");

/** A folder in the cache for this run only, removed at its end: other runs may use the cache too. */
export function ownFolder(): string {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "run-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Fetches and unpacks what is not in the cache. Throws if apt does not have it. */
export function fetchKernel(row: KernelRow): Kernel {
  const apt = openApt(row.suite, CACHE, row.architecture);
  const release = newestRelease(apt, row);
  const root = join(CACHE, release);
  if (!existsSync(root)) unpack(apt, packagesOf(apt, release), root);
  const image = [join(root, `boot/vmlinuz-${release}`), join(root, "lib/modules", release, "vmlinuz")].find(
    (path) => existsSync(path),
  );
  if (image === undefined) throw new Error(`the packages of ${release} hold no kernel`);
  return { row, release, root, image };
}

/** ABI names change with every update, so apt is queried. Cloud kernels are small. */
function newestRelease(apt: Apt, { version, architecture = "amd64" }: KernelRow): string {
  const digits = version.replace(`-${architecture}`, "").replaceAll(".", "\\.");
  const names = apt
    .find(`linux-(image|binary)-${digits}\\.[0-9].*-cloud-${architecture}`)
    .map((name) => name.replace(/^linux-(image|binary)-/, ""));
  const release = names.at(-1);
  if (release === undefined) throw new Error(`apt knows no kernel ${version}`);
  return release;
}

/**
 * One package up to 6.18. Since 7.3 it is empty, and three others have the kernel, its modules and its lists.
 */
function packagesOf(apt: Apt, release: string): readonly string[] {
  const escaped = release.replace(/[.+]/g, "\\$&");
  const parts = apt.find(`linux-(binary|modules|base)-${escaped}`);
  return parts.includes(`linux-modules-${release}`) ? parts : apt.find(`linux-image-${escaped}`);
}

function unpack(apt: Apt, packages: readonly string[], root: string): void {
  const partial = `${root}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, "usr/lib"), { recursive: true });
  for (const name of packages) apt.download(name, partial);
  const debs = readdirSync(partial).filter((file) => file.endsWith(".deb"));
  if (debs.length === 0) throw new Error(`nothing was downloaded of ${packages.join(", ")}`);
  for (const deb of debs) {
    execFileSync("dpkg-deb", ["-x", deb, "."], { cwd: partial });
    rmSync(join(partial, deb));
  }
  if (!existsSync(join(partial, "lib"))) symlinkSync("usr/lib", join(partial, "lib"));
  // All or nothing: an interrupted run leaves nothing that looks complete.
  renameSync(partial, root);
}
