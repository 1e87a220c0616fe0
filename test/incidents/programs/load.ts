/**
 * The clients of an incident: a process of its own, started inside a namespace, that does one task at a time.
 * Everything that it opens is closed, by RST where it is still open, before it reports. It ends with its parent.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connectTcp } from "../../../src/sys/sockets.ts";

interface Target {
  readonly address: string;
  readonly port: number;
  /** Default: the kernel's choice. */
  readonly from?: string;
}

export type Task = Target &
  (
    | {
        readonly kind: "fetch";
        readonly path: string;
        readonly connections: number;
        readonly atOnce: number;
        /** Each connection is given up after this. */
        readonly limitMs: number;
      }
    /** Connects so many times a second, over and over. */
    | { readonly kind: "storm"; readonly perSecond: number; readonly forMs: number }
    /** Connects, asks for little, and stays; "speak" then asks on each once more. */
    | { readonly kind: "hold"; readonly connections: number }
    | { readonly kind: "speak"; readonly limitMs: number }
    /** Sends what nobody reads. */
    | { readonly kind: "upload"; readonly connections: number; readonly forMs: number }
  );

/** How many connections ended in which way, and the bytes that came. */
export interface Done {
  readonly answered: number;
  readonly refused: number;
  /** The server closed, or reset it, before all had come. */
  readonly broken: number;
  readonly unanswered: number;
  readonly bytes: number;
}

type Outcome = "answered" | "refused" | "broken" | "unanswered";

const held: Socket[] = [];

function opened({ address, port, from }: Target): Socket {
  return connect({ host: address, port, ...(from === undefined ? {} : { localAddress: from }) });
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

/** Asks once, and reads until all has come. */
function ask(socket: Socket, path: string, limitMs: number): Promise<{ outcome: Outcome; bytes: number }> {
  let bytes = 0;
  let wanted = Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      clearTimeout(limit);
      socket.removeAllListeners("data");
      resolve({ outcome, bytes });
    };
    const limit = setTimeout(() => settle("unanswered"), limitMs);
    socket.on("error", (error: NodeJS.ErrnoException) =>
      settle(error.code === "ECONNREFUSED" ? "refused" : "broken"),
    );
    socket.on("close", () => settle("broken"));
    socket.on("data", (part: Buffer) => {
      const head =
        bytes === 0 ? /content-length: (\d+)[\s\S]*?\r\n\r\n/i.exec(part.toString("latin1")) : null;
      if (head !== null) wanted = head.index + head[0].length + Number(head[1]);
      bytes += part.length;
      if (bytes >= wanted) settle("answered");
    });
    socket.write(request(path));
  });
}

const count = (outcomes: readonly { outcome: Outcome; bytes: number }[]): Done => {
  const done = { answered: 0, refused: 0, broken: 0, unanswered: 0, bytes: 0 };
  for (const { outcome, bytes } of outcomes) {
    done[outcome] += 1;
    done.bytes += bytes;
  }
  return done;
};

/** Closes it now: resetAndDestroy() would wait for a connection that is not there yet. */
const closeByReset = (socket: Socket): void => {
  if (socket.connecting) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
};

async function fetchMany(task: Extract<Task, { kind: "fetch" }>): Promise<Done> {
  const outcomes: { outcome: Outcome; bytes: number }[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < task.connections) {
      begun += 1;
      const socket = opened(task);
      outcomes.push(await ask(socket, task.path, task.limitMs));
      closeByReset(socket);
    }
  };
  await Promise.all(Array.from({ length: task.atOnce }, worker));
  return count(outcomes);
}

/** Whether each is refused is for others to count: it is closed at once. */
async function storm(task: Extract<Task, { kind: "storm" }>): Promise<Done> {
  const to = { address: Uint8Array.from(task.address.split("."), Number), port: task.port };
  const from = performance.now();
  for (let made = 0; ; ) {
    const elapsedMs = Math.min(performance.now() - from, task.forMs);
    for (const due = (elapsedMs * task.perSecond) / 1000; made < due; made += 1)
      connectTcp(to)[Symbol.dispose]();
    if (elapsedMs === task.forMs) return { ...count([]), unanswered: made };
    await sleep(5);
  }
}

async function hold(task: Extract<Task, { kind: "hold" }>): Promise<Done> {
  for (let at = 0; at < task.connections; at += 1) held.push(opened(task));
  return count(await Promise.all(held.map((socket) => ask(socket, "/1", 5000))));
}

async function speak(task: Extract<Task, { kind: "speak" }>): Promise<Done> {
  const outcomes = await Promise.all(held.map((socket) => ask(socket, "/1", task.limitMs)));
  for (const socket of held.splice(0)) closeByReset(socket);
  return count(outcomes);
}

async function upload(task: Extract<Task, { kind: "upload" }>): Promise<Done> {
  const sockets = Array.from({ length: task.connections }, () => opened(task));
  for (const socket of sockets) {
    socket.on("error", () => undefined);
    socket.write("POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n");
    socket.write(Buffer.alloc(20_000_000, "y"));
  }
  await sleep(task.forMs);
  for (const socket of sockets) closeByReset(socket);
  return { ...count([]), unanswered: sockets.length };
}

function perform(task: Task): Promise<Done> {
  switch (task.kind) {
    case "fetch":
      return fetchMany(task);
    case "storm":
      return storm(task);
    case "hold":
      return hold(task);
    case "speak":
      return speak(task);
    case "upload":
      return upload(task);
  }
}

async function answer(task: Task): Promise<void> {
  process.send?.(await perform(task));
}

process.on("message", (task: Task) => void answer(task));
process.on("disconnect", () => process.exit());
process.send?.("ready");
