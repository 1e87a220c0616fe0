import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN from the wire has the receiver's own address as source",
  source: "192.0.2.2",
  drop: { reason: "IP_LOCAL_SOURCE", frame: IP_RCV_FINISH },
});
