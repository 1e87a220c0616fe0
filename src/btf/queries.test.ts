import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BtfWriter, type NewType } from "../../tools/btf-writer.ts";
import { DecodeError } from "../errors.ts";
import { Btf } from "./btf.ts";
import { enumBigints, enumValues, findEnum } from "./enums.ts";
import { openKernelBtf } from "./open.ts";
import { parameters, returnType } from "./prototypes.ts";
import {
  arrayLength,
  findMember,
  flattened,
  isSigned,
  members,
  pointee,
  resolve,
  sizeOf,
} from "./queries.ts";

const FIXTURES = fileURLToPath(new URL("../../../test/fixtures/btf/", import.meta.url));

/** BTF of these types; the first has id 1. */
function btfOf(...types: readonly NewType[]): Btf {
  const writer = new BtfWriter();
  for (const type of types) writer.add(type);
  return Btf.parse(writer.bytes());
}

const U32: NewType = { kind: "int", name: "u32", sizeBytes: 4 };

function idOf(btf: Btf, name: string): number {
  const type = btf.find(name, ["struct", "union", "typedef", "func", "enum"]);
  assert.ok(type !== undefined, `${name} is in the BTF`);
  return type.id;
}

describe("members", () => {
  const btf = btfOf(
    U32,
    {
      kind: "union",
      sizeBytes: 8,
      members: [
        { name: "deep", typeId: 1, offsetBits: 0 },
        { name: "deeper", typeId: 3, offsetBits: 0 },
      ],
    },
    {
      kind: "struct",
      sizeBytes: 8,
      members: [
        { name: "low", typeId: 1, offsetBits: 0 },
        { name: "high", typeId: 1, offsetBits: 32 },
      ],
    },
    {
      kind: "struct",
      name: "outer",
      sizeBytes: 28,
      members: [
        { name: "first", typeId: 1, offsetBits: 0 },
        { typeId: 2, offsetBits: 32 },
        { typeId: 3, offsetBits: 96 },
        { name: "a", typeId: 1, offsetBits: 160, bitSize: 3 },
        { name: "b", typeId: 1, offsetBits: 163, bitSize: 5 },
        { name: "rest", typeId: 5, offsetBits: 224 },
      ],
    },
    { kind: "array", elementId: 1, length: 0 },
  );

  test("stand as they are", () => {
    assert.deepEqual(
      members(btf, 4).map(({ name, offsetBits, bitSize }) => [name, offsetBits, bitSize]),
      [
        ["first", 0, 0],
        ["", 32, 0],
        ["", 96, 0],
        ["a", 160, 3],
        ["b", 163, 5],
        ["rest", 224, 0],
      ],
    );
    assert.deepEqual(members(btf, 1), []);
  });

  test("flattened sums the offsets of anonymous ones", () => {
    assert.deepEqual(
      flattened(btf, 4).map(({ name, offsetBits }) => [name, offsetBits]),
      [
        ["first", 0],
        ["deep", 32],
        ["deeper", 32],
        ["low", 96],
        ["high", 128],
        ["a", 160],
        ["b", 163],
        ["rest", 224],
      ],
    );
  });

  test("findMember agrees with flattened", () => {
    for (const member of flattened(btf, 4)) assert.deepEqual(findMember(btf, 4, member.name), member);
    assert.equal(findMember(btf, 4, "absent"), undefined);
    assert.equal(findMember(btf, 4, ""), undefined);
  });

  test("are looked for behind typedefs", () => {
    const named = btfOf(
      U32,
      { kind: "struct", sizeBytes: 4, members: [{ name: "net", typeId: 1, offsetBits: 0 }] },
      { kind: "typedef", name: "possible_net_t", typeId: 2 },
    );
    assert.equal(findMember(named, 3, "net")?.offsetBits, 0);
  });
});

describe("sizeOf", () => {
  const btf = btfOf(
    { kind: "int", name: "char", sizeBytes: 1, encoding: 1 },
    { kind: "array", elementId: 1, indexId: 1, length: 3 },
    { kind: "array", elementId: 2, indexId: 1, length: 5 },
    { kind: "ptr", typeId: 3 },
    { kind: "func_proto", typeId: 0, parameters: [] },
    { kind: "array", elementId: 7, indexId: 1, length: 0xffff_ffff },
    { kind: "array", elementId: 1, indexId: 1, length: 0xffff_ffff },
    { kind: "typedef", name: "rows", typeId: 3 },
  );

  test("multiplies the dimensions of arrays", () =>
    assert.deepEqual([sizeOf(btf, 3), sizeOf(btf, 8)], [15, 15]));
  test("is that of a pointer whatever it points to", () => assert.equal(sizeOf(btf, 4), 8));
  test("throws a DecodeError for void and functions", () => {
    for (const id of [0, 5]) assert.throws(() => sizeOf(btf, id), DecodeError);
  });
  test("throws a DecodeError where a number cannot hold it", () =>
    assert.throws(() => sizeOf(btf, 6), /no size that a number/));
  test("arrayLength is the outermost dimension", () =>
    assert.deepEqual([arrayLength(btf, 8), arrayLength(btf, 1)], [5, undefined]));
});

describe("enums", () => {
  test("respect signs and widths", () => {
    const btf = btfOf(
      { kind: "enum", name: "small", sizeBytes: 4, signed: true, values: [["MINUS", -2]] },
      { kind: "enum", name: "flags", sizeBytes: 4, values: [["TOP", 0x8000_0000]] },
      { kind: "enum64", name: "wide", sizeBytes: 8, values: [["MASK", 0xffff_f000_0000_0001n]] },
      { kind: "enum64", name: "deep", sizeBytes: 8, signed: true, values: [["LOW", -5_000_000_000n]] },
    );
    assert.deepEqual([...enumValues(btf, 1)], [["MINUS", -2]]);
    assert.deepEqual([...(findEnum(btf, "flags") ?? [])], [["TOP", 0x8000_0000]]);
    assert.deepEqual([...enumBigints(btf, 3)], [["MASK", 0xffff_f000_0000_0001n]]);
    assert.deepEqual([...(findEnum(btf, "deep") ?? [])], [["LOW", -5_000_000_000]]);
    assert.deepEqual([isSigned(btf, 1), isSigned(btf, 2), isSigned(btf, 4)], [true, false, true]);
    assert.equal(findEnum(btf, "absent"), undefined);
  });
});

describe("parameters", () => {
  const btf = btfOf(
    { kind: "int", name: "int", sizeBytes: 4, encoding: 1 },
    { kind: "func_proto", typeId: 1, parameters: [{ name: "sk", typeId: 3 }, { typeId: 1 }] },
    { kind: "ptr", typeId: 1 },
    { kind: "func", name: "tcp_v4_rcv", typeId: 2 },
    { kind: "ptr", typeId: 2 },
    { kind: "typedef", name: "btf_trace_kfree_skb", typeId: 5 },
  );

  test("are those of a func, a prototype, or a typedef of a pointer to one", () => {
    const expected = [
      { name: "sk", typeId: 3 },
      { name: "", typeId: 1 },
    ];
    for (const id of [2, 4, 6]) assert.deepEqual(parameters(btf, id), expected);
    assert.deepEqual([returnType(btf, 4), returnType(btf, 1), parameters(btf, 3)], [1, undefined, []]);
  });
});

describe("hostile types", () => {
  /** The question must end in a DecodeError. */
  const refused = (what: string, btf: Btf, ask: (btf: Btf) => unknown): void => {
    test(`${what} end in a DecodeError`, () => assert.throws(() => ask(btf), DecodeError));
  };

  refused(
    "typedefs in a circle",
    btfOf({ kind: "typedef", name: "a", typeId: 2 }, { kind: "const", typeId: 1 }),
    (btf) => resolve(btf, 1),
  );
  const self: NewType = { kind: "struct", sizeBytes: 4, members: [{ typeId: 1, offsetBits: 0 }] };
  refused("a struct inside itself", btfOf(self), (btf) => flattened(btf, 1));
  refused("a struct inside itself, asked for a member,", btfOf(self), (btf) => findMember(btf, 1, "x"));
  refused("an array of itself", btfOf({ kind: "array", elementId: 1, length: 2 }), (btf) => sizeOf(btf, 1));
  refused("pointers to types that are not there", btfOf({ kind: "ptr", typeId: 99 }), (btf) =>
    pointee(btf, 1),
  );
  refused(
    "members outside their struct",
    btfOf({ kind: "struct", sizeBytes: 4, members: [{ typeId: 0, offsetBits: 33 }] }),
    (btf) => members(btf, 1),
  );
  refused("a name of a megabyte", btfOf({ kind: "fwd", name: "x".repeat(1 << 20) }), (btf) => btf.type(1));
  for (const id of [-1, 7, 1.5, Number.NaN, 2 ** 32]) refused(`id ${id}`, btfOf(U32), (btf) => btf.type(id));

  test("structs that double at each level end in a DecodeError, and soon", () => {
    const levels = Array.from(
      { length: 60 },
      (_unused, level): NewType => ({
        kind: "struct",
        sizeBytes: 0,
        members: [
          { typeId: level, offsetBits: 0 },
          { typeId: level, offsetBits: 0 },
        ],
      }),
    );
    const btf = btfOf(...levels);
    const start = performance.now();
    assert.throws(() => flattened(btf, 60), DecodeError);
    assert.throws(() => findMember(btf, 60, "x"), DecodeError);
    assert.ok(performance.now() - start < 5_000);
  });
});

describe("fixtures of real kernels", () => {
  const kernels: readonly (readonly [
    file: string,
    skbBytes: number,
    reasons: number,
    noSocket: number,
    traceArguments: string,
  ])[] = [
    ["6.1.btf", 232, 67, 2, "__data skb location reason"],
    ["6.12.btf", 232, 106, 3, "__data skb location reason rx_sk"],
    ["6.18.btf", 224, 130, 3, "__data skb location reason rx_sk"],
  ];
  for (const [file, skbBytes, reasons, noSocket, traceArguments] of kernels) {
    test(`${file} says what the kernel's own headers say`, () => {
      const btf = openKernelBtf(FIXTURES + file);
      assert.equal(sizeOf(btf, idOf(btf, "sk_buff")), skbBytes);
      const values = findEnum(btf, "skb_drop_reason");
      assert.equal(values?.size, reasons);
      assert.equal(values?.get("SKB_DROP_REASON_NO_SOCKET"), noSocket);
      assert.equal(
        parameters(btf, idOf(btf, "__bpf_trace_kfree_skb"))
          .map(({ name }) => name)
          .join(" "),
        traceArguments,
      );
      // Fixed by protocols and by the user interface, so the same everywhere.
      const tcphdr = idOf(btf, "tcphdr");
      assert.deepEqual(
        ["source", "seq", "doff", "syn", "window"].map((name) => findMember(btf, tcphdr, name)?.offsetBits),
        [0, 32, 100, 105, 112],
      );
      assert.equal(findMember(btf, tcphdr, "syn")?.bitSize, 1);
      assert.equal(findMember(btf, idOf(btf, "bpf_attr"), "insns")?.offsetBits, 64);
      assert.equal(findMember(btf, idOf(btf, "sock_common"), "skc_dport")?.offsetBits, 96);
      assert.equal(
        btf.type(pointee(btf, findMember(btf, idOf(btf, "sk_buff"), "sk")?.typeId ?? 0)?.id ?? 0).name,
        "sock",
      );
    });
  }

  test("6.18.btf gives the running kernel's layouts where that is 6.18", () => {
    const slice = openKernelBtf(`${FIXTURES}6.18.btf`);
    const running = openKernelBtf();
    // Another kernel may differ in anything but these.
    for (const name of ["iphdr", "ipv6hdr", "tcphdr", "bpf_insn"]) {
      const layout = (btf: Btf) =>
        flattened(btf, idOf(btf, name)).map(({ name: field, offsetBits, bitSize, typeId }) => [
          field,
          offsetBits,
          bitSize,
          sizeOf(btf, typeId),
        ]);
      assert.deepEqual(layout(slice), layout(running));
    }
  });
});
