/** Single texts out of JSON that others wrote. The rest of it (commands, environments) stays where it is. */
import { readTrusted } from "./hostile-file.ts";

/** More of a file is not JSON that a container runtime writes: config.json is some 10 KiB. */
const MAX_JSON_BYTES = 1024 * 1024;
/** Of a name or an image. */
const MAX_TEXT_BYTES = 256;
const CUT = "...";

/**
 * The value in a file that only `ownerUid` can have written; undefined where there is none. Never throws:
 * V8 parses without recursion, however deep it is nested.
 */
export function readJson(path: string, ownerUid: number): unknown {
  return parseJson(readTrusted(path, MAX_JSON_BYTES, ownerUid));
}

export function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is below these keys; undefined where one of them leads nowhere. */
export function valueAt(value: unknown, ...keys: readonly string[]): unknown {
  let at = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

/** A text below these keys that is not empty, cut to 256 bytes; undefined where it is anything else. */
export function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const text = valueAt(value, ...keys);
  return typeof text === "string" ? boundedText(text) : undefined;
}

/** At most 256 bytes of UTF-8; what is cut ends in "...". Undefined for "". */
export function boundedText(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return bytes.toString("utf8");
  // A character that is cut in two is left out.
  const start = bytes.subarray(0, MAX_TEXT_BYTES - CUT.length);
  return new TextDecoder().decode(start, { stream: true }) + CUT;
}
