/** Network namespaces for tests. */
import { check } from "../sys/errno.ts";
import type { OwnedFd } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLONE_NEWNET } from "../sys/macros.ts";
import { openOwnNetns } from "./enter-netns.ts";

/** A namespace that nothing but the descriptor holds. */
export function newNetns(): OwnedFd {
  using home = openOwnNetns(libcSyscalls);
  check(libcSyscalls.unshare(CLONE_NEWNET), "unshare", "Cannot make a network namespace");
  try {
    return openOwnNetns(libcSyscalls);
  } finally {
    check(libcSyscalls.setns(home.fd, CLONE_NEWNET), "setns", "Cannot return");
  }
}
