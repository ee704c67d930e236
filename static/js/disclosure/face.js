// What the page says of itself: the facts at its head, the axis over the lines, the words of a line.

import { millivoltsPer } from "../signal/calibration.js";
import { DISCLOSURE } from "../texts/disclosure.js";
import { anyPart, write } from "../ui/page.js";
import { gainWords, rangeWords, rateWords, timeWords } from "../ui/words.js";
import { make } from "./row.js";

/** @typedef {{ name: string, unit: string | null, gain: number, baseline: number, kind: string, fs: number }} Lead */
/**
 * @typedef {{
 *   record: string, patient: string, leads: Lead[], fs: number, length: number, start_time: number | null,
 *   zone: string | null, dates_shifted?: boolean, fs_source: string, source: string | null, gaps: Record<string, [number, number][] | null>,
 * }} RecordInfo
 */
/** @typedef {import("./ruling.js").Ruling} Ruling */

/** Whether a lead has a scale in mV. @param {Lead} lead */
export const inVolts = (lead) => lead.kind === "ecg" && millivoltsPer(lead.unit) !== null;

/** @param {RecordInfo} info */
export function showRecord({ patient, record, source, start_time, zone, dates_shifted }) {
    write(anyPart("patient"), patient);
    write(anyPart("record"), record);
    document.title = DISCLOSURE.title(patient, record);
    write(anyPart("fact-source"), source ?? DISCLOSURE.noSource);
    write(anyPart("fact-start"), timeWords(start_time, zone, 0, dates_shifted));
}

/**
 * @param {{
 *   info: RecordInfo, lead: Lead, ruling: Ruling, mmPerS: number, mmPerMv: number, measured: boolean,
 *   range: { low: number, high: number } | null, base: number,
 * }} of
 */
export function showFacts({ info, lead, ruling, mmPerS, mmPerMv, measured, range, base }) {
    const volts = inVolts(lead);
    const display = /** @type {import("../view/geometry.js").Display} */ ({ mode: "calibrated", mmPerMv, measured });
    write(anyPart("fact-lead"), lead.name);
    write(anyPart("fact-speed"), DISCLOSURE.pace(ruling.seconds / 60, mmPerS, measured));
    write(anyPart("fact-gain"), volts ? gainWords(display, true) : rangeWords({ ...lead, range }));
    anyPart("fact-base-line").hidden = base === 0;
    write(anyPart("fact-base"), DISCLOSURE.base(base));
    // What the record says of its rate is said of its ECG leads.
    write(anyPart("fact-rate"), rateWords(lead.fs, lead.fs === info.fs ? info.fs_source : ""));
    write(anyPart("fact-length"), DISCLOSURE.length(ruling.length / ruling.fs, ruling.lines));
}

/** What the lines in sight are drawn from: 0 = samples, else how many are a column. @param {number} each */
export function showDrawn(each) {
    const fact = anyPart("fact-drawn");
    write(fact, each ? DISCLOSURE.envelope(each) : DISCLOSURE.everySample);
    fact.dataset["kind"] = each ? "envelope" : "samples";
}

/**
 * @param {HTMLElement} scale
 * @param {{ seconds: number, step: number, gutter: number, width: number }} axis CSS pixels
 */
export function showAxis(scale, { seconds, step, gutter, width }) {
    const count = Math.round(seconds / step);
    scale.replaceChildren(
        ...Array.from({ length: count + 1 }, (_, i) => {
            const tick = make("span", "axis__tick");
            tick.textContent = DISCLOSURE.tick(i * step);
            tick.style.setProperty("left", `${gutter + (i / count) * width}px`);
            return tick;
        }),
    );
}

/**
 * What is said of a line.
 * @param {RecordInfo} info
 * @param {Lead} lead
 * @param {Ruling} ruling
 * @param {number} line
 */
export function lineWords(info, lead, ruling, line) {
    const { fs } = ruling;
    const { start, stop } = ruling.span(line);
    const from = ruling.edge(line) / fs;
    const holes = (info.gaps[lead.name] ?? []).filter(([low, high]) => low < stop && high > start);
    const missing = holes.reduce((sum, [low, high]) => sum + Math.min(high, stop) - Math.max(low, start), 0);
    return {
        name: DISCLOSURE.line(lead.name, from, stop / fs, DISCLOSURE.holes(holes.length, missing / fs)),
        elapsed: DISCLOSURE.elapsed(from),
        ...DISCLOSURE.clockOf(info, from),
    };
}
