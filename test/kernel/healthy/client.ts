/**
 * The client of ordinary traffic: a program of its own, started inside a namespace. Opens, uses and closes
 * connections in all the ways that healthy programs do, and reports over IPC how many of each kind ended
 * well.
 */
import { once } from "node:events";
import { Agent, get, request } from "node:http";
import { connect, type Socket } from "node:net";
import { SLOWNESS } from "../../patience.ts";
import type { Ports } from "./server.ts";

/** What the parent asks for. */
export interface Task {
  readonly kind: "orderly" | "bulk" | "abrupt";
  readonly host: string;
  readonly ports: Ports;
}

/** How many connections or exchanges of each kind ended well. */
export type Done = Readonly<Record<string, number>>;

const LARGE_BYTES = 10_000_000;
/** Outside the range that the kernel chooses from. */
const LOCAL_PORT = 9000;
/** Connections under way at once. */
const CONCURRENCY = 32;

function fetchBytes(
  host: string,
  port: number,
  size: number,
  agent: Agent | false,
  closing: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { connection: closing ? "close" : "keep-alive" };
    get({ host, port, path: `/${size}`, agent, headers }, (response) => {
      let received = 0;
      response.on("data", (bytes: Buffer) => {
        received += bytes.length;
      });
      response.on("end", () =>
        received === size ? resolve() : reject(new Error(`${received} of ${size} bytes came`)),
      );
    }).on("error", reject);
  });
}

function upload({ host, ports }: Task): Promise<void> {
  return new Promise((resolve, reject) => {
    const post = request({ host, port: ports.http, method: "POST", agent: false }, (response) => {
      response
        .setEncoding("utf8")
        .on("data", (text: string) =>
          text === String(LARGE_BYTES) ? resolve() : reject(new Error(`${text} bytes arrived`)),
        );
    }).on("error", reject);
    post.end(Buffer.alloc(LARGE_BYTES, "y"));
  });
}

async function opened(
  host: string,
  port: number,
  options: { allowHalfOpen?: boolean; localPort?: number } = {},
): Promise<Socket> {
  const socket = connect({ host, port, ...options });
  await once(socket, "connect");
  return socket;
}

/** The client's FIN first, then the server's answer. */
async function halfClose({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.halfClose, { allowHalfOpen: true });
  socket.end("hello");
  const [bytes] = (await once(socket, "data")) as [Buffer];
  if (bytes.toString() !== "5") throw new Error(`The server read ${bytes.toString()} bytes`);
  await once(socket, "close");
}

/** RST from the client (SO_LINGER 0) when all was answered. */
async function clientReset({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.echo);
  socket.write("hello");
  await once(socket, "data");
  socket.resetAndDestroy();
  await once(socket, "close");
}

async function serverReset({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.reset);
  socket.on("error", () => undefined);
  socket.on("data", () => undefined);
  socket.write("hello");
  await new Promise((resolve) => socket.once("close", resolve));
}

/** Goes away in the middle of a large answer, which makes the kernel send RST. */
async function abort({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.http);
  socket.write(`GET /${LARGE_BYTES} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await once(socket, "readable");
  socket.destroy();
  await once(socket, "close");
}

async function pipelined({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.http);
  socket.write(
    `${"GET /1 HTTP/1.1\r\nhost: x\r\n\r\n".repeat(9)}GET /1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  );
  let text = "";
  for await (const bytes of socket.setEncoding("utf8")) text += bytes;
  const answers = text.split("HTTP/1.1 200").length - 1;
  if (answers !== 10) throw new Error(`${answers} of 10 answers came`);
}

/** The server closes first and keeps TIME_WAIT; the client comes back from the same port. */
async function samePort({ host, ports }: Task, localPort: number): Promise<void> {
  const socket = await opened(host, ports.http, { localPort });
  socket.write("GET /1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  for await (const _ of socket);
}

/** Does not read for a while: the window closes, and the sender probes it. */
async function slowReader({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.http);
  socket.write(`GET /${LARGE_BYTES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  await once(socket, "readable");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  let received = 0;
  for await (const bytes of socket) received += (bytes as Buffer).length;
  if (received < LARGE_BYTES) throw new Error(`${received} bytes came`);
}

/** Open for some seconds without a word, but for keepalive; then it still works. */
async function idle({ host, ports }: Task): Promise<void> {
  const socket = await opened(host, ports.echo);
  socket.setKeepAlive(true, 1000);
  await new Promise((resolve) => setTimeout(resolve, 3500));
  socket.write("still here");
  await once(socket, "data");
  socket.destroy();
}

/** `planned` runs, so many at once; fewer on an emulated machine. */
async function many(
  planned: number,
  run: (index: number) => Promise<void>,
  atOnce = CONCURRENCY,
): Promise<number> {
  const count = Math.ceil(planned / SLOWNESS);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await run(next);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return count;
}

/** Everything closes in order. */
async function orderly(task: Task): Promise<Done> {
  const { host, ports } = task;
  const keepAlive = new Agent({ keepAlive: true, maxSockets: 8 });
  const waiting = Promise.all([idle(task), slowReader(task)]);
  const done = {
    "server closes first": await many(700, () => fetchBytes(host, ports.http, 1, false, true)),
    "kept alive, client closes": await many(300, async () => {
      const agent = new Agent({ keepAlive: true });
      await fetchBytes(host, ports.http, 1000, agent, false);
      agent.destroy();
    }),
    "reused connections": await many(500, () => fetchBytes(host, ports.http, 1, keepAlive, false)),
    "half-close": await many(200, () => halfClose(task)),
    pipelined: await many(50, () => pipelined(task)),
    ...(await bulk(task)),
  };
  let samePortAgain = 0;
  for (; samePortAgain < 20; samePortAgain += 1) await samePort(task, LOCAL_PORT);
  await waiting;
  keepAlive.destroy();
  return { ...done, "same port again": samePortAgain, "idle and slow": 2 };
}

async function bulk(task: Task): Promise<Done> {
  return {
    "large answers": await many(8, () => fetchBytes(task.host, task.ports.http, LARGE_BYTES, false, true), 2),
    "large uploads": await many(4, () => upload(task), 2),
  };
}

/** Connections that one end gives up. */
async function abrupt(task: Task): Promise<Done> {
  return {
    "client resets": await many(200, () => clientReset(task)),
    "server resets": await many(200, () => serverReset(task)),
    "client aborts": await many(40, () => abort(task)),
  };
}

const KINDS = { orderly, bulk, abrupt } as const;

async function answer(task: Task): Promise<void> {
  try {
    process.send?.(await KINDS[task.kind](task));
  } catch (failure) {
    process.stderr.write(`${String(failure instanceof Error ? failure.stack : failure)}\n`);
    process.exit(1);
  }
}

process.on("message", (task: Task) => void answer(task));
process.on("disconnect", () => process.exit());
