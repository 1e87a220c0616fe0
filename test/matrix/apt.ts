/** apt of another suite than the machine's: lists and state of its own, from the mirrors that the machine uses. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Apt {
  /** Packages whose whole name matches, newest version last. */
  find(pattern: string): readonly string[];
  /** What a package depends on. */
  depends(name: string): readonly string[];
  /** Downloads the .deb of a package into a folder. */
  download(name: string, folder: string): void;
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The machine's own configuration where no suite is named. Throws where the mirror does not have the suite. */
export function openApt(suite: string | undefined, cache: string): Apt {
  const options = suite === undefined ? [] : ownState(suite, join(cache, "apt", suite));
  const run = (program: string, ...words: readonly string[]): string =>
    execFileSync(program, [...options, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (suite !== undefined) run("apt-get", "update", "-q");
  return {
    find: (pattern) =>
      run("apt-cache", "pkgnames", "linux-")
        .split("\n")
        .filter((name) => new RegExp(`^${pattern}$`).test(name))
        .toSorted(byVersion),
    depends: (name) => [...run("apt-cache", "depends", name).matchAll(/Depends: (\S+)/g)].map((match) => match[1] ?? ""),
    download: (name, folder) => {
      execFileSync("apt-get", [...options, "download", "-q", name], { cwd: folder, stdio: "ignore" });
    },
  };
}

/** Options that keep apt away from the machine's lists, and a source list of one suite. */
function ownState(suite: string, folder: string): readonly string[] {
  for (const part of ["lists/partial", "archives/partial"]) mkdirSync(join(folder, part), { recursive: true });
  const list = join(folder, "sources.list");
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${mirrorOf(suite)} ${suite} main\n`);
  writeFileSync(join(folder, "status"), "");
  const settings = {
    "Dir::Etc::SourceList": list,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": join(folder, "lists"),
    "Dir::State::Status": join(folder, "status"),
    "Dir::Cache": folder,
    "Dir::Cache::Archives": join(folder, "archives"),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** The mirror that the machine has its own release, or that release's security updates, from. */
function mirrorOf(suite: string): string {
  const lines = execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI) $(RELEASE)"], { encoding: "utf8" }).split("\n");
  const security = suite.endsWith("-security");
  const line = lines.find((one) => /-security$/.test(one) === security && one.includes("debian"));
  if (line === undefined) throw new Error(`apt has no mirror for ${suite}`);
  return line.split(" ")[0] ?? "";
}

/** "6.12.9" before "6.12.10". */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
