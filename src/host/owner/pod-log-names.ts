/**
 * A pod's name by the folder of its logs, which kubelet names /var/log/pods/NAMESPACE_POD_UID/CONTAINER. The
 * names of folders alone are read.
 */
import { lstatSync, opendirSync } from "node:fs";
import { belowRoot } from "../below-root.ts";
import { boundedText } from "./bounded-json.ts";
import type { FilePlaces } from "./file-places.ts";
import type { NamesOnDisk } from "./names-on-disk.ts";

/** More pods, or containers of one, are not looked at. */
const MAX_ENTRIES = 10_000;

/** Nothing where there is no such folder. Never throws. */
export function readPodLogNames(podUid: string, { root, ownerUid }: FilePlaces): Partial<NamesOnDisk> {
  const pods = belowRoot(root, "var/log/pods");
  if (!isOwnFolder(pods, ownerUid)) return {};
  const folder = foldersIn(pods).find((name) => name.endsWith(`_${podUid}`));
  // Neither a namespace nor a pod may have "_" in its name.
  const [, podNamespace, pod] = /^([^_]+)_([^_]+)_[^_]+$/.exec(folder ?? "") ?? [];
  if (folder === undefined || pod === undefined) return {};
  const containers = foldersIn(`${pods}/${folder}`);
  return {
    pod: boundedText(pod),
    podNamespace: boundedText(podNamespace),
    // Of several it is not known which.
    container: containers.length === 1 ? boundedText(containers[0]) : undefined,
  };
}

function isOwnFolder(path: string, ownerUid: number): boolean {
  try {
    const folder = lstatSync(path);
    return folder.isDirectory() && folder.uid === ownerUid && (folder.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

function foldersIn(path: string): readonly string[] {
  const names: string[] = [];
  try {
    const folder = opendirSync(path);
    try {
      for (let seen = 0; seen < MAX_ENTRIES; seen += 1) {
        const entry = folder.readSync();
        if (entry === null) break;
        if (entry.isDirectory()) names.push(entry.name);
      }
    } finally {
      folder.closeSync();
    }
  } catch {
    // Gone, or not for us to see.
  }
  return names;
}
