/** Segments made by hand, between the lab's two addresses. */
export {
  ACK,
  FIN,
  FIN_ACK,
  PSH_ACK,
  RST,
  RST_ACK,
  SYN,
  SYN_ACK,
  segmentToServer,
} from "../../../src/lab/segments.ts";

/** The source of segments that belong to no socket: no stack chooses it. */
export const NO_STACK_PORT = 1_000;
