// What of a view is ordered as a file, and in what the file is not as the view. Pure.

import { isOn, written } from "../filter/presets.js";
import { measuredFor } from "./calipers.js";
import { timesWords } from "./contents.js";
import { SHARE } from "../texts/share.js";
import { SHEETS, VIEW } from "../texts/view.js";
import { positionWords } from "../ui/words.js";
import { hasColumns } from "../view/sheets.js";

/** @typedef {import("../messages.js").Layout} Layout */
/** @typedef {import("../view/geometry.js").Display} Display */
/** @typedef {"pdf" | "png" | "csv" | "parquet" | "wfdb" | "edf"} Format */
/**
 * What is in sight: samples [start, stop) of a record, at the rate of its leads.
 * @typedef {{
 *   record: string, start: number, stop: number, length: number, layout: Pick<Layout, "cells" | "leads" | "stored" | "drawn" | "filtered" | "fs">,
 *   display: Pick<Display, "mode" | "mmPerS" | "mmPerMv" | "sheet" | "times" | "filter">,
 *   measured: import("../measure/words.js").Measured[],
 * }} View
 */
/** `sets`: names of the annotations to go with it. @typedef {{ format: Format, paper: string, speed: number, gain: number, sets: string[] }} Choice */

/** @type {readonly Format[]} */
export const FORMATS = Object.freeze(["pdf", "png", "csv", "parquet", "wfdb", "edf"]);

// What the server makes pages of (ecgstream/formats/pdf_sheet.py).
export const PDF_SPEEDS = Object.freeze([12.5, 25, 50]);
export const PDF_GAINS = Object.freeze([2.5, 5, 10, 20]);
/** What a row of trace is long. */
const TRACE_MM = 250;
/** Strips of a rhythm page. */
const RHYTHM_MOST = 3;
const RHYTHM = ["II", "V1", "V5"];

/**
 * Return the samples [start, stop) in sight.
 * @param {{ start: number, windowS: number }} sight
 * @param {number} fs
 * @param {number} length of the record
 */
export function samplesIn({ start, windowS }, fs, length) {
    // What was asked for in seconds is a hair off a whole sample.
    const first = Math.min(length, Math.max(0, Math.round(start)));
    const stop = Math.min(length, Math.max(first, Math.round(start + windowS * fs)));
    return { start: first, stop };
}

/** The nearest of some scales, as the eye has it: by ratio. @param {readonly number[]} all @param {number} wished */
export const nearest = (all, wished) =>
    all.reduce((best, one) => (Math.abs(Math.log(one / wished)) < Math.abs(Math.log(best / wished)) ? one : best));

/** The scales of a page that is as the view. @param {View["display"]} display */
export const scalesFor = ({ mode, mmPerS, mmPerMv }) => ({
    speed: mode === "calibrated" ? nearest(PDF_SPEEDS, mmPerS) : 25,
    gain: nearest(PDF_GAINS, mmPerMv),
});

/**
 * Return the layout of a page that is as the view, as the server names it.
 * @param {View} view
 * @returns {{ layout: string, rhythm: string[] }}
 */
export function layoutFor({ display: { sheet }, layout: { cells, leads } }) {
    if (sheet.startsWith("rhythm")) {
        const rhythm = cells.map(({ lead }) => leads[lead].name);
        // A record without any of these is shown in rows.
        const strips = rhythm.length <= RHYTHM_MOST && rhythm.every((name) => RHYTHM.includes(name));
        return strips ? { layout: "rhythm", rhythm } : { layout: "leads", rhythm: [] };
    }
    if (sheet === "rows") return { layout: "leads", rhythm: [] };
    const strips = sheet.startsWith("3x4") ? Number(sheet[4]) : 0;
    return { layout: sheet, rhythm: RHYTHM.slice(0, strips) };
}

/**
 * Return where a file ends. A page in columns is whole ones: the last columns of a shorter one would be
 * empty, and leads that are in sight not on it.
 * @param {View} view
 * @param {Pick<Choice, "format" | "speed">} choice
 */
export function stopFor({ start, stop, length, layout: { fs }, display: { sheet } }, { format, speed }) {
    if (format !== "pdf" || !hasColumns(sheet)) return stop;
    const page = (TRACE_MM / speed) * fs;
    // What was asked for in seconds is a hair off a whole page.
    return Math.min(length, start + Math.round(Math.ceil((stop - start) / page - 1e-6) * page));
}

/**
 * Return the address of the file on the server.
 * @param {View} view
 * @param {Choice} choice any format but `png`
 */
export function addressOf(view, { format, paper, speed, gain, sets }) {
    const { record, start, layout, display } = view;
    const stop = stopFor(view, { format, speed });
    const query = new URLSearchParams({ format, start: String(start), stop: String(stop) });
    // Each by itself: a name may hold a comma.
    for (const name of layout.stored) query.append("leads", name);
    if (sets.length) query.set("annotations", sets.join(","));
    if (format === "pdf") {
        const { layout: sheet, rhythm } = layoutFor(view);
        query.set("layout", sheet);
        if (rhythm.length) query.set("rhythm", rhythm.join(","));
        query.set("paper", paper);
        query.set("speed", String(speed));
        query.set("gain", String(gain));
        if (isOn(display.filter)) query.set("filter", written(display.filter));
        const { drawn } = measuredFor(view);
        if (drawn.length) query.set("caliper", JSON.stringify(drawn));
    }
    return `/api/v1/records/${encodeURIComponent(record)}/export?${query}`;
}

/**
 * Return what is to be known of a file before it is made: above all, in what it is not as the view.
 * @param {View} view
 * @param {Choice} choice
 * @returns {string[]}
 */
export function remarksOn(view, choice) {
    const times = timesWords(view.display.times);
    const { filter } = view.display;
    const on = isOn(filter) ? VIEW.filter(filter) : "";
    if (choice.format === "pdf") return pageRemarks(view, choice, times, on);
    if (choice.format === "png") {
        return those([
            on && view.layout.filtered ? SHARE.filteredPng(on) : SHARE.unfiltered,
            times && SHARE.timesPng(times),
            view.layout.drawn !== "samples" && SHARE.envelopePng,
        ]);
    }
    const derived = view.layout.leads.filter((lead) => lead.derived).map(({ name }) => name).join(", ");
    return those([
        on ? SHARE.asStoredThough(on) : SHARE.asStored,
        times && SHARE.timesSamples(times),
        derived && SHARE.derived(derived),
        view.measured.length > 0 && SHARE.calipersNot,
    ]);
}

/** What there is to say. @param {(string | false)[]} all */
const those = (all) => all.flatMap((one) => (one ? [one] : []));

/** @param {View} view @param {Choice} choice @param {string} times @param {string} on */
function pageRemarks(view, choice, times, on) {
    const { speed, gain } = choice;
    const { mode, mmPerS, mmPerMv, sheet } = view.display;
    const { layout, rhythm } = layoutFor(view);
    const { drawn, left } = measuredFor(view);
    const stop = stopFor(view, choice);
    const said = layout === "leads" ? SHARE.leadsLayout : layout === "rhythm" ? SHARE.rhythmLayout(rhythm.join(", ")) : SHEETS[sheet];
    return those([
        SHARE.layout(said),
        stop > view.stop && SHARE.wholePage(positionWords(stop / view.layout.fs, true)),
        mode === "fit" ? SHARE.fitSpeed(speed) : mmPerS !== speed && SHARE.otherSpeed(mmPerS, speed),
        mmPerMv !== gain && SHARE.otherGain(mmPerMv, gain),
        !on ? SHARE.unfiltered : view.layout.filtered ? SHARE.filtered(on) : SHARE.filteredThere(on),
        view.layout.drawn !== "samples" && SHARE.everySample,
        times && SHARE.timesPdf(times),
        drawn.length > 0 && SHARE.calipersIn(drawn.length),
        left > 0 && SHARE.calipersOut(left),
    ]);
}

/**
 * Return a good name for a picture, as the server names its files.
 * @param {Pick<View, "record" | "start" | "stop">} view
 */
export const pictureName = ({ record, start, stop }) =>
    `${record.replaceAll(/[^A-Za-z0-9._-]/g, "-")}_${start}-${stop}.png`;
