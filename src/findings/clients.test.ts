import assert from "node:assert/strict";
import { test } from "node:test";
import { Clients } from "./clients.ts";

test("Clients counts each address once, and each of its ports", () => {
  const clients = new Clients({ left: 10 });
  for (const [address, port] of [
    ["a", 1],
    ["b", undefined],
    ["a", 1],
    ["a", 2],
    ["c", 1],
    ["a", 3],
    ["a", 2],
    ["b", 7],
    ["b", undefined],
  ] as const)
    clients.add(address, port);
  const { peers, connections } = clients;
  assert.deepEqual([peers.size, connections.size], [3, 5]);
  assert.deepEqual([...peers.values()], ["a", "b", "c"]);
  assert.deepEqual([...connections.values()], ["a 1", "a 2", "a 3", "b 7", "c 1"]);
  assert.deepEqual([peers.isCut, connections.isCut], [false, false]);
});

test("Clients share their budget, and say when it was not enough", () => {
  const budget = { left: 5 };
  const [one, other] = [new Clients(budget), new Clients(budget)];
  for (const port of [1, 2]) one.add("a", port);
  assert.deepEqual([one.connections.size, one.connections.isCut], [2, false]);
  other.add("a", undefined);
  other.add("b", 1);
  assert.deepEqual([other.peers.size, other.peers.isCut], [2, false]);
  assert.deepEqual([other.connections.size, other.connections.isCut], [0, true]);
  other.add("c", undefined);
  assert.deepEqual([other.peers.size, other.peers.isCut], [2, true]);
  one.add("a", 2);
  assert.equal(one.connections.isCut, false, "what is known needs no budget");
  one.add("a", 3);
  assert.deepEqual([one.connections.size, one.connections.isCut, one.peers.isCut], [2, true, false]);
  one.add("d", 3);
  assert.equal(one.peers.isCut, true);
});
