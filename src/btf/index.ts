/** Public entry point of the BTF layer. */
export { Btf, type BtfId, type BtfType } from "./btf.ts";
export { enumBigints, enumValues, findEnum } from "./enums.ts";
export type { Kind } from "./kinds.ts";
export { openBtfOfFile, openKernelBtf, openModuleBtf } from "./open.ts";
export { type Parameter, parameters, returnType } from "./prototypes.ts";
export {
  arrayLength,
  findMember,
  flattened,
  isSigned,
  type Member,
  members,
  pointee,
  resolve,
  sizeOf,
} from "./queries.ts";
