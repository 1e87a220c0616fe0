/** What a run concludes: adds up its events, and makes the report at its end, or in between. */
import { Incidents, makeReport, type NetnsEvidence } from "../findings/index.ts";
import { StepRunner } from "../host/step-runner.ts";
import type { Event, Report, SummaryNotice, SummaryOfFindings } from "../model/index.ts";
import type { Observer } from "../run/observer.ts";
import type { Run } from "../run/run.ts";
import type { OpenLive } from "../source/open-live.ts";
import { type OpenSnapshots, openSnapshots } from "../source/open-snapshots.ts";
import { libcSyscalls } from "../sys/libc.ts";

export class ReportOfRun implements Observer, Disposable {
  readonly #incidents = new Incidents();
  #run: Run | undefined;
  #machine: OpenSnapshots | undefined;
  #reading: StepRunner | undefined;
  /** The one namespace that is traced, if it is one: totals by site do not say where they come from. */
  #only: number | undefined;

  /**
   * From now on the machine is read too: its counters for the first time in slices of the event loop, once
   * everything is attached. What leaves this thread in another namespace ends the run.
   */
  start(run: Run, live: Pick<OpenLive, "held" | "btf">, netns: readonly number[] | undefined): void {
    this.#run = run;
    this.#only = netns?.length === 1 ? netns[0] : undefined;
    this.#machine = openSnapshots(libcSyscalls, live, netns);
    this.#reading = new StepRunner(this.#machine.snapshots.start(), (slice) => run.attempt(slice));
    // What is dropped once people are told that it is traced should not be in the first reading.
    this.#reading.runSlice();
  }

  observe(event: Event): void {
    this.#incidents.observe(event);
  }

  /** The end of the trace: counters that are read for the first time from here on would show no rise. */
  close(): void {
    this.#reading?.stop();
  }

  /** Looks at the machine until `untilMs` of performance.now(). Of a report that cannot be made, the run's failure says why: the numbers are not lost for it. */
  make(summary: SummaryNotice, untilMs: number): Report {
    let report = nothingConcluded(summary);
    this.#run?.attempt(() => {
      report = this.#make(summary, untilMs);
    });
    return report;
  }

  #make(summary: SummaryNotice, untilMs: number): Report {
    const incidents = this.#incidents.list(summary);
    const namespaces = this.#machine?.snapshots.evidence(incidents, untilMs) ?? [];
    const byInode = new Map(namespaces.map((netns) => [netns.inode, netns]));
    const netns = (inode: number | undefined): NetnsEvidence | undefined => {
      const known = inode ?? this.#only;
      return known === undefined ? undefined : byInode.get(known);
    };
    return makeReport({ incidents, summary, netns }, namespaces);
  }

  [Symbol.dispose](): void {
    this.#reading?.stop();
    this.#machine?.[Symbol.dispose]();
  }
}

function nothingConcluded({ startedNs, endedNs }: SummaryNotice): Report {
  const headline = "What was dropped could not be evaluated.";
  return { startedNs, endedNs, headline, findings: [], notEvaluated: [], owners: [] };
}

export function summaryOf({ headline, findings, notEvaluated }: Report): SummaryOfFindings {
  return { headline, findings: findings.length, notEvaluated };
}
