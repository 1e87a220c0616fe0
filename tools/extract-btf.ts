/**
 * Extracts BTF from a kernel image or module: a vmlinuz (x86 bzImage), a vmlinux, or a .ko, which may be
 * compressed with xz.
 *
 * Needs the programs `xz`, `zstd` and `lz4` for files compressed with them.
 */
import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { ByteReader } from "../src/bytes/byte-reader.ts";
import { DecodeError } from "../src/errors.ts";

const MAX_KERNEL_BYTES = 1 << 30;
/** Documentation/arch/x86/boot.rst: the setup header. */
const BOOT = {
  setupSectors: 0x1f1,
  magic: 0x202,
  payloadOffset: 0x248,
  payloadLength: 0x24c,
  sectorBytes: 512,
} as const;
/** "HdrS". */
const BOOT_MAGIC = 0x5372_6448;
const ELF_MAGIC = 0x464c_457f;
/** elf.h: Elf64_Ehdr and Elf64_Shdr. */
const ELF = {
  sectionsAt: 0x28,
  sectionBytes: 0x3a,
  sectionCount: 0x3c,
  namesIndex: 0x3e,
  fileOffset: 0x18,
  fileSize: 0x20,
} as const;

/** Raw BTF as it is, else the ELF section .BTF. */
export function extractBtf(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes, "kernel image", true);
  if (reader.u16(0) === 0xeb9f) return bytes;
  if (reader.u32(0) === ELF_MAGIC) return elfSection(bytes, ".BTF");
  if (bytes.length > BOOT.payloadLength + 4 && reader.u32(BOOT.magic) === BOOT_MAGIC) {
    const setupBytes = (reader.u8(BOOT.setupSectors) + 1) * BOOT.sectorBytes;
    const payload = reader.slice(setupBytes + reader.u32(BOOT.payloadOffset), reader.u32(BOOT.payloadLength));
    // The payload ends with 4 bytes of the unpacked size, which unpackers take for garbage.
    return elfSection(unpack(payload.subarray(0, payload.length - 4)), ".BTF");
  }
  return elfSection(unpack(bytes), ".BTF");
}

function unpack(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes, "compressed kernel", true);
  const options = { input: bytes, maxBuffer: MAX_KERNEL_BYTES };
  if (reader.be32(0) === 0xfd37_7a58)
    return execFileSync("xz", ["--decompress", "--stdout", "--single-stream"], options);
  if (reader.u32(0) === 0xfd2f_b528) return execFileSync("zstd", ["--decompress", "--stdout"], options);
  if (reader.u32(0) === 0x184c_2102) return execFileSync("lz4", ["--decompress", "--stdout"], options);
  if (reader.be16(0) === 0x1f8b) return gunzipSync(bytes);
  throw new DecodeError("kernel image", 0, "not compressed with xz, zstd, lz4 or gzip");
}

function elfSection(bytes: Uint8Array, wanted: string): Uint8Array {
  const elf = new ByteReader(bytes, "ELF file", true);
  if (elf.u32(0) !== ELF_MAGIC) throw new DecodeError("ELF file", 0, "the magic number is missing");
  const at = (index: number): number => elf.u64AsNumber(ELF.sectionsAt) + index * elf.u16(ELF.sectionBytes);
  const contents = (index: number): Uint8Array =>
    elf.slice(elf.u64AsNumber(at(index) + ELF.fileOffset), elf.u64AsNumber(at(index) + ELF.fileSize));
  const names = Buffer.from(contents(elf.u16(ELF.namesIndex)));
  for (let index = 0; index < elf.u16(ELF.sectionCount); index += 1) {
    const nameAt = elf.u32(at(index));
    if (names.toString("latin1", nameAt, names.indexOf(0, nameAt)) === wanted) return contents(index);
  }
  throw new DecodeError("ELF file", 0, `no section ${wanted}`);
}
