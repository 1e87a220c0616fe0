import assert from "node:assert/strict";
import { test } from "node:test";
import { Btf, findEnum, openKernelBtf } from "../btf/index.ts";
import { struct, u8, u16, u32 } from "../bytes/struct.ts";
import { DecodeError } from "../errors.ts";
import { ReasonNames } from "./reason-names.ts";

const btfHeader = struct("btf_header", 24, {
  magic: u16(0),
  version: u8(2),
  headerBytes: u32(4),
  typesAt: u32(8),
  typesBytes: u32(12),
  stringsAt: u32(16),
  stringsBytes: u32(20),
});
const KIND_ENUM = 6;

/** BTF that holds just these enums, each from name to value. */
function enumBtf(enums: Readonly<Record<string, Readonly<Record<string, number>>>>): Btf {
  let strings = "\0";
  const stringAt = (text: string): number => {
    const at = strings.length;
    strings += `${text}\0`;
    return at;
  };
  const words: number[] = [];
  for (const [name, values] of Object.entries(enums)) {
    const entries = Object.entries(values);
    words.push(stringAt(name), (KIND_ENUM << 24) | entries.length, 4);
    for (const [valueName, value] of entries) words.push(stringAt(valueName), value);
  }
  const types = new Uint8Array(Uint32Array.from(words).buffer);
  const header = btfHeader.encode({
    magic: 0xeb9f,
    version: 1,
    headerBytes: 24,
    typesBytes: types.length,
    stringsAt: types.length,
    stringsBytes: strings.length,
  });
  return Btf.parse(Buffer.concat([header, types, Buffer.from(strings)]));
}

const SUBSYSTEMS = {
  SKB_DROP_REASON_SUBSYS_CORE: 0,
  SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE: 1,
  SKB_DROP_REASON_SUBSYS_OPENVSWITCH: 2,
  SKB_DROP_REASON_SUBSYS_QDISC: 3,
  SKB_DROP_REASON_SUBSYS_UNHEARD_OF: 4,
  SKB_DROP_REASON_SUBSYS_NUM: 5,
};
const CORE = {
  SKB_NOT_DROPPED_YET: 0,
  SKB_CONSUMED: 1,
  SKB_DROP_REASON_NOT_SPECIFIED: 2,
  SKB_DROP_REASON_NO_SOCKET: 3,
  SKB_DROP_REASON_MAX: 4,
  SKB_DROP_REASON_SUBSYS_MASK: 0xffff_0000,
};
const OVS = {
  __OVS_DROP_REASON: 0x2_0000,
  OVS_DROP_LAST_ACTION: 0x2_0001,
  OVS_DROP_METER: 0x2_0002,
  OVS_DROP_MAX: 0x2_0003,
};
const QDISC = {
  QDISC_DROP_UNSPEC: 0,
  __QDISC_DROP_REASON: 0x3_0000,
  QDISC_DROP_GENERIC: 0x3_0001,
  QDISC_DROP_MAX: 0x3_0002,
};
const MAC80211 = { RX_CONTINUE: 1, ___RX_DROP_UNUSABLE: 0x1_0000, RX_DROP_U_MIC_FAIL: 0x1_0001 };
const vmlinux = (): Btf =>
  enumBtf({ skb_drop_reason: CORE, skb_drop_reason_subsys: SUBSYSTEMS, qdisc_drop_reason: QDISC });

test("ReasonNames names core reasons without their prefix, and no ends of ranges", () => {
  const names = new ReasonNames(vmlinux());
  assert.deepEqual(names.decode(3), { name: "NO_SOCKET", subsystem: "CORE" });
  assert.deepEqual(names.decode(1), { name: "SKB_CONSUMED", subsystem: "CORE" });
  assert.deepEqual(names.decode(4), { name: undefined, subsystem: "CORE" });
  assert.deepEqual(
    [...names.core.values()],
    ["SKB_NOT_DROPPED_YET", "SKB_CONSUMED", "NOT_SPECIFIED", "NO_SOCKET"],
  );
  assert.equal(names.known, true);
  assert.deepEqual(names.problems, []);
});

test("ReasonNames names a subsystem's reasons, from the kernel or from its module", () => {
  const opened: string[] = [];
  const modules: Readonly<Record<string, Btf>> = {
    openvswitch: enumBtf({ ovs_drop_reason: OVS }),
    mac80211: enumBtf({ mac80211_drop_reason: MAC80211 }),
  };
  const names = new ReasonNames(vmlinux(), (module) => {
    opened.push(module);
    return modules[module];
  });
  assert.deepEqual(names.decode(0x2_0001), { name: "LAST_ACTION", subsystem: "OPENVSWITCH" });
  assert.deepEqual(names.decode(0x2_0002), { name: "METER", subsystem: "OPENVSWITCH" });
  assert.deepEqual(names.decode(0x2_0003), { name: undefined, subsystem: "OPENVSWITCH" });
  assert.deepEqual(names.decode(0x1_0001), { name: "MIC_FAIL", subsystem: "MAC80211_UNUSABLE" });
  assert.deepEqual(names.decode(0x3_0001), { name: "GENERIC", subsystem: "QDISC" });
  assert.deepEqual(opened, ["openvswitch", "mac80211"], "each once, and none for what the kernel has itself");
  assert.deepEqual(names.problems, []);
});

test("ReasonNames finds names in enums without the subsystem's bits", () => {
  const btf = enumBtf({
    skb_drop_reason: CORE,
    skb_drop_reason_subsys: SUBSYSTEMS,
    ovs_drop_reason: { OVS_DROP_LAST_ACTION: 1, OVS_DROP_METER: 2 },
  });
  assert.deepEqual(new ReasonNames(btf).decode(0x2_0002), { name: "METER", subsystem: "OPENVSWITCH" });
});

test("ReasonNames reports each thing that is missing once, and never throws", () => {
  const bare = new ReasonNames(enumBtf({ other: { A: 1 } }));
  for (let again = 0; again < 2; again += 1) {
    assert.deepEqual(bare.decode(3), { name: undefined, subsystem: "CORE" });
    assert.deepEqual(bare.decode(0x2_0001), { name: undefined, subsystem: undefined });
    assert.deepEqual(bare.decode(0xffff_ffff), { name: undefined, subsystem: undefined });
  }
  assert.equal(bare.known, false);
  assert.equal(bare.problems.filter((problem) => problem.includes("enum skb_drop_reason:")).length, 1);
  assert.equal(bare.problems.filter((problem) => problem.includes("enum skb_drop_reason_subsys:")).length, 1);

  const broken = new ReasonNames(vmlinux(), () => {
    throw new DecodeError("btf_header", 0, "cut off");
  });
  assert.deepEqual(broken.decode(0x2_0001), { name: undefined, subsystem: "OPENVSWITCH" });
  assert.deepEqual(broken.decode(0x4_0001), { name: undefined, subsystem: "UNHEARD_OF" });
  const problems = broken.problems.join("\n");
  assert.match(problems, /BTF of module openvswitch.*cut off/);
  assert.match(problems, /no enum ovs_drop_reason: drops of OPENVSWITCH show a number/);
  assert.match(problems, /subsystem UNHEARD_OF have no names/);
});

test("ReasonNames agrees with the running kernel's BTF", () => {
  const btf = openKernelBtf();
  const names = ReasonNames.of(btf);
  const codes = findEnum(btf, "skb_drop_reason");
  assert.ok(codes !== undefined && codes.size > 60);
  assert.equal(names.decode(codes.get("SKB_DROP_REASON_NETFILTER_DROP") ?? -1).name, "NETFILTER_DROP");
  assert.equal(names.decode(codes.get("SKB_DROP_REASON_MAX") ?? -1).name, undefined);
  for (const name of names.core.values()) assert.match(name, /^[A-Z0-9_]+$/);
  assert.deepEqual(names.problems, []);
});
