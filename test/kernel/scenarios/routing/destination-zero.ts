import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN goes to 0.0.0.0",
  destination: "0.0.0.0",
  drop: { reason: "IP_INVALID_DEST", frame: IP_RCV_FINISH },
});
