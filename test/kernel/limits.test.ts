/**
 * Drops that are seen and not shown, or shown without a stack, because less was asked for: the totals have
 * all of them, exactly.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { parseFilter, type SummaryNotice, type TraceOptions } from "../../src/index.ts";
import { addressBytes, CLIENT, Hosts, SERVER, waitFor } from "../../src/lab/hosts.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { FloodProcess } from "../lab/flood-process.ts";
import { patient } from "../patience.ts";
import { givesReasons } from "./scenarios/reasons.ts";
import { resets, turn } from "./storm.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(60_000) };
const MADE = 2000;
const AT_ONCE = 250;

/** Drops at one site, while a trace runs; the machine's other drops are filtered. */
async function traced(
  options: Omit<TraceOptions, "netns" | "signal">,
): Promise<{ tracing: Tracing; summary: SummaryNotice }> {
  const tracing = await Tracing.open(options);
  try {
    for (let from = 0; from < MADE; from += AT_ONCE) {
      tracing.hosts.injectAll(resets(from, AT_ONCE));
      await turn();
    }
    return { tracing, summary: await tracing.finish() };
  } finally {
    await tracing[Symbol.asyncDispose]();
  }
}

/** Those that were read have their variant, and the others none. */
function closedPort({ bySite }: SummaryNotice): number {
  return bySite
    .filter(
      ({ reason, class: dropClass, ip }) =>
        (reason ?? "NO_SOCKET") === "NO_SOCKET" && dropClass !== "copy" && ip === 4,
    )
    .reduce((sum, { count }) => sum + count, 0);
}

/** Sites count every drop that was seen and not filtered, whatever its outcome. */
function checkPlaces({ totals, bySite, undecodableByKind }: SummaryNotice): void {
  const { header_not_linear: notLinear = 0, header_not_set: notSet = 0 } = undecodableByKind;
  const sum = bySite.reduce((all, { count }) => all + count, 0);
  assert.equal(
    sum,
    totals.seen - totals.filtered - notLinear - notSet,
    JSON.stringify({ totals, bySite: bySite.length }),
  );
}

test("totals by site are exact, also if the ring lost most of the drops", LIMIT, async () => {
  const { summary } = await traced({ bufferBytes: 4096 });
  checkPlaces(summary);
  assert(summary.totals.lost > 0, "the ring was too small");
  assert.equal(closedPort(summary), MADE);
});

test("sample: every hundredth is shown, on each CPU, and the others are limited", LIMIT, async () => {
  const { tracing, summary } = await traced({ sample: 1 / 100 });
  checkPlaces(summary);
  const { shown, limited } = summary.totals;
  assert.equal(closedPort(summary), MADE);
  assert.equal(shown + limited, MADE);
  // The first on each dropping CPU, then every hundredth.
  assert(shown >= MADE / 100 && shown <= MADE / 100 + 64, `shown ${shown}`);
  assert.equal(tracing.drops.length, shown);
});

test("maxPerSecond: no more than that in a second, and the others are limited", LIMIT, async () => {
  const perSecond = 50;
  const startedMs = performance.now();
  const { summary } = await traced({ maxPerSecond: perSecond });
  const seconds = Math.ceil((performance.now() - startedMs) / 1000) + 1;
  checkPlaces(summary);
  const { shown, limited } = summary.totals;
  assert.equal(shown + limited, MADE);
  assert(shown >= perSecond && shown <= perSecond * seconds, `shown ${shown} in ${seconds} s`);
});

test("if user space evaluates part of the filter, rows are limited after it", LIMIT, async () => {
  await using tracing = await Tracing.open({ sample: 1 / 2, filter: parseFilter("location tcp_v4_rcv") });
  const v4 = [...resets(0, 100)];
  const v6 = v4.map((segment) => ({
    ...segment,
    source: addressBytes(6, CLIENT),
    destination: addressBytes(6, SERVER),
  }));
  for (const [at, segment] of v4.entries()) tracing.hosts.injectAll([v6[at] ?? segment, segment]);
  const { totals, filterRest } = await tracing.finish();
  assert.equal(filterRest, "location tcp_v4_rcv");
  assert.deepEqual([totals.shown, totals.limited], [50, 50]);
  assert(totals.filtered >= 100, `${totals.filtered} filtered`);
  assert(tracing.drops.every(({ ip }) => ip === 4));
  assert.equal(imbalance(totals), 0);
});

test("stacks: N per second and site; the others are marked as omitted", LIMIT, async () => {
  const perSecond = 10;
  const { tracing, summary } = await traced({ stacks: perSecond });
  assert.equal(summary.totals.shown, MADE);
  const withStack = tracing.drops.filter(({ stack }) => stack !== undefined);
  const omitted = tracing.drops.filter(({ stackOmitted }) => stackOmitted);
  assert.equal(withStack.length + omitted.length, MADE);
  assert(withStack.length >= perSecond && omitted.length > MADE / 2, `${withStack.length} stacks`);
  assert(
    omitted.every(({ location }) => location !== ""),
    "the location is always there",
  );
  for (const policy of ["all", "none"] as const) {
    const { tracing: other } = await traced({ stacks: policy });
    assert(
      other.drops.every(
        ({ stack, stackOmitted }) => (stack !== undefined) === (policy === "all") && !stackOmitted,
      ),
    );
  }
});

test("events false: nothing is shown, everything is counted, with the site and its rate", LIMIT, async () => {
  const { tracing, summary } = await traced({ events: false });
  checkPlaces(summary);
  assert.equal(tracing.drops.length, 0);
  assert.equal(closedPort(summary), MADE);
  assert.equal(summary.totals.shown, 0);
  assert.equal(summary.totals.limited, MADE);
});

test(
  "tcpdrop --summary prints totals at intervals, and the exact ones at the end; --stats says what it cost",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    const made = 200_000;
    for (const format of ["table", "json"]) {
      await using flood = await FloodProcess.start(hosts, { count: made });
      await using command = new RunningCommand([
        "--netns",
        String(hosts.server.inode),
        "--summary=100ms",
        "--stats",
        "--format",
        format,
      ]);
      await command.attached();
      flood.go();
      await flood.done();
      // A fast machine makes all drops within the first interval: wait for the next one too.
      const totals = format === "table" ? /^ *DROPS\/S /gm : /"type":"totals"/g;
      await waitFor(
        () =>
          command.stdout.includes(String(made)) && [...command.stdout.matchAll(totals)].length > 1
            ? true
            : undefined,
        "The totals with all drops, and those of another interval",
      );
      const { code } = await command.end("SIGINT");
      assert.equal(code, EXIT.done, command.stderr);
      assert.match(command.stderr, /cost: program in the kernel \d+ ns a run, \d+ runs/);
      // The last table on stdout has them: the closing words do not repeat it.
      assert.doesNotMatch(command.stderr, /tcp_v4_rcv/);
      if (format === "table") {
        assert.match(command.stdout, / {2}DROPS\/S +TOTAL +SHARE +LAST +IP +CLASS +REASON +LOCATION\n/);
        assert.match(
          command.stdout,
          new RegExp(
            ` ${made} +[\\d.]+% .* ${givesReasons ? "refused +NO_SOCKET" : "loss +-"} +tcp_v4_rcv\\+0x`,
          ),
        );
      } else {
        const lines = command.stdout
          .trim()
          .split("\n")
          .map(
            (line) =>
              JSON.parse(line) as {
                type: string;
                by_site?: { count: number }[];
                limited?: number;
                cost?: Record<string, number>;
              },
          );
        const last = lines.at(-1);
        assert.equal(last?.type, "summary");
        assert.equal(last?.limited, made);
        assert.equal(last?.by_site?.[0]?.count, made);
        assert(
          (last?.cost?.["program_runs"] ?? 0) >= made && (last?.cost?.["program_ns"] ?? 0) > 0,
          JSON.stringify(last?.cost),
        );
      }
    }
  },
);

test("--count: what came after it is unread because of it", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand([
    ...["--netns", String(hosts.server.inode), "-c", "1", "--format", "json", "--no-stack"],
  ]);
  await command.attached();
  hosts.injectAll(resets(0, 50));
  const { code } = await command.end();
  assert.equal(code, EXIT.done, command.stderr);
  const last = JSON.parse(command.stdout.trimEnd().split("\n").at(-1) ?? "{}") as {
    unread: number;
    unread_by?: Readonly<Record<string, number>>;
  };
  assert(last.unread > 0, command.stdout);
  assert.deepEqual(last.unread_by, { count: last.unread });
  assert.match(command.stderr, new RegExp(`^unread: ${last.unread} after --count was reached$`, "m"));
});
