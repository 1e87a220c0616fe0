import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TcpListener } from "../../host/sock-diag.ts";
import type { OwnerMissing, SocketIdentity } from "../../model/index.ts";
import type { Draft } from "./draft.ts";
import type { Holder } from "./holder.ts";
import { type Memory, type Need, type Reply, resolve } from "./resolution.ts";
import type { Subject } from "./subject.ts";

const WEB = 100n;
const NOW_MS = 1_000_000;
const LOCAL = Uint8Array.of(192, 0, 2, 1);

const HOLDER: Holder = {
  inode: 9,
  pid: 10,
  startNs: 1n,
  cgroupId: WEB,
  uid: 33,
  comm: "web",
  execId: 0n,
  cookie: 5n,
  netns: 7,
  netnsCookie: 77n,
  port: 80,
  state: 10,
  fd: 3,
  references: 1,
  holders: 1,
  others: 0,
  seenMs: NOW_MS,
};

const IDENTITY: SocketIdentity = {
  form: "full",
  inode: undefined,
  cgroupId: WEB,
  uid: 33,
  skCookie: 5n,
  isOrphan: true,
  hasSocket: false,
  netnsCookie: 77n,
};

function subject(more: Partial<Subject>): Subject {
  return {
    kind: "closed",
    identity: IDENTITY,
    netns: 7,
    ends: {
      local: LOCAL,
      localPort: 80,
      remote: Uint8Array.of(192, 0, 2, 2),
      remotePort: 40_000,
      ifindex: 1,
    },
    isSyn: false,
    reset: undefined,
    reason: undefined,
    ...more,
  };
}

function listener(more: Partial<TcpListener> = {}): TcpListener {
  return {
    family: 4,
    state: 10,
    local: new Uint8Array(4),
    localPort: 80,
    cookie: 1n,
    inode: 9,
    uid: 33,
    cgroupId: WEB,
    boundTo: undefined,
    device: undefined,
    ...more,
  };
}

/** What the machine says to each need. */
interface Machine {
  readonly answer?: TcpListener;
  readonly listeners?: readonly TcpListener[];
  readonly having?: readonly number[];
  readonly memory?: Partial<Memory>;
  /** Nobody can be asked, and why. */
  readonly unasked?: OwnerMissing;
}

function replyOf(need: Need, { answer, listeners, having, unasked }: Machine): Reply {
  if (unasked !== undefined && (need.kind === "ask" || need.kind === "listeners"))
    return { kind: "unasked", missing: unasked };
  switch (need.kind) {
    case "find":
      return { kind: "holder", holder: HOLDER };
    case "ask":
      return { kind: "answer", answer };
    case "listeners":
      return { kind: "answer", answer: listeners ?? (answer === undefined ? [] : [answer]) };
    case "having":
      return having ?? [];
    case "cgroup":
      return undefined;
  }
}

function drafted(of: Subject, machine: Machine): Draft {
  const memory = { holderOfCookie: () => undefined, listenerOn: () => undefined, ...machine.memory };
  const resolution = resolve(of, memory, NOW_MS);
  let step = resolution.next();
  while (step.done !== true) step = resolution.next(replyOf(step.value, machine));
  return step.value;
}

function said({ by, certainty, holder }: Draft): unknown[] {
  return [by, certainty, holder?.pid];
}

const NOBODY = ["none", undefined, undefined, "no_socket", undefined];

describe("resolve", () => {
  test("is not certain of who held a closed socket: another may have had it since, or have closed it", () => {
    const closed = drafted(subject({}), { memory: { holderOfCookie: () => HOLDER } });
    assert.deepEqual(said(closed), ["remembered", "likely", 10]);
  });

  describe("of a SYN without a socket", () => {
    const syn = { kind: "none", isSyn: true } as const;

    test("never tells who listens by now where the kernel says that nobody did", () => {
      const late = listener();
      const draft = drafted(subject({ ...syn, reason: "NO_SOCKET" }), { answer: late });
      assert.deepEqual([...said(draft), draft.missing, draft.hint], NOBODY);
      const other = drafted(subject({ ...syn, reason: "TCP_LISTEN_OVERFLOW" }), { answer: late });
      assert.deepEqual(said(other), ["lookup", "likely", 10]);
    });

    test("says that nobody held it where the kernel does, though nobody can be asked who else listens", () => {
      const nobodyToAsk = { unasked: "not_found" } as const;
      const draft = drafted(subject({ ...syn, reason: "NO_SOCKET" }), nobodyToAsk);
      assert.deepEqual([...said(draft), draft.missing, draft.hint], NOBODY);
      assert.equal(drafted(subject({ ...syn, reason: "NETFILTER_DROP" }), nobodyToAsk).missing, "not_found");
    });

    test("has no hint where one listens at the very address", () => {
      for (const local of [LOCAL, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...LOCAL)]) {
        const listeners = [listener({ local }), listener({ local: Uint8Array.of(127, 0, 0, 1) })];
        const draft = drafted(subject({ ...syn, reason: "NO_SOCKET" }), { listeners });
        assert.deepEqual([...said(draft), draft.missing, draft.hint], NOBODY);
      }
    });

    test("is only possibly for who has the destination where netfilter may have changed that", () => {
      const draft = drafted(subject({ ...syn, reason: "NETFILTER_DROP" }), { answer: listener() });
      assert.deepEqual(said(draft), ["lookup", "possible", 10]);
    });
  });

  test("takes one of several listeners of a port as possibly the one", () => {
    const group = [listener(), listener({ cookie: 2n, inode: 8 })];
    const queued = subject({ kind: "queued" });
    assert.deepEqual(said(drafted(queued, { answer: listener() })), ["listener", "likely", 10]);
    const machine = { answer: listener(), listeners: group };
    assert.deepEqual(said(drafted(queued, machine)), ["listener", "possible", 10]);
    const syn = subject({ kind: "none", isSyn: true });
    assert.deepEqual(said(drafted(syn, machine)), ["lookup", "possible", 10]);
    const elsewhere = [listener(), listener({ local: Uint8Array.of(127, 0, 0, 1) })];
    const draft = drafted(queued, { answer: listener(), listeners: elsewhere });
    assert.deepEqual(said(draft), ["listener", "likely", 10]);
  });

  test("does not take a listener of another cgroup or uid for that of a socket", () => {
    for (const kind of ["queued", "closed"] as const)
      for (const other of [{ cgroupId: 101n }, { uid: 0 }]) {
        const { by, holder } = drafted(subject({ kind }), { answer: listener(other) });
        assert.deepEqual([by, holder], ["cgroup", undefined]);
      }
  });

  test("takes the listener of a closed socket's port as possibly its owner", () => {
    assert.deepEqual(said(drafted(subject({}), { answer: listener() })), ["listener", "possible", 10]);
  });

  test("takes who has a forwarded segment's address as likely only with its connection", () => {
    const forwarded = subject({ kind: "forwarded" });
    const having = [7];
    const connection = drafted(forwarded, { having, answer: listener({ state: 1 }) });
    assert.deepEqual(said(connection), ["netns", "likely", 10]);
    for (const answer of [listener(), undefined]) {
      const { by, certainty } = drafted(forwarded, { having, ...(answer === undefined ? {} : { answer }) });
      assert.deepEqual([by, certainty], ["netns", "possible"]);
    }
  });

  describe("of what TCP answers by a socket of its own", () => {
    const own = { kind: "kernel", identity: { ...IDENTITY, isOrphan: false, hasSocket: true } } as const;

    test("takes who has the port now as possibly the one: it may have come after the answer", () => {
      for (const state of [1, 10])
        assert.deepEqual(said(drafted(subject(own), { answer: listener({ state }) })), [
          "lookup",
          "possible",
          10,
        ]);
    });

    test("is not for anybody where it refuses a SYN", () => {
      const draft = drafted(subject({ ...own, reset: "refusal" }), { answer: listener() });
      assert.deepEqual([...said(draft), draft.missing], ["none", undefined, undefined, "kernel"]);
    });

    test("is the same where the record has no socket", () => {
      const none = { kind: "none", reason: "QDISC_DROP" } as const;
      const other = drafted(subject({ ...none, reset: "other" }), { answer: listener() });
      assert.deepEqual(said(other), ["lookup", "possible", 10]);
      const refusal = drafted(subject({ ...none, reset: "refusal" }), { answer: listener() });
      assert.deepEqual([...said(refusal), refusal.missing, refusal.hint], NOBODY);
    });

    test("takes who held a socket in TIME_WAIT as likely", () => {
      const answer = listener({ state: 6, inode: undefined, cookie: 9n });
      const machine = { answer, memory: { holderOfCookie: () => HOLDER } };
      assert.deepEqual(said(drafted(subject(own), machine)), ["remembered", "likely", 10]);
    });

    test("is the kernel's where it is that very socket", () => {
      const answer = listener({ state: 1, inode: undefined, cookie: IDENTITY.skCookie ?? 0n });
      const draft = drafted(subject(own), { answer, memory: { holderOfCookie: () => HOLDER } });
      assert.deepEqual([draft.by, draft.missing], ["none", "kernel"]);
    });
  });

  test("takes a former listener of the port as possible", () => {
    const memory = { listenerOn: () => HOLDER };
    const draft = drafted(subject({ kind: "none", isSyn: true }), { memory });
    assert.deepEqual(said(draft), ["former_listener", "possible", 10]);
    const old = { listenerOn: () => ({ ...HOLDER, seenMs: NOW_MS - 60_001 }) };
    assert.equal(drafted(subject({ kind: "none", isSyn: true }), { memory: old }).by, "none");
  });

  test("names in a hint the device that a listener is bound to, unless the segment came in there", () => {
    const bound = (boundTo: number): Draft =>
      drafted(subject({ kind: "none", isSyn: true, reason: "NO_SOCKET" }), {
        listeners: [listener({ boundTo, device: `eth${boundTo}` })],
      });
    assert.equal(bound(2).hint, "port 80 is listened on at 0.0.0.0 on eth2 only, by web[10]");
    assert.equal(bound(1).hint, undefined);
  });

  test("names nobody in a hint about several listeners", () => {
    const syn = subject({ kind: "none", isSyn: true });
    const one = listener({ local: Uint8Array.of(127, 0, 0, 1) });
    assert.match(drafted(syn, { listeners: [one] }).hint ?? "", /by web\[10\]$/);
    const two = [one, listener({ local: Uint8Array.of(127, 0, 0, 2) })];
    assert.match(drafted(syn, { listeners: two }).hint ?? "", /at 127\.0\.0\.1, 127\.0\.0\.2 only$/);
  });
});
