/** Fields of the socket that the segment belongs to. */
import { TCP_STATES } from "../words.ts";
import { type EventField, inGroup } from "./event-field.ts";

const STATES = TCP_STATES.filter((state) => state !== undefined);

export const SOCKET_FIELDS: readonly EventField[] = inGroup("socket", [
  {
    name: "state",
    type: "text",
    doc: "State of the TCP socket that the segment belongs to; absent without a socket that can be trusted.",
    kinds: { drop: "sometimes", refused: "always" },
    oneOfKind: { refused: ["LISTEN"] },
    filter: {
      word: "state",
      form: "state STATE",
      examples: ["state ESTABLISHED", "state syn-sent"],
      meaning: "the state of the socket, if there is one that can be trusted",
      argument: `a TCP state: ${STATES.join(", ")}`,
      values: STATES,
    },
    get: (event) => event.socket?.state,
  },
  {
    name: "sk_cookie",
    type: "decimal",
    doc: "Cookie of the socket, in decimal.",
    kinds: { drop: "sometimes", refused: "sometimes" },
    get: (event) => event.socket?.skCookie,
  },
  {
    name: "sk_cookie_hex",
    type: "text",
    doc: "The same in hexadecimal, as `ss -e` prints it behind `sk:`.",
    kinds: { drop: "sometimes", refused: "sometimes" },
    get: (event) => event.socket?.skCookie?.toString(16),
  },
]);
