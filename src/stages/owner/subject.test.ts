import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SocketIdentity } from "../../model/index.ts";
import { dropLike } from "../../run/events.test.kit.ts";
import { keyOf } from "./subject.ts";

const QUEUED: SocketIdentity = {
  form: "full",
  inode: undefined,
  cgroupId: 100n,
  uid: 33,
  skCookie: 5n,
  isOrphan: false,
  hasSocket: false,
  netnsCookie: 77n,
};

describe("keyOf", () => {
  test("tells the listeners of two ports apart where one port of a client is connected to both", () => {
    const ends = { direction: "tx", dport: 40_000 } as const;
    const keys = [80, 81].map((sport) => keyOf("queued", dropLike({ ...ends, sport }), QUEUED));
    assert.notEqual(keys[0], keys[1]);
  });

  test("is the same for all clients of a listener", () => {
    const [first, second] = [40_000, 40_001].map((dport) =>
      keyOf("queued", dropLike({ direction: "tx", sport: 80, dport }), QUEUED),
    );
    assert.equal(first, second);
  });

  test("tells listeners that followed each other on a port apart by cgroup and uid", () => {
    const event = dropLike({ direction: "tx" });
    const key = keyOf("queued", event, QUEUED);
    assert.notEqual(keyOf("queued", event, { ...QUEUED, cgroupId: 101n }), key);
    assert.notEqual(keyOf("queued", event, { ...QUEUED, uid: 0 }), key);
  });
});
