/**
 * The server of ordinary traffic: a program of its own, started inside a namespace. Speaks HTTP, and on
 * further ports half-closes and aborts, all over the real stack. Sends its ports over IPC, and ends with its
 * parent.
 */
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** Ports of the server, by what it does there. */
export interface Ports {
  /** GET /N answers N bytes; POST answers how many bytes came. */
  readonly http: number;
  /** Reads until the client's FIN, answers then, and closes. */
  readonly halfClose: number;
  /** Answers the first bytes and aborts with RST. */
  readonly reset: number;
  /** Says something every time that it is spoken to, and never closes. */
  readonly echo: number;
}

const BLOCK = Buffer.alloc(1 << 16, "x");

const answer: RequestListener = (request, response) => {
  if (request.method === "POST") {
    let received = 0;
    request.on("data", (bytes: Buffer) => {
      received += bytes.length;
    });
    request.on("end", () => response.end(String(received)));
    return;
  }
  const size = Number(request.url?.slice(1));
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
};

function halfClose(socket: Socket): void {
  let received = 0;
  socket.on("data", (bytes) => {
    received += bytes.length;
  });
  socket.on("end", () => socket.end(`${received}`));
  socket.on("error", () => undefined);
}

function reset(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.once("data", () => socket.write("thanks", () => socket.resetAndDestroy()));
}

function echo(socket: Socket): void {
  socket.setKeepAlive(true, 1000);
  socket.on("error", () => undefined);
  socket.pipe(socket);
}

/** Both families on one port. */
function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen({ host: "::", port: 0, backlog: 4096 }, () =>
      resolve((server.address() as AddressInfo).port),
    ),
  );
}

const http = createServer({ keepAliveTimeout: 60_000 }, answer);
const ports: Ports = {
  http: await listen(http),
  halfClose: await listen(createTcpServer({ allowHalfOpen: true }, halfClose)),
  reset: await listen(createTcpServer(reset)),
  echo: await listen(createTcpServer(echo)),
};
process.on("disconnect", () => process.exit());
process.send?.(ports);
