/** The network namespaces of --netns, each once, and each one that is there. */
import { UsageError } from "../errors.ts";
import { isNetnsNumber } from "../host/netns.ts";
import { netnsPresence } from "../host/netns-presence.ts";
import type { CommandName } from "../settings/table.ts";
import { say } from "./print.ts";
import { type Given, type Settings, shownText } from "./settings.ts";

/**
 * What was given by name, path or process has been found. An inode number may be a misprint: then nothing would be
 * shown, and nobody would know why.
 *
 * @throws UsageError where no namespace has it
 */
export function netnsOf({ values, given }: Settings<CommandName>): readonly number[] | undefined {
  const { netns: inodes } = values;
  const netns = given("netns");
  for (const [at, inode] of (inodes ?? []).entries()) {
    const text = netns?.texts[at] ?? "";
    if (netns !== undefined && isNetnsNumber(text)) demandThere(inode, shownOf(netns, text));
  }
  return inodes === undefined ? undefined : [...new Set(inodes)];
}

/** "--netns 1", unless the user may not see it. */
function shownOf({ texts, shown, origin, isSecret }: Given, text: string): string {
  if (isSecret()) return origin;
  return texts.length === 1 ? shown : `${origin} ${shownText(text)}`;
}

function demandThere(inode: number, origin: string): void {
  const presence = netnsPresence(inode);
  if (presence === "unknown")
    say(
      `tcpdrop: no process, name or descriptor that could be looked at leads to network namespace ${inode}: ` +
        "if there is none, nothing will be shown\n",
    );
  if (presence !== "absent") return;
  throw new UsageError(`${origin}: there is no network namespace with the inode number ${inode}`, {
    hint: "lsns -t net lists them; or name one: --netns NAME, --netns pid:PID.",
  });
}
