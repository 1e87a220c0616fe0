import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN has a multicast source",
  source: "224.0.0.9",
  drop: { reason: "IP_INVALID_SOURCE", frame: IP_RCV_FINISH },
});
