/**
 * Whose a segment was: what the kernel's record says of the socket (`SocketIdentity`), and what was found out
 * from it (`Owner`). Objects are frozen and shared by all events of a socket. Absent is `undefined`, never ""
 * or 0.
 */

/** Of the kernel's three structures for a socket: sock, request_sock, inet_timewait_sock. */
export type SocketForm = "full" | "request" | "timewait";

/**
 * What a record says of the socket that the segment belongs to, and of the namespace. Of a request socket
 * (a handshake that is not over) inode, cgroup and uid are those of its listener.
 */
export interface SocketIdentity {
  /** Absent without a socket that can be trusted. */
  readonly form: SocketForm | undefined;
  /** Inode number of the socket's file; absent where it has none (any more, or yet). */
  readonly inode: number | undefined;
  /** Cgroup v2 in which the socket was created, by its id: the inode number of the folder. */
  readonly cgroupId: bigint | undefined;
  /** Effective uid of who created or accepted it, in the first user namespace. */
  readonly uid: number | undefined;
  readonly skCookie: bigint | undefined;
  /** SOCK_DEAD: closed by its process, and still at work. */
  readonly isOrphan: boolean;
  /** It has a struct socket. Without, and not an orphan: it waits in an accept queue. */
  readonly hasSocket: boolean;
  /** Of the network namespace; never used twice. Absent before Linux 5.12 without it in `struct net`. */
  readonly netnsCookie: bigint | undefined;
}

/**
 * How the owner is known.
 *
 * - `socket`: its own file descriptor
 * - `listener`: of the listener: a request socket, one in the accept queue, or an orphan by its port
 * - `lookup`: the kernel's own lookup of the packet's addresses and ports, after the drop
 * - `remembered`: no process holds the socket: it was closed, or is on its way to another; its last holder
 * - `former_listener`: nobody; this process listened on the port until a moment before
 * - `netns`: the namespace that the packet came from or went to
 * - `cgroup`: no process was found, and the cgroup is known
 * - `none`
 *
 * @example
 * ```ts
 * import { OWNER_BY } from "tcpdrop";
 *
 * console.log(OWNER_BY.join(" "));
 * // prints: socket listener lookup remembered former_listener netns cgroup none
 * ```
 */
export const OWNER_BY = [
  "socket",
  "listener",
  "lookup",
  "remembered",
  "former_listener",
  "netns",
  "cgroup",
  "none",
] as const;
export type OwnerBy = (typeof OWNER_BY)[number];

/**
 * - `certain`: the socket and all that may hold it were seen, with the same inode or cookie
 * - `likely`: one inference; or others may hold it too
 * - `possible`: two
 *
 * @example
 * ```ts
 * import { OWNER_CERTAINTY } from "tcpdrop";
 *
 * console.log(OWNER_CERTAINTY.join(" "));
 * // prints: certain likely possible
 * ```
 */
export const OWNER_CERTAINTY = ["certain", "likely", "possible"] as const;
export type OwnerCertainty = (typeof OWNER_CERTAINTY)[number];

/**
 * Why there is no process.
 *
 * @example
 * ```ts
 * import { OWNER_MISSING } from "tcpdrop";
 *
 * console.log(OWNER_MISSING.includes("no_socket"));
 * // prints: true
 * ```
 */
export const OWNER_MISSING = [
  "closed",
  "not_accepted",
  "kernel",
  "not_found",
  "late",
  "budget",
  "rights",
  "pid_namespace",
  "ambiguous",
  "no_socket",
] as const;
export type OwnerMissing = (typeof OWNER_MISSING)[number];

/** A process, in the numbering of the host's pid namespace. */
export interface OwnerProcess {
  readonly pid: number;
  /** CLOCK_BOOTTIME, nanoseconds: tells a number that is used again. */
  readonly startNs: bigint | undefined;
  readonly comm: string;
  readonly exe: string | undefined;
}

/** What a cgroup's path, and what lies on disk, say. */
export interface Workload {
  /** systemd's, with its suffix: "nginx.service". */
  readonly unit: string | undefined;
  /** "docker", "podman", "containerd", "cri-o", "cri", "lxc", "nspawn", ... */
  readonly runtime: string | undefined;
  /** 64 hexadecimal digits, or the runtime's own name for it. */
  readonly containerId: string | undefined;
  readonly container: string | undefined;
  readonly image: string | undefined;
  /** The id of the container around it. */
  readonly containerOuter: string | undefined;
  /** Kubernetes. */
  readonly pod: string | undefined;
  readonly podNamespace: string | undefined;
  readonly podUid: string | undefined;
}

/** Whoever gives one to more than one event says so with `recurs` (shared.ts): its text is then kept. */
export interface Owner {
  readonly by: OwnerBy;
  /** Absent with `none`. */
  readonly certainty: OwnerCertainty | undefined;
  /** Absent with a process. */
  readonly missing: OwnerMissing | undefined;
  readonly process: OwnerProcess | undefined;
  /** Processes that hold it, where they are several and all were seen. */
  readonly holders: number | undefined;
  /** The process's effective uid, else the socket's. */
  readonly uid: number | undefined;
  /** In the host's passwd; absent for containers. */
  readonly user: string | undefined;
  /** Path of the process's cgroup, else of the socket's. */
  readonly cgroup: string | undefined;
  /** Path of the socket's, where it differs. */
  readonly socketCgroup: string | undefined;
  readonly workload: Workload | undefined;
  /** One sentence for people where there is no owner. */
  readonly hint: string | undefined;
}

/** A network namespace by name. */
export interface NetnsName {
  readonly cookie: bigint | undefined;
  /** "host", that of `ip netns`, a pod's, a container's, or "nginx[1234]". */
  readonly name: string | undefined;
}
