// Stored leads filtered, in blocks on a grid of the record: each from itself and the signal around it, so
// that a filtered sample depends on nothing but the record, however the picture was come by.

import { padS } from "./design.js";
import { Pieces } from "./pieces.js";

/** @typedef {import("./zerophase.js").Filtered} Filtered */
/** Samples [start, stop) of a lead. @typedef {Filtered & { start: number, stop: number }} Block */
/** A block that is wanted. @typedef {{ n: number, leads: string[] }} Wish */

/** Seconds of a block: a screen has a few, and the first is there soon. */
const BLOCK_S = 10;

/** Blocks fetched and filtered at once: while one is computed the next is on its way. */
const AT_ONCE = 2;

/** Of a filtered sample: a float64, and whether it is settled. */
const BYTES = 9;

/** Bytes of filtered samples kept; of stored ones as many blocks. Ten minutes of 12 leads at 500 Hz. */
const MOST_BYTES = 32e6;

/**
 * `length` in samples; `fetch`: see `Pieces`; `filter`: that of a host. `hear` is told of each block that
 * came, `fault` of one that could not be had.
 * @typedef {{
 *   fs: number, length: number, leads: { name: string, baseline: number }[],
 *   preset: import("./presets.js").Preset, fetch: import("./pieces.js").Fetch,
 *   filter: import("./host.js").Host["filter"], mostBytes?: number,
 *   hear: (block: { leads: string[], start: number, stop: number }) => void,
 *   fault?: (error: unknown, block: { leads: string[], start: number, stop: number }) => void,
 * }} Options
 */

/** The filtered blocks of leads of one rate, under one preset. */
export class FilteredBlocks {
    #options;
    #pieces;
    #pad;
    #most;
    #baselines;
    /** @type {Wish[]} */
    #wishes = [];
    /** By lead and number, the one least lately wanted first. @type {Map<string, Block>} */
    #held = new Map();
    /** On their way. @type {Set<string>} */
    #asked = new Set();
    /** Not to be had, and not asked for again before `retry`. @type {Set<string>} */
    #failed = new Set();
    #running = 0;
    #closed = false;

    /** Samples of a block. @readonly */
    size;

    /** @param {Options} options */
    constructor(options) {
        const { fs, length, leads, preset, fetch, mostBytes = MOST_BYTES } = options;
        this.#options = options;
        this.#baselines = new Map(leads.map(({ name, baseline }) => [name, baseline]));
        this.#pad = Math.ceil(padS(preset) * fs);
        this.size = Math.max(1, Math.round(BLOCK_S * fs));
        this.#most = Math.floor(mostBytes / (BYTES * this.size));
        // At least what all leads of one block stand in, or each would drive out the other.
        const around = 1 + 2 * Math.ceil(this.#pad / this.size);
        const most = Math.max(this.#most, around * leads.length * AT_ONCE);
        this.#pieces = new Pieces({ size: this.size, length, fetch, most });
    }

    /**
     * Have samples [from, to) of `leads` filtered, the earliest first, and nothing any more that was
     * wanted before and has not begun. Returns whether so much can be had at once: what cannot is to be
     * shown unfiltered, and to say so.
     * @param {string[]} leads
     * @param {number} from
     * @param {number} to
     */
    want(leads, from, to) {
        const first = Math.floor(Math.max(0, from) / this.size);
        const last = Math.ceil(Math.min(to, this.#options.length) / this.size);
        this.#wishes = [];
        if ((last - first) * leads.length > this.#most) return false;
        for (let n = first; n < last; n++) {
            const lacking = leads.filter((lead) => {
                const key = keyOf(lead, n);
                const block = this.#held.get(key);
                if (!block) return !this.#asked.has(key) && !this.#failed.has(key);
                this.#held.delete(key);
                this.#held.set(key, block);
                return false;
            });
            if (lacking.length) this.#wishes.push({ n, leads: lacking });
        }
        this.#pump();
        return true;
    }

    /**
     * Return the block of `lead` in which `sample` is, null where it has not come.
     * @param {string} lead
     * @param {number} sample
     */
    block(lead, sample) {
        return this.#held.get(keyOf(lead, Math.floor(sample / this.size))) ?? null;
    }

    /**
     * Return samples [from, to) of a lead, in stored units (a high pass leaves them around the lead's
     * baseline, so that its scale draws them right), NaN and not settled where they are missing or have not
     * come; `whole`: all have come.
     * @param {string} lead
     * @param {number} from
     * @param {number} to
     * @returns {Filtered & { whole: boolean }}
     */
    read(lead, from, to) {
        const values = new Float64Array(to - from).fill(NaN);
        const settled = new Uint8Array(to - from);
        let whole = true;
        const end = Math.min(to, this.#options.length);
        for (let at = Math.max(0, from); at < end; ) {
            const stop = Math.min(end, (Math.floor(at / this.size) + 1) * this.size);
            const block = this.block(lead, at);
            if (block) {
                values.set(block.values.subarray(at - block.start, stop - block.start), at - from);
                settled.set(block.settled.subarray(at - block.start, stop - block.start), at - from);
            } else {
                whole = false;
            }
            at = stop;
        }
        return { values, settled, whole };
    }

    /** What could not be had may be asked for again: at the next `want`. */
    retry() {
        this.#failed.clear();
    }

    /** Nothing is heard any more. */
    close() {
        this.#closed = true;
        this.#wishes = [];
        this.#pieces.close();
        this.#held.clear();
    }

    #pump() {
        while (this.#running < AT_ONCE) {
            const wish = this.#wishes.shift();
            if (!wish) return;
            void this.#make(wish);
        }
    }

    /** @param {Wish} wish */
    async #make({ n, leads }) {
        const start = n * this.size;
        const stop = Math.min(start + this.size, this.#options.length);
        const keys = leads.map((lead) => keyOf(lead, n));
        this.#running++;
        for (const key of keys) this.#asked.add(key);
        try {
            const blocks = await this.#filtered(leads, start, stop);
            if (this.#closed) return;
            keys.forEach((key, i) => this.#held.set(key, { start, stop, ...blocks[i] }));
            this.#evict();
            this.#options.hear({ leads, start, stop });
        } catch (error) {
            if (this.#closed) return;
            for (const key of keys) this.#failed.add(key);
            this.#options.fault?.(error, { leads, start, stop });
        } finally {
            for (const key of keys) this.#asked.delete(key);
            this.#running--;
            this.#pump();
        }
    }

    /**
     * @param {string[]} leads
     * @param {number} start
     * @param {number} stop
     */
    async #filtered(leads, start, stop) {
        const { preset, fs, length, filter } = this.#options;
        const first = Math.max(0, start - this.#pad);
        const last = Math.min(length, stop + this.#pad);
        const windows = await this.#pieces.window(leads, first, last);
        return filter({
            preset,
            fs,
            windows,
            baselines: leads.map((lead) => this.#baselines.get(lead) ?? 0),
            recordEnds: [first === 0, last === length],
            from: start - first,
            to: stop - first,
        });
    }

    #evict() {
        for (const key of this.#held.keys()) {
            if (this.#held.size <= this.#most) break;
            this.#held.delete(key);
        }
    }
}

/** @param {string} lead @param {number} n */
const keyOf = (lead, n) => `${n} ${lead}`;
