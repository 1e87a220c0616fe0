/** Text between two markers: generated parts of pages that people write. */

/** The text between the first `begin` and the `end` after it. An Error if a marker is missing. */
export function textBetween(page: string, begin: string, end: string): string {
  const { from, to } = placeBetween(page, begin, end);
  return page.slice(from, to);
}

/** The page with that text replaced. An Error if a marker is missing. */
export function withTextBetween(page: string, begin: string, end: string, text: string): string {
  const { from, to } = placeBetween(page, begin, end);
  return `${page.slice(0, from)}${text}${page.slice(to)}`;
}

function placeBetween(
  page: string,
  begin: string,
  end: string,
): { readonly from: number; readonly to: number } {
  const at = page.indexOf(begin);
  const to = at < 0 ? -1 : page.indexOf(end, at + begin.length);
  if (to < 0) throw new Error(`The page has no ${begin} with ${end} after it`);
  return { from: at + begin.length, to };
}
