/** What somebody may have meant. */
import { editDistance } from "../bytes/edit-distance.ts";

/**
 * At most `count` of the known words that are near to `word`, the nearest first; what contains it comes
 * before all.
 */
export function nearest(word: string, known: Iterable<string>, count = 3): readonly string[] {
  const wanted = word.toLowerCase();
  return [...new Set(known)]
    .map((name) => ({ name, distance: distanceTo(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length * 0.7))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}

/**
 * Who knows the first letter knows more than who knows another; a name that contains the word comes before
 * all.
 */
function distanceTo(word: string, name: string): number {
  const distance = editDistance(word, name) - (word[0] === name[0] ? 0.5 : 0);
  return word.length >= 3 && name.includes(word) ? distance - 100 : distance;
}
