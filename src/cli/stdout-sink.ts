/** What a trace shows on stdout: rows into a pipe or a file, or a screen of them. */
import { Output } from "../out/output.ts";
import { RowSink } from "../out/row-sink.ts";
import { ScreenSink } from "../out/screen-sink.ts";
import { createSink } from "../sinks/registry.ts";
import { pollWritable } from "./poll-writable.ts";
import { STDOUT } from "./print.ts";
import type { ScreenSize } from "./screen.ts";
import type { View } from "./trace-settings.ts";

/** `hasRows`: false where a header would stand above nothing. */
export function stdoutSink(view: View, size: ScreenSize | undefined, hasRows: boolean): RowSink {
  const { format, options, folds, redraws } = view;
  const output = new Output({ fd: STDOUT, pollWritable });
  if (size === undefined)
    return new RowSink({
      name: "stdout",
      pace: "blocking",
      formatter: createSink(format, options),
      output,
      header: hasRows,
    });
  return new ScreenSink({
    name: "stdout",
    output,
    size: () => size.now,
    formatter: ({ columns, rows }) => createSink(format, { ...options, columns, rows }),
    colour: options.colour,
    folds,
    redraws,
  });
}
