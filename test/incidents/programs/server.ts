/**
 * The service of an incident: a small web server in a process of its own, started inside a namespace. It ends
 * with its parent.
 *
 *     GET /N        N bytes
 *     GET /slow     nothing else is done meanwhile, not even accept()
 *     POST /unread  the body is never read
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface ServerSettings {
  readonly address: string;
  readonly port: number;
  readonly backlog: number;
  /** How long /slow takes. */
  readonly slowMs: number;
}

const BLOCK = Buffer.alloc(1 << 16, "x");
const settings = JSON.parse(process.argv[2] ?? "") as ServerSettings;

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.on("error", () => undefined);
  if (request.method === "POST") return;
  if (request.url === "/slow") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settings.slowMs);
  const size = request.url === "/slow" ? 1 : Number(request.url?.slice(1));
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
