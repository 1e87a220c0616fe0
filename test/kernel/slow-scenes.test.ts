/**
 * Scenes make exactly the drop that they promise, even if the machine pauses between two steps.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection, Hosts } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import type { DropFacts } from "../drop-facts.ts";
import { patient } from "../patience.ts";
import { hasReason, stateHere } from "./scenarios/reasons.ts";
import { Tracing } from "./tracing.ts";

/**
 * Longer than TCP waits before it probes, retransmits, or sends a delayed ACK: TCP_RTO_MIN and TCP_DELACK_MAX
 * are 200 ms.
 */
const PAUSE_MS = 450;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

/** The same hosts, with a pause before each program and after each close of the server's end. */
function slow(hosts: Hosts): Hosts {
  const client: Pick<Netns, "run"> = {
    run: (...words) => {
      pause();
      return hosts.client.run(...words);
    },
  };
  const establish = async (...words: Parameters<Hosts["establish"]>): Promise<Connection> => {
    const connection = await hosts.establish(...words);
    const close = connection.server[Symbol.dispose].bind(connection.server);
    connection.server[Symbol.dispose] = () => {
      close();
      pause();
    };
    return connection;
  };
  return new Proxy(hosts, {
    get: (_hosts, name) => {
      if (name === "client") return client;
      if (name === "establish") return establish;
      const value: unknown = Reflect.get(hosts, name);
      return typeof value === "function" ? value.bind(hosts) : value;
    },
  });
}

for (const scene of SCENES.filter(({ name }) => /^(?:route-lost|data-after-close)-/.test(name)))
  test(`${scene.name} makes one drop on a slow machine too`, { timeout: patient(30_000) }, async () => {
    await using tracing = await Tracing.open({ all: true });
    const expected = await scene.run(slow(tracing.hosts));
    const isExpected = (drop: DropFacts): boolean =>
      hasReason(drop, expected.reason) && drop.dport === expected.dport;
    const { direction, state: shown } = await tracing.expectEvent(isExpected, expected.reason);
    await tracing.finish();
    assert.deepEqual(
      tracing.drops.filter(isExpected).map(({ state, flags }) => ({ state, flags })),
      [{ state: stateHere({ direction, state: shown }, expected.state), flags: expected.flags }],
    );
  });
