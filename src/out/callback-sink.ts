/** Sinks that keep nothing, and so are never full and have nothing to give back. */
import type { Event } from "../model/index.ts";
import { isEvent } from "../model/is-event.ts";
import type { Notice, Sink } from "../run/sink.ts";

/** Takes everything: for runs of which the totals alone are wanted. */
export function discardSink(): Sink {
  return sink({ name: "nowhere", pace: "blocking", wants: "everything", take: () => true });
}

/** Calls a function for each notice, and takes no events. */
export function noticeSink(say: (notice: Notice) => void): Sink {
  const take = (item: Event | Notice): boolean => {
    if (isEvent(item)) return false;
    say(item);
    return true;
  };
  return sink({ name: "messages", pace: "dropping", wants: "notices", take });
}

function sink(of: Pick<Sink, "name" | "pace" | "wants" | "take">): Sink {
  return {
    ...of,
    isFull: false,
    isClosed: false,
    problem: undefined,
    open: () => undefined,
    flush: () => undefined,
    settle: () => Promise.resolve([]),
    close: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
