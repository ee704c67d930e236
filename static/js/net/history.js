// What stands left of the playhead: it does not come over the socket (protocol, rule 8).

import { fetchWindow } from "./api.js";
import { Portions } from "./portions.js";

/** @typedef {import("./api.js").Window} Window */
/** @typedef {{ record: string, leads: string[], start: number, stop: number }} Strip */

/** Values of the largest window that the server gives. */
const MOST_VALUES = 4e6;

/**
 * Return the first sample to ask for, where the picture has room for `samples` before `stop`.
 * @param {number} stop
 * @param {number} samples
 * @param {number} leads how many
 */
export function stripStart(stop, samples, leads) {
    return Math.max(0, stop - Math.floor(MOST_VALUES / leads), Math.floor(stop - samples));
}

/** Return the last `most` values of a strip, or all of it. @param {Strip} strip @param {number} most */
export function portionOf(strip, most) {
    const samples = Math.max(1, Math.floor(Math.min(most, MOST_VALUES) / strip.leads.length));
    return { ...strip, start: Math.max(strip.start, strip.stop - samples) };
}

/**
 * Asks for one strip at a time, of that for what stands nearest to its end; one that is not wanted any more
 * is called off.
 */
export class History {
    #now;
    #portions = new Portions();
    /** @type {AbortController | null} */
    #asking = null;
    /** @type {{ key: string, answer: Promise<Window>, asking: AbortController } | null} */
    #early = null;

    /** @param {() => number} now in seconds */
    constructor(now) {
        this.#now = now;
    }

    /** Whether a strip is on its way. */
    get busy() {
        return this.#asking !== null;
    }

    /**
     * Ask ahead for what stands before a place, while the server is asked to go there.
     * @param {Strip} strip
     */
    prefetch(strip) {
        if (strip.start >= strip.stop) return;
        // Only the last place counts, and all share one line.
        this.#early?.asking.abort();
        const asking = new AbortController();
        const answer = this.#fetch(strip, asking.signal);
        // Whoever needs it hears of its failure.
        answer.catch(() => undefined);
        this.#early = { key: keyOf(strip), answer, asking };
    }

    /** The line was seen to bring no more than so much. @param {number} rate samples a second, of all leads */
    limit(rate) {
        this.#portions.limit(rate);
    }

    /** Whether all of a strip comes in a moment, as far as is known. @param {Strip} strip */
    quick(strip) {
        return portionOf(strip, this.#portions.most).start === strip.start;
    }

    /** Call off what is on its way. */
    drop() {
        this.#asking?.abort();
        this.#asking = null;
    }

    /**
     * Return the strip, or the end of it; null where it was called off meanwhile.
     * @param {Strip} strip
     * @returns {Promise<Window | null>}
     */
    async ask(strip) {
        this.drop();
        const early = this.#early?.key === keyOf(strip) ? this.#early : null;
        if (!early) this.#early?.asking.abort();
        this.#early = null;
        const asking = early?.asking ?? new AbortController();
        this.#asking = asking;
        try {
            const { signal } = asking;
            const window = await (early?.answer ?? this.#fetch(strip, signal));
            return signal.aborted ? null : window;
        } catch (error) {
            if (asking.signal.aborted) return null;
            throw error;
        } finally {
            if (this.#asking === asking) this.#asking = null;
        }
    }

    /** @param {Strip} strip @param {AbortSignal} signal */
    async #fetch(strip, signal) {
        const asked = this.#now();
        const window = await fetchWindow({ ...portionOf(strip, this.#portions.most), signal });
        this.#portions.took((window.stop - window.start) * strip.leads.length, this.#now() - asked);
        return window;
    }
}

/** Two strips that end alike are as good as the same. @param {Strip} strip */
const keyOf = ({ record, leads, stop }) => JSON.stringify([record, leads, stop]);
