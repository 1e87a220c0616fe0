/** Functions that write an event, or a part of one; and what is encoded once for all events that share it. */
import type { ByteWriter, Encoded } from "../bytes/byte-writer.ts";
import type { Event } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";

export type Writer<E> = (of: E, out: ByteWriter) => void;

/**
 * Writes what `write` makes of an event, which must be the same for all events with one object `of`, and
 * ASCII. Where there is no such object, `absent` writes.
 */
export function sharedWriter<E = Event>(
  of: (event: E) => object | undefined,
  write: Writer<E>,
  absent: Writer<E> = () => undefined,
): Writer<E> {
  const pieces = new KeptFor<Encoded>();
  return (event, out) => {
    const object = of(event);
    if (object === undefined) return absent(event, out);
    const known = pieces.get(object);
    if (known !== undefined) return out.append(known);
    const start = out.length;
    write(event, out);
    if (pieces.keeps(object)) pieces.set(object, out.encodedFrom(start));
  };
}
