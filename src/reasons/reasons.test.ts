import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { reasonsPage } from "../../tools/docs/reasons-page.ts";
import { findEnum, openKernelBtf } from "../btf/index.ts";
import { DROP_CLASSES } from "../model/index.ts";
import { hiddenReasonNames, LISTEN, REASONS, reasonRow } from "./index.ts";

/** dist/src/reasons/ is three levels below the root. */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FIXTURES = `${ROOT}test/fixtures/reasons/`;

/** Mainline lists: a release did not have what its list lacks. */
const MAINLINE = ["6.6", "6.14", "6.19"];

/**
 * Kernels on which tests run, or whose programs are tested: each has a list. 5.10 gives no reasons.
 */
const MATRIX = ["6.1", "6.12", "6.16", "6.17", "6.18", "7.3"];

const subsystemOfFile: Readonly<Record<string, string>> = {
  openvswitch: "OPENVSWITCH",
  qdisc: "QDISC",
  "mac80211-unusable": "MAC80211_UNUSABLE",
  "mac80211-monitor": "MAC80211_MONITOR",
};

function namesIn(file: string): readonly string[] {
  return readFileSync(FIXTURES + file, "utf8")
    .split("\n")
    .filter(Boolean);
}

function isKnown(name: string, subsystem: string): boolean {
  return REASONS.some((row) => row.name === name && row.subsystem === subsystem);
}

/** "6.18" before "7.3". */
function releaseNumber(release: string): number {
  const [major = 0, minor = 0] = release.split(".").map(Number);
  return major * 1000 + minor;
}

describe("REASONS", () => {
  for (const file of readdirSync(FIXTURES).filter((name) => name.endsWith(".txt"))) {
    const subsystem = subsystemOfFile[file.replace(/-[^-]*$/, "")] ?? "CORE";
    it(`has every name of ${file} (${subsystem})`, () => {
      const names = namesIn(file);
      assert.ok(names.length >= 3);
      assert.deepEqual(
        names.filter((name) => !isKnown(name, subsystem)),
        [],
      );
    });
  }

  for (const release of MATRIX)
    it(`has a row for each reason of Linux ${release}`, () => {
      const names = namesIn(`${release}.txt`);
      assert.ok(names.includes("NOT_SPECIFIED") && names.length >= 60, `${names.length} names`);
      for (const name of names) assert.ok(isKnown(name, "CORE"), name);
    });

  it("has every name of the running kernel", (t) => {
    const values = findEnum(openKernelBtf(), "skb_drop_reason");
    if (values === undefined) return t.skip("this kernel gives no reasons (before 5.17)");
    const names = [...values.keys()]
      .filter((name) => !/_(MAX|SUBSYS_MASK)$/.test(name))
      .map((name) => name.replace(/^SKB_DROP_REASON_/, ""));
    assert.ok(names.includes("NOT_SPECIFIED"));
    assert.deepEqual(
      names.filter((name) => !isKnown(name, "CORE")),
      [],
    );
  });

  it("has each name once in a subsystem", () => {
    const keys = REASONS.map((row) => `${row.subsystem} ${row.name}`);
    assert.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
    );
  });

  it("has no name that all kernels of the fixtures lack, except TC_ERROR of 6.7", () => {
    const known = new Set(
      readdirSync(FIXTURES).flatMap((file) => (file.endsWith(".txt") ? namesIn(file) : [])),
    );
    assert.deepEqual(
      REASONS.filter((row) => row.subsystem !== LISTEN && !known.has(row.name)).map((row) => row.name),
      ["TC_ERROR"],
    );
  });

  it("has a class, a kernel file with its release, a sentence and one line of advice in every row", () => {
    for (const row of REASONS) {
      assert.ok(DROP_CLASSES.includes(row.class), row.name);
      assert.match(row.kernelSource, /\.[ch].*\(v\d+\.\d+\)/, row.name);
      assert.match(row.meaning, /^[A-Z].*\.$|^dualpi2 .*\.$|^cake .*\.$|^tc .*\.$/, row.name);
      assert.ok(
        row.advice.length > 0 && row.advice.length <= 100 && !row.advice.includes("\n"),
        `${row.name}: ${row.advice.length}`,
      );
      assert.doesNotMatch(row.meaning + row.advice, /[^\x20-\x7e]/, row.name);
    }
  });

  it("gives counters in nstat's spelling", () => {
    for (const row of REASONS)
      if (row.counter !== undefined)
        assert.match(row.counter, /^(TcpExt|Tcp|IpExt|Ip6?|Udp|Icmp)[A-Z]\w+$/, row.name);
  });

  it("agrees with the mainline lists about `since`", () => {
    for (const release of MAINLINE) {
      const names = new Set(namesIn(`${release}.txt`));
      for (const row of REASONS.filter((each) => each.subsystem === "CORE" && each.since !== undefined)) {
        const begun = releaseNumber(row.since ?? "") <= releaseNumber(release);
        if (names.has(row.name))
          assert.ok(begun, `${row.name} is in ${release}, and said to be new in ${row.since}`);
        else if (row.name !== "TC_ERROR")
          assert.ok(!begun, `${row.name} is not in ${release}, and said to be there since ${row.since}`);
      }
    }
  });

  it("hides only what is proven harmless", () => {
    const hidden = REASONS.filter((row) => row.class === "normal" || row.class === "copy").map(
      (row) => row.name,
    );
    const expected = ["SKB_CONSUMED", "SOCKET_CLOSE", "PACKET_SOCK_ERROR", "UNIX_DISCONNECT", "OTHERHOST"];
    assert.deepEqual(hidden, [...expected, "IPV6_NDISC_NS_OTHERHOST", "NULL_DATA"]);
  });
});

describe("reasonRow", () => {
  it("finds rows by name and subsystem", () => {
    assert.equal(reasonRow("NO_SOCKET").class, "refused");
    assert.equal(reasonRow("RECURSION_LIMIT", "OPENVSWITCH").subsystem, "OPENVSWITCH");
    assert.notEqual(
      reasonRow("RECURSION_LIMIT").meaning,
      reasonRow("RECURSION_LIMIT", "OPENVSWITCH").meaning,
    );
  });

  it("returns loss for unknown names", () => {
    assert.deepEqual(
      [reasonRow("NEW_IN_9_9").class, reasonRow(undefined).class, reasonRow("toString").class],
      ["loss", "loss", "loss"],
    );
    assert.match(reasonRow("NEW_IN_9_9").meaning, /does not know/);
  });
});

describe("hiddenReasonNames", () => {
  it("returns core names only", () => {
    assert.deepEqual(hiddenReasonNames("copy"), ["PACKET_SOCK_ERROR"]);
    assert.ok(!hiddenReasonNames("normal").includes("NULL_DATA"));
  });
});

describe("docs/reasons.md", () => {
  it("is what reasonsPage renders", () => {
    assert.equal(readFileSync(`${ROOT}docs/reasons.md`, "utf8"), reasonsPage());
  });

  it("has a row for every reason", () => {
    const page = reasonsPage();
    for (const row of REASONS)
      assert.ok(page.includes(`| \`${row.name}\` | ${row.class} | ${row.meaning} |`), row.name);
  });
});
