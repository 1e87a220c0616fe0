import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SocketIdentity, TcpFlag } from "../../model/index.ts";
import { dropLike } from "../../run/events.test.kit.ts";
import { keyOf, type SubjectKey } from "./subject.ts";

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

  test("tells what refuses a SYN apart from other answers of TCP's own socket", () => {
    const keyOfRst = (flags: readonly TcpFlag[], seq: number): SubjectKey =>
      keyOf("kernel", dropLike({ direction: "tx", flags, seq }), QUEUED);
    const refusal = keyOfRst(["RST", "ACK"], 0);
    assert.notEqual(keyOfRst(["RST"], 7), refusal);
    assert.notEqual(keyOfRst(["RST", "ACK"], 7), refusal);
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
