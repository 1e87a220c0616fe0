import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ERRNO } from "./errno.ts";
import { POLLERR, POLLIN } from "./macros.ts";
import type { Fd } from "./syscalls.ts";
import { watchByAsking } from "./timed-watch.ts";

const FD = 7 as Fd;

function watched(context: TestContext) {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const state = { events: 0, asked: 0, woken: 0 };
  const watch = watchByAsking(FD, (fd, events) => {
    assert.deepEqual([fd, events], [FD, POLLIN]);
    state.asked += 1;
    return state.events;
  });
  const pass = (): void => context.mock.timers.tick(10);
  const wake = (): void => {
    state.woken += 1;
  };
  return { state, watch, pass, wake };
}

test("watchByAsking wakes again and again while the descriptor is readable, and not else", (context) => {
  const { state, watch, pass, wake } = watched(context);
  watch.start(wake);
  for (const [events, woken] of [
    [0, 0],
    [POLLIN, 1],
    [POLLIN | POLLERR, 2],
    [POLLERR, 2],
    [-ERRNO.EINTR, 2],
  ] as const) {
    state.events = events;
    pass();
    assert.equal(state.woken, woken, String(events));
  }
});

test("watchByAsking asks nothing before start, after stop and after close, and once where started twice", (context) => {
  const { state, watch, pass, wake } = watched(context);
  state.events = POLLIN;
  pass();
  watch.start(wake);
  watch.start(wake);
  pass();
  assert.deepEqual([state.asked, state.woken], [1, 1]);
  watch.stop();
  pass();
  watch.start(wake);
  watch.close();
  pass();
  assert.deepEqual([state.asked, state.woken], [1, 1]);
});
