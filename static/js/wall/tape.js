// One bed's samples on the scale of the shared clock: sample 0 of lap 0 is 1970. It never goes back, and
// what was not received is a hole of its true length. Pure: nothing here knows a clock.

import { RailFinder } from "../signal/rails.js";
import { Ring } from "../signal/ring.js";

/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */
/** @typedef {import("../wire/events.js").Clock} Clock */

/** Seconds by which a tiling may overlap what is held: two servers' clocks differ by so much. */
const OVERLAP_S = 5;
/** Seconds kept beside the page: what is late is put where it belongs. */
const SPARE_S = 8;

/**
 * Return which time round a looped record is in: `utc * fs` counts samples through all of them.
 * @param {Clock} clock
 * @param {number} utc seconds since 1970 at `clock.time`
 * @param {number} fs
 * @param {number} length
 */
export function lapOf(clock, utc, fs, length) {
    return length > 0 ? Math.round((utc * fs - clock.sample) / length) : 0;
}

/** Positions are samples counted from 1970 (live: from the start of the record). */
export class Tape {
    /** @type {Ring | null} */
    #ring = null;
    /** @type {RailFinder[]} */
    #rails = [];
    /** @type {LeadInfo[]} */
    #leads = [];
    #fs = 1;
    #version = "";
    #pageS = 10;
    /** Position of sample 0. */
    #offset = 0;
    /** The first position neither received nor declared to be missing by the server. */
    #end = 0;
    /** The position after the newest sample with a value; null before there is one. @type {number | null} */
    #newest = null;
    /** What is said of the time that went on without samples. @type {import("../signal/ring.js").Remark | null} */
    #empty = null;

    get ring() {
        return this.#ring;
    }

    /** @returns {LeadInfo[]} */
    get leads() {
        return this.#leads;
    }

    get fs() {
        return this.#fs;
    }

    get end() {
        return this.#end;
    }

    get newest() {
        return this.#newest;
    }

    /** Runs at the rail, of each lead. */
    get rails() {
        return this.#rails.map((finder) => finder.runs);
    }

    /** Where a sample of the record stands. @param {number} sample */
    position(sample) {
        return sample + this.#offset;
    }

    /** Seconds that the picture is long. @param {number} seconds */
    page(seconds) {
        this.#pageS = seconds;
        const capacity = this.#capacity();
        if (this.#ring && capacity > this.#ring.capacity) this.#ring = this.#ring.resized(capacity);
    }

    #capacity() {
        return Math.ceil((this.#pageS + SPARE_S) * this.#fs) + 64;
    }

    /**
     * A subscription stands: what comes begins at sample `next`. Returns the length in samples of the hole
     * before it; -1 where nothing joins it to what was there, which is gone.
     * @param {{ leads: LeadInfo[], fs: number, next: number, offset: number, version?: string }} begin `version`: of
     * the record: what was there of another one is gone
     */
    begin({ leads, fs, next, offset, version = "" }) {
        const same = this.#ring && version === this.#version && fs === this.#fs && JSON.stringify(leads) === JSON.stringify(this.#leads);
        this.#offset = offset;
        const at = this.position(next);
        const hole = at - this.#end;
        if (!same || !this.#ring || hole < -OVERLAP_S * fs) {
            this.#fs = fs;
            this.#leads = leads;
            this.#version = version;
            this.#ring = new Ring(this.#capacity(), leads.length, at);
            this.#rails = leads.map((lead) => new RailFinder(lead, fs));
            this.#newest = null;
            this.#empty = null;
            this.#end = at;
            return -1;
        }
        this.#back(Math.min(this.#end, at));
        if (hole > 0) this.#hole(at, "not_received");
        this.#end = at;
        // Another server's clock may be behind: what is to come is no newer than that.
        if (this.#newest !== null) this.#newest = Math.min(this.#newest, at);
        return Math.max(0, hole);
    }

    /**
     * The record begins anew at sample `next`: the pen is lifted, the time goes on.
     * @param {number} next
     * @param {number} offset
     */
    loop(next, offset) {
        this.#offset = offset;
        const at = this.position(next);
        const ring = this.#ring;
        if (!ring) return;
        this.#back(Math.min(this.#end, at));
        if (at > this.#end) this.#hole(at, "not_received");
        this.#end = at;
        ring.cut();
    }

    /**
     * Take the samples of a frame.
     * @param {number} start sample of the record
     * @param {Float64Array[]} values
     */
    put(start, values) {
        const ring = this.#ring;
        if (!ring) return;
        const at = this.position(start);
        const count = values[0].length;
        this.#end = at + count;
        this.#note(at, values);
        // Older than anything that is kept: the picture has long gone on.
        if (at + count <= ring.start) return;
        this.#back(at);
        const cut = Math.max(0, ring.declared - at);
        const kept = cut ? values.map((lead) => lead.subarray(cut)) : values;
        ring.append(at + cut, kept);
        this.#rails.forEach((finder, lead) => {
            // What was drawn as a line is none.
            if (finder.take(at + cut, kept[lead])) ring.revision++;
            finder.forget(ring.start);
        });
    }

    /**
     * The server says that there is nothing up to sample `stop`.
     * @param {number} stop
     * @param {string} reason
     */
    gap(stop, reason) {
        const ring = this.#ring;
        if (!ring) return;
        const upTo = this.position(stop);
        this.#back(this.#end);
        if (reason !== "missing") ring.remark({ start: this.#end, stop: upTo, leads: null, reason });
        ring.declare(upTo);
        this.#end = upTo;
    }

    /**
     * Why samples of some leads, in frames to come, are missing.
     * @param {{ start: number, stop: number, leads: string[] | null, reason: string }} remark in samples
     */
    remark({ start, stop, leads, reason }) {
        this.#ring?.remark({ start: this.position(start), stop: this.position(stop), leads, reason });
    }

    /**
     * Time goes on without samples: nothing is drawn up to `upTo`, until what belongs there comes late.
     * @param {number} upTo
     */
    void(upTo) {
        const ring = this.#ring;
        if (!ring || upTo <= this.#end) return;
        if (!this.#empty || this.#empty.stop < ring.declared) {
            this.#empty = { start: this.#end, stop: upTo, leads: null, reason: "not_received" };
            ring.remark(this.#empty);
        }
        this.#empty.stop = Math.max(this.#empty.stop, upTo);
        ring.skip(upTo);
    }

    /** @param {number} upTo @param {string} reason */
    #hole(upTo, reason) {
        const ring = /** @type {Ring} */ (this.#ring);
        ring.remark({ start: this.#end, stop: upTo, leads: null, reason });
        ring.declare(upTo);
    }

    /** Take back what was left empty from `at` on. @param {number} at */
    #back(at) {
        const ring = /** @type {Ring} */ (this.#ring);
        if (ring.declared <= at) return;
        if (this.#empty) this.#empty.stop = Math.max(this.#empty.start, at);
        this.#empty = null;
        ring.truncate(at);
        for (const finder of this.#rails) finder.truncate(ring.stop);
    }

    /** @param {number} at @param {Float64Array[]} values */
    #note(at, values) {
        for (let i = values[0].length - 1; i >= 0; i--) {
            if (values.every((lead) => Number.isNaN(lead[i]))) continue;
            this.#newest = at + i + 1;
            return;
        }
    }
}
