/** Filters of more instructions than a jump can skip: no program is made, on any kernel. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseFilter } from "../../src/filter-language/index.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import { CollectingSink } from "../../src/run/collecting-sink.test.kit.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { startRun } from "../../src/run/start-run.ts";
import { openLive } from "../../src/source/open-live.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";

/** Each of them has five instructions, and a jump skips 32,767. */
const MARKS = 8_000;

describe("filters that are too long for a program", () => {
  test("are evaluated in user space if no program can be made", {
    timeout: patient(30_000),
  }, async () => {
    const long = `${Array.from({ length: MARKS }, (_unused, index) => `mark ${index + 1}`).join(" or ")} or dst port 81`;
    using hosts = new Hosts(libcSyscalls, "veth");
    const live = openLive({
      netns: [hosts.server.inode],
      all: true,
      listeners: false,
      filter: parseFilter(long),
    });
    const sink = new CollectingSink();
    await using run = startRun(live.source, { ...live, sinks: [sink] });
    assert.equal(live.source.facts.filters, false);
    for (const scene of SCENES.slice(0, 3)) await scene.run(hosts);
    await waitFor(() => sink.events.length > 0 || undefined, "a drop");
    const { totals } = await run.end();
    assert.equal(imbalance(totals), 0);
    assert(
      sink.events.every((event) => event.kind === "drop" && event.flow.dport === 81) && totals.filtered > 0,
      JSON.stringify(totals),
    );
  });

  test("that user space cannot evaluate are an error if no program can be made", () => {
    const long = Array.from(
      { length: MARKS / 2 },
      (_unused, index) => `ip[8] == ${index & 255} and len == ${index}`,
    ).map((part) => `(${part})`);
    assert.throws(() => openLive({ filter: parseFilter(long.join(" or ")) }), {
      name: "FilterError",
      message:
        /^The filter is too long for the kernel's program \(.*\), and user space cannot evaluate it: it asks for bytes of headers/,
    });
  });

  test("of totals are an error if no program can be made: nothing else can evaluate them", () => {
    const long = Array.from({ length: MARKS }, (_unused, index) => `mark ${index + 1}`).join(" or ");
    assert.throws(() => openLive({ filter: parseFilter(long), rows: false }), {
      name: "FilterError",
      message: /too long .* totals are counted in the kernel/,
    });
  });
});
