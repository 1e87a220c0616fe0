/** How packet bytes are read: into buffers that hold one header at a time. */
import {
  type Builder,
  type Label,
  type Pointer,
  Scalar,
  type Size,
  type StackBuffer,
} from "../../bpf/index.ts";
import type { skBuff } from "./kernel-structs.ts";

/** A header that has been bounded: its bytes can be loaded. */
export interface HeaderView {
  load(size: Size, at: number): Scalar;
}

/**
 * Two ways of reading packet bytes: loads through skb->head where the verifier allows them, else
 * bpf_probe_read_kernel.
 */
export type HeaderAccess = "direct" | "probe";

/** Room for one header. `clear` lets it be read where nothing filled it. */
export interface HeaderRoom {
  readonly view: HeaderView;
  readonly fill: (offset: Scalar, size: number, failed: Label) => void;
  readonly clear: () => void;
}

export class HeaderReader {
  readonly #b: Builder;
  readonly #access: HeaderAccess;
  readonly #skb: Pointer<typeof skBuff>;

  constructor(b: Builder, skb: Pointer<typeof skBuff>, access: HeaderAccess) {
    this.#b = b;
    this.#skb = skb;
    this.#access = access;
  }

  /** Room for one header at a time, of at most `size` bytes. */
  room(size: number, name: string): HeaderRoom {
    const b = this.#b;
    if (this.#access === "direct") {
      const at = b.variable(`${name} address`);
      const view = {
        load: (bytes: Size, offset: number) =>
          new Scalar({ kind: "load", base: at.expression, offset, size: bytes, comment: name }, 8 * bytes),
      };
      return {
        view,
        fill: (offset) => b.set(at, this.#skb.head.add(offset)),
        clear: () => b.set(at, this.#skb.head),
      };
    }
    const buffer: StackBuffer = b.buffer(size);
    return {
      view: buffer,
      fill: (offset, bytes, failed) =>
        b.jumpIf(b.probeReadKernel(buffer, bytes, this.#skb.head.add(offset), name).notZero(), failed),
      clear: () => {
        for (let at = 0; at < size; at += 8) b.store(8, buffer.address, at, 0, `${name} = 0`);
      },
    };
  }
}
