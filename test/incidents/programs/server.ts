/**
 * The service of an incident: a small web server in a process of its own, started inside a namespace. It ends
 * with its parent.
 *
 *     GET /N        N bytes
 *     GET /slow/MS  takes so many milliseconds; nothing else is done meanwhile, not even accept()
 *     POST /unread  the body is never read
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface ServerSettings {
  readonly address: string;
  readonly port: number;
  readonly backlog: number;
}

const BLOCK = Buffer.alloc(1 << 16, "x");
const settings = JSON.parse(process.argv[2] ?? "") as ServerSettings;

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.on("error", () => undefined);
  if (request.method === "POST") return;
  const slowMs = /^\/slow\/(\d+)$/.exec(request.url ?? "")?.[1];
  if (slowMs !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(slowMs));
  const size = slowMs === undefined ? Number(request.url?.slice(1)) : 1;
  response.writeHead(200, { "content-length": size });
  let left = size;
  const write = (): void => {
    while (left > 0) {
      const part = BLOCK.subarray(0, Math.min(left, BLOCK.length));
      left -= part.length;
      if (!response.write(part)) {
        response.once("drain", write);
        return;
      }
    }
    response.end();
  };
  write();
}

const server = createServer({ keepAliveTimeout: 60_000 }, answer);
server.on("clientError", (_error, socket) => socket.destroy());
process.on("disconnect", () => process.exit());
server.listen({ host: settings.address, port: settings.port, backlog: settings.backlog }, () =>
  process.send?.("ready"),
);
