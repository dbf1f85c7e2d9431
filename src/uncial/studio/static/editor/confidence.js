/** Which characters of a text are uncertain, by the confidences of the reading it began as. */

export const UNCERTAIN = 0.85;

/**
 * Pieces of a text with their confidence; what was typed by hand has none.
 * @param {string} text @param {any} proposal
 * @returns {{text: string, confidence: number|null, start: number}[]}
 */
export function pieces(text, proposal) {
  const characters = proposal?.characters;
  if (!characters) return [{ text, confidence: null, start: 0 }];
  const read = characters.map((one) => one[0]).join("");
  let head = 0;
  while (head < text.length && head < read.length && text[head] === read[head]) head += 1;
  let tail = 0;
  while (tail < text.length - head && tail < read.length - head && text[text.length - 1 - tail] === read[read.length - 1 - tail]) tail += 1;
  const made = [];
  let at = 0;
  const add = (piece, confidence, start) => { if (piece) made.push({ text: piece, confidence, start }); };
  for (const [piece, confidence] of characters) {
    const end = at + piece.length;
    if (end <= head) add(piece, confidence, at);
    else if (at >= read.length - tail) add(piece, confidence, at + text.length - read.length);
    at = end;
  }
  add(text.slice(head, text.length - tail), null, head);
  return made.sort((a, b) => a.start - b.start);
}

/** Start and end of the next uncertain character, or null. @param {string} text @param {any} proposal @param {number} from @param {1|-1} way */
export function nextUncertain(text, proposal, from, way) {
  const found = pieces(text, proposal).filter((one) => one.confidence !== null && one.confidence < UNCERTAIN && one.text.trim());
  const next = way > 0 ? found.find((one) => one.start >= from) : found.findLast((one) => one.start + one.text.length <= from);
  return next ? [next.start, next.start + next.text.length] : null;
}

/** Share of the line's width, 0-1, at which a character stands. @param {string} text @param {any} proposal @param {number} caret */
export function shareOf(text, proposal, caret) {
  const placed = proposal?.characters?.[0]?.length > 2 && proposal.text === text;
  if (!placed) return text.length ? Math.min(1, (caret + 0.5) / text.length) : 0;
  let at = 0;
  for (const [piece, , start, end] of proposal.characters) {
    if (caret < at + piece.length) return (start + end) / 2;
    at += piece.length;
  }
  return 1;
}

/** The character that stands at a share of the line's width. @param {string} text @param {any} proposal @param {number} share */
export function caretAt(text, proposal, share) {
  const placed = proposal?.characters?.[0]?.length > 2 && proposal.text === text;
  if (!placed) return Math.round(share * text.length);
  let at = 0;
  for (const [piece, , , end] of proposal.characters) {
    if (share <= end) return at;
    at += piece.length;
  }
  return text.length;
}
