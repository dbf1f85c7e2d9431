/** Lines and outlines in pixels of the page: pure functions on arrays of [x, y]. */

/** @typedef {[number, number]} Point */

/** @param {Point} a @param {Point} b */
export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** The points, moved. @param {Point[]} points @param {number} dx @param {number} dy @returns {Point[]} */
export const moved = (points, dx, dy) => points.map(([x, y]) => [x + dx, y + dy]);

/** Length of an open line. @param {Point[]} points */
export function length(points) {
  let sum = 0;
  for (let i = 1; i < points.length; i += 1) sum += distance(points[i - 1], points[i]);
  return sum;
}

/** The nearest place on an open line: which segment, where on it, how far. @param {Point[]} points @param {Point} p */
export function nearest(points, p) {
  let best = { segment: 0, point: points[0], away: Infinity, share: 0 };
  const whole = length(points) || 1;
  let before = 0;
  for (let i = 1; i < points.length; i += 1) {
    const [a, b] = [points[i - 1], points[i]];
    const span = distance(a, b) || 1;
    const t = Math.min(1, Math.max(0, ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / (span * span)));
    const point = /** @type {Point} */ ([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
    const away = distance(point, p);
    if (away < best.away) best = { segment: i - 1, point, away, share: (before + t * span) / whole };
    before += span;
  }
  return best;
}

/** The point at a share, 0-1, of an open line's length. @param {Point[]} points @param {number} share @returns {Point} */
export function at(points, share) {
  let left = Math.min(1, Math.max(0, share)) * length(points);
  for (let i = 1; i < points.length; i += 1) {
    const span = distance(points[i - 1], points[i]);
    if (left <= span || i === points.length - 1) {
      const t = span ? Math.min(1, left / span) : 0;
      return [points[i - 1][0] + t * (points[i][0] - points[i - 1][0]), points[i - 1][1] + t * (points[i][1] - points[i - 1][1])];
    }
    left -= span;
  }
  return points[0];
}

/** A baseline in two, at the place nearest to p. @param {Point[]} points @param {Point} p @returns {[Point[], Point[]]} */
export function cut(points, p) {
  const { segment, point } = nearest(points, p);
  return [[...points.slice(0, segment + 1), point], [point, ...points.slice(segment + 1)]];
}

/** The part of an outline on one side of a line through `p` across `along` (Sutherland and Hodgman 1974).
 * @param {Point[]} outline @param {Point} p @param {Point} along @param {1|-1} side @returns {Point[]} */
export function half(outline, p, along, side) {
  const value = (q) => side * ((q[0] - p[0]) * along[0] + (q[1] - p[1]) * along[1]);
  const kept = [];
  outline.forEach((a, i) => {
    const b = outline[(i + 1) % outline.length];
    const [va, vb] = [value(a), value(b)];
    if (va >= 0) kept.push(a);
    if (va * vb < 0) kept.push([a[0] + (b[0] - a[0]) * (va / (va - vb)), a[1] + (b[1] - a[1]) * (va / (va - vb))]);
  });
  return kept;
}

/** Smallest convex outline (Andrew's monotone chain, 1979). @param {Point[]} points @returns {Point[]} */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const chain = (list) => {
    const made = [];
    for (const p of list) {
      while (made.length > 1 && turn(made.at(-2), made.at(-1), p) <= 0) made.pop();
      made.push(p);
    }
    return made.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

/** @param {Point[]} outline @param {Point} p */
export function inside(outline, p) {
  let odd = false;
  outline.forEach((a, i) => {
    const b = outline[(i + 1) % outline.length];
    if ((a[1] > p[1]) !== (b[1] > p[1]) && p[0] < a[0] + ((b[0] - a[0]) * (p[1] - a[1])) / (b[1] - a[1])) odd = !odd;
  });
  return odd;
}

/** Middle of a line's baseline, or of its outline. @param {any} line @returns {Point} */
export function middle(line) {
  if (line.baseline.length > 1) return at(line.baseline, 0.5);
  const n = line.boundary.length || 1;
  return [line.boundary.reduce((s, p) => s + p[0], 0) / n, line.boundary.reduce((s, p) => s + p[1], 0) / n];
}

/** Left, top, right, bottom. @param {Point[]} points */
export function box(points) {
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
