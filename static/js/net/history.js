// What stands left of the playhead: it does not come over the socket (protocol, rule 8).

import { fetchWindow } from "./api.js";

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

/** Asks for one strip at a time; one that is not wanted any more is called off. */
export class History {
    /** @type {AbortController | null} */
    #asking = null;
    /** @type {{ key: string, answer: Promise<Window> } | null} */
    #early = null;

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
        const answer = fetchWindow(strip);
        // Whoever needs it hears of its failure.
        answer.catch(() => undefined);
        this.#early = { key: keyOf(strip), answer };
    }

    /** Call off what is on its way. */
    drop() {
        this.#asking?.abort();
        this.#asking = null;
    }

    /**
     * Return the strip; null where it was called off meanwhile.
     * @param {Strip} strip
     * @returns {Promise<Window | null>}
     */
    async ask(strip) {
        this.drop();
        const asking = new AbortController();
        this.#asking = asking;
        const early = this.#early;
        this.#early = null;
        try {
            const { signal } = asking;
            const window = await (early?.key === keyOf(strip)
                ? early.answer
                : fetchWindow({ ...strip, signal }));
            return signal.aborted ? null : window;
        } catch (error) {
            if (asking.signal.aborted) return null;
            throw error;
        } finally {
            if (this.#asking === asking) this.#asking = null;
        }
    }
}

/** Two strips that end alike are as good as the same. @param {Strip} strip */
const keyOf = ({ record, leads, stop }) => JSON.stringify([record, leads, stop]);
