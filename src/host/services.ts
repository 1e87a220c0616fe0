/** Ports by name, from /etc/services. */
import { readFileSync } from "node:fs";
import { belowRoot } from "./below-root.ts";

export interface Services {
  readonly tcp: ReadonlyMap<string, number>;
  /** Of UDP and other protocols. */
  readonly other: ReadonlyMap<string, number>;
}

/** Names and aliases; undefined where there is no such file, or none of its lines is a TCP service. */
export function readServices(root = "/"): Services | undefined {
  let text: string;
  try {
    text = readFileSync(belowRoot(root, "etc/services"), "latin1");
  } catch {
    return undefined;
  }
  const tcp = new Map<string, number>();
  const other = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", number = "", ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, port, protocol] = /^(\d{1,5})\/([a-z]+)$/.exec(number) ?? [];
    if (port === undefined || Number(port) > 0xffff) continue;
    const services = protocol === "tcp" ? tcp : other;
    // The first line of a name holds, as for getservbyname(3).
    for (const one of [name, ...aliases]) if (!services.has(one)) services.set(one, Number(port));
  }
  return tcp.size === 0 ? undefined : { tcp, other };
}
