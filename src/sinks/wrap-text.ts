/** Text for people in lines of a width: breaks between words, never inside one. */

/** Lines without newlines. The first begins with `first`, the others with as many spaces. */
export function wrapText(text: string, width: number, first = ""): readonly string[] {
  const indent = " ".repeat(first.length);
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const isStart = line === first || line === indent;
    if (!isStart && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line === first || line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}
