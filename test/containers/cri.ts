/**
 * As much of Kubernetes' Container Runtime Interface as starts a pod with a container: what kubelet does. Tests
 * alone speak it.
 */
import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { connect as connectSocket } from "node:net";

/** A protobuf message: fields by number, each a varint, bytes, or several of them. */
export function message(
  fields: Readonly<Record<number, number | string | Buffer | readonly Buffer[]>>,
): Buffer {
  return Buffer.concat(
    Object.entries(fields).flatMap(([field, value]) => {
      if (typeof value === "number") return [varint(Number(field) * 8), varint(value)];
      const all = Array.isArray(value) ? value : [value];
      return all.map((one: string | Buffer) => lengthDelimited(Number(field), Buffer.from(one)));
    }),
  );
}

/** map<string, string> is a message of key and value for each entry. */
export function stringMap(entries: Readonly<Record<string, string>>): readonly Buffer[] {
  return Object.entries(entries).map(([key, value]) => message({ 1: key, 2: value }));
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** The first field of the answer, a short text, where it has one. */
export async function callCri(socket: string, method: string, request: Buffer): Promise<string> {
  const session = connect("http://localhost", { createConnection: () => connectSocket(socket) });
  try {
    return await new Promise((resolve, reject) => {
      session.on("error", reject);
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: `/runtime.v1.RuntimeService/${method}`,
        "content-type": "application/grpc",
        te: "trailers",
      });
      let status: Pick<IncomingHttpHeaders, string> = {};
      const blocks: Buffer[] = [];
      for (const event of ["response", "trailers"])
        stream.on(event, (headers: IncomingHttpHeaders) => {
          status = { ...status, ...headers };
        });
      stream.on("data", (block: Buffer) => blocks.push(block));
      stream.on("error", reject);
      stream.on("end", () => {
        if (status["grpc-status"] === "0") resolve(firstText(Buffer.concat(blocks).subarray(5)));
        else reject(new Error(`${method}: ${String(status["grpc-message"])}`));
      });
      const head = Buffer.alloc(5);
      head.writeUInt32BE(request.length, 1);
      stream.end(Buffer.concat([head, request]));
    });
  } finally {
    session.close();
  }
}

/** Field 1, of fewer than 128 bytes. */
function firstText(bytes: Buffer): string {
  return bytes[0] === 0x0a ? bytes.toString("utf8", 2, 2 + (bytes[1] ?? 0)) : "";
}
