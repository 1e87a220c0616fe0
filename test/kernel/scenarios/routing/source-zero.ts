import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN has the source 0.0.0.0",
  source: "0.0.0.0",
  drop: { reason: "IP_INVALID_SOURCE", frame: IP_RCV_FINISH },
});
