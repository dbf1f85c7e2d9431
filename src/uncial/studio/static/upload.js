/** Files to the studio, in chunks that are sent again when the line breaks. */
import { api } from "./api.js";

const CHUNK = 8 * 1024 * 1024;
const TRIES = 5;

/**
 * @param {File[]} files @param {(share: number, words: string) => void} told
 * @returns {Promise<string[]>} ids, in natural order of the names
 */
export async function uploadAll(files, told) {
  const order = new Intl.Collator(undefined, { numeric: true });
  const sorted = [...files].filter((file) => file.size > 0).sort((a, b) => order.compare(a.name, b.name));
  const all = sorted.reduce((sum, file) => sum + file.size, 0);
  const ids = [];
  let sent = 0;
  for (const [at, file] of sorted.entries()) {
    const upload = await api("POST", "/api/uploads", { name: file.name, size: file.size });
    for (let offset = 0; offset < file.size; offset += CHUNK) {
      await patiently(() => api("PUT", `/api/uploads/${upload.id}?offset=${offset}`, file.slice(offset, offset + CHUNK)));
      sent += Math.min(CHUNK, file.size - offset);
      told(sent / all, `Sending ${at + 1} of ${sorted.length}: ${file.name}`);
    }
    ids.push(upload.id);
  }
  return ids;
}

/** @param {() => Promise<any>} send */
async function patiently(send) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (error.status !== 0 || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * tries));
    }
  }
}
