/** The TCP socket that the skb belongs to, whichever of its three kinds it is. */
import type { Builder, Condition, StructMemory } from "../../../bpf/index.ts";
import { struct, u8, u64 } from "../../../bytes/struct.ts";
import { loaded } from "../../core/context.ts";
import type { SockPointer } from "../../core/kernel-structs.ts";
import type { Section } from "../../core/section.ts";

export interface SocketEvent {
  readonly b: Builder;
  readonly socket: SockPointer;
  /** Undefined: there always is one. */
  readonly hasSocket: Condition | undefined;
  /** Gives the socket a cookie where it has none; undefined where nobody wants that. */
  readonly makeCookie?: ((memory: SocketMemory) => void) | undefined;
}

export const socketLayout = struct("socket", 9, {
  /** Made only when somebody asks for it: 0 is "never asked", or no socket. */
  cookie: u64(0),
  /** By the kernel's numbers, from 1 on; 0 without a socket that can be believed. */
  state: u8(8),
});

export type SocketMemory = StructMemory<(typeof socketLayout)["fields"]>;

export const socket: Section<SocketEvent, (typeof socketLayout)["fields"]> = {
  name: "socket",
  layout: socketLayout,
  write: ({ b, socket: sk, hasSocket, makeCookie }, { memory }) => {
    const { skc_state, skc_cookie } = sk.__sk_common;
    memory.set("cookie", 0);
    memory.set("state", 0);
    const write = (): void => {
      memory.set("state", loaded(b, skc_state, "skc_state"));
      if (skc_cookie !== undefined) memory.set("cookie", loaded(b, skc_cookie.load(8, 0), "skc_cookie"));
    };
    if (hasSocket === undefined) write();
    else b.if(hasSocket, write);
    makeCookie?.(memory);
  },
};
