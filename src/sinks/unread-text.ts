/** Why drops were unread, in words. */
import { UNREAD_CAUSES, type UnreadBy, type UnreadCause } from "../model/index.ts";

const UNREAD_WORDS: Readonly<Record<UnreadCause, string>> = {
  count: "after --count was reached",
  closed: "after the reader of the output had gone",
  slow: "that the output did not take in time",
  ended: "still in the ring buffer when the run was over",
};
const LESS_WORK =
  "If that matters, write to a file or narrow the trace: --netns, -4, -6, --no-stack, a filter";

/** "12 after --count was reached", and what to do where something can be done. */
export function unreadText(unreadBy: UnreadBy): string {
  const present = UNREAD_CAUSES.flatMap((why) => {
    const count = unreadBy[why] ?? 0;
    return count === 0 ? [] : [`${count} ${UNREAD_WORDS[why]}`];
  });
  const avoidable = (unreadBy.slow ?? 0) + (unreadBy.ended ?? 0) > 0;
  return `${present.join(", ")}${avoidable ? `. ${LESS_WORK}` : ""}`;
}
