// Measurements in words: beside a caliper, in the table, in what is copied. Pure; the words are in texts/.

import { timeWords } from "../ui/words.js";
import { VIEW } from "../texts/view.js";
import { KINDS, MARKS, MEASURE, REASONS, SOURCES } from "../texts/measure.js";
import { MEASURES, msOf } from "./calipers.js";
import { STEPS } from "./qt.js";

/** @typedef {import("./calipers.js").Caliper} Caliper */
/** @typedef {import("./calipers.js").Reading} Reading */
/** @typedef {import("./qt.js").Beat} Beat */
/** @typedef {import("./qt.js").Interval} Interval */

/**
 * A caliper and what it says: `reading` of two marks, `beat` of the guide; one of them is null.
 * `drawn`: how its lead was drawn last, which its heights are of; null = never yet. `filter` empty = as stored, `times` as the
 * picture has it.
 * @typedef {{ drawn: { filter: string, times: number } | null, caliper: Caliper, number: number, fs: number, reading: Reading | null, beat: Beat | null }} Measured
 */

/** What stands in the copied text of the record. @typedef {{ record: string, patient: string | null, startTime: number | null, zone: string | null, shifted: boolean }} Subject */

/**
 * Milliseconds as shown: whole ones, or to the digit that a sample is not finer than.
 * @param {number} ms
 * @param {number} fs
 */
const msWords = (ms, fs) => ms.toFixed(fs > 1000 ? 1 : 0);

/** @param {number} bpm whole above 10, else with a tenth */
const bpmWords = (bpm) => bpm.toFixed(bpm < 10 ? 1 : 0);

/** Intervals that are told as a rate, in ms: 400 to 10 a minute. A QRS complex of 90 ms is not "667 bpm". */
const RATES = Object.freeze({ least: 150, most: 6000 });

/** @param {number | null} ms */
const asRate = (ms) => ms !== null && ms >= RATES.least && ms <= RATES.most;

/** @param {number} mv with its sign and `digits` decimals */
export function mvWords(mv, digits = 2) {
    const words = Math.abs(mv).toFixed(digits);
    if (Number(words) === 0) return words;
    return `${mv < 0 ? "\u2212" : "+"}${words}`;
}

/** A place in the record to the millisecond: `0:00:10.120`. @param {number} sample @param {number} fs */
export function placeWords(sample, fs) {
    const all = Math.round(msOf(sample, fs));
    const s = Math.floor(all / 1000);
    const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    const ms = String(all % 1000).padStart(3, "0");
    return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${ms}`;
}

/**
 * Return the lines that stand beside a caliper.
 * @param {Measured} measured
 * @returns {string[]}
 */
export function labelLines({ fs, reading, beat }) {
    if (beat) return beatLines(beat, fs);
    if (!reading) return [];
    if (reading.reason) return [REASONS[reading.reason]];
    const { ms, bpm, mv } = reading;
    const time = ms === null ? [] : [[MEASURE.ms(msWords(ms, fs)), ...(bpm !== null && asRate(ms) ? [MEASURE.bpm(bpmWords(bpm))] : [])].join(" \u00b7 ")];
    return [...time, ...(mv === null ? [] : [MEASURE.mv(mvWords(mv))])];
}

/** @param {Beat} beat @param {number} fs */
function beatLines({ pr, qrs, qt, rr, bpm, qtc, reason }, fs) {
    const said = (/** @type {Interval} */ { name, ms }) => (ms === null ? [] : [`${name} ${msWords(ms, fs)}`]);
    const intervals = [pr, qrs, qt].flatMap(said).join(" \u00b7 ");
    const lines = intervals ? [MEASURE.ms(intervals)] : [];
    // A reason is told where both marks are set, or the line would be full of what is still to come.
    for (const { name, reason: why } of [pr, qrs, qt, rr]) {
        if (why && why !== "unset") lines.push(`${name}: ${REASONS[why]}`);
    }
    if (rr.ms !== null && bpm !== null) lines.push(`RR ${MEASURE.ms(msWords(rr.ms, fs))} \u00b7 ${MEASURE.bpm(bpmWords(bpm))}`);
    if (qtc.length) {
        lines.push(MEASURE.ms(`QTc ${qtc.map(({ formula, ms }) => `${formula.short.slice(3)} ${msWords(ms, fs)}`).join(" \u00b7 ")}`));
    } else if (reason === "qt" || reason === "overlap") lines.push(`QTc: ${REASONS[reason]}`);
    return lines;
}

/** The same in one line, for those who hear it. @param {Measured} measured */
export const spokenWords = (measured) => labelLines(measured).join(", ").replaceAll(" \u00b7 ", ", ") || MEASURE.none;

/**
 * A row of the table. `how`: the formula, and which RR.
 * @typedef {{ what: string, value: string, how: string }} Row
 */

/**
 * Return what is told of a caliper in the table.
 * @param {Measured} measured
 * @returns {Row[]}
 */
export function tableRows(measured) {
    const { caliper, fs, beat } = measured;
    if (!beat) return [{ what: KINDS[caliper.kind], value: labelLines(measured).join(" \u00b7 "), how: "" }];
    const { pr, qrs, qt, rr, bpm, source, qtc, reason } = beat;
    /** @type {Row[]} */
    const rows = [pr, qrs, qt, rr].map(({ name, ms, reason: why }) => ({
        what: name,
        value: ms === null ? REASONS[why ?? "unset"] : MEASURE.ms(msWords(ms, fs)),
        how: name === "RR" && bpm !== null && source ? `${MEASURE.bpm(bpmWords(bpm))}, ${SOURCES[source]}` : "",
    }));
    for (const { formula, ms } of qtc) {
        rows.push({ what: `QTc ${formula.name}`, value: MEASURE.ms(msWords(ms, fs)), how: formula.formula });
    }
    if (reason) rows.push({ what: "QTc", value: REASONS[reason], how: "" });
    return rows;
}

/** @param {number} from @param {number} to @param {number} fs */
const spanOf = (from, to, fs) =>
    `${MEASURE.fromTo(placeWords(from, fs), placeWords(to, fs))} (${MEASURE.samples(from, to)})`;

/**
 * Return the text that is copied.
 * @param {Subject} subject
 * @param {readonly Measured[]} all
 */
export function copyWords({ record, patient, startTime, zone, shifted }, all) {
    const head = [MEASURE.title(record), ...(patient === null ? [] : [MEASURE.patient(patient)])];
    const blocks = all.map((measured) => {
        const { caliper, number, fs, drawn } = measured;
        const { kind, lead, marks } = caliper;
        const rate = String(Number(fs.toPrecision(6)));
        const first = Math.min(...marks.flatMap((mark) => (mark ? [mark.sample] : [])));
        return [
            `${number}. ${KINDS[kind]}, ${MEASURE.lead(lead, rate, String(Number(msOf(1, fs).toPrecision(2))))}`,
            MEASURE.at(timeWords(startTime, zone, first / fs, shifted)),
            ...(drawn ? [MEASURE.filter(drawn.filter || VIEW.asStored)] : []),
            ...(drawn && drawn.times !== 1 ? [MEASURE.drawn(drawn.times, lead)] : []),
            ...copiedLines(measured),
        ].join("\n   ");
    });
    return [head.join("\n"), ...blocks, MEASURE.notForDiagnosis].join("\n\n");
}

/** @param {Measured} measured @returns {string[]} */
function copiedLines(measured) {
    const { caliper, fs, reading, beat } = measured;
    if (beat) return copiedBeat(beat, fs);
    const [one, other] = caliper.marks;
    if (!reading || !one || !other) return [];
    const span = spanOf(one.sample, other.sample, fs);
    if (reading.reason) return [span, MEASURE.notMeasured(REASONS[reading.reason])];
    const { ms, bpm, mv } = reading;
    const lines = [span];
    if (ms !== null) {
        const exact = ms.toFixed(1);
        lines.push(MEASURE.ms(exact));
        if (bpm !== null && asRate(ms)) lines.push(MEASURE.bpmFormula(bpm.toFixed(1), exact));
        if (caliper.kind === "march") lines.push(MEASURE.marched);
    }
    if (mv !== null && one.mv !== null && other.mv !== null) {
        lines.push(`${MEASURE.mv(mvWords(mv, 3))} (${MEASURE.fromTo(mvWords(one.mv, 3), MEASURE.mv(mvWords(other.mv, 3)))})`);
    }
    return lines;
}

/** @param {Beat} beat @param {number} fs */
function copiedBeat({ pr, qrs, qt, rr, bpm, source, qtc, reason }, fs) {
    const lines = [pr, qrs, qt, rr].map(({ name, from, to, ms, reason: why }) => {
        if (ms === null || from === null || to === null) return `${name} ${MEASURE.notMeasured(REASONS[why ?? "unset"])}`;
        const what = `${name} ${MEASURE.ms(ms.toFixed(1))}: ${spanOf(from, to, fs)}`;
        if (name !== "RR" || bpm === null || !source) return what;
        return `${what}, ${MEASURE.bpm(bpm.toFixed(1))}, ${SOURCES[source]}`;
    });
    for (const { formula, ms } of qtc) {
        const { qtMs, rrMs } = { qtMs: qt.ms?.toFixed(1), rrMs: rr.ms?.toFixed(1) };
        lines.push(MEASURE.qtcBy(formula.name, ms.toFixed(1), formula.formula, String(qtMs), String(rrMs)));
    }
    if (reason) lines.push(`QTc ${MEASURE.notMeasured(REASONS[reason])}`);
    return lines;
}

/** Names of the marks of a caliper. @param {Caliper} caliper @param {number} index */
export function markName({ kind, marks }, index) {
    if (kind === "qt") return MARKS[STEPS[index]].name;
    const { time } = MEASURES[kind];
    if (!time) return MEASURE.levels[index];
    // The end of a time is the later one, whichever was set first.
    const [one, other] = marks;
    const turned = one && other && one.sample > other.sample;
    return MEASURE.ends[turned ? 1 - index : index];
}

/** The letter at a mark in the picture; empty for a caliper of two marks. @param {Caliper} caliper @param {number} index */
export const markLetter = ({ kind }, index) => (kind === "qt" ? MARKS[STEPS[index]].letter : "");

/** One caliper, or one interval of the guide, for a page on paper. @typedef {{ lead: string, from: number, to: number, fromMv: number | null, toMv: number | null, text: string }} OnPage */

/**
 * Return what a page on paper needs to draw the calipers: each interval of the guide is one of them. What measures
 * nothing is left out, for a page writes milliseconds beside whatever it draws.
 * @param {readonly Measured[]} all
 * @returns {OnPage[]}
 */
export function forPage(all) {
    return all.flatMap((measured) => {
        const { caliper, fs, beat, reading } = measured;
        const { lead, marks, kind } = caliper;
        if (!beat) {
            const [one, other] = marks;
            if (!one || !other || !reading || reading.reason) return [];
            const text = labelLines(measured).join(" \u00b7 ");
            const height = kind !== "qt" && MEASURES[kind].height;
            return [{
                lead, from: one.sample, to: other.sample, fromMv: height ? one.mv : null, toMv: height ? other.mv : null,
                text: kind === "march" ? `${KINDS.march} ${text}` : text,
            }];
        }
        const { pr, qrs, qt, rr, qtc } = beat;
        return [pr, qrs, qt, rr].flatMap(({ name, from, to, ms }) => {
            if (from === null || to === null || ms === null) return [];
            const value = MEASURE.ms(msWords(ms, fs));
            const corrected = name === "QT" ? qtc.map((one) => `QTc ${one.formula.name} ${MEASURE.ms(msWords(one.ms, fs))}`) : [];
            return [{ lead, from, to, fromMv: null, toMv: null, text: [`${name} ${value}`, ...corrected].join(" \u00b7 ") }];
        });
    });
}
