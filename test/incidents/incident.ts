/**
 * An incident: a fault that people are called at night for, made by the real kernel in namespaces, with what a
 * trace of it must show and what its report must answer.
 */
import type { Direction, DropClass, RefusedCause, Severity } from "../../src/model/index.ts";
import type { Feature } from "../kernel/scenarios/features.ts";
import type { Lab, LoadTask } from "./lab.ts";

export type HostName = "client" | "router" | "server";

/** How many: exactly, or from and to. */
export type Count = number | readonly [least: number, most: number];

/** Drops of one kind that must be shown, all of them between clients and the service. */
export interface ExpectedDrops {
  readonly reason: string;
  /** The function that frees, where the reason alone does not say what happened. */
  readonly in?: string;
  readonly class: DropClass;
  readonly direction: Direction;
  /** The interface; undefined where the kernel has none at hand. */
  readonly device: string | undefined;
  /** Address and port of the service, at either end of the segments. */
  readonly service: string;
  readonly tunnel?: boolean;
}

/** SYNs that a listening socket must be shown to refuse, which are no drops. */
export interface ExpectedRefusals {
  readonly causes: readonly RefusedCause[];
  readonly service: string;
}

/** Whose forwarded segments are: the namespace's that has the address, where that is one of this machine alone. */
export const FORWARDED = /(probably|possibly) node\[\d+\]|several network namespaces have the address/;

/** What the report must answer. */
export interface Answers {
  /** Rules of the findings, worst first; none where nothing is wrong. */
  readonly findings: readonly string[];
  /** In the headline; default: `what`. */
  readonly headline?: RegExp;
  /** In the text of the first finding. */
  readonly what: RegExp;
  /** In its text or its evidence. */
  readonly why?: RegExp;
  /** Whose the drops of the first finding were; default: nothing is said of that. */
  readonly whose?: RegExp;
  readonly severity?: Severity;
  /** The first command that it prints, ready to paste, and what that shows when it is run. */
  readonly next?: { readonly command: RegExp; readonly shows: RegExp };
  /** Default: it does. */
  readonly isOver?: true;
}

export interface Expected {
  readonly drops: Readonly<Record<string, ExpectedDrops>>;
  readonly refused?: ExpectedRefusals;
  /**
   * What may be shown beside these, as "REASON class": segments that the kernel sends again because of the
   * fault, and that turn out not to be needed.
   */
  readonly beside?: readonly string[];
  readonly answers: Answers;
}

/** What was done, counted by another witness than the tracer: a rule's counter, a qdisc's, the client. */
export interface Made {
  /** By the names in `Expected.drops`. */
  readonly drops: Readonly<Record<string, Count>>;
  readonly refused?: Count;
  /** Copies of segments for packet sockets, which are hidden. */
  readonly copies?: Count;
  /** Sums of several kinds, where the witness counts them together. */
  readonly sums?: readonly { readonly of: readonly string[]; readonly count: Count }[];
}

export interface Incident {
  /** One line for people. */
  readonly title: string;
  /** What the kernel and the machine's programs must offer. */
  readonly needs?: readonly Feature[];
  /** The host whose drops are traced. */
  readonly watch: HostName;
  /** A server in a container has a namespace without a name. */
  readonly nameless?: true;
  /** Everything that is there before the trace begins. */
  readonly build: (lab: Lab) => Promise<void> | void;
  /** Makes the fault, for some seconds at most, while it is traced. */
  readonly run: (lab: Lab) => Promise<Made>;
  /** Goes on with it while the command of the report is run, so much later. */
  readonly goOn?: { readonly load: LoadTask; readonly lookAfterMs: number };
  /** How long nothing happens after that, before the trace ends. */
  readonly quietMs?: number;
  readonly expected: Expected;
}

/** Its name is that of its file. */
export interface NamedIncident extends Incident {
  readonly name: string;
}
