/** An XDP program that does the same with everything that a device receives. */
import { Builder, Program } from "../../../src/bpf/index.ts";
import { openKernelBtf } from "../../../src/btf/index.ts";
import type { Hosts } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { interfaceIndex } from "../../../src/sys/sockets.ts";
import { attachXdp } from "../../lab/attach.ts";

/** Which of them are inlined differs between kernels. */
export const GENERIC_XDP = [
  "do_xdp_generic",
  "netif_receive_generic_xdp",
  "__netif_receive_skb_core",
] as const;

/** `action`: XDP_DROP, for example. */
export function runAtDevice(
  hosts: Hosts,
  host: Netns,
  device: string,
  mode: "native" | "generic",
  action: number,
): void {
  const spec = {
    name: "one_action",
    attach: { kind: "xdp" },
    ...new Builder().finish(action),
    license: "Dual MIT/GPL",
  } as const;
  const program = hosts.own(Program.load(libcSyscalls, spec, openKernelBtf(), new Map()));
  hosts.own(host.inside(() => attachXdp(libcSyscalls, program, interfaceIndex(device), mode)));
}
