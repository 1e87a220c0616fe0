/** Prints what CgroupPaths says of the ids in its arguments: for processes with other rights and namespaces. */
import { CgroupPaths } from "../../src/host/owner/cgroup-paths.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";

using paths = new CgroupPaths(libcSyscalls);
const found = process.argv.slice(2).map((id) => paths.pathOf(BigInt(id)) ?? null);
process.stdout.write(JSON.stringify({ found, way: paths.way }));
