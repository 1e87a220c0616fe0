/**
 * Frames of our own, received by a device as if they had come over its wire: BPF_PROG_TEST_RUN with live
 * frames, net/bpf/test_run.c, since Linux 5.18.
 *
 * An XDP program is run on each frame. What it passes (XDP_PASS) goes through the network stack before the
 * system call returns, on this CPU; what it sends back or redirects is sent.
 */

import type { Program } from "../../src/bpf/program.ts";
import { check, ERRNO } from "../../src/sys/errno.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";
import { BPF_F_TEST_XDP_LIVE_FRAMES } from "./macros.ts";

export interface LiveFrames {
  /**
   * A whole frame, with its link-layer header. Memory is recycled: the program may find what an earlier run,
   * or the stack, wrote into the same bytes, and must write whatever differs between frames.
   */
  readonly frame: Uint8Array;
  /** The device that receives them, in the network namespace of this thread. */
  readonly ifindex: number;
  /** How many; at least 1. */
  readonly repeat: number;
  /**
   * Frames that are received at once, with softirqs off: 1 to 256 (TEST_XDP_MAX_BATCH). The kernel's own
   * choice is 64.
   */
  readonly batchSize?: number;
}

/**
 * Blocks this thread until the last frame is received, and returns what one took on average, in nanoseconds:
 * the kernel's own measure, without the waiting before and after. Undefined where a signal came: then fewer
 * were received, and a program that must know counts its runs in a map. An XDP program that does not run or a
 * device that is not there is a SyscallError.
 */
export function receiveFrames(
  sys: Syscalls,
  program: Program,
  { frame, ifindex, repeat, batchSize = 0 }: LiveFrames,
): number | undefined {
  const context = uapi.xdpMd.encode({ dataEnd: frame.byteLength, ingressIfindex: ifindex });
  const attr = uapi.bpfAttrTestRun.encode({
    progFd: program.fd,
    dataSizeIn: frame.byteLength,
    dataIn: sys.addressOf(frame),
    ctxSizeIn: context.byteLength,
    ctxIn: sys.addressOf(context),
    repeat,
    flags: BPF_F_TEST_XDP_LIVE_FRAMES,
    batchSize,
  });
  const result = sys.bpf(uapi.BPF_PROG_TEST_RUN, attr);
  if (result === -ERRNO.EINTR) return undefined;
  check(
    result,
    "bpf(BPF_PROG_TEST_RUN)",
    `Cannot run ${program.spec.name} on frames of the device with index ${ifindex}`,
  );
  return uapi.bpfAttrTestRun.decode(attr).duration;
}
