import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openKernelBtf } from "../src/btf/index.ts";
import * as uapi from "../src/sys/uapi.gen.ts";
import { differences, kernelConstants, renderUapi } from "./uapi-render.ts";

const FIXTURES = fileURLToPath(new URL("../../test/fixtures/btf/", import.meta.url));
const SOURCE = fileURLToPath(new URL("../../src/sys/uapi.gen.ts", import.meta.url));

describe("uapi.gen.ts", () => {
  for (const version of ["6.1", "6.12", "6.18"]) {
    test(`agrees with Linux ${version}`, () => {
      const btf = openKernelBtf(`${FIXTURES}${version}.btf`);
      assert.ok(kernelConstants(btf).size > 300, "there is something to compare");
      assert.deepEqual(differences(btf, uapi), []);
    });
  }

  test("agrees with the running kernel", () => assert.deepEqual(differences(openKernelBtf(), uapi), []));

  test("is what tools/gen-uapi.ts writes", (context) => {
    const btf = openKernelBtf();
    const kernel = kernelConstants(btf);
    const constants = Object.keys(uapi).filter((name) => /^[A-Z]/.test(name));
    const asNew = constants.length === kernel.size && constants.every((name) => kernel.has(name));
    if (!asNew)
      return context.skip("this kernel knows other constants than the one that the file was made on");
    assert.equal(readFileSync(SOURCE, "utf8"), renderUapi(btf));
  });
});

describe("differences", () => {
  const btf = openKernelBtf(`${FIXTURES}6.12.btf`);

  test("reports a constant with another value", () => {
    assert.deepEqual(differences(btf, { ...uapi, BPF_PROG_LOAD: 6 }), ["BPF_PROG_LOAD is 5 in this kernel"]);
  });

  test("reports a field with another offset", () => {
    const { insnCnt, ...others } = uapi.bpfAttrProgLoad.fields;
    const moved = { ...uapi.bpfAttrProgLoad, fields: { ...others, insnCnt: { ...insnCnt, offset: 8 } } };
    assert.match(
      differences(btf, { ...uapi, bpfAttrProgLoad: moved }).join("\n"),
      /^bpfAttrProgLoad\.insnCnt \(insn_cnt\) has another offset or size in this kernel$/,
    );
  });

  test("reports what was never generated", () => {
    const { bpfInsn, ...others } = uapi;
    assert.deepEqual(differences(btf, others), [`the layout bpfInsn is missing: generate the file again`]);
    const { code: _left, ...fields } = bpfInsn.fields;
    assert.deepEqual(differences(btf, { ...others, bpfInsn: { ...bpfInsn, fields } }), [
      "the field bpfInsn.code is missing: generate the file again",
    ]);
  });

  test("allows a kernel to have more, or less, than the file", () => {
    const { BPF_PROG_LOAD: _left, ...fewer } = uapi;
    assert.deepEqual(differences(btf, { ...fewer, BPF_OF_THE_FUTURE: 1 }), []);
  });
});
