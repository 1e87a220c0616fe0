/** Ordinary traffic between two hosts: programs of their own, in the namespaces of the hosts. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { ADDRESS, type Hosts } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import type { Done, Task } from "./client.ts";
import type { Ports } from "./server.ts";

/** The program in the namespace; it ends with this process at the latest. */
function start(host: Netns, program: "client" | "server"): ChildProcess {
  return host.inside(() =>
    fork(`${import.meta.dirname}/${program}.js`, { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
  );
}

/** The next message, or an error once the program has ended without one. */
async function answerOf<T>(program: ChildProcess): Promise<T> {
  const ended = once(program, "exit").then(([code]) => assert.fail(`The program ended with ${String(code)}`));
  const [message] = (await Promise.race([once(program, "message"), ended])) as [T];
  return message;
}

/** One round, over both families: a server and a client of its own. */
export async function traffic(hosts: Hosts, kind: Task["kind"]): Promise<readonly Done[]> {
  const server = start(hosts.server, "server");
  const client = start(hosts.client, "client");
  const ports = await answerOf<Ports>(server);
  const done: Done[] = [];
  for (const family of [4, 6] as const) {
    client.send({ kind, host: ADDRESS.server[family], ports } satisfies Task);
    done.push(await answerOf<Done>(client));
  }
  const ends = [client, server].map((program) => once(program, "exit"));
  client.disconnect();
  server.disconnect();
  await Promise.all(ends);
  return done;
}
