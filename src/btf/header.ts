/**
 * BTF's header, and the two sections that it describes.
 *
 *     0      2        3      4        8         12        16       20       24
 *     | magic | version | flags | hdr_len | type_off | type_len | str_off | str_len | ...
 *
 * Offsets count from the end of the header, which may be longer than 24 bytes in later kernels.
 */
import { ByteReader } from "../bytes/byte-reader.ts";
import { u32Words } from "../bytes/words.ts";
import { DecodeError } from "../errors.ts";

const MAGIC = 0xeb9f;
const VERSION = 1;
const HEADER_BYTES = 24;

export interface Sections {
  /** All types, as words in the host's byte order. */
  readonly types: Uint32Array;
  readonly strings: Uint8Array;
}

/** Reads the header in either byte order, distinguished by the magic number. */
export function parseSections(bytes: Uint8Array): Sections {
  const littleEndian = bytes[0] === (MAGIC & 0xff);
  const header = new ByteReader(bytes, "btf_header", littleEndian);
  if (header.u16(0) !== MAGIC)
    throw new DecodeError("btf_header", 0, "this is not BTF: the magic number is missing");
  const version = header.u8(2);
  if (version !== VERSION) throw new DecodeError("btf_header", 2, `version ${version} is unknown`);
  const headerBytes = header.u32(4);
  if (headerBytes < HEADER_BYTES)
    throw new DecodeError("btf_header", 4, `a header of ${headerBytes} bytes is too short`);
  const typesAt = headerBytes + header.u32(8);
  const typesBytes = header.u32(12);
  const stringsAt = headerBytes + header.u32(16);
  const stringsBytes = header.u32(20);
  const apart = typesAt + typesBytes <= stringsAt || stringsAt + stringsBytes <= typesAt;
  if (!apart && typesBytes > 0 && stringsBytes > 0)
    throw new DecodeError("btf_header", 8, "the sections of types and strings overlap");
  const strings = header.slice(stringsAt, stringsBytes);
  return { types: u32Words(bytes, typesAt, typesBytes, littleEndian, "btf types"), strings };
}
