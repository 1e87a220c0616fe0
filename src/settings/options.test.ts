import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TcpdropError, UsageError } from "../errors.ts";
import { parseFilter } from "../filter-language/index.ts";
import { checkOptions } from "./options.ts";
import type { TraceOptions } from "./request.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 4;
const OWN_NETNS = statSync("/proc/self/ns/net").ino;

/** Options as JavaScript gives them. */
const check = (options: unknown) => checkOptions(options as TraceOptions);

describe("checkOptions", () => {
  test("takes nothing, and what is undefined", () => {
    for (const options of [{}, { count: undefined, netns: undefined }]) {
      const { request, signal, highWaterMark } = check(options);
      assert.deepEqual(
        Object.entries(request).filter(([, value]) => value !== undefined),
        [["owners", "process"]],
      );
      assert.deepEqual([signal, highWaterMark], [undefined, 10_000]);
    }
  });

  for (const [options, request] of [
    [{ families: 4 }, { family: 4 }],
    [{ families: [6] }, { family: 6 }],
    [{ families: [4, 6] }, { family: undefined }],
    [{ netns: 4026531840 }, { netns: [4026531840] }],
    [{ netns: "/proc/self/ns/net" }, { netns: [OWN_NETNS] }],
    [{ netns: [`pid:${process.pid}`, 1] }, { netns: [OWN_NETNS, 1] }],
    [{ filter: parseFilter("port 443") }, { filter: parseFilter("port 443") }],
    [{ filter: "port https" }, { filter: { ...parseFilter("port 443"), text: "port https" } }],
    [{ all: true }, { all: true }],
    [{ stacks: "none" }, { stacks: "none" }],
    [{ stacks: 50 }, { stacks: 50 }],
    [{ stacks: 0 }, { stacks: "none" }],
    [{ events: false }, { rows: false }],
    [{ sample: 1 / 100 }, { sampleOneOf: 100 }],
    [{ sample: 0.01 }, { sampleOneOf: 100 }],
    [{ sample: 1 }, { sampleOneOf: 1 }],
    [{ maxPerSecond: 1000 }, { maxPerSecond: 1000 }],
    [{ count: 3 }, { count: 3 }],
    [{ count: Number.MAX_SAFE_INTEGER }, { count: Number.MAX_SAFE_INTEGER }],
    [{ maxPerSecond: 2 ** 31 - 1 }, { maxPerSecond: 2 ** 31 - 1 }],
    [{ sample: 1 / (2 ** 31 - 1) }, { sampleOneOf: 2 ** 31 - 1 }],
    [{ netns: 2 ** 32 - 1 }, { netns: [2 ** 32 - 1] }],
    [{ __proto__: null, count: 3 }, { count: 3 }],
    [{ refusedSyns: "counted" }, { listeners: "counted" }],
    [{ refusedSyns: false }, { listeners: false }],
    [{ stats: true }, { cost: true }],
    [{ owners: "cgroup" }, { owners: "cgroup" }],
    [{ ownerWaitMs: 0 }, { ownerWaitMs: 0 }],
    [{ ownerMemory: true }, { ownerMemory: true }],
    [{ ownerBudgetPercent: 0.5 }, { ownerBudgetPercent: 0.5 }],
    [{ bufferBytes: 5000 }, { bufferBytes: 8192 }],
    [{ btf: "/a/file" }, { btf: "/a/file" }],
  ] as const)
    test(`takes ${JSON.stringify(options).slice(0, 60)}`, () => {
      for (const [name, value] of Object.entries(request)) {
        const found: unknown = Reflect.get(check(options).request, name);
        // Positions of words in the text differ where a port is a number.
        if (name === "filter") assert.equal(JSON.stringify(Object(found)).includes("443"), true);
        else assert.deepEqual(found, value);
      }
    });

  test("takes a signal, of another realm too, and a mark", () => {
    const { signal } = new AbortController();
    assert.equal(check({ signal }).signal, signal);
    const other = { aborted: false, addEventListener() {}, removeEventListener() {} };
    assert.equal(check({ signal: other }).signal, other);
    assert.equal(check({ highWaterMark: 5 }).highWaterMark, 5);
  });

  for (const [options, message, hint = /^For example /] of [
    [{ stacks: "foo" }, /^stacks: 'foo' is not a stack policy/],
    [{ stacks: -1 }, /^stacks: -1 is not/],
    [{ netns: "x" }, /^netns: 'x': Cannot find the network namespace "x"/, /./],
    [{ netns: [] }, /^netns: \[\] is not a network namespace/],
    [{ netns: { pid: 1 } }, /^netns: \{ pid: 1 \} is not/],
    [{ netns: [1, null] }, /^netns: \[ 1, null \] is not/],
    [
      { netns: -1 },
      /^netns: -1: -1 cannot be the inode number of a network namespace: .* 1 to 4294967295$/,
      /./,
    ],
    [{ netns: 0 }, /^netns: 0: 0 cannot be the inode number/, /./],
    [{ netns: [1, 1.5] }, /^netns: \[ 1, 1\.5 \]: 1\.5 cannot be the inode number/, /./],
    [{ netns: Number.NaN }, /^netns: NaN: NaN cannot be the inode number/, /./],
    [{ netns: 2 ** 32 }, /^netns: 4294967296: 4294967296 cannot be the inode number/, /./],
    [{ netns: 1e21 }, /^netns: 1e\+21: 1e\+21 cannot be the inode number/, /./],
    [{ count: 0 }, /^count: 0 is not a whole number from 1 to 2\^53-1$/, /^For example count: 10$/],
    [{ count: 2 ** 53 }, /^count: 9007199254740992 is not a whole number from 1 to 2\^53-1$/],
    [{ maxPerSecond: 2 ** 40 }, /^maxPerSecond: 1099511627776 is not a whole number from 1 to 2147483647$/],
    [{ sample: 1e-12 }, /^sample: 1e-12 is not 1 divided by a whole number from 1 to 2147483647$/],
    [{ stacks: 2 ** 40 }, /^stacks: 1099511627776 is not .* per site and CPU, at most 2147483647$/],
    [{ count: "10" }, /^count: '10' is not/],
    [{ count: null }, /^count: null is not/],
    [{ sample: -1 }, /^sample: -1 is not 1 divided by a whole number from 1 to 2147483647$/],
    [{ sample: 0.3 }, /^sample: 0\.3 is not/],
    [{ sample: 100 }, /^sample: 100 is not/],
    [{ maxPerSecond: 0 }, /^maxPerSecond: 0 is not/],
    [{ highWaterMark: 0 }, /^highWaterMark: 0 is not/],
    [{ families: 5 }, /^families: 5 is not 4, 6 or a list of them$/],
    [{ families: [] }, /^families: \[\] is not/],
    [{ bufferBytes: 1000 }, /^bufferBytes: 1000 is not a size from 4K to 1G$/],
    [{ bufferBytes: 1e300 }, /^bufferBytes: 1e\+300 is not/],
    [{ btf: "" }, /^btf: '' is not the name of a file$/],
    [{ events: 0 }, /^events: 0 is not true or false$/],
    [{ refusedSyns: "auto" }, /^refusedSyns: 'auto' is not true, false or "counted"$/],
    [{ filter: 5 }, /^filter: 5 is not a filter$/, /^For example filter: "port 443"$/],
    [{ filter: { text: "port 443" } }, /^filter: \{ text: 'port 443' \} is not a filter$/],
    [{ signal: true }, /^signal: true is not an AbortSignal$/],
    [{ sampleOneOf: 100 }, /^A trace has no option 'sampleOneOf'$/, /^Did you mean sample/],
    [{ family: 4 }, /^A trace has no option 'family'$/, /^Did you mean families/],
    [{ fliter: "port 1" }, /^A trace has no option 'fliter'$/, /^Did you mean filter/],
    [{ constructor: 1 }, /^A trace has no option 'constructor'$/, /./],
    [{ "\x1b[2J": 1 }, /^A trace has no option '\\x1B\[2J'$/, /^The options are families, netns/],
    [{ events: false, count: 1 }, /^count cannot be combined with events: false/, /Remove one/],
    [null, /^null is not an object/, /^$/],
    [5, /^5 is not an object/, /^$/],
    [[], /^\[\] is not an object/, /^$/],
    [Object.create({ count: 0 }), /is not a plain object/, /^Inherited options are not read/],
    [Object.create({ __proto__: null, count: 0 }), /is not a plain object/, /^Inherited/],
    [
      new (class Options {
        count = 1;
      })(),
      /^Options \{ count: 1 \} is not a plain object/,
      /./,
    ],
    [new Map([["count", 1]]), /is not a plain object/, /./],
    [AbortSignal.abort(), /^AbortSignal .* is not a plain object/, /./],
  ] as const)
    test(`refuses ${JSON.stringify(options)}, and names the option`, () => {
      assert.throws(
        () => check(options),
        (failure) => {
          assert.ok(failure instanceof UsageError, String(failure));
          assert.match(failure.message, message);
          assert.match(failure.hint ?? "", hint);
          return true;
        },
      );
    });

  test("shows where a filter of text is wrong", () => {
    assert.throws(() => check({ filter: "port htp" }), {
      code: "FILTER",
      message: /"htp" is no port\n {2}port htp/,
    });
  });

  test("takes or refuses any value of any option, with an error of ours that names it", () => {
    const names = [
      "families",
      "netns",
      "filter",
      "all",
      "stacks",
      "events",
      "sample",
      "maxPerSecond",
      "count",
    ];
    const more = ["refusedSyns", "stats", "bufferBytes", "btf", "signal", "highWaterMark"];
    const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
    const property = fc.property(fc.constantFrom(...names, ...more), anything, (name, value) => {
      try {
        check({ [name]: value });
      } catch (failure) {
        assert.ok(failure instanceof TcpdropError, String(failure));
        assert.ok(failure.code === "FILTER" || failure.message.startsWith(`${name}: `), failure.message);
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
