/** Kernels that charge maps to RLIMIT_MEMLOCK, and those that never look at it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PermissionError, SyscallError, UnsupportedError } from "../errors.ts";
import { ERRNO } from "../sys/errno.ts";
import { type FakeAnswers, fakeSyscalls } from "../sys/fake.test.kit.ts";
import { RLIM_INFINITY, RLIMIT_MEMLOCK } from "../sys/macros.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { BpfMap } from "./maps.ts";

const RING = { name: "drops", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: 1 << 20 } as const;

/** Whether the map was made or why not, and which calls were made for it. */
function create(answers: FakeAnswers, spec = RING): { failure: unknown; calls: readonly string[] } {
  const { sys, calls } = fakeSyscalls(answers);
  let failure: unknown;
  try {
    BpfMap.create(sys, spec, 1)[Symbol.dispose]();
  } catch (error) {
    failure = error;
  }
  return {
    failure,
    calls: calls.map(({ name, arguments: [first, ...rest] }) =>
      name === "setrlimit" ? `setrlimit ${String(first)} ${rest.join(" ")}` : name,
    ),
  };
}

/** A kernel of before 5.11: what is larger than a page gets EPERM until the limit is raised. */
function charging(mayRaise: boolean): FakeAnswers {
  let raised = false;
  return {
    bpf: (_command, attr) =>
      raised || (uapi.bpfAttrMapCreate.decode(attr).maxEntries ?? 0) <= 4096 ? 100 : -ERRNO.EPERM,
    setrlimit: () => {
      raised = mayRaise;
      return mayRaise ? 0 : -ERRNO.EPERM;
    },
  };
}

const RAISE = `setrlimit ${RLIMIT_MEMLOCK} ${RLIM_INFINITY} ${RLIM_INFINITY}`;

test("the limit is left alone where a map can be made", () => {
  assert.deepEqual(create({}), { failure: undefined, calls: ["bpf", "close"] });
});

test("the limit is left alone where something else is wrong", () => {
  const { failure, calls } = create({ bpf: () => -ERRNO.ENOMEM });
  assert.deepEqual(
    calls.filter((name) => name !== "pageSize"),
    ["bpf"],
  );
  assert(failure instanceof SyscallError && failure.errnoName === "ENOMEM");
});

test("EPERM raises the limit, and the map is made", () => {
  assert.deepEqual(create(charging(true)), { failure: undefined, calls: ["bpf", RAISE, "bpf", "close"] });
});

test("where the limit cannot be raised, the error names it", () => {
  const { failure, calls } = create(charging(false));
  assert.deepEqual(
    calls,
    ["bpf", RAISE, "bpf", "close"],
    "tried once, and a tiny map shows that it is the limit",
  );
  assert(failure instanceof PermissionError);
  assert.match(failure.message, /^Cannot create the ring-buffer map drops: .*RLIMIT_MEMLOCK/);
  assert.deepEqual(failure.missing, ["CAP_SYS_RESOURCE"]);
  assert.match(failure.hint ?? "", /ulimit -l unlimited/);
});

test("where no map at all can be made it is not the limit, and the error does not name it", () => {
  const { failure } = create({ bpf: () => -ERRNO.EPERM, setrlimit: () => -ERRNO.EPERM });
  assert(failure instanceof SyscallError && failure.errnoName === "EPERM");
  assert.doesNotMatch(failure.message, /RLIMIT/);
});

test("a kernel without ring buffers is an error with a sentence; a size that is wrong is not that", () => {
  const { failure } = create({ bpf: () => -ERRNO.EINVAL });
  assert(failure instanceof UnsupportedError);
  assert.deepEqual([failure.feature, failure.since, failure.exitCode], ["ring buffer", "5.8", 3]);
  assert(
    create({ bpf: () => -ERRNO.EINVAL }, { ...RING, maxEntries: 5000 as 1048576 }).failure instanceof
      SyscallError,
  );
});
