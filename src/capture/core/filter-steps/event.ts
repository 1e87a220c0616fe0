/** Primitives that ask the event and no header: what the program knows of the drop by then. */
import { all, type Condition, type Scalar } from "../../../bpf/index.ts";
import { BuildError } from "../../../errors.ts";
import {
  type EventPrimitive,
  type IfaceNode,
  type OwnerNode,
  unionOfRanges,
} from "../../../filter-language/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { DIRECTION } from "../facts.ts";
import { TCP_STATES } from "../tcp-states.ts";
import { ANSWER, type FilterCode, isSameQuestion } from "./filter-code.ts";
import { branchOnRanges } from "./ranges.ts";
import { decide, type Targets } from "./targets.ts";

type Asked = Exclude<EventPrimitive, { kind: "flags" | "loopback" }>;

const NAME_BYTES = 16;

export function branchOnEvent(code: FilterCode, node: Asked, targets: Targets): void {
  if (node.kind === "reason") branchOnReason(code, node, targets);
  else if (node.kind === "iface") branchOnInterface(code, node, targets);
  else if (node.kind === "owner") branchOnOwner(code, node, targets);
  else decide(code.b, condition(code, node), targets);
}

/** Either of two. Where there is an interface, and only its index is known, nobody knows the answer. */
function branchOnInterface({ b, event }: FilterCode, node: IfaceNode, targets: Targets): void {
  const device = event.asked.interface();
  const leavesBy = event.asked.transit();
  const named = b.label("interface_has_name");
  const isOther = all(
    event.facts.get("transit").notZero(),
    nameIs(node, (at) => leavesBy.getBytes("ifname", 8, at)),
  );
  b.jumpIf(isOther, targets.yes);
  b.jumpIf(device.getBytes("ifname", 1, 0).notZero(), named);
  b.jumpIf(device.get("ifindex").isZero(), targets.no);
  b.jump(targets[targets.favours ?? "yes"]);
  b.bind(named);
  decide(
    b,
    nameIs(node, (at) => device.getBytes("ifname", 8, at)),
    targets,
  );
}

/** What user space has answered for this owner; nobody knows the answer before. */
function branchOnOwner({ b, event, answers }: FilterCode, node: OwnerNode, targets: Targets): void {
  const at = answers.findIndex((one) => isSameQuestion(one, node));
  if (at === -1) throw new BuildError(`The kernel program does not know the ${node.word} ${node.value}`);
  const known = event.asked.answers();
  b.jumpIf(known.and(ANSWER.yes(at)).notZero(), targets.yes);
  b.jumpIf(known.and(ANSWER.no(at)).notZero(), targets.no);
  b.jump(targets[targets.favours ?? "yes"]);
}

function condition(
  code: FilterCode,
  node: Exclude<Asked, { kind: "reason" | "iface" | "owner" }>,
): Condition {
  const { b } = code;
  const { skb, facts, asked } = code.event;
  switch (node.kind) {
    case "state":
      return asked.state().eq(TCP_STATES.indexOf(node.name));
    case "netns":
      if (node.inode === undefined)
        throw new BuildError(`Nobody has looked for the network namespace ${node.which}`);
      return facts.get("netnsInum").eq(BigInt(node.inode));
    case "cpu-comm": {
      const buffer = code.key(NAME_BYTES);
      b.call(uapi.BPF_FUNC_get_current_comm, [buffer.address, NAME_BYTES], "get_current_comm");
      return nameIs(node, (at) => buffer.load(8, at));
    }
    case "cpu-pid":
      return b
        .call(uapi.BPF_FUNC_get_current_pid_tgid, [], "get_current_pid_tgid")
        .shiftRight(32)
        .eq(node.pid);
    case "uid": {
      const { uid, isKnown } = asked.uid();
      return all(isKnown, uid.eq(BigInt(node.uid)));
    }
    case "cgroup":
      if (node.group === undefined) throw new BuildError(`Nobody has looked for the cgroup ${node.path}`);
      return asked.isInCgroup(node.group);
    case "mark":
      return skb.mark.and(BigInt(node.mask)).eq(BigInt(node.value));
    case "direction":
      if (node.name !== "tx" && node.name !== "unknown")
        throw new BuildError(`The kernel program does not know the direction ${node.name}`);
      return facts.get("direction").eq(DIRECTION[node.name]);
    case "location":
      throw new BuildError("The kernel program does not know the location");
    case "outer":
      throw new BuildError("The kernel program does not ask outer headers");
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
  const { b } = code;
  const { reason } = code.event;
  if (codes === undefined || reason === undefined)
    throw new BuildError(`Nobody has looked for the reason ${pattern}`);
  b.assign(code.searched, reason, "reason");
  branchOnRanges(b, code.searched, unionOfRanges(codes.map((one) => ({ low: one, high: one }))), targets);
}

/**
 * Names end with a zero, and what lies behind it is anybody's: the kernel keeps what an interface was called
 * before.
 */
function nameIs({ name }: { readonly name: string }, load: (at: 0 | 8) => Scalar): Condition {
  const text = new TextEncoder().encode(name);
  const [wanted, mask] = [new Uint8Array(NAME_BYTES), new Uint8Array(NAME_BYTES)];
  wanted.set(text);
  mask.fill(0xff, 0, text.length + 1);
  const words = ([0, 8] as const)
    .map((at) => ({ at, wanted: wordOf(wanted, at), mask: wordOf(mask, at) }))
    .filter((word) => word.mask !== 0n);
  return all(...words.map((word) => load(word.at).and(word.mask).eq(word.wanted)));
}

function wordOf(bytes: Uint8Array, at: 0 | 8): bigint {
  return new BigUint64Array(bytes.buffer)[at / 8] ?? 0n;
}
