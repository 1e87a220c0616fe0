/** What is said of kernels that show less. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BtfWriter } from "../../../../tools/btf-writer.ts";
import { KernelTypes } from "../../../bpf/index.ts";
import { Btf } from "../../../btf/index.ts";
import { blindSpots } from "./blind-spots.ts";

const fixture = (release: string) =>
  new KernelTypes(
    Btf.parse(
      readFileSync(
        fileURLToPath(new URL(`../../../../../test/fixtures/btf/${release}.btf`, import.meta.url)),
      ),
    ),
  );

/** A namespace's table of devices by their index, field by field. */
const DEVICE_TABLE = [
  ["net", "dev_index_head"],
  ["hlist_head", "first"],
  ["net_device", "index_hlist"],
  ["hlist_node", "next"],
] as const;

/**
 * A kernel with these reasons, by name and number; with none, its tracepoint has no such argument. `lacking`
 * is a struct that it does not have.
 */
function kernelWith(
  reasons: readonly (readonly [string, number])[],
  tcpDrop: boolean,
  lacking?: string,
): KernelTypes {
  const writer = new BtfWriter();
  const pointer = writer.add({ kind: "ptr", typeId: 0 });
  for (const [name, field] of DEVICE_TABLE)
    if (name !== lacking)
      writer.add({
        kind: "struct",
        name,
        sizeBytes: 8,
        members: [{ name: field, typeId: pointer, offsetBits: 0, bitSize: 0 }],
      });
  const skb = writer.add({
    kind: "ptr",
    typeId: writer.add({ kind: "struct", name: "sk_buff", sizeBytes: 0, members: [] }),
  });
  const any = writer.add({ kind: "ptr", typeId: 0 });
  const reason =
    reasons.length === 0
      ? []
      : [
          writer.add({
            kind: "enum",
            name: "skb_drop_reason",
            sizeBytes: 4,
            values: reasons.map(([name, value]) => [`SKB_DROP_REASON_${name}`, value] as const),
          }),
        ];
  const proto = writer.add({
    kind: "func_proto",
    typeId: 0,
    parameters: [any, skb, any, ...reason].map((typeId) => ({ name: "", typeId })),
  });
  writer.add({
    kind: "typedef",
    name: "btf_trace_kfree_skb",
    typeId: writer.add({ kind: "ptr", typeId: proto }),
  });
  if (tcpDrop) writer.add({ kind: "func", name: "tcp_drop", typeId: proto });
  return new KernelTypes(Btf.parse(writer.bytes()));
}

describe("blindSpots", () => {
  for (const release of ["6.1", "6.12", "6.18"])
    test(`Linux ${release} has none`, () => assert.deepEqual(blindSpots(fixture(release)), []));

  test("with --netns, kernels that do not give the receiving socket do not give the namespace of most data either", () => {
    const [netns, ...more] = blindSpots(fixture("6.1"), { byNetns: true });
    assert.match(netns ?? "", /network namespace of most data .* counts as filtered/);
    assert.deepEqual(more, []);
    assert.match(
      blindSpots(fixture("5.10"), { byNetns: true }).at(-1) ?? "",
      /network namespace of what is too much for a socket's backlog/,
    );
    assert.match(
      blindSpots(kernelWith([], true), { tcpDrop: "traced", byNetns: true }).at(-1) ?? "",
      /socket's backlog/,
    );
    for (const release of ["6.12", "6.18"])
      assert.deepEqual(blindSpots(fixture(release), { byNetns: true }), []);
  });

  test("Debian's 5.10 gives no reasons, and TCP's own drops are out of reach", () => {
    const [reasons, tcp, ...more] = blindSpots(fixture("5.10"));
    assert.match(reasons ?? "", /no drop reasons/);
    assert.match(tcp ?? "", /tcp_drop\(\) is inlined/);
    assert.deepEqual(more, []);
  });

  test("where tcp_drop() is a function, it is said why nothing traces it, and nothing where something does", () => {
    assert.match(blindSpots(kernelWith([], true))[1] ?? "", /tcp_drop\(\) is not probed/);
    assert.match(
      blindSpots(kernelWith([], true), { tcpDrop: "tcp_drop() cannot be probed (EPERM)" })[1] ?? "",
      /cannot be probed \(EPERM\)/,
    );
    assert.equal(blindSpots(kernelWith([], true), { tcpDrop: "traced" }).length, 1);
  });

  for (const code of [0, 1, 2])
    test(`reasons that TCP does not give yet (5.17, or a backport with NOT_SPECIFIED = ${code}): its own drops alone`, () => {
      const spots = blindSpots(
        kernelWith(
          [
            ["NOT_SPECIFIED", code],
            ["NO_SOCKET", code + 1],
          ],
          true,
        ),
      );
      assert.equal(spots.length, 1);
      assert.match(spots[0] ?? "", /what TCP drops of its connections/);
    });

  for (const [name] of DEVICE_TABLE)
    test(`without ${name} it is said that interfaces of what TCP drops have no name`, () => {
      const [spot, ...more] = blindSpots(kernelWith([["TCP_OLD_DATA", 40]], false, name));
      assert.match(spot ?? "", /has the index of its interface and no name/);
      assert.deepEqual(more, []);
    });

  test("reasons that TCP gives, whatever their numbers: none", () => {
    assert.deepEqual(
      blindSpots(
        kernelWith(
          [
            ["NOT_SPECIFIED", 1],
            ["TCP_OLD_DATA", 40],
          ],
          false,
        ),
      ),
      [],
    );
  });
});
