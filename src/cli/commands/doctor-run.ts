/** `tcpdrop doctor --seconds N`: traces for so long, shows no drops, and ends in the report. */
import { EXIT } from "../../errors.ts";
import type { Report, SummaryNotice } from "../../model/index.ts";
import { discardSink } from "../../out/callback-sink.ts";
import { startRun } from "../../run/start-run.ts";
import { plainText } from "../../sinks/plain-text.ts";
import { formatReport } from "../../sinks/report-text.ts";
import { toJsonLine } from "../../sinks/to-json.ts";
import { openLive } from "../../source/open-live.ts";
import { endBudget, endOfRun } from "../end-of-run.ts";
import { reportOptions, sayUntilNow } from "../end-words.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { netnsOf } from "../netns-setting.ts";
import { print, STDOUT, say } from "../print.ts";
import { ReportOfRun, summaryOf } from "../report-of-run.ts";
import type { Settings } from "../settings.ts";

export interface DoctorRun {
  readonly durationMs: number;
  readonly json: boolean;
  readonly btf: string | undefined;
  readonly netns: readonly number[] | undefined;
}

/** The exit code says whether anything is wrong. */
export async function runDoctorTrace({ durationMs, json, btf, netns }: DoctorRun): Promise<number> {
  sayWithoutBlocking();
  const ending = endOfRun(undefined);
  using report = new ReportOfRun();
  const live = openLive({ btf, netns });
  const { source, filter, all } = live;
  await using run = startRun(source, { filter, all, observers: [report], sinks: [discardSink()] });
  try {
    report.start(run, live, netns);
    say(`Looking at TCP drops for ${durationMs / 1000} s. Ctrl-C ends earlier.\n`);
    ending.onTotals(() => run.attempt(() => sayUntilNow(run, report, { all: false })));
    ending.startTimer(durationMs);
    await Promise.race([ending.finished, run.finished]);
    report.close();
    const budget = endBudget();
    const summary = await run.end(budget);
    const concluded = report.make(summary, budget.untilMs("snapshots"));
    if (run.failure !== undefined) throw run.failure.cause;
    // Detached. From here on only the reader of stdout can delay the end, and any signal ends that.
    ending.release();
    for (const problem of summary.problems) say(`${plainText(problem)}\n`);
    print(
      json ? jsonLines(concluded, summary) : formatReport(concluded, summary, reportOptions(STDOUT, false)),
    );
    return concluded.findings.some(({ severity }) => severity !== "info") ? EXIT.wrong : EXIT.done;
  } finally {
    ending.release();
  }
}

function jsonLines(report: Report, summary: SummaryNotice): string {
  const last: SummaryNotice = { ...summary, report: summaryOf(report) };
  return [...report.findings, last].map(toJsonLine).join("");
}

/** Undefined where doctor is to examine the machine instead. */
export function doctorRunOf(settings: Settings<"doctor">): DoctorRun | undefined {
  const { seconds, json, btf } = settings.values;
  return seconds === undefined
    ? undefined
    : { durationMs: seconds, json: json ?? false, btf, netns: netnsOf(settings) };
}
