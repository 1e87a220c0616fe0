/** Syscalls for tests: records every call and returns what the test sets. Nothing reaches the kernel. */
import type { Syscalls } from "./syscalls.ts";

export interface RecordedCall {
  readonly name: keyof Syscalls;
  readonly arguments: readonly unknown[];
}

export type FakeAnswers = Partial<Syscalls>;

/** Calls without a set result succeed with 0 (descriptors count up from 100). */
export function fakeSyscalls(answers: FakeAnswers = {}): { sys: Syscalls; calls: RecordedCall[] } {
  const calls: RecordedCall[] = [];
  let nextFd = 100;
  const defaults: Syscalls = {
    bpf: () => nextFd++,
    addressOf: () => 0x1000n,
    perfEventOpen: () => nextFd++,
    mmap: () => 0x10_0000n,
    munmap: () => 0,
    viewMemory: (_address, lengthBytes) => new ArrayBuffer(lengthBytes),
    poll: () => 0,
    watchReadable: () => ({ start: () => undefined, stop: () => undefined, close: () => undefined }),
    ioctl: () => 0,
    setrlimit: () => 0,
    close: () => 0,
    setns: () => 0,
    unshare: () => 0,
    open: () => nextFd++,
    openByHandleAt: () => nextFd++,
    clockGettimeNs: () => 0n,
    pageSize: () => 4096,
  };
  const sys = Object.fromEntries(
    Object.entries({ ...defaults, ...answers }).map(([name, answer]) => [
      name,
      (...callArguments: unknown[]) => {
        calls.push({ name: name as keyof Syscalls, arguments: callArguments.map(copied) });
        return (answer as (...values: unknown[]) => unknown)(...callArguments);
      },
    ]),
  ) as unknown as Syscalls;
  return { sys, calls };
}

/** Buffers are copied at the call. */
function copied(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice() : value;
}
