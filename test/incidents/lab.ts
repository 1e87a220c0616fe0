/**
 * Where an incident happens: a client, a router and a server in namespaces with names, as a person would have
 * them, a web server in the one, and load in the other. IPv4 alone: what crosses it is TCP, so that counters of
 * packets count TCP.
 *
 *     inc-client-PID cli0 --- rtc0 inc-router-PID rts0 --- srv0 inc-server-PID
 *     192.0.2.1                    192.0.2.254                  192.0.2.2:8080
 */
import { readNetCounters } from "../../src/host/net-counters.ts";
import { ADDRESS, Hosts } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { Cgroup } from "../kernel/scenarios/cgroup.ts";
import type { HostName, NamedIncident } from "./incident.ts";
import { NetnsName, removeLeftOvers } from "./names.ts";
import { Program } from "./program.ts";
import type { Done, Task } from "./programs/load.ts";
import type { ServerSettings } from "./programs/server.ts";

const PORT = 8080;
/** The service, as drops and reports have it. */
export const SERVICE = `${ADDRESS.server[4]}:${PORT}`;

const HOSTS = ["client", "router", "server"] as const;

/** A task for the load, aimed at the service where it says nothing else. */
export type LoadTask = Task extends infer Each
  ? Each extends Task
    ? Omit<Each, "address" | "port"> & Partial<Pick<Each, "address" | "port">>
    : never
  : never;

export class Lab implements AsyncDisposable {
  readonly hosts: Hosts;
  readonly #names = new Map<HostName, string>();
  readonly #programs: Program[] = [];
  #load: Program | undefined;
  #server: Program | undefined;
  #cgroup: Cgroup | undefined;

  private constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  /** Builds the incident too. */
  static async open(incident: NamedIncident): Promise<Lab> {
    removeLeftOvers();
    const lab = new Lab(new Hosts(libcSyscalls, "forwarded"));
    try {
      for (const host of HOSTS) lab.sysctl(host, "ipv6/conf/all/disable_ipv6", "1");
      for (const host of HOSTS)
        if (host !== "server" || incident.nameless === undefined)
          lab.#names.set(host, lab.hosts.own(new NetnsName(host, lab.host(host))).name);
      await incident.build(lab);
      return lab;
    } catch (failure) {
      await lab[Symbol.asyncDispose]();
      throw failure;
    }
  }

  host(name: HostName): Netns {
    const netns = this.hosts[name];
    if (netns === undefined) throw new Error("The path has a router");
    return netns;
  }

  get client(): Netns {
    return this.host("client");
  }

  get router(): Netns {
    return this.host("router");
  }

  get server(): Netns {
    return this.host("server");
  }

  /** As --netns takes it. */
  netnsArgument(host: HostName): string {
    return this.#names.get(host) ?? `pid:${this.serverPid}`;
  }

  get serverPid(): number {
    if (this.#server === undefined) throw new Error("There is no server");
    return this.#server.pid;
  }

  /** The web server; in a cgroup of its own where `contained`. */
  async serve(settings: Partial<ServerSettings> & { readonly contained?: boolean } = {}): Promise<void> {
    const { contained = false, ...others } = settings;
    const whole: ServerSettings = { address: "0.0.0.0", port: PORT, backlog: 128, ...others };
    const cgroup = contained ? new Cgroup("") : undefined;
    this.#cgroup = cgroup;
    this.#server = await this.#start("server", JSON.stringify(whole), "server", cgroup);
  }

  /** Does one task in the client's namespace. */
  async load(task: LoadTask): Promise<Done> {
    this.#load ??= await this.#start("load", "", "client", undefined);
    return this.#load.ask<Done>({ address: ADDRESS.server[4], port: PORT, ...task });
  }

  /** Starts the process that makes load; otherwise it starts with the first task. */
  async readyLoad(): Promise<void> {
    this.#load ??= await this.#start("load", "", "client", undefined);
  }

  async #start(file: string, word: string, host: HostName, cgroup: Cgroup | undefined): Promise<Program> {
    const program = await Program.start(file, [word], (start) =>
      this.host(host).inside(() => (cgroup === undefined ? start() : cgroup.inside(start))),
    );
    this.#programs.push(program);
    return program;
  }

  killServer(): Promise<void> {
    if (this.#server === undefined) throw new Error("There is no server");
    return this.#server.kill();
  }

  sysctl(host: HostName, path: string, value: string): void {
    this.hosts.setSysctl(this.host(host), path, value);
  }

  counters(host: HostName): ReadonlyMap<string, bigint> {
    return this.host(host).inside(() => readNetCounters());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const program of this.#programs.splice(0).reverse()) await program[Symbol.asyncDispose]();
      this.#cgroup?.[Symbol.dispose]();
    } finally {
      this.hosts[Symbol.dispose]();
    }
  }
}

/** Loads a ruleset. */
export function nft(host: Netns, ruleset: string): void {
  host.run("nft", ["-f", "-"], ruleset);
}

/** Packets that the rule with this comment has counted. */
export function nftCount(host: Netns, comment: string): number {
  const list = JSON.parse(host.run("nft", ["-j", "list", "ruleset"])) as {
    readonly nftables: readonly {
      readonly rule?: {
        readonly comment?: string;
        readonly expr: readonly { readonly counter?: { readonly packets: number } }[];
      };
    }[];
  };
  const rule = list.nftables.find((item) => item.rule?.comment === comment)?.rule;
  const packets = rule?.expr.find(({ counter }) => counter !== undefined)?.counter?.packets;
  if (packets === undefined) throw new Error(`No rule with a counter has the comment ${comment}`);
  return packets;
}

/** How much counters of a host rise while something is done. */
export async function rises<const Names extends readonly string[]>(
  lab: Lab,
  host: HostName,
  names: Names,
  during: () => Promise<unknown>,
): Promise<Record<Names[number], number>> {
  const before = lab.counters(host);
  await during();
  const after = lab.counters(host);
  return Object.fromEntries(
    names.map((name) => [name, Number((after.get(name) ?? 0n) - (before.get(name) ?? 0n))]),
  ) as Record<Names[number], number>;
}
