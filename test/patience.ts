/**
 * How much longer than on a bare machine everything takes here: guests of the matrix say so, where QEMU
 * emulates every instruction and starting Node alone takes seconds. TCPDROP_TEST_SLOWNESS, 1 without it.
 */
import { PATIENCE } from "../src/lab/hosts.ts";

export const SLOWNESS = Number(process.env["TCPDROP_TEST_SLOWNESS"] ?? 1);

/** A limit for a test, in milliseconds on a bare machine: for what waits, and does not measure. */
export const patient = (limitMs: number): number => limitMs * PATIENCE;
