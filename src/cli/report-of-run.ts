/** What a run concludes: adds up its events, and makes the report at its end, or in between. */
import type { Incident, NetnsEvidence } from "../findings/index.ts";
import { Incidents, makeReport } from "../findings/index.ts";
import type { Event, Report, SummaryNotice, SummaryOfFindings } from "../model/index.ts";
import type { Observer } from "../run/observer.ts";

/** Reads what the machine shows beside the drops. */
export type ReadMachine = (incidents: readonly Incident[]) => readonly NetnsEvidence[];

export class ReportOfRun implements Observer {
  readonly #incidents = new Incidents();
  #read: ReadMachine = () => [];

  /** From now on reports have what this reads. */
  readMachineBy(read: ReadMachine): void {
    this.#read = read;
  }

  observe(event: Event): void {
    this.#incidents.observe(event);
  }

  make(summary: SummaryNotice): Report {
    const incidents = this.#incidents.list();
    const namespaces = this.#read(incidents);
    const byInode = new Map(namespaces.map((netns) => [netns.inode, netns]));
    const netns = (inode: number | undefined): NetnsEvidence | undefined =>
      inode === undefined ? undefined : byInode.get(inode);
    return makeReport({ incidents, summary, netns }, namespaces);
  }
}

export function summaryOf({ headline, findings, notEvaluated }: Report): SummaryOfFindings {
  return { headline, findings: findings.length, notEvaluated };
}
