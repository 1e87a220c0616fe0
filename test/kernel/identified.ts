/** Events of a trace that asks whose the sockets are, and what the sockets say of themselves. */
import { fstatSync } from "node:fs";
import { SyscallError } from "../../src/errors.ts";
import { waitFor } from "../../src/lab/hosts.ts";
import type { Event, SocketIdentity } from "../../src/model/index.ts";
import type { TraceRequest } from "../../src/settings/request.ts";
import { type OpenLive, openLive } from "../../src/source/open-live.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { getOptionBytes } from "../../src/sys/sockets.ts";
import { SO_COOKIE, SO_NETNS_COOKIE, SOL_SOCKET } from "../lab/macros.ts";

const MOST_RECORDS = 1000;

export class IdentifiedDrops implements Disposable {
  readonly #opened: OpenLive;
  readonly #events: Event[] = [];
  #armed = false;

  /** Attached when it returns; harmless drops are shown too. */
  constructor(request: TraceRequest) {
    this.#opened = openLive({ owners: "process", all: true, listeners: false, stacks: "none", ...request });
  }

  get source(): OpenLive["source"] {
    return this.#opened.source;
  }

  /** Takes the first wanted event, once it is there. */
  async event(wanted: (event: Event) => boolean, what: string): Promise<Event> {
    return await waitFor(() => {
      this.#drain();
      const at = this.#events.findIndex(wanted);
      return at < 0 ? undefined : this.#events.splice(at, 1)[0];
    }, what);
  }

  /** Takes all events that nobody took; waits until there are so many. */
  async rest(atLeast: number): Promise<readonly Event[]> {
    return await waitFor(() => {
      this.#drain();
      return this.#events.length < atLeast ? undefined : this.#events.splice(0);
    }, `${atLeast} drops`);
  }

  /** Counts of refused SYNs come while the source is armed. */
  #drain(): void {
    this.source.drain((event) => this.#events.push(event), MOST_RECORDS);
    if (this.#armed) return;
    this.#armed = true;
    this.source.arm({
      ready: () => {
        this.#armed = false;
      },
      fail: (failure) => {
        throw failure;
      },
    });
  }

  [Symbol.dispose](): void {
    this.source[Symbol.dispose]();
  }
}

/** What a record must say of a socket that this process holds. */
export function heldBy(fd: OwnedFd): Pick<SocketIdentity, "inode" | "isOrphan" | "hasSocket"> {
  return { inode: fstatSync(fd.fd).ino, isOrphan: false, hasSocket: true };
}

/** The socket has a cookie after this, if it had none. */
export function cookieOf(fd: OwnedFd): bigint {
  return option64(fd, SO_COOKIE);
}

/** That of its namespace; undefined where the kernel does not tell (before Linux 5.14). */
export function netnsCookieOf(fd: OwnedFd): bigint | undefined {
  try {
    return option64(fd, SO_NETNS_COOKIE);
  } catch (failure) {
    if (failure instanceof SyscallError && failure.errnoName === "ENOPROTOOPT") return undefined;
    throw failure;
  }
}

function option64(fd: OwnedFd, name: number): bigint {
  return new BigUint64Array(getOptionBytes(fd, SOL_SOCKET, name, 8).buffer)[0] ?? 0n;
}
