// How a caliper looks in a picture that stands still: lines, dots, handles, in CSS pixels. Pure.

import { MEASURES } from "./calipers.js";
import { marches } from "./marchout.js";
import { cellsOf, inSight, sightOf, spread, xOf, yOf } from "./places.js";
import { STEPS } from "./qt.js";

/** @typedef {import("./calipers.js").Caliper} Caliper */
/** @typedef {import("./places.js").Cell} Cell */
/** @typedef {import("./places.js").Still} Still */

/** `edge`: where a mark is; `bar`: what is between two; `level`: a height; `beyond`: that it lies outside the picture; `march`: the interval laid on. @typedef {{ role: "edge" | "bar" | "level" | "beyond" | "march", x1: number, y1: number, x2: number, y2: number }} Line */
/** Where a mark is taken hold of: `x`, `y` of its handle, `markX`, `markY` of what it moves. @typedef {{ index: number, x: number, y: number, radius: number, markX: number, markY: number }} Grip */
/** Between what a label may stand: beside the first or the last mark, at the top or the foot of the row, or else in the middle of two heights. @typedef {{ first: number, last: number, top: number, bottom: number, middle: number | null }} LabelPlace */
/**
 * @typedef {{
 *   lines: Line[], dots: { x: number, y: number }[], grips: Grip[], label: LabelPlace,
 * }} Shape
 */

/** The picture's size in CSS pixels, and which marks have a handle for fingers. @typedef {{ width: number, height: number, dpr: number, large: (index: number) => boolean }} Screen */

/**
 * Handles. For a mouse small, on the line itself. For fingers the mark in hand has one 44 px wide (WCAG 2.5.5), so far
 * from the mark that the finger does not lie on what is measured; the others stay small to leave the trace in
 * sight, and are taken from as far. `reach`: from how far.
 */
export const GRIP = Object.freeze({
    fine: Object.freeze({ radius: 7, reach: 12, gap: 18 }),
    coarse: Object.freeze({ radius: 22, reach: 24, gap: 46, away: 52 }),
});

/** CSS pixels. */
const INSET = 3;
const BAR_FROM_TOP = 14;
const BAR_STEP = 9;
const LEVEL_REACH = 14;
const MARCH_LEAST = 4;
const BESIDE = 8;
const ARROW = 6;

/** Which marks of the guide a bar joins, and in which line of bars it is. */
const BARS = [
    { from: "p", to: "q", line: 0 }, { from: "q", to: "j", line: 0 }, { from: "q", to: "t", line: 1 }, { from: "r1", to: "r2", line: 2 },
];

/**
 * @param {Caliper} caliper
 * @param {Still} picture
 * @param {Cell} cell where it stands
 * @param {Screen} screen
 * @param {(index: number) => number | null} heightOf of a mark, in mV; null = it has none
 * @returns {Shape}
 */
export function shapeOf(caliper, picture, cell, screen, heightOf) {
    const { kind, marks } = caliper;
    const { dpr } = screen;
    const row = picture.rows[cell.row];
    const box = {
        left: cell.x / dpr, right: (cell.x + cell.width) / dpr,
        top: row.top / dpr + INSET, bottom: (row.top + row.height) / dpr - INSET,
    };
    const points = marks.map((mark, index) => {
        if (!mark) return null;
        const mv = heightOf(index);
        const exact = mv === null ? null : yOf(picture, cell, mv) / dpr;
        // On the trace, which may leave its row; only what leaves the picture is shown at its edge, as an arrow.
        const y = exact === null ? null : clamped(exact, INSET, screen.height - INSET);
        return { x: xOf(picture, mark.sample) / dpr, y, outside: y !== exact, seen: inSight(picture, cell, mark.sample) };
    });
    const seen = points.flatMap((point, index) => (point?.seen ? [{ ...point, index }] : []));
    const guide = kind === "qt";
    const { time, height } = guide ? { time: true, height: false } : MEASURES[kind];
    /** @type {Line[]} */
    const lines = [];
    if (time) for (const { x } of seen) lines.push({ role: "edge", x1: x, y1: box.top, x2: x, y2: box.bottom });
    /** @param {{ x: number } | null} one @param {{ x: number } | null} other @param {number} line */
    const bar = (one, other, line) => {
        if (!one || !other) return;
        const y = box.top + BAR_FROM_TOP + line * BAR_STEP;
        const [x1, x2] = [one.x, other.x].sort((a, b) => a - b).map((x) => clamped(x, box.left, box.right));
        if (x2 > x1) lines.push({ role: "bar", x1, y1: y, x2, y2: y });
    };
    if (guide) for (const { from, to, line } of BARS) bar(pointOf(points, from), pointOf(points, to), line);
    else if (time) bar(points[0], points[1], 0);
    if (height) lines.push(...levels(seen, box));
    lines.push(...seen.flatMap(({ x, y, outside }) => (outside && y !== null ? arrow(x, y) : [])));
    if (kind === "march") lines.push(...marched(caliper, picture, dpr));
    const xs = seen.length ? seen.map(({ x }) => x) : [box.left];
    return {
        lines,
        dots: seen.flatMap(({ x, y, outside }) => (y === null || outside ? [] : [{ x, y }])),
        grips: gripsOf(seen, box, screen, time),
        label: {
            first: Math.min(...xs) - BESIDE - (height ? LEVEL_REACH : 0), last: Math.max(...xs) + BESIDE + (height ? LEVEL_REACH : 0),
            top: box.top, bottom: box.bottom - (time ? 2 * GRIP.fine.radius + BESIDE : 0), middle: time ? null : middleOf(seen, box),
        },
    };
}

/** @param {number} value @param {number} low @param {number} high */
const clamped = (value, low, high) => Math.max(low, Math.min(high, value));

/** @template T @param {T[]} points @param {string} step */
const pointOf = (points, step) => points[STEPS.findIndex((one) => one === step)] ?? null;

/** `outside`: its height is not on the picture. @typedef {{ x: number, y: number | null, outside: boolean, index: number }} Seen */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Edges */

/** @param {Seen[]} seen @param {Edges} box */
function middleOf(seen, box) {
    const heights = seen.flatMap(({ y }) => (y === null ? [] : [y]));
    return heights.length ? (Math.min(...heights) + Math.max(...heights)) / 2 : (box.top + box.bottom) / 2;
}

/** A line at each height, and one from height to height beside them. @param {Seen[]} seen @param {Edges} box @returns {Line[]} */
function levels(seen, box) {
    const known = seen.flatMap(({ x, y, outside }) => (y === null ? [] : [{ x, y, outside }]));
    const beside = Math.min(box.right - 2, Math.max(...known.map(({ x }) => x)) + LEVEL_REACH);
    /** @type {Line[]} */
    const lines = known
        .filter(({ outside }) => !outside)
        .map(({ x, y }) => ({ role: "level", x1: x - LEVEL_REACH, y1: y, x2: beside + 4, y2: y }));
    if (known.length === 2) lines.push({ role: "bar", x1: beside, y1: known[0].y, x2: beside, y2: known[1].y });
    return lines;
}

/** At the upper or lower edge of the picture, pointing out of it. @param {number} x @param {number} y @returns {Line[]} */
function arrow(x, y) {
    const inward = y <= INSET ? ARROW : -ARROW;
    return [-ARROW, ARROW].map((aside) => ({ role: "beyond", x1: x + aside, y1: y + inward, x2: x, y2: y }));
}

/** In every cell of the lead: a rhythm is looked at over the whole page. @param {Caliper} caliper @param {Still} picture @param {number} dpr @returns {Line[]} */
function marched({ lead, marks: [one, other] }, picture, dpr) {
    if (!one || !other) return [];
    const least = (MARCH_LEAST * dpr) / picture.look.pxPerSample;
    return cellsOf(picture, lead).flatMap((cell) => {
        const { top, height } = picture.rows[cell.row];
        return marches(one.sample, other.sample, sightOf(picture, cell), least).map((sample) => {
            const x = xOf(picture, sample) / dpr;
            return { role: /** @type {const} */ ("march"), x1: x, y1: top / dpr + INSET, x2: x, y2: (top + height) / dpr - INSET };
        });
    });
}

/** @param {Seen[]} seen @param {Edges} box @param {Screen} screen @param {boolean} time @returns {Grip[]} */
function gripsOf(seen, box, { width, height, large }, time) {
    const sorted = [...seen].sort((a, b) => a.x - b.x || a.index - b.index);
    const middle = (box.top + box.bottom) / 2;
    /** @param {typeof sorted} some @param {{ radius: number, gap: number }} size @param {(x: number, i: number) => number} wished @param {(markY: number) => number} heightOf @returns {Grip[]} */
    const row = (some, { radius, gap }, wished, heightOf) => {
        const places = spread(some.map(({ x }, i) => wished(x, i)), gap, radius, width - radius);
        return some.map(({ x, y, index }, i) => ({ index, radius, x: places[i], y: heightOf(y ?? middle), markX: x, markY: y ?? middle }));
    };
    const { fine, coarse } = GRIP;
    return [
        // Beside its dot, not on it, where there is no line to sit on.
        ...row(
            sorted.filter(({ index }) => !large(index)), fine,
            (x, i) => (time ? x : x + (i === 0 ? -2 : 2) * fine.radius),
            (markY) => (time ? box.bottom - fine.radius - 2 : clamped(markY, fine.radius, height - fine.radius)),
        ),
        // Under the mark as a thumb is, above where the picture ends.
        ...row(sorted.filter(({ index }) => large(index)), coarse, (x) => x, (markY) =>
            markY + coarse.away + coarse.radius <= height ? markY + coarse.away : Math.max(coarse.radius, markY - coarse.away),
        ),
    ];
}

/**
 * Return which handle is at a place: the nearest of those in reach; of what has no handle there, an edge.
 * @template K
 * @param {readonly { key: K, shape: Shape }[]} shapes
 * @param {{ x: number, y: number }} at
 * @param {{ reach: number, edges: number }} how `edges`: from how far an edge is taken, 0 = not at all
 * @returns {{ key: K, grip: Grip } | null}
 */
export function gripAt(shapes, { x, y }, { reach, edges }) {
    const near = shapes
        .flatMap(({ key, shape }) => shape.grips.map((grip) => ({ key, grip, off: Math.hypot(grip.x - x, grip.y - y) })))
        .filter(({ off }) => off <= reach);
    const beside = shapes.flatMap(({ key, shape }) =>
        shape.grips.flatMap((grip) => {
            const edge = shape.lines.find(({ role, x1, y1, y2 }) => role === "edge" && x1 === grip.markX && y >= y1 && y <= y2);
            const off = edge ? Math.abs(edge.x1 - x) : Infinity;
            return off < edges ? [{ key, grip, off }] : [];
        }),
    );
    const nearest = [...(near.length ? near : beside)].sort((a, b) => a.off - b.off)[0];
    return nearest ? { key: nearest.key, grip: nearest.grip } : null;
}
