// How much to ask for in one go of what stands before: what a line brings in a moment. What is played comes
// over the same line, and must not wait behind a strip that takes seconds.

/** Samples of all leads together to ask for first, of a line of which nothing is known: 24 kB of 16 bits. */
const FIRST = 12_000;
const LEAST = 2_000;
/** Seconds that one answer should take. */
const GOAL = 0.5;

export class Portions {
    /** Samples a second, all leads together; null before there was an answer. @type {number | null} */
    #rate = null;

    /** Samples of all leads together to ask for now. */
    get most() {
        return this.#rate === null ? FIRST : Math.max(LEAST, Math.floor(this.#rate * GOAL));
    }

    /**
     * The line was seen to bring no more than so much.
     * @param {number} rate samples of all leads together a second
     */
    limit(rate) {
        this.#rate = Math.min(this.#rate ?? Infinity, rate);
    }

    /**
     * An answer came.
     * @param {number} samples of all leads together
     * @param {number} seconds that it took
     */
    took(samples, seconds) {
        // What was small says more of the way there and back than of the line.
        if (samples < LEAST / 2) return;
        this.#rate = samples / Math.max(seconds, 0.001);
    }
}
