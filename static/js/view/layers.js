// Layers of marks on the picture: beats, annotations, what a model said. Which of them are in a stretch. Pure.

import { lowerBound } from "../signal/sorted.js";

/**
 * `blind`: a stretch, hatched in its lane. Of any other shape a mark with a stop is a stretch too: its shape
 * where it begins, a line along it, the rows behind it tinted.
 * @typedef {"tick" | "flag" | "triangle" | "square" | "circle" | "diamond" | "cross" | "blind"} Shape
 */
/** @typedef {{ colour?: string, shape?: Shape }} MarkLook */

/**
 * Marks to draw, in samples of the rate that is shown, sorted by `sample`.
 *
 * `stop`: where a stretch ends, NaN (or no more than its sample) = a point. `label`: a place in `labels`, -1 = none.
 * `lead`: a place in `leads` (stored names), -1 = of all leads. `rr`: the number that stands between a mark and the
 * next one, NaN = none. `colour`: one of `COLOURS`. `looks`: what marks of a label have of their own, by label.
 * `edge`: along which edge of the page marks of all leads stand; `order`: layers of a lower one stand nearer to
 * that edge. `emphasis`: the place of a mark that is chosen, -1 = none.
 * @typedef {{
 *   sample: Float64Array, stop?: Float64Array | null, label: Int32Array, labels: string[],
 *   lead?: Int32Array | null, leads?: string[], rr?: Float64Array | null,
 *   colour: string, shape: Shape, looks?: readonly (MarkLook | null)[],
 *   edge?: "top" | "bottom", order?: number, emphasis?: number,
 * }} Layer
 */

/**
 * The marks of one lead, or those of all leads. `reach`: the furthest that this mark or one before it goes to.
 * `emphasis`: a place in it. `apart`: samples from mark to mark in the mean. `rare`: those whose label has a look of its
 * own, which are not to be lost among the others where there are many. `level`: in which lane of the layer a mark stands, null = all
 * in the first one: stretches that overlap stand below each other. `deep`: how many lanes that takes.
 * @typedef {{
 *   sample: Float64Array, stop: Float64Array | null, reach: Float64Array, label: Int32Array, rr: Float64Array | null,
 *   emphasis: number, apart: number, rare: Group | null, level: Uint8Array | null, deep: number,
 * }} Group
 */
/**
 * @typedef {{
 *   labels: string[], looks: { colour: string, shape: Shape }[], edge: "top" | "bottom", lane: number,
 *   all: Group | null, byLead: ReadonlyMap<string, Group>,
 * }} Prepared `looks` by label; one more than there are labels, for marks without one
 */

/** The custom properties `--mark-...` of style.css. `one` to `six` tell classes or sets apart. */
export const COLOURS = Object.freeze([
    "beat", "rare", "set", "note", "right", "wrong", "one", "two", "three", "four", "five", "six",
]);

/** Lanes that one layer takes at the most: of more stretches over each other the last ones share one. */
const DEEPEST = 3;

/** All layers of a picture. */
export class Layers {
    /** @type {Map<string, { order: number, prepared: Prepared }>} */
    #kept = new Map();
    /** Counts whatever changes how they look. */
    revision = 0;
    /** @type {Prepared[]} */
    #drawn = [];

    /** Set a layer, or replace it, or take it away. @param {string} id @param {Layer | null} layer */
    set(id, layer) {
        if (!layer && !this.#kept.has(id)) return;
        if (layer) this.#kept.set(id, { order: layer.order ?? 0, prepared: prepare(layer) });
        else this.#kept.delete(id);
        this.revision++;
        const lanes = { top: 0, bottom: 0 };
        this.#drawn = [...this.#kept.values()]
            .sort((a, b) => a.order - b.order)
            .map(({ prepared }) => {
                const lane = lanes[prepared.edge];
                lanes[prepared.edge] += Math.max(1, ...[prepared.all, ...prepared.byLead.values()].map((group) => group?.deep ?? 1));
                return { ...prepared, lane };
            });
    }

    /** Those to draw, the ones nearest to their edge first. */
    get drawn() {
        return this.#drawn;
    }
}

/**
 * Return a layer as it is drawn: lead by lead.
 * @param {Layer} layer
 * @returns {Prepared}
 */
export function prepare(layer) {
    const { labels, leads = [], lead = null, looks = [], edge = "top" } = layer;
    /** @type {Map<string, Group>} */
    const byLead = new Map();
    /** @type {Group | null} */
    let all = null;
    if (!lead) all = groupOf(layer, null);
    else {
        /** @type {number[][]} */
        const places = leads.map(() => []);
        /** @type {number[]} */
        const common = [];
        lead.forEach((which, i) => (places[which] ?? common).push(i));
        if (common.length) all = groupOf(layer, common);
        places.forEach((of, which) => of.length && byLead.set(leads[which], groupOf(layer, of)));
    }
    const own = [...labels.keys(), labels.length].map((i) => ({
        colour: looks[i]?.colour ?? layer.colour, shape: looks[i]?.shape ?? layer.shape,
    }));
    return { labels, looks: own, edge, lane: 0, all, byLead };
}

/** @param {Layer} layer @param {number[] | null} places null = all @param {boolean} [nested] @returns {Group} */
function groupOf(layer, places, nested = false) {
    const { sample, stop = null, label, rr = null, emphasis = -1, looks = [] } = layer;
    const sub = {
        sample: places ? Float64Array.from(places, (i) => sample[i]) : sample,
        stop: places && stop ? Float64Array.from(places, (i) => stop[i]) : stop,
        label: places ? Int32Array.from(places, (i) => label[i]) : label,
        rr: places && rr ? Float64Array.from(places, (i) => rr[i]) : rr,
        emphasis: places ? places.indexOf(emphasis) : emphasis,
    };
    const reach = new Float64Array(sub.sample.length);
    let furthest = -Infinity;
    for (let i = 0; i < reach.length; i++) {
        furthest = Math.max(furthest, stopAt(sub, i));
        reach[i] = furthest;
    }
    const last = sub.sample.length - 1;
    /** @type {number[]} */
    const rare = [];
    if (!nested && looks.some(Boolean)) {
        for (let i = 0; i <= last; i++) {
            const look = looks[sub.label[i]];
            if (look && look.shape !== "blind") rare.push(places ? places[i] : i);
        }
    }
    const level = levelsOf(sub);
    return {
        ...sub, reach, level, deep: level ? 1 + level.reduce((most, one) => Math.max(most, one), 0) : 1, apart: last > 0 ? (sub.sample[last] - sub.sample[0]) / last : Infinity,
        rare: rare.length && rare.length <= last ? groupOf(layer, rare, true) : null,
    };
}

/**
 * Return the lane of each mark, such that stretches that overlap have lanes of their own; null where none do.
 * @param {Pick<Group, "sample" | "stop">} group
 */
function levelsOf({ sample, stop }) {
    if (!stop) return null;
    const level = new Uint8Array(sample.length);
    const free = new Array(DEEPEST).fill(-Infinity);
    for (let i = 0; i < sample.length; i++) {
        const end = stopAt({ sample, stop }, i);
        if (end <= sample[i]) continue;
        const first = free.findIndex((from) => from <= sample[i]);
        level[i] = first < 0 ? free.indexOf(Math.min(...free)) : first;
        free[level[i]] = Math.max(end, free[level[i]]);
    }
    return level.some(Boolean) ? level : null;
}

/** Where a mark ends; where it is, for a point. @param {Pick<Group, "sample" | "stop">} group @param {number} i */
export function stopAt({ sample, stop }, i) {
    const end = stop ? stop[i] : NaN;
    return end > sample[i] ? end : sample[i];
}

/**
 * Return places [first, last) among which all marks are that touch samples [from, to).
 * @param {Group} group
 * @param {number} from
 * @param {number} to
 */
export function placesIn({ sample, reach }, from, to) {
    return { first: lowerBound(reach, from), last: lowerBound(sample, to) };
}

/**
 * Return the place of the first mark behind place `i` that stands in another column.
 * @param {Group} group
 * @param {number} i
 * @param {number} pxPerSample
 */
export function nextColumn({ sample }, i, pxPerSample) {
    const column = Math.floor(sample[i] * pxPerSample);
    if (i + 1 >= sample.length || Math.floor(sample[i + 1] * pxPerSample) > column) return i + 1;
    // Many in one pixel: searched for, not gone through.
    let [low, high] = [i + 1, sample.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (Math.floor(sample[middle] * pxPerSample) <= column) low = middle + 1;
        else high = middle;
    }
    return low;
}
