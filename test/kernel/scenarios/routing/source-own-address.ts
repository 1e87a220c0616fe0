import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  tells: "A SYN from a wire carries the receiver's own address",
  source: "192.0.2.2",
  drop: { reason: "IP_LOCAL_SOURCE", frame: IP_RCV_FINISH },
});
