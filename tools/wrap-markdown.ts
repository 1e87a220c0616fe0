/** Wraps the prose of generated Markdown; tables, headings and comments stay on their lines. */

const COLUMNS = 110;

/** Consecutive lines of prose are one paragraph; "- " begins an item, whose further lines are indented. */
export function wrapMarkdown(lines: readonly string[]): readonly string[] {
  const out: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    out.push(...wrap(paragraph.join(" ").split(/ +/)));
    paragraph = [];
  };
  for (const line of lines.flatMap((text) => text.split("\n"))) {
    const isProse = line !== "" && !/^(?:\||#|<!--|```)/.test(line);
    if (!isProse || line.startsWith("- ")) flush();
    if (isProse) paragraph.push(line);
    else out.push(line);
  }
  flush();
  return out;
}

function wrap([first = "", ...words]: readonly string[]): readonly string[] {
  const indent = first === "-" ? "  " : "";
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else line += ` ${word}`;
  }
  return line === "" ? [] : [...lines, line];
}
