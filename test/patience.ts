/**
 * How much slower this machine is than a bare one. The guests of the matrix set TCPDROP_TEST_SLOWNESS: QEMU
 * emulates every instruction, and starting Node alone takes seconds. The default is 1.
 */
import { PATIENCE } from "../src/lab/hosts.ts";

export const SLOWNESS = Number(process.env["TCPDROP_TEST_SLOWNESS"] ?? 1);

/** A limit for a test, in milliseconds of a bare machine: for tests that wait, not for those that measure. */
export const patient = (limitMs: number): number => limitMs * PATIENCE;
