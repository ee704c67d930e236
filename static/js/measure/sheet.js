// All calipers of a view, and what they say: asks for the samples between their marks, and keeps what was found.

import { beatOf } from "./qt.js";
import { holesIn, MEASURES, MOST, readingOf, snapped, valueAt } from "./calipers.js";
import { cellsOf, leadOf, paperLine, sightOf, still, storedName } from "./places.js";

/** @typedef {import("./calipers.js").Caliper} Caliper */
/** @typedef {import("./calipers.js").Kind} Kind */
/** @typedef {import("./calipers.js").Mark} Mark */
/** @typedef {import("./calipers.js").Run} Run */
/** @typedef {import("./calipers.js").Stretch} Stretch */
/** @typedef {import("./places.js").Picture} Picture */
/** @typedef {import("./words.js").Measured} Measured */

/** The samples [start, stop) of a lead, stored values, NaN = missing. @typedef {(lead: string, start: number, stop: number) => Promise<Stretch>} Probe */

/** A mark in sight has its samples at hand; one that a link tells of may be anywhere, and this much is asked for at most. */
const MOST_SAMPLES = 1 << 20;

/** @typedef {{ key: string, holes: Run[] | "pending" | "unloaded" }} Verdict */

export class Sheet {
    #probe;
    #fsOf;
    #changed;
    /** @type {Caliper[]} */
    #calipers = [];
    /** @type {Map<number, Verdict>} */
    #verdicts = new Map();
    /** What was in sight of each lead when it was read last. @type {Map<string, Stretch>} */
    #stretches = new Map();
    /** For which picture a lead was asked for. @type {Map<string, number>} */
    #asked = new Map();
    /** How each lead was drawn last. @type {Map<string, { filter: string, times: number }>} */
    #drawn = new Map();
    #stores;
    /** @type {Picture | null} */
    #picture = null;
    #shown = 0;
    #next = 1;

    /**
     * @param {Probe} probe
     * @param {(lead: string) => number | null} fsOf rate of a lead that may not be in the picture
     * @param {() => void} changed something reads differently now
     * @param {(lead: string) => boolean} stores whether the record has a lead of that name
     */
    constructor(probe, fsOf, changed, stores = () => true) {
        this.#stores = stores;
        this.#probe = probe;
        this.#fsOf = fsOf;
        this.#changed = changed;
    }

    /** Take another picture. Nothing is read yet: while one pans there are many. @param {Picture} picture */
    show(picture) {
        this.#picture = picture;
        this.#shown++;
        this.#take(picture);
    }

    /** Take how each lead is drawn: a height is told of what is drawn now, or not at all. @param {Picture} picture */
    #take(picture) {
        for (const lead of picture.leads) {
            const name = storedName(lead);
            this.#rename(lead.name, name);
            const wished = lead.filter ?? "";
            const filter = picture.filtered ? wished : "";
            // A link tells heights under the filter that it names.
            const before = this.#drawn.get(name)?.filter ?? wished;
            this.#drawn.set(name, { filter, times: lead.times ?? 1 });
            if (before !== filter) this.#outdate(name);
        }
    }

    /** An older link has the name that a lead was shown under. @param {string} shown @param {string} stored */
    #rename(shown, stored) {
        if (shown === stored || this.#stores(shown)) return;
        for (const caliper of this.#calipers.filter(({ lead }) => lead === shown)) {
            caliper.lead = stored;
            this.#verdicts.delete(caliper.id);
        }
    }

    /** Forget what was read of a lead: it is drawn otherwise now. @param {string} lead */
    #outdate(lead) {
        this.#stretches.delete(lead);
        this.#asked.delete(lead);
        for (const { id, kind, marks } of this.#calipers.filter((caliper) => caliper.lead === lead)) {
            for (const mark of marks) if (mark) mark.mv = null;
            const height = kind !== "qt" && MEASURES[kind].height;
            // What is under way is of what was drawn before.
            if (height || this.#verdicts.get(id)?.holes === "pending") this.#verdicts.set(id, { key: "", holes: "pending" });
        }
    }

    /** Read what is in sight of these leads and of those with calipers: what was missing may have come. @param {readonly string[]} leads */
    refresh(leads) {
        for (const lead of new Set([...leads, ...this.#calipers.map((caliper) => caliper.lead)])) {
            this.want(lead);
            this.#recheck(lead);
        }
    }

    /** Ask again for what was not whole. @param {string} lead */
    #recheck(lead) {
        for (const caliper of this.#calipers.filter((one) => one.lead === lead)) {
            const holes = this.#verdicts.get(caliper.id)?.holes;
            if (holes && holes !== "pending" && holes.length) this.#verdicts.delete(caliper.id);
            this.#check(caliper);
        }
    }

    /** @returns {readonly Caliper[]} */
    get calipers() {
        return this.#calipers;
    }

    get full() {
        return this.#calipers.length >= MOST;
    }

    /** @param {number} id */
    find(id) {
        return this.#calipers.find((caliper) => caliper.id === id) ?? null;
    }

    /** The rate of a lead; 0 = not known. @param {string} lead */
    fs(lead) {
        return (leadOf(this.#picture, lead) ? this.#picture?.fs : this.#fsOf(lead)) ?? 0;
    }

    /** Take calipers as a link tells them. @param {readonly Caliper[]} calipers */
    load(calipers) {
        this.#calipers = calipers.slice(0, MOST).map((caliper) => ({ ...caliper, id: this.#next++ }));
        this.#verdicts.clear();
        for (const read of [this.#stretches, this.#asked, this.#drawn]) read.clear();
        if (this.#picture) this.#take(this.#picture);
        this.refresh([]);
        this.#changed();
    }

    /** @param {Kind} kind @param {string} lead @param {(Mark | null)[]} marks @param {number} row @returns {Caliper} */
    add(kind, lead, marks, row) {
        const caliper = { id: this.#next++, kind, lead, marks, row };
        this.#calipers.push(caliper);
        this.#check(caliper);
        this.#changed();
        return caliper;
    }

    /** @param {Caliper} caliper @param {number} index @param {Mark | null} mark */
    move(caliper, index, mark) {
        const now = caliper.marks[index];
        if (now?.sample === mark?.sample && now?.mv === mark?.mv) return;
        caliper.marks[index] = mark;
        this.#check(caliper);
        this.#changed();
    }

    /** @param {Caliper} caliper */
    remove(caliper) {
        this.#calipers = this.#calipers.filter((other) => other !== caliper);
        this.#verdicts.delete(caliper.id);
        this.#changed();
    }

    clear() {
        this.#calipers = [];
        this.#verdicts.clear();
        this.#changed();
    }

    /** All of them with what they say. @returns {Measured[]} */
    measured() {
        return this.#calipers.map((caliper, i) => {
            const fs = this.fs(caliper.lead);
            const found = this.#verdicts.get(caliper.id)?.holes ?? "unloaded";
            const holes = fs > 0 ? found : "unloaded";
            const guide = caliper.kind === "qt";
            return {
                caliper, number: i + 1, fs, drawn: this.#drawn.get(caliper.lead) ?? null,
                reading: guide ? null : readingOf(caliper, fs || 1, holes),
                beat: guide ? beatOf(caliper.marks, fs || 1, holes) : null,
            };
        });
    }

    /** What was read of a lead last, in mV where it has a scale; null before it was. @param {string} lead */
    stretch(lead) {
        return this.#stretches.get(lead) ?? null;
    }

    /** Have what is in sight of a lead read, once for each picture. @param {string} lead */
    want(lead) {
        const picture = still(this.#picture);
        const shown = this.#shown;
        if (!picture || this.#asked.get(lead) === shown) return;
        const sights = cellsOf(picture, lead).map((cell) => sightOf(picture, cell));
        if (!sights.length) return;
        const start = Math.max(0, Math.floor(Math.min(...sights.map((sight) => sight.start))));
        const stop = Math.ceil(Math.max(...sights.map((sight) => sight.stop))) + 1;
        if (stop - start > MOST_SAMPLES) return;
        this.#asked.set(lead, shown);
        this.#read(lead, start, stop).then((stretch) => {
            // Asked for again since: that answer is of the picture in sight.
            if (this.#asked.get(lead) !== shown || !stretch) return;
            this.#stretches.set(lead, stretch);
            for (const caliper of this.#calipers) if (caliper.lead === lead) this.#fill(caliper, stretch);
            this.#recheck(lead);
            this.#changed();
        });
    }

    /** Marks that were set before the samples were at hand get their values. @param {Caliper} caliper @param {Stretch | null} stretch */
    #fill({ lead, marks }, stretch) {
        if (!stretch || !this.scaled(lead)) return;
        for (const mark of marks) if (mark?.mv === null) mark.mv = valueAt(stretch, mark.sample);
    }

    /** Whether a lead in the picture has a scale in mV there. @param {string} lead */
    scaled(lead) {
        const info = leadOf(this.#picture, lead);
        return info !== null && paperLine(info) !== null;
    }

    /** The mark for a place in a lead, as `snapped` has it. @param {string} lead @param {number} at @param {{ mv: number, reach: number } | null} height @returns {Mark} */
    markAt(lead, at, height) {
        const mark = snapped(this.stretch(lead), at, height);
        return this.scaled(lead) ? mark : { ...mark, mv: null };
    }

    /**
     * The height of a mark: what was measured, or where the trace is.
     * @param {Caliper} caliper
     * @param {number} index
     */
    heightOf({ kind, lead, marks }, index) {
        const mark = marks[index];
        if (!mark || !this.scaled(lead)) return null;
        const height = kind !== "qt" && MEASURES[kind].height;
        return height ? mark.mv : (this.traceAt(lead, mark.sample) ?? mark.mv);
    }

    /** Where the trace of a lead is, in mV; null where nobody knows yet. @param {string} lead @param {number} sample */
    traceAt(lead, sample) {
        return this.scaled(lead) ? valueAt(this.stretch(lead), sample) : null;
    }

    /** @param {string} lead @param {number} start @param {number} stop @returns {Promise<Stretch | null>} */
    async #read(lead, start, stop) {
        const info = leadOf(this.#picture, lead);
        // What another lead is shown under may be its name.
        if (!info) return null;
        const filter = this.#drawn.get(lead)?.filter;
        try {
            const { start: first, values } = await this.#probe(lead, start, stop);
            if (this.#drawn.get(lead)?.filter !== filter) return null;
            const line = paperLine(info);
            return { start: first, values: line ? values.map((value) => value * line.slope + line.offset) : values };
        } catch {
            // Not to be had now: the next picture asks again, and until then it is said.
            return null;
        }
    }

    /** Find out whether samples are missing between the marks of a caliper. @param {Caliper} caliper */
    #check(caliper) {
        const { id, lead, marks } = caliper;
        const samples = marks.flatMap((mark) => (mark ? [mark.sample] : []));
        if (!samples.length) return;
        const from = Math.min(...samples);
        const to = Math.max(...samples);
        const key = `${from} ${to}`;
        if (this.#verdicts.get(id)?.key === key) return;
        const near = holesIn(this.stretch(lead), from, to);
        /** @type {Verdict} */
        const verdict = { key, holes: near ?? (to - from < MOST_SAMPLES ? "pending" : "unloaded") };
        this.#verdicts.set(id, verdict);
        if (near) this.#fill(caliper, this.stretch(lead));
        if (verdict.holes !== "pending") return;
        this.#read(lead, from, to + 1).then((stretch) => {
            if (this.#verdicts.get(id) === verdict) this.#fill(caliper, stretch);
            // Where the mark was moved on since, this is no longer what is asked for it.
            verdict.holes = holesIn(stretch, from, to) ?? "unloaded";
            this.#changed();
        });
    }
}
