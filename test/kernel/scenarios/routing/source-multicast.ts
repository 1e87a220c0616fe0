import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  tells: "A SYN comes from a multicast address",
  source: "224.0.0.9",
  drop: { reason: "IP_INVALID_SOURCE", frame: IP_RCV_FINISH },
});
