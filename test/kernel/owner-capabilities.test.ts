/** Owners as the command line tells them where a capability is missing: less is known, and it says what. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { Holding } from "./owned.ts";
import { nftRule } from "./scenarios/rules.ts";

const MAIN = fileURLToPath(new URL("../../bin/cli/main.cjs", import.meta.url));
const NOBODY = "65534";

type Line = Readonly<Record<string, unknown>>;

/** A trace in a process of its own, without one capability. */
class Trace implements Disposable {
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(without: string, filter: string) {
    const options = ["--owners", "process", "--format", "json", "--no-stack", "--owner-wait", "5000"];
    const words = [`--bounding-set=-${without}`, process.execPath, MAIN, ...options, filter];
    this.#child = spawn("setpriv", words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (text) => (this.#stdout += String(text)));
    this.#child.stderr?.on("data", (text) => (this.#stderr += String(text)));
  }

  async begun(): Promise<void> {
    await waitFor(() => this.said.includes("Tracing TCP drops") || undefined, "The trace");
  }

  /** On stderr. */
  get said(): string {
    return this.#stderr;
  }

  async line(wanted: (line: Line) => boolean, what: string): Promise<Line> {
    return await waitFor(() => this.#lines().find(wanted), what);
  }

  async end(): Promise<Line> {
    this.#child.kill("SIGINT");
    await once(this.#child, "close");
    const last = this.#lines().at(-1);
    assert(last !== undefined, this.#stderr);
    return last;
  }

  #lines(): readonly Line[] {
    const whole = this.#stdout.slice(0, this.#stdout.lastIndexOf("\n") + 1);
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

/** A process of another user holds it. */
function handToNobody(hosts: Hosts, { fd }: OwnedFd): ChildProcess {
  const words = [`--reuid=${NOBODY}`, "--clear-groups", "sleep", "120"];
  return hosts.client.inside(() => spawn("setpriv", words, { stdio: ["ignore", "ignore", "inherit", fd] }));
}

const CASES = [
  {
    without: "sys_ptrace",
    exe: undefined,
    missing: "rights",
    says: /without their program.*CAP_SYS_PTRACE is missing/,
  },
  { without: "dac_read_search", exe: /sleep$/, missing: undefined, says: /CAP_DAC_READ_SEARCH is missing/ },
  {
    without: "sys_admin",
    exe: /sleep$/,
    missing: "rights",
    says: /other network namespaces: CAP_SYS_ADMIN is missing/,
  },
] as const;

for (const { without, exe, missing, says } of CASES)
  test(`owners without CAP_${without.toUpperCase()}`, { timeout: patient(60_000) }, async () => {
    using hosts = new Hosts(libcSyscalls);
    const [sent, received] = [hosts.newPort(), hosts.newPort()];
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${sent} drop`);
    nftRule(hosts.server, "inet", "filter hook prerouting", `tcp dport ${received} drop`);
    // A way leads to the server.
    using _inside = new Holding(hosts.server, []);
    using trace = new Trace(without, `dst port ${sent} or dst port ${received}`);
    await trace.begun();
    const client = hosts.connect(4, sent);
    const holder = handToNobody(hosts, client);
    try {
      client[Symbol.dispose]();
      hosts.connect(4, received);
      const isSleep = (line: Line): boolean => line["dport"] === sent && line["owner_comm"] === "sleep";
      const {
        owner_pid: pid,
        owner_exe: path,
        owner_by: by,
      } = await trace.line(isSleep, "The SYN that is sent");
      assert.deepEqual([by, pid], ["socket", holder.pid]);
      if (exe === undefined) assert.equal(path, undefined);
      else assert.match(String(path), exe);
      const dropped = await trace.line((line) => line["dport"] === received, "The SYN that is received");
      assert.equal(dropped["owner_missing"] === "rights" ? "rights" : undefined, missing);
      const { problems } = await trace.end();
      assert(
        Array.isArray(problems) && problems.some((problem) => says.test(String(problem))),
        String(problems),
      );
      assert.match(trace.said, says);
    } finally {
      holder.kill("SIGKILL");
    }
  });
