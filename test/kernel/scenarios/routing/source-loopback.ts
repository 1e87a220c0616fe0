import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN from the wire has the source 127.0.0.1",
  source: "127.0.0.1",
  drop: { reason: "IP_LOCALNET", frame: IP_RCV_FINISH },
});
