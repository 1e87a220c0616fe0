/**
 * A declared struct (src/bytes) in memory that the program may write: fields by name, at the offsets that the
 * decoder reads.
 */
import type { Struct } from "../bytes/struct.ts";
import { BuildError } from "../errors.ts";
import type { Size } from "./assembler.ts";
import { Scalar } from "./expression.ts";

/** Emits the stores: a Builder. */
interface Storer {
  store(size: Size, address: Scalar, offset: number, value: Scalar | number, comment: string): void;
}

interface FieldBytes {
  readonly offset: number;
  readonly size: number;
}

export class StructMemory<F> {
  readonly address: Scalar;
  readonly #builder: Storer;
  readonly #struct: Struct<F>;
  readonly #base: number;

  constructor(builder: Storer, layout: Struct<F>, address: Scalar, base = 0) {
    this.#builder = builder;
    this.#struct = layout;
    this.address = address;
    this.#base = base;
  }

  get(field: keyof F & string): Scalar {
    const { offset, size } = this.#scalar(field);
    return new Scalar(
      { kind: "load", base: this.address.expression, offset, size, comment: `${this.#struct.name}.${field}` },
      8 * size,
    );
  }

  /** A part of a multi-byte field. */
  getBytes(field: keyof F & string, size: Size, at: number): Scalar {
    const bytes = this.#bytesOf(field);
    if (at + size > bytes.size)
      throw new BuildError(
        `${this.#struct.name}.${field} has ${bytes.size} bytes: ${size} bytes at ${at} are out of bounds`,
      );
    const comment = `${this.#struct.name}.${field}[${at}]`;
    return new Scalar(
      { kind: "load", base: this.address.expression, offset: this.#base + bytes.offset + at, size, comment },
      8 * size,
    );
  }

  set(field: keyof F & string, value: Scalar | number): void {
    const { offset, size } = this.#scalar(field);
    this.#builder.store(size, this.address, offset, value, `${this.#struct.name}.${field} =`);
  }

  /** Zeros, 8 bytes at a time: the struct's size is a multiple of that. */
  clear(): void {
    for (let at = 0; at < this.#struct.size; at += 8)
      this.#builder.store(8, this.address, this.#base + at, 0, `${this.#struct.name}[${at}] =`);
  }

  /** Adds to a counter; not atomic, so the memory must belong to one CPU. */
  add(field: keyof F & string, value: Scalar | number): void {
    this.set(field, this.get(field).add(value));
  }

  /** Writes a part of a multi-byte field. */
  setBytes(field: keyof F & string, size: Size, at: number, value: Scalar | number): void {
    const bytes = this.#bytesOf(field);
    if (at + size > bytes.size)
      throw new BuildError(
        `${this.#struct.name}.${field} has ${bytes.size} bytes: ${size} bytes at ${at} are out of bounds`,
      );
    this.#builder.store(
      size,
      this.address,
      this.#base + bytes.offset + at,
      value,
      `${this.#struct.name}.${field}[${at}] =`,
    );
  }

  addressOf(field: keyof F & string): Scalar {
    return this.address.add(this.#base + this.#bytesOf(field).offset);
  }

  /** A struct embedded in this one. */
  inside<G>(field: keyof F & string, layout: Struct<G>): StructMemory<G> {
    return new StructMemory(this.#builder, layout, this.address, this.#base + this.#bytesOf(field).offset);
  }

  #bytesOf(field: keyof F & string): FieldBytes {
    return this.#struct.fields[field] as unknown as FieldBytes;
  }

  #scalar(field: keyof F & string): { offset: number; size: Size } {
    const { offset, size } = this.#bytesOf(field);
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8)
      throw new BuildError(
        `${this.#struct.name}.${field} has ${size} bytes: write parts of it with setBytes`,
      );
    return { offset: this.#base + offset, size };
  }
}
