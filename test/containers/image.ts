/** Images for all runtimes: busybox alone, in the form of `docker save`. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const IMAGE = "example.test/shop/web:1.2";
/** For the process that holds a pod's namespaces. */
export const PAUSE = "example.test/pause:1";

/** Writes the archive, and returns its path. `folder` is empty. */
export function makeImage(folder: string): string {
  const bin = join(folder, "layer/bin");
  mkdirSync(bin, { recursive: true });
  copyFileSync("/bin/busybox", join(bin, "busybox"));
  for (const applet of ["sh", "sleep"]) symlinkSync("busybox", join(bin, applet));
  const layer = join(folder, "layer.tar");
  execFileSync("tar", ["-C", join(folder, "layer"), "-cf", layer, "."]);
  const digest = createHash("sha256").update(readFileSync(layer)).digest("hex");
  // Images with the same bytes are one: containerd might call it by either name.
  const manifest = [IMAGE, PAUSE].map((tag, at) => {
    const config = {
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Cmd: ["/bin/sleep", "600"], Labels: { tag } },
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
    };
    writeFileSync(join(folder, `${at}.json`), JSON.stringify(config));
    return { Config: `${at}.json`, RepoTags: [tag], Layers: ["layer.tar"] };
  });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "image.tar");
  execFileSync("tar", ["-C", folder, "-cf", archive, "manifest.json", "0.json", "1.json", "layer.tar"]);
  return archive;
}
