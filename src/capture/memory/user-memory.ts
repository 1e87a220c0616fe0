/** The program that remembers users of sockets, attached, and what it has remembered. */
import { attach, BpfMap, KernelTypes, Program } from "../../bpf/index.ts";
import type { Btf } from "../../btf/index.ts";
import { struct, u64 } from "../../bytes/struct.ts";
import { Scope } from "../../sys/scope.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { type SocketFile, SocketFileReader } from "../iterators/socket-file-record.ts";
import { FORMER_LISTENERS, formerListenerKey, USERS, userProgram } from "./user-program.ts";

const cookieKey = struct("cookie", 8, { cookie: u64(0) });

export class UserMemory implements Disposable {
  readonly #scope: Scope;
  readonly #users: BpfMap;
  readonly #listeners: BpfMap;

  private constructor(scope: Scope, users: BpfMap, listeners: BpfMap) {
    this.#scope = scope;
    this.#users = users;
    this.#listeners = listeners;
  }

  /** Attaches; the errors are those of `BpfMap.create`, `Program.load` and `attach`. */
  static open(sys: Syscalls, btf: Btf): UserMemory {
    const scope = new Scope();
    try {
      const users = scope.own(BpfMap.create(sys, USERS, 1));
      const listeners = scope.own(BpfMap.create(sys, FORMER_LISTENERS, 1));
      const maps = new Map([
        [USERS, users],
        [FORMER_LISTENERS, listeners],
      ]);
      const program = scope.own(Program.load(sys, userProgram(new KernelTypes(btf)), btf, maps));
      scope.own(attach(sys, program));
      return new UserMemory(scope, users, listeners);
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** Who used the socket last. */
  userOf(cookie: bigint): SocketFile | undefined {
    return this.#read(this.#users, cookieKey.encode({ cookie }));
  }

  /** Who closed the last listener on a port. */
  formerListener(netns: number, netnsCookie: bigint | undefined, port: number): SocketFile | undefined {
    return this.#read(
      this.#listeners,
      formerListenerKey.encode({ netns, netnsCookie: netnsCookie ?? 0n, port }),
    );
  }

  #read(map: BpfMap, key: Uint8Array): SocketFile | undefined {
    const value = map.lookup(key)?.[0]?.bytes;
    if (value === undefined) return undefined;
    const [user] = new SocketFileReader(Buffer.from(value)).read(value.length, () => true);
    return user;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}
