/** Primitives that ask the event and no header: what the program knows of the drop by then. */
import { all, type Condition, type Scalar } from "../../bpf/index.ts";
import { BuildError } from "../../errors.ts";
import type { EventPrimitive, NameNode } from "../../filter-language/index.ts";
import { unionOfRanges } from "../../filter-language/index.ts";
import * as uapi from "../../sys/uapi.gen.ts";
import { DIRECTION, PRESENT } from "../record.ts";
import { TCP_STATES } from "../tcp-states.ts";
import type { FilterCode } from "./filter-code.ts";
import { branchOnRanges } from "./ranges.ts";
import { decide, type Targets } from "./targets.ts";

type Asked = Exclude<EventPrimitive, { kind: "flags" | "loopback" }>;

const NAME_BYTES = 16;

export function branchOnEvent(code: FilterCode, node: Asked, targets: Targets): void {
  if (node.kind === "reason") branchOnReason(code, node, targets);
  else decide(code.c.b, condition(code, node), targets);
}

function condition(code: FilterCode, node: Exclude<Asked, { kind: "reason" }>): Condition {
  const { b, skb, record } = code.c;
  switch (node.kind) {
    case "state":
      return all(
        record.get("present").and(PRESENT.state).notZero(),
        record.get("state").eq(TCP_STATES.indexOf(node.name)),
      );
    case "netns":
      if (node.inode === undefined)
        throw new BuildError(`Nobody has looked for the network namespace ${node.which}`);
      return record.get("netnsInum").eq(BigInt(node.inode));
    case "iface":
      return all(
        record.get("present").and(PRESENT.ifname).notZero(),
        nameIs(node, (at) => record.getBytes("ifname", 8, at)),
      );
    case "comm": {
      const buffer = code.key(NAME_BYTES);
      b.call(uapi.BPF_FUNC_get_current_comm, [buffer.address, NAME_BYTES], "get_current_comm");
      return nameIs(node, (at) => buffer.load(8, at));
    }
    case "pid":
      return b
        .call(uapi.BPF_FUNC_get_current_pid_tgid, [], "get_current_pid_tgid")
        .shiftRight(32)
        .eq(node.pid);
    case "mark":
      return skb.mark.and(BigInt(node.mask)).eq(BigInt(node.value));
    case "direction":
      if (node.name !== "tx" && node.name !== "unknown")
        throw new BuildError(`The kernel program does not know the direction ${node.name}`);
      return record.get("direction").eq(DIRECTION[node.name]);
    case "location":
      throw new BuildError("The kernel program does not know the location");
    case "field":
      throw new BuildError(`The kernel program does not know the ${node.word}`);
  }
}

/** The codes that the kernel has for it; none is false. */
function branchOnReason(
  code: FilterCode,
  { codes, pattern }: Extract<Asked, { kind: "reason" }>,
  targets: Targets,
): void {
  const { b, reason } = code.c;
  if (codes === undefined || reason === undefined)
    throw new BuildError(`Nobody has looked for the reason ${pattern}`);
  b.assign(code.searched, reason, "reason");
  branchOnRanges(b, code.searched, unionOfRanges(codes.map((one) => ({ low: one, high: one }))), targets);
}

/**
 * Names end with a zero, and what lies behind it is anybody's: the kernel keeps what an interface was called
 * before.
 */
function nameIs({ name }: NameNode, load: (at: number) => Scalar): Condition {
  const text = new TextEncoder().encode(name);
  const [wanted, mask] = [new Uint8Array(NAME_BYTES), new Uint8Array(NAME_BYTES)];
  wanted.set(text);
  mask.fill(0xff, 0, text.length + 1);
  const words = [0, 1]
    .map((half) => ({ half, wanted: wordOf(wanted, half), mask: wordOf(mask, half) }))
    .filter((word) => word.mask !== 0n);
  return all(
    ...words.map((word) =>
      load(8 * word.half)
        .and(word.mask)
        .eq(word.wanted),
    ),
  );
}

function wordOf(bytes: Uint8Array, half: number): bigint {
  return new BigUint64Array(bytes.buffer)[half] ?? 0n;
}
