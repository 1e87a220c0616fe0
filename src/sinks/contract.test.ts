/** What every sink must keep, run over all of the registry. UPDATE_GOLDEN=1 writes test/golden/ anew. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { dropWith } from "../../test/drop-facts.ts";
import {
  deepDrop,
  drops,
  finding,
  fullDrop,
  lost,
  refused,
  refusedByNobody,
  refusedEach,
  refusedEachV6,
  refusedUntold,
  refusedV6,
  sampleEvents,
  summary,
} from "../../test/golden/sample-events.ts";
import { ownerOf } from "../../test/owner-facts.ts";
import type { DropEvent } from "../model/index.ts";
import { FORMATS } from "../settings/table.ts";
import { createSink, SINKS } from "./registry.ts";
import type { SinkOptions } from "./sink.ts";

process.env["TZ"] = "Europe/Berlin";

/** dist/src/sinks/ is three levels below the root. */
const GOLDEN = fileURLToPath(new URL("../../../test/golden/", import.meta.url));

const VARIANTS: Readonly<Record<string, SinkOptions>> = {
  plain: { all: false, stack: true, colour: false, columns: undefined },
  "no-stack": { all: false, stack: false, colour: false, columns: undefined },
  "80": { all: false, stack: true, colour: false, columns: 80 },
  "80-no-stack": { all: false, stack: false, colour: false, columns: 80 },
  "100-no-stack": { all: false, stack: false, colour: false, columns: 100 },
  "120": { all: false, stack: true, colour: false, columns: 120 },
  "120-no-stack": { all: false, stack: false, colour: false, columns: 120 },
  "160-no-stack": { all: false, stack: false, colour: false, columns: 160 },
  "200-colour": { all: false, stack: false, colour: true, columns: 200 },
};
const PLAIN: SinkOptions = { all: false, stack: true, colour: false, columns: undefined };

/**
 * Only the table takes notice of width and colour, and the json sink of nothing: so variants of the others
 * share a file.
 */
function goldenName(name: string, variant: string, options: SinkOptions): string {
  if (name === "table") return `table-${variant}`;
  return name === "json" || options.stack ? `${name}-plain` : `${name}-no-stack`;
}

/** Any text, but with a good share of what does harm. */
const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("\x1b[31m", "\u202e", "\n", "\r", "\t", "\\", '"', "\x9b", "\ud800", "é", "a"), {
      maxLength: 12,
    })
    .map((parts) => parts.join("")),
);

/** A drop with three texts wherever an owner has one. */
function ownedBy(one: string, two: string, three: string): DropEvent {
  return {
    ...fullDrop,
    owner: ownerOf({
      ...{ comm: one, exe: two, user: three, cgroup: one, socketCgroup: two, hint: three },
      ...{ unit: one, runtime: two, containerId: three, container: one, image: two },
      ...{ containerOuter: three, pod: one, podNamespace: two, podUid: three },
    }),
    netns: { cookie: 1n, name: one },
  };
}

for (const { name, allEvents } of SINKS) {
  describe(`sink ${name}`, () => {
    test("createSink makes the sink of this name", () => assert.equal(createSink(name, PLAIN).name, name));

    for (const [variant, options] of Object.entries(VARIANTS)) {
      test(`shows the sample events as the golden file says: ${variant}`, () => {
        const sink = createSink(name, options);
        // The deep stack has a test of its own, so that the files stay small.
        const events = Object.entries(sampleEvents).filter(([, event]) => event !== deepDrop);
        const text = sink.header() + events.map(([, event]) => sink.format(event)).join("");
        const path = `${GOLDEN}${goldenName(name, variant, options)}.txt`;
        if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
        assert.equal(text, readFileSync(path, "utf8"));
      });
    }

    test("format gives the same text for the same event, whatever came before", () => {
      const used = createSink(name, PLAIN);
      for (const event of Object.values(sampleEvents)) used.format(event);
      for (const event of Object.values(sampleEvents))
        assert.equal(used.format(event), createSink(name, PLAIN).format(event));
    });

    test("format gives whole lines, and no NaN, undefined, null or [object Object]", () => {
      for (const options of Object.values(VARIANTS)) {
        for (const event of Object.values(drops)) {
          const text = createSink(name, options).format(event);
          assert.match(text, /\n$/);
          assert.doesNotMatch(text, /NaN|undefined|null|\[object/);
        }
      }
    });

    test("format shows lost and summary only where the output is for machines", () => {
      for (const event of [lost, finding, summary])
        assert.equal(createSink(name, PLAIN).format(event) !== "", allEvents);
    });

    test("format shows refused SYNs, except in bcc's layout, which has no such thing", () => {
      for (const options of Object.values(VARIANTS)) {
        for (const event of [
          refused,
          refusedV6,
          refusedByNobody,
          refusedEach,
          refusedEachV6,
          refusedUntold,
        ]) {
          const text = createSink(name, options).format(event);
          assert.equal(text.includes(event.site.reason) && /\n$/.test(text), name !== "bcc");
          assert.doesNotMatch(text, /NaN|undefined|null|\[object/);
        }
      }
    });

    test("format shows every frame of a deep stack", () => {
      const text = createSink(name, PLAIN).format(deepDrop);
      for (const frame of deepDrop.stack ?? []) assert.ok(text.includes(frame), frame);
    });

    test("format lets nothing of an owner's names through, however long they are", () => {
      const hostileName = fc.oneof(
        hostileText,
        hostileText.map((text) => text.repeat(Math.ceil(4096 / Math.max(1, text.length)))),
      );
      const formats = [undefined, 80].map((columns) => ({
        columns,
        sink: createSink(name, { all: false, stack: false, colour: false, columns }),
      }));
      const property = fc.property(hostileName, hostileName, hostileName, (one, two, three) => {
        const event = ownedBy(one, two, three);
        for (const { columns, sink } of formats) {
          const lines = sink.format(event).split("\n");
          for (const line of lines) assert.match(line, /^[\x20-\x7e]*$/);
          if (columns === undefined) assert.equal(lines.length, 2);
          else if (name === "table") assert.ok(Math.max(...lines.map(({ length }) => length)) <= columns);
        }
      });
      fc.assert(property, { numRuns: 300 });
    });

    test("format lets no control character, escape sequence or bidi override through", () => {
      fc.assert(
        fc.property(hostileText, hostileText, hostileText, (one, two, three) => {
          const event = dropWith(fullDrop, {
            comm: one,
            ifname: two,
            state: three,
            reason: one,
            reasonSubsystem: two,
            location: three,
            stack: [one, two, three],
          });
          for (const columns of [undefined, 80]) {
            const lines = createSink(name, { all: false, stack: true, colour: false, columns })
              .format(event)
              .split("\n");
            for (const line of lines) assert.match(line, /^\t?[\x20-\x7e]*$/);
            if (name !== "json" && columns === undefined) assert.equal(lines.length, 1 + 3 + 2);
          }
        }),
        { numRuns: 500 },
      );
    });
  });
}

test("createSink names the formats there are when it does not know one", () => {
  assert.throws(() => createSink("xml", PLAIN), { code: "USAGE", hint: "Formats are table, bcc, json" });
});

test("SINKS are the words that --format takes, in their order", () => {
  assert.deepEqual(
    SINKS.map(({ name }) => name),
    FORMATS,
  );
});
