/** Fields of whose it is, and of its network namespace by name. */
import { OWNER_BY, OWNER_CERTAINTY, OWNER_MISSING } from "../owner.ts";
import { type EventField, inGroup, type Presence } from "./event-field.ts";
import { COUNT, U32 } from "./field.ts";

const WHERE_KNOWN: Presence = { drop: "sometimes", refused: "sometimes" };

export const OWNER_FIELDS: readonly EventField[] = inGroup("owner", [
  {
    name: "owner_by",
    type: "text",
    oneOf: OWNER_BY,
    doc:
      "How the owner is known: its own descriptor, its listener, the kernel's lookup afterwards, memory of who " +
      "held it last, who listened before, the namespace, or the cgroup alone. Absent where nobody looked.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.by,
  },
  {
    name: "owner_certainty",
    type: "text",
    oneOf: OWNER_CERTAINTY,
    doc:
      "certain: the socket and all that may hold it were seen; likely: one inference, or others may hold it too; " +
      "possible: two inferences.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.certainty,
  },
  {
    name: "owner_missing",
    type: "text",
    oneOf: OWNER_MISSING,
    doc: "Why there is no process.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.missing,
  },
  {
    name: "owner_pid",
    type: "integer",
    range: U32,
    doc: "Process that holds the socket, as the host numbers it.",
    kinds: WHERE_KNOWN,
    filter: {
      word: "pid",
      form: "pid PID",
      examples: ["pid 1234"],
      meaning: "the process that holds the socket; `cpu-pid` is the one on the CPU",
      argument: "the number of a process",
    },
    get: ({ owner }) => owner?.process?.pid,
  },
  {
    name: "owner_start",
    type: "decimal",
    doc: "When that process started, ns since the machine did: tells a number that is used again.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.process?.startNs,
  },
  {
    name: "owner_comm",
    type: "text",
    doc: "Name of that process.",
    kinds: WHERE_KNOWN,
    filter: {
      word: "owner",
      form: "owner NAME",
      examples: ["owner nginx"],
      meaning: "whose it is: the name of the process, its unit, container or pod",
      argument: "the name of a process, unit, container or pod",
    },
    get: ({ owner }) => owner?.process?.comm,
  },
  {
    name: "owner_exe",
    type: "text",
    doc: "Path of its program.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.process?.exe,
  },
  {
    name: "owner_holders",
    type: "integer",
    range: COUNT,
    doc: "Processes that hold the socket, where they are several. Absent too where not all could be looked at: then the owner is `likely` at most.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.holders,
  },
  {
    name: "owner_uid",
    type: "integer",
    range: U32,
    doc: "Effective uid of the process, else of who created the socket.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.uid,
  },
  {
    name: "owner_user",
    type: "text",
    doc: "Its name in the host's passwd; absent for containers.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.user,
  },
  {
    name: "owner_cgroup",
    type: "text",
    doc: "Path of the process's cgroup, else of the socket's.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.cgroup,
  },
  {
    name: "owner_socket_cgroup",
    type: "text",
    doc: "Path of the cgroup in which the socket was created, where it is another one.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.socketCgroup,
  },
  {
    name: "owner_unit",
    type: "text",
    doc: "Unit of systemd.",
    kinds: WHERE_KNOWN,
    filter: {
      word: "unit",
      form: "unit NAME",
      examples: ["unit nginx.service"],
      meaning: "the unit of systemd; without a suffix, a service",
      argument: "the name of a unit",
    },
    get: ({ owner }) => owner?.workload?.unit,
  },
  {
    name: "owner_runtime",
    type: "text",
    doc: "Container runtime: docker, podman, containerd, cri-o, ...",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.workload?.runtime,
  },
  {
    name: "owner_container_id",
    type: "text",
    doc: "Id of the container: 64 hexadecimal digits, or the runtime's own name for it.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.workload?.containerId,
  },
  {
    name: "owner_container",
    type: "text",
    doc: "Name of the container.",
    kinds: WHERE_KNOWN,
    filter: {
      word: "container",
      form: "container NAME",
      examples: ["container web"],
      meaning: "the container: its name, its id, or at least 12 digits of that",
      argument: "the name or id of a container",
    },
    get: ({ owner }) => owner?.workload?.container,
  },
  {
    name: "owner_image",
    type: "text",
    doc: "Image that the container was made from.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.workload?.image,
  },
  {
    name: "owner_container_outer",
    type: "text",
    doc: "Id of the container around it.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.workload?.containerOuter,
  },
  {
    name: "owner_pod",
    type: "text",
    doc: "Name of the pod.",
    kinds: WHERE_KNOWN,
    filter: {
      word: "pod",
      form: "pod NAME",
      examples: ["pod web-7d9f", "pod shop/web-7d9f"],
      meaning: "the pod: its name, also behind its namespace and a slash, or its uid",
      argument: "the name of a pod, or its namespace, a slash and its name",
    },
    get: ({ owner }) => owner?.workload?.pod,
  },
  {
    name: "owner_namespace",
    type: "text",
    doc: "Kubernetes namespace of the pod.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.workload?.podNamespace,
  },
  {
    name: "owner_pod_uid",
    type: "text",
    doc: "Uid of the pod.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.workload?.podUid,
  },
  {
    name: "owner_hint",
    type: "text",
    doc: "One sentence, where there is no owner.",
    kinds: WHERE_KNOWN,
    get: ({ owner }) => owner?.hint,
  },
]);

export const NETNS_FIELDS: readonly EventField[] = inGroup("netns", [
  {
    name: "netns_name",
    type: "text",
    doc: "Name of the network namespace: `host`, that of `ip netns`, of a pod or container, or its first process.",
    kinds: WHERE_KNOWN,
    get: ({ netns }) => netns?.name,
  },
  {
    name: "netns_cookie",
    type: "decimal",
    doc: "Cookie of the network namespace: never used twice, as inode numbers are.",
    kinds: WHERE_KNOWN,
    get: ({ netns }) => netns?.cookie,
  },
]);
