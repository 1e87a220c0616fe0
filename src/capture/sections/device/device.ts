/** The interface, and the network namespace. */
import type { Pointer } from "../../../bpf/index.ts";
import { bytes, struct, u32 } from "../../../bytes/struct.ts";
import type { netDevice } from "../../core/kernel-structs.ts";
import type { Section } from "../../core/section.ts";
import { type NamingEvent, nameByIndex } from "./interface-name.ts";

export interface DeviceEvent extends NamingEvent {
  /** Read where `facts.deviceBelieved`; undefined where it never is. */
  readonly device: Pointer<typeof netDevice> | undefined;
}

export const deviceLayout = struct("device", 24, {
  /** Up to a zero; begins with one where it is not known. */
  ifname: bytes(0, 16),
  /** 0 where it is not known. */
  ifindex: u32(16),
  /** Inode number of the network namespace; 0 where nothing says which. */
  netnsInum: u32(20),
});

export const device: Section<DeviceEvent, (typeof deviceLayout)["fields"]> = {
  name: "device",
  layout: deviceLayout,
  write: (event, { memory }) => {
    const { b, facts, receivedOn, device: dev } = event;
    memory.set("ifindex", receivedOn);
    memory.set("netnsInum", facts.get("netnsInum"));
    memory.setBytes("ifname", 8, 0, 0);
    if (dev === undefined) return;
    b.if(
      facts.get("deviceBelieved").notZero(),
      () => {
        memory.set("ifindex", dev.ifindex);
        for (const half of [0, 8]) memory.setBytes("ifname", 8, half, dev.name.load(8, half));
      },
      () => nameByIndex(event, (half, name) => memory.setBytes("ifname", 8, half, name)),
    );
  },
};
