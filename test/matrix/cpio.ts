/** Archives as the kernel unpacks them at boot; several may stand one after another in one file. */
import { execFileSync } from "node:child_process";

/** Packs a folder's content, owned by root. */
export function pack(folder: string, archive: string): void {
  execFileSync("sh", ["-c", 'find . -mindepth 1 | cpio -o -H newc --quiet -R 0:0 > "$0"', archive], {
    cwd: folder,
  });
}
