/**
 * Loading and attaching on the running kernel; refusals by the verifier, and the logs that they come with.
 */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PermissionError, SyscallError, UnsupportedError, VerifierError } from "../errors.ts";
import { ERRNO } from "../sys/errno.ts";
import { fakeSyscalls } from "../sys/fake.test.kit.ts";
import { openDescriptors } from "../sys/fd.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { Assembler } from "./assembler.ts";
import { Builder } from "./builder.ts";
import { Scalar } from "./expression.ts";
import { KernelTypes } from "./kernel-struct.ts";
import { attach, openIterator } from "./links.ts";
import type { MapSpec } from "./map-spec.ts";
import { BpfMap, indexKey } from "./maps.ts";
import { Program } from "./program.ts";
import type { ProgramAttach, ProgramSpec } from "./program-spec.ts";
import { kernelBtf, needsRoot, sys, testRun } from "./run-program.test.kit.ts";

const NO_MAPS = new Map<MapSpec, BpfMap>();
/** What the log of the first try holds. */
const FIRST_LOG_BYTES = 1 << 16;

function programOf(
  write: (asm: Assembler) => void,
  tracing: ProgramAttach = { kind: "raw_tp", tracepoint: "sched_switch" },
): ProgramSpec {
  const asm = new Assembler();
  write(asm);
  return { name: "test", attach: tracing, ...asm.finish(), license: "Dual MIT/GPL" };
}

const returnZero = (asm: Assembler): void => {
  asm.alu("mov", 0, { constant: 0 });
  asm.exit();
};

/** Many instructions on a value that the verifier does not know: each gets a line in the log. */
const long = (end: (asm: Assembler) => void) =>
  programOf((asm) => {
    asm.loadMemory(8, 1, 1, 0);
    for (let index = 0; index < 4000; index += 1) asm.alu("add", 1, { constant: index });
    end(asm);
    returnZero(asm);
  });

const readsThroughNumber = (asm: Assembler): void => asm.loadMemory(8, 2, 1, 0);

describe("Program.load", { skip: needsRoot }, () => {
  test("loads, describes the program, and closes it", () => {
    const before = openDescriptors();
    const program = Program.load(sys, programOf(returnZero), kernelBtf, NO_MAPS);
    testRun(program, []);
    const info = program.info();
    assert.ok(info.id > 0);
    assert.equal(info.verifiedInstructions, 2);
    assert.equal(info.recursionMisses, 0n);
    assert.equal(program.log, "");
    assert.equal(openDescriptors(), before + 1);
    program[Symbol.dispose]();
    assert.equal(openDescriptors(), before);
    assert.throws(() => program.fd, { message: "program test is closed" });
  });

  test("a refusal is a VerifierError with the instruction, the complaint and the whole log", () => {
    const refused = programOf((asm) => {
      asm.loadMemory(8, 1, 1, 4096);
      returnZero(asm);
    });
    assert.throws(
      () => Program.load(sys, refused, kernelBtf, NO_MAPS),
      (error) => {
        assert.ok(error instanceof VerifierError);
        assert.match(
          error.message,
          /^Cannot load the program test: the kernel's verifier refused it: 0: .* => invalid bpf_context access off=4096 size=8$/,
        );
        assert.match(error.log, /processed \d+ insns/);
        assert.ok(error.cause instanceof SyscallError);
        return true;
      },
    );
  });

  test("a log larger than its buffer is asked for again, in a larger one", () => {
    assert.throws(
      () => Program.load(sys, long(readsThroughNumber), kernelBtf, NO_MAPS),
      (error) => {
        assert.ok(error instanceof VerifierError);
        assert.ok(error.log.length > FIRST_LOG_BYTES, `${error.log.length} characters`);
        assert.match(error.message, /R1 invalid mem access 'scalar'/);
        assert.match(error.log, /processed \d+ insns/);
        return true;
      },
    );
  });

  test("a log that was asked for is whole where the program loads, too", () => {
    using program = Program.load(
      sys,
      long(() => undefined),
      kernelBtf,
      NO_MAPS,
      { logLevel: 2 },
    );
    assert.ok(program.log.length > FIRST_LOG_BYTES, `${program.log.length} characters`);
    assert.match(program.log, /processed \d+ insns/);
  });

  test("what BTF does not have is an UnsupportedError that names it", () => {
    for (const [tracing, name] of [
      [{ kind: "tp_btf", tracepoint: "no_such_tracepoint" }, "btf_trace_no_such_tracepoint"],
      [{ kind: "iter", target: "no_such_target" }, "bpf_iter_no_such_target"],
    ] as const) {
      assert.throws(
        () => Program.load(sys, programOf(returnZero, tracing), kernelBtf, NO_MAPS),
        (error) => error instanceof UnsupportedError && error.feature === name,
      );
    }
  });

  test("a map that was not created is an UnsupportedError that names it", () => {
    const map: MapSpec = { name: "forgotten", kind: "array", keySize: 4, valueSize: 4, maxEntries: 1 };
    assert.throws(
      () =>
        Program.load(
          sys,
          programOf((asm) => asm.loadMap(1, map)),
          kernelBtf,
          NO_MAPS,
        ),
      (error) => error instanceof UnsupportedError && error.feature === "forgotten",
    );
  });
});

describe("Program.load, with a kernel that refuses", () => {
  const load = (errno: number) => {
    const fake = fakeSyscalls({ bpf: () => -errno });
    const failure = (() => {
      try {
        Program.load(fake.sys, programOf(returnZero), kernelBtf, NO_MAPS);
        return undefined;
      } catch (thrown) {
        return thrown;
      }
    })();
    return { failure, calls: fake.calls.filter(({ name }) => name === "bpf").length };
  };

  test("EAGAIN: a signal interrupted the verifier, and it is asked again, a few times", () => {
    let left = 3;
    const fake = fakeSyscalls({ bpf: () => (left-- > 0 ? -ERRNO.EAGAIN : 77) });
    using program = Program.load(fake.sys, programOf(returnZero), kernelBtf, NO_MAPS);
    assert.equal(program.fd, 77);
    const { failure, calls } = load(ERRNO.EAGAIN);
    assert.ok(
      failure instanceof SyscallError && failure.errnoName === "EAGAIN" && calls < 20,
      String(failure),
    );
    assert.match(failure.message, /signals interrupted the kernel's verifier/);
  });

  test("EPERM without a log names the capabilities", () => {
    const { failure } = load(ERRNO.EPERM);
    assert.ok(failure instanceof PermissionError);
    assert.deepEqual(failure.missing, ["CAP_BPF", "CAP_PERFMON"]);
  });

  test("another errno without a log stays that errno", () => {
    const { failure } = load(ERRNO.EINVAL);
    assert.ok(failure instanceof SyscallError);
    assert.equal(failure.errnoName, "EINVAL");
  });

  test("a log that never fits ends", () => {
    const { failure, calls } = load(ERRNO.ENOSPC);
    assert.ok(failure instanceof SyscallError);
    assert.ok(calls < 10, `${calls} tries`);
  });
});

describe("attach", { skip: needsRoot }, () => {
  const counter: MapSpec = { name: "count", kind: "percpu-array", keySize: 4, valueSize: 8, maxEntries: 1 };

  function counting(tracing: ProgramAttach): ProgramSpec {
    const b = new Builder();
    const slot = b.pin(b.lookupIndex(counter, 0), "count");
    b.leaveIf(slot.isZero());
    b.store(8, slot, 0, b.loadFrom(8, slot, 0, "count").add(1), "count");
    return { name: "counting", attach: tracing, ...b.finish(), license: "Dual MIT/GPL" };
  }

  for (const kind of ["raw_tp", "tp_btf"] as const) {
    test(`${kind}: runs while it is attached, and not after`, async () => {
      using map = BpfMap.create(sys, counter, 256);
      const total = (): bigint => (map.lookup(indexKey(0)) ?? []).reduce((sum, cpu) => sum + cpu.u64(0), 0n);
      using program = Program.load(
        sys,
        counting({ kind, tracepoint: "sched_switch" }),
        kernelBtf,
        new Map([[counter, map]]),
      );
      const link = attach(sys, program);
      try {
        for (let waits = 0; waits < 100 && total() === 0n; waits += 1) await sleep(5);
        assert.ok(total() > 0n);
      } finally {
        link[Symbol.dispose]();
      }
      await sleep(30);
      const after = total();
      await sleep(30);
      assert.equal(total(), after);
    });
  }

  test("names the tracepoint that is not there", () => {
    using map = BpfMap.create(sys, counter, 256);
    using program = Program.load(
      sys,
      counting({ kind: "raw_tp", tracepoint: "no_such_tracepoint" }),
      kernelBtf,
      new Map([[counter, map]]),
    );
    assert.throws(
      () => attach(sys, program),
      (error) =>
        error instanceof SyscallError &&
        error.errnoName === "ENOENT" &&
        error.message.includes("Cannot attach counting to raw_tp/no_such_tracepoint"),
    );
  });
});

/**
 * Writes the local port of each TCP socket, struct bpf_iter__tcp { struct bpf_iter_meta *meta; struct
 * sock_common *sk_common; ... }.
 */
function portsProgram(portOffset: number): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const load = (base: Scalar, offset: number, comment: string): Scalar =>
    new Scalar({ kind: "load", base: base.expression, offset, size: 8, comment }, 64);
  const sk = b.keep(load(context, 8, "sk_common"), "sk_common");
  b.leaveIf(sk.isZero());
  const port = b.buffer(8);
  b.store(8, port.address, 0, b.loadFrom(2, sk, portOffset, "skc_num"), "port");
  b.call(uapi.BPF_FUNC_seq_write, [load(load(context, 0, "meta"), 0, "seq"), port.address, 8], "seq_write");
  return { name: "ports", attach: { kind: "iter", target: "tcp" }, ...b.finish(), license: "Dual MIT/GPL" };
}

describe("openIterator", { skip: needsRoot }, () => {
  test("walks TCP sockets, among them one that listens here", async () => {
    const before = openDescriptors();
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const address = server.address();
      assert.ok(address !== null && typeof address === "object");
      using program = Program.load(
        sys,
        portsProgram(new KernelTypes(kernelBtf).offsetOf("sock_common", "skc_num")),
        kernelBtf,
        NO_MAPS,
      );
      using link = attach(sys, program);
      for (const run of ["first", "second"]) {
        using iterator = openIterator(sys, link);
        const ports: number[] = [];
        const chunk = new BigUint64Array(1024);
        for (let length = readSync(iterator.fd, chunk); length > 0; length = readSync(iterator.fd, chunk))
          ports.push(...Array.from(chunk.subarray(0, length / 8), Number));
        assert.ok(ports.includes(address.port), `${run} run: ${ports.length} sockets`);
      }
    } finally {
      server.close();
    }
    assert.equal(openDescriptors(), before);
  });
});
