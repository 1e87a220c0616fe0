/** What rules ask of a subject's services. */
import type { Subject } from "../subject.ts";

/** The port of the one service; undefined where there are several or none. */
export function portOf({ incidents }: Subject): number | undefined {
  const ports = new Set(incidents.map(({ service }) => service?.port));
  const [port] = ports;
  return ports.size === 1 ? port : undefined;
}
