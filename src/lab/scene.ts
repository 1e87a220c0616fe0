/** A scene makes one kind of real drop between the two hosts, and says what a tracer should show. */
import type { Direction, TcpFlag } from "../model/index.ts";
import { ADDRESS, type Family, type Hosts } from "./hosts.ts";

export interface Expected {
  /** The name in Linux 6.18. */
  readonly reason: string;
  readonly direction: Direction;
  readonly flags: readonly TcpFlag[];
  readonly state: string | undefined;
  readonly family: Family;
  /** A function on the stack, below the one that frees. */
  readonly frame: string;
  readonly saddr: string;
  readonly daddr: string;
  /** Undefined if the client's stack chose it, so that the scene cannot know it. */
  readonly sport: number | undefined;
  /** The server's port, the packet's destination. */
  readonly dport: number;
  /** The host whose kernel drops it. */
  readonly host: "client" | "server";
}

export interface Scene {
  readonly name: string;
  /** One line for people, printed before the scene runs. */
  readonly title: string;
  readonly run: (hosts: Hosts) => Promise<Expected>;
}

export const HELLO = new TextEncoder().encode("hello");
/** Source port of handmade segments that belong to no connection. */
export const NO_STACK_PORT = 40_000;

/** Common to all scenes in which the server receives and drops the packet. */
export function serverDrops(family: Family) {
  return {
    direction: "rx",
    family,
    saddr: ADDRESS.client[family],
    daddr: ADDRESS.server[family],
    host: "server",
  } as const;
}
