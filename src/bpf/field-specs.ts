/** What a declared field of a kernel struct is: words for kernel-struct.ts. */

export interface ScalarSpec {
  readonly kind: "scalar";
}
export interface PointerSpec<S> {
  readonly kind: "pointer";
  readonly to: () => S;
}
export interface EmbeddedSpec<S> {
  readonly kind: "embedded";
  readonly of: () => S;
}
export interface ArraySpec {
  readonly kind: "array";
}
export interface OptionalSpec<T> {
  readonly kind: "optional";
  readonly of: T;
}
// biome-ignore lint/suspicious/noExplicitAny: structs may be recursive, which needs a loose bound
export type FieldSpec = ScalarSpec | PointerSpec<any> | EmbeddedSpec<any> | ArraySpec | OptionalSpec<any>;
export type FieldSpecs = Readonly<Record<string, FieldSpec>>;

/**
 * An integer, an enum, a bit-field, or a pointer that is never followed.
 *
 * @example
 * ```ts
 * import { kernelStruct, scalar } from "tcpdrop/ebpf";
 *
 * console.log(kernelStruct("sk_buff", { len: scalar }).fields.len.kind);
 * // prints: scalar
 * ```
 */
export const scalar: ScalarSpec = { kind: "scalar" };
/**
 * A pointer to a struct.
 *
 * @example
 * ```ts
 * import { kernelStruct, pointer, scalar } from "tcpdrop/ebpf";
 *
 * const sock = kernelStruct("sock", { sk_mark: scalar });
 * const skb = kernelStruct("sk_buff", { sk: pointer(() => sock) });
 * console.log(skb.fields.sk.to().name);
 * // prints: sock
 * ```
 */
export const pointer = <S>(to: () => S): PointerSpec<S> => ({ kind: "pointer", to });
/**
 * A struct embedded in the struct.
 *
 * @example
 * ```ts
 * import { embedded, kernelStruct, scalar } from "tcpdrop/ebpf";
 *
 * const common = kernelStruct("sock_common", { skc_num: scalar });
 * const sock = kernelStruct("sock", { __sk_common: embedded(() => common) });
 * console.log(sock.fields.__sk_common.of().name);
 * // prints: sock_common
 * ```
 */
export const embedded = <S>(of: () => S): EmbeddedSpec<S> => ({ kind: "embedded", of });
/**
 * An array: read through its address.
 *
 * @example
 * ```ts
 * import { array, Builder, KernelTypes, kernelStruct, openKernelBtf } from "tcpdrop/ebpf";
 *
 * const task = kernelStruct("task_struct", { comm: array });
 * const b = new Builder();
 * const pointer = new KernelTypes(openKernelBtf()).point(task, b.context.expression, "probe");
 * console.log(pointer.comm.size);
 * // prints: 16
 * ```
 */
export const array: ArraySpec = { kind: "array" };
/**
 * A field that some kernels lack: undefined there, so the caller must handle its absence.
 *
 * @example
 * ```ts
 * import { Builder, KernelTypes, kernelStruct, openKernelBtf, optional, scalar } from "tcpdrop/ebpf";
 *
 * const skb = kernelStruct("sk_buff", { not_there: optional(scalar) });
 * const b = new Builder();
 * const pointer = new KernelTypes(openKernelBtf()).point(skb, b.context.expression, "direct");
 * console.log(pointer.not_there === undefined);
 * // prints: true
 * ```
 */
export const optional = <T extends FieldSpec>(of: T): OptionalSpec<T> => ({ kind: "optional", of });
