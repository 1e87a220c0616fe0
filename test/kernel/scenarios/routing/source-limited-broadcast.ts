import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN has the source 255.255.255.255",
  source: "255.255.255.255",
  drop: { reason: "IP_INVALID_SOURCE", frame: IP_RCV_FINISH },
});
