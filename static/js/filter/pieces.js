// Stored values at hand, in pieces on a grid of the record, so that what several strips stand in is fetched
// once. Values come as from the server: stored units, NaN = missing.

/**
 * Gives stored values [start, stop) of leads, in their order; a lead that ends sooner may be shorter.
 * @typedef {(leads: string[], start: number, stop: number, signal: AbortSignal) => Promise<Float64Array[]>} Fetch
 */

/** Pieces fetched at once at most: a minute of 12 leads at 500 Hz is 0.7 MB on the line. */
const AT_ONCE = 6;

/** A bounded cache of stored values. */
export class Pieces {
    #size;
    #length;
    #fetch;
    #most;
    #closing = new AbortController();
    /** By lead and number, the one least lately used first. @type {Map<string, Promise<Float64Array>>} */
    #held = new Map();

    /**
     * @param {{ size: number, length: number, fetch: Fetch, most: number }} options `size` of a piece and
     *   `length` of the record in samples; `most`: pieces of single leads held at most
     */
    constructor({ size, length, fetch, most }) {
        this.#size = size;
        this.#length = length;
        this.#fetch = fetch;
        this.#most = most;
    }

    /** Call off what is on its way. */
    close() {
        this.#closing.abort();
        this.#held.clear();
    }

    /**
     * Return samples [start, stop) of `leads`, each in memory of its own. Rejects as `fetch` does; what
     * could not be had is fetched again when it is asked for again.
     * @param {string[]} leads
     * @param {number} start
     * @param {number} stop
     * @returns {Promise<Float64Array[]>}
     */
    async window(leads, start, stop) {
        const first = Math.floor(start / this.#size);
        const last = Math.ceil(stop / this.#size);
        this.#request(leads, first, last);
        const held = leads.map((lead) =>
            Array.from({ length: last - first }, (_, i) => this.#touch(keyOf(lead, first + i))),
        );
        this.#evict();
        const pieces = await Promise.all(held.map((all) => Promise.all(all)));
        return pieces.map((all) => {
            const window = new Float64Array(stop - start);
            all.forEach((piece, i) => {
                const at = (first + i) * this.#size - start;
                const skip = Math.max(0, -at);
                window.set(piece.subarray(skip, stop - start - at), at + skip);
            });
            return window;
        });
    }

    /**
     * Have fetched what of pieces [first, last) is not there yet.
     * @param {string[]} leads
     * @param {number} first
     * @param {number} last
     */
    #request(leads, first, last) {
        // Mostly all leads lack the same; one that lacks more has the others fetched anew with it.
        const lacking = leads.filter((lead) => {
            for (let n = first; n < last; n++) if (!this.#held.has(keyOf(lead, n))) return true;
            return false;
        });
        const lacks = (/** @type {number} */ n) => lacking.some((lead) => !this.#held.has(keyOf(lead, n)));
        for (let n = first; n < last; n++) {
            if (!lacks(n)) continue;
            let end = n + 1;
            while (end < last && end < n + AT_ONCE && lacks(end)) end++;
            this.#ask(lacking, n, end);
            n = end - 1;
        }
    }

    /**
     * Ask for pieces [first, last) of `leads`.
     * @param {string[]} leads
     * @param {number} first
     * @param {number} last
     */
    #ask(leads, first, last) {
        const start = first * this.#size;
        const stop = Math.min(last * this.#size, this.#length);
        const answer = this.#fetch(leads, start, stop, this.#closing.signal);
        leads.forEach((lead, i) => {
            for (let n = first; n < last; n++) {
                const key = keyOf(lead, n);
                const piece = answer.then((values) => this.#cut(values[i], n, start));
                this.#held.set(key, piece);
                piece.catch(() => {
                    if (this.#held.get(key) === piece) this.#held.delete(key);
                });
            }
        });
    }

    /** Piece `n` of `values`, which begin at sample `start`. @param {Float64Array} values @param {number} n @param {number} start */
    #cut(values, n, start) {
        const from = n * this.#size;
        const piece = new Float64Array(Math.min(this.#size, this.#length - from)).fill(NaN);
        piece.set(values.subarray(from - start, from - start + piece.length));
        return piece;
    }

    /** @param {string} key */
    #touch(key) {
        const piece = /** @type {Promise<Float64Array>} */ (this.#held.get(key));
        this.#held.delete(key);
        this.#held.set(key, piece);
        return piece;
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
