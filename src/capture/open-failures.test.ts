/** Whatever fails while probes are opened, nothing of what was opened before stays open. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Btf, openKernelBtf } from "../btf/index.ts";
import { BuildError } from "../errors.ts";
import { demandNoLeak } from "../sys/failing-syscalls.test.kit.ts";
import { fakeSyscalls } from "../sys/fake.test.kit.ts";
import { openDescriptors } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { PLAIN_REQUEST } from "./kinds/drop/request.ts";
import { ListenerWalker } from "./kinds/refused/listener-walker.ts";
import { Tracer } from "./tracer.ts";

const needsRoot = process.getuid?.() === 0 ? false : "needs root, to load BPF programs";
const OPTIONS = { request: { ...PLAIN_REQUEST, netns: [1] }, ringBytes: 1 << 16, possibleCpus: 2 };

/** A kernel that has tcp_drop() as a function of its own; one with the same arguments stands in for it. */
function btfWithTcpDrop(onPtRegs: () => void = () => undefined): Btf {
  const path = fileURLToPath(new URL("../../../test/fixtures/btf/5.10.btf", import.meta.url));
  const btf = Btf.parse(readFileSync(path));
  return new Proxy(btf, {
    get(target, property) {
      if (property === "find")
        return (...[name, kind]: Parameters<Btf["find"]>) => {
          if (name === "pt_regs") onPtRegs();
          return target.find(name === "tcp_drop" ? "tcp_conn_request" : name, kind);
        };
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Answers as a kernel that takes everything. */
const willing = () => fakeSyscalls().sys;

let withoutRefused = 0;

describe("nothing stays open, whichever system call fails", () => {
  test("Tracer.open, a kernel with tcp_drop()", () => {
    const failed = demandNoLeak(willing(), (sys) => Tracer.open(sys, btfWithTcpDrop(), OPTIONS));
    assert.ok(failed > 10, `${failed} calls made it fail`);
  });

  test("Tracer.open with refused SYNs, by fentry", () => {
    const btf = openKernelBtf();
    const options = { ...OPTIONS, refusedProbes: ["fentry"] as const };
    const failed = demandNoLeak(willing(), (sys) => {
      const tracer = Tracer.open(sys, btf, options);
      if (tracer.further.refused === undefined) withoutRefused += 1;
      return tracer;
    });
    assert.ok(failed > 10, `${failed} calls made it fail`);
    assert.ok(withoutRefused > 10, "an optional kind is left out, and why is known");
  });

  test("Tracer.open, the running kernel", { skip: needsRoot }, () => {
    const btf = openKernelBtf();
    const failed = demandNoLeak(libcSyscalls, (sys) => Tracer.open(sys, btf, OPTIONS));
    assert.ok(failed > 10, `${failed} calls made it fail`);
  });

  test("ListenerWalker.open and a walk, the running kernel", { skip: needsRoot }, () => {
    const btf = openKernelBtf();
    const failed = demandNoLeak(libcSyscalls, (sys) => {
      const walker = ListenerWalker.open(sys, btf);
      try {
        walker.walk();
      } catch (failure) {
        walker[Symbol.dispose]();
        throw failure;
      }
      return walker;
    });
    assert.ok(failed > 3, `${failed} calls made it fail`);
  });
});

test("Tracer.open closes the first program where the second one cannot be built", () => {
  const before = openDescriptors();
  const btf = btfWithTcpDrop(() => {
    throw new BuildError("the program on tcp_drop() is too long");
  });
  assert.throws(() => Tracer.open(willing(), btf, OPTIONS), BuildError);
  assert.equal(openDescriptors(), before);
});
