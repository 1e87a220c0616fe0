import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { POLLERR, POLLHUP, POLLOUT } from "../sys/macros.ts";
import { Output } from "./output.ts";
import { drain, fillPipe, folder, openPipe, pollWritable } from "./pipe.test.kit.ts";

const LINE = `${"x".repeat(699)}\n`;

/** The longest time that the event loop stood still while `work` ran. */
async function longestStallMs(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await work();
  clearInterval(timer);
  return Math.max(longest, performance.now() - last);
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("Output to a file", () => {
  const openFile = (name: string): { fd: number; path: string } => ({
    path: join(folder, name),
    fd: openSync(join(folder, name), "w"),
  });

  test("writes all that was taken, in order, and characters of every length whole", async () => {
    const { fd, path } = openFile("all");
    using output = new Output({ fd, pollWritable });
    let expected = "";
    for (let i = 0; i < 20_000; i++) {
      const text = `${i} é \u20ac \u{1f600} ${"y".repeat(i % 90)}\n`;
      expected += text;
      assert.ok(output.append(text));
    }
    assert.ok(output.append("\u20ac".repeat(100_000)));
    assert.equal(await output.flush(5000), true);
    assert.equal(output.pendingBytes, 0);
    closeSync(fd);
    assert.equal(readFileSync(path, "utf8"), expected + "\u20ac".repeat(100_000));
  });

  test("writes a lone line soon, without a flush", async () => {
    const { fd, path } = openFile("soon");
    using output = new Output({ fd, pollWritable });
    output.append(LINE);
    await sleep(100);
    assert.equal(readFileSync(path, "utf8"), LINE);
    closeSync(fd);
  });

  test("remembers that the disk is full, and takes no more", async () => {
    const fd = openSync("/dev/full", "w");
    using output = new Output({ fd, pollWritable });
    assert.ok(output.append(LINE));
    assert.equal(await output.flush(1000), false);
    assert.equal(output.closed, true);
    assert.equal(output.error?.message, "Cannot write the output: no space left on device (write: ENOSPC)");
    assert.equal(output.error?.errno, 28);
    assert.equal(output.append(LINE), false);
    assert.equal(output.pendingBytes, 0);
    closeSync(fd);
  });
});

describe("Output to a pipe", () => {
  test("never blocks and never grows when the reader stalls, and loses nothing of what it took", async () => {
    using pipe = openPipe();
    using output = new Output({ fd: pipe.writeFd, pollWritable, limitBytes: 1 << 20 });
    let taken = 0;
    const stallMs = await longestStallMs(async () => {
      for (let turn = 0; turn < 40; turn++) {
        while (output.append(LINE)) taken++;
        assert.ok(output.isFull);
        assert.ok(output.pendingBytes < (1 << 20) + LINE.length, String(output.pendingBytes));
        await sleep(5);
      }
    });
    assert.ok(stallMs < 250, `the event loop stood still for ${stallMs} ms`);
    assert.equal(output.closed, false);

    const flushed = output.flush(5000);
    let text = "";
    while (output.pendingBytes > 0) {
      text += drain(pipe.readFd);
      await sleep(1);
    }
    assert.equal(await flushed, true);
    text += drain(pipe.readFd);
    assert.equal(text, LINE.repeat(taken));
  });

  test("does not block on another process that does not read its stdin", async () => {
    const path = join(folder, "to-sleep");
    execFileSync("mkfifo", [path]);
    const both = openSync(path, constants.O_RDWR);
    const child = spawn("sleep", ["60"], { stdio: [both, "ignore", "ignore"] });
    using output = new Output({ fd: both, pollWritable });
    while (output.append(LINE));
    const begun = performance.now();
    assert.equal(await output.flush(100), false);
    assert.ok(performance.now() - begun < 400);
    assert.ok(output.pendingBytes > 0);
    await end(child);
    closeSync(both);
  });

  test("ends quietly when the reader goes away", async () => {
    using pipe = openPipe();
    using output = new Output({ fd: pipe.writeFd, pollWritable });
    output.append(LINE);
    assert.equal(await output.flush(1000), true);
    closeSync(pipe.readFd);
    output.append(LINE);
    assert.equal(await output.flush(1000), false);
    assert.equal(output.closed, true);
    assert.equal(output.error, undefined);
    assert.equal(output.append(LINE), false);
  });

  test("is closed from the start where nobody reads", () => {
    using pipe = openPipe();
    closeSync(pipe.readFd);
    using output = new Output({ fd: pipe.writeFd, pollWritable });
    assert.equal(output.closed, true);
  });

  test("survives EAGAIN, also where poll says otherwise", async () => {
    using pipe = openPipe();
    using output = new Output({ fd: pipe.writeFd, pollWritable: () => true, limitBytes: 1 << 20 });
    while (output.append(LINE));
    assert.equal(await output.flush(50), false);
    assert.equal(output.closed, false);
    assert.equal(output.error, undefined);
  });

  test("writes whole lines alone where that is asked for, into whatever room there is", async () => {
    using pipe = openPipe();
    using output = new Output({ fd: pipe.writeFd, pollWritable, wholeLines: true });
    fillPipe(pipe.writeFd);
    const otherFd = openSync(`/proc/self/fd/${pipe.writeFd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    const lines = Array.from({ length: 500 }, (_unused, at) => `${at} ${"x".repeat((at * 37) % 900)}\n`);
    for (const line of lines) assert.ok(output.append(line));
    let text = "";
    while (output.pendingBytes > 0) {
      text += drain(pipe.readFd, 7000);
      if (pollWritable(otherFd)) writeSync(otherFd, "|other\n");
      output.pump();
    }
    closeSync(otherFd);
    text += drain(pipe.readFd);
    const others = text.split("\n").filter((line) => line.includes("|other"));
    assert.ok(others.length > 10, `${others.length}`);
    assert.ok(others.every((line) => /^-*\|other$/.test(line)));
    assert.equal(text.replace(/^-+/, "").replaceAll("|other\n", ""), lines.join(""));
  });

  test("leaves the descriptor that it was given open and as it was", () => {
    using pipe = openPipe();
    const flags = (): string => readFileSync(`/proc/self/fdinfo/${pipe.writeFd}`, "utf8");
    const before = flags();
    new Output({ fd: pipe.writeFd, pollWritable })[Symbol.dispose]();
    assert.equal(flags(), before);
  });
});

test("Output to a socket does not block on a peer that does not read", async () => {
  // Node gives a child a socket, and a blocking one, as its stdout; nobody reads it here.
  const script = `
    import { Output } from ${JSON.stringify(new URL("./output.js", import.meta.url).href)};
    import { libcSyscalls } from ${JSON.stringify(new URL("../sys/libc.js", import.meta.url).href)};
    import { fstatSync } from "node:fs";
    const output = new Output({ fd: 1, pollWritable: (fd) => (libcSyscalls.poll(fd, ${POLLOUT}, 0) & ${POLLOUT | POLLERR | POLLHUP}) !== 0 });
    while (output.append("x".repeat(1000)));
    const begun = performance.now();
    const whole = await output.flush(100);
    process.stderr.write(JSON.stringify({ socket: fstatSync(1).isSocket(), whole, soon: performance.now() - begun < 500, left: output.pendingBytes > 0 }));
    process.exit(0);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let report = "";
  child.stderr.on("data", (chunk: Buffer) => {
    report += chunk.toString();
  });
  await once(child, "exit");
  child.stdout.destroy();
  assert.deepEqual(JSON.parse(report), { socket: true, whole: false, soon: true, left: true });
});
