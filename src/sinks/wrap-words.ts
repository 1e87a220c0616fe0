/** Text for people on lines that no terminal has to break. */

/** Each line broken between words, with the further lines indented; a longer word stands alone. */
export function wrapWords(text: string, columns: number, indent = "  "): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, columns, indent))
    .join("\n");
}

function wrapLine(line: string, columns: number, indent: string): string {
  if (line.length <= columns) return line;
  const lines: string[] = [];
  let current = "";
  for (const part of line.match(/ *[^ ]+/g) ?? []) {
    if (current !== "" && current.length + part.length > columns) {
      lines.push(current);
      current = indent + part.trimStart();
    } else current += part;
  }
  return [...lines, current].join("\n");
}
