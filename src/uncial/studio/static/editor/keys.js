/** Every key of the editor: where it counts, what it does. The list behind "?" is made of this. */

/** @typedef {{keys: string[], words: string, run: (editor: any, event: KeyboardEvent) => void}} Command */

const nudge = (dx, dy) => (editor, event) => { const step = event.shiftKey ? 10 : 1; editor.nudge(dx * step, dy * step); };

/** Keys that count while the image has the focus. @type {Command[]} */
export const LAYOUT = [
  { keys: ["v", "Escape"], words: "Choose and move", run: (e) => e.canvas.use("select") },
  { keys: ["b", "l"], words: "Draw a baseline: click points, end with a double click or Enter; or drag", run: (e) => e.canvas.use("line") },
  { keys: ["r"], words: "Draw a region", run: (e) => e.canvas.use("region") },
  { keys: ["c"], words: "Cut a line: click where", run: (e) => e.canvas.use("cut") },
  { keys: ["Enter"], words: "End the line that is being drawn; else write in the chosen line", run: (e) => e.enter() },
  { keys: ["j"], words: "Join the chosen lines", run: (e) => e.join() },
  { keys: ["i"], words: "Reverse the chosen lines", run: (e) => e.reverse() },
  { keys: ["t"], words: "Type of what is chosen", run: (e) => e.typeField.focus() },
  { keys: ["y"], words: "Put the chosen lines into the chosen region", run: (e) => e.link(true) },
  { keys: ["u"], words: "Take the chosen lines out of their region", run: (e) => e.link(false) },
  { keys: ["o"], words: "Show or hide the reading order", run: (e) => e.numbers() },
  { keys: ["m"], words: "Show or hide the points of outlines", run: (e) => e.outlines() },
  { keys: ["Delete", "Backspace"], words: "Remove what is chosen (Alt+click removes a point)", run: (e) => e.remove() },
  { keys: ["."], words: "Choose the next line", run: (e) => e.step(1) },
  { keys: [","], words: "Choose the line before", run: (e) => e.step(-1) },
  { keys: ["ArrowLeft"], words: "Move what is chosen by a pixel, with Shift by ten", run: nudge(-1, 0) },
  { keys: ["ArrowRight"], words: "", run: nudge(1, 0) },
  { keys: ["ArrowUp"], words: "", run: nudge(0, -1) },
  { keys: ["ArrowDown"], words: "", run: nudge(0, 1) },
  { keys: ["+", "="], words: "Larger", run: (e) => e.canvas.zoom(1.3) },
  { keys: ["-"], words: "Smaller", run: (e) => e.canvas.zoom(1 / 1.3) },
  { keys: ["0"], words: "The whole page", run: (e) => e.canvas.fit() },
  { keys: ["?"], words: "This list", run: (e) => e.help.showModal() },
];

const FOREIGN = { l: "o", "Ctrl+Backspace": "0" };

/** Whether keys that differ are as in eScriptorium: l is the reading order, Ctrl+Backspace the whole page. */
export const asInEscriptorium = () => localStorage.getItem("keys") === "escriptorium";

/** Keys of the image as the user has them. */
export function layoutKeys() {
  if (!asInEscriptorium()) return LAYOUT;
  return LAYOUT.map((one) => ({ ...one, keys: [...one.keys.filter((key) => !(key in FOREIGN)), ...Object.keys(FOREIGN).filter((key) => one.keys.includes(FOREIGN[key]))] }));
}

/** Keys that count everywhere; all have Ctrl, or are not for writing. @type {Command[]} */
export const EVERYWHERE = [
  { keys: ["Ctrl+z"], words: "Undo, without end", run: (e) => e.edits.undo() },
  { keys: ["Ctrl+y", "Ctrl+Shift+z"], words: "Redo", run: (e) => e.edits.redo() },
  { keys: ["Ctrl+s"], words: "Save now (it is saved by itself, too)", run: (e) => e.saver.save() },
  { keys: ["Ctrl+h"], words: "Find and replace", run: (e) => e.find.open() },
  { keys: ["Ctrl+k"], words: "Special characters", run: (e) => e.glyphs.toggle() },
  { keys: ["PageDown"], words: "Next page", run: (e) => e.turn(e.bundle.after) },
  { keys: ["PageUp"], words: "Page before", run: (e) => e.turn(e.bundle.before) },
  { keys: ["F2"], words: "Between image and text", run: (e) => e.swap() },
  { keys: ["F1"], words: "This list", run: (e) => e.help.showModal() },
];

/** Keys of the line that is written in; `line-list` acts on them. */
export const WRITING = [
  ["Enter", "Take the line as it stands, go to the next"],
  ["↑ ↓", "Line before, next line"],
  ["Tab, Shift+Tab", "Next, last uncertain character; where there is none, the next control"],
  ["Ctrl+Enter", "Check the line: it is ground truth"],
  ["Ctrl+Shift+Enter", "Check the whole page"],
  ["Alt+U", "Mark what is chosen as unclear: [word?]"],
  ["Alt+G", "Mark a gap: […]; lines with such marks are not trained on"],
  ["Alt+C", "Comment on the line"],
  ["Alt+↑ Alt+↓", "Move the line in the reading order"],
  ["Escape", "Leave the line"],
];

/** How an event is written in the tables. @param {KeyboardEvent} event */
export function keyOf(event) {
  const key = event.key.length === 1 && event.ctrlKey ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${event.shiftKey ? "Shift+" : ""}${key}`;
  return key;
}

/** @param {Command[]} commands @param {KeyboardEvent} event @param {any} editor @returns {boolean} whether a command took it */
export function perform(commands, event, editor) {
  const key = keyOf(event);
  const command = commands.find((one) => one.keys.includes(key));
  if (!command) return false;
  event.preventDefault();
  command.run(editor, event);
  return true;
}
