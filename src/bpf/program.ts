/** Loads programs, and reads what the kernel reports about them. */
import type { Btf } from "../btf/index.ts";
import { BuildError, PermissionError, UnsupportedError, VerifierError } from "../errors.ts";
import { ERRNO, syscallError } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { encodeInstructions } from "./instruction.ts";
import type { MapSpec } from "./map-spec.ts";
import { type BpfMap, objectName } from "./maps.ts";
import { withMemlockRaised } from "./memlock.ts";
import { type ProgramInfo, readProgramInfo } from "./program-info.ts";
import { attachedName, type ProgramAttach, type ProgramSpec } from "./program-spec.ts";
import { attachTypeOf, isTracing, tracingTarget } from "./tracing-target.ts";
import { linesThatMatter } from "./verifier-log.ts";

const FIRST_LOG_BYTES = 1 << 16;
/**
 * The kernel refuses a log buffer above UINT_MAX >> 2, since Linux 5.2 (kernel/bpf/verifier.c). We stop
 * earlier.
 */
const LAST_LOG_BYTES = 1 << 26;

/** As many as libbpf: enough for single signals, not for a profiler's stream of them. */
const LOAD_TRIES = 5;

export interface LoadOptions {
  /** 0 requests a log only after a refusal; 1, 2 and 4 are the kernel's own levels. */
  readonly logLevel?: number;
}

export class Program implements Disposable {
  readonly spec: ProgramSpec;
  /** The verifier's log, if one was requested. */
  readonly log: string;
  readonly #sys: Syscalls;
  readonly #owned: OwnedFd;

  private constructor(sys: Syscalls, spec: ProgramSpec, owned: OwnedFd, log: string) {
    this.#sys = sys;
    this.spec = spec;
    this.#owned = owned;
    this.log = log;
  }

  /**
   * Loads a program; `maps` are those that it names. Only tracing kinds need `btf`. A refusal by the verifier
   * is a VerifierError with the whole log.
   */
  static load(
    sys: Syscalls,
    spec: ProgramSpec,
    btf: Btf | undefined,
    maps: ReadonlyMap<MapSpec, BpfMap>,
    options: LoadOptions = {},
  ): Program {
    const request = {
      sys,
      spec,
      insns: instructionBytes(spec, maps),
      attachBtfId: attachBtfId(spec.attach, btf),
    };
    const level = options.logLevel ?? 0;
    let attempt = tryLoad(request, level, level === 0 ? 0 : FIRST_LOG_BYTES);
    for (
      let size = FIRST_LOG_BYTES;
      attempt.fd < 0 && needsLog(attempt.fd, level, size) && size <= LAST_LOG_BYTES;
      size *= 4
    ) {
      attempt = tryLoad(request, Math.max(1, level), size);
      if (attempt.fd >= 0 || attempt.fd !== -ERRNO.ENOSPC) break;
    }
    if (attempt.fd < 0) throw loadError(spec, -attempt.fd, attempt.log);
    return new Program(sys, spec, new OwnedFd(sys, attempt.fd, `program ${spec.name}`), attempt.log);
  }

  get fd() {
    return this.#owned.fd;
  }

  info(): ProgramInfo {
    return readProgramInfo(this.#sys, this.fd, `the program ${this.spec.name}`);
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

const PROGRAM_TYPE: Readonly<Record<ProgramAttach["kind"], number>> = {
  tp_btf: uapi.BPF_PROG_TYPE_TRACING,
  raw_tp: uapi.BPF_PROG_TYPE_RAW_TRACEPOINT,
  iter: uapi.BPF_PROG_TYPE_TRACING,
  fentry: uapi.BPF_PROG_TYPE_TRACING,
  fexit: uapi.BPF_PROG_TYPE_TRACING,
  kprobe: uapi.BPF_PROG_TYPE_KPROBE,
  kretprobe: uapi.BPF_PROG_TYPE_KPROBE,
  xdp: uapi.BPF_PROG_TYPE_XDP,
  cgroup_skb: uapi.BPF_PROG_TYPE_CGROUP_SKB,
};

interface LoadRequest {
  readonly sys: Syscalls;
  readonly spec: ProgramSpec;
  readonly insns: Uint8Array;
  readonly attachBtfId: number;
}

function tryLoad(
  { sys, spec, insns, attachBtfId: btfId }: LoadRequest,
  logLevel: number,
  logBytes: number,
): { fd: number; log: string } {
  const license = new TextEncoder().encode(`${spec.license}\0`);
  const log = new Uint8Array(logBytes);
  const fd = withMemlockRaised(sys, () => {
    // Encoded again for each try: an address is valid for one call.
    const attr = uapi.bpfAttrProgLoad.encode({
      progType: PROGRAM_TYPE[spec.attach.kind],
      insnCnt: insns.byteLength / 8,
      insns: sys.addressOf(insns),
      license: sys.addressOf(license),
      logLevel,
      logSize: logBytes,
      logBuf: logBytes === 0 ? 0n : sys.addressOf(log),
      progName: objectName(spec.name),
      expectedAttachType: isTracing(spec.attach.kind) ? attachTypeOf(spec.attach.kind) : 0,
      attachBtfId: btfId,
    });
    return againWhileInterrupted(() => sys.bpf(uapi.BPF_PROG_LOAD, attr));
  });
  const end = log.indexOf(0);
  return { fd, log: new TextDecoder().decode(end < 0 ? log : log.subarray(0, end)) };
}

/**
 * The verifier gives up with EAGAIN if a signal is pending (bpf_check(), kernel/bpf/verifier.c, since Linux
 * 5.1): a resized terminal, a profiler's clock. It has found nothing wrong by then.
 */
function againWhileInterrupted(load: () => number): number {
  let result = load();
  for (let tries = 1; result === -ERRNO.EAGAIN && tries < LOAD_TRIES; tries += 1) result = load();
  return result;
}

/** True after a refusal without a log, and while the log buffer was too small. */
function needsLog(result: number, level: number, sizeTried: number): boolean {
  return result === -ERRNO.ENOSPC || (level === 0 && sizeTried === FIRST_LOG_BYTES);
}

/** BTF id of the program's target; 0 for kinds without one. */
function attachBtfId(attach: ProgramAttach, btf: Btf | undefined): number {
  if (!isTracing(attach.kind)) return 0;
  if (btf === undefined) throw new BuildError(`A program of kind ${attach.kind} needs the kernel's BTF`);
  const { what, name, found } = tracingTarget(btf, attach.kind, attachedName(attach));
  if (found === undefined) throw new UnsupportedError(`This kernel's BTF has no ${what}`, name);
  return found.id;
}

function instructionBytes(spec: ProgramSpec, maps: ReadonlyMap<MapSpec, BpfMap>): Uint8Array {
  return encodeInstructions(
    spec.instructions.map((instruction) => {
      if (instruction.map === undefined) return instruction;
      const map = maps.get(instruction.map);
      if (map === undefined)
        throw new UnsupportedError(
          `The program ${spec.name} uses the map ${instruction.map.name}, which was not created`,
          instruction.map.name,
        );
      return { ...instruction, imm: map.fd };
    }),
  );
}

function loadError(spec: ProgramSpec, errno: number, log: string): Error {
  const what = `Cannot load the program ${spec.name}`;
  const cause = syscallError(errno, "bpf(BPF_PROG_LOAD)", what);
  if (errno === ERRNO.EPERM && log === "") {
    return new PermissionError(`${what}: operation not permitted`, ["CAP_BPF", "CAP_PERFMON"], {
      cause,
      hint: "Run as root, or give CAP_BPF and CAP_PERFMON.",
    });
  }
  if (errno === ERRNO.EAGAIN)
    return syscallError(
      errno,
      "bpf(BPF_PROG_LOAD)",
      `${what}: signals interrupted the kernel's verifier at each try`,
      {
        hint: "Something sends signals to this process all the time, as a profiler does. Start without it.",
      },
    );
  if (log === "") return cause;
  return new VerifierError(`${what}: the kernel's verifier refused it: ${linesThatMatter(log)}`, log, {
    cause,
  });
}
