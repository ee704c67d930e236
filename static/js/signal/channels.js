// What is drawn, out of what is stored: a lead as it is, one turned over, or one that follows from others.

import { physical, scaleOf } from "./calibration.js";
import { DERIVED, standardOf } from "./names.js";

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */
/** A lead at hand. @typedef {LeadInfo & { kind: string }} Stored */
/** `factor` times the physical value of a lead at hand, by its index. @typedef {{ lead: number, factor: number }} Term */

/**
 * One line to draw. Stored leads keep their stored values; what is made of several, or turned over, is in
 * mV (`gain` 1, `baseline` 0). `derived`: it is not in the record. `alias`: the stored name, where the
 * layout shows it under another one.
 * @typedef {Stored & { terms: Term[], derived: boolean, inverted: boolean, alias: string | null }} Channel
 */

/**
 * What a drawing reads of samples: the ring, and everything that stands in its place.
 * @typedef {{
 *   readonly start: number, readonly stop: number, readonly leads: number, readonly revision: number,
 *   readonly remarks: readonly import("./ring.js").Remark[], readonly cuts: readonly number[],
 *   runs(lead: number): readonly import("./ring.js").Run[], at(lead: number, sample: number): number,
 *   unsettled?(lead: number, from: number, to: number): readonly import("./ring.js").Run[],
 * }} Samples
 * `unsettled`: where in [from, to) a filter has not settled.
 */

/**
 * Return the channel of a lead as it is stored.
 * @param {Stored} lead
 * @param {number} index
 * @returns {Channel}
 */
export const asStored = (lead, index) => ({
    ...lead, terms: [{ lead: index, factor: 1 }], derived: false, inverted: false, alias: null,
});

/**
 * Return the channel for a standard lead, `-aVR` turned over; null where the record neither has it nor
 * holds what it follows from.
 * @param {string} name
 * @param {Stored[]} leads
 * @returns {Channel | null}
 */
export function channelFor(name, leads) {
    const inverted = name.startsWith("-");
    const wanted = inverted ? name.slice(1) : name;
    const real = exactly(wanted, leads, false);
    if (real >= 0) return ofStored(name, real, leads);
    return derivedFrom(name, leads) ?? ofStored(name, storedAs(wanted, leads), leads);
}

/** @param {string} name @param {number} stored index, -1 = none @param {Stored[]} leads @returns {Channel | null} */
function ofStored(name, stored, leads) {
    if (stored < 0) return null;
    const inverted = name.startsWith("-");
    const wanted = inverted ? name.slice(1) : name;
    const lead = leads[stored];
    const alias = lead.name === wanted ? null : lead.name;
    if (!inverted) return { ...asStored(lead, stored), alias, name: wanted };
    return { ...mixed(name, [{ lead: stored, factor: -1 }], lead), alias, inverted };
}

/** @param {string} name @param {Stored[]} leads @returns {Channel | null} */
function derivedFrom(name, leads) {
    const inverted = name.startsWith("-");
    const parts = DERIVED[inverted ? name.slice(1) : name];
    if (!parts) return null;
    // From the leads themselves only: a modified lead is another one.
    const [one, two] = [exactly("I", leads), exactly("II", leads)];
    if (one < 0 || two < 0) return null;
    const sign = inverted ? -1 : 1;
    const terms = [{ lead: one, factor: sign * parts.I }, { lead: two, factor: sign * parts.II }];
    return { ...mixed(name, terms, leads[one]), derived: true, inverted };
}

/**
 * Return the index of the lead that stands for a standard one, the real one before a modified one; -1.
 * @param {string} wanted
 * @param {Stored[]} leads
 */
export function storedAs(wanted, leads) {
    const exact = exactly(wanted, leads, false);
    if (exact >= 0) return exact;
    return leads.findIndex((lead) => lead.kind === "ecg" && standardOf(lead.name)?.lead === wanted);
}

/** @param {string} wanted @param {Stored[]} leads @param {boolean} volts whether it must be a voltage */
function exactly(wanted, leads, volts = true) {
    return leads.findIndex((lead) => {
        const standard = lead.kind === "ecg" ? standardOf(lead.name) : null;
        return standard?.lead === wanted && !standard.modified && (!volts || scaleOf(lead).volts);
    });
}

/** @param {string} name @param {Term[]} terms @param {Stored} like @returns {Channel} */
const mixed = (name, terms, like) => ({
    name, unit: "mV", gain: 1, baseline: 0, kind: like.kind, terms, derived: false, inverted: false, alias: null,
});

/** A lead whose middle is so many mV from 0 would be drawn in another one's row. */
const FAR_MV = 1.5;

/**
 * Return the millivolts that the base line of a channel's row stands for: 0, but for a lead that lies far from
 * it. A round number, the same for the whole record, and said beside its name: nothing is filtered.
 * @param {Channel} channel
 * @param {(lead: number) => number} middle of a stored lead over its record, in mV
 */
export function baseOf({ terms, kind }, middle) {
    if (kind !== "ecg") return 0;
    const own = terms.reduce((sum, { lead, factor }) => sum + factor * middle(lead), 0);
    return Math.abs(own) > FAR_MV ? Math.round(own) : 0;
}

/** Whether its values are those that are stored. @param {Channel} channel */
export const isPlain = ({ terms, derived, inverted }) => terms.length === 1 && !derived && !inverted;

/**
 * Return the index of the line that a name means: its stored values before what is shown under that name; -1.
 * @param {string} name
 * @param {readonly Channel[]} channels
 */
export function lineOf(name, channels) {
    const stored = channels.findIndex((channel) => isPlain(channel) && (channel.alias ?? channel.name) === name);
    return stored >= 0 ? stored : channels.findIndex((channel) => channel.name === name);
}

/** Channels over the leads of a source. */
export class Channels {
    #base;
    /** @type {((sample: number) => number)[]} */
    #at;
    #channels;

    /**
     * @param {Samples} base
     * @param {LeadInfo[]} leads of `base`
     * @param {Channel[]} channels
     */
    constructor(base, leads, channels) {
        this.#base = base;
        this.#channels = channels;
        this.#at = channels.map((channel) => {
            const { terms } = channel;
            if (isPlain(channel)) return (sample) => base.at(terms[0].lead, sample);
            const parts = terms.map(({ lead, factor }) => ({ lead, factor, scale: scaleOf(leads[lead]) }));
            return (sample) => {
                let sum = 0;
                for (const { lead, factor, scale } of parts) sum += factor * physical(scale, base.at(lead, sample));
                return sum;
            };
        });
    }

    get start() {
        return this.#base.start;
    }

    get stop() {
        return this.#base.stop;
    }

    get leads() {
        return this.#channels.length;
    }

    get revision() {
        return this.#base.revision;
    }

    get remarks() {
        return this.#base.remarks;
    }

    get cuts() {
        return this.#base.cuts;
    }

    /** @param {number} channel @param {number} sample NaN where any of its terms is missing */
    at(channel, sample) {
        return this.#at[channel](sample);
    }

    /** @param {number} channel @returns {readonly import("./ring.js").Run[]} */
    runs(channel) {
        const [first, ...rest] = this.#channels[channel].terms.map(({ lead }) => this.#base.runs(lead));
        return rest.length ? union([first, ...rest]) : first;
    }

    /** @param {number} channel @param {number} from @param {number} to @returns {readonly import("./ring.js").Run[]} */
    unsettled(channel, from, to) {
        const base = this.#base;
        if (!base.unsettled) return [];
        return union(this.#channels[channel].terms.map(({ lead }) => base.unsettled?.(lead, from, to) ?? []));
    }
}

/**
 * Return the runs in which at least one of several lists has one.
 * @param {(readonly import("./ring.js").Run[])[]} lists each in order
 */
function union(lists) {
    const all = lists.flat().sort((a, b) => a.start - b.start);
    /** @type {import("./ring.js").Run[]} */
    const merged = [];
    for (const { start, stop } of all) {
        const last = merged.at(-1);
        if (last && start <= last.stop) last.stop = Math.max(last.stop, stop);
        else merged.push({ start, stop });
    }
    return merged;
}
