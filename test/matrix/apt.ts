/**
 * apt for another suite or architecture than the machine's: with its own lists and state, from the machine's
 * mirrors.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "./machine.ts";

export interface Apt {
  /** Packages whose complete name matches, newest version last. */
  find(pattern: string): readonly string[];
  /** What a package depends on. */
  depends(name: string): readonly string[];
  /** Downloads the .deb of a package into a folder. */
  download(name: string, folder: string): void;
  /**
   * Downloads packages with all dependencies, as for an empty machine: the paths of the .deb files. Not with
   * the machine's own apt.
   */
  downloadAll(names: readonly string[]): readonly string[];
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * The machine's own configuration if neither a suite nor an architecture is given. Throws if the mirror does
 * not have them.
 */
export function openApt(suite: string | undefined, cache: string, architecture?: Architecture): Apt {
  const own = suite === undefined && architecture === undefined;
  const folder = join(cache, "apt", [suite, architecture].filter((part) => part !== undefined).join("-"));
  const options = own ? [] : ownState(suite === undefined ? machinesSuites() : [suite], folder, architecture);
  const run = (program: string, ...words: readonly string[]): string =>
    execFileSync(program, [...options, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  // Otherwise it continues with what it has, or nothing, if the mirror cannot be reached.
  if (!own) run("apt-get", "-o", "APT::Update::Error-Mode=any", "update", "-q");
  return {
    find: (pattern) =>
      run("apt-cache", "pkgnames", "linux-")
        .split("\n")
        .filter((name) => new RegExp(`^${pattern}$`).test(name))
        .toSorted(byVersion),
    depends: (name) =>
      [...run("apt-cache", "depends", name).matchAll(/Depends: (\S+)/g)].map((match) => match[1] ?? ""),
    download: (name, folder) => {
      execFileSync("apt-get", [...options, "download", "-q", name], { cwd: folder, stdio: "ignore" });
    },
    downloadAll: (names) => {
      run("apt-get", "install", "-y", "-q", "--download-only", "--no-install-recommends", ...names);
      const archives = join(folder, "archives");
      return readdirSync(archives)
        .filter((file) => file.endsWith(".deb"))
        .map((file) => join(archives, file));
    },
  };
}

/** Options that keep apt away from the machine's lists, and a source list of these suites. */
function ownState(
  suites: readonly string[],
  folder: string,
  architecture: Architecture | undefined,
): readonly string[] {
  for (const part of ["lists/partial", "archives/partial"])
    mkdirSync(join(folder, part), { recursive: true });
  const list = join(folder, "sources.list");
  writeFileSync(
    list,
    suites.map((suite) => `deb [signed-by=${KEYRING}] ${mirrorOf(suite)} ${suite} main\n`).join(""),
  );
  writeFileSync(join(folder, "status"), "");
  const settings = {
    "Dir::Etc::SourceList": list,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": join(folder, "lists"),
    "Dir::State::Status": join(folder, "status"),
    "Dir::Cache": folder,
    "Dir::Cache::Archives": join(folder, "archives"),
    ...(architecture === undefined
      ? {}
      : { "APT::Architecture": architecture, "APT::Architectures": architecture }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** The machine's release, and its security updates. */
function machinesSuites(): readonly string[] {
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  if (codename === undefined) throw new Error("/etc/os-release does not name Debian's release");
  return [codename, `${codename}-security`];
}

/** The mirror from which the machine gets its own release, or that release's security updates. */
function mirrorOf(suite: string): string {
  const lines = execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI) $(RELEASE)"], {
    encoding: "utf8",
  }).split("\n");
  const security = suite.endsWith("-security");
  const line = lines.find((one) => /-security$/.test(one) === security && one.includes("debian"));
  if (line === undefined) throw new Error(`apt has no mirror for ${suite}`);
  return line.split(" ")[0] ?? "";
}

/** "6.12.9" before "6.12.10". */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
