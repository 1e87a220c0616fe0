/**
 * `tcpdrop demo`: makes real drops of many kinds between two hosts that exist only while it runs, and shows
 * them.
 */

import { demandRights } from "../../host/trace-rights.ts";
import { Hosts } from "../../lab/hosts.ts";
import { Residents } from "../../lab/residents.ts";
import { SCENES } from "../../lab/scenes.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { say } from "../print.ts";
import type { Settings } from "../settings.ts";
import { traceSettings } from "../trace-settings.ts";
import { runTrace } from "./trace.ts";

/** Long enough for a drop to appear below the title of its scene, with its owner. */
const SHOW_MS = 150;

export async function runDemo(settings: Settings<"demo">): Promise<number> {
  const { request, view, quiet, report } = traceSettings(settings);
  demandRights();
  sayWithoutBlocking();
  using hosts = new Hosts(libcSyscalls);
  using _residents = new Residents(hosts);
  say("Two temporary network namespaces: client 192.0.2.1, 2001:db8::1; server 192.0.2.2, 2001:db8::2\n");
  let attached: () => void = () => undefined;
  const isAttached = new Promise<void>((resolve) => {
    attached = resolve;
  });
  let over = false;
  const played = isAttached.then(() => play(hosts, () => over));
  const code = await runTrace(
    {
      request: { ...request, netns: [hosts.client.inode, hosts.server.inode] },
      // A scene's drops stand below its title.
      view: { ...view, folds: false },
      traced: "in these two",
      notes: [],
      quiet,
      writeTo: [],
      durationMs: undefined,
      summaryMs: undefined,
      countersOf: undefined,
      report,
    },
    { onAttached: attached, until: played },
  );
  over = true;
  await played;
  return code;
}

/** Plays one scene after another, until the trace is over. */
async function play(hosts: Hosts, isOver: () => boolean): Promise<void> {
  for (const scene of SCENES) {
    if (isOver()) return;
    say(`# ${scene.title}\n`);
    await scene.run(hosts);
    await new Promise((resolve) => setTimeout(resolve, SHOW_MS));
  }
}
