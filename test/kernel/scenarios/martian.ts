/** SYNs whose addresses a host does not accept from a wire. */
import { ADDRESS, type Hosts } from "../../../src/lab/hosts.ts";
import { syn, synDrop } from "./one-shot.ts";
import { type ExpectedDrop, type ExpectedRise, received, type Scenario } from "./scenario.ts";

/** Compilers that split ip_rcv_finish_core() give the part another name. */
export const IP_RCV_FINISH = ["ip_rcv_finish_core", "ip_rcv_finish_core.isra.0"] as const;

export const v4 = (text: string): Uint8Array => Uint8Array.from(text.split(".").map(Number));

/** Only addresses with one "::": "ff02::1", "fe80::1:2", "::1". */
export function v6(text: string): Uint8Array {
  const [head = "", tail = ""] = text.split("::");
  const words = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const [left, right] = [words(head), words(tail)];
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

export interface Martian {
  readonly title: string;
  /** As text; default: those of client and server. */
  readonly source?: string;
  readonly destination?: string;
  readonly drop: Pick<ExpectedDrop, "reason" | "frame"> & Partial<ExpectedDrop>;
  readonly counters?: readonly ExpectedRise[];
  readonly prepare?: (hosts: Hosts) => void;
}

/** A SYN with these addresses reaches the server. */
export function martian(
  family: 4 | 6,
  { title, source, destination, drop, counters, prepare }: Martian,
): Scenario {
  const bytes = family === 4 ? v4 : v6;
  return {
    title,
    families: [family],
    paths: ["veth"],
    run: ({ hosts }) => {
      const dport = hosts.newPort();
      prepare?.(hosts);
      hosts.inject(
        syn(family, dport, {
          ...(source === undefined ? {} : { source: bytes(source) }),
          ...(destination === undefined ? {} : { destination: bytes(destination) }),
        }),
      );
      return {
        drops: [
          {
            ...received,
            ...synDrop(dport),
            class: "loss",
            saddr: source ?? ADDRESS.client[family],
            daddr: destination ?? ADDRESS.server[family],
            ...drop,
          },
        ],
        ...(counters === undefined ? {} : { counters }),
      };
    },
  };
}
