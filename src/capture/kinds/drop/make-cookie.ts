/**
 * A cookie for a socket that has none yet, so that it can be found again when it is closed: a TIME_WAIT socket
 * and an orphan keep it. Where owners are wanted; else nobody's socket gets one for being watched.
 *
 * The helper takes pointers that the verifier trusts: rx_sk, and of what is sent, since Linux 6.12, only the way
 * through the struct socket (a subflow's leads to another socket, which is left alone). Before 6.11 sockets keep
 * the cookie that they have.
 */
import { all, type KernelTypes, kernelStruct, pointer, type Scalar, scalar } from "../../../bpf/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { scratch } from "../../core/bare-address.ts";
import { TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from "../../core/tcp-states.ts";
import type { SocketMemory } from "../../sections/socket/socket.ts";
import type { DropContext } from "./context.ts";
import { kfreeSkbArguments } from "./tracepoint-arguments.ts";

/** Whether the kernel gives what it takes. */
export function canMakeCookie(kernel: KernelTypes): boolean {
  return kfreeSkbArguments(kernel).rxSk !== undefined;
}

const socketOf = kernelStruct("socket", { sk: scalar });
const sockOfSocket = kernelStruct("sock", { sk_socket: pointer(() => socketOf) });

/** Where the socket is a full one, and has no cookie. */
export function makeCookie({ b, kernel, skb, rxSk, believed }: DropContext, memory: SocketMemory): void {
  if (rxSk === undefined) return;
  const isFull = [TCP_TIME_WAIT, TCP_NEW_SYN_RECV].map((state) => memory.get("state").ne(state));
  const make = (sk: Scalar): void =>
    memory.set("cookie", b.call(uapi.BPF_FUNC_get_socket_cookie, [sk], "get_socket_cookie"));
  b.if(all(believed.notZero(), memory.get("cookie").isZero(), ...isFull), () =>
    b.if(
      rxSk.address.notZero(),
      () => make(rxSk.address),
      () => {
        const owner = scratch(b, "read");
        b.set(owner, skb.sk.address);
        const { sk } = kernel.point(sockOfSocket, owner.expression, "direct").sk_socket;
        b.if(all(owner.notZero(), sk.eq(owner)), () => make(sk));
      },
    ),
  );
}
