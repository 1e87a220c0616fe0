/**
 * Reads the NDJSON of a trace of owner-load.ts, line by line, and keeps of each drop what says whose it was;
 * compares it with who really held the port at that moment.
 */
import type { Readable } from "node:stream";
import type { Holder } from "./owner-load.ts";

export interface Told {
  readonly port: number;
  readonly atNs: bigint;
  /** From the drop to its line in another process. */
  readonly waitMs: number;
  readonly pid: number | undefined;
  /** "socket certain", "remembered likely", "closed", ... */
  readonly how: string;
}

export interface Verdicts {
  readonly right: number;
  readonly wrong: readonly string[];
  readonly withoutProcess: number;
  /** Drops of a port that nobody held then: none, or the list and the clock disagree. */
  readonly unheld: number;
  readonly byHow: ReadonlyMap<string, number>;
}

export class Attributions {
  readonly #port: number;
  /** Parsed only after the end, so that reading is not what a trace waits for. */
  readonly #chunks: { readonly text: string; readonly atNs: bigint }[] = [];
  readonly #ended: Promise<void>;

  constructor(stdout: Readable, port: number) {
    this.#port = port;
    stdout.setEncoding("latin1");
    stdout.on("data", (text: string) => this.#chunks.push({ text, atNs: process.hrtime.bigint() }));
    this.#ended = new Promise((resolve) => void stdout.once("end", resolve));
  }

  /** Of all drops, once the trace has ended. */
  async told(): Promise<readonly Told[]> {
    await this.#ended;
    const told: Told[] = [];
    let rest = "";
    for (const { text, atNs } of this.#chunks) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const one = readLine(line, this.#port, atNs);
        if (one !== undefined) told.push(one);
      }
    }
    return told;
  }
}

function readLine(line: string, port: number, nowNs: bigint): Told | undefined {
  const event = JSON.parse(line) as Record<string, string | number | undefined>;
  if (event["type"] !== "drop" || event["dport"] !== port) return undefined;
  const atNs = BigInt(String(event["ktime_ns"]));
  return {
    port: Number(event["sport"]),
    atNs,
    waitMs: Number(nowNs - atNs) / 1e6,
    pid: event["owner_pid"] === undefined ? undefined : Number(event["owner_pid"]),
    how: ["owner_by", "owner_certainty", "owner_missing"]
      .flatMap((field) => (event[field] === undefined ? [] : [String(event[field])]))
      .join(" "),
  };
}

export function compare(all: readonly Told[], holders: ReadonlyMap<number, readonly Holder[]>): Verdicts {
  let [right, withoutProcess, unheld] = [0, 0, 0];
  const wrong: string[] = [];
  const byHow = new Map<string, number>();
  for (const { port, atNs, pid, how } of all) {
    byHow.set(how, (byHow.get(how) ?? 0) + 1);
    const then = (holders.get(port) ?? []).filter(({ fromNs, untilNs }) => fromNs <= atNs && atNs <= untilNs);
    if (then.length === 0) unheld += 1;
    else if (pid === undefined) withoutProcess += 1;
    else if (then.some((holder) => holder.pid === pid)) right += 1;
    else
      wrong.push(
        `port ${port}: ${pid} told as ${how}, ${then.map((holder) => holder.pid).join(" or ")} held it`,
      );
  }
  return { right, wrong, withoutProcess, unheld, byHow };
}
