/** What the text after --for asks for, by its form alone. Pure. */
import { UsageError } from "../errors.ts";
import { quoted } from "./quoted.ts";

/** What a running process can be found by. */
export type TargetKind = "pid" | "unit" | "container" | "pod";

export type Wanted =
  | { readonly kind: "running"; readonly kinds: readonly TargetKind[]; readonly name: string }
  | { readonly kind: "endpoint"; readonly host: string; readonly port: string };

export const FORMS =
  "Write a process id, a unit, container or pod that runs, or HOST:PORT; pid:, unit:, container: or pod: " +
  "before it says which.";

const PREFIXED = /^(pid|unit|container|pod):(.*)$/s;
const UNIT = /^[^/]+\.(?:service|scope|socket|mount|swap)$/s;
const IN_BRACKETS = /^\[([^\]]*)\]:(.*)$/s;
const HOST_PORT = /^([^:]+):([^:]*)$/s;
const MAX_LENGTH = 512;

/**
 * Names are told apart where their form does: a unit by its suffix, a pod by its slash, HOST:PORT by the colon.
 *
 * @throws UsageError for what has none of these forms
 */
export function parseWanted(text: string): Wanted {
  if (text.length > MAX_LENGTH) throw new UsageError(`${quoted(text)} is too long`, { hint: FORMS });
  const [, prefix, rest] = PREFIXED.exec(text) ?? [];
  if (prefix !== undefined) return prefixed(prefix as TargetKind, rest ?? "");
  if (text.startsWith("host:")) return endpoint(text.slice("host:".length), text);
  if (UNIT.test(text)) return running(["unit"], text);
  if (text.includes(":")) return endpoint(text, text);
  if (text.includes("/")) return running(["pod"], text);
  return running(
    /^\d+$/.test(text) ? ["pid", "unit", "container", "pod"] : ["unit", "container", "pod"],
    text,
  );
}

function prefixed(kind: TargetKind, name: string): Wanted {
  if (kind === "pid" && !/^[1-9]\d{0,6}$/.test(name))
    throw new UsageError(`${quoted(`pid:${name}`)} names no process: after pid: comes a process id`, {
      hint: FORMS,
    });
  return running([kind], name);
}

function running(kinds: readonly TargetKind[], name: string): Wanted {
  if (name === "") throw new UsageError("What to trace is empty", { hint: FORMS });
  return { kind: "running", kinds, name };
}

function endpoint(text: string, whole: string): Wanted {
  const [, host, port] = IN_BRACKETS.exec(text) ?? HOST_PORT.exec(text) ?? [];
  if (host !== undefined && host !== "" && port !== undefined && port !== "")
    return { kind: "endpoint", host, port };
  const isBare6 = /^[0-9A-Fa-f:.]+$/.test(text) && text.split(":").length > 2;
  throw new UsageError(
    isBare6
      ? `${quoted(whole)}: an IPv6 address stands in brackets before its port, like [2001:db8::1]:443`
      : `${quoted(whole)} is not HOST:PORT`,
    { hint: FORMS },
  );
}
