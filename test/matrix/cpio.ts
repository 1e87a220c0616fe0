/** Archives that the kernel unpacks at boot; several may be concatenated in one file. */
import { execFileSync } from "node:child_process";

/** Packs the contents of a folder, owned by root. */
export function pack(folder: string, archive: string): void {
  execFileSync("sh", ["-c", 'find . -mindepth 1 | cpio -o -H newc --quiet -R 0:0 > "$0"', archive], {
    cwd: folder,
  });
}
