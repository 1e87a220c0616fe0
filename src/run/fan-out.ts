/** The sinks of a run, each with its account. The first one is the primary: it defines what was shown. */
import type { Event } from "../model/index.ts";
import type { SourceFacts } from "../source/source.ts";
import { Account, type Untaken } from "./account.ts";
import type { Notice, Sink } from "./sink.ts";

export interface Outlet {
  readonly name: string;
  readonly sink: Sink;
  readonly account: Account;
}

export class FanOut {
  /** Those that want events. */
  readonly outlets: readonly [Outlet, ...(readonly Outlet[])];
  readonly primary: Outlet;
  readonly #sinks: readonly Sink[];

  constructor(primary: Sink, others: readonly Sink[]) {
    this.primary = outletOf(primary);
    this.#sinks = [primary, ...others];
    const more = others.filter(({ wants }) => wants === "everything");
    this.outlets = [this.primary, ...more.map(outletOf)];
  }

  open(facts: SourceFacts): void {
    for (const sink of this.#sinks) sink.open(facts);
  }

  /** Each sink takes it or declines it, and no sink knows of the others. What one throws is thrown in the end. */
  offer(event: Event): void {
    let failure: { readonly cause: unknown } | undefined;
    for (const { sink, account } of this.outlets) {
      let taken = false;
      try {
        taken = sink.take(event);
      } catch (cause) {
        failure ??= { cause };
      }
      if (taken) account.take(event);
      else account.decline(event, whyUntaken(sink));
    }
    if (failure !== undefined) throw failure.cause;
  }

  notify(notice: Notice): void {
    for (const sink of this.#sinks) sink.take(notice);
  }

  /** To each sink with an account what is true for it, to the others what is true for the primary. */
  notifyEach(of: (account: Account) => Notice): void {
    const accounts = new Map(this.outlets.map(({ sink, account }) => [sink, account]));
    for (const sink of this.#sinks) sink.take(of(accounts.get(sink) ?? this.primary.account));
  }

  flush(): void {
    for (const sink of this.#sinks) sink.flush();
  }

  /** A sink that blocks has no room: nothing may be drained now. */
  get isFull(): boolean {
    return this.outlets.some(({ sink }) => sink.pace === "blocking" && !sink.isClosed && sink.isFull);
  }

  /** The reader of the primary has gone. */
  get isClosed(): boolean {
    return this.primary.sink.isClosed;
  }

  async settle(deadlineMs: number): Promise<void> {
    await Promise.all(
      this.outlets.map(async ({ sink, account }) =>
        account.refund(await sink.settle(deadlineMs), whyUntaken(sink)),
      ),
    );
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all(
      this.outlets.map(async ({ sink, account }) =>
        account.refund(await sink.close(deadlineMs), whyUntaken(sink)),
      ),
    );
  }

  /** Closes all, whatever the others do. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.#sinks.map((sink) => sink[Symbol.asyncDispose]()));
  }
}

function whyUntaken({ isClosed }: Sink): Untaken {
  return isClosed ? "closed" : "slow";
}

function outletOf(sink: Sink): Outlet {
  return { name: sink.name, sink, account: new Account() };
}
