/** The same steps on the machine's own kernel, without a guest. Needs root. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { GuestReport } from "./boot.ts";
import { ended } from "./children.ts";

const GUEST = join(import.meta.dirname, "guest.js");
/** Far more than the steps take. */
const LONGEST_MS = 600_000;

/** `words` are those of a guest's command line. */
export async function runHere(words: readonly string[]): Promise<GuestReport> {
  const startedMs = performance.now();
  const given = Object.fromEntries(words.map((word) => word.split("=", 2) as [string, string]));
  const child = spawn(process.execPath, [GUEST], {
    env: { ...process.env, ...given, guest_slowness: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const said = { text: "", console: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.text += chunk.toString()));
  child.stderr.on(
    "data",
    (chunk: Buffer) => (said.console = (said.console + chunk.toString()).slice(-20_000)),
  );
  const status = (await ended(child, LONGEST_MS)) ?? undefined;
  return { ...said, status, tookMs: performance.now() - startedMs };
}
