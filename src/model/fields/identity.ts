/** What the kernel says of the socket's owner: filters ask for it, and lines show what follows from it. */
import { type EventField, inGroup } from "./event-field.ts";
import { U32 } from "./field.ts";

export const IDENTITY_FIELDS: readonly EventField[] = inGroup("identity", [
  {
    name: "sk_uid",
    type: "integer",
    range: U32,
    doc: "Effective uid of who made the socket that the segment belongs to; of a handshake, the listener.",
    kinds: { drop: "unlisted", refused: "unlisted" },
    filter: {
      word: "uid",
      form: "uid NUMBER",
      examples: ["uid 33"],
      meaning:
        "the user who made the socket, or accepted the connection, by number; of a handshake, the listener's",
      argument: "the number of a user",
    },
    get: (event) => event.identity?.uid,
  },
  {
    name: "sk_cgroup_id",
    type: "decimal",
    doc: "Cgroup v2 in which that socket was made, by its id.",
    kinds: { drop: "unlisted", refused: "unlisted" },
    filter: {
      word: "cgroup",
      form: "cgroup PATH",
      examples: ["cgroup system.slice/nginx.service"],
      meaning: "the socket was made in this cgroup v2, or in one below it; an accepted one, its listener",
      argument: "the path of a cgroup, as in /proc/PID/cgroup",
    },
    get: (event) => event.identity?.cgroupId,
  },
]);
