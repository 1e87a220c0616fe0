/**
 * Names by conmon, which watches over a container of podman or CRI-O: its command line has id, name and
 * bundle; near the bundle lies what containers/storage knows.
 */
import { dirname } from "node:path";
import { boundedText, parseJson, readJson, textAt, valueAt } from "./bounded-json.ts";
import { type FilePlaces, flagOf, pathsOf } from "./file-places.ts";
import type { ContainerNames, WantedContainer } from "./names-on-disk.ts";

/** Annotations of CRI-O: pkg/annotations/annotations.go, and kubelet's labels. */
const CRI_O = "io.kubernetes.cri-o.";
const KUBELET = "io.kubernetes.";

/**
 * Undefined where conmon keeps another container. Of a conmon that is not trusted (a user's own podman) the
 * command line alone is read: it names that user's container.
 *
 * @param folder of conmon in /proc
 * @param words its command line
 */
export function readConmonNames(
  folder: string,
  words: readonly string[],
  { containerId }: WantedContainer,
  isTrusted: boolean,
  places: FilePlaces,
): ContainerNames | undefined {
  const id = flagOf(words, "c");
  if (id === undefined || id !== containerId) return undefined;
  const name = boundedText(flagOf(words, "n"));
  if (!isTrusted) return { names: { runtime: "podman", container: name }, isComplete: true };
  const bundle = flagOf(words, "b") ?? "";
  const read = (path: string): unknown =>
    pathsOf(folder, path, places)
      .map((each) => readJson(each, places.ownerUid))
      .find((value) => value !== undefined);
  const spec = read(`${bundle}/config.json`);
  if (textAt(spec, "annotations", `${KUBELET}pod.name`) !== undefined)
    return { names: namesOfPod(spec), isComplete: true };
  const rows = read(`${dirname(dirname(bundle))}/containers.json`);
  const row: unknown = Array.isArray(rows) ? rows.find((one) => valueAt(one, "id") === id) : undefined;
  return {
    names: {
      runtime: "podman",
      container: textAt(row, "names", "0") ?? name,
      image: textAt(parseJson(metadataOf(row)), "image-name"),
    },
    isComplete: row !== undefined,
  };
}

function namesOfPod(spec: unknown): ContainerNames["names"] {
  const annotation = (name: string): string | undefined => textAt(spec, "annotations", name);
  const shared = {
    runtime: "cri-o",
    pod: annotation(`${KUBELET}pod.name`),
    podNamespace: annotation(`${KUBELET}pod.namespace`),
    podUid: annotation(`${KUBELET}pod.uid`),
  };
  if (annotation(`${CRI_O}ContainerType`) === "sandbox") return shared;
  return {
    ...shared,
    container: annotation(`${KUBELET}container.name`),
    image: annotation(`${CRI_O}ImageName`),
  };
}

/** JSON inside of JSON. Its length is bounded by that of the file. */
function metadataOf(row: unknown): string | undefined {
  const metadata = valueAt(row, "metadata");
  return typeof metadata === "string" ? metadata : undefined;
}
