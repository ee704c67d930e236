// Annotations of a session: written down as the server tells of them, and drawn as they stood.

import { standing } from "./log.js";

/** @typedef {import("./log.js").Mark} Mark */
/** @typedef {import("./log.js").MarkEvent} MarkEvent */

/** Behind all other layers: they are of now. */
const ORDER = 90;

/**
 * Return what the server tells of an annotation, for a log; null where somebody else changed it.
 * @param {Record<string, unknown>} told (docs/protocol.md, `annotation`)
 * @param {{ author: string, fs: number }} of `fs`: what its samples count
 * @returns {Mark | null}
 */
export function markOf(told, { author, fs }) {
    const { id, version, sample, stop, lead, symbol, aux_note: text, deleted, changed_by: by } = told;
    if (by !== author || typeof sample !== "number") return null;
    return {
        change: deleted ? "removed" : version === 1 ? "added" : "changed",
        id: String(id), fs, sample,
        stop: typeof stop === "number" ? stop : null,
        lead: typeof lead === "string" ? lead : null,
        symbol: String(symbol ?? ""),
        text: String(text ?? ""),
    };
}

/**
 * Return the layer of the annotations that stood after `marks`; null where there are none.
 * @param {readonly MarkEvent[]} marks
 * @param {number} fs the rate that is shown
 * @returns {import("../view/layers.js").Layer | null}
 */
export function layerOf(marks, fs) {
    const all = standing(marks);
    if (!all.length) return null;
    const leads = [...new Set(all.flatMap(({ lead }) => lead ?? []))];
    return {
        sample: Float64Array.from(all, (mark) => (mark.sample * fs) / mark.fs),
        stop: Float64Array.from(all, (mark) => (mark.stop === null ? NaN : (mark.stop * fs) / mark.fs)),
        label: Int32Array.from(all, (_, i) => i),
        labels: all.map(({ symbol, text }) => [symbol, text].filter(Boolean).join(" ")),
        lead: Int32Array.from(all, ({ lead }) => (lead === null ? -1 : leads.indexOf(lead))),
        leads, colour: "four", shape: "diamond", edge: "bottom", order: ORDER,
    };
}
