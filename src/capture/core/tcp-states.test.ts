import assert from "node:assert/strict";
import { test } from "node:test";
import { enumValues, openKernelBtf } from "../../btf/index.ts";
import { TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_STATES, TCP_TIME_WAIT } from "./tcp-states.ts";

const PREFIX = "BPF_TCP_";

/** The enum has no name, so the fixtures lack it: it is looked for among all types of the running kernel. */
function bpfTcpStates(): ReadonlyMap<string, number> {
  const btf = openKernelBtf();
  for (let id = 1; id < btf.typeCount; id += 1) {
    if (btf.type(id).kind !== "enum") continue;
    const values = enumValues(btf, id);
    if (values.has(`${PREFIX}ESTABLISHED`)) return values;
  }
  return new Map();
}

test("TCP_STATES are BPF_TCP_* of the running kernel, and none is missing", () => {
  const states = new Map(bpfTcpStates());
  const count = states.get(`${PREFIX}MAX_STATES`);
  states.delete(`${PREFIX}MAX_STATES`);
  assert.ok(states.size >= 12, `${states.size} states`);
  for (const [name, value] of states) assert.equal(TCP_STATES[value], name.slice(PREFIX.length));
  assert.equal(states.size + 1, count, "0 is no state");
  assert.equal(states.get(`${PREFIX}TIME_WAIT`), TCP_TIME_WAIT);
  assert.equal(states.get(`${PREFIX}CLOSE`), TCP_CLOSE);
  assert.equal(states.get(`${PREFIX}LISTEN`), TCP_LISTEN);
  assert.equal(states.get(`${PREFIX}NEW_SYN_RECV`), TCP_NEW_SYN_RECV);
});
