// What was asked for and may not be answered yet: a key pressed again goes on from there.

/** Milliseconds after which the answer counts, whatever was wished: the wish was heard, or refused. */
const PATIENCE_MS = 2000;

/** A number that is asked for here and answered elsewhere. Time is an argument, in ms. */
export class Wished {
    /** @type {number | null} */
    #value = null;
    #at = 0;

    /** @param {number} value @param {number} now */
    ask(value, now) {
        this.#value = value;
        this.#at = now;
    }

    /**
     * Return what the next step goes on from.
     * @param {number} answered as it was told last
     * @param {number} now
     */
    from(answered, now) {
        return this.#value !== null && now - this.#at < PATIENCE_MS ? this.#value : answered;
    }
}
