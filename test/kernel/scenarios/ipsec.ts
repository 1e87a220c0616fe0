/** IPsec policies for TCP from the client to the server. */
import { ADDRESS, type Family } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";

/** `what` is "block", or a template that demands protection. */
export function policy(
  host: Netns,
  family: Family,
  direction: "in" | "out" | "fwd",
  what: "block" | "esp",
): void {
  // By number: a small root has no /etc/protocols.
  const selector = ["src", ADDRESS.client[family], "dst", ADDRESS.server[family], "proto", "6"];
  const words = what === "block" ? ["action", "block"] : ["tmpl", "proto", "esp", "mode", "transport"];
  host.run("ip", ["xfrm", "policy", "add", "dir", direction, ...selector, ...words]);
}
