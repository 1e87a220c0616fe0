/** The program as text, for kernels that are not here. UPDATE_GOLDEN=1 writes test/golden/ anew. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BtfWriter } from "../../../../tools/btf-writer.ts";
import { KernelTypes, listing } from "../../../bpf/index.ts";
import { Btf } from "../../../btf/index.ts";
import { HOST_LITTLE_ENDIAN } from "../../../bytes/endian.ts";
import { UnsupportedError } from "../../../errors.ts";
import type { HeaderAccess } from "../../core/header-reader.ts";
import { partDigests } from "../../core/part-digests.test.kit.ts";
import { ringMap } from "../../core/ring-map.ts";
import { dropDesign } from "./drop-program.ts";
import type { ProbeRequest } from "./request.ts";
import { kfreeSkbArguments } from "./tracepoint-arguments.ts";

/** dist/src/capture/kinds/drop/ is five levels below the root. */
const at = (path: string): string => fileURLToPath(new URL(`../../../../../test/${path}`, import.meta.url));
const fixture = (release: string): KernelTypes =>
  new KernelTypes(Btf.parse(readFileSync(at(`fixtures/btf/${release}.btf`))));

const EVERYTHING: ProbeRequest = {
  family: 4,
  filter: undefined,
  netns: [4_026_531_840],
  stacks: 100,
  callersFor: [2],
  codes: { queuePurge: 105, notSpecified: 2, oldSequence: 46, oldData: 33 },
  otherHost: 3,
  emptyPurged: 4,
  hiddenNormal: [3],
  hiddenCopy: [5],
  hideCopies: true,
  hideSites: true,
  rows: true,
  sampleOneOf: 100,
  maxPerSecond: 1000,
  snaplen: "headers",
};
/** What can be asked for of a kernel that gives no reasons. */
const WITHOUT_REASONS: ProbeRequest = {
  ...EVERYTHING,
  callersFor: [],
  emptyPurged: undefined,
  hiddenNormal: [],
  hiddenCopy: [],
};
const NOTHING: ProbeRequest = {
  family: undefined,
  filter: undefined,
  netns: undefined,
  stacks: "none",
  callersFor: [],
  codes: {},
  otherHost: undefined,
  emptyPurged: undefined,
  hiddenNormal: [],
  hiddenCopy: [],
  hideCopies: false,
  hideSites: false,
  rows: true,
  sampleOneOf: undefined,
  maxPerSecond: undefined,
  snaplen: undefined,
};

const OWNERS: ProbeRequest = { ...NOTHING, owners: true, ownerTotals: true };

const build = (kernel: KernelTypes, request: ProbeRequest, access: HeaderAccess): string =>
  listing(dropDesign(kernel, request, ringMap(1 << 20)).program(access));

describe("dropProgram", () => {
  /** How each kernel reads headers: the newest whole, of the others a digest of each part. */
  const GOLDEN = [
    ["5.10", "probe", "everything", WITHOUT_REASONS, "digests"],
    ["6.1", "probe", "everything", EVERYTHING, "digests"],
    ["6.12", "probe", "nothing", NOTHING, "digests"],
    ["6.18", "direct", "nothing", NOTHING, "digests"],
    ["6.18", "direct", "everything", EVERYTHING, "whole"],
    ...(
      [
        ["5.10", "probe"],
        ["6.1", "probe"],
        ["6.12", "probe"],
        ["6.18", "direct"],
      ] as const
    ).map(([release, access]) => [release, access, "owners", OWNERS, "digests"] as const),
  ] as const;
  // Constants that are compared with a packet's bytes, and positions of bits, are others on a big-endian
  // machine.
  const skip = HOST_LITTLE_ENDIAN ? false : "the listings that were looked at are a little-endian machine's";
  for (const [release, access, title, request, how] of GOLDEN) {
    test(`for Linux ${release}, headers by ${access}, ${title} asked for: is the listing that was looked at`, {
      skip,
    }, () => {
      const whole = build(fixture(release), request, access);
      const text = how === "whole" ? whole : partDigests(whole);
      const path = at(`golden/drop-program-${release}-${access}-${title}.txt`);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
      assert.equal(text, readFileSync(path, "utf8"));
    });
  }

  for (const release of ["6.1", "6.12", "6.18"]) {
    test(`for Linux ${release}: the same request is the same program, and an option that is not asked for costs nothing`, () => {
      const kernel = fixture(release);
      for (const access of ["direct", "probe"] as const) {
        const least = build(kernel, NOTHING, access);
        assert.equal(build(kernel, NOTHING, access), least);
        for (const more of [
          { family: 6 },
          { netns: [1] },
          { stacks: "all" },
          { hiddenNormal: [3] },
          { hiddenCopy: [5] },
          { hideCopies: true },
          { hideSites: true },
          { callersFor: [2] },
          { otherHost: 3 },
          { emptyPurged: 4 },
          { snaplen: "headers" },
          { owners: true },
          { ownerTotals: true },
        ] as const) {
          assert.ok(
            build(kernel, { ...NOTHING, ...more }, access).length > least.length,
            JSON.stringify(more),
          );
        }
      }
    });
  }

  test("offsets are the kernel's own: they differ between kernels", () => {
    const lengths = ["6.1", "6.12", "6.18"].map((release) =>
      fixture(release).offsetOf("sk_buff", "network_header"),
    );
    assert.equal(
      new Set([build(fixture("6.1"), NOTHING, "probe"), build(fixture("6.18"), NOTHING, "probe")]).size,
      2,
    );
    assert.ok(lengths.every((offset) => offset > 0));
  });
});

describe("kfreeSkbArguments", () => {
  const KNOWN = {
    "5.10": { skb: 0, location: 1, reason: undefined, rxSk: undefined },
    "6.1": { skb: 0, location: 1, reason: 2, rxSk: undefined },
    "6.12": { skb: 0, location: 1, reason: 2, rxSk: 3 },
    "6.18": { skb: 0, location: 1, reason: 2, rxSk: 3 },
  };
  for (const [release, wanted] of Object.entries(KNOWN)) {
    test(`of Linux ${release}`, () => assert.deepEqual(kfreeSkbArguments(fixture(release)), wanted));
  }

  type Argument = "sk_buff" | "sock" | "void" | "const void" | "reason" | "int";

  /**
   * A kernel whose tracepoint has these arguments; `names` as a func has them, since BTF of a typedef has
   * none.
   */
  function kernelWith(types: readonly Argument[], names?: readonly string[]): KernelTypes {
    const writer = new BtfWriter();
    const int = writer.add({ kind: "int", name: "int", sizeBytes: 4, encoding: 1 });
    const struct = (name: string): number =>
      writer.add({ kind: "ptr", typeId: writer.add({ kind: "struct", name, sizeBytes: 0, members: [] }) });
    const ids: Readonly<Record<Argument, number>> = {
      sk_buff: struct("sk_buff"),
      sock: struct("sock"),
      void: writer.add({ kind: "ptr", typeId: 0 }),
      "const void": writer.add({ kind: "ptr", typeId: writer.add({ kind: "const", typeId: 0 }) }),
      reason: writer.add({
        kind: "enum",
        name: "skb_drop_reason",
        sizeBytes: 4,
        values: [["SKB_NOT_DROPPED_YET", 0]],
      }),
      int,
    };
    const prototype = (parameterNames: readonly string[]): number =>
      writer.add({
        kind: "func_proto",
        typeId: 0,
        parameters: [
          { typeId: ids.void },
          ...types.map((type, index) => ({ name: parameterNames[index] ?? "", typeId: ids[type] })),
        ],
      });
    writer.add({
      kind: "typedef",
      name: "btf_trace_kfree_skb",
      typeId: writer.add({ kind: "ptr", typeId: prototype([]) }),
    });
    if (names !== undefined)
      writer.add({ kind: "func", name: "__bpf_trace_kfree_skb", typeId: prototype(names) });
    return new KernelTypes(Btf.parse(writer.bytes()));
  }

  test("go by type where BTF has no names", () => {
    assert.deepEqual(kfreeSkbArguments(kernelWith(["sk_buff", "void", "reason", "sock"])), {
      skb: 0,
      location: 1,
      reason: 2,
      rxSk: 3,
    });
    assert.deepEqual(kfreeSkbArguments(kernelWith(["reason", "sock", "sk_buff", "void"])), {
      skb: 2,
      location: 3,
      reason: 0,
      rxSk: 1,
    });
  });

  test("go by name where there are names, whatever the order", () => {
    const kernel = kernelWith(["void", "sk_buff", "sock", "reason"], ["location", "skb", "rx_sk", "reason"]);
    assert.deepEqual(kfreeSkbArguments(kernel), { skb: 1, location: 0, reason: 3, rxSk: 2 });
  });

  test("have no reason before Linux 5.17, with names or without", () => {
    const wanted = { skb: 0, location: 1, reason: undefined, rxSk: undefined };
    assert.deepEqual(kfreeSkbArguments(kernelWith(["sk_buff", "void"])), wanted);
    assert.deepEqual(kfreeSkbArguments(kernelWith(["sk_buff", "void"], ["skb", "location"])), wanted);
  });

  test("may be a socket without a reason, and of constant things (Linux 7.3)", () => {
    assert.deepEqual(kfreeSkbArguments(kernelWith(["sk_buff", "const void", "sock"])), {
      skb: 0,
      location: 1,
      reason: undefined,
      rxSk: 2,
    });
    assert.deepEqual(kfreeSkbArguments(kernelWith(["sk_buff", "const void", "reason", "sock"])), {
      skb: 0,
      location: 1,
      reason: 2,
      rxSk: 3,
    });
  });

  test("a reason may be there whatever the release, as a plain number too, where a function names it", () => {
    assert.deepEqual(
      kfreeSkbArguments(kernelWith(["sk_buff", "void", "int"], ["skb", "location", "reason"])),
      {
        skb: 0,
        location: 1,
        reason: 2,
        rxSk: undefined,
      },
    );
  });

  const lacks = (kernel: KernelTypes, feature: string, since: string | undefined): void => {
    assert.throws(
      () => kfreeSkbArguments(kernel),
      (error) => {
        assert.ok(error instanceof UnsupportedError);
        assert.deepEqual([error.feature, error.since, error.exitCode], [feature, since, 3]);
        return true;
      },
    );
  };
  test("other arguments than known ones are an error", () =>
    lacks(kernelWith(["int", "reason"]), "tp_btf/kfree_skb", undefined));
  test("a kernel without the tracepoint is an error", () => {
    const writer = new BtfWriter();
    writer.add({ kind: "int", name: "int", sizeBytes: 4 });
    lacks(new KernelTypes(Btf.parse(writer.bytes())), "tp_btf/kfree_skb", "5.5");
  });

  test("a struct or field that cannot be done without is an UnsupportedError that names it", () => {
    assert.throws(
      () => dropDesign(kernelWith(["sk_buff", "void", "reason"]), NOTHING, ringMap(4096)).program("probe"),
      (error) =>
        error instanceof UnsupportedError &&
        /^sk_buff\.\w+$/.test(error.feature) &&
        error.message === `This kernel has no ${error.feature}`,
    );
  });
});
