/**
 * Makes a device receive frames as if they had come over its wire: BPF_PROG_TEST_RUN with live frames,
 * net/bpf/test_run.c, since Linux 5.18.
 *
 * An XDP program runs on each frame. Frames that it passes (XDP_PASS) go through the network stack on this
 * CPU before the system call returns; frames that it sends back or redirects are sent.
 */

import type { Program } from "../../src/bpf/program.ts";
import { check, ERRNO } from "../../src/sys/errno.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";
import { BPF_F_TEST_XDP_LIVE_FRAMES } from "./macros.ts";

export interface LiveFrames {
  /**
   * A whole frame, with its link-layer header. Memory is recycled: the bytes may hold what an earlier run, or
   * the stack, wrote there, so the program must write whatever differs between frames.
   */
  readonly frame: Uint8Array;
  /** The receiving device, in this thread's network namespace. */
  readonly ifindex: number;
  /** Number of frames; at least 1. */
  readonly repeat: number;
  /**
   * Frames received at once, with softirqs off: 1 to 256 (TEST_XDP_MAX_BATCH). The kernel's default is 64.
   */
  readonly batchSize?: number;
}

/**
 * Blocks this thread until the last frame is received. Returns the average nanoseconds a frame, measured by
 * the kernel, without the waiting before and after. Undefined if a signal interrupted it: then fewer were
 * received, and a program that must know counts its runs in a map. A SyscallError if the XDP program does not
 * run or there is no such device.
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
