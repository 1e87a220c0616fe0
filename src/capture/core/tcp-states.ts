/**
 * TCP states by the kernel's numbers: include/net/tcp_states.h, which BPF fixes as BPF_TCP_* (a test compares
 * with BTF).
 */
export { TCP_STATES } from "../../model/index.ts";
export const TCP_FIN_WAIT1 = 4;
export const TCP_TIME_WAIT = 6;
export const TCP_CLOSE = 7;
export const TCP_LAST_ACK = 9;
export const TCP_LISTEN = 10;
export const TCP_NEW_SYN_RECV = 12;
