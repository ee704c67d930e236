// The calipers of a view as the server draws them on a page. Pure.

import { msWords } from "../measure/words.js";
import { KINDS, MEASURE } from "../texts/measure.js";

/** @typedef {import("../measure/words.js").Measured} Measured */
/** What the server draws: from sample to sample of a lead. @typedef {{ lead: string, from: number, to: number, fromMv?: number, toMv?: number, text: string }} Drawn */

// What the server takes (ecgstream/archive/ordering.py).
const MOST = 50;
const TEXT_MOST = 200;

/**
 * Return what of the calipers is in sight, as the server draws it, and how many calipers are left out: those out of
 * sight, and those that measure nothing. A page would give these a number that the view refuses.
 * @param {{ start: number, stop: number, measured: Measured[] }} view
 * @returns {{ drawn: Drawn[], left: number }}
 */
export function measuredFor({ start, stop, measured }) {
    /** @type {Drawn[]} */
    const drawn = [];
    let left = 0;
    for (const one of measured) {
        const seen = intervalsOf(one).filter(({ from, to }) => Math.min(from, to) < stop && Math.max(from, to) >= start);
        if (!seen.length || drawn.length + seen.length > MOST) left++;
        else drawn.push(...seen.map((interval) => ({ ...interval, text: interval.text.slice(0, TEXT_MOST) })));
    }
    return { drawn, left };
}

/** @param {Measured} measured @returns {Drawn[]} */
function intervalsOf({ caliper, fs, reading, beat }) {
    const { lead, kind } = caliper;
    if (beat) {
        const qtc = beat.qtc.map(({ formula, ms }) => `${formula.name} ${MEASURE.ms(msWords(ms, fs))}`).join(", ");
        return [beat.pr, beat.qrs, beat.qt, beat.rr].flatMap(({ name, from, to, ms }) =>
            from === null || to === null || ms === null
                ? []
                : [{ lead, from, to, text: name === "QT" && qtc ? `${name}; QTc ${qtc}` : name }],
        );
    }
    const [one, other] = caliper.marks;
    if (!one || !other || !reading || reading.reason !== null) return [];
    const heights = reading.mv !== null && one.mv !== null && other.mv !== null ? { fromMv: one.mv, toMv: other.mv } : {};
    return [{ lead, from: one.sample, to: other.sample, ...heights, text: KINDS[kind] }];
}
