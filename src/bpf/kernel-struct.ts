/**
 * Kernel structs, declared once with only the fields that are read. Offsets, sizes and bit positions come
 * from BTF.
 *
 *     const skBuff = kernelStruct("sk_buff", { len: scalar, sk: pointer(() => sock) });
 *
 * A wrong name in a declaration is an UnsupportedError when it is bound to a kernel; a wrong name where a
 * field is used is a compile error.
 */
import { type Btf, findMember, type Member, resolve, sizeOf } from "../btf/index.ts";
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { BuildError, UnsupportedError } from "../errors.ts";
import type { Size } from "./assembler.ts";
import { type Expression, Scalar } from "./expression.ts";
import type {
  ArraySpec,
  EmbeddedSpec,
  FieldSpec,
  FieldSpecs,
  OptionalSpec,
  PointerSpec,
} from "./field-specs.ts";

export * from "./field-specs.ts";

export type AnyStruct = KernelStruct<FieldSpecs>;

export interface KernelStruct<F> {
  readonly name: string;
  readonly fields: F;
}

/**
 * Declares the fields of a kernel struct that a program reads. Nothing is looked up yet.
 *
 * @example
 * ```ts
 * import { kernelStruct, scalar } from "tcpdrop/ebpf";
 *
 * const skb = kernelStruct("sk_buff", { len: scalar, data_len: scalar });
 * console.log(skb.name, Object.keys(skb.fields));
 * // prints: sk_buff [ 'len', 'data_len' ]
 * ```
 */
export function kernelStruct<const F extends FieldSpecs>(name: string, fields: F): KernelStruct<F> {
  return { name, fields };
}

/** What a declared field is read as. */
export type FieldValue<T> =
  T extends OptionalSpec<infer I>
    ? FieldValue<I> | undefined
    : T extends PointerSpec<infer S>
      ? Pointer<S>
      : T extends EmbeddedSpec<infer S>
        ? Pointer<S>
        : T extends ArraySpec
          ? Bytes
          : Scalar;

/** Bytes of a kernel struct: loaded 8, 4, 2 or 1 at a time. */
export interface Bytes {
  readonly size: number;
  load(size: Size, offset: number): Scalar;
}

/** The fields of a struct behind a pointer, by their kernel names, and the pointer itself as `address`. */
export type Pointer<S> =
  S extends KernelStruct<infer F>
    ? { readonly [K in keyof F]: FieldValue<F[K]> } & { readonly address: Scalar }
    : never;

/** `direct`: the verifier knows the type and allows loads. `probe`: only bpf_probe_read_kernel may read. */
export type Access = "direct" | "probe";

/** Where a struct's fields are read from. */
interface PlacedStruct {
  readonly base: Expression;
  readonly offset: number;
  readonly access: Access;
}

/**
 * Binds declarations to one kernel's BTF.
 *
 * @example
 * ```ts
 * import { KernelTypes, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const kernel = new KernelTypes(openKernelBtf());
 * console.log(kernel.offsetOf("tcphdr", "dest"), kernel.sizeOf("tcphdr"), kernel.has("tcphdr", "nothing"));
 * // prints: 2 20 false
 * ```
 */
export class KernelTypes {
  readonly btf: Btf;
  readonly #ids = new Map<string, number>();
  readonly #members = new Map<string, Member | undefined>();
  readonly #prototypes = new Map<AnyStruct, object>();

  constructor(btf: Btf) {
    this.btf = btf;
  }

  /** Whether the kernel's struct has this field. */
  has(structName: string, field: string): boolean {
    return this.#find(structName, field) !== undefined;
  }

  /** Offset in bytes from the start of the struct. */
  offsetOf(structName: string, field: string): number {
    return this.#member(structName, field).offsetBits / 8;
  }

  idOf(structName: string): number {
    const known = this.#ids.get(structName);
    if (known !== undefined) return known;
    const type = this.btf.find(structName, "struct") ?? this.btf.find(structName, ["union", "typedef"]);
    if (type === undefined)
      throw new UnsupportedError(`This kernel's BTF has no struct ${structName}`, structName);
    const { id } = resolve(this.btf, type.id);
    this.#ids.set(structName, id);
    return id;
  }

  sizeOf(structName: string): number {
    return sizeOf(this.btf, this.idOf(structName));
  }

  /** A pointer to `struct`, with a lazily created value for each declared field. */
  point<S extends AnyStruct>(struct: S, base: Expression, access: Access): Pointer<S> {
    return this.#view(struct, base, 0, access) as Pointer<S>;
  }

  /**
   * The getters of a struct's fields live on one prototype: pointers are created often, and most of their
   * fields are never read.
   */
  #view(struct: AnyStruct, base: Expression, offset: number, access: Access): object {
    let prototype = this.#prototypes.get(struct);
    if (prototype === undefined) {
      prototype = this.#prototype(struct);
      this.#prototypes.set(struct, prototype);
    }
    return Object.assign(Object.create(prototype) as PlacedStruct, { base, offset, access });
  }

  #prototype(struct: AnyStruct): object {
    const field = (name: string, spec: FieldSpec, at: PlacedStruct): unknown =>
      this.#field(struct.name, name, spec, at.base, at.offset, at.access);
    const prototype = {};
    for (const [name, spec] of Object.entries(struct.fields)) {
      Object.defineProperty(prototype, name, {
        get(this: PlacedStruct) {
          return field(name, spec, this);
        },
      });
    }
    return Object.defineProperty(prototype, "address", {
      get(this: PlacedStruct) {
        const at = new Scalar(this.base, 64);
        return this.offset === 0 ? at : at.add(this.offset);
      },
    });
  }

  #field(
    structName: string,
    name: string,
    spec: FieldSpec,
    base: Expression,
    baseOffset: number,
    access: Access,
  ): unknown {
    if (spec.kind === "optional")
      return this.has(structName, name)
        ? this.#field(structName, name, spec.of as FieldSpec, base, baseOffset, access)
        : undefined;
    const member = this.#member(structName, name);
    const offset = baseOffset + Math.floor(member.offsetBits / 8);
    const comment = `${structName}.${name}`;
    const load = (size: Size, at: number): Expression => ({
      kind: access === "direct" ? "load" : "probe",
      base,
      offset: at,
      size,
      comment,
    });
    if (spec.kind === "embedded") return this.#view(spec.of(), base, offset, access);
    if (spec.kind === "pointer") return this.#view(spec.to(), load(8, offset), 0, access);
    if (spec.kind === "array")
      return {
        size: sizeOf(this.btf, member.typeId),
        load: (size: Size, at: number) => new Scalar(load(size, offset + at), 8 * size),
      };
    if (member.bitSize > 0) return bitField(load(1, offset), member.offsetBits % 8, member.bitSize, comment);
    const size = sizeOf(this.btf, member.typeId);
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8)
      throw new BuildError(`${comment} has ${size} bytes: it is not a scalar`);
    return new Scalar(load(size, offset), 8 * size);
  }

  #member(structName: string, field: string) {
    const member = this.#find(structName, field);
    if (member === undefined)
      throw new UnsupportedError(`This kernel has no ${structName}.${field}`, `${structName}.${field}`);
    return member;
  }

  /** Each member is looked up once. */
  #find(structName: string, field: string): Member | undefined {
    const key = `${structName}.${field}`;
    if (!this.#members.has(key)) this.#members.set(key, findMember(this.btf, this.idOf(structName), field));
    return this.#members.get(key);
  }
}

/** BTF counts bits from the lowest address. Fields that cross a byte boundary are not needed, and refused. */
function bitField(byte: Expression, shift: number, width: number, comment: string): Scalar {
  if (shift + width > 8) throw new BuildError(`The bit-field ${comment} crosses a byte boundary`);
  return new Scalar(byte, 8).shiftRight(HOST_LITTLE_ENDIAN ? shift : 8 - shift - width).and((1 << width) - 1);
}
