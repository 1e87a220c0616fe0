/**
 * How the owner of each kind of socket is found, as a dialogue: a generator says what it needs to know next,
 * and goes on with the answer. Nothing here looks at the machine.
 */
import { TCP_LISTEN } from "../../capture/core/tcp-states.ts";
import type { TcpAnswer, TcpListener } from "../../host/sock-diag.ts";
import type { OwnerBy, OwnerCertainty, OwnerMissing, SocketIdentity } from "../../model/index.ts";
import { type Draft, draftOfNobody, draftOfRecord } from "./draft.ts";
import type { Found } from "./finder.ts";
import type { Holder } from "./holder.ts";
import { listenersHint, takes } from "./listeners-hint.ts";
import type { Ends, Subject } from "./subject.ts";

export type Need =
  | { readonly kind: "find"; readonly inode: number; readonly cgroupId: bigint | undefined }
  | { readonly kind: "ask"; readonly netns: number | undefined; readonly ends: Ends }
  | { readonly kind: "listeners"; readonly netns: number | undefined }
  | { readonly kind: "having"; readonly address: Uint8Array }
  | { readonly kind: "cgroup"; readonly netns: number };

export type Asked<T> =
  | { readonly kind: "answer"; readonly answer: T }
  /** Nobody could be asked, and why. */
  | { readonly kind: "unasked"; readonly missing: OwnerMissing };

export type Reply =
  | Found
  | Asked<TcpAnswer | undefined>
  | Asked<readonly TcpListener[]>
  /** Of network namespaces. */
  | readonly number[]
  /** Of a cgroup. */
  | bigint
  | undefined;
export type Resolution = Generator<Need, Draft, Reply>;

/** What is remembered of sockets that are closed. */
export interface Memory {
  holderOfCookie(cookie: bigint): Holder | undefined;
  /** The last that listened on a port of a namespace. */
  listenerOn(netns: number, netnsCookie: bigint | undefined, port: number): Holder | undefined;
}

/** A former listener that was seen before that may have had many after it. */
const MAX_FORMER_MS = 60_000;

export function resolve(subject: Subject, memory: Memory, nowMs: number): Resolution {
  switch (subject.kind) {
    case "socket":
      return resolveHeld(subject.identity, "socket", memory);
    case "request":
      return resolveHeld(subject.identity, "listener", memory);
    case "queued":
      return resolveQueued(subject);
    case "closed":
      return resolveClosed(subject, memory);
    case "kernel":
      return resolveKernels(subject, memory);
    case "none":
      return resolveWithout(subject, memory, nowMs);
    case "forwarded":
      return resolveForwarded(subject, memory);
  }
}

function* find(inode: number, cgroupId: bigint | undefined): Generator<Need, Found, Reply> {
  return (yield { kind: "find", inode, cgroupId }) as Found;
}

function* ask(netns: number | undefined, ends: Ends): Generator<Need, Asked<TcpAnswer | undefined>, Reply> {
  return (yield { kind: "ask", netns, ends }) as Asked<TcpAnswer | undefined>;
}

function* resolveHeld(identity: SocketIdentity, by: OwnerBy, memory: Memory): Resolution {
  const { inode = 0, cgroupId, uid, skCookie } = identity;
  const found = yield* find(inode, cgroupId);
  const draft = { missing: undefined, uid, socketCgroupId: cgroupId, hint: undefined };
  if (found.kind === "holder") return { ...draft, ...heldBy(found.holder, by) };
  const { missing } = found;
  const former = found.former ?? (skCookie === undefined ? undefined : memory.holderOfCookie(skCookie));
  if (former === undefined) return draftOfRecord(identity, missing);
  // It was looked for everywhere: who had it has closed it since, or handed it on.
  if (missing === "not_found") return { ...draft, by: "remembered", certainty: "likely", holder: former };
  return { ...draft, by, certainty: "likely", holder: former };
}

/** Where not all that may hold it were seen, another may be the one that was there first. */
export function heldBy(holder: Holder, by: OwnerBy): Pick<Draft, "by" | "certainty" | "holder"> {
  return { by, certainty: holder.holders === undefined ? "likely" : "certain", holder };
}

/** Who listens on the port has not taken it yet; the record's cgroup and uid are the listener's. */
function* resolveQueued({ identity, netns, ends }: Subject): Resolution {
  const { uid, cgroupId } = identity;
  const listener = yield* findListener(netns, ends, identity);
  if (listener === undefined) return draftOfRecord(identity, "not_accepted");
  const certainty = listener.isOneOfSeveral ? "possible" : "likely";
  return { ...withHolder("listener", certainty, listener.holder), uid, socketCgroupId: cgroupId };
}

function* resolveClosed({ identity, netns, ends }: Subject, memory: Memory): Resolution {
  const { skCookie, uid, cgroupId } = identity;
  const former = skCookie === undefined ? undefined : memory.holderOfCookie(skCookie);
  const known = { uid, socketCgroupId: cgroupId };
  if (former !== undefined) return { ...withHolder("remembered", "likely", former), ...known };
  const listener = yield* findListener(netns, ends, identity);
  // It may have come after the socket.
  return listener === undefined
    ? draftOfRecord(identity, "closed")
    : { ...withHolder("listener", "possible", listener.holder), ...known };
}

/**
 * Its uid and cgroup are the kernel's, and nobody's owner. What TCP answers for a socket goes out by one of its
 * own; so does what it answers where there is none, and who has the port now may have come after that.
 */
function* resolveKernels({ netns, ends, reset, identity }: Subject, memory: Memory): Resolution {
  if (ends === undefined || reset === "refusal") return draftOfNobody("kernel");
  const asked = yield* ask(netns, ends);
  if (asked.kind === "unasked" || asked.answer?.cookie === identity.skCookie) return draftOfNobody("kernel");
  const draft = yield* resolveAnswer(asked.answer, netns, ends, memory);
  if (draft === undefined) return draftOfNobody("kernel");
  // TIME_WAIT stays for a minute: it has sent the answer.
  return draft.by === "remembered" ? draft : possibly(draft);
}

/** Of drops that may come before netfilter gives the segment another destination. */
const MAY_BE_REWRITTEN: ReadonlySet<string | undefined> = new Set(["NETFILTER_DROP", "TC_INGRESS", "XDP"]);

function possibly(draft: Draft): Draft {
  return draft.certainty === undefined ? draft : { ...draft, certainty: "possible" };
}

/** Of what has no socket: the kernel is asked for the one that it would find now. */
function* resolveWithout(subject: Subject, memory: Memory, nowMs: number): Resolution {
  const { netns, ends, isSyn, reason, reset } = subject;
  if (ends === undefined) return draftOfNobody("no_socket");
  // Then there was none: one that is there by now has come later.
  if (reason === "NO_SOCKET" || reset === "refusal")
    return yield* resolveNobody(subject, ends, memory, nowMs);
  const asked = yield* ask(netns, isSyn ? toListener(ends) : ends);
  if (asked.kind === "unasked") return draftOfNobody(asked.missing);
  const draft = yield* resolveAnswer(asked.answer, netns, ends, memory);
  if (draft === undefined) return yield* resolveNobody(subject, ends, memory, nowMs);
  // TCP sends a RST by a socket of its own too, where there is none: who has the port may have come later.
  return MAY_BE_REWRITTEN.has(reason) || reset !== undefined ? possibly(draft) : draft;
}

/**
 * Of a namespace of this host: whom it is for, else who has sent it. Two that have the address are nobody.
 */
function* resolveForwarded({ ends }: Subject, memory: Memory): Resolution {
  if (ends === undefined) return draftOfNobody("no_socket");
  const back = {
    ...ends,
    local: ends.remote,
    localPort: ends.remotePort,
    remote: ends.local,
    remotePort: ends.localPort,
  };
  for (const each of [ends, back]) {
    const having = (yield { kind: "having", address: each.local }) as readonly number[];
    const [netns] = having;
    if (having.length > 1) return draftOfNobody("ambiguous");
    if (netns !== undefined) return yield* resolveInside(netns, { ...each, ifindex: 0 }, memory);
  }
  return draftOfNobody("no_socket");
}

function* resolveInside(netns: number, ends: Ends, memory: Memory): Resolution {
  const asked = yield* ask(netns, ends);
  const draft = asked.kind === "answer" ? yield* resolveAnswer(asked.answer, netns, ends, memory) : undefined;
  // Others may have the address too, where packets do not go to: only the very connection is more.
  const isConnection =
    asked.kind === "answer" && asked.answer !== undefined && asked.answer.state !== TCP_LISTEN;
  if (draft !== undefined)
    return { ...draft, by: "netns", certainty: isConnection ? draft.certainty : "possible" };
  const cgroupId = (yield { kind: "cgroup", netns }) as bigint | undefined;
  const missing = asked.kind === "unasked" ? asked.missing : "no_socket";
  return { ...draftOfRecord({ cgroupId, uid: undefined }, missing), by: "netns", certainty: "possible" };
}

/** Undefined where the answer leads to nobody. */
function* resolveAnswer(
  answer: TcpAnswer | undefined,
  netns: number | undefined,
  ends: Ends,
  memory: Memory,
): Generator<Need, Draft | undefined, Reply> {
  if (answer === undefined) return undefined;
  const { inode, cgroupId, uid, cookie } = answer;
  const known = { uid, socketCgroupId: cgroupId };
  if (inode !== undefined) {
    const found = yield* find(inode, cgroupId);
    const certainty = (yield* isOneOfSeveral(netns, answer)) ? "possible" : "likely";
    if (found.kind === "holder") return { ...withHolder("lookup", certainty, found.holder), ...known };
    return { ...draftOfRecord({ cgroupId, uid }, found.missing), by: "lookup", certainty };
  }
  const former = memory.holderOfCookie(cookie);
  if (former !== undefined) return withHolder("remembered", "likely", former);
  const listener = yield* findListener(netns, ends, { cgroupId, uid });
  return listener === undefined ? undefined : withHolder("listener", "possible", listener.holder);
}

function* resolveNobody(
  { netns, identity, isSyn, reason }: Subject,
  ends: Ends,
  memory: Memory,
  nowMs: number,
): Resolution {
  const former = formerListener({ netns, identity }, ends.localPort, memory, nowMs);
  // The kernel has said so, and there is nothing to add.
  if (reason === "NO_SOCKET" && !isSyn && former === undefined) return draftOfNobody("no_socket");
  const asked = (yield { kind: "listeners", netns }) as Asked<readonly TcpListener[]>;
  // Without the kernel's part for such questions it says too that there is no socket.
  if (asked.kind === "unasked" && asked.missing !== "budget")
    return draftOfNobody(reason === "NO_SOCKET" ? "no_socket" : asked.missing);
  const listeners = asked.kind === "answer" ? asked.answer : [];
  const samePort = listeners.filter(({ localPort }) => localPort === ends.localPort);
  if (former !== undefined && asked.kind === "answer" && samePort.length === 0)
    return withHolder("former_listener", "possible", former);
  const [first] = samePort;
  // One that takes it has come later.
  if (!isSyn || first === undefined || samePort.some((each) => takes(each, ends.local, ends.ifindex)))
    return draftOfNobody("no_socket");
  const isOnly = samePort.length === 1 && first.inode !== undefined;
  const found = isOnly ? yield* find(first.inode, first.cgroupId) : undefined;
  const holder = found?.kind === "holder" ? found.holder : undefined;
  return draftOfNobody("no_socket", listenersHint(samePort, holder));
}

/** At which address it listened is not known, nor whether another has had the port since. */
function formerListener(
  { netns, identity }: Pick<Subject, "netns" | "identity">,
  port: number,
  memory: Memory,
  nowMs: number,
): Holder | undefined {
  const former = netns === undefined ? undefined : memory.listenerOn(netns, identity.netnsCookie, port);
  return former !== undefined && nowMs - former.seenMs <= MAX_FORMER_MS ? former : undefined;
}

interface ListenerHolder {
  readonly holder: Holder;
  readonly isOneOfSeveral: boolean;
}

/** Who listens on the port of a socket that a listener with the same cgroup and uid has made. */
function* findListener(
  netns: number | undefined,
  ends: Ends | undefined,
  made: Pick<SocketIdentity, "cgroupId" | "uid">,
): Generator<Need, ListenerHolder | undefined, Reply> {
  if (ends === undefined) return undefined;
  const asked = yield* ask(netns, toListener(ends));
  if (asked.kind === "unasked" || asked.answer?.inode === undefined) return undefined;
  const { answer } = asked;
  if (differ(answer.cgroupId, made.cgroupId) || differ(answer.uid, made.uid)) return undefined;
  const found = yield* find(asked.answer.inode, answer.cgroupId);
  if (found.kind !== "holder") return undefined;
  return { holder: found.holder, isOneOfSeveral: yield* isOneOfSeveral(netns, answer) };
}

/** Both are known. */
function differ<T>(one: T | undefined, other: T | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** With SO_REUSEPORT each takes some of the connections: the one that was found may not be the one. */
function* isOneOfSeveral(netns: number | undefined, answer: TcpAnswer): Generator<Need, boolean, Reply> {
  if (answer.state !== TCP_LISTEN) return false;
  const asked = (yield { kind: "listeners", netns }) as Asked<readonly TcpListener[]>;
  if (asked.kind === "unasked") return true;
  const { local, localPort } = answer;
  return (
    asked.answer.filter((each) => each.localPort === localPort && Buffer.compare(each.local, local) === 0)
      .length > 1
  );
}

/** Without the other end no connection is found, only who listens. */
function toListener(ends: Ends): Ends {
  return { ...ends, remote: new Uint8Array(ends.remote.length), remotePort: 0 };
}

function withHolder(by: OwnerBy, certainty: OwnerCertainty, holder: Holder): Draft {
  return {
    by,
    certainty,
    missing: undefined,
    holder,
    uid: undefined,
    socketCgroupId: undefined,
    hint: undefined,
  };
}
