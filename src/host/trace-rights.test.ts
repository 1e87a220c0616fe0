import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PermissionError, VerifierError } from "../errors.ts";
import { ERRNO, syscallError } from "../sys/errno.ts";
import { type Rights, readRights } from "./capabilities.ts";
import { demandRights, explainRefusal, missingToTrace, obstacleTo } from "./trace-rights.ts";

const ALL: Rights = {
  capabilities: new Set(["CAP_SYS_ADMIN", "CAP_BPF", "CAP_PERFMON"]),
  initialUserNamespace: true,
  seccomp: "off",
  lockdown: "none",
  unprivilegedBpfDisabled: 2,
  kptrRestrict: 0,
  perfEventParanoid: 2,
};
const NOTHING_TOLD = readRights("/no/such/root");

describe("rights to trace", () => {
  for (const [held, missing] of [
    [["CAP_SYS_ADMIN"], []],
    [["CAP_BPF", "CAP_PERFMON"], []],
    [["CAP_PERFMON"], ["CAP_BPF"]],
    [["CAP_BPF"], ["CAP_PERFMON"]],
    [[], ["CAP_BPF", "CAP_PERFMON"]],
  ] as const)
    test(`with ${held.join(" and ") || "none"}, ${missing.join(" and ") || "nothing"} is missing`, () => {
      const rights = { ...ALL, capabilities: new Set(held) };
      assert.deepEqual(missingToTrace(rights), missing);
      if (missing.length === 0) demandRights(rights);
      else
        assert.throws(() => demandRights(rights), {
          code: "NOT_PERMITTED",
          missing: [...missing],
          message: new RegExp(missing.join(" and ")),
        });
    });

  test("where the machine does not say, the kernel is asked", () =>
    assert.deepEqual(missingToTrace(NOTHING_TOLD), []));
});

describe("what refuses although no capability is missing", () => {
  const refusal = new PermissionError("Cannot load", ["CAP_BPF"]);
  for (const [what, rights] of [
    [/user namespace/, { initialUserNamespace: false, seccomp: "filter" }],
    [/seccomp/, { seccomp: "filter" }],
    [/locked down/, { lockdown: "confidentiality" }],
  ] as const) {
    test(`${what.source} is named, with what to do, and the refusal stays the cause`, () => {
      for (const failure of [refusal, syscallError(ERRNO.EPERM, "bpf", "Cannot make a map")]) {
        const explained = explainRefusal(failure, { ...ALL, ...rights });
        assert.ok(explained instanceof PermissionError);
        assert.match(explained.message, what);
        assert.deepEqual(
          [explained.missing, explained.cause, typeof explained.hint],
          [[], failure, "string"],
        );
      }
    });
  }

  test("nothing is blamed that is not there, and no other failure is explained away", () => {
    for (const rights of [ALL, NOTHING_TOLD, { ...ALL, lockdown: "integrity" }]) {
      assert.equal(obstacleTo(rights), undefined);
      assert.equal(explainRefusal(refusal, rights), refusal);
    }
    const other = syscallError(ERRNO.ENOMEM, "bpf", "Cannot make a map");
    assert.equal(explainRefusal(other, { ...ALL, seccomp: "filter" }), other);
    const unprivileged = { ...ALL, capabilities: new Set([]), seccomp: "filter" } as const;
    assert.equal(explainRefusal(refusal, unprivileged), refusal);
  });

  test("a locked down kernel has its verifier refuse helpers", () => {
    const refused = new VerifierError("unknown func bpf_probe_read_kernel#113", "log");
    assert.match(String(explainRefusal(refused, { ...ALL, lockdown: "confidentiality" })), /locked down/);
    assert.equal(explainRefusal(refused, ALL), refused);
  });
});
