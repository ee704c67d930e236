// Samples asked of the picture, as they are drawn: each question has its answer.

/** @typedef {{ start: number, values: Float64Array }} Stretch */

export class Probes {
    #ask;
    #ids = 0;
    /** @type {Map<number, { resolve: (stretch: Stretch) => void, reject: (error: Error) => void }>} */
    #asked = new Map();

    /** @param {(message: import("../messages.js").AskProbe) => void} ask */
    constructor(ask) {
        this.#ask = ask;
    }

    /**
     * Return samples [start, stop) of a line, in its stored values, NaN = missing. Rejects where they cannot be had.
     * @param {string} lead
     * @param {number} start
     * @param {number} stop
     * @returns {Promise<Stretch>}
     */
    probe(lead, start, stop) {
        return new Promise((resolve, reject) => {
            const id = ++this.#ids;
            this.#asked.set(id, { resolve, reject });
            this.#ask({ ask: "probe", id, lead, start, stop });
        });
    }

    /** @param {import("../messages.js").Probed} answer */
    hear({ id, start, values, failure }) {
        const asked = this.#asked.get(id);
        this.#asked.delete(id);
        if (failure) asked?.reject(new Error(failure));
        else asked?.resolve({ start, values });
    }
}
