// Samples asked of the viewer, and the answers brought back to who asked.

/** @typedef {import("../messages.js").AskProbe} AskProbe */
/** @typedef {import("../messages.js").Probed} Probed */

export class Probes {
    #ask;
    /** @type {Map<number, { resolve: (found: { start: number, values: Float64Array }) => void, reject: (error: Error) => void }>} */
    #waiting = new Map();
    #next = 1;

    /** @param {(message: AskProbe) => void} ask */
    constructor(ask) {
        this.#ask = ask;
    }

    /**
     * Return samples [start, stop) of a line of the picture, as stored, NaN = missing.
     * @param {string} lead
     * @param {number} start
     * @param {number} stop
     * @returns {Promise<{ start: number, values: Float64Array }>} rejected with what the viewer says where it has none
     */
    ask(lead, start, stop) {
        const id = this.#next++;
        return new Promise((resolve, reject) => {
            this.#waiting.set(id, { resolve, reject });
            this.#ask({ ask: "probe", id, lead, start, stop });
        });
    }

    /** @param {Probed} answer */
    hear({ id, start, values, failure }) {
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (failure) waiting?.reject(new Error(failure));
        else waiting?.resolve({ start, values });
    }
}
