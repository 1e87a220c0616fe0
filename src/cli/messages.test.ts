import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sleepSince } from "../host/sleep-time.test.kit.ts";
import { drain, fillPipe, openPipe, pollWritable } from "../out/pipe.test.kit.ts";
import { Messages } from "./messages.ts";

const LIMIT_BYTES = 16 * 1024;
/** Of sleep: what a loaded machine takes to run it does not count. */
const SOON_MS = 400;

function line(at: number): string {
  return `message ${at} ${"x".repeat(at % 60)}\n`;
}

/** Says messages 0 to `count`, and asserts that none of them blocked. */
function sayMany(messages: Messages, count: number): void {
  const slept = sleepSince();
  for (let at = 0; at < count; at += 1) messages.say(line(at));
  assert(slept() < SOON_MS, "it did not block");
}

describe("Messages", () => {
  test("writes each message at once where the reader keeps up", () => {
    using pipe = openPipe();
    using messages = new Messages(pipe.writeFd, pollWritable);
    messages.say("one\n");
    assert.equal(drain(pipe.readFd), "one\n");
    messages.say("two\nthree\n");
    assert.equal(drain(pipe.readFd), "two\nthree\n");
  });

  test("drops whole lines while nobody reads, and reports how many where they are missing", async () => {
    using pipe = openPipe();
    using messages = new Messages(pipe.writeFd, pollWritable, LIMIT_BYTES);
    sayMany(messages, 5000);
    let text = drain(pipe.readFd);
    messages.say("pumped\n");
    text += drain(pipe.readFd);
    messages.say("after\n");
    const finished = messages.finish(1000);
    text += drain(pipe.readFd);
    await finished;
    text += drain(pipe.readFd);
    const taken = text.split("\n").filter((one) => one.startsWith("message ")).length;
    assert.ok(taken > 500 && taken < 5000, `${taken}`);
    const [, dropped] =
      /^tcpdrop: dropped (\d+) lines of messages here: the reader of stderr was too slow\n(pumped\n)?after$/m.exec(
        text,
      ) ?? assert.fail(text.slice(-300));
    const pumped = text.includes("\npumped\n") ? 0 : 1;
    assert.equal(taken + Number(dropped) - pumped, 5000);
    assert.equal(
      text.slice(0, text.indexOf("tcpdrop:")),
      Array.from({ length: taken }, (_, at) => line(at)).join(""),
    );
  });

  test("finish reports what was dropped, where the reader comes back", async () => {
    using pipe = openPipe();
    using messages = new Messages(pipe.writeFd, pollWritable, LIMIT_BYTES);
    fillPipe(pipe.writeFd);
    sayMany(messages, 1000);
    const finished = messages.finish(5000);
    let text = "";
    const reader = setInterval(() => {
      text += drain(pipe.readFd);
    }, 1);
    await finished;
    clearInterval(reader);
    text += drain(pipe.readFd);
    const taken = text.split("\n").filter((one) => one.includes("message ")).length;
    assert.ok(
      text.endsWith(
        `tcpdrop: dropped ${1000 - taken} lines of messages here: the reader of stderr was too slow\n`,
      ),
    );
  });

  test("finish gives up when its time is over", async () => {
    using pipe = openPipe();
    using messages = new Messages(pipe.writeFd, pollWritable, LIMIT_BYTES);
    fillPipe(pipe.writeFd);
    sayMany(messages, 1000);
    const [from, slept] = [performance.now(), sleepSince()];
    await messages.finish(50);
    const [ms, sleptMs] = [performance.now() - from, slept()];
    assert(ms >= 49 && sleptMs < SOON_MS, `${ms} ms, ${sleptMs} ms of them asleep`);
    assert.match(drain(pipe.readFd), /^-+$/);
  });
});
