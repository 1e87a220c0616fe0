/** All scenes, in the order of the demo. */
import { expiredInTransit, reversePath, routeLost } from "./routing-scenes.ts";
import type { Scene } from "./scene.ts";
import {
  acceptQueueFull,
  closedPort,
  dataAfterClose,
  oldData,
  outOfWindow,
  wrongChecksum,
} from "./tcp-scenes.ts";

export type { Scene } from "./scene.ts";

export const SCENES: readonly Scene[] = [
  closedPort(4),
  closedPort(6),
  wrongChecksum(4),
  wrongChecksum(6),
  dataAfterClose(4),
  dataAfterClose(6),
  outOfWindow(4),
  outOfWindow(6),
  oldData(4),
  oldData(6),
  reversePath,
  expiredInTransit,
  acceptQueueFull,
  routeLost(4),
  routeLost(6),
];
