/** Names of users, from /etc/passwd. No other source is asked: a directory service would want the network. */
import { statSync } from "node:fs";
import { belowRoot } from "../below-root.ts";
import { readTrusted } from "./hostile-file.ts";

const MAX_BYTES = 1024 * 1024;
/** useradd(8) takes 32 bytes. */
const MAX_NAME = 64;

export class Users {
  readonly #path: string;
  readonly #ownerUid: number;
  #version = "";
  #names: ReadonlyMap<number, string> = new Map();

  /** `ownerUid` owns the file. */
  constructor(root = "/", ownerUid = 0) {
    this.#path = belowRoot(root, "etc/passwd");
    this.#ownerUid = ownerUid;
  }

  /** Undefined where the file has no such uid. Reads it again when it has changed. Never throws. */
  nameOf(uid: number): string | undefined {
    const version = versionOf(this.#path);
    if (version !== this.#version) {
      this.#names = parsePasswd(readTrusted(this.#path, MAX_BYTES, this.#ownerUid) ?? "");
      this.#version = version;
    }
    return this.#names.get(uid);
  }
}

function versionOf(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return "";
  }
}

/** passwd(5). The first line of a uid holds, as for getpwuid(3). */
function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [, name = "", digits] = /^([^:]+):[^:]*:(\d{1,10}):/.exec(line) ?? [];
    if (digits === undefined || name.length > MAX_NAME || names.has(Number(digits))) continue;
    names.set(Number(digits), name);
  }
  return names;
}
