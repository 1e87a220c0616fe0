/** Which network namespace is meant: `--netns INODE|inode:INODE|NAME|PATH|pid:PID|pid:self`. */
import { editDistance } from "../bytes/edit-distance.ts";
import { UsageError } from "../errors.ts";
import { belowRoot } from "./below-root.ts";
import { type NamespaceFile, namespaceFromName, parseInode, readNamespaceFile } from "./namespace-file.ts";
import { listNetnsNames, NETNS_FOLDERS } from "./netns-names.ts";

/** Linux's NAME_MAX. */
const MAX_NAME_BYTES = 255;
/** Linux's PID_MAX_LIMIT is 2^22. */
const PID = /^pid:([1-9]\d{0,6}|self)$/;
const FORMS =
  "Write an inode number (4026531840), a name that `ip netns` lists, a path (/proc/1/ns/net), or pid:PID.";

/** True where `text` gives an inode number, and nothing that leads to the namespace. */
export function isNetnsNumber(text: string): boolean {
  return /^(\d|inode:|net:\[)/.test(text) && !text.includes("/");
}
const MAX_SUGGESTIONS = 3;
/** Names are compared up to here: comparing costs the product of the lengths. */
const MAX_COMPARED = 64;
/** Longer texts are cut in messages. */
const MAX_QUOTED = 60;

/**
 * The inode number of the namespace that `text` names:
 *
 *     4026531840, inode:4026531840, net:[4026531840]
 *                                     that very number; whether there is such a namespace is not asked
 *     blue                            /run/netns/blue, else /var/run/netns/blue
 *     /proc/1/ns/net, ./blue          the file there
 *     pid:1234, pid:self              /proc/1234/ns/net, that of this process
 *
 * Digits alone are always a number, even where a namespace is called so: name it by the number that `ls -i
 * /run/netns` shows.
 *
 * @throws UsageError that says what was tried and what to do
 */
export function parseNetnsArgument(text: string, root = "/"): number {
  if (/^\d+$/.test(text)) return numbered(text, text);
  if (text.startsWith("inode:")) return numbered(text.slice("inode:".length), text);
  if (text.startsWith("net:[")) {
    const named = namespaceFromName(text);
    if (named.kind === "netns") return named.inode;
    throw new UsageError(
      `${quote(text)} is not a network namespace: net:[INODE] wants a number from 1 to 4294967295`,
      { hint: FORMS },
    );
  }
  if (text.startsWith("pid:")) return ofProcess(text, root);
  if (text.includes("/")) return ofPath(text, root);
  return ofName(text, root);
}

/** The namespace that this process is in; undefined where /proc does not say. */
export function ownNetns(root = "/"): number | undefined {
  const file = readNamespaceFile(belowRoot(root, "proc/self/ns/net"));
  return file.kind === "netns" ? file.inode : undefined;
}

function numbered(digits: string, text: string): number {
  const inode = parseInode(digits);
  if (inode !== undefined) return inode;
  throw new UsageError(
    `${quote(text)} cannot be the inode number of a network namespace: they run from 1 to 4294967295`,
    { hint: FORMS },
  );
}

function ofProcess(text: string, root: string): number {
  const pid = PID.exec(text)?.[1];
  if (pid === undefined)
    throw new UsageError(
      `${quote(text)} names no process: after pid: comes a process id, like pid:1234, or self`,
      {
        hint: FORMS,
      },
    );
  const path = belowRoot(root, `proc/${pid}/ns/net`);
  const file = readNamespaceFile(path);
  if (file.kind === "netns") return file.inode;
  throw processFailure(pid, path, file);
}

function processFailure(
  pid: string,
  path: string,
  file: Exclude<NamespaceFile, { kind: "netns" }>,
): UsageError {
  const what = `Cannot find the network namespace of process ${pid}`;
  if (file.kind === "other") return new UsageError(`${what}: ${path} is ${file.what}`);
  switch (file.errnoName) {
    case "ENOENT":
      return new UsageError(`${what}: there is no such process, or it has ended (${path})`, {
        hint: "Look it up with ps or pgrep. In a container, process ids are the container's own.",
      });
    case "EACCES":
    case "EPERM":
      return new UsageError(`${what}: permission denied (${path})`, {
        hint: "Run as root, or give CAP_SYS_PTRACE; where even root is refused, name the namespace by its inode number.",
      });
    default:
      return new UsageError(`${what}: ${file.errnoName} (${path})`);
  }
}

function ofPath(text: string, root: string): number {
  const path = text.startsWith("/") ? belowRoot(root, text.slice(1)) : text;
  const file = text.includes("\0") ? NUL_BYTE : readNamespaceFile(path);
  if (file.kind === "netns") return file.inode;
  const why = file.kind === "other" ? `it is ${file.what}` : file.errnoName;
  throw new UsageError(`Cannot find the network namespace ${quote(text)}: ${why}`, { hint: FORMS });
}

/** It would cut the path short. */
const NUL_BYTE = { kind: "other", what: "no path, with a NUL byte in it" } as const;

function ofName(text: string, root: string): number {
  if (text === "") throw new UsageError("The network namespace is empty", { hint: FORMS });
  // "\0" would cut the path short.
  if (text.includes("\0") || text === "." || text === ".." || Buffer.byteLength(text) > MAX_NAME_BYTES) {
    throw new UsageError(
      `${quote(text)} is not a network namespace's name: names stand for files in /run/netns, of at most ${MAX_NAME_BYTES} bytes`,
      { hint: FORMS },
    );
  }
  let failure: NamespaceFile = { kind: "failed", errnoName: "ENOENT" };
  for (const folder of NETNS_FOLDERS) {
    const file = readNamespaceFile(belowRoot(root, `${folder}/${text}`));
    if (file.kind === "netns") return file.inode;
    // "No such file" in the second folder says less than anything the first one said.
    if (file.kind === "other" || file.errnoName !== "ENOENT") failure = file;
  }
  throw nameFailure(text, failure, root);
}

function nameFailure(text: string, file: NamespaceFile, root: string): UsageError {
  const what = `Cannot find the network namespace ${quote(text)}`;
  const tried = NETNS_FOLDERS.map((folder) => belowRoot(root, folder)).join(" and ");
  if (file.kind === "other")
    return new UsageError(`${what}: the file of that name in ${tried} is ${file.what}`, {
      hint: "It may be left over from a namespace that is gone: `ip netns delete` removes it.",
    });
  if (file.kind === "failed" && (file.errnoName === "EACCES" || file.errnoName === "EPERM"))
    return new UsageError(`${what}: permission denied in ${tried}`, { hint: "Run as root." });
  if (file.kind === "failed" && file.errnoName !== "ENOENT")
    return new UsageError(`${what}: ${file.errnoName} in ${tried}`, { hint: FORMS });
  return new UsageError(`${what}: there is no such name in ${tried}`, {
    hint: suggest(text, listNetnsNames(root)),
  });
}

/** Names that exist: those that begin alike or differ least, first. */
function suggest(wanted: string, names: readonly string[]): string {
  if (names.length === 0) return `No namespace has a name here; containers' have none. ${FORMS}`;
  const bounded = wanted.slice(0, MAX_COMPARED);
  const nearest = names
    .map((name) => ({ name, distance: editDistance(bounded, name.slice(0, MAX_COMPARED)) }))
    .sort((a, b) => a.distance - b.distance);
  const shown = nearest
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => quote(name))
    .join(", ");
  const rest = names.length - Math.min(names.length, MAX_SUGGESTIONS);
  return `There ${names.length === 1 ? "is" : "are"} ${shown}${rest > 0 ? ` and ${rest} more` : ""}.`;
}

/** In quotes, with control characters made visible and of bounded length. */
function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text).replace(
    /[\u007f-\u009f]/g,
    "?",
  );
}
