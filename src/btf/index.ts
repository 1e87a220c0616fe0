/** Front door of the BTF layer. */
export { Btf, type BtfId, type BtfType } from "./btf.ts";
export type { Kind } from "./kinds.ts";
export { openKernelBtf, openModuleBtf } from "./open.ts";
export { enumValues, findEnum, findMember, isSigned, type Member, members, type Parameter, parameters, pointee, resolve, sizeOf } from "./queries.ts";
