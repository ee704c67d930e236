// What is asked of the thread that filters: one stretch of some leads, with the signal it needs on both sides.

import { designed } from "./design.js";
import { zeroPhase } from "./zerophase.js";

/** @typedef {import("./zerophase.js").Filtered} Filtered */

/**
 * Samples [from, to) of each window are wanted; the rest is what they stand in. `recordEnds`: whether the
 * windows begin and end with the record. `baselines`: stored values that are 0 mV, a lead each.
 * @typedef {{
 *   preset: import("./presets.js").Preset, fs: number, windows: Float64Array[], baselines: number[],
 *   recordEnds: [boolean, boolean], from: number, to: number,
 * }} Job
 */

/** @typedef {{ ask: "filter", id: number, job: Job }} Ask */
/**
 * @typedef {{ say: "able" } | { say: "filtered", id: number, leads: Filtered[] }
 *   | { say: "failed", id: number, why: string }} Say
 */

/**
 * Return what is wanted of one lead of `job`, in memory of its own.
 * @param {Job} job
 * @param {number} lead
 * @returns {Filtered}
 */
export function filteredLead({ preset, fs, windows, baselines, recordEnds, from, to }, lead) {
    const options = { baseline: baselines[lead], recordEnds };
    const { values, settled } = zeroPhase(windows[lead], designed(preset, fs), options);
    return { values: values.slice(from, to), settled: settled.slice(from, to) };
}
