/** TCP ports by name, from /etc/services. */
import { readFileSync } from "node:fs";
import { belowRoot } from "./below-root.ts";

/** Names and aliases; undefined where there is no such file, or none of its lines is a TCP service. */
export function readServices(root = "/"): ReadonlyMap<string, number> | undefined {
  let text: string;
  try {
    text = readFileSync(belowRoot(root, "etc/services"), "latin1");
  } catch {
    return undefined;
  }
  const services = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", place = "", ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const port = Number(/^(\d{1,5})\/tcp$/.exec(place)?.[1] ?? Number.NaN);
    // The first line of a name holds, as for getservbyname(3).
    if (port <= 0xffff) for (const one of [name, ...aliases]) if (!services.has(one)) services.set(one, port);
  }
  return services.size === 0 ? undefined : services;
}
