/** The identity as people read it: on stderr, at the end of a run. */
import assert from "node:assert/strict";

const IDENTITY =
  /^seen (\d+) = shown (\d+).* \+ hidden (\d+) .* \+ filtered (\d+) \+ limited (\d+) \+ unread (\d+) \+ lost (\d+) \+ undecodable (\d+); missed: at most (\d+)/m;

export interface ToldTotals {
  readonly seen: number;
  readonly shown: number;
  readonly hidden: number;
  readonly filtered: number;
  readonly limited: number;
  readonly unread: number;
  readonly lost: number;
  readonly undecodable: number;
  readonly missed: number;
}

/** Checks that the summary is there and adds up; returns its numbers. */
export function checkIdentity(stderr: string): ToldTotals {
  const numbers = (IDENTITY.exec(stderr) ?? []).slice(1).map(Number);
  assert.equal(numbers.length, 9, `the summary is on stderr: ${stderr}`);
  const [
    seen = 0,
    shown = 0,
    hidden = 0,
    filtered = 0,
    limited = 0,
    unread = 0,
    lost = 0,
    undecodable = 0,
    missed = 0,
  ] = numbers;
  assert.equal(shown + hidden + filtered + limited + unread + lost + undecodable, seen, stderr);
  return { seen, shown, hidden, filtered, limited, unread, lost, undecodable, missed };
}
