import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProcessEntry } from "../../capture/iterators/process-record.ts";
import type { TcpListener } from "../../host/sock-diag.ts";
import type { Event, SocketIdentity } from "../../model/index.ts";
import { dropLike } from "../../run/events.test.kit.ts";
import { Finder } from "./finder.ts";
import { NetnsNamer } from "./netns-namer.ts";
import { OwnerLookup, type OwnerLookupParts } from "./owner-lookup.ts";
import { cgroupOfProcess, type OwnerNames } from "./owner-names.ts";
import { Questions } from "./questions.ts";
import { listening, ScriptedMachine } from "./scripted-machine.test.kit.ts";
import { SocketBook } from "./socket-book.ts";
import { WalkBudget } from "./walk-budget.ts";

const WEB = 100n;
const NAMES: OwnerNames = {
  cgroupPath: (id) => (id === 1n ? "/" : `/cgroup-${id}`),
  processesIn: () => undefined,
  workload: () => undefined,
  process: ({ pid }) => ({ exe: `/bin/comm${pid}`, cgroup: undefined }),
  user: (uid) => (uid === 33 ? "www-data" : undefined),
};

const HELD: SocketIdentity = {
  form: "full",
  inode: 1,
  cgroupId: WEB,
  uid: 33,
  skCookie: 5n,
  isOrphan: false,
  hasSocket: true,
  netnsCookie: 77n,
};
const NO_SOCKET: SocketIdentity = {
  ...HELD,
  form: undefined,
  inode: undefined,
  cgroupId: undefined,
  uid: undefined,
  skCookie: undefined,
  hasSocket: false,
};

function eventOf(identity: SocketIdentity | undefined, facts: Parameters<typeof dropLike>[0] = {}): Event {
  return { ...dropLike({ direction: "rx", ...facts }), identity };
}

describe("OwnerLookup", () => {
  let machine: ScriptedMachine;
  let lookup: OwnerLookup;
  let settled: number;
  let failures: unknown[];
  /** What the kernel answers to every question. */
  let answer: TcpListener | undefined;
  let listeners: TcpListener[];
  let questions: number;
  let processes: ProcessEntry[];

  beforeEach(() => {
    machine = new ScriptedMachine();
    settled = 0;
    failures = [];
    answer = undefined;
    listeners = [];
    questions = 0;
    processes = [];
    lookup = open();
  });
  afterEach(() => lookup[Symbol.asyncDispose]());

  function open(more: Partial<OwnerLookupParts> = {}): OwnerLookup {
    const nowMs = (): number => machine.nowMs;
    const book = new SocketBook();
    const onFailure = (failure: unknown): void => {
      failures.push(failure);
    };
    const opened: OwnerLookup = new OwnerLookup({
      finder: new Finder({
        machine,
        book,
        budget: new WalkBudget(1, nowMs),
        nowMs,
        patienceMs: 100,
        onWalked: () => opened.onProgress(),
        onFailure,
      }),
      missing: undefined,
      questions: new Questions({
        ways: { isSearching: false, inside: (_netns, _since, run) => ({ kind: "seen", value: run() }) },
        tables: {
          lookUp: (asked) => {
            questions += asked.length;
            return asked.map(() => answer);
          },
          listeners: () => listeners,
        },
        nowMs,
        onProblem: onFailure,
      }),
      addresses: { hasWork: false, having: (_address, answer) => answer([]), run: () => undefined },
      namer: namerOf(
        () => Promise.resolve(processes),
        () => opened.onProgress(),
      ),
      prepare: () => true,
      names: NAMES,
      memory: book,
      nowMs,
      coarseMs: nowMs,
      problems: () => [],
      close: () => Promise.resolve(),
      ...more,
    });
    return opened;
  }

  function namerOf(
    walk: () => Promise<readonly ProcessEntry[]>,
    onNamed: () => void = () => undefined,
    ipNetnsNames: () => ReadonlyMap<number, string> = () => new Map(),
  ): NetnsNamer {
    return new NetnsNamer({
      processes: walk,
      ipNetnsNames,
      seesHost: true,
      ownPid: 4242,
      names: NAMES,
      nowMs: () => machine.nowMs,
      onNamed,
      onFailure: (failure) => failures.push(failure),
    });
  }

  function start(): void {
    lookup.start({
      settled: () => {
        settled += 1;
      },
      fail: (failure) => failures.push(failure),
    });
  }

  async function turns(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    assert.deepEqual(failures, []);
  }

  /** Applies it and waits for the answer. */
  async function told(event: Event): Promise<Event> {
    const pending = lookup.apply(event);
    await turns();
    assert(pending?.isSettled ?? true, "it has been answered");
    pending?.fill(event);
    return event;
  }

  test("gives one frozen owner to all events of a socket, and looks once", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    const [first, second] = [eventOf(HELD), eventOf({ ...HELD })];
    const pending = lookup.apply(first);
    assert.equal(lookup.apply(second), pending);
    assert.equal(pending?.isSettled, false);
    start();
    await turns();
    assert(pending?.isSettled);
    assert(settled > 0);
    pending.fill(first);
    pending.fill(second);
    assert(Object.isFrozen(first.owner));
    assert.equal(second.owner, first.owner);
    assert.deepEqual(first.owner, {
      by: "socket",
      certainty: "certain",
      missing: undefined,
      process: { pid: 10, startNs: 10_000n, comm: "comm10", exe: "/bin/comm10" },
      holders: undefined,
      uid: 33,
      user: "www-data",
      cgroup: "/cgroup-100",
      socketCgroup: undefined,
      workload: undefined,
      hint: undefined,
    });
  });

  test("asks for nothing more in a storm of one socket", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    await told(eventOf(HELD));
    const { walks } = machine;
    machine.looks = [];
    for (let count = 0; count < 1000; count += 1) assert.equal(lookup.apply(eventOf(HELD)), undefined);
    await turns();
    assert.deepEqual([machine.looks, machine.walks], [[], walks]);
  });

  test("keeps the owner's object where another look says the same", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    const first = await told(eventOf(HELD));
    machine.nowMs += 1001;
    machine.looks = [];
    const second = await told(eventOf(HELD));
    assert.deepEqual(machine.looks, [10]);
    assert.equal(second.owner, first.owner);
  });

  test("tells both cgroups where the process is in another than its socket", async () => {
    machine.process(10, 200n, [{ inode: 1 }]);
    machine.cgroups.set(WEB, [10]);
    const { owner } = await told(eventOf(HELD));
    assert.deepEqual([owner?.cgroup, owner?.socketCgroup], ["/cgroup-200", "/cgroup-100"]);
  });

  test("fills what the record says where the answer is late", () => {
    const event = eventOf(HELD);
    lookup.apply(event)?.fill(event);
    assert.deepEqual(
      [event.owner?.by, event.owner?.missing, event.owner?.cgroup, event.owner?.uid, event.owner?.process],
      ["cgroup", "late", "/cgroup-100", 33, undefined],
    );
  });

  test("calls a holder only likely while a new look is late", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    await told(eventOf(HELD));
    machine.nowMs += 1001;
    const event = eventOf(HELD);
    lookup.apply(event)?.fill(event);
    assert.deepEqual([event.owner?.process?.pid, event.owner?.certainty], [10, "likely"]);
  });

  test("does not tell who had a port before while a new look is late", async () => {
    machine.process(10, WEB, [listening(9)]);
    answer = answered({ inode: 9 });
    await told(eventOf(NO_SOCKET));
    machine.nowMs += 1001;
    const event = eventOf(NO_SOCKET);
    lookup.apply(event)?.fill(event);
    assert.deepEqual([event.owner?.process, event.owner?.missing], [undefined, "late"]);
  });

  test("tells a holder for a quarter of a second after it was seen, not after it was asked for", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    await told(eventOf(HELD));
    machine.nowMs += 200;
    machine.process(10, WEB, []);
    machine.process(11, WEB, [{ inode: 1 }]);
    // As another key: the finder knows the holder, so the answer is 200 ms old.
    const request = eventOf({ ...HELD, form: "request" });
    assert.equal((await told(request)).owner?.process?.pid, 10);
    machine.nowMs += 60;
    assert.equal((await told(eventOf({ ...HELD, form: "request" }))).owner?.process?.pid, 11);
  });

  test("does not keep the answer for another socket with the same number", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    await told(eventOf(HELD));
    machine.end(10);
    machine.nowMs += 1001;
    const event = eventOf({ ...HELD, cgroupId: 200n, skCookie: 6n });
    lookup.apply(event)?.fill(event);
    assert.deepEqual([event.owner?.process, event.owner?.cgroup], [undefined, "/cgroup-200"]);
  });

  test("does not tell the root cgroup, which says nothing", async () => {
    const { owner } = await told(eventOf({ ...HELD, inode: 2, cgroupId: 1n }));
    assert.deepEqual([owner?.by, owner?.missing, owner?.cgroup], ["none", "not_found", undefined]);
  });

  test("tells a handshake's listener", async () => {
    machine.process(10, WEB, [listening(1)]);
    const { owner } = await told(eventOf({ ...HELD, form: "request" }));
    assert.deepEqual([owner?.by, owner?.certainty, owner?.process?.pid], ["listener", "certain", 10]);
  });

  test("remembers who held a socket that is closed, by its cookie", async () => {
    machine.process(10, WEB, [{ inode: 1, cookie: 5n }]);
    await told(eventOf(HELD));
    machine.end(10);
    const orphan = { ...HELD, inode: undefined, hasSocket: false, isOrphan: true };
    const { owner } = await told(eventOf(orphan));
    assert.deepEqual([owner?.by, owner?.certainty, owner?.process?.pid], ["remembered", "likely", 10]);
    const { owner: timewait } = await told(
      eventOf({ ...NO_SOCKET, form: "timewait", skCookie: 5n, netnsCookie: 77n }),
    );
    assert.equal(timewait?.process?.pid, 10);
    assert.equal(questions, 0);
  });

  test("says that nobody was found, and who held it before", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    await told(eventOf(HELD));
    machine.end(10);
    machine.nowMs += 1001;
    const { owner } = await told(eventOf(HELD));
    assert.deepEqual([owner?.by, owner?.certainty, owner?.process?.pid], ["remembered", "likely", 10]);
    const { owner: never } = await told(eventOf({ ...HELD, inode: 2, skCookie: 6n }));
    assert.deepEqual([never?.by, never?.missing, never?.cgroup], ["cgroup", "not_found", "/cgroup-100"]);
  });

  test("asks the kernel for what has no socket: the one that it finds is likely", async () => {
    machine.process(10, WEB, [{ inode: 9 }]);
    answer = answered({ inode: 9 });
    const { owner } = await told(eventOf(NO_SOCKET));
    assert.deepEqual([owner?.by, owner?.certainty, owner?.process?.pid], ["lookup", "likely", 10]);
    assert.equal(questions, 1);
  });

  test("says that there is no socket, and who listens elsewhere", async () => {
    machine.process(10, WEB, [listening(9)]);
    const syn = { flags: ["SYN"], dport: 8080 } as const;
    assert.equal((await told(eventOf(NO_SOCKET, syn))).owner?.missing, "no_socket");
    machine.nowMs += 1001;
    listeners = [answered({ inode: 9, localPort: 8080, local: Uint8Array.of(127, 0, 0, 1) })];
    const { owner } = await told(eventOf(NO_SOCKET, syn));
    assert.deepEqual(
      [owner?.by, owner?.certainty, owner?.hint],
      ["none", undefined, "port 8080 is listened on at 127.0.0.1 only, by comm10[10]"],
    );
  });

  test("tells the former listener of a port that nobody listens on any more", async () => {
    machine.process(10, WEB, [listening(9, 8080)]);
    await told(eventOf({ ...HELD, inode: 9 }));
    machine.end(10);
    const event = eventOf(NO_SOCKET, { flags: ["SYN"], dport: 8080, netns: 7 });
    const { owner } = await told(event);
    assert.deepEqual([owner?.by, owner?.certainty, owner?.process?.pid], ["former_listener", "possible", 10]);
  });

  test("does not tell who listened in the namespace that had the number before", async () => {
    machine.process(10, WEB, [listening(9, 8080)]);
    await told(eventOf({ ...HELD, inode: 9 }));
    machine.end(10);
    // Names of namespaces are not looked for again before that.
    machine.nowMs += 300;
    const syn = { flags: ["SYN"], dport: 8080, netns: 7 } as const;
    const { owner } = await told(eventOf({ ...NO_SOCKET, netnsCookie: 78n }, syn));
    assert.deepEqual([owner?.by, owner?.missing], ["none", "no_socket"]);
  });

  test("does not tell the kernel's cgroup and uid for its own sockets", async () => {
    const kernels = { ...HELD, inode: undefined, cgroupId: 1n, uid: 0 };
    const { owner } = await told(eventOf(kernels, { direction: "tx" }));
    assert.deepEqual([owner?.by, owner?.missing, owner?.uid], ["none", "kernel", undefined]);
  });

  test("looks at no process where only the record is wanted", async () => {
    lookup = open({ finder: undefined });
    const { owner } = await told(eventOf(HELD));
    assert.deepEqual(
      [owner?.by, owner?.certainty, owner?.missing, owner?.cgroup],
      ["cgroup", "likely", undefined, "/cgroup-100"],
    );
    assert.deepEqual([machine.walks, machine.looks, questions], [0, [], 0]);
  });

  test("says why no process is told where none may be looked at", async () => {
    lookup = open({ finder: undefined, missing: "rights" });
    const { owner } = await told(eventOf(HELD));
    assert.deepEqual([owner?.by, owner?.missing, owner?.uid], ["cgroup", "rights", 33]);
  });

  test("names the namespace by its oldest process, not by this one", async () => {
    const one = { cgroupId: 1n, netns: 7, netnsCookie: 77n };
    processes = [
      { ...one, pid: 4242, startNs: 1n, comm: "tcpdrop" },
      { ...one, pid: 12, startNs: 3n, comm: "late" },
      { ...one, pid: 11, startNs: 2n, comm: "early" },
    ];
    const { netns } = await told(eventOf(HELD, { netns: 7 }));
    assert.deepEqual(netns, { cookie: 77n, name: "early[11]" });
  });

  test("has its answer before the namespace has a name", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    lookup = open({ namer: namerOf(() => new Promise(() => undefined)) });
    const event = eventOf(HELD, { netns: 7 });
    const pending = lookup.apply(event);
    assert.deepEqual([pending?.isSettled, pending?.isAnswered], [false, false]);
    await turns();
    assert.deepEqual([pending?.isSettled, pending?.isAnswered], [false, true]);
    pending?.fill(event);
    assert.deepEqual([event.owner?.process?.pid, event.netns?.name], [10, undefined]);
  });

  test("does without the namespace's name where looking for it fails, and says why", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    const failure = new Error("no descriptors");
    const ipNetnsNames = (): never => {
      throw failure;
    };
    lookup = open({ namer: namerOf(() => Promise.resolve(processes), undefined, ipNetnsNames) });
    const event = eventOf(HELD, { netns: 7 });
    const pending = lookup.apply(event);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    assert.deepEqual(failures, [failure]);
    assert.equal(pending?.isSettled, true);
    failures = [];
  });

  test("tells who holds a socket as likely while it is not known whether others do", async () => {
    machine.process(10, WEB, [{ inode: 1, others: 1 }]);
    machine.walk = () => new Promise(() => undefined);
    const event = eventOf(HELD);
    const pending = lookup.apply(event);
    await turns();
    assert.equal(pending?.isAnswered, false);
    pending?.fill(event);
    const { by, certainty, process, missing } = event.owner ?? {};
    assert.deepEqual([by, certainty, process?.pid, missing], ["socket", "likely", 10, undefined]);
  });

  test("does not call a namespace as the one that has its number now", async () => {
    processes = [{ cgroupId: 1n, netns: 7, netnsCookie: 78n, pid: 11, startNs: 2n, comm: "other" }];
    const { netns } = await told(eventOf(HELD, { netns: 7 }));
    assert.deepEqual(netns, { cookie: 77n, name: undefined });
  });

  test("settles what it can at the end, and looks for nothing after that", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    const event = eventOf(HELD);
    const pending = lookup.apply(event);
    lookup.settleNow(50);
    pending?.fill(event);
    assert.equal(event.owner?.process?.pid, 10);
    const late = eventOf({ ...HELD, inode: 2 });
    const open = lookup.apply(late);
    machine.looks = [];
    await turns();
    open?.fill(late);
    assert.equal(late.owner?.missing, "late");
    assert.deepEqual(machine.looks, []);
  });

  test("leaves events without an identity as they are", () => {
    const event = eventOf(undefined);
    assert.equal(lookup.apply(event), undefined);
    assert.equal(event.owner, undefined);
  });
});

function answered(more: Partial<TcpListener>): TcpListener {
  return {
    family: 4,
    state: 10,
    local: new Uint8Array(4),
    localPort: 80,
    cookie: 1n,
    inode: undefined,
    uid: 33,
    cgroupId: WEB,
    boundTo: undefined,
    device: undefined,
    ...more,
  };
}

describe("cgroupOfProcess", () => {
  const v1 = { exe: undefined, cgroup: "/docker/web" };

  test("takes what /proc says where the v2 hierarchy says nothing", () => {
    for (const path of ["/", "/init.scope", undefined])
      assert.equal(cgroupOfProcess({ cgroupPath: () => path }, 1n, v1), "/docker/web");
    assert.equal(cgroupOfProcess({ cgroupPath: () => "/a.slice" }, 1n, v1), "/a.slice");
    assert.equal(cgroupOfProcess({ cgroupPath: () => "/" }, 1n, undefined), "/");
  });
});
