// PR, QRS, QT and the corrected QT: the marks of the guide, the formulas, and when there is no number.

import { bpmOf, broken, msOf } from "./calipers.js";

/** @typedef {import("./calipers.js").Mark} Mark */
/** @typedef {import("./calipers.js").Reason} Reason */
/** @typedef {import("./calipers.js").Run} Run */

/**
 * The marks of the guide in the order in which they are asked for. R waves: any two that follow each other,
 * rightly the one before the beat measured and its own.
 */
export const STEPS = Object.freeze(/** @type {const} */ (["p", "q", "j", "t", "r1", "r2"]));

/** @typedef {typeof STEPS[number]} Step */

/** A beat without a P wave (atrial fibrillation) has no PR: this mark may be left out. */
export const OPTIONAL = 0;

/**
 * Milliseconds that are taken for an RR and a QT. Outside of these nobody measured one: 0.8 is seconds,
 * 75 is beats a minute. RR: 300 to 20 a minute; QT: shorter than any short-QT syndrome's, longer than any
 * torsades were seen at.
 */
const RR_MS = Object.freeze({ least: 200, most: 3000 });
const QT_MS = Object.freeze({ least: 100, most: 1000 });

/**
 * @typedef {{
 *   name: string, short: string, formula: string, of: (qtMs: number, rrMs: number) => number,
 * }} Formula
 * `of`: QT and RR in ms to QTc in ms.
 */

/**
 * - Bazett: QT / sqrt(RR), RR in seconds. H. C. Bazett, Heart 1920;7:353-370, in the form of L. M. Taran and
 *   N. Szilagyi, Am Heart J 1947;33:14-26.
 * - Fridericia: QT / cbrt(RR), RR in seconds. L. S. Fridericia, Acta Med Scand 1920;53:469-486.
 * - Framingham: QT + 0.154 (1 - RR), all in seconds. A. Sagie et al., Am J Cardiol 1992;70:797-801.
 * - Hodges: QT + 1.75 (rate - 60), QT in ms. M. Hodges, D. Salerno, D. Erlien, J Am Coll Cardiol 1983;1:694.
 *
 * That linear ones are to be preferred, and the formula to be named: P. M. Rautaharju et al., AHA/ACCF/HRS
 * recommendations part IV, Circulation 2009;119:e241-e250.
 * @type {readonly Formula[]}
 */
export const FORMULAS = Object.freeze([
    { name: "Bazett", short: "QTcB", formula: "QT / \u221a(RR / 1 s)", of: (qt, rr) => qt / Math.sqrt(rr / 1000) },
    { name: "Fridericia", short: "QTcF", formula: "QT / \u221b(RR / 1 s)", of: (qt, rr) => qt / Math.cbrt(rr / 1000) },
    {
        name: "Framingham",
        short: "QTcFr",
        formula: "QT + 154 ms \u00d7 (1 \u2212 RR / 1 s)",
        of: (qt, rr) => qt + 154 * (1 - rr / 1000),
    },
    {
        name: "Hodges",
        short: "QTcH",
        formula: "QT + 1.75 ms \u00d7 (rate / bpm \u2212 60)",
        of: (qt, rr) => qt + 1.75 * (bpmOf(rr) - 60),
    },
]);

/**
 * Return why a QT cannot be corrected with this RR, both in ms; null where it can. A number in another unit
 * lies outside of what there is, and is refused.
 * @param {number} qtMs
 * @param {number} rrMs
 * @returns {Reason | null}
 */
export function impossible(qtMs, rrMs) {
    if (!within(rrMs, RR_MS)) return "rr";
    if (!within(qtMs, QT_MS)) return "qt";
    return qtMs >= rrMs ? "overlap" : null;
}

/** @param {number} ms NaN is not within @param {{ least: number, most: number }} limits */
const within = (ms, { least, most }) => ms >= least && ms <= most;

/**
 * Return the QTc by a formula, in ms.
 * @param {Formula} formula
 * @param {number} qtMs
 * @param {number} rrMs
 * @throws {RangeError} where `impossible` says so
 */
export function corrected(formula, qtMs, rrMs) {
    const why = impossible(qtMs, rrMs);
    if (why) throw new RangeError(`no QTc of QT ${qtMs} ms and RR ${rrMs} ms: ${why}`);
    return formula.of(qtMs, rrMs);
}

/** @typedef {"PR" | "QRS" | "QT" | "RR"} IntervalName */

/**
 * One interval: from a sample to another, null where a mark is not set; in ms, or the reason why not.
 * @typedef {{ name: IntervalName, from: number | null, to: number | null, ms: number | null, reason: Reason | null }} Interval
 */

/** Which R waves the RR is between. @typedef {"before" | "after" | "elsewhere"} Source */

/**
 * `qtc` is empty, and `reason` says why, where a QT is not to be corrected; `source` is null without an RR.
 * @typedef {{
 *   pr: Interval, qrs: Interval, qt: Interval, rr: Interval, bpm: number | null, source: Source | null,
 *   qtc: { formula: Formula, ms: number }[], reason: Reason | null,
 * }} Beat
 */

/**
 * Return what the marks of the guide say.
 * @param {readonly (Mark | null)[]} marks in the order of `STEPS`
 * @param {number} fs
 * @param {readonly Run[] | "pending" | "unloaded"} holes missing samples between the first and the last mark
 * @returns {Beat}
 */
export function beatOf(marks, fs, holes) {
    const [p, q, j, t, r1, r2] = STEPS.map((_, i) => marks[i]?.sample ?? null);
    /** @param {IntervalName} name @param {number | null} from @param {number | null} to @returns {Interval} */
    const between = (name, from, to) => {
        /** @param {Reason} reason @returns {Interval} */
        const none = (reason) => ({ name, from, to, ms: null, reason });
        if (from === null || to === null) return none("unset");
        if (typeof holes === "string") return none(holes);
        if (from >= to) return none("order");
        if (broken(holes, from, to)) return none("gap");
        return { name, from, to, ms: msOf(to - from, fs), reason: null };
    };
    const pr = between("PR", p, q);
    const qrs = between("QRS", q, j);
    // The T wave ends after the J point, or one of the two marks is wrong.
    let qt = between("QT", q, t);
    if (qt.ms !== null && j !== null && t !== null && t <= j) qt = { ...qt, ms: null, reason: "order" };
    const [first, second] = r1 !== null && r2 !== null && r2 < r1 ? [r2, r1] : [r1, r2];
    let rr = between("RR", first, second);
    if (rr.ms !== null && !within(rr.ms, RR_MS)) rr = { ...rr, ms: null, reason: "rr" };
    const why = qt.reason ?? rr.reason ?? impossible(qt.ms ?? NaN, rr.ms ?? NaN);
    return {
        pr, qrs, qt, rr,
        bpm: rr.ms === null ? null : bpmOf(rr.ms),
        source: rr.ms === null ? null : sourceOf(rr, q, j),
        qtc: why ? [] : FORMULAS.map((formula) => ({ formula, ms: corrected(formula, qt.ms ?? NaN, rr.ms ?? NaN) })),
        reason: why,
    };
}

/**
 * Return whether the RR is that before the beat measured, which its QT depends on, or another one.
 * @param {Interval} rr
 * @param {number | null} q
 * @param {number | null} j
 * @returns {Source}
 */
function sourceOf({ from, to }, q, j) {
    /** @param {number | null} sample */
    const ofBeat = (sample) => sample !== null && q !== null && j !== null && sample >= q && sample <= j;
    if (ofBeat(to)) return "before";
    return ofBeat(from) ? "after" : "elsewhere";
}

/** Milliseconds from the onset of the QRS to each mark, of a beat as it mostly is: where the guide begins. */
const USUAL_MS = Object.freeze({ p: -160, q: 0, j: 90, t: 390, r1: -760, r2: 40 });

/**
 * Return where a mark that is not set may lie, by those that are: where its handle begins when it is set by
 * key. Null where none is set.
 * @param {readonly (Mark | null)[]} marks
 * @param {number} step
 * @param {number} fs
 */
export function guessed(marks, step, fs) {
    const known = marks.findLastIndex((mark) => mark !== null);
    const mark = marks[known];
    if (!mark) return null;
    const ms = USUAL_MS[STEPS[step]] - USUAL_MS[STEPS[known]];
    return Math.max(0, Math.round(mark.sample + (ms * fs) / 1000));
}
