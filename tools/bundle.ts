/**
 * Bundles the command line into dist/bin/cli/: main.cjs, which runs tcpdrop.cjs with the compiled code of
 * tcpdrop.cache.
 *
 *     node dist/tools/bundle.js
 *
 * CommonJS, because Node starts it faster. The cache holds the code that V8 compiles for `doctor --program`:
 * reading BTF, generating the program.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { compileBundle, encodeCodeCache, runBundle } from "../src/cli/code-cache.ts";

const OUT = join(import.meta.dirname, "../bin/cli");
const BUNDLE = join(OUT, "tcpdrop.cjs");
const CACHE = join(OUT, "tcpdrop.cache");

const ROOT = join(import.meta.dirname, "../..");
const PACKAGE = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { engines: { node: string } };
const LEAST_NODE = PACKAGE.engines.node.match(/\d+/g);
const GET_NODE = readFileSync(join(ROOT, "tools/get-node.txt"), "utf8");

/**
 * The beginning of the installed command is read twice: a shell starts Node, and for Node it is a comment.
 * Without Node, or with an old one, both say how to get it; what follows must be JavaScript for an old Node
 * too.
 *
 * Until our first statement runs, SIGUSR1 makes Node open its debugger: at an address that no machine has
 * (240.0.0.0/4 is reserved), where that fails. Node 20 has no option to disable it, and env(1) does not take
 * several arguments everywhere.
 */
const STARTS_NODE = `#!/usr/bin/env sh
":" /*
if command -v node >/dev/null; then exec node --inspect-port=240.0.0.1:9229 "$0" "$@"; fi
echo 'tcpdrop: node is not in PATH
${GET_NODE.trimEnd().replaceAll("'", "'\\''")}' >&2
exit 1
*/;
(function (is, least) {
  if (+is[0] > least[0] || (+is[0] === least[0] && +is[1] >= least[1])) return;
  var problem = "tcpdrop: this is Node.js " + process.version + " (" + process.execPath + ")";
  require("fs").writeSync(2, problem + ${JSON.stringify(`\n${GET_NODE}`)});
  process.exit(1);
})(process.versions.node.split("."), [${LEAST_NODE?.join(", ")}]);
`;

function bundle(entry: string, outfile: string, target: string, head = ""): void {
  buildSync({
    entryPoints: [join(import.meta.dirname, "../src/cli", entry)],
    outfile,
    bundle: true,
    format: "cjs",
    platform: "node",
    target,
    external: ["koffi"],
    logLevel: "warning",
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: `${head}const importMetaUrl = require('node:url').pathToFileURL(__filename).href;` },
  });
}

/** In its own process, whose output is discarded. */
function writeCacheAtExit(): void {
  const script = compileBundle(BUNDLE, undefined);
  process.argv = [process.execPath, BUNDLE, "doctor", "--program"];
  process.on("exit", () => writeFileSync(CACHE, encodeCodeCache(script.createCachedData())));
  runBundle(script, BUNDLE);
}

if (process.argv[2] === "--cache") writeCacheAtExit();
else {
  // V8 detects a stale cache by the length of the source only.
  rmSync(CACHE, { force: true });
  const launcher = join(OUT, "main.cjs");
  bundle("launcher.js", launcher, "node10", STARTS_NODE);
  chmodSync(launcher, 0o755);
  bundle("main.js", BUNDLE, "node20");
  spawnSync(process.execPath, [import.meta.filename, "--cache"], { stdio: "ignore" });
}
