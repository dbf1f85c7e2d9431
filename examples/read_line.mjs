/**
 * Reads a line of text with an ONNX model of Uncial, in the browser.
 *
 * The model file says how lines are prepared and what its labels mean, under `uncial` among its
 * metadata. Preparation follows src/uncial/imaging/prepare.py and centre.py step by step. Texts come
 * in the order of the columns; of scripts that run from right to left the page's own bidirectional
 * display then turns them.
 */

import * as ort from "./node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";

ort.env.wasm.wasmPaths = new URL("./node_modules/onnxruntime-web/dist/", import.meta.url).href;
ort.env.wasm.numThreads = 1;

const ROWS = 32, GROUP = 4, CELL = 8, LARGE = 1 << 15;

export class LineReader {
  /** @param {ArrayBuffer} file An ONNX file that `uncial convert` wrote. */
  static async open(file) {
    const told = metadata(new Uint8Array(file)).get("uncial");
    if (!told) throw new Error("This is no model of Uncial.");
    const header = JSON.parse(told);
    if (header.preprocessing.style) throw new Error("Models converted from Tesseract are not read here.");
    return new LineReader(await ort.InferenceSession.create(file), header);
  }

  constructor(session, header) {
    this.session = session;
    this.settings = header.preprocessing;
    this.codes = new Map(header.codec.codes.map(([text, labels]) => [labels.join(), text]));
    this.longest = Math.max(...header.codec.codes.map(([, labels]) => labels.length));
  }

  /** @param {ImageBitmap} bitmap One line. @returns {Promise<{text: string, confidence: number}>} */
  async read(bitmap) {
    const line = prepare(grayOf(bitmap), this.settings);
    const { pad } = this.settings;
    const width = line.w + 2 * pad, full = Math.ceil(width / 64) * 64;
    const data = new Float32Array(full * line.h);
    for (let y = 0; y < line.h; y++)
      for (let x = 0; x < line.w; x++)
        data[y * full + pad + x] = (255 - line.data[y * line.w + x]) * (2 / 255);
    const found = await this.session.run({
      lines: new ort.Tensor("float32", data, [1, 1, line.h, full]),
      widths: new ort.Tensor("int64", BigInt64Array.of(BigInt(width)), [1]),
    });
    return this.decoded(found.log_probs, Number(found.steps.data[0]));
  }

  /** Best label of each step; repeats joined, blanks (label 0) left out. */
  decoded({ data, dims }, steps) {
    const labels = [], sure = [];
    let before = 0;
    for (let t = 0; t < steps; t++) {
      const row = data.subarray(t * dims[2], (t + 1) * dims[2]);
      const best = row.reduce((top, value, label) => (value > row[top] ? label : top), 0);
      if (best && best !== before) { labels.push(best); sure.push(row[best]); }
      else if (best) sure[sure.length - 1] = Math.max(sure.at(-1), row[best]);
      before = best;
    }
    const mean = sure.reduce((sum, value) => sum + value, 0) / Math.max(1, sure.length);
    return { text: this.spelled(labels), confidence: sure.length ? Math.exp(mean) : 0 };
  }

  /** Text of labels; a grapheme may have several. */
  spelled(labels) {
    let text = "";
    for (let at = 0; at < labels.length;) {
      let size = Math.min(this.longest, labels.length - at);
      while (size > 1 && !this.codes.has(labels.slice(at, at + size).join())) size--;
      text += this.codes.get(labels.slice(at, at + size).join()) ?? "";
      at += size;
    }
    return text;
  }
}

/** Metadata of an ONNX file: field 14 of its protocol buffer, pairs of texts. */
function metadata(bytes) {
  const found = new Map(), utf8 = new TextDecoder();
  for (const [field, value] of fields(bytes)) {
    if (field !== 14) continue;
    const [key, text] = [1, 2].map((n) => [...fields(value)].find(([one]) => one === n)?.[1]);
    found.set(utf8.decode(key), utf8.decode(text));
  }
  return found;
}

/** Fields of a protocol buffer that have a length; others are passed over. */
function* fields(bytes) {
  let at = 0;
  const number = () => {
    let value = 0, scale = 1, byte;
    do { byte = bytes[at++]; value += (byte & 127) * scale; scale *= 128; } while (byte > 127);
    return value;
  };
  while (at < bytes.length) {
    const tag = number(), kind = tag & 7;
    if (kind === 0) number();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const size = number();
      yield [Math.floor(tag / 8), bytes.subarray(at, at + size)];
      at += size;
    }
  }
}

const image = (w, h, data = new Float64Array(w * h)) => ({ w, h, data });
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
/** Nearest whole number, halves to the even one, as NumPy rounds. */
const even = (v) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));

function grayOf(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const gray = image(canvas.width, canvas.height);
  for (let i = 0; i < gray.data.length; i++)
    gray.data[i] = (data[4 * i] * 9798 + data[4 * i + 1] * 19235 + data[4 * i + 2] * 3735 + 16384) >> 15;
  return gray;
}

export function prepare(gray, settings) {
  if (!settings.centre) {
    const size = sizeOf(gray, settings, 1);
    return stretched(reduced(gray, ...size), settings);
  }
  const clear = stretched(gray, settings);
  const { rows, span } = centreLine(clear);
  return straightened(clear, rows, span, ...sizeOf(gray, settings, span));
}

function sizeOf({ w, h }, { height, stretch }, span) {
  return [clamp(even((w * height * stretch) / (h * span)), 8, 16384), height];
}

/** Ink made dark, paper made even and white. */
function stretched(gray, { contrast, clear, polarity }) {
  if (polarity === "auto" && lightOnDark(cumulated(gray))) gray = mapped(gray, (v) => 255 - v);
  gray = flattened(gray);
  const counts = cumulated(gray);
  let [low, high] = contrast.map((share) => searched(counts, (counts[255] * share) / 100));
  low = Math.min(low, high - 24);
  high -= clear * (high - low);
  return mapped(gray, (v) => Math.trunc(clamp((v - low) * (255 / (high - low)), 0, 255)));
}

const mapped = ({ w, h, data }, change) => image(w, h, data.map(change));
const searched = (counts, value) => counts.findIndex((count) => count >= value);

function sampled(gray) {
  if (gray.data.length <= LARGE) return gray;
  const half = image(Math.ceil(gray.w / 2), Math.ceil(gray.h / 2));
  for (let y = 0; y < half.h; y++)
    for (let x = 0; x < half.w; x++) half.data[y * half.w + x] = gray.data[2 * y * gray.w + 2 * x];
  return half;
}

function cumulated(gray) {
  const counts = new Array(256).fill(0);
  for (const value of sampled(gray).data) counts[value]++;
  for (let i = 1; i < 256; i++) counts[i] += counts[i - 1];
  return counts;
}

function lightOnDark(counts) {
  const [low, middle, high] = [0.02, 0.5, 0.98].map((share) => searched(counts, counts[255] * share));
  return high - low >= 24 && middle - low < 0.35 * (high - low);
}

/** Shadows and stains wider than a few strokes lifted. */
function flattened(gray) {
  const cells = [Math.max(1, Math.floor(gray.w / CELL)), Math.max(1, Math.floor(gray.h / CELL))];
  if (Math.min(...cells) < 3) return gray;
  const paper = averaged(dilated(rounded(meanResized(sampled(gray), ...cells))));
  const least = paper.data.reduce((a, b) => Math.min(a, b)), most = paper.data.reduce((a, b) => Math.max(a, b));
  if (most - least < 10) return gray;
  const wide = rounded(linearResized(paper, gray.w, gray.h));
  return mapped(gray, (value, i) => Math.min(255, value + 255 - wide.data[i]));
}

const rounded = (one) => mapped(one, even);

function window5(one, start, joined, beyond) {
  const made = image(one.w, one.h);
  for (let y = 0; y < one.h; y++)
    for (let x = 0; x < one.w; x++) {
      let value = start;
      for (let dy = -2; dy <= 2; dy++)
        for (let dx = -2; dx <= 2; dx++) {
          const place = [beyond(x + dx, one.w), beyond(y + dy, one.h)];
          if (place[0] >= 0 && place[1] >= 0) value = joined(value, one.data[place[1] * one.w + place[0]]);
        }
      made.data[y * one.w + x] = value;
    }
  return made;
}
const dilated = (one) => window5(one, 0, Math.max, (i, size) => (i < 0 || i >= size ? -1 : i));
const mirrored = (i, size) => (i < 0 ? -i : i >= size ? 2 * size - 2 - i : i);
const averaged = (one) =>
  rounded(mapped(window5(one, 0, (a, b) => a + b, mirrored), (v) => v / 25));

function transposed(one) {
  const made = image(one.h, one.w);
  for (let y = 0; y < one.h; y++)
    for (let x = 0; x < one.w; x++) made.data[x * one.h + y] = one.data[y * one.w + x];
  return made;
}
const bothWays = (one, w, h, change) => transposed(change(transposed(change(one, w)), h));

/** Columns as means over equal parts. */
function narrowed(one, count) {
  const made = image(count, one.h), scale = one.w / count;
  for (let x = 0; x < count; x++) {
    const from = x * scale, to = Math.min(one.w, (x + 1) * scale);
    for (let i = Math.floor(from); i < to; i++) {
      const part = (Math.min(i + 1, to) - Math.max(i, from)) / scale;
      for (let y = 0; y < one.h; y++) made.data[y * count + x] += part * one.data[y * one.w + i];
    }
  }
  return made;
}

/** Columns interpolated between two neighbours each. */
function interpolated(one, count, placed) {
  const made = image(count, one.h);
  for (let x = 0; x < count; x++) {
    const place = clamp(placed(x, one.w / count), 0, one.w - 1), left = Math.floor(place);
    const right = Math.min(left + 1, one.w - 1), share = place - left;
    for (let y = 0; y < one.h; y++)
      made.data[y * count + x] = one.data[y * one.w + left] * (1 - share) + one.data[y * one.w + right] * share;
  }
  return made;
}
const centres = (x, scale) => (x + 0.5) * scale - 0.5;
const seams = (x, scale) => {
  const first = Math.floor(x * scale), share = x + 1 - (first + 1) / scale;
  return first + (share <= 0 ? 0 : share - Math.floor(share));
};
const linearResized = (one, w, h) => bothWays(one, w, h, (part, n) => interpolated(part, n, centres));
function meanResized(one, w, h) {
  const grows = w > one.w || h > one.h;
  return bothWays(one, w, h, grows ? (part, n) => interpolated(part, n, seams) : narrowed);
}
function reduced(one, w, h) {
  return rounded((one.w > 2 * w || one.h > 2 * h ? meanResized : linearResized)(one, w, h));
}

function smoothed(one, deviation, repeat) {
  const size = even(deviation * 8 + 1) | 1, half = size >> 1;
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-((i - half) ** 2) / (2 * deviation ** 2)));
  const total = weights.reduce((a, b) => a + b), made = image(one.w, one.h);
  for (let y = 0; y < one.h; y++)
    for (let x = 0; x < one.w; x++)
      for (let i = 0; i < size; i++) {
        const at = x + i - half, inside = clamp(at, 0, one.w - 1);
        if (repeat || at === inside) made.data[y * one.w + x] += (weights[i] / total) * one.data[y * one.w + inside];
      }
  return made;
}

/** Where the text runs, as shares of the crop's height, and what height holds it. */
function centreLine(clear) {
  const columns = clamp(even((clear.w * ROWS) / clear.h), 8, 16384);
  let ink = mapped(reduced(clear, columns, ROWS), (v) => (255 - v < 64 ? 0 : 255 - v));
  if (!ink.data.some((value) => value)) return { rows: [0.5, 0.5], span: 1 };
  ink = narrowed(ink, Math.max(2, Math.floor(columns / GROUP)));
  const sigma = ROWS / GROUP;
  const smooth = smoothed(transposed(smoothed(transposed(ink), ROWS * 0.16, false)), sigma, false);
  for (let y = 0; y < ROWS; y++) {
    const row = ink.data.subarray(y * ink.w, (y + 1) * ink.w);
    const mean = row.reduce((a, b) => a + b) / ink.w;
    for (let x = 0; x < ink.w; x++) smooth.data[y * ink.w + x] += 0.02 * mean;
  }
  const best = image(ink.w, 1);
  for (let x = 0; x < ink.w; x++) {
    const top = (value) => Array.from({ length: ROWS }, (_, y) => value(y, smooth.data[y * ink.w + x]))
      .reduce((most, v, y, all) => (v > all[most] ? y : most), 0);
    const likely = top((y, v) => v * Math.exp((-0.5 * ((y + 0.5) / ROWS - 0.5) ** 2) / 0.09));
    best.data[x] = top((y, v) => (Math.abs(y - likely) <= Math.floor(ROWS / 6) ? v : 0));
  }
  const course = smoothed(best, sigma / 2, true);
  let far = 0, weight = 0;
  for (let y = 0; y < ROWS; y++)
    for (let x = 0; x < ink.w; x++) {
      const distance = Math.abs(y - course.data[x]);
      if (distance >= 0.35 * ROWS) continue;
      far += distance * ink.data[y * ink.w + x];
      weight += ink.data[y * ink.w + x];
    }
  const span = clamp((8 * far) / Math.max(1, weight) / ROWS, 0.42, 1);
  return { rows: Array.from(course.data, (row) => (row + 0.5) / ROWS), span };
}

function straightened(clear, rows, span, width, height) {
  const shrink = height / (span * clear.h);
  if (shrink < 1 || clear.w > 16384)
    clear = reduced(clear, Math.max(1, Math.min(clear.w, width)), Math.max(1, even(clear.h * Math.min(1, shrink))));
  const made = image(width, height);
  const seen = (x, y) => (x < 0 || y < 0 || x >= clear.w || y >= clear.h ? 255 : clear.data[y * clear.w + x]);
  for (let x = 0; x < width; x++) {
    const place = clamp(centres(x, rows.length / width), 0, rows.length - 1), left = Math.floor(place);
    const share = place - left, right = Math.min(left + 1, rows.length - 1);
    const centre = (rows[left] * (1 - share) + rows[right] * share) * clear.h;
    const across = centres(x, clear.w / width), x0 = Math.floor(across), fx = across - x0;
    for (let y = 0; y < height; y++) {
      const down = ((y + 0.5) / height - 0.5) * span * clear.h - 0.5 + centre;
      const y0 = Math.floor(down), fy = down - y0;
      const upper = seen(x0, y0) * (1 - fx) + seen(x0 + 1, y0) * fx;
      const lower = seen(x0, y0 + 1) * (1 - fx) + seen(x0 + 1, y0 + 1) * fx;
      made.data[y * width + x] = even(upper * (1 - fy) + lower * fy);
    }
  }
  return made;
}
