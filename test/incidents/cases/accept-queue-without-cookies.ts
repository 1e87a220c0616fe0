import { acceptQueueFull } from "../accept-queue.ts";
import type { Incident } from "../incident.ts";

export const incident: Incident = acceptQueueFull("without SYN cookies", "0");
