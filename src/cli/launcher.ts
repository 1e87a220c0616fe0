/** The installed command: runs the bundle beside it. */
import "./sigusr1.ts";
import { fileURLToPath } from "node:url";
import { compileBundle, readCodeCache, runBundle } from "./code-cache.ts";

const bundle = fileURLToPath(new URL("tcpdrop.cjs", import.meta.url));
runBundle(
  compileBundle(bundle, readCodeCache(fileURLToPath(new URL("tcpdrop.cache", import.meta.url)))),
  bundle,
);
