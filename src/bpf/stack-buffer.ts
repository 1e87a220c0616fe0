/** Bytes on a program's stack. */
import type { Size } from "./assembler.ts";
import { Scalar } from "./expression.ts";

export class StackBuffer {
  readonly offset: number;
  readonly size: number;
  constructor(offset: number, size: number) {
    this.offset = offset;
    this.size = size;
  }
  get address(): Scalar {
    return new Scalar({ kind: "frame", offset: this.offset }, 64);
  }
  load(size: Size, at: number): Scalar {
    return new Scalar(
      {
        kind: "load",
        base: { kind: "register", register: 10 },
        offset: this.offset + at,
        size,
        comment: "stack",
      },
      8 * size,
    );
  }
}
