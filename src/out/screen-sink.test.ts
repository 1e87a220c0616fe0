/** A screen on a real pipe, of a size that changes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { drops, summary } from "../../test/golden/sample-events.ts";
import type { Event } from "../model/index.ts";
import { Account } from "../run/account.ts";
import { dropLike } from "../run/events.test.kit.ts";
import { tableSink } from "../sinks/table.ts";
import type { TerminalSize } from "../sys/terminal.ts";
import { Output } from "./output.ts";
import { drain, fillPipe, openPipe, pollWritable } from "./pipe.test.kit.ts";
import { ScreenSink } from "./screen-sink.ts";

process.env["TZ"] = "UTC";

interface Options {
  readonly folds?: boolean;
  readonly redraws?: boolean;
}

function screenOn(fd: number, size: () => TerminalSize, { folds = false, redraws = true }: Options = {}) {
  const output = new Output({ fd, pollWritable });
  const sink = new ScreenSink({
    name: "screen",
    output,
    size,
    formatter: ({ columns, rows }) => tableSink({ all: false, stack: false, colour: false, columns, rows }),
    colour: false,
    folds,
    redraws,
  });
  const account = new Account();
  return {
    output,
    sink,
    account,
    take: (event: Event): void => {
      if (sink.take(event)) account.take(event);
      else account.decline(event, "slow");
    },
  };
}

const HEADER = "TIME ";
const other = (sport: number): Event => dropLike({ sport, dport: sport + 1 });

describe("ScreenSink", () => {
  test("has no header above nothing, and one again after each screen of rows", () => {
    using pipe = openPipe();
    const { sink, take, output } = screenOn(pipe.writeFd, () => ({ columns: 80, rows: 12 }));
    using _output = output;
    sink.open();
    sink.flush();
    assert.equal(drain(pipe.readFd), "");
    for (let sport = 1; sport <= 20; sport += 1) take(other(sport));
    sink.flush();
    const lines = drain(pipe.readFd).split("\n");
    const headers = lines.flatMap((line, at) => (line.startsWith(HEADER) ? [at] : []));
    // Two lines of header and five rows of two.
    assert.deepEqual(headers, [0, 12, 24, 36]);
  });

  test("follows another width at the next row, with a header of its own", () => {
    using pipe = openPipe();
    let size = { columns: 80, rows: 24 };
    const { sink, take, output } = screenOn(pipe.writeFd, () => size);
    using _output = output;
    take(other(1));
    size = { columns: 220, rows: 24 };
    take(other(2));
    sink.flush();
    const lines = drain(pipe.readFd).trimEnd().split("\n");
    assert.equal(lines.length, 2 + 2 + 1 + 1);
    assert.match(lines[4] ?? "", /^TIME .* LOCATION$/);
    assert.match(lines[5] ?? "", /192\.0\.2\.66:2 .* tcp_validate_incoming\+0x1e4$/);
  });

  test("shows the first of equal rows at once, and a line for the others within a second", async () => {
    using pipe = openPipe();
    const { sink, take, account, output } = screenOn(pipe.writeFd, () => ({ columns: 100, rows: 24 }), {
      folds: true,
    });
    using _output = output;
    for (let sport = 40_000; sport < 45_613; sport += 1) take(dropLike({ sport }));
    sink.flush();
    const atOnce = drain(pipe.readFd);
    assert.equal(atOnce.split("\n").length, 2 + 2 + 1, atOnce);
    await sleep(1500);
    const later = drain(pipe.readFd);
    // A loaded machine is late, and says so.
    assert.equal(
      later.replace(/in the last \d\.\d s:/, "in the last second:"),
      "03:04:05 x 5,612 in the last second: 192.0.2.66:* > 198.51.100.10:443\n" +
        "  TCP_INVALID_SEQUENCE loss rx eth0 tcp_validate_incoming+0x1e4\n",
    );
    account.refund(await sink.settle(100), "slow");
    assert.deepEqual([account.shown("drop").shown, account.shown("drop").unread], [5613, 0]);
    await sink[Symbol.asyncDispose]();
  });

  test("shows a single row that was held back as it is, and all of it at the end", async () => {
    using pipe = openPipe();
    const { sink, take, account, output } = screenOn(pipe.writeFd, () => ({ columns: 100, rows: 24 }), {
      folds: true,
    });
    using _output = output;
    for (const sport of [40_000, 40_001]) take(dropLike({ sport }));
    for (const sport of [40_000, 40_001, 40_002]) take(dropLike({ sport, dport: 80 }));
    account.refund(await sink.settle(100), "slow");
    const text = drain(pipe.readFd);
    assert.match(text, /^03:04:05\.\d+ 4 {2}192\.0\.2\.66:40001 {6}> 198\.51\.100\.10:443 /m);
    assert.match(
      text,
      /^03:04:05 x 2 in the last (?:second|\d\.\d s): 192\.0\.2\.66:\* > 198\.51\.100\.10:80$/m,
    );
    assert.equal(account.shown("drop").shown, 5);
    assert.equal(account.shownByReason().mostFirst()[0]?.count, 5);
    await sink[Symbol.asyncDispose]();
  });

  test("counts what was folded as unread where its line does not get out", async () => {
    using pipe = openPipe();
    fillPipe(pipe.writeFd);
    const { sink, take, account, output } = screenOn(pipe.writeFd, () => ({ columns: 100, rows: 24 }), {
      folds: true,
    });
    using _output = output;
    for (let sport = 40_000; sport < 40_100; sport += 1) take(dropLike({ sport }));
    account.refund(await sink.settle(20), "slow");
    account.refund(await sink.close(20), "slow");
    assert.deepEqual(account.shown("drop"), { shown: 0, shownSegments: 0, unread: 100 });
    await sink[Symbol.asyncDispose]();
  });

  test("counts what was folded as unread where the reader has gone", async () => {
    using pipe = openPipe();
    const { sink, take, account, output } = screenOn(pipe.writeFd, () => ({ columns: 100, rows: 24 }), {
      folds: true,
    });
    using _output = output;
    take(dropLike());
    sink.flush();
    pipe[Symbol.dispose]();
    for (let sport = 40_000; sport < 40_100; sport += 1) take(dropLike({ sport }));
    sink.append("more\n");
    sink.flush();
    account.refund(await sink.settle(20), "slow");
    assert.deepEqual([account.shown("drop").shown, account.shown("drop").unread], [1, 100]);
    await sink[Symbol.asyncDispose]();
  });

  for (const redraws of [true, false])
    test(`draws totals over those before only where escape sequences do that: ${redraws}`, () => {
      using pipe = openPipe();
      const { sink, output } = screenOn(pipe.writeFd, () => ({ columns: 80, rows: 24 }), { redraws });
      using _output = output;
      const { endedNs: timeNs, bySite: sites, totals } = summary;
      sink.take({ kind: "totals", timeNs, sites, totals });
      sink.flush();
      assert.equal(drain(pipe.readFd).startsWith("\x1b[H\x1b[J"), redraws);
    });

  test("never writes a line that is longer than its terminal", () => {
    for (const columns of [80, 100, 120, 160, 200]) {
      using pipe = openPipe();
      const { sink, take, output } = screenOn(pipe.writeFd, () => ({ columns, rows: 24 }), { folds: true });
      using _output = output;
      for (const event of Object.values(drops)) for (let at = 0; at < 3; at += 1) take(event);
      void sink.settle(0);
      for (const line of drain(pipe.readFd).split("\n")) assert.ok(line.length <= columns, line);
      void sink[Symbol.asyncDispose]();
    }
  });
});
