// What a caliper is, where it snaps to, and what it measures. Pure: samples and mV in, numbers out.

/**
 * A point of a caliper: a sample, and a height in mV; null where the lead has no mV or no sample there.
 * @typedef {{ sample: number, mv: number | null }} Mark
 */

/** @typedef {"time" | "amplitude" | "both" | "march" | "qt"} Kind */

/**
 * A caliper: a lead and its marks, two of them, or those of the guide (qt.js) of which some may not be
 * set. `row`: in which row of the picture it was set, where its lead stands in several; null = in none.
 * @typedef {{ id: number, kind: Kind, lead: string, marks: (Mark | null)[], row: number | null }} Caliper
 */

/**
 * Samples of one lead from `start` on, in mV (or, where a lead has none, in any unit); NaN = missing.
 * @typedef {{ start: number, values: Float64Array }} Stretch
 */

/** A run of samples, half open. @typedef {{ start: number, stop: number }} Run */

/** Why there is no number: a key of the texts. @typedef {"gap" | "pending" | "unloaded" | "unscaled" | "same" | "unset" | "order" | "rr" | "qt" | "overlap"} Reason */

/**
 * What lies between two marks. `ms` and `mv` null, and `reason` says why, where there is no number;
 * `bpm` null where there is no time between them. `mv` has a sign: that of the second less the first.
 * @typedef {{ ms: number | null, bpm: number | null, mv: number | null, reason: Reason | null }} Reading
 */

/** Milliseconds of a minute. */
const MINUTE_MS = 60_000;

/** Kinds of two marks, and which of the two numbers each has. @type {Readonly<Record<Exclude<Kind, "qt">, { time: boolean, height: boolean }>>} */
export const MEASURES = Object.freeze({
    time: { time: true, height: false },
    amplitude: { time: false, height: true },
    both: { time: true, height: true },
    march: { time: true, height: false },
});

/** Most calipers at once: a picture with more cannot be read, and a link must stay short. */
export const MOST = 24;

/** @param {number} samples @param {number} fs */
export const msOf = (samples, fs) => (samples * 1000) / fs;

/** Events a minute that are `ms` apart: 60,000 / ms. @param {number} ms */
export const bpmOf = (ms) => MINUTE_MS / ms;

/**
 * Return the mark for a pointer at sample `at` (a float) and height `mv`: the nearest sample in time,
 * so at most half a sample off, and that sample's own value. Where a pixel holds several samples
 * and a height is measured, `reach` (half a pixel, in samples) says among which of them the one nearest to
 * the pointer's height is taken: the peak of a QRS complex is one of many in its column.
 * @param {Stretch | null} stretch null = not at hand: the sample alone is told
 * @param {number} at
 * @param {{ mv: number, reach: number } | null} height null = only a time is measured
 * @returns {Mark}
 */
export function snapped(stretch, at, height) {
    const nearest = Math.max(0, Math.round(at));
    if (!stretch) return { sample: nearest, mv: null };
    let sample = nearest;
    if (height) {
        let off = distance(stretch, nearest, height.mv);
        const last = Math.floor(at + height.reach);
        for (let other = Math.max(0, Math.ceil(at - height.reach)); other <= last; other++) {
            const its = distance(stretch, other, height.mv);
            if (its < off) [sample, off] = [other, its];
        }
    }
    return { sample, mv: valueAt(stretch, sample) };
}

/** @param {Stretch} stretch @param {number} sample @param {number} mv */
function distance(stretch, sample, mv) {
    const value = valueAt(stretch, sample);
    return value === null ? Infinity : Math.abs(value - mv);
}

/**
 * Return a sample's value; null where it is missing or not at hand.
 * @param {Stretch | null} stretch
 * @param {number} sample
 */
export function valueAt(stretch, sample) {
    const value = stretch?.values[sample - stretch.start];
    return value === undefined || Number.isNaN(value) ? null : value;
}

/**
 * Return the runs of missing samples in [from, to], both ends with it; null where not all of them are at hand.
 * @param {Stretch | null} stretch
 * @param {number} from
 * @param {number} to
 * @returns {Run[] | null}
 */
export function holesIn(stretch, from, to) {
    if (!stretch || from < stretch.start || to >= stretch.start + stretch.values.length) return null;
    /** @type {Run[]} */
    const holes = [];
    for (let sample = from; sample <= to; sample++) {
        if (!Number.isNaN(stretch.values[sample - stretch.start])) continue;
        const last = holes.at(-1);
        if (last && last.stop === sample) last.stop++;
        else holes.push({ start: sample, stop: sample + 1 });
    }
    return holes;
}

/**
 * Return whether a missing sample lies between two, or is one of them.
 * @param {readonly Run[]} holes
 * @param {number} one
 * @param {number} other
 */
export function broken(holes, one, other) {
    const [from, to] = one < other ? [one, other] : [other, one];
    return holes.some(({ start, stop }) => start <= to && stop > from);
}

/**
 * Return what lies between the two marks of a caliper. Nothing is measured across a gap: how long a recorder
 * was off, or where the trace went meanwhile, is not in the samples.
 * @param {Pick<Caliper, "kind" | "marks">} caliper
 * @param {number} fs
 * @param {readonly Run[] | "pending" | "unloaded"} holes those between its marks, or why nobody knows them
 * @returns {Reading}
 */
export function readingOf({ kind, marks }, fs, holes) {
    const [one, other] = marks;
    /** @param {Reason} reason @returns {Reading} */
    const none = (reason) => ({ ms: null, bpm: null, mv: null, reason });
    if (kind === "qt" || !one || !other) return none("unset");
    const { time, height } = MEASURES[kind];
    if (typeof holes === "string") return none(holes);
    if (broken(holes, one.sample, other.sample)) return none("gap");
    const ms = time ? msOf(Math.abs(other.sample - one.sample), fs) : null;
    const mv = height && one.mv !== null && other.mv !== null ? other.mv - one.mv : null;
    if (height && mv === null && !ms) return none("unscaled");
    if (ms === 0 && mv === null) return none("same");
    return { ms, bpm: ms ? bpmOf(ms) : null, mv, reason: null };
}
