/**
 * The note that a SYN is looked at by tcp_conn_request() (net/ipv4/tcp_input.c), and by which listener.
 *
 * The function returns 0 in any case, and frees nothing: what shows is that it sent no SYN-ACK. So its entry
 * leaves the note, whatever answers the SYN takes it back, and where the note is still there at the exit, the
 * SYN was refused. The listener is not locked, so no difference of its counters could show it.
 */
import {
  Builder,
  type KernelTypes,
  type ProgramSpec,
  registerArgument,
  type Scalar,
} from "../../../bpf/index.ts";
import { parameters } from "../../../btf/index.ts";
import { struct, u64 } from "../../../bytes/struct.ts";
import { UnsupportedError } from "../../../errors.ts";
import { NoteMemory, type NoteRoom, type Notes } from "../../core/note.ts";

/** How functions are probed: by trampolines (fentry, fexit), or by breakpoints (kprobe, kretprobe). */
export type FunctionProbe = "fentry" | "kprobe";

/** The function that refuses. */
export const TRACED = "tcp_conn_request";
/**
 * Whoever gets here is not refused: a SYN-ACK goes out, or the request is there already and its own SYN-ACK
 * did (a false return, since 6.10).
 */
const ANSWERING = ["tcp_v4_send_synack", "tcp_v6_send_synack", "inet_csk_reqsk_queue_hash_add"];

export const synNote = struct("syn", 8, {
  /** The listener. */
  sk: u64(0),
});

export function synNotes(probe: FunctionProbe): Notes<(typeof synNote)["fields"]> {
  return {
    layout: synNote,
    // What takes a note back comes before what leaves one.
    programs: (kernel, room) => {
      const answering = ANSWERING.filter((name) => kernel.btf.find(name, "func") !== undefined);
      if (!answering.some((name) => name.endsWith("_send_synack")))
        throw new UnsupportedError(
          "This kernel's BTF has no function that sends a SYN-ACK",
          "tcp_v4_send_synack",
        );
      return [
        ...answering.map((name) => answeringProgram(room, name, probe)),
        enteringProgram(kernel, room, probe),
      ];
    },
  };
}

function answeringProgram(room: NoteRoom, name: string, probe: FunctionProbe): ProgramSpec {
  const b = new Builder();
  NoteMemory.find(b, synNote, room).takeBack();
  return {
    name: "tcpdrop_answer",
    attach: { kind: probe, function: name },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

function enteringProgram(kernel: KernelTypes, room: NoteRoom, probe: FunctionProbe): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const skb = b.pin(tracedArgument(b, kernel, context, probe, "skb"), "skb");
  const sk = b.pin(tracedArgument(b, kernel, context, probe, "sk"), "sk");
  NoteMemory.find(b, synNote, room).leave(skb, (note) => note.set("sk", sk));
  return {
    name: "tcpdrop_syn",
    attach: { kind: probe, function: TRACED },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

/** An argument of tcp_conn_request(), by the name that BTF has for it: at its entry, and by fexit at its exit. */
export function tracedArgument(
  b: Builder,
  kernel: KernelTypes,
  context: Scalar,
  probe: FunctionProbe,
  name: string,
): Scalar {
  const func = kernel.btf.find(TRACED, "func");
  const index =
    func === undefined
      ? -1
      : parameters(kernel.btf, func.id).findIndex((parameter) => parameter.name === name);
  if (index < 0) throw new UnsupportedError(`This kernel's ${TRACED}() has no argument ${name}`, TRACED);
  return probe === "kprobe"
    ? registerArgument(kernel, context, index, name)
    : b.argument(context, index, name);
}
