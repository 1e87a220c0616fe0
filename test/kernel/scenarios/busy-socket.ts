/** An application that holds its socket's lock for as long as a scenario wants. */
import { type Hosts, waitFor } from "../../../src/lab/hosts.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { StalledSend } from "../../lab/stalled-send.ts";
import { readCounters } from "./counters.ts";

export async function whileBusy<T>(socket: OwnedFd, run: () => Promise<T>): Promise<T> {
  const sending = new StalledSend(socket);
  try {
    await waitFor(() => (sending.isStalled ? true : undefined), "A send that stalls");
    return await run();
  } finally {
    await sending.resume();
  }
}

/**
 * Sends, and waits until the server's TCP has received this many more segments: until then they may be in
 * flight.
 */
export async function receivedBy({ server }: Hosts, segments: number, send: () => void): Promise<void> {
  const received = (): number => readCounters(server).get("TcpInSegs") ?? 0;
  const before = received();
  send();
  await waitFor(() => (received() - before >= segments ? true : undefined), `${segments} segments`);
}
