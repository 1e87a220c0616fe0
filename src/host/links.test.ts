import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { members, openKernelBtf } from "../btf/index.ts";
import { DecodeError, SyscallError } from "../errors.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { nlmsghdr, rtattr, splitMessages } from "../sys/netlink.ts";
import { insideNetns } from "./enter-netns.ts";
import { decodeDevice, ifinfomsg, listDevices } from "./links.ts";
import { newNetns } from "./new-netns.test.kit.ts";

test("listDevices lists the devices of the namespace: name, index, MTU, and whether they are up", () => {
  using netns = newNetns();
  const devices = insideNetns(libcSyscalls, netns, () => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", "ip link set lo up && ip link add va type veth peer name vb && ip link set va mtu 1280 up"],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    return listDevices();
  });
  const of = (name: string) => devices.find((device) => device.name === name);
  assert.deepEqual(of("lo"), { ifindex: 1, name: "lo", mtu: 65_536, isUp: true, hasCarrier: true });
  assert.deepEqual([of("va")?.mtu, of("va")?.isUp, of("va")?.hasCarrier], [1280, true, false]);
  assert.deepEqual([of("vb")?.mtu, of("vb")?.isUp], [1500, false]);
});

test("the layouts are the running kernel's", () => {
  const btf = openKernelBtf();
  for (const layout of [nlmsghdr, ifinfomsg, rtattr]) {
    const kernel = members(btf, btf.find(layout.name, "struct")?.id ?? 0);
    for (const [name, { offset }] of Object.entries(layout.fields)) {
      const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const member = kernel.find((one) => one.name === field);
      assert.equal(member?.offsetBits, offset * 8, `${layout.name}.${field}`);
    }
  }
});

test("decodeDevice and splitMessages end on any bytes, with a DecodeError at most", () => {
  const fails = (failure: unknown): boolean =>
    failure instanceof DecodeError || failure instanceof SyscallError;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [() => decodeDevice(bytes), () => splitMessages(bytes, [])])
        try {
          read();
        } catch (failure) {
          assert.ok(fails(failure), String(failure));
        }
    }),
  );
});
