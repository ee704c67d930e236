// Which annotation is meant by a place in the picture, and how annotations become marks on it. Pure.

import { classOf, lookOf } from "../signal/markings.js";
import { isRhythm } from "../signal/marks.js";
import { rhythmName } from "../texts/annotations.js";

/** @typedef {import("./book.js").Shown} Shown */
/** @typedef {import("./note.js").Note} Note */
/** @typedef {import("../view/layers.js").Layer} Layer */

/** What a mark says beside its words while it is not saved, and where it was not. */
const PENDING = "\u2026";
const TROUBLE = "\u26a0";

/**
 * Return the annotation at a place: of those of the lead, or of all leads, the one of which a side is nearest.
 * @template {Note} N
 * @param {readonly N[]} notes
 * @param {{ sample: number, lead: string | null }} at `lead` null = of any
 * @param {number} reach in samples
 * @returns {N | null}
 */
export function noteAt(notes, { sample, lead }, reach) {
    /** @type {N | null} */
    let best = null;
    let nearest = reach;
    for (const note of notes) {
        if (lead !== null && note.lead !== null && note.lead !== lead) continue;
        const away = Math.min(Math.abs(note.sample - sample), note.stop === null ? Infinity : Math.abs(note.stop - sample));
        // Of several at one place the one that is painted last.
        if (away <= nearest) [best, nearest] = [note, away];
    }
    return best;
}

/** What stands beside a mark: a beat says what it is by its letter, of others the text says more. @param {Note} note */
export function markText({ symbol, aux_note, tags }) {
    const text = (isRhythm(symbol) ? rhythmName(aux_note) : aux_note) || tags.map((tag) => `#${tag}`).join(" ");
    return text && classOf(symbol) === null ? text : [symbol, text].filter(Boolean).join(" ");
}

/**
 * Return the annotations of a set as a layer of marks.
 * @param {readonly Shown[]} notes sorted by sample
 * @param {{ by: number, colour: string, order: number, chosen: string | null }} how `by`: samples of the rate that is shown to one of
 *   the record's; `chosen`: an id
 * @returns {Layer}
 */
export function noteLayer(notes, { by, colour, order, chosen }) {
    /** @type {Map<string, number>} */
    const known = new Map();
    /** @type {string[]} */
    const leads = [];
    /** @type {(import("../view/layers.js").MarkLook | null)[]} */
    const looks = [];
    const placed = notes.filter(({ deleted }) => !deleted);
    const label = Int32Array.from(placed, (note) => {
        const sign = note.conflict || note.away ? TROUBLE : note.pending ? PENDING : "";
        const words = [markText(note), sign].filter(Boolean).join(" ");
        const key = `${note.symbol}\n${words}`;
        const at = known.get(key) ?? known.size;
        if (at === known.size) {
            known.set(key, at);
            looks.push(lookOf(note.symbol));
        }
        return at;
    });
    const lead = Int32Array.from(placed, (note) => {
        if (note.lead === null) return -1;
        if (!leads.includes(note.lead)) leads.push(note.lead);
        return leads.indexOf(note.lead);
    });
    return {
        sample: Float64Array.from(placed, ({ sample }) => Math.round(sample * by)),
        stop: Float64Array.from(placed, ({ stop }) => (stop === null ? NaN : Math.round(stop * by))),
        label, labels: [...known.keys()].map((key) => key.slice(key.indexOf("\n") + 1)), looks, lead, leads,
        colour, shape: "tick", order, emphasis: placed.findIndex(({ id }) => id === chosen),
    };
}

/**
 * Return the annotations of a set as the overview and the jumps have sets.
 * @param {string} name
 * @param {readonly Note[]} notes sorted by sample
 * @param {string[]} leads of the record
 * @returns {import("../signal/marks.js").MarkSet}
 */
export function markSet(name, notes, leads) {
    const placed = notes.filter(({ deleted }) => !deleted);
    const [symbols, symbol] = coded(placed.map((note) => note.symbol));
    const [notes_, note] = coded(placed.map(({ aux_note }) => aux_note));
    return {
        name, symbols, notes: notes_, leads, symbol, note,
        sample: Float64Array.from(placed, ({ sample }) => sample),
        chan: Int32Array.from(placed, ({ lead }) => (lead === null ? -1 : leads.indexOf(lead))),
    };
}

/** @param {string[]} texts @returns {[string[], Int32Array]} the different ones, and of each text which it is */
function coded(texts) {
    const places = new Map([...new Set(texts)].map((text, i) => [text, i]));
    return [[...places.keys()], Int32Array.from(texts, (text) => /** @type {number} */ (places.get(text)))];
}
