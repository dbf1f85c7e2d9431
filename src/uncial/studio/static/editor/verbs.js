/** What can be done to lines and regions; each is one step that can be undone. */
import { newId } from "./edits.js";
import { at, cut, distance, half, hull, inside, middle, moved, nearest } from "./geometry.js";

/** Innermost region at a point. @param {any} state @param {[number, number]} p */
export function regionAt(state, p) {
  let found = null;
  for (const region of state.regions.values()) if (inside(region.boundary, p)) found = region.id;
  return found;
}

/** Draw a line; it goes where it belongs by height. @returns {string} its id */
export function addLine(edits, baseline, rightToLeft = false) {
  const id = newId("l");
  const backwards = rightToLeft ? baseline[0][0] < baseline.at(-1)[0] : baseline[0][0] > baseline.at(-1)[0];
  const points = backwards && Math.abs(baseline[0][0] - baseline.at(-1)[0]) > Math.abs(baseline[0][1] - baseline.at(-1)[1]) ? [...baseline].reverse() : baseline;
  edits.edit("draw a line", (draft) => {
    const line = { id, region: regionAt(draft, at(points, 0.5)), baseline: points, boundary: [], type: "", direction: "" };
    const y = middle(line)[1];
    const mates = draft.order.filter((other) => draft.lines.get(other).region === line.region);
    const next = mates.find((other) => middle(draft.lines.get(other))[1] > y);
    const place = next ? draft.order.indexOf(next) : mates.length ? draft.order.indexOf(mates.at(-1)) + 1 : draft.order.length;
    draft.lines.set(id, line);
    draft.order.splice(place, 0, id);
  });
  return id;
}

/** Draw a region; lines whose middle lies in it become its own. @returns {string} its id */
export function addRegion(edits, boundary) {
  const id = newId("r");
  edits.edit("draw a region", (draft) => {
    draft.regions.set(id, { id, kind: "text", type: "", boundary, parent: null });
    for (const [key, line] of draft.lines) if (!line.region && inside(boundary, middle(line))) draft.lines.set(key, { ...line, region: id });
  });
  return id;
}

/** Cut a line in two at a point; its text is cut at the space that is nearest. */
export function cutLine(edits, id, p) {
  edits.edit("cut a line", (draft) => {
    const line = draft.lines.get(id);
    const base = line.baseline.length > 1 ? line.baseline : [line.boundary[0], line.boundary[Math.floor(line.boundary.length / 2)]];
    const { share, point } = nearest(base, p);
    if (share <= 0.001 || share >= 0.999) return;
    const [first, second] = cut(base, p);
    const along = [base.at(-1)[0] - base[0][0], base.at(-1)[1] - base[0][1]];
    const side = (sign) => { const part = line.boundary.length ? half(line.boundary, point, along, sign) : []; return part.length > 2 ? part : []; };
    const other = newId("l");
    draft.lines.set(id, { ...line, baseline: first, boundary: side(-1) });
    draft.lines.set(other, { ...line, id: other, baseline: second, boundary: side(1) });
    draft.order.splice(draft.order.indexOf(id) + 1, 0, other);
    const text = draft.texts.get(id);
    if (text) {
      const spaces = [...text.matchAll(/\s+/gu)].map((m) => m.index);
      const wanted = share * text.length;
      const place = spaces.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] ?? text.length;
      draft.texts.set(id, text.slice(0, place).trimEnd());
      draft.texts.set(other, text.slice(place).trimStart());
    }
  });
}

/** Join lines in reading order into the first. */
export function joinLines(edits, ids) {
  edits.edit("join lines", (draft) => {
    const parts = draft.order.filter((id) => ids.has(id)).map((id) => draft.lines.get(id));
    if (parts.length < 2) return;
    const ends = parts.map((part) => part.baseline[0] ?? [0, 0]);
    const leftwards = parts[0].baseline.length > 1 && parts[0].baseline[0][0] > parts[0].baseline.at(-1)[0];
    const sorted = [...parts].sort((a, b) => (leftwards ? -1 : 1) * ((a.baseline[0]?.[0] ?? 0) - (b.baseline[0]?.[0] ?? 0)));
    const sideways = Math.max(...ends.map((p) => p[0])) - Math.min(...ends.map((p) => p[0])) > 20;
    const all = sideways ? sorted : parts;
    const baseline = all.flatMap((part) => part.baseline).filter((p, i, list) => i === 0 || distance(p, list[i - 1]) > 0.5);
    const boundary = all.every((part) => part.boundary.length) ? hull(all.flatMap((part) => part.boundary)) : [];
    const keep = parts[0].id;
    draft.lines.set(keep, { ...parts[0], baseline, boundary });
    const texts = all.map((part) => draft.texts.get(part.id)).filter((text) => text !== undefined);
    if (texts.length) draft.texts.set(keep, texts.join(" "));
    for (const part of parts.slice(1)) forget(draft, part.id);
  });
}

export function reverseLines(edits, ids) {
  edits.edit("reverse lines", (draft) => {
    for (const id of ids) if (draft.lines.has(id)) { const line = draft.lines.get(id); draft.lines.set(id, { ...line, baseline: [...line.baseline].reverse() }); }
  });
}

/** Remove lines and regions; the lines of a removed region stay. */
export function remove(edits, ids) {
  edits.edit("remove", (draft) => {
    for (const id of ids) {
      if (draft.lines.has(id)) forget(draft, id);
      else if (draft.regions.delete(id)) for (const [key, line] of draft.lines) if (line.region === id) draft.lines.set(key, { ...line, region: null });
    }
  });
}

/** Move lines and regions by pixels. */
export function shift(edits, ids, dx, dy, series = "nudge") {
  edits.edit("move", (draft) => {
    for (const id of ids) {
      const line = draft.lines.get(id);
      if (line) draft.lines.set(id, { ...line, baseline: moved(line.baseline, dx, dy), boundary: moved(line.boundary, dx, dy) });
      const region = draft.regions.get(id);
      if (region) draft.regions.set(id, { ...region, boundary: moved(region.boundary, dx, dy) });
    }
  }, series);
}

/** Put one point of a baseline or outline elsewhere; null removes it. */
export function movePoint(edits, id, part, index, point, series) {
  edits.edit("move a point", (draft) => {
    const kind = draft.lines.has(id) ? "lines" : "regions";
    const thing = draft[kind].get(id);
    const points = [...thing[part]];
    if (point) points[index] = point; else if (points.length > (part === "baseline" ? 2 : 3)) points.splice(index, 1);
    draft[kind].set(id, { ...thing, [part]: points });
  }, series);
}

/** Add a point to a baseline where it passes nearest. */
export function addPoint(edits, id, p) {
  edits.edit("add a point", (draft) => {
    const line = draft.lines.get(id);
    if (!line || line.baseline.length < 2) return;
    const { segment, point } = nearest(line.baseline, p);
    draft.lines.set(id, { ...line, baseline: [...line.baseline.slice(0, segment + 1), point, ...line.baseline.slice(segment + 1)] });
  });
}

export function setType(edits, ids, type) {
  edits.edit("set the type", (draft) => {
    for (const id of ids) for (const kind of ["lines", "regions"]) if (draft[kind].has(id)) draft[kind].set(id, { ...draft[kind].get(id), type });
  });
}

/** Move a line up or down in the reading order. */
export function reorder(edits, id, by) {
  edits.edit("change the reading order", (draft) => {
    const from = draft.order.indexOf(id);
    const to = Math.min(draft.order.length - 1, Math.max(0, from + by));
    draft.order.splice(to, 0, draft.order.splice(from, 1)[0]);
  });
}

/** Order all lines by their place: regions from top, lines in rows. */
export function orderByPlace(edits, rightToLeft) {
  edits.edit("order by place", (draft) => {
    const lines = draft.order.map((id) => draft.lines.get(id));
    const heights = lines.map((line) => middle(line)[1]).sort((a, b) => a - b);
    const steps = heights.slice(1).map((y, i) => y - heights[i]).filter((d) => d > 2).sort((a, b) => a - b);
    const row = (steps[Math.floor(steps.length / 2)] ?? 20) * 0.5;
    const top = new Map();
    for (const line of lines) top.set(line.region, Math.min(top.get(line.region) ?? Infinity, middle(line)[1]));
    const side = rightToLeft ? -1 : 1;
    lines.sort((a, b) => {
      if (a.region !== b.region) return top.get(a.region) - top.get(b.region);
      const [[ax, ay], [bx, by]] = [middle(a), middle(b)];
      return Math.abs(ay - by) > row ? ay - by : side * (ax - bx);
    });
    draft.order = lines.map((line) => line.id);
  });
}

function forget(draft, id) {
  draft.lines.delete(id);
  draft.order.splice(draft.order.indexOf(id), 1);
}

/** Put the chosen lines into the one chosen region, or out of theirs. @param {import("./edits.js").Edits} edits @param {Iterable<string>} ids @param {boolean} into */
export function link(edits, ids, into) {
  const chosen = [...ids];
  const region = into ? chosen.find((id) => edits.state.regions.has(id)) ?? null : null;
  const lines = chosen.filter((id) => edits.state.lines.has(id) && edits.state.lines.get(id).region !== region);
  if (lines.length === 0 || (into && !region)) return;
  edits.edit(into ? "put into a region" : "take out of a region", (draft) => { for (const id of lines) draft.lines.set(id, { ...draft.lines.get(id), region }); });
}
